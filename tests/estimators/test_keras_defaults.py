"""`KERAS_DEFAULTS`: the network that Keras would train, and all parameters that this takes."""

import inspect

import keras
import pytest

from skdense import KERAS_DEFAULTS, DenseClassifier, DenseRegressor
from tests.helpers import plain

KINDS = [DenseClassifier, DenseRegressor]


@pytest.mark.parametrize("kind", KINDS)
def test_they_are_values_of_all_parameters_that_are_automatic(kind):
    defaults = {name: each.default for name, each in inspect.signature(kind).parameters.items()}
    automatic = {name for name, default in defaults.items() if default == "auto"} - {"loss"}
    assert set(KERAS_DEFAULTS) == automatic | {"scale_features"}


def test_nobody_changes_them_for_others():
    with pytest.raises(TypeError):
        KERAS_DEFAULTS["epochs"] = 20
    assert (KERAS_DEFAULTS | {"epochs": 20})["epochs"] == 20
    assert KERAS_DEFAULTS["epochs"] == 100


@pytest.mark.parametrize("kind", KINDS)
def test_they_are_those_of_keras(kind, iris):
    net = plain(kind, epochs=1).fit(*iris)
    layers = net.to_keras().layers
    dense = [each for each in layers if isinstance(each, keras.layers.Dense)]
    others = {type(each).__name__ for each in layers} - {"Dense"}
    assert others <= {"InputLayer", "Activation", "Rescaling"}  # of a regressor's target
    assert [each.units for each in dense[:-1]] == [128, 64, 32]
    activations = [each.get_config().get("activation", "linear") for each in layers]
    assert [each for each in activations if each != "linear"][:3] == ["relu"] * 3
    settings, usual = net.to_keras().optimizer.get_config(), keras.optimizers.Adam().get_config()
    own = {"learning_rate": None, "name": None}  # Keras numbers the names
    assert settings | own == usual | own
    assert settings["learning_rate"] == pytest.approx(usual["learning_rate"])
    assert list(net.history_) == ["loss"]  # nothing is held out
    assert net.params_ == {}
    assert not hasattr(net, "members_")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_typed_beside_them_wins(kind):
    net = plain(kind, (8,), "tanh", epochs=3, l2=0.1)
    assert (net.hidden_layer_sizes, net.activation, net.epochs, net.l2) == ((8,), "tanh", 3, 0.1)
    others = {name: each for name, each in net.get_params().items() if name in KERAS_DEFAULTS}
    changed = {name for name, each in others.items() if each != KERAS_DEFAULTS[name]}
    assert changed == {"hidden_layer_sizes", "activation", "epochs"}

"""A Keras object's configuration is read in full, and builds an equal object."""

import keras
import numpy as np
import pytest
from sklearn.base import clone

from skdense import DenseClassifier, DenseRegressor, NetworkRegressor
from skdense.engine.keras_config import KerasConfig, complete_config
from skdense.engine.keras_serialization import build, describe
from skdense.engine.optimizers import optimizer_config
from tests.helpers import plain

OBJECTS = [
    keras.losses.Huber(delta=2.0),  # Keras's own get_config leaves delta out
    keras.losses.CosineSimilarity(axis=-2),
    keras.losses.BinaryFocalCrossentropy(gamma=3.0),
    keras.optimizers.SGD(0.3, momentum=0.5),
    keras.optimizers.Adam(beta_1=np.float32(0.5)),  # as a search may draw it
    keras.optimizers.Adam(beta_1=np.array(0.5)),
    keras.losses.CategoricalFocalCrossentropy(alpha=list(np.float32([0.25, 0.75]))),
]
SCHEDULES = keras.optimizers.schedules


@pytest.mark.parametrize("thing", OBJECTS, ids=lambda thing: type(thing).__name__)
def test_it_builds_an_equal_object(thing):
    config = KerasConfig.of(thing)
    for built in (config.make(), build(describe(thing))):
        assert complete_config(built) == complete_config(thing)
        assert KerasConfig.of(built) == config


def test_another_argument_is_another_configuration():
    one, other = (KerasConfig.of(keras.losses.Huber(delta)) for delta in (1.0, 2.0))
    assert one != other
    assert "delta" in other.label


@pytest.mark.parametrize(
    "schedule",
    [
        SCHEDULES.PiecewiseConstantDecay([np.int64(3)], list(np.array([0.1, 0.01]))),
        SCHEDULES.CosineDecay(np.float32(0.5), np.int64(10), alpha=np.float64(0.25)),
    ],
)
def test_numbers_of_numpy_inside_a_schedule_stay_numbers(schedule):
    optimizer = keras.optimizers.SGD(schedule)
    config, rate = optimizer_config(optimizer, drop_learning_rate=False)
    described = keras.optimizers.serialize(optimizer)
    assert optimizer_config(described, drop_learning_rate=False) == (config, rate) == (config, None)
    assert '"np.' not in config.settings
    copy = SCHEDULES.deserialize(config.make().get_config()["learning_rate"])
    steps = [0, 2, 3, 4, 9]
    np.testing.assert_allclose([copy(step) for step in steps], [schedule(step) for step in steps])


class Odd(keras.optimizers.SGD):
    def get_config(self):
        return {"place": object()}


def rate():
    return 0.01


def excluding(**what):
    optimizer = keras.optimizers.AdamW()
    optimizer.exclude_from_weight_decay(**what)
    return optimizer


@pytest.mark.parametrize("kind", [DenseClassifier, DenseRegressor])
@pytest.mark.parametrize(
    ("optimizer", "words"),
    [
        (excluding(var_names=["bias"]), r"exclude_from_weight_decay\(...\) would be lost.*l2="),
        (excluding(var_list=[keras.Variable(1.0)]), "exclude_from_weight_decay"),
        (keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD()), "pass its inner_optimizer"),
        (keras.optimizers.Adam(lambda: 0.1), "a function as its learning_rate.*lr_schedule="),
        (keras.optimizers.Adam(rate), "a function as its learning_rate.*lr_schedule="),
        (Odd(), r"no learning_rate in its get_config\(\)"),
        (
            type(
                "Named", (Odd,), {"get_config": lambda _: {"learning_rate": 1, "place": {1, 2}}}
            )(),
            r"Named has place=\{1, 2\}",
        ),
    ],
)
def test_a_setting_that_cannot_be_kept_is_refused_by_name(kind, optimizer, words):
    with pytest.raises(ValueError, match=words):
        plain(kind, 2, optimizer=optimizer).fit(np.eye(4), [0, 1, 0, 1])


def test_a_copy_does_not_lose_what_is_excluded_from_decay():
    with pytest.raises(ValueError, match="would be lost"):
        clone(plain(DenseRegressor, optimizer=excluding(var_names=["bias"])))


def linear(optimizer=None):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, use_bias=True)])
    if optimizer is not None:
        model.compile(optimizer(), "mse")
    return model


def test_a_model_of_ones_own_excludes_weights_as_keras_does():
    def decaying():
        optimizer = keras.optimizers.SGD(0.5, weight_decay=0.5)
        optimizer.exclude_from_weight_decay(var_names=["bias"])
        return optimizer

    X, y = np.eye(4, dtype="float32"), np.full(4, 3.0, "float32")
    X, y = np.zeros((4, 4), "float32"), np.full(4, 3.0, "float32")  # the bias learns alone
    net = NetworkRegressor(linear, model__optimizer=decaying, epochs=4, batch_size=4).fit(X, y)
    model = linear(decaying)
    model.run_eagerly = True
    model.fit(X, y, epochs=4, batch_size=4, verbose=0)
    bias = net.model_.layers[0].bias
    np.testing.assert_allclose(bias, model.layers[0].bias, rtol=1e-6)
    np.testing.assert_allclose(bias, [3.0], rtol=1e-6)  # not pulled to zero


def test_an_optimizer_object_with_exclusions_is_refused_for_a_model_of_ones_own():
    net = NetworkRegressor(linear, loss="mse", optimizer=excluding(var_names=["bias"]))
    with pytest.raises(ValueError, match="compile in that function"):
        net.fit(np.eye(4), np.ones(4))

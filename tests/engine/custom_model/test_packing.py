"""Clones, copies and pickles of estimators that hold Keras objects of the user's own classes."""

import copy
import pickle

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdense import NetworkClassifier, NetworkRegressor
from tests import network_objects as own

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
Y = X[:, 0] - X[:, 1]
CASES = {
    "loss": {"loss": own.Scaled(3.0)},
    "losses in a dict": {"loss": {"out": own.Scaled(3.0)}},
    "layer": {"model__layer": own.Times(2.0)},
    "regularizer": {"model__penalty": own.Absolute(0.1)},
    "activation": {"model__activation": own.tripled},
    "activation without a configuration": {"model__activation": own.Doubled()},
    "optimizer": {"optimizer": own.Descent(0.01)},
    "schedule": {"optimizer": keras.optimizers.SGD(own.Halving(0.01))},
    "metric": {"metrics": [own.Off(2.0)]},
    "ready-made model": {"model": own.ready_made()},
    "compiled model": {"model": own.ready_made(is_compiled=True), "loss": None},
}


def network(name):
    defaults = {"model": own.build, "loss": "mse", "random_state": 0}
    # Without a graph, which takes a second each; the schedule is to be seen by the engine.
    defaults["run_eagerly"] = name not in ("schedule", "compiled model")
    return NetworkRegressor(**{**defaults, **CASES[name]})


def by_keras(net):
    """Compute predictions with the plain Keras model."""
    return net.model_.predict(X, verbose=0)[:, 0]


@pytest.mark.parametrize("name", CASES)
def test_clones_and_copies(name):
    net = network(name).fit(X, Y)
    assert np.allclose(clone(net).fit(X, Y).predict(X), by_keras(net), atol=1e-6)
    for again in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert np.allclose(again.predict(X), by_keras(net), atol=1e-6)
        assert np.allclose(again.fit(X, Y).predict(X), by_keras(net), atol=1e-6)
    clone(make_pipeline(StandardScaler(), network(name)))


def test_a_fresh_process_loads_them(tmp_path, run_python):
    nets = {name: network(name).fit(X, Y) for name in CASES}
    expected = {name: by_keras(net) for name, net in nets.items()}
    (tmp_path / "nets.pickle").write_bytes(pickle.dumps((nets, X, expected)))
    code = """
        import pickle
        import numpy as np
        with open("nets.pickle", "rb") as file:
            nets, X, expected = pickle.load(file)
        for name, net in nets.items():
            assert np.allclose(net.predict(X), expected[name], atol=1e-6), name
        """
    assert "Error" not in run_python(code, folder=tmp_path).stderr


def test_a_copied_loss_keeps_what_its_configuration_leaves_out():
    net = clone(NetworkRegressor(own.build, loss=keras.losses.Huber(0.1), random_state=0))
    start = net.initialize(X, Y).model_.get_weights()
    net.set_params(batch_size=-1).fit(X, Y)
    reference = keras.models.clone_model(net.model_)
    reference.set_weights(start)
    residual = np.abs(Y - reference.predict(X, verbose=0)[:, 0])
    expected = np.where(residual > 0.1, 0.1 * residual - 0.005, residual**2 / 2).mean()
    assert np.isclose(net.history_["loss"][0], expected, rtol=1e-5)


def test_local_classes_are_cloned():
    class Local(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)

    assert clone(NetworkRegressor(own.build, loss=Local(), random_state=0)).fit(X, Y).n_iter_ == 1


def test_a_subclass_with_parameters_of_its_own_and_a_classifier():
    net = NetworkClassifier(own.ready_made(), loss=keras.losses.BinaryCrossentropy(True))
    again = pickle.loads(pickle.dumps(clone(net).fit(X, Y > 0)))
    assert again.predict(X).dtype == bool
    assert again.loss.get_config()["from_logits"]

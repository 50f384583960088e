"""Keras objects of the user's own classes go through clones, copies and pickles unregistered."""

import copy
import pickle
from functools import cache

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdense import DenseRegressor, NetworkClassifier, NetworkRegressor
from skdense.engine.keras_pickling import pack, unpack
from tests import network_objects as own
from tests.helpers import equal_bits, plain

SMALL = {"hidden_layer_sizes": 4, "epochs": 2, "random_state": 0}
X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
Y = X[:, 0] - X[:, 1]


class Power(keras.losses.Loss):
    """Its configuration leaves out the power, and what is within."""

    def __init__(self, power=2.0, inner=None):
        super().__init__()
        self.power, self.inner = power, inner

    def call(self, y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred) ** self.power, axis=-1)


class Slow(keras.optimizers.SGD):
    pass


WAYS = {
    "clone": clone,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda estimator: pickle.loads(pickle.dumps(estimator)),
}


def dense_estimators(diabetes):
    """Give the same dense estimator, unfitted and fitted."""
    options = {"loss": Power(1.5, inner=Power(3.0)), "optimizer": Slow(0.05, momentum=0.5)}
    net = plain(DenseRegressor, **SMALL, **options)
    return {False: net, True: clone(net).fit(*diabetes)}


@pytest.fixture(scope="module")
def dense(diabetes):
    return dense_estimators(diabetes)


def assert_parameters_are_there(net):
    assert type(net.loss) is Power
    assert (net.loss.power, net.loss.inner.power) == (1.5, 3.0)
    assert type(net.optimizer) is Slow
    assert (float(net.optimizer.learning_rate), net.optimizer.momentum) == (
        float(np.float32(0.05)),
        0.5,
    )


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("is_fitted", [False, True])
def test_dense_estimators(dense, diabetes, way, is_fitted):
    other = WAYS[way](dense[is_fitted])
    assert_parameters_are_there(other)
    if is_fitted and way != "clone":
        assert np.array_equal(other.predict(diabetes[0]), dense[True].predict(diabetes[0]))
    assert equal_bits(other.fit(*diabetes), dense[True])


@pytest.mark.parametrize("kind", [list, tuple, lambda each: {"loss": each[0]}])
def test_objects_in_containers(kind):
    class Local(keras.losses.Loss):
        pass

    value = kind([Local()])
    with pytest.raises(TypeError, match="Local"):
        copy.deepcopy(value)
    copied = unpack(copy.deepcopy(pack(value)))
    assert type(copied) is type(value)
    (found,) = copied.values() if isinstance(value, dict) else copied
    assert type(found) is Local


def test_candidates_of_a_search(diabetes):
    net = plain(DenseRegressor, **SMALL, loss=Power(1.5), optimizer=Slow(0.1))
    grid = {"loss": [Power(1.5), Power(2.0)], "optimizer": [Slow(0.01), Slow(1e-9)]}
    found = GridSearchCV(net, grid, cv=2, error_score="raise").fit(*diabetes)
    assert len(set(found.cv_results_["mean_test_score"])) > 2


def test_a_layer_comes_back_with_its_configuration():
    class Local(keras.layers.Dense):
        pass

    layer = Local(3, activation="relu")
    assert unpack(copy.deepcopy(pack(layer))).get_config() == layer.get_config()


def test_what_a_class_says_itself_is_left_alone():
    class Own(keras.losses.Loss):
        def __reduce__(self):
            return Own, ()

    loss = Own()
    loss.mark = True
    assert pack(loss) is loss


# Parameters of estimators of custom models.
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


@cache
def fitted_networks():
    """Give a fitted estimator of each case, and what its plain Keras model computes."""
    nets = {name: network(name).fit(X, Y) for name in CASES}
    return {name: (net, np.asarray(net.model_(X))[:, 0]) for name, net in nets.items()}


@pytest.mark.parametrize("name", CASES)
def test_estimators_of_custom_models(name):
    """And in joblib's workers: test_joblib_workers.py."""
    net, expected = fitted_networks()[name]
    assert np.allclose(clone(net).fit(X, Y).predict(X), expected, atol=1e-6)
    for again in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert np.allclose(again.predict(X), expected, atol=1e-6)
        assert np.allclose(again.fit(X, Y).predict(X), expected, atol=1e-6)
    clone(make_pipeline(StandardScaler(), network(name)))


def test_copies_keep_what_a_configuration_leaves_out(diabetes):
    huber = plain(DenseRegressor, **SMALL, loss=keras.losses.Huber(0.01)).fit(*diabetes)
    assert equal_bits(huber, clone(huber).fit(*diabetes))

    net = clone(NetworkRegressor(own.build, loss=keras.losses.Huber(0.1), random_state=0))
    start = net.initialize(X, Y).model_.get_weights()
    net.set_params(batch_size=-1).fit(X, Y)
    reference = keras.models.clone_model(net.model_)
    reference.set_weights(start)
    residual = np.abs(Y - np.asarray(reference(X))[:, 0])
    expected = np.where(residual > 0.1, 0.1 * residual - 0.005, residual**2 / 2).mean()
    assert np.isclose(net.history_["loss"][0], expected, rtol=1e-5)


def test_local_classes_are_cloned():
    class Local(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)

    net = NetworkRegressor(own.build, loss=Local(), random_state=0, run_eagerly=True)
    assert clone(net).fit(X, Y).n_iter_ == 1


def test_a_subclass_with_parameters_of_its_own_and_a_classifier():
    net = NetworkClassifier(own.ready_made(), loss=keras.losses.BinaryCrossentropy(True))
    again = pickle.loads(pickle.dumps(clone(net).fit(X, Y > 0)))
    assert again.predict(X).dtype == bool
    assert again.loss.get_config()["from_logits"]

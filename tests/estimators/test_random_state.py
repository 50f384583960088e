"""What random_state means: the same as in scikit-learn."""

import pickle
import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.base import clone
from tensorflow.python.eager import context

from skdense import DenseClassifier, NetworkRegressor
from skdense.engine import _compat
from tests.helpers import equal_bits, plain


def noisy(**parameters):
    return plain(DenseClassifier, 8, epochs=3, dropout=0.3, validation_fraction=0.2, **parameters)


def test_an_int_repeats_itself(iris):
    X, y = iris
    one, two, other = (noisy(random_state=seed).fit(X, y) for seed in (3, 3, 4))
    assert equal_bits(one, two)
    assert one.history_ == two.history_
    assert not equal_bits(one, other)
    assert equal_bits(one, clone(one).fit(X, y))
    assert equal_bits(one, noisy(random_state=np.int64(3)).fit(X, y))


def test_a_random_state_moves_on(iris):
    X, y = iris
    net = noisy(random_state=np.random.RandomState(3))
    one = pickle.loads(pickle.dumps(net.fit(X, y)))
    two = net.fit(X, y)
    assert not equal_bits(one, two)
    again = noisy(random_state=np.random.RandomState(3))
    assert equal_bits(one, again.fit(X, y))
    assert not equal_bits(one, again.fit(X, y))


def test_none_follows_numpys_global_state(iris):
    X, y = iris
    before = np.random.get_state()  # noqa: NPY002
    try:
        one, two = noisy().fit(X, y), noisy().fit(X, y)
        assert not equal_bits(one, two)
        np.random.seed(5)  # noqa: NPY002
        one = noisy().fit(X, y)
        np.random.seed(5)  # noqa: NPY002
        assert equal_bits(one, noisy().fit(X, y))
    finally:
        np.random.set_state(before)  # noqa: NPY002


def test_an_int_touches_no_global_state(iris):
    def states():
        return pickle.dumps((np.random.get_state(), random.getstate()))  # noqa: NPY002

    before = states()
    noisy(random_state=0).fit(*iris)
    assert states() == before
    keras.utils.set_random_seed(1)
    one = noisy(random_state=0).fit(*iris)
    keras.utils.set_random_seed(2)
    assert equal_bits(one, noisy(random_state=0).fit(*iris))


def drawing(meta, seed):
    """Build a model whose weights come from an operation of TensorFlow that has a state."""

    def draw(shape, dtype):
        return tf.random.normal(shape, dtype=dtype, seed=seed)

    inputs = keras.Input((meta["n_features_in_"],))
    return keras.Model(inputs, keras.layers.Dense(1, kernel_initializer=draw)(inputs))


@pytest.fixture
def no_operation_has_been_made(monkeypatch):
    monkeypatch.setattr(_compat._Seeded, "random_operations", False)
    monkeypatch.setattr(_compat._Seeded, "times", 0)


def first_weights(function, data, random_state, **parameters):
    net = NetworkRegressor(function, loss="mse", random_state=random_state, **parameters)
    return net.initialize(*data).model_.get_weights()[0]


@pytest.mark.parametrize("seed", [None, 3])
@pytest.mark.usefixtures("no_operation_has_been_made")
def test_what_a_function_draws_from_tensorflow(diabetes, seed):
    first, again, other, last = (
        first_weights(drawing, diabetes, state, model__seed=seed) for state in (0, 0, 1, 0)
    )
    assert len({*first.ravel()}) == first.size
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(first, last)


@pytest.mark.usefixtures("no_operation_has_been_made")
def test_what_a_graph_draws_that_is_there_the_next_time(diabetes):
    draw = tf.function(lambda shape: tf.random.normal(shape))  # its seeds are those of its making

    def build(meta):
        inputs = keras.Input((meta["n_features_in_"],))
        layer = keras.layers.Dense(1, kernel_initializer=lambda shape, dtype: draw((10, 1)))
        return keras.Model(inputs, layer(inputs))

    first, again = (first_weights(build, diabetes, 0) for _ in range(2))
    assert np.array_equal(first, again)


def test_tensorflows_own_sequence_goes_on(diabetes):
    def drawn(between):
        tf.random.set_seed(7)
        one = float(tf.random.normal(()))
        between()
        return one, float(tf.random.normal(()))

    net = NetworkRegressor(drawing, loss="mse", model__seed=None, random_state=0)
    try:
        assert drawn(lambda: net.initialize(*diabetes)) == drawn(lambda: None)
    finally:
        tf.random.set_seed(None)


class Noise(keras.layers.Layer):
    def call(self, inputs, training=False):
        return inputs + tf.random.normal(tf.shape(inputs)) if training else inputs


@pytest.mark.usefixtures("no_operation_has_been_made")
def test_what_a_layer_draws_in_training_without_a_graph(diabetes):
    def build(meta):
        inputs = keras.Input((meta["n_features_in_"],))
        return keras.Model(inputs, keras.layers.Dense(1)(Noise()(inputs)))

    net = NetworkRegressor(build, loss="mse", run_eagerly=True, random_state=0)
    first, again = (net.fit(*diabetes).model_.get_weights() for _ in range(2))
    assert all(map(np.array_equal, first, again))


@pytest.mark.parametrize("trained_by", ["compiled epochs", "keras"])
@pytest.mark.usefixtures("no_operation_has_been_made")
def test_programs_stay_ready_to_run(diabetes, monkeypatch, trained_by):
    """tf.random.set_seed would let go of them: each warm fit would take several times as long."""
    cleared = []
    monkeypatch.setattr(context.pywrap_tfe, "TFE_ContextClearCaches", cleared.append)

    def build(meta):
        inputs = keras.Input((meta["n_features_in_"],))
        return keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Dropout(0.2)(inputs)))

    metrics = ["mae"] if trained_by == "keras" else None
    net = NetworkRegressor(build, loss="mse", metrics=metrics, random_state=0)
    one, two = net.fit(*diabetes).model_.get_weights(), net.fit(*diabetes).model_.get_weights()
    assert all(map(np.array_equal, one, two))
    assert net.engine_.startswith(trained_by)
    assert not cleared


@pytest.mark.usefixtures("no_operation_has_been_made")
def test_now_and_then_tensorflow_lets_go_of_what_it_keeps_for_each_variable(monkeypatch):
    cleared = []
    monkeypatch.setattr(context.pywrap_tfe, "TFE_ContextClearCaches", cleared.append)
    for _ in range(2 * _compat._TIMES_BEFORE_LETTING_GO):
        with _compat.tensorflow_seeded(0, graphs_stay=True):
            pass
    assert len(cleared) == 2

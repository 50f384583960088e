"""What random_state means: the same as in scikit-learn."""

import pickle
import random

import keras
import numpy as np
from sklearn.base import clone

from skdense import DenseClassifier
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

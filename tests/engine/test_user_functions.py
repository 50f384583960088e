"""Equal functions of the user's own share a program; different ones do not."""

import functools
import threading
import warnings
from itertools import cycle

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

from skdense import DenseClassifier, DenseRegressor, cache_info
from tests.helpers import plain


def leaky(x, slope=0.2, *, shift=0.0):
    return keras.ops.where(x > 0, x, slope * x) + shift


def made(slope):
    return lambda x: leaky(x, slope)


class Leaky:
    def __init__(self, slope, lock=False):
        self.slope = slope
        if lock:
            self.lock = threading.Lock()  # nothing can compare or copy it

    def __call__(self, x):
        return leaky(x, self.slope)

    def method(self, x):
        return leaky(x, self.slope)

    def __deepcopy__(self, memo):
        return Leaky(self.slope, hasattr(self, "lock"))


class Known(Leaky):
    def __eq__(self, other):
        return type(other) is Known and other.slope == self.slope

    def __hash__(self):
        return hash(self.slope)

    def __deepcopy__(self, memo):
        return Known(self.slope, hasattr(self, "lock"))


KINDS = {
    "partial": lambda slope: functools.partial(leaky, slope=slope),
    "partial of a partial": lambda slope: functools.partial(
        functools.partial(leaky, shift=0.0), slope=slope
    ),
    "array in a partial": lambda slope: functools.partial(
        leaky, slope=np.full(1, slope, np.float32)
    ),
    "closure": made,
    "object": Leaky,
    "method": lambda slope: Leaky(slope).method,
    "object with __eq__": lambda slope: Known(slope, lock=True),
}


def net(kind, activation, epochs=2):
    return plain(kind, 7, activation, epochs=epochs, random_state=0)


# By turns: what is compared knows nothing of the estimator.
@pytest.mark.parametrize(
    ("make", "kind"), zip(KINDS.values(), cycle([DenseClassifier, DenseRegressor])), ids=KINDS
)
def test_equal_ones_share_a_program_and_others_do_not(iris, make, kind, fresh_cache):
    X, y = iris
    first = net(kind, make(0.25)).fit(X, y)
    for again in (clone(first), net(kind, make(0.25))):
        assert np.array_equal(again.fit(X, y).predict(X), first.predict(X))
    cross_val_score(net(kind, make(0.25)), X, y, cv=3)
    assert cache_info().misses == cache_info().traces == 1
    other = net(kind, make(0.75)).fit(X, y)
    assert cache_info().misses == 2
    for fitted, slope in ((first, 0.25), (other, 0.75)):
        hidden = X @ fitted.coefs_[0] + fitted.intercepts_[0]
        expected = np.where(hidden > 0, hidden, slope * hidden)
        np.testing.assert_allclose(fitted.hidden_output(X), expected, atol=1e-5)


def test_an_object_that_was_changed_is_another_one(iris):
    X, y = iris
    activation = Leaky(0.25)
    net(DenseRegressor, activation).fit(X, y)
    activation.slope = 0.75
    for slope in (0.75, 0.25):
        fitted = net(DenseRegressor, Leaky(slope)).fit(X, y)
        hidden = X @ fitted.coefs_[0] + fitted.intercepts_[0]
        expected = np.where(hidden > 0, hidden, slope * hidden)
        np.testing.assert_allclose(fitted.hidden_output(X), expected, atol=1e-5)


def test_one_warning_of_those_that_cannot_be_compared(iris):
    X, y = iris
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first = net(DenseRegressor, Leaky(0.25, lock=True)).fit(X, y)
        first.fit(X, y)  # the same again is no trouble
    with pytest.warns(UserWarning, match=r"activation=.*Leaky.*__eq__ and __hash__") as caught:
        cross_val_score(first, X, y, cv=3)
    assert [each.filename for each in caught] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clone(first).fit(X, y)


class Scaled(keras.losses.Loss):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def call(self, y_true, y_pred):
        return keras.ops.mean(self.factor() * (y_true - y_pred) ** 2, axis=-1)

    def __deepcopy__(self, memo):
        return type(self)(self.factor)


class Locked(Scaled):
    def __init__(self, factor):
        super().__init__(factor)
        self.lock = threading.Lock()


def test_losses_of_ones_own_are_compared_alike(iris, fresh_cache):
    X, y = iris
    cross_val_score(plain(DenseRegressor, 7, loss=Scaled(lambda: 2.0), epochs=1), X, y, cv=3)
    assert cache_info().misses == 1
    plain(DenseRegressor, 7, loss=Scaled(lambda: 3.0), epochs=1).fit(X, y)
    assert cache_info().misses == 2
    with pytest.warns(UserWarning, match=r"loss=.*Locked.*cannot be compared"):
        cross_val_score(plain(DenseRegressor, 7, loss=Locked(lambda: 2.0), epochs=1), X, y, cv=3)

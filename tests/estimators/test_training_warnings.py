"""Training that goes wrong half-way: a loss that is no longer finite, an interrupted fit."""

import builtins
import copy

import keras
import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from skdense import DenseClassifier, DenseRegressor
from tests.helpers import plain

# Steps that are too long for a linear model: the loss grows more than tenfold at each.
DIVERGING = {"hidden_layer_sizes": (), "batch_size": 1000, "optimizer": "sgd", "random_state": 0}
WORDS = r"stopped being finite in epoch {}\b.*smaller learning_rate.*clipnorm"


def diverging(epochs=100, learning_rate=5.0, **parameters):
    options = {**DIVERGING, "epochs": epochs, "learning_rate": learning_rate, **parameters}
    return plain(DenseRegressor, **options)


def test_the_last_finite_weights_are_kept(diabetes):
    X, y = diabetes
    with pytest.warns(ConvergenceWarning, match=WORDS.format(13)):
        net = diverging().fit(X, y)
    assert net.n_iter_ == len(net.loss_curve_) == 13
    assert np.isfinite(net.loss_curve_[:-1]).all()
    assert not np.isfinite(net.loss_curve_[-1])
    assert net.best_epoch_ == 12
    assert net.best_loss_ == net.loss_curve_[11]
    until_then = diverging(epochs=12).fit(X, y)
    for kept, expected in zip(net.weights_, until_then.weights_, strict=True):
        assert np.allclose(kept, expected, rtol=1e-4)
        assert np.isfinite(kept).all()


def test_the_best_weights_are_kept_under_early_stopping(diabetes):
    X, y = diabetes
    watched = {"early_stopping": True, "patience": 100}
    with pytest.warns(ConvergenceWarning, match=WORDS.format(12)):
        net = diverging(**watched).fit(X, y)
    assert net.best_epoch_ == 1
    assert net.best_loss_ == net.history_["val_loss"][0]
    first = diverging(epochs=1, **watched).fit(X, y)
    for kept, expected in zip(net.weights_, first.weights_, strict=True):
        assert np.allclose(kept, expected, rtol=1e-4)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_without_a_finite_epoch_nothing_is_kept(diabetes, early_stopping):
    X, y = diabetes
    net = diverging(batch_size=32, learning_rate=1e30, early_stopping=early_stopping)
    with pytest.raises(ValueError, match=WORDS.format(1)):
        net.fit(X, y)
    assert not [name for name in vars(net) if name.endswith("_")]
    with pytest.raises(NotFittedError):
        net.predict(X)


def test_without_a_finite_epoch_callbacks_are_not_to_blame(diabetes):
    callbacks = [keras.callbacks.LambdaCallback()]
    net = diverging(batch_size=32, learning_rate=1e30, callbacks=callbacks)
    with pytest.raises(ValueError, match=WORDS.format(1)):
        net.fit(*diabetes)


def test_without_a_finite_epoch_the_earlier_fit_is_kept(diabetes):
    X, y = diabetes
    net = diverging(learning_rate=0.01).fit(X, y)
    expected, names = net.predict(X), set(vars(net))
    for warm_start in (False, True):
        net.set_params(batch_size=32, learning_rate=1e30, warm_start=warm_start)
        with pytest.raises(ValueError, match="so nothing was learned"):
            net.fit(X, y)
        assert np.array_equal(net.predict(X), expected)
        assert set(vars(net)) == names
        assert net.n_iter_ == 100


def test_clipping_is_a_remedy(diabetes):
    import keras

    X, y = diabetes
    clipped = keras.optimizers.SGD(0.05, clipnorm=1.0)
    net = diverging(optimizer=clipped, learning_rate=None, batch_size=32).fit(X, y)
    assert net.score(X, y) > 0.4


def test_a_program_serves_again_after_a_failure(diabetes):
    X, y = diabetes
    good = diverging(learning_rate=0.01, epochs=100)
    expected = good.fit(X, y).predict(X)
    with pytest.warns(ConvergenceWarning):
        diverging().fit(X, y)
    assert np.array_equal(good.fit(X, y).predict(X), expected)


@pytest.fixture
def interrupted_in_epoch(monkeypatch):
    """Press Ctrl-C when a fit with verbose=1 prints an epoch."""

    def interrupt_in(epoch):
        def print_or_interrupt(*words, **options):
            if str(words[0]).startswith(f"Epoch {epoch}/"):
                raise KeyboardInterrupt

        monkeypatch.setattr(builtins, "print", print_or_interrupt)

    return interrupt_in


# What an interruption leaves once an epoch has ended: test_interruption.py.
def test_a_fit_interrupted_in_its_first_epoch_leaves_nothing(iris, interrupted_in_epoch):
    net = plain(DenseClassifier, 8, epochs=5, verbose=1, random_state=0)
    interrupted_in_epoch(1)
    with pytest.raises(KeyboardInterrupt):
        net.fit(*iris)
    assert not [name for name in vars(net) if name.endswith("_")]


@pytest.mark.parametrize("warm_start", [False, True])
def test_a_fit_interrupted_in_its_first_epoch_leaves_the_earlier_one(
    iris, interrupted_in_epoch, warm_start
):
    X, y = iris
    net = plain(DenseClassifier, 8, epochs=5, random_state=0, warm_start=warm_start).fit(X, y)
    twin = copy.deepcopy(net)
    interrupted_in_epoch(6 if warm_start else 1)
    with pytest.raises(KeyboardInterrupt):
        net.set_params(verbose=1, hidden_layer_sizes=8, learning_rate=1.0).fit(X, y)
    assert np.array_equal(net.predict_proba(X), twin.predict_proba(X))
    assert net.history_ == twin.history_
    net.set_params(**twin.get_params()).fit(X, y)
    assert np.array_equal(net.predict_proba(X), twin.fit(X, y).predict_proba(X))

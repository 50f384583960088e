"""Ctrl-C: a fit leaves what it has learned so far, and a search ends."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import keras
import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score

from skdense import DenseClassifier
from tests.helpers import plain


class PressesCtrlC(keras.callbacks.Callback):
    """Interrupts at the beginning or the end of an epoch, counted from 0."""

    def __init__(self, epoch, hook="on_epoch_begin"):
        super().__init__()
        self.epoch, self.hook, self.ended = epoch, hook, False

    def on_epoch_begin(self, epoch, logs=None):
        if (epoch, "on_epoch_begin") == (self.epoch, self.hook):
            raise KeyboardInterrupt

    def on_epoch_end(self, epoch, logs=None):
        if (epoch, "on_epoch_end") == (self.epoch, self.hook):
            raise KeyboardInterrupt

    def on_train_end(self, logs=None):
        self.ended = True


def net(epochs=6, **parameters):
    return plain(DenseClassifier, 8, **{"epochs": epochs, "random_state": 0, **parameters})


def interrupt(estimator, data, after):
    words = rf"interrupted after epoch {after}\. DenseClassifier is fitted"
    with (
        pytest.warns(ConvergenceWarning, match=words) as caught,
        pytest.raises(KeyboardInterrupt, match=words),
    ):
        estimator.fit(*data)
    assert caught[0].filename == __file__
    return estimator


@pytest.mark.parametrize("hook", ["on_epoch_begin", "on_epoch_end"])
def test_the_epochs_that_have_ended_count(iris, hook):
    stopped = interrupt(net(callbacks=[PressesCtrlC(3, hook)]), iris, after=3)
    shorter = net(epochs=3).fit(*iris)
    for one, other in zip(stopped.weights_, shorter.weights_, strict=True):
        assert np.allclose(one, other, atol=1e-6)
    np.testing.assert_allclose(stopped.loss_curve_, shorter.loss_curve_, rtol=1e-5)
    assert stopped.n_iter_ == 3
    assert stopped.stopped_by_ == "interrupted"
    assert stopped.predict(iris[0]).shape == iris[1].shape
    assert stopped.callbacks_[0].ended
    assert stopped.callbacks_[0].model is None


def test_training_can_go_on_from_there(iris):
    stopped = interrupt(net(callbacks=[PressesCtrlC(4)]), iris, after=4)
    stopped.set_params(callbacks=None, warm_start=True, epochs=2).fit(*iris)
    assert stopped.n_iter_ == 6
    assert stopped.stopped_by_ == "epochs"


def test_the_best_weights_are_kept_under_early_stopping(iris):
    # No epoch is that much better than the first one.
    options = {"early_stopping": True, "min_delta": 100.0, "patience": 100}
    stopped = interrupt(net(callbacks=[PressesCtrlC(4)], **options), iris, after=4)
    best = net(epochs=4, **options).fit(*iris)
    assert stopped.best_epoch_ == best.best_epoch_ == 1
    for one, other in zip(stopped.weights_, best.weights_, strict=True):
        assert np.allclose(one, other, atol=1e-5)


def test_keras_early_stopping_restores_the_best_weights(iris):
    restores = keras.callbacks.EarlyStopping(
        min_delta=100.0, patience=100, restore_best_weights=True
    )
    options = {"validation_fraction": 0.2}
    stopped = interrupt(net(callbacks=[restores, PressesCtrlC(4)], **options), iris, after=4)
    best = net(epochs=1, **options).fit(*iris)
    for one, other in zip(stopped.weights_, best.weights_, strict=True):
        assert np.allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("warm_start", [False, True])
def test_before_the_first_epoch_has_ended_all_is_as_before(iris, warm_start):
    fresh = net(callbacks=[PressesCtrlC(0, "on_epoch_end")])
    with pytest.raises(KeyboardInterrupt):
        fresh.fit(*iris)
    assert not [name for name in vars(fresh) if name.endswith("_")]
    fitted = net(epochs=2, warm_start=warm_start).fit(*iris)
    before = dict(vars(fitted))
    fitted.set_params(callbacks=[PressesCtrlC(2 if warm_start else 0)])
    with pytest.raises(KeyboardInterrupt):
        fitted.fit(*iris)
    assert vars(fitted) == {**before, "callbacks": fitted.callbacks}


def test_going_on_that_is_interrupted_keeps_all_epochs(iris):
    fitted = net(epochs=2, warm_start=True).fit(*iris)
    fitted.set_params(callbacks=[PressesCtrlC(4)], epochs=6)
    interrupt(fitted, iris, after=4)
    assert fitted.n_iter_ == len(fitted.loss_curve_) == 4


def test_an_interrupted_refit_leaves_what_early_stopping_found(iris):
    class InTheRefit(PressesCtrlC):
        def on_epoch_end(self, epoch, logs=None):
            if "val_loss" not in logs:
                raise KeyboardInterrupt

    options = {"early_stopping": True, "epochs": 4}
    stopped = net(callbacks=[InTheRefit(99)], refit_best_epoch=True, **options)
    interrupt(stopped, iris, after=4)
    plain = net(callbacks=[keras.callbacks.History()], **options).fit(*iris)
    assert stopped.history_ == plain.history_
    assert not hasattr(stopped, "early_stopping_history_")
    for one, other in zip(stopped.weights_, plain.weights_, strict=True):
        assert np.array_equal(one, other)


def test_between_calls_of_the_program_too(iris, monkeypatch):
    from skdense.engine import training

    calls = []
    record = training._record_epochs

    def record_or_interrupt(*given):
        calls.append(1)
        state = record(*given)
        if len(calls) == 2:
            raise KeyboardInterrupt  # all figures of this call noted, its weights not yet taken
        return state

    monkeypatch.setattr(training, "_record_epochs", record_or_interrupt)
    stopped = interrupt(net(epochs=200), iris, after=64)
    assert len(stopped.loss_curve_) == 64
    shorter = net(epochs=64).fit(*iris)
    for one, other in zip(stopped.weights_, shorter.weights_, strict=True):
        assert np.allclose(one, other, atol=1e-5)


# Said on purpose; that it is said is tested above.
@pytest.mark.filterwarnings("ignore:Training was interrupted")
@pytest.mark.parametrize(
    "run",
    [
        lambda net, X, y: GridSearchCV(net, {"l2": [0.0, 0.1]}, cv=2).fit(X, y),
        lambda net, X, y: cross_val_score(net, X, y, cv=3),
    ],
    ids=["search", "cross-validation"],
)
def test_a_search_ends(iris, run):
    begun = []

    class Counts(PressesCtrlC):
        def on_train_begin(self, logs=None):
            begun.append(1)

    stopped = net(callbacks=[Counts(2)])
    with pytest.raises(KeyboardInterrupt, match="interrupted after epoch 2"):
        run(stopped, *iris)
    assert len(begun) == 1


def test_an_interruption_is_one_even_where_warnings_are_errors(iris):
    with pytest.raises(KeyboardInterrupt, match="interrupted after epoch 2") as caught:
        net(callbacks=[PressesCtrlC(2)]).fit(*iris)
    assert isinstance(caught.value.__context__, ConvergenceWarning)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to a child")
def test_a_real_signal():
    code = textwrap.dedent("""
        import numpy as np
        from sklearn.datasets import make_classification
        from skdense import KERAS_DEFAULTS, DenseClassifier

        X, y = make_classification(4000, random_state=0)
        net = DenseClassifier(**KERAS_DEFAULTS | {"hidden_layer_sizes": 64, "random_state": 0})
        net.set_params(epochs=1).fit(X, y)
        net.set_params(epochs=1_000_000)
        print("training", flush=True)
        try:
            net.fit(X, y)
        except KeyboardInterrupt:
            shapes = {len(column) for column in net.history_.values()}
            good = net.score(X, y) > 0.9 and shapes == {net.n_iter_}
            print("interrupted", net.n_iter_, net.stopped_by_, good)
    """)
    child = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code], stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout.readline() == "training\n"
        time.sleep(5)  # a compilation, and a few calls of the program
        child.send_signal(signal.SIGINT)
        start = time.monotonic()
        words = child.communicate(timeout=60)[0].split()
        assert time.monotonic() - start < 20
    finally:
        child.kill()
    assert words[0] == "interrupted"
    assert int(words[1]) > 1
    assert words[2:] == ["interrupted", "True"]

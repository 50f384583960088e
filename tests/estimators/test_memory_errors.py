"""Out of memory: the estimator stays as it was, the error says what to do, a search goes on."""

import pickle

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV

from skdense import DenseClassifier, NetworkRegressor
from skdense.engine.program import Program
from skdense.estimators import base, memory_errors
from tests.helpers import plain
from tests.network_models import regressor

OOM = "OOM when allocating tensor with shape[99999,99999]\nmore lines"
HUGE = (10**7, 10**7)


def exhausted():
    return tf.errors.ResourceExhaustedError(None, None, OOM)


def fail_at(monkeypatch, place, name, error, call=1):
    """Let a function raise an error from the `call`-th time on that it is called."""
    original, n_calls = getattr(place, name), 0

    def failing(*arguments, **options):
        nonlocal n_calls
        n_calls += 1
        if n_calls >= call:
            raise error
        return original(*arguments, **options)

    monkeypatch.setattr(place, name, failing)


def small(**parameters):
    return plain(DenseClassifier, 4, epochs=2, random_state=0, **parameters)


@pytest.mark.parametrize("n_members", [1, 2])
@pytest.mark.parametrize(
    ("place", "name", "error", "words"),
    [
        (Program, "run", exhausted(), r"OOM when allocating tensor with shape\[99999,99999\]"),
        (Program, "start", MemoryError(), "MemoryError"),
        (base, "initial_weights", MemoryError("Unable to allocate 7 TiB"), "Unable .* 7 TiB"),
    ],
)
def test_the_estimator_stays_as_it_was(iris, monkeypatch, place, name, error, words, n_members):
    X, y = iris
    net = small(n_members=n_members)
    sizes = rf" \(X\.shape=\(150, 4\), hidden_layer_sizes=4, n_members={n_members}, batch_size=32"
    for _ in range(2):  # at first not fitted, then fitted
        before = dict(vars(net))
        with monkeypatch.context() as patched:
            fail_at(patched, place, name, error, call=n_members)  # the last member
            with pytest.raises(MemoryError, match=words + sizes) as raised:
                net.fit(X, y)
        assert raised.value.__cause__ is error
        assert "smaller batch_size" in str(raised.value)
        assert vars(net) == before
        net.fit(X, y)


class Exhausts(keras.callbacks.Callback):
    """Runs out of memory at the end of an epoch, when weights have changed."""

    def on_epoch_end(self, epoch, logs=None):
        raise exhausted()


def test_a_model_that_goes_on_stays_as_it_was(diabetes):
    X, y = diabetes
    net = NetworkRegressor(regressor, loss="mse", optimizer="adam", random_state=0, warm_start=True)
    net.fit(X, y)
    undisturbed = pickle.loads(pickle.dumps(net)).fit(X, y).predict(X)
    before = dict(vars(net))
    words = r"NetworkRegressor.*OOM.* \(X\.shape=\(442, 10\), batch_size=32\)\. Use a smaller batch"
    net.set_params(callbacks=[Exhausts()], batch_size=32)
    with pytest.raises(MemoryError, match=words):
        net.fit(X, y)
    net.set_params(callbacks=None, batch_size=None)
    assert vars(net) == before
    assert np.array_equal(net.fit(X, y).predict(X), undisturbed)


def test_other_errors_are_not_changed(iris):
    error = tf.errors.InternalError(None, None, "something else")
    with pytest.MonkeyPatch.context() as patched:
        fail_at(patched, Program, "run", error)
        with pytest.raises(tf.errors.InternalError) as raised:
            small().fit(*iris)
    assert raised.value is error


def test_a_candidate_of_terabytes_is_nan_in_a_search(iris):
    # 1e14 weights and two variables of Adam for each, in float32: nothing is allocated.
    words = r"100,000,090,000,003 weights.* need 1,200,001\.1 GB, but [\d,]+\.\d GB are free"
    with pytest.raises(MemoryError, match=words):
        small().set_params(hidden_layer_sizes=HUGE).fit(*iris)
    search = GridSearchCV(small(), {"hidden_layer_sizes": [(4,), HUGE]}, cv=2)
    with (
        pytest.warns(FitFailedWarning, match="1,200,001"),
        pytest.warns(UserWarning, match="scores are non-finite"),
    ):
        search.fit(*iris)
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [False, True]
    assert search.best_params_ == {"hidden_layer_sizes": (4,)}


@pytest.mark.parametrize("n_members", [1, 3])
@pytest.mark.parametrize(
    "optimizer",
    [
        "sgd",
        "adam",
        keras.optimizers.SGD(momentum=0.5),
        keras.optimizers.Lion(use_ema=True),
        keras.optimizers.Nadam(),
    ],
)
def test_weights_and_optimizer_are_counted_as_keras_does(iris, monkeypatch, optimizer, n_members):
    parameters = {"batch_norm": True, "dtype": "float64", "optimizer": optimizer}
    net = small(n_members=1, **parameters).fit(*iris)
    model = net.to_keras()
    slots = [v for v in model.optimizer.variables if len(v.shape)]  # not counters and rates
    n_numbers = model.count_params() + sum(int(np.prod(slot.shape)) for slot in slots)
    needed = 8 * n_numbers * n_members
    monkeypatch.setattr(memory_errors, "_SMALL", 0)
    monkeypatch.setattr(memory_errors, "free_bytes", lambda: needed - 1)
    net = small(n_members=n_members, **parameters)
    with pytest.raises(MemoryError, match=f"^DenseClassifier.*: {model.count_params()} weights"):
        net.fit(*iris)
    fail_at(monkeypatch, Program, "run", RuntimeError("far enough"))
    for free in (needed, None):  # None is not known
        monkeypatch.setattr(memory_errors, "free_bytes", lambda free=free: free)
        with pytest.raises(RuntimeError, match="far enough"):
            small(n_members=n_members, **parameters).fit(*iris)

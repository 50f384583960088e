"""Forked processes: training where TensorFlow can run, an error where it would hang."""

import os

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked on POSIX")

START = """
import os, sys, time, warnings
import numpy as np
from skdense import DenseClassifier, DenseRegressor

warnings.simplefilter("ignore")  # Python's own, of forks beside threads
X = np.random.default_rng(0).normal(size=(60, 3))
y = X[:, 0]

def error_of(call):
    start = time.monotonic()
    try:
        call()
    except RuntimeError as error:
        assert "multiprocessing.get_context('spawn')" in str(error), error
        assert time.monotonic() - start < 2
        return True
    return False

def in_child(*calls):
    process = os.fork()
    if not process:
        try:
            for call in calls:
                assert call(), call
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        done, status = os.waitpid(process, os.WNOHANG)
        if done:
            assert os.waitstatus_to_exitcode(status) == 0
            return
        time.sleep(0.05)
    os.kill(process, 9)
    raise AssertionError("it hangs")
"""


def test_after_training_fit_raises_and_predict_works(run_python):
    run_python(
        START
        + """
import keras
from skdense import NetworkRegressor

def cube(x):
    return x ** 3

def build(meta):
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])

net = DenseRegressor(4, epochs=2).fit(X, y)
classes = DenseClassifier(4, epochs=2).fit(X, y > 0)
own = DenseRegressor(4, activation=cube, epochs=2).fit(X, y)
network = NetworkRegressor(build, loss="mse").fit(X, y)
expected, probabilities = net.predict(X), classes.predict_proba(X)
in_child(
    lambda: np.array_equal(net.predict(X), expected),
    lambda: np.array_equal(classes.predict_proba(X), probabilities),
    lambda: error_of(lambda: net.fit(X, y)),
    lambda: error_of(lambda: net.partial_fit(X, y)),
    lambda: error_of(lambda: classes.fit(X, y > 0)),
    lambda: error_of(lambda: net.to_keras()),
    lambda: error_of(lambda: own.predict(X)),
    lambda: error_of(lambda: network.fit(X, y)),
    lambda: error_of(lambda: network.predict(X)),
    lambda: np.array_equal(net.predict(X), expected),  # nothing was spoiled
)
assert net.fit(X, y).n_iter_ == 2  # the parent goes on
"""
    )


def test_after_tensorflow_alone_has_run(run_python):
    run_python(
        START
        + """
import tensorflow as tf
assert tf.reduce_sum(tf.constant([1.0, 2.0])) == 3.0
in_child(lambda: error_of(lambda: DenseRegressor(4, epochs=2).fit(X, y)))
"""
    )


def test_before_tensorflow_has_run_a_fork_trains(run_python):
    run_python(START + "in_child(lambda: DenseRegressor(4, epochs=2).fit(X, y).n_iter_ == 2)")


def test_a_pool_of_forked_workers_says_so(run_python):
    run_python(
        START
        + """
from joblib import Parallel, delayed, parallel_backend
from sklearn.model_selection import cross_val_score

net = DenseRegressor(4, epochs=2).fit(X, y)

def fit():
    with parallel_backend("multiprocessing", n_jobs=2):
        cross_val_score(net, X, y, cv=2, error_score="raise")

assert error_of(fit)
"""
    )

"""Forked processes: training where TensorFlow can run, an error where it would hang."""

import json
import os

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked on POSIX")

PROGRAM = """
import json, os, time, traceback, warnings
import numpy as np
from skdense import KERAS_DEFAULTS, DenseClassifier, DenseRegressor

SMALL = KERAS_DEFAULTS | {"hidden_layer_sizes": 4, "epochs": 2}
warnings.simplefilter("ignore")  # Python's own, of forks beside threads
X = np.random.default_rng(0).normal(size=(60, 3))
y = X[:, 0]
errors = {}

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

def stage(function):
    try:
        function()
        errors[function.__name__] = ""
    except BaseException:
        errors[function.__name__] = traceback.format_exc()

@stage
def before_tensorflow_has_run():
    in_child(lambda: DenseRegressor(**SMALL).fit(X, y).n_iter_ == 2)

@stage
def after_tensorflow_alone_has_run():
    import tensorflow as tf
    assert tf.reduce_sum(tf.constant([1.0, 2.0])) == 3.0
    in_child(lambda: error_of(lambda: DenseRegressor(**SMALL).fit(X, y)))

@stage
def after_training():
    import keras
    from skdense import NetworkRegressor

    def cube(x):
        return x ** 3

    def build(meta):
        return keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])

    net = DenseRegressor(**SMALL).fit(X, y)
    classes = DenseClassifier(**SMALL).fit(X, y > 0)
    own = DenseRegressor(**SMALL | {"activation": cube}).fit(X, y)
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

@stage
def in_a_pool_of_forked_workers():
    from joblib import parallel_backend
    from sklearn.model_selection import cross_val_score

    try:
        with parallel_backend("multiprocessing", n_jobs=2):
            # Not error_score="raise": ending a pool at once, joblib may wait for it without end.
            cross_val_score(DenseRegressor(**SMALL), X, y, cv=2)
    except ValueError as error:
        assert "2 fits failed" in str(error), error
        assert "multiprocessing.get_context('spawn')" in str(error), error
    else:
        raise AssertionError("no error")

print(json.dumps(errors))
"""


@pytest.fixture(scope="module")
def program(run_python):
    """One process that forks at four stages of its life."""
    return run_python(PROGRAM)


@pytest.mark.parametrize(
    "stage",
    [
        "before_tensorflow_has_run",
        "after_tensorflow_alone_has_run",
        "after_training",
        "in_a_pool_of_forked_workers",
    ],
)
def test_a_fork_trains_or_says_why_not(stage, program):
    error = json.loads(program.stdout)[stage]
    assert not error, program.stderr + error

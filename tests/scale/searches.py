"""The search that each engine runs, and how its results are compared: bit by bit."""

import os
import pickle
import random
import signal
import threading
import time

import numpy as np
import psutil
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdense import DenseClassifier
from tests.helpers import plain

# Seconds that a test may take; more where a machine has other work.
LIMIT = int(os.environ.get("SKDENSE_SCALE_LIMIT", 120))
N_KILLS = int(os.environ.get("SKDENSE_ENGINE_KILLS", 3))
MINUTES = float(os.environ.get("SKDENSE_SOAK_MINUTES", 0.5))
IS_LONG = MINUTES >= 5


def make_search(epochs=100):
    """Make a search over six candidates on three folds: two architectures, three penalties."""
    net = plain(DenseClassifier, dropout=0.2, epochs=epochs, random_state=0)
    grid = {
        "denseclassifier__hidden_layer_sizes": [(16,), (16, 8)],
        "denseclassifier__l2": [0.0, 1e-3, 1e-1],
    }
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    return GridSearchCV(make_pipeline(StandardScaler(), net), grid, cv=folds)


def data():
    return load_breast_cancer(return_X_y=True)


def bits(search):
    """Give all results of a search that are not times, as bytes."""
    scores = {
        name: column.tobytes()
        for name, column in search.cv_results_.items()
        if "test_score" in name
    }
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    weights = [array.tobytes() for array in search.best_estimator_[-1].weights_]
    return pickle.dumps((scores, sorted(search.best_params_.items()), weights))


def processes(word):
    """Find the processes below this one whose command line has a word."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if any(word in part for part in process.cmdline()):
                found.append(process.pid)
        except psutil.Error:  # it has just ended
            pass
    return found


def run_with_a_kill(run, find, after, seed=0):
    """Run something while one of the processes that `find` gives is killed, and give its result.

    The kill comes `after` some seconds. What ends before that is run again, with an earlier kill.
    """
    choice, killed, result = random.Random(seed), [], None
    while not killed:
        done = threading.Event()

        def strike(done=done):
            while not done.wait(0.05) and not killed:
                if found := find():  # nothing while they are just starting
                    killed.append(choice.choice(found))
                    os.kill(killed[0], signal.SIGKILL)

        timer = threading.Timer(after, strike)
        timer.start()
        try:
            result = run()
        finally:
            done.set()
            timer.cancel()
            timer.join()
        after /= 2
    return result


def seconds(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start

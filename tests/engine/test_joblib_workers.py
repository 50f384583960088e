"""What joblib's workers train, get and give back: in one pool, which takes seconds to start."""

import copy
import pickle
import sys
from importlib import metadata
from pathlib import Path

import joblib
import numpy as np
import pytest
from joblib import Parallel, delayed, parallel_config
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV, cross_val_score

from skdense import DenseClassifier
from tests.engine.test_keras_pickling import (
    SMALL,
    Power,
    X,
    assert_parameters_are_there,
    dense_estimators,
    fitted_networks,
)
from tests.estimators.test_reproducibility import NETS, fingerprint
from tests.helpers import plain

TENSORFLOW = [int(number) for number in metadata.version("tensorflow").split(".")[:2]]


def fingerprint_and_threads(net):
    """Train; give the threads that TensorFlow's arithmetic may have, and those that it has."""
    found = fingerprint(net)
    from skdense.engine._tensorflow import tf

    allowed = tf.config.threading.get_intra_op_parallelism_threads()
    names = [path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")]
    return found, allowed, names.count("tf_XLAEigen")


@pytest.fixture(scope="module")
def fits():
    """What four fits of each network give in two workers."""
    jobs = [delayed(fingerprint_and_threads)(net) for net in NETS.values() for _ in range(4)]
    found, allowed, threads = zip(*Parallel(n_jobs=2, backend="loky")(jobs), strict=True)
    fits = dict(zip(NETS, ([*found[:4]], [*found[4:]]), strict=True))
    return {"allowed": allowed, "threads": threads, **fits}


@pytest.mark.parametrize("kind", sorted(NETS))
def test_they_train_as_this_process_does(kind, fits):
    assert fits[kind] == [fingerprint(NETS[kind])] * 4


def test_they_share_the_cores(fits):
    most = max(joblib.cpu_count() // 2, 1)  # of the cores that this process may use
    assert all(1 <= count <= most for count in fits["allowed"])


@pytest.mark.skipif(sys.platform != "linux", reason="threads have names in /proc on Linux")
@pytest.mark.skipif(TENSORFLOW < [2, 21], reason="TensorFlow before 2.21 names no threads")
def test_they_have_no_more_threads_than_that(fits):
    assert all(
        1 <= count <= allowed
        for count, allowed in zip(fits["threads"], fits["allowed"], strict=True)
    )


def search(n_jobs, backend="loky"):
    """Give the scores of a small search, and the weights of the best network."""
    grid = {"dropout": [0.1, 0.5]}
    found = GridSearchCV(NETS["plain graph"], grid, cv=2, n_jobs=n_jobs, error_score="raise")
    with parallel_config(backend):
        found.fit(*load_breast_cancer(return_X_y=True))
    scores = {key: found.cv_results_[key].tolist() for key in found.cv_results_ if "split" in key}
    return scores, [array.tolist() for array in found.best_estimator_.weights_]


def test_a_search_on_processes_or_threads_is_that_of_one_worker():
    alone = search(n_jobs=1)
    assert search(n_jobs=2) == alone
    assert search(n_jobs=2, backend="threading") == alone


def load_and_predict(pickled):
    return {name: net.predict(X) for name, net in pickle.loads(pickled).items()}


def test_keras_objects_of_the_users_own_classes(diabetes, iris, capfd):
    networks = fitted_networks()
    pickled = pickle.dumps({name: net for name, (net, _) in networks.items()})
    dense = dense_estimators(diabetes)
    both, predictions = Parallel(n_jobs=2)(
        [delayed(copy.deepcopy)(dense), delayed(load_and_predict)(pickled)]
    )
    for net in both.values():
        assert_parameters_are_there(net)
    for name, (_, expected) in networks.items():
        assert np.allclose(predictions[name], expected, atol=1e-6), name
    (features, y), net = iris, plain(DenseClassifier, **SMALL, loss=Power(1.5))
    one_hot = np.eye(3, dtype=int)[y]
    grid = {"loss": [Power(1.5), Power(3.0)], "l2": [0.0, 0.1]}
    found = GridSearchCV(net, grid, cv=2, n_jobs=2, error_score="raise")
    assert type(found.fit(features, one_hot).best_estimator_.loss) is Power
    assert np.isfinite(cross_val_score(net, features, one_hot, cv=2, n_jobs=2)).all()
    assert "Error" not in capfd.readouterr().err

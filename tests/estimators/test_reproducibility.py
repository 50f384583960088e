"""The same random_state gives the same weights to the last bit, wherever the fit runs."""

import hashlib
import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import joblib
import numpy as np
import pytest
from joblib import Parallel, delayed, parallel_config
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV

from skdense import DenseClassifier, clear_cache
from tests.helpers import plain

TENSORFLOW = [int(number) for number in metadata.version("tensorflow").split(".")[:2]]
# Long enough to be compiled, and short enough for the plain graph.
NETS = {
    "compiled": plain(
        DenseClassifier,
        8,
        dropout=0.2,
        epochs=60,
        early_stopping=True,
        random_state=3,
    ),
    "plain graph": plain(
        DenseClassifier, (16, 8), batch_norm=True, dropout=0.2, epochs=5, random_state=3
    ),
}
PROGRAM = """
import json
from tests.estimators.test_reproducibility import NETS, fingerprint
print(json.dumps({kind: fingerprint(net) for kind, net in NETS.items()}))
"""


def fingerprint(net):
    X, y = load_breast_cancer(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    net = clone(net).fit(X, y)
    digest = hashlib.sha256(b"".join(array.tobytes() for array in net.weights_))
    return digest.hexdigest() + json.dumps(net.history_)


@pytest.fixture(scope="module")
def in_a_fresh_process():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True)
    return json.loads(done.stdout)


def fingerprint_and_threads(net):
    """Train; give the threads that TensorFlow's arithmetic may have, and those that it has."""
    found = fingerprint(net)
    from skdense.engine._tensorflow import tf

    allowed = tf.config.threading.get_intra_op_parallelism_threads()
    names = [path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")]
    return found, allowed, names.count("tf_XLAEigen")


def search(n_jobs, backend="loky"):
    """Give the scores of a small search, and the weights of the best network."""
    grid = {"dropout": [0.1, 0.5]}
    found = GridSearchCV(NETS["plain graph"], grid, cv=2, n_jobs=n_jobs, error_score="raise")
    with parallel_config(backend):
        found.fit(*load_breast_cancer(return_X_y=True))
    scores = {key: found.cv_results_[key].tolist() for key in found.cv_results_ if "split" in key}
    return scores, [array.tolist() for array in found.best_estimator_.weights_]


@pytest.fixture(scope="module")
def workers():
    """What four fits of each network, and a search, give in one pool of processes, and threads."""
    jobs = [delayed(fingerprint_and_threads)(net) for net in NETS.values() for _ in range(4)]
    found, allowed, threads = zip(*Parallel(n_jobs=2, backend="loky")(jobs), strict=True)
    fits = dict(zip(NETS, ([*found[:4]], [*found[4:]]), strict=True))
    return {"allowed": allowed, "threads": threads, "search": search(n_jobs=2), **fits}


@pytest.mark.parametrize("kind", sorted(NETS))
def test_in_this_process_a_fresh_one_workers_and_threads(kind, in_a_fresh_process, workers):
    net = NETS[kind]
    here = fingerprint(net)
    assert fingerprint(net) == here
    clear_cache()
    assert fingerprint(net) == here
    assert in_a_fresh_process[kind] == here
    assert workers[kind] == [here] * 4
    in_threads = Parallel(n_jobs=2, backend="threading")(
        delayed(fingerprint)(net) for _ in range(4)
    )
    assert in_threads == [here] * 4


def test_a_search_on_processes_or_threads_is_that_of_one_worker(workers):
    alone = search(n_jobs=1)
    assert workers["search"] == alone
    assert search(n_jobs=2, backend="threading") == alone


def test_joblibs_workers_share_the_cores(workers):
    most = max(joblib.cpu_count() // 2, 1)  # of the cores that this process may use
    assert all(1 <= count <= most for count in workers["allowed"])


@pytest.mark.skipif(sys.platform != "linux", reason="threads have names in /proc on Linux")
@pytest.mark.skipif(TENSORFLOW < [2, 21], reason="TensorFlow before 2.21 names no threads")
def test_joblibs_workers_have_no_more_threads_than_that(workers):
    assert all(
        1 <= count <= allowed
        for count, allowed in zip(workers["threads"], workers["allowed"], strict=True)
    )


def test_other_seeds_differ_and_none_differs_each_time():
    weights = [fingerprint(clone(NETS["plain graph"]).set_params(random_state=s)) for s in (1, 2)]
    assert weights[0] != weights[1]
    unseeded = clone(NETS["plain graph"]).set_params(random_state=None)
    assert fingerprint(unseeded) != fingerprint(unseeded)


def test_a_random_state_object_advances():
    net = clone(NETS["plain graph"]).set_params(random_state=np.random.RandomState(0))
    X, y = load_breast_cancer(return_X_y=True)
    first = net.fit(X, y).coefs_[0]
    second = net.fit(X, y).coefs_[0]
    assert np.abs(first - second).max() > 0.01


def test_printing_each_epoch_changes_nothing(capsys):
    quiet = fingerprint(NETS["compiled"])
    assert capsys.readouterr().out == ""
    loud = fingerprint(clone(NETS["compiled"]).set_params(verbose=2))
    assert loud == quiet
    lines = capsys.readouterr().out.splitlines()
    history = json.loads(loud[64:])
    assert len(lines) == len(history["loss"])
    assert lines[0].startswith("Epoch 1/60 - loss: ")
    assert f"val_loss: {history['val_loss'][-1]:.6g}" in lines[-1]

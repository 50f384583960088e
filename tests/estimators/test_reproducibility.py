"""The same random_state gives the same weights to the last bit, wherever the fit runs."""

import hashlib
import json

import numpy as np
import pytest
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer

from skdense import DenseClassifier, clear_cache
from tests.helpers import plain

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


def fingerprint(net):
    X, y = load_breast_cancer(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    net = clone(net).fit(X, y)
    digest = hashlib.sha256(b"".join(array.tobytes() for array in net.weights_))
    return digest.hexdigest() + json.dumps(net.history_)


@pytest.mark.parametrize("kind", sorted(NETS))
def test_again_and_in_threads(kind):
    """And in a fresh process, and joblib's workers: test_startup.py, test_joblib_workers.py."""
    net = NETS[kind]
    here = fingerprint(net)
    assert fingerprint(net) == here
    clear_cache()
    assert fingerprint(net) == here
    in_threads = Parallel(n_jobs=2, backend="threading")(
        delayed(fingerprint)(net) for _ in range(4)
    )
    assert in_threads == [here] * 4


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

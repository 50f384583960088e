"""TensorFlow starts when it is needed, quietly, with no more threads than OpenMP has."""

import gc
import json
import os
from types import SimpleNamespace

import joblib
import pytest

from skdense.engine.startup import limit_threads, paused_garbage_collection
from tests.estimators.test_reproducibility import NETS, fingerprint

CORES = joblib.cpu_count()


@pytest.mark.parametrize(
    ("openmp", "tensorflow", "chosen", "expected"),
    [
        (None, None, 0, [CORES]),
        ("3", None, 0, [3]),
        ("4,2", None, 0, [4]),
        ("0", None, 0, [CORES]),
        ("3", "2", 0, []),
        ("3", None, 2, []),
    ],
)
def test_threads_follow_openmp_unless_set(monkeypatch, openmp, tensorflow, chosen, expected):
    given = {"OMP_NUM_THREADS": openmp, "TF_NUM_INTRAOP_THREADS": tensorflow}
    for name, value in given.items():
        monkeypatch.setenv(name, value or "")
        if value is None:
            monkeypatch.delenv(name)
    found = []
    threading = SimpleNamespace(
        get_intra_op_parallelism_threads=lambda: chosen,
        set_intra_op_parallelism_threads=found.append,
    )
    limit_threads(threading, has_started=False)
    assert found == expected
    assert os.environ.get("TF_NUM_INTRAOP_THREADS") == tensorflow  # workers would inherit it


def test_tensorflow_that_has_started_keeps_its_threads(monkeypatch, caplog):
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    threading = SimpleNamespace(get_intra_op_parallelism_threads=lambda: 0)
    with caplog.at_level("INFO", logger="skdense"):
        limit_threads(threading, has_started=True)
    (record,) = caplog.records
    assert "TensorFlow had started before skdense" in record.getMessage()


@pytest.fixture(scope="module")
def first_fits(run_python):
    """A process that imports skdense and trains, with one thread for OpenMP."""
    code = """
import json
import sys

import skdense

heavy = sorted({"keras", "tensorflow", "scikeras"} & set(sys.modules))
names = dir(skdense)
from tests.estimators.test_reproducibility import NETS, fingerprint

fingerprints = {kind: fingerprint(net) for kind, net in NETS.items()}

import numpy as np
from skdense import KERAS_DEFAULTS, DenseRegressor, NetworkClassifier

X = np.random.default_rng(0).normal(size=(80, 3))
net = DenseRegressor(**KERAS_DEFAULTS | {"hidden_layer_sizes": 4, "epochs": 2, "dropout": 0.1})
net.fit(X, X[:, 0]).predict(X)

import keras
import tensorflow as tf

parts = keras.Model, keras.losses.Loss, keras.metrics.Metric, keras.optimizers.Optimizer
methods = [m for cls in parts for m in (cls.__reduce__, getattr(cls, "__deepcopy__", None))]
homes = sorted({getattr(method, "__module__", "") or "" for method in methods})
threads = tf.config.threading.get_intra_op_parallelism_threads()
found = {"heavy": heavy, "names": names, "homes": homes, "threads": threads}
print(json.dumps({**found, "fingerprints": fingerprints}))
"""
    none = {"TF_NUM_INTRAOP_THREADS": None, "TF_CPP_MIN_LOG_LEVEL": None}
    return run_python(code, environment={"OMP_NUM_THREADS": "1", **none})


def test_training_prints_nothing(first_fits):
    assert len(first_fits.stdout.splitlines()) == 1  # our own
    assert first_fits.stderr == ""


@pytest.mark.parametrize("kind", sorted(NETS))
def test_a_fresh_process_trains_the_same_weights(first_fits, kind):
    assert json.loads(first_fits.stdout)["fingerprints"][kind] == fingerprint(NETS[kind])


def test_a_fit_has_the_threads_of_openmp(first_fits):
    assert json.loads(first_fits.stdout)["threads"] == 1


def test_importing_the_package_imports_nothing_heavy(first_fits):
    found = json.loads(first_fits.stdout)
    assert found["heavy"] == []
    assert "NetworkClassifier" in found["names"]


def test_keras_is_left_as_it_is(first_fits):
    assert not [home for home in json.loads(first_fits.stdout)["homes"] if "scikeras" in home]


@pytest.mark.parametrize("enabled", [True, False])
def test_garbage_collection_is_as_it_was_after_the_import(enabled):
    (gc.enable if enabled else gc.disable)()
    try:
        with paused_garbage_collection():
            assert not gc.isenabled()
        assert gc.isenabled() == enabled
    finally:
        gc.enable()

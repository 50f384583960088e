"""TensorFlow starts with no more threads than joblib's workers are allowed, and quietly."""

import os

import pytest
from joblib import Parallel, delayed

from skdense.engine.startup import limit_threads

PROGRAM = """
import numpy as np
from skdense import DenseRegressor
DenseRegressor(4, epochs=1).fit(np.eye(20), np.arange(20.0))
import tensorflow as tf
import os
print(os.environ.get("TF_NUM_INTRAOP_THREADS"))
"""


@pytest.mark.parametrize(
    ("openmp", "tensorflow", "expected"),
    [(None, None, None), ("1", None, "1"), ("1", "2", "2"), ("4,2", None, None)],
)
def test_threads_follow_openmp_unless_set(monkeypatch, openmp, tensorflow, expected):
    given = {"OMP_NUM_THREADS": openmp, "TF_NUM_INTRAOP_THREADS": tensorflow}
    for name, value in given.items():
        monkeypatch.setenv(name, value or "")
        if value is None:
            monkeypatch.delenv(name)
    limit_threads()
    assert os.environ.get("TF_NUM_INTRAOP_THREADS") == expected


def test_a_fit_is_quiet_and_has_the_threads_of_openmp(run_python):
    environment = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": None}
    done = run_python(PROGRAM, environment=environment)
    assert done.stdout.strip() == "1"
    assert done.stderr == ""


def threads_of_a_worker():
    import numpy as np

    from skdense import DenseRegressor

    DenseRegressor(4, epochs=1).fit(np.eye(20), np.arange(20.0))
    return os.environ.get("TF_NUM_INTRAOP_THREADS")


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="joblib limits threads on several cores only")
def test_joblibs_workers_share_the_cores():
    found = Parallel(n_jobs=2)(delayed(threads_of_a_worker)() for _ in range(2))
    assert all(int(number) <= max(os.cpu_count() // 2, 1) for number in found)

"""TensorFlow starts with no more threads than joblib's workers are allowed, and quietly."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from joblib import Parallel, delayed

PROGRAM = """
import numpy as np
from skdense import DenseRegressor
DenseRegressor(4, epochs=1).fit(np.eye(20), np.arange(20.0))
import tensorflow as tf
import os
print(os.environ.get("TF_NUM_INTRAOP_THREADS"))
"""


def run(**environment):
    inherited = {
        k: v for k, v in os.environ.items() if "NUM_THREADS" not in k and "INTRAOP" not in k
    }
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=True,
    )


def test_threads_follow_openmp_unless_set():
    cases = [
        ({}, "None"),
        ({"OMP_NUM_THREADS": "1"}, "1"),
        ({"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "2"}, "2"),
    ]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda case: run(**case[0]), cases))
    assert [each.stdout.strip() for each in found] == [expected for _, expected in cases]
    assert [each.stderr for each in found] == ["", "", ""]


def threads_of_a_worker():
    import numpy as np

    from skdense import DenseRegressor

    DenseRegressor(4, epochs=1).fit(np.eye(20), np.arange(20.0))
    return os.environ.get("TF_NUM_INTRAOP_THREADS")


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="joblib limits threads on several cores only")
def test_joblibs_workers_share_the_cores():
    found = Parallel(n_jobs=2)(delayed(threads_of_a_worker)() for _ in range(2))
    assert all(int(number) <= max(os.cpu_count() // 2, 1) for number in found)

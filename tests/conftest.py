"""Data and helpers that several test files share."""

import gc
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
from hypothesis import settings
from joblib.externals.loky import reusable_executor
from sklearn import datasets
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

import skdense
from skdense.engine import disk_cache, program_cache

# Only where they are asked for: `make test-docs`, `test-integrations`, `test-peers`, `test-scale`.
collect_ignore = ["browser", "integrations", "peers", "scale"]

# As skdense sets it, for tests that import TensorFlow first: programs are then kept on disk.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# XLA's older way to write a program: the same bits, and a fourth less time to compile; it runs more
# slowly, which tests of few epochs do not notice. The second of two processes has the checks at the
# defaults, and keeps the newer way. XLA ends a process for a flag that it lacks.
_OLDER_WAY = "--xla_cpu_use_fusion_emitters=false"
if version("tensorflow").startswith("2.21."):
    _given = os.environ.setdefault("XLA_FLAGS", _OLDER_WAY)
    if _given == _OLDER_WAY and os.environ.get("PYTEST_XDIST_WORKER") == "gw1":
        os.environ["XLA_FLAGS"] = ""

# Look for garbage more rarely: most of what imports and traces make stays.
gc.set_threshold(50_000, 20, 50)


def pytest_configure(config):
    """Let the processes of one run share a new, empty folder of compiled programs."""
    if not hasattr(config, "workerinput"):  # pytest-xdist's processes inherit the variable
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        config.add_cleanup(folder.cleanup)
        os.environ[disk_cache.VARIABLE] = folder.name


# TensorFlow's passes over the plain graph of a short training: a fourth of the time of its first
# call, which most tests make. The same bits without, which tests of other processes see, where
# these passes are on. `arithmetic_optimization` stays, since it changes last bits.
_GRAPH_PASSES = (
    "constant_folding",
    "dependency_optimization",
    "function_optimization",
    "implementation_selector",
    "layout_optimizer",
    "loop_optimization",
    "pin_to_host_optimization",
    "remapping",
    "scoped_allocator_optimization",
    "shape_optimization",
)


def _quicker_programs():
    """Switch them off, and two that have no public switch: a third of such a first call.

    TensorFlow notes where each operation was made, for its errors: all frames of pytest, each time,
    a tenth of the rest. Here it notes one place for all.
    """
    from tensorflow.core.protobuf.config_pb2 import ConfigProto
    from tensorflow.python.eager.context import context
    from tensorflow.python.util import tf_stack

    from skdense.engine._tensorflow import tf

    stack = tf_stack.extract_stack(0)
    tf_stack.extract_stack = lambda stacklevel=1: stack

    config = ConfigProto()
    passes = config.graph_options.rewrite_options
    passes.memory_optimization = passes.NO_MEM_OPT
    passes.disable_tfg_optimizer = True
    context()._config = config
    tf.config.optimizer.set_experimental_options(dict.fromkeys(_GRAPH_PASSES, False))


def pytest_collection_finish():
    """Leave what has been imported out of later searches for garbage, and cores to other tests."""
    if "tensorflow" in sys.modules:
        _quicker_programs()
    gc.freeze()
    threadpool_limits(1, user_api="openmp")  # gradient boosting: threads that wait take time, too


# The same examples each time, however slow the machine.
settings.register_profile("tests", deadline=None, derandomize=True)
settings.load_profile("tests")


def _scaled(load, n_samples=None):
    X, y = load(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    rows = np.random.default_rng(0).permutation(len(X))[:n_samples]
    X, y = X[rows], y[rows]
    X.flags.writeable = y.flags.writeable = False  # one test must not change another's data
    return X, y


@pytest.fixture(scope="session")
def cancer():
    """Breast cancer, standardized and shuffled: 569 rows, 30 features, two classes."""
    return _scaled(datasets.load_breast_cancer)


@pytest.fixture(scope="session")
def iris():
    """Iris, standardized and shuffled: 150 rows, 4 features, three classes."""
    return _scaled(datasets.load_iris)


@pytest.fixture(scope="session")
def diabetes():
    """Diabetes, standardized and shuffled: 442 rows, 10 features, targets from 25 to 346."""
    return _scaled(datasets.load_diabetes)


@pytest.fixture
def fresh_cache():
    """Begin without compiled programs; afterwards, those from before serve the other tests."""
    idle = program_cache._idle.copy()
    skdense.clear_cache()
    yield
    skdense.clear_cache()
    program_cache._idle.update(idle)


@pytest.fixture(scope="session")
def run_python(tmp_path_factory):
    """Run code in a fresh Python process that finds this package, and give what it printed."""
    package = str(Path(skdense.__file__).parent.parent)
    path = os.pathsep.join(p for p in (package, os.environ.get("PYTHONPATH")) if p)

    def run(code, *, folder=None, environment=None, timeout=300):
        """Run in `folder`, with `environment` on top of this process's; None takes away."""
        variables = {**os.environ, "PYTHONPATH": path, **(environment or {})}
        done = subprocess.run(
            [sys.executable, "-c", dedent(code)],
            cwd=folder or tmp_path_factory.mktemp("process"),
            env={name: value for name, value in variables.items() if value is not None},
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        assert done.returncode == 0, done.stderr
        return done

    return run


@pytest.fixture(autouse=True, scope="module")
def _no_workers_left():
    """End joblib's workers with the file whose tests started them.

    One that many tests have filled with programs leaves for its use of memory, and joblib may then
    wait for it without end.
    """
    yield
    if reusable_executor._executor is not None:
        reusable_executor._executor.shutdown(wait=True, kill_workers=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Leave checks that differ from others in the memory of X alone to the long tests.

    At the defaults a fit takes seconds, and steps of custom models many milliseconds; checks that
    are expected to fail there need not show it each time. The plain network has all checks always.
    """
    for item in items:
        is_default = item.name.startswith("test_default_estimator[")
        if is_default or item.name.startswith("test_estimator[Network"):
            check = item.callspec.params["check"]
            name = getattr(check, "func", check).__name__
            is_variant = getattr(check, "keywords", {}).get("readonly_memmap", False)
            # Of the sparse formats, check_estimator_sparse_tag fits one.
            fails = is_default and item.get_closest_marker("xfail")
            if is_variant or fails or (is_default and name in _ALIKE):
                item.add_marker(pytest.mark.slow)


_ALIKE = (
    "check_estimator_sparse_array",
    "check_estimator_sparse_matrix",
    "check_regressor_data_not_an_array",
)

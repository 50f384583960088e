"""The same on every kernel of OpenBLAS that this processor has; run by `make test-kernels`.

Networks are trained here and predict in processes without TensorFlow, one for each kernel.
"""

import json
import pickle
import platform
from pathlib import Path

import pytest

from skdense import DenseClassifier, DenseRegressor
from tests.engine.kernels_child import checks
from tests.engine.row_independence import BOUNDS
from tests.engine.test_row_independence import made_networks

pytestmark = pytest.mark.kernels

# What the processor has to be able to do, by the names of /proc/cpuinfo.
KERNELS = {
    None: set(),
    "Haswell": {"avx2", "fma"},
    "SkylakeX": {"avx512f", "avx512dq", "avx512bw", "avx512vl"},
    "Zen": {"avx2", "fma"},
    "Prescott": {"pni"},
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A file with networks, and with the fits of scikit-learn's checks in their order."""
    fits = []

    def recorded(fit):
        def fit_and_keep(self, *data, **more):
            fit(self, *data, **more)
            fits.append(pickle.dumps(vars(self)))
            return self

        return fit_and_keep

    with pytest.MonkeyPatch.context() as patch:
        for cls in (DenseClassifier, DenseRegressor):
            patch.setattr(cls, "fit", recorded(cls.fit))
        for estimator, check in checks():
            check(estimator)
    assert len(fits) >= 6
    path = tmp_path_factory.mktemp("kernels") / "trained.pickle"
    path.write_bytes(pickle.dumps((made_networks(), fits)))
    return path


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("kernel", KERNELS)
def test_kernel(kernel, threads, trained, run_python, capsys):
    if platform.machine() not in ("x86_64", "AMD64") or not Path("/proc/cpuinfo").exists():
        pytest.skip("OpenBLAS's kernels are chosen by name on x86 under Linux")
    if not KERNELS[kernel] <= set(Path("/proc/cpuinfo").read_text().split()):
        pytest.skip(f"this processor cannot run {kernel}")
    environment = {"OPENBLAS_CORETYPE": kernel, "OPENBLAS_NUM_THREADS": str(threads)}
    code = f"from tests.engine.kernels_child import main; main({str(trained)!r})"
    found = json.loads(run_python(code, environment=environment).stdout)
    with capsys.disabled():
        worst = ", ".join(f"{dtype} {value:.1e}" for dtype, value in found["worst"].items())
        print(f"\n{kernel or 'unset'}: runs {found['kernel']}, {threads} thread(s); worst {worst}")
    assert not found["tensorflow"]
    assert found["threads"] == threads
    assert not found["failed"]
    assert all(found["worst"][dtype] <= bound for dtype, bound in BOUNDS.items())

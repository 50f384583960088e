"""Large arrays that TensorFlow can read where they are: a memory-mapped file is not copied."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.impute import SimpleImputer

from skdense import DenseClassifier, DenseRegressor
from skdense.engine import padded_data
from skdense.engine.program_inputs import Selected
from tests.helpers import plain


@pytest.fixture
def mapped(tmp_path):
    random = np.random.default_rng(0)
    X = random.normal(size=(300, 6)).astype(np.float32)
    np.save(tmp_path / "X.npy", X)
    return np.load(tmp_path / "X.npy", mmap_mode="r"), (X[:, 0] > 0).astype(int)


def network(**changes):
    defaults = {"epochs": 4, "batch_size": 16, "random_state": 0}
    return plain(DenseClassifier, 8, **{**defaults, **changes})


@pytest.mark.parametrize(
    "changes",
    [{}, {"validation_fraction": 0.3}, {"early_stopping": True, "epochs": 150, "patience": 150}],
    ids=["plain", "held out", "compiled by XLA"],
)
def test_it_trains_to_the_last_bit_as_from_a_copy(mapped, changes, monkeypatch):
    X, y = mapped
    weight = np.random.default_rng(1).uniform(0.5, 2, len(y))
    copied = network(**changes).fit(np.array(X), y, sample_weight=weight)
    monkeypatch.setattr(padded_data, "LEAST_BYTES_IN_PLACE", 0)
    in_place = network(**changes).fit(X, y, sample_weight=weight)
    assert in_place.history_ == copied.history_
    for one, other in zip(in_place.weights_, copied.weights_, strict=True):
        assert np.array_equal(one, other)
    assert np.array_equal(in_place.predict(X), copied.predict(np.array(X)))


SCALED = [
    {"scale_features": "robust", "n_bins": 3},
    {"scale_features": "standard", "validation_fraction": 0.3},
    {"n_bins": 3, "early_stopping": True, "epochs": 150, "patience": 150},
]


@pytest.mark.parametrize("changes", SCALED, ids=["plain", "held out", "compiled by XLA"])
def test_it_is_scaled_inside_the_program_as_a_copy_is_before(mapped, changes, monkeypatch):
    X, y = mapped
    weight = np.random.default_rng(1).uniform(0.5, 2, len(y))
    copied = network(**changes).fit(np.array(X), y, sample_weight=weight)
    monkeypatch.setattr(padded_data, "LEAST_BYTES_IN_PLACE", 0)
    kept = []
    monkeypatch.setattr(
        padded_data, "_as_tensor", lambda array: kept.append(array) or as_tensor(array)
    )
    in_place = network(**changes).fit(X, y, sample_weight=weight)
    assert any(np.shares_memory(array, X) for array in kept)
    for name, losses in copied.history_.items():
        np.testing.assert_allclose(in_place.history_[name], losses, rtol=1e-4)
    np.testing.assert_allclose(in_place.predict_proba(X), copied.predict_proba(X), atol=1e-4)
    goes_on = in_place.set_params(early_stopping=False, validation_fraction=None)
    assert goes_on.partial_fit(X, y).n_iter_ == len(copied.loss_curve_) + 1


as_tensor = padded_data._as_tensor


def test_a_large_array_of_float64_is_scaled_before_it_is_rounded(mapped, monkeypatch):
    X, y = mapped
    times = 1.7e9 + X.astype(np.float64)
    copied = network(scale_features="robust").fit(times, y)
    monkeypatch.setattr(padded_data, "LEAST_BYTES_IN_PLACE", 0)
    in_place = network(scale_features="robust").fit(times, y)
    assert in_place.history_ == copied.history_


@pytest.mark.parametrize("kind", [DenseClassifier, DenseRegressor])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("held_out", [{}, {"validation_fraction": 0.3}, {"X_val": 100}])
def test_missing_values_of_a_large_file_are_filled(kind, dtype, held_out, tmp_path, monkeypatch):
    monkeypatch.setattr(padded_data, "LEAST_BYTES_IN_PLACE", 0)
    random = np.random.default_rng(0)
    X = random.normal(size=(300, 6)).astype(dtype)
    y = (X[:, 0] > 0).astype(int)
    X[random.random(X.shape) < 0.2] = np.nan
    np.save(tmp_path / "X.npy", X)
    X = np.load(tmp_path / "X.npy", mmap_mode="r")
    options = {"epochs": 4, "batch_size": 16, "random_state": 0, "dtype": dtype}
    # The same by scikit-learn: zeros, and an indicator for each column.
    filled = SimpleImputer(strategy="constant", fill_value=0, add_indicator=True).fit_transform(X)
    if "X_val" in held_out:
        rows = {"X_val": X[:100], "y_val": y[:100]}, {"X_val": filled[:100], "y_val": y[:100]}
    else:
        rows = {}, {}
        options |= held_out
    net = plain(kind, 8, missing="indicator", **options).fit(X, y, **rows[0])
    expected = plain(kind, 8, **options).fit(filled, y, **rows[1])
    assert net.history_ == expected.history_
    assert np.array_equal(net.predict(X), expected.predict(filled))
    goes_on = net.set_params(missing="error", warm_start=True, epochs=1)
    assert (
        goes_on.fit(
            np.nan_to_num(X), y, **rows[0] and {"X_val": filled[:100, :6], "y_val": y[:100]}
        ).n_iter_
        == 5
    )
    augmented = plain(kind, 8, missing="augment", **options).fit(X, y, **rows[0])
    assert np.isfinite(augmented.loss_curve_).all()


def test_rows_of_a_large_file_are_chosen_without_a_copy(mapped, monkeypatch):
    X, _ = mapped
    assert not isinstance(
        padded_data.select(X, slice(None)), Selected
    )  # small: a copy costs nothing
    monkeypatch.setattr(padded_data, "LEAST_BYTES_IN_PLACE", 0)
    chosen = padded_data.select(X, np.array([5, 3]))
    assert np.shares_memory(chosen.values, X)
    assert not isinstance(padded_data.select(X[:, 1:], np.array([5, 3])), Selected)  # not one block


def test_the_tensor_is_the_file(mapped):
    X, _ = mapped
    tensor = padded_data._as_tensor(
        np.load(X.filename, mmap_mode="r")
    )  # nobody else keeps the mapping
    assert np.array_equal(tensor.numpy(), X)
    file = np.load(X.filename, mmap_mode="r+")
    file[7, 3] = 99.0
    assert tensor.numpy()[7, 3] == 99.0


MEASURE = """
import sys
import numpy as np
from skdense import KERAS_DEFAULTS, DenseClassifier

def own_memory():  # in MB; the pages of a mapped file are not in it
    lines = dict(line.split(":") for line in open("/proc/self/status") if line.startswith("Rss"))
    return int(lines["RssAnon"].split()[0]) / 1024

X = np.load(sys.argv[1], mmap_mode="r")
y = np.arange(len(X)) % 2
options = eval(sys.argv[2])
small = {"hidden_layer_sizes": 4, "epochs": 1, "batch_size": 4096, "random_state": 0}
net = DenseClassifier(**KERAS_DEFAULTS | small | options)
net.fit(X[:5000], y[:5000])  # TensorFlow itself
before = own_memory()
net.set_params(validation_fraction=0.2).fit(X, y)
print((own_memory() - before) / (X.nbytes / 2**20))
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the memory from /proc")
@pytest.mark.parametrize("options", [{}, {"scale_features": "robust", "n_bins": 2}])
def test_no_copy_is_held(tmp_path, options):
    array = np.lib.format.open_memmap(
        tmp_path / "X.npy", mode="w+", dtype=np.float32, shape=(1_000_000, 200)
    )
    array[::1000] = 1.0
    array.flush()
    del array
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path / "X.npy"), repr(options)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(run.stdout) < 0.3

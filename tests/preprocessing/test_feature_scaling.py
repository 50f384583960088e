"""The scale of features against scikit-learn's scalers, NumPy's quantiles and repeated rows."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy
from scipy import sparse
from sklearn.preprocessing import MaxAbsScaler, RobustScaler, StandardScaler

from skdense.engine.program_inputs import Selected
from skdense.preprocessing.feature_scaling import FeatureScaling, learn_scaling
from skdense.preprocessing.sorted_columns import sorted_columns

RANDOM = np.random.default_rng(0)


def learned(X, kind="robust", weight=None, are_images=False):
    weight = np.ones(X.shape[0]) if weight is None else weight
    return learn_scaling(X, weight, kind, are_images)


def smooth_clip(z):
    return z / np.sqrt(1 + (z / 3) ** 2)


def skewed(n_samples, n_features=4):
    return np.exp(RANDOM.normal(size=(n_samples, n_features))) * [1, 1e-6, 1e6, 10] - [0, 0, 0, 1e5]


def test_robust_is_that_of_scikit_learn_and_a_smooth_clip():
    X = skewed(101)  # where all definitions of quartiles agree
    expected = smooth_clip(RobustScaler().fit_transform(X))
    np.testing.assert_allclose(learned(X).transform(X), expected, rtol=1e-10, atol=1e-12)
    assert np.allclose(np.abs(learned(X).transform(X * 1e30)), 3.0)


def test_standard_is_that_of_scikit_learn():
    X, weight = skewed(100), RANDOM.integers(1, 4, 100)
    X[RANDOM.random(X.shape) < 0.1] = np.nan
    expected = StandardScaler().fit(X, sample_weight=weight).transform(X)
    found = learned(X, "standard", weight).transform(X)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("n_samples", [2, 3, 4, 5, 6, 7, 8, 100, 101, 102, 103])
def test_quantiles_are_numpys(n_samples):
    X = skewed(n_samples)
    for n_parts in (2, 3, 4, 10):
        shares = np.arange(n_parts + 1) / n_parts
        expected = np.quantile(X, shares, axis=0, method="averaged_inverted_cdf")
        # NumPy takes 3 * (1 / 3) for a share, where a tie is only exact as 3 / 3.
        found = np.array([c.quantiles(n_parts) for c in sorted_columns(X, np.ones(n_samples))]).T
        is_tie = (np.arange(n_parts + 1) * n_samples) % n_parts == 0
        rows = is_tie if n_parts in (2, 4) else ~is_tie
        np.testing.assert_allclose(found[rows], expected[rows], rtol=1e-12)


WHOLE = st.integers(-3, 3).map(float) | st.just(np.nan)
SHAPES = st.tuples(st.integers(1, 12), st.just(2))


@given(X=st_numpy.arrays(float, SHAPES, elements=WHOLE), data=st.data())
def test_weights_are_repetition(X, data):
    weight = data.draw(st_numpy.arrays(int, len(X), elements=st.integers(1, 5)))
    repeated = np.repeat(X, weight, axis=0)
    factor = data.draw(st.sampled_from([1.0, 0.1, 7.3]))
    for kind in ("robust", "standard"):
        one, other = learned(X, kind, weight * factor), learned(repeated, kind)
        np.testing.assert_allclose(one.center, other.center, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(one.scale, other.scale, rtol=1e-9)
    columns = zip(
        sorted_columns(X, weight * factor),
        sorted_columns(repeated, np.ones(len(repeated))),
        strict=True,
    )
    for one, other in columns:
        assert one.n_different == other.n_different
        if one.n_different:
            for n_parts in (2, 3, 8):
                assert np.array_equal(one.quantiles(n_parts), other.quantiles(n_parts))


@given(X=st_numpy.arrays(float, SHAPES, elements=st.integers(-2, 2).map(float)), data=st.data())
def test_sparse_scales_are_those_of_dense_columns(X, data):
    weight = data.draw(st_numpy.arrays(int, len(X), elements=st.integers(1, 5)))
    for kind in ("robust", "standard"):
        found = learned(sparse.csr_matrix(X), kind, weight)
        np.testing.assert_allclose(found.scale, learned(X, kind, weight).scale, rtol=1e-9)
        assert found.keeps_zeros


def test_columns_of_few_values():
    X = np.c_[
        np.repeat([0.0, 1.0], [1, 9]), np.full(10, 7.0), np.repeat([-5.0, 3.0], 5), [0.0] * 10
    ]
    X[:, 3] = [0, 0, 0, 0, 0, 0, 0, 0, 1, 4]  # quartiles and median are zero
    scaling = learned(X)
    one = smooth_clip(1.0)
    expected = [[0, 0, 0, 0], [one, 0, one, smooth_clip(2.0)]]
    np.testing.assert_allclose(scaling.transform(X[[0, -1]]), expected, rtol=1e-12)
    unseen = scaling.transform(np.full((1, 4), 1e6))
    assert unseen[0, 1] == 0  # what a constant turns into, too
    missing = learned(np.full((3, 1), np.nan))
    assert (missing.center, missing.scale) == (0, 0)
    assert np.isnan(missing.transform(np.array([[np.nan]]))).all()


@pytest.mark.parametrize("kind", ["robust", "standard"])
def test_a_standard_scaler_in_front_changes_nothing(kind):
    X = np.c_[skewed(1000), RANDOM.random((1000, 3)) < 0.1, RANDOM.poisson(0.2, 1000)]
    before = StandardScaler().fit_transform(X)
    difference = learned(X, kind).transform(X) - learned(before, kind).transform(before)
    assert np.abs(difference).max() < 1e-6


def test_seconds_since_1970_do_not_collapse():
    minutes = 1.7e9 + 60.0 * np.arange(365 * 24 * 60)[:, None]
    steps = np.diff(learned(minutes).transform(minutes).astype(np.float32), axis=0)
    assert (steps > 0).all()
    assert len(np.unique(minutes.astype(np.float32))) < 0.5 * len(minutes)


@pytest.mark.parametrize("kind", ["robust", "standard"])
def test_extreme_numbers_stay_finite(kind):
    X = np.c_[RANDOM.normal(size=50), RANDOM.normal(size=50) * 1e-200, np.ones(50)]
    X[0, 2] = 1 + 1e-15
    scaling = learned(X, kind)
    assert np.isfinite(scaling.transform(X)).all()
    if kind == "robust":
        sentinel = np.full((1, 3), np.finfo(float).max)
        assert np.allclose(scaling.transform(sentinel)[:, :2], 3)
        huge = learned(np.array([[-1e308], [0.0], [1.0], [1e308]]))
        assert np.isfinite(huge.transform(np.array([[1e308]]))).all()


def test_sparse_values_are_scaled_and_clipped():
    X = sparse.random(200, 5, 0.1, format="csr", random_state=0)
    expected = smooth_clip(2 * MaxAbsScaler().fit_transform(X).toarray())
    found = learned(X).transform(X)
    assert sparse.issparse(found)
    assert np.array_equal(found.indices, X.indices)
    np.testing.assert_allclose(found.toarray(), expected, rtol=1e-12)
    twice = sparse.csr_matrix(
        (np.ones(2), np.zeros(2, int), [0, 2]), shape=(1, 5)
    )  # a value in two parts
    assert np.allclose(
        learned(X).transform(twice).toarray(), learned(X).transform(np.array([[2.0, 0, 0, 0, 0]]))
    )


def test_sparse_is_never_dense():
    n_samples, n_features = 20_000, 1_000_000  # 150 GB as a dense matrix
    columns = RANDOM.integers(n_features, size=n_samples)
    values = RANDOM.choice([1.0, 2.0, 5.0], n_samples)
    X = sparse.csr_matrix((values, (np.arange(n_samples), columns)), shape=(n_samples, n_features))
    for kind in ("robust", "standard"):
        assert np.isfinite(learned(X, kind).transform(X).data).all()


def test_images_have_one_range():
    images = RANDOM.integers(3, 250, (20, 6)).astype(np.uint8).astype(float)
    images[0, 0] = np.nan
    for kind in ("robust", "standard"):
        scaling = learned(images, kind, are_images=True)
        low, high = np.nanmin(images), np.nanmax(images)
        np.testing.assert_allclose(scaling.transform(images), (images - low) / (high - low))
    black = learned(np.zeros((4, 6)), are_images=True)
    assert not black.transform(np.full((1, 6), 9.0)).any()


@pytest.mark.parametrize("kind", ["robust", "standard"])
def test_selected_rows_of_a_large_array_take_little_memory(kind):
    X = RANDOM.random((100_000, 128), dtype=np.float32)
    index = np.arange(1, len(X), 2)
    weight = np.ones(len(index))
    expected = learn_scaling(X[index], weight, kind, False)
    tracemalloc.start()
    try:
        scaling = learn_scaling(Selected(X, index), weight, kind, False)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    np.testing.assert_allclose(scaling.scale, expected.scale, rtol=1e-12)
    assert peak < X[index].nbytes


def test_a_description_says_what_it_holds():
    assert "clip=3.0" in repr(FeatureScaling("robust", np.zeros(1), np.ones(1), 3.0))

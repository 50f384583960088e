"""Bins against scikit-learn's KBinsDiscretizer and the definition; weights are repeated rows."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy
from sklearn.preprocessing import KBinsDiscretizer

from skdense.preprocessing.feature_bins import FeatureBins, learn_bins


def by_definition(x, edges):
    """For each bin of one feature: the share of it that each value has passed."""
    columns = []
    for low, high in pairwise(edges):
        passed = [0.0 if high == low or np.isnan(v) else (v - low) / (high - low) for v in x]
        columns.append(np.clip(passed, 0, 1))
    return np.array(columns).T


def test_edges_are_those_of_scikit_learn():
    X = np.random.default_rng(0).lognormal(size=(103, 3))  # no quantile falls between two rows
    bins = learn_bins(X, np.ones(103), 8)
    expected = KBinsDiscretizer(8, strategy="quantile", subsample=None)
    if "quantile_method" in expected.get_params():  # scikit-learn 1.7
        expected.set_params(quantile_method="averaged_inverted_cdf")
        assert np.allclose(bins.edges, np.stack(expected.fit(X).bin_edges_))
    assert bins.columns.tolist() == [0, 1, 2]
    assert (bins.n_bins, bins.n_inputs) == (8, 24)


@given(
    X=st_numpy.arrays(float, (30, 2), elements=st.integers(-20, 20).map(float)),
    weight=st_numpy.arrays(int, 30, elements=st.integers(1, 4)),
    n_bins=st.integers(2, 9),
)
def test_weights_are_repetition_and_inputs_follow_the_definition(X, weight, n_bins):
    bins = learn_bins(X, weight * 0.3, n_bins)
    repeated = np.repeat(X, weight, axis=0)
    other = learn_bins(repeated, np.ones(len(repeated)), n_bins)
    assert np.array_equal(bins.columns, other.columns)
    assert np.array_equal(bins.edges, other.edges)
    assert bins.columns.tolist() == [j for j in (0, 1) if len(np.unique(X[:, j])) > 8]
    inputs = bins.encode(X).reshape(len(X), n_bins, -1)
    for place, column in enumerate(bins.columns):
        expected = by_definition(X[:, column], bins.edges[place])
        assert np.allclose(inputs[:, :, place], expected, atol=1e-12)
        values, counts = np.unique(repeated[:, column], return_counts=True)
        assert bins.edges[place, [0, -1]].tolist() == [values[0], values[-1]]
        assert counts.sum() == weight.sum()


def test_few_values_missing_values_and_ties():
    X = np.c_[np.arange(40) % 8, np.arange(40) % 9, np.maximum(np.arange(40.0) - 20, 0)]
    X[3, 1] = np.nan
    bins = learn_bins(X, np.ones(40), 4)
    assert bins.columns.tolist() == [1, 2]
    assert bins.edges[1, :3].tolist() == [0, 0, 0]  # half of the values: bins of no width
    inputs = bins.encode(X).reshape(40, 4, 2)
    assert not inputs[:, :2, 1].any()
    assert not inputs[3, :, 0].any()
    assert np.isfinite(inputs).all()


@pytest.mark.parametrize("X", [np.zeros((20, 2)), np.full((20, 2), np.nan)])
def test_no_feature_with_bins(X):
    bins = learn_bins(X, np.ones(20), 3)
    assert bins.edges.shape == (0, 4)
    assert bins.encode(X).shape == (20, 0)


def test_beyond_the_edges_bins_are_full_or_empty():
    bins = FeatureBins(np.array([1]), np.array([[0.0, 1.0, 1.0, 1e-320 + 1]]))
    X = np.array([[9.0, -1e308], [9.0, 1e308], [9.0, 1.0]])
    assert bins.encode(X).tolist() == [[0, 0, 0], [1, 0, 0], [1, 0, 0]]

"""Piecewise linear encoding: how far a value has passed through each bin of its feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from skdense.preprocessing.sorted_columns import sorted_columns

MOST_VALUES_WITHOUT_BINS = 8


@dataclass(frozen=True)
class FeatureBins:
    """The bins of features, each with an input of its own.

    The input is 0 below the bin, 1 above it, and rises in a straight line between its edges.

    Parameters
    ----------
    columns : int array of shape (n_binned,)
        The features that have bins.
    edges : float64 array of shape (n_binned, n_bins + 1)
        Ascending. A bin whose edges are equal gives 0 everywhere.

    References
    ----------
    Y. Gorishniy, I. Rubachev and A. Babenko, "On embeddings for numerical features in tabular deep
    learning", NeurIPS 2022, arXiv:2203.05556.

    Examples
    --------
    >>> import numpy as np
    >>> from skdense.preprocessing.feature_bins import FeatureBins
    >>> bins = FeatureBins(np.array([0]), np.array([[0.0, 1.0, 3.0]]))
    >>> bins.encode(np.array([[-1.0], [0.5], [2.0], [9.0]]))
    array([[0. , 0. ],
           [0.5, 0. ],
           [1. , 0.5],
           [1. , 1. ]])
    """

    columns: np.ndarray
    edges: np.ndarray

    @property
    def n_bins(self) -> int:
        """Number of bins of each of the features."""
        return self.edges.shape[1] - 1

    @property
    def n_inputs(self) -> int:
        """Number of inputs that they make."""
        return len(self.columns) * self.n_bins

    @property
    def lower(self) -> np.ndarray:
        """The lower edge of each bin, (n_bins, n_binned)."""
        return np.ascontiguousarray(self.edges[:, :-1].T)

    @property
    def inverse_width(self) -> np.ndarray:
        """One over the width of each bin, (n_bins, n_binned); 0 for a bin of no width."""
        with np.errstate(over="ignore", divide="ignore"):
            inverse = 1 / np.diff(self.edges.T, axis=0)
        return np.where(np.isfinite(inverse), inverse, 0.0)

    def encode(self, X: np.ndarray) -> np.ndarray:
        """Give the inputs: the first bin of all features, the second of all, and so on.

        From (n_samples, n_features) to float64 (n_samples, n_bins * n_binned), 0 where a value is
        missing.
        """
        passed = (X[:, None, self.columns] - self.lower) * self.inverse_width
        return np.minimum(np.fmax(passed, 0.0), 1.0).reshape(len(X), self.n_inputs)


def learn_bins(X: Any, weight: np.ndarray, n_bins: int) -> FeatureBins:
    """Find the bins of the features that have more than 8 different values: their quantiles.

    X is an array of training rows (n_samples, n_features) or Selected; NaN, where a value is
    missing, is left out. Weights are above zero: repeating a row and doubling its weight give the
    same bins.
    """
    edges = {
        number: column.quantiles(n_bins)
        for number, column in enumerate(sorted_columns(X, weight))
        if column.n_different > MOST_VALUES_WITHOUT_BINS
    }
    table = np.array([*edges.values()], np.float64).reshape(len(edges), n_bins + 1)
    return FeatureBins(np.array([*edges], np.int64), table)

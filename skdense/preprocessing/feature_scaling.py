"""From features in units of their own to inputs that a network learns from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.preprocessing import StandardScaler

from skdense.engine.program_inputs import FLAT
from skdense.preprocessing.chunks import row_chunks
from skdense.preprocessing.sorted_columns import SortedColumn, sorted_columns

SMOOTH_CLIP = 3.0


@dataclass(frozen=True)
class FeatureScaling:
    """How features become a network's inputs: centred, scaled and smoothly clipped, in float64.

    Parameters
    ----------
    kind : {"robust", "standard"}
        What `scale_features` was.
    center, scale : float64 arrays of shape (n_features,)
        The input is ``(x - center) * scale``. A feature that was constant has a scale of 0, and so
        has an input of 0 for any value.
    clip : float or None
        What the size of an input z stays below, by ``z / sqrt(1 + (z / clip)**2)``; None is no
        clip.

    References
    ----------
    D. Holzmüller, L. Grinsztajn and I. Steinwart, "Better by default: strong pre-tuned MLPs and
    boosted trees on tabular data", NeurIPS 2024, arXiv:2407.04491.

    Examples
    --------
    >>> import numpy as np
    >>> from skdense.preprocessing.feature_scaling import FeatureScaling
    >>> scaling = FeatureScaling("robust", np.array([10.0]), np.array([0.5]), clip=3.0)
    >>> scaling.transform(np.array([[10.0], [14.0], [1e9]])).round(2)
    array([[0.  ],
           [1.66],
           [3.  ]])
    """

    kind: str
    center: np.ndarray
    scale: np.ndarray
    clip: float | None

    @property
    def keeps_zeros(self) -> bool:
        """Whether zeros of a sparse X stay zeros."""
        return not self.center.any()

    def transform(self, X: Any) -> Any:
        """Scale features, in float64; missing values stay missing.

        Of a CSR matrix the values stored are scaled, without centring.
        """
        if not sparse.issparse(X):
            with np.errstate(over="ignore"):  # infinity is clipped
                return self._clipped((X - self.center) * self.scale)
        scaled = X.astype(np.float64)
        scaled.sum_duplicates()  # a clipped sum is no sum of clipped numbers
        scaled.data = self._clipped(scaled.data * self.scale[scaled.indices])
        return scaled

    def _clipped(self, z: np.ndarray) -> np.ndarray:
        if self.clip is None:
            return z
        np.clip(z, -FLAT * self.clip, FLAT * self.clip, out=z)
        z /= np.sqrt(1 + (z / self.clip) ** 2)
        return z


def learn_scaling(X: Any, weight: np.ndarray, kind: str, are_images: bool) -> FeatureScaling:
    """Find the center and the scale of each feature.

    X is an array or CSR matrix of training rows (n_samples, n_features), or Selected; NaN, where a
    value is missing, is left out. Weights are above zero: repeating a row and doubling its weight
    give the same scale. Kind "robust" takes median and interquartile range with a smooth clip,
    "standard" mean and standard deviation; pixels of images share one range, which becomes [0, 1].
    """
    if are_images:
        return FeatureScaling(kind, *_range_of_pixels(X), clip=None)
    with np.errstate(over="ignore", invalid="ignore"):  # of numbers near the largest: see _inverse
        if kind == "standard":
            return FeatureScaling(kind, *_standard(X, weight), clip=None)
        if sparse.issparse(X):
            return FeatureScaling(kind, *_robust_of_sparse(X, weight), clip=SMOOTH_CLIP)
        pairs = np.array([_robust(column) for column in sorted_columns(X, weight)])
    return FeatureScaling(kind, pairs[:, 0].copy(), pairs[:, 1].copy(), clip=SMOOTH_CLIP)


def _range_of_pixels(X: Any) -> tuple[np.ndarray, np.ndarray]:
    n_features = X.shape[1]
    low, high = np.nan, np.nan
    for _, rows in row_chunks(X, n_features):  # fmin and fmax leave NaN out
        low = np.fmin(low, np.fmin.reduce(rows, axis=None))
        high = np.fmax(high, np.fmax.reduce(rows, axis=None))
    center = np.full(n_features, np.nan_to_num(low), np.float64)
    return center, np.full(n_features, _inverse(float(high) - float(low)))


def _standard(X: Any, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    is_sparse = sparse.issparse(X)
    scaler = StandardScaler(with_mean=not is_sparse)
    if is_sparse:
        scaler.fit(X, sample_weight=weight)
        center = np.zeros(X.shape[1])
    else:
        for chunk, rows in row_chunks(X, X.shape[1]):
            scaler.partial_fit(rows, sample_weight=weight[chunk])
        center = np.nan_to_num(scaler.mean_)
    spread = np.sqrt(scaler.var_)
    is_constant = scaler.scale_ != spread  # where it has put 1
    return center, np.where(is_constant, 0.0, _inverse(spread))


def _robust(column: SortedColumn) -> tuple[float, float]:
    """Give center and scale."""
    values = column.values
    if len(values) == 0:
        return 0.0, 0.0
    low, high = float(values[0]), float(values[-1])
    n_low, n_not_high = np.searchsorted(values, values[0], "right"), np.searchsorted(values, high)
    if n_low >= n_not_high:  # at most two different values
        return low, float(_inverse(high - low))
    _, lower, median, upper, _ = column.quantiles(4)
    scale = _inverse(upper - lower) if upper > lower else _inverse((high - low) / 2)
    return float(median), float(scale)


def _robust_of_sparse(X: Any, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give center, zero, and scale; no more than a column at a time is dense."""
    X = X.tocsc()
    X.sum_duplicates()
    low, high = (np.ravel(extreme(axis=0).toarray()).astype(float) for extreme in (X.min, X.max))
    column = np.repeat(np.arange(X.shape[1]), np.diff(X.indptr))
    is_third = (X.data != low[column]) & (X.data != high[column])
    n_third = np.bincount(column, is_third, X.shape[1])
    has_two = (n_third == 0) & ((low == 0) | (high == 0))
    scale = _inverse((high - low) / np.where(has_two, 1, 2))
    # Only where a quarter of the values are stored can a quartile be another number than zero.
    stored = np.bincount(column, weight[X.indices], X.shape[1])
    for j in np.flatnonzero(stored >= weight.sum() / 4 * (1 - 1e-9)):
        values = X[:, [j]].toarray()
        scale[j] = _robust(next(sorted_columns(values, weight)))[1]
    return np.zeros(X.shape[1]), scale


def _inverse(width: Any) -> Any:
    """Give the scale that makes a width one; 0 of no width, or of one beyond all numbers."""
    with np.errstate(divide="ignore", over="ignore"):
        scale = np.divide(1.0, width)
    return np.where(np.isfinite(scale), scale, 0.0)

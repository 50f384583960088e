"""The columns of X in ascending order: what quantiles and counts of different values come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from skdense.preprocessing.chunks import column_blocks

_ROUNDING = 1e-11  # of a sum of weights, as a share of the total


class SortedColumn(NamedTuple):
    """The values of a column, ascending, without the missing ones; and their weights."""

    values: np.ndarray  # (n_values,)
    cumulative_weight: np.ndarray  # float64 (n_values,), of each value and all before it

    @property
    def n_different(self) -> int:
        """Number of different values."""
        n_steps = np.count_nonzero(self.values[1:] != self.values[:-1])
        return int(n_steps) + (len(self.values) > 0)

    def quantiles(self, n_parts: int) -> np.ndarray:
        """Give the quantiles that divide the values into parts of equal weight, (n_parts + 1,).

        A value of weight 2 counts like two: the averaged inverted distribution function, method
        ``"averaged_inverted_cdf"`` of `numpy.quantile`, is the only one of NumPy's that is
        symmetric and for which that holds.

        R. Hyndman and Y. Fan, "Sample quantiles in statistical packages", The American Statistician
        50, 1996, definition 2.
        """
        total = self.cumulative_weight[-1]
        wanted, rounding = np.arange(n_parts + 1) * total / n_parts, _ROUNDING * total
        first = np.searchsorted(self.cumulative_weight, wanted - rounding, side="left")
        after = np.searchsorted(self.cumulative_weight, wanted + rounding, side="right")
        after = np.minimum(after, len(self.values) - 1)
        # Halves first: the sum of two of the largest numbers would be infinite.
        return self.values[first].astype(np.float64) / 2 + self.values[after] / 2


def sorted_columns(X: Any, weight: np.ndarray) -> Iterator[SortedColumn]:
    """Sort each column of X, NaN where a value is missing; weights are above zero."""
    is_equal = weight.min() == weight.max()
    for block in column_blocks(X):
        for values in block:
            yield _without_weight(values) if is_equal else _with_weight(values, weight)


def _without_weight(values: np.ndarray) -> SortedColumn:
    values.sort()  # missing values go last
    n_values = len(values) - np.count_nonzero(np.isnan(values))
    return SortedColumn(values[:n_values], np.arange(1.0, n_values + 1))


def _with_weight(values: np.ndarray, weight: np.ndarray) -> SortedColumn:
    order = np.argsort(values, kind="stable")
    order = order[: len(values) - np.count_nonzero(np.isnan(values))]
    return SortedColumn(values[order], np.cumsum(weight[order], dtype=np.float64))

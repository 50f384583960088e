"""The arguments of `fit`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import indexable

from skdense.preprocessing._compat import _safe_indexing


class FitArguments(NamedTuple):
    """The arguments of `fit`, as they were passed."""

    X: Any
    y: Any
    sample_weight: Any = None
    X_val: Any = None
    y_val: Any = None
    sample_weight_val: Any = None
    groups: Any = None  # of each sample of X, for a group splitter

    def without_tensors(self) -> FitArguments:
        """Give arrays in place of tensors, of which rows cannot be chosen by their numbers."""
        return FitArguments(*(each.numpy() if hasattr(each, "numpy") else each for each in self))

    def validation_samples(self, index: np.ndarray | None) -> tuple[Any, Any, Any]:
        """X, y and sample weight of the validation set, among the data given for it if there are.

        An `index` of None is all of them.
        """
        if self.X_val is not None:
            return _select((self.X_val, self.y_val, self.sample_weight_val), index)
        return _select((self.X, self.y, self.sample_weight), index)

    def validation_weight(self, index: np.ndarray | None) -> np.ndarray | None:
        """Sample weight of the validation set, as `validation_samples` gives it."""
        weight = self.sample_weight if self.X_val is None else self.sample_weight_val
        if index is None or np.ndim(weight) == 0:
            return weight
        return _select((weight,), index)[0]

    def at(self, index: np.ndarray | None) -> FitArguments:
        """Give the arguments with some of the training samples only; None is all of them."""
        X, y, sample_weight, groups = _select(
            (self.X, self.y, self.sample_weight, self.groups), index
        )
        return self._replace(X=X, y=y, sample_weight=sample_weight, groups=groups)


def _select(parts: tuple, index: np.ndarray | None) -> Any:
    if index is None:
        return parts
    rows = indexable(*parts)  # some sparse formats are not
    return tuple(None if each is None else _safe_indexing(each, index) for each in rows)

"""What `fit` was called with."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import indexable

from skdense.preprocessing._compat import _safe_indexing


class FitArguments(NamedTuple):
    """What `fit` was called with, as it came.

    X, y, sample_weight : the training data; X_val, y_val, sample_weight_val : the validation data,
    or None; groups : of each sample, for a group splitter, or None.
    """

    X: Any
    y: Any
    sample_weight: Any = None
    X_val: Any = None
    y_val: Any = None
    sample_weight_val: Any = None
    groups: Any = None

    def without_tensors(self) -> FitArguments:
        """Give arrays in place of tensors, of which rows cannot be chosen by their numbers."""
        return FitArguments(*(each.numpy() if hasattr(each, "numpy") else each for each in self))

    def validation_samples(self, index: np.ndarray | None) -> tuple[Any, Any, Any]:
        """X, y and sample weight of the validation set: given, or the samples at `index`."""
        if self.X_val is not None:
            return self.X_val, self.y_val, self.sample_weight_val
        rows = indexable(self.X, self.y, self.sample_weight)  # some sparse formats are not
        return tuple(None if each is None else _safe_indexing(each, index) for each in rows)  # type: ignore[return-value]

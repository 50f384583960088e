"""Reading the user's data for a model of their own: X to its inputs, y to its outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import (
    check_array,
    check_consistent_length,
    column_or_1d,
    validate_data,
)

from skdense.estimators.column_selection import column_names, select_columns
from skdense.estimators.outputs import OutputColumns, class_columns
from skdense.preprocessing._compat import _safe_indexing
from skdense.preprocessing.input_errors import errors_naming_columns
from skdense.preprocessing.weights import check_sample_weight

Data = np.ndarray | dict[str, np.ndarray]


class NetworkData:
    """The half of the network estimators that reads and remembers the data."""

    _is_of_classes: bool
    inputs: Any
    outputs: Any

    def _check_data(self, X, y, sample_weight, continuing, classes):
        names = column_names(y)
        X, y = self._read(X, y, reset=not continuing)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        first = next(iter(X.values())) if isinstance(X, dict) else X
        weight = check_sample_weight(sample_weight, first)
        table = y.reshape(len(y), -1)
        if continuing:
            if y.ndim != self.y_ndim_ or table.shape[1] != self.n_outputs_:
                raise ValueError(
                    f"y has shape {y.shape}, but training goes on with a model for y of "
                    f"{self.n_outputs_} column(s): fit anew with warm_start=False."
                )
            return X, table, weight, None
        parts = self._parts(y, table, names, classes)
        self.X_shape_, self.X_dtype_ = first.shape, first.dtype
        self.y_dtype_, self.y_ndim_, self.n_outputs_ = y.dtype, y.ndim, table.shape[1]
        with np.errstate(invalid="ignore"):  # numbers beyond int64
            self.target_type_ = type_of_target(y) if y.dtype != object else "unknown"
        # scikeras's meta for build functions.
        self.n_outputs_expected_ = len(parts)
        if self._is_of_classes:
            if y.ndim == 1 and len(parts[0].classes) > 2:  # more than y shows, in partial_fit
                self.target_type_ = "multiclass"
            self._set_classes([part.classes for part in parts])
        return X, table, weight, parts

    def _set_classes(self, classes: list) -> None:
        sizes = [len(each) for each in classes]
        alone = len(classes) == 1
        self.classes_ = classes[0] if alone else classes
        self.n_classes_ = sizes[0] if alone else sizes

    def _read(self, X, y, *, reset: bool) -> tuple[Data, Any]:
        """Check and deal the columns; y stays None where there is none to check."""
        labelled = {} if y is None and not reset else {"y": y}
        if self.inputs is None:
            # Always float32: data of another type after the first fit is no error, as it was.
            options = {"dtype": "float32", "allow_nd": True, "reset": reset}
            with errors_naming_columns(X, takes_missing=False):
                if not labelled:
                    return validate_data(self, X, **options), None
                return validate_data(self, X, y, multi_output=True, **options)
        validate_data(self, X, **labelled, reset=reset, skip_check_array=True)
        if reset:
            self.input_columns_ = select_columns("inputs", self.inputs, X, column_names(X))
        selected = {
            name: check_array(
                _safe_indexing(X, columns, axis=1), dtype="float32", input_name=f"X[{name!r}]"
            )
            for name, columns in self.input_columns_.items()
        }
        if labelled:
            y = check_array(y, ensure_2d=False, dtype=None, input_name="y")
            check_consistent_length(X, y)
        return selected, y

    def _parts(self, y, table, names, classes) -> list[OutputColumns]:
        """Say which columns of y go to which output, as far as that is known before building."""
        everything = tuple(range(table.shape[1]))
        if self.outputs is not None:
            selected = select_columns("outputs", self.outputs, table, names)
            missing = set(everything).difference(*selected.values())
            if missing:
                raise ValueError(
                    f"outputs={self.outputs!r} leaves out the columns {sorted(missing)} of y: "
                    "every column needs an output that learns it."
                )
            if not self._is_of_classes:
                return [
                    OutputColumns(name, tuple(columns), None) for name, columns in selected.items()
                ]
            return [class_columns(table, columns, name, None) for name, columns in selected.items()]
        if not self._is_of_classes:
            return [OutputColumns(None, everything, None)]
        if y.ndim == 1 or (y.dtype != object and type_of_target(y) == "multilabel-indicator"):
            return [class_columns(table, everything, None, classes)]
        return [class_columns(table, [column], None, None) for column in everything]


def rows_of(X: Data, rows: Any) -> Data:
    """Take some rows of every input.

    Parameters
    ----------
    X : array, or dict of arrays, of shape (n_samples, ...)
    rows : slice or int array

    Returns
    -------
    array, or dict of arrays
    """
    if isinstance(X, dict):
        return {name: array[rows] for name, array in X.items()}
    return X[rows]

"""Reading the data for a custom model: X for its inputs, y for its outputs."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import (
    check_array,
    check_consistent_length,
    column_or_1d,
    validate_data,
)

from skdense.estimators.column_selection import column_names, select_columns
from skdense.preprocessing._compat import _safe_indexing
from skdense.preprocessing.input_errors import errors_naming_columns
from skdense.preprocessing.weights import check_sample_weight

Inputs = np.ndarray | dict[str, np.ndarray]


class NetworkData(NamedTuple):
    """The data of one fit."""

    X: Inputs  # (n_samples, ...); a dict has one array for each named input
    y: np.ndarray  # (n_samples,) or (n_samples, n_columns)
    weight: np.ndarray  # (n_samples,)
    # positions of each input's columns in X; None where all of X goes to one input
    input_columns: dict[str, list[int]] | None
    y_names: list[str] | None  # of the columns of y, if they have any

    @property
    def table(self) -> np.ndarray:
        """The target as columns, (n_samples, n_columns)."""
        return self.y.reshape(len(self.y), -1)

    def meta(self) -> dict[str, Any]:
        """Give what can be said of the data, by the names of scikeras's `meta`."""
        first = _first(self.X)
        columns = {} if self.input_columns is None else {"input_columns_": self.input_columns}
        return {
            **columns,
            "X_shape_": first.shape,
            "X_dtype_": first.dtype,
            "y_dtype_": self.y.dtype,
            "y_ndim_": self.y.ndim,
            "n_outputs_": self.table.shape[1],
            "target_type_": _target_type(self.y),
        }


def read_data(estimator: Any, X: Any, y: Any, sample_weight: Any, *, reset: bool) -> NetworkData:
    """Check the data of a fit.

    With `reset`, in a first fit, scikit-learn keeps number and names of the features; else they
    have to be those it has kept.
    """
    y_names = column_names(y)
    if is_classifier(estimator) and sparse.issparse(y):  # labels, mostly zeros
        y = y.toarray()
    X, y, input_columns = read_inputs(estimator, X, y, reset=reset)
    if y.ndim == 2 and y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
    weight = check_sample_weight(sample_weight, _first(X))
    return NetworkData(X, y, weight, input_columns, y_names)


def read_inputs(
    estimator: Any, X: Any, y: Any = None, *, reset: bool = False
) -> tuple[Inputs, Any, dict[str, list[int]] | None]:
    """Check X, and y if known (needed with `reset`), and select the columns of each input."""
    target = {"y": y} if reset or y is not None else {}
    if estimator.inputs is None:
        # Always float32: data of another type after the first fit is no error, as it was.
        options = {"dtype": "float32", "allow_nd": True, "reset": reset}
        with errors_naming_columns(X, takes_missing=False):
            if not target:
                return validate_data(estimator, X, **options), None, None
            X, y = validate_data(estimator, X, y, multi_output=True, **options)
        return X, y, None
    validate_data(estimator, X, **target, reset=reset, skip_check_array=True)
    columns = (
        select_columns("inputs", estimator.inputs, X, column_names(X))
        if reset
        else estimator.input_columns_
    )
    selected = {
        name: check_array(
            _safe_indexing(X, places, axis=1), dtype="float32", input_name=f"X[{name!r}]"
        )
        for name, places in columns.items()
    }
    if target:
        y = check_array(y, ensure_2d=False, dtype=None, input_name="y")
        check_consistent_length(X, y)
    return selected, y, columns


def select_rows(X: Inputs, rows: Any) -> Inputs:
    """Take some rows of every input."""
    if isinstance(X, dict):
        return {name: array[rows] for name, array in X.items()}
    return X[rows]


def n_samples_of(X: Inputs) -> int:
    """Count the samples."""
    return len(_first(X))


def _first(X: Inputs) -> np.ndarray:
    return next(iter(X.values())) if isinstance(X, dict) else X


def _target_type(y: np.ndarray) -> str:
    if y.dtype == object:
        return "unknown"
    with np.errstate(invalid="ignore"):  # numbers beyond int64
        return type_of_target(y)

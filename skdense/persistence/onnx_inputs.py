"""Inputs of an ONNX file: names, kinds, and sample rows to run it on."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

_RANDOM_ROWS = 20  # where the user gives none


@dataclass(frozen=True)
class SampleInputs:
    """Rows as the estimator takes them, and as the file does."""

    X: Any  # what `predict` takes
    arrays: dict[str, np.ndarray]  # by the name of the input; of float32, int64, or str objects

    def types(self) -> list[tuple[str, Any]]:
        """Give name and type of each input, as skl2onnx takes them."""
        from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType

        kinds = {"i": Int64TensorType, "f": FloatTensorType, "O": StringTensorType}
        return [
            (name, kinds[array.dtype.kind]([None, *array.shape[1:]]))
            for name, array in self.arrays.items()
        ]


def sample_inputs(estimator: Any, X: Any) -> SampleInputs:
    """Find the inputs of an estimator's file, by a few rows; None draws some at random.

    Raises ValueError if columns are picked by name and there is no DataFrame, or its columns are
    not those of the fit or cannot be inputs.
    """
    picks = any(isinstance(each, ColumnTransformer) for each in estimator.get_params().values())
    if hasattr(X, "columns"):
        _check_columns(estimator, X)
        arrays = {str(name): _column(name, X[name]) for name in X.columns}
        if not picks and len({array.dtype for array in arrays.values()}) > 1:
            # They are joined at once, and skl2onnx would cast all to the kind of the first.
            arrays = {
                name: array.astype(np.float32) if array.dtype.kind == "i" else array
                for name, array in arrays.items()
            }
        return SampleInputs(X, arrays)
    if picks and hasattr(estimator, "feature_names_in_"):
        raise ValueError(
            f"X={'None' if X is None else 'an array'} does not do for a pipeline that picks "
            "columns by their names: pass a few rows of the table, "
            "export_onnx(pipeline, path, X[:5])."
        )
    if X is None:
        X = _random_rows(estimator)
    X = X.toarray() if sparse.issparse(X) else np.asarray(X)
    return SampleInputs(X, {"X": X.astype(np.float32)})


def _check_columns(estimator: Any, X: Any) -> None:
    """Refuse other columns than those of the fit: the file would have them as inputs."""
    fitted = list(getattr(estimator, "feature_names_in_", X.columns))
    given = list(X.columns)
    missing = [name for name in fitted if name not in given]
    extra = [name for name in given if name not in fitted]
    told = [f"{what} {names}" for what, names in (("lacks", missing), ("adds", extra)) if names]
    if told or given != fitted:
        difference = " and ".join(told) or f"has them in another order, {given}"
        raise ValueError(
            f"X does not have the columns of the fit, {fitted}: it {difference}. Pass "
            "X[list(estimator.feature_names_in_)]."
        )


def _column(name: Any, column: Any) -> np.ndarray:
    """One column, (n_samples, 1), in the dtype of its input; truth values are whole numbers."""
    values = np.asarray(column)
    kind = values.dtype.kind
    if kind == "O":  # pandas's nullable columns: numbers where nothing is missing
        kind = getattr(column.dtype, "kind", kind)
        if kind in "biu" and column.isna().any():
            kind = "f"
    if kind not in "biufOUT":
        raise ValueError(
            f"X has the column {name!r} of {column.dtype}, which is no kind of input that "
            "export_onnx knows: whole numbers, other numbers or text. Turn it into one of these "
            "before the fit."
        )
    dtype = {"b": np.int64, "i": np.int64, "u": np.int64, "f": np.float32}.get(kind, object)
    if kind == "f" and values.dtype.kind == "O":
        values = column.to_numpy(np.float32, na_value=np.nan)
    return values.astype(dtype).reshape(-1, 1)


def _random_rows(estimator: Any) -> np.ndarray:
    """Rows for an estimator that takes a matrix; in the units of the fit, where it can be told."""
    random = np.random.default_rng(0)
    while hasattr(estimator, "best_estimator_"):
        estimator = estimator.best_estimator_
    shape = getattr(estimator, "input_shape_", (estimator.n_features_in_,))
    X = _normal(estimator, random).reshape(_RANDOM_ROWS, *shape)
    if isinstance(estimator, Pipeline):
        # Whatever the steps raise: there are those that have no way back.
        with suppress(Exception):
            X = estimator[:-1].inverse_transform(_normal(estimator[-1], random))
    if getattr(estimator, "missing", "error") != "error":
        X[random.random(X.shape) < 0.2] = np.nan
    return X


def _normal(estimator: Any, random: np.random.Generator) -> np.ndarray:
    """Rows around the center that a network has learned; around zero where it has none."""
    X = random.normal(size=(_RANDOM_ROWS, estimator.n_features_in_))
    scaling = getattr(estimator, "feature_scaling_", None)
    if scaling is None:
        return X
    return scaling.center + X / np.where(scaling.scale > 0, scaling.scale, np.inf)

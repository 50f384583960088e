"""Missing values: zero in their place, and a column that says so."""

from __future__ import annotations

from typing import Any

import numpy as np

LEAST_SHARE_KNOCKED_OUT = 0.1  # of a column's values, in the copies of missing="augment"


def nan_for_none(X: Any) -> Any:
    """Put NaN for the other marks of missing values, in tables with columns of Python objects."""
    if not hasattr(X, "select_dtypes") or X.select_dtypes("object").shape[1] == 0:
        return X
    values = X.to_numpy(dtype=object)  # NumPy turns None into NaN by itself, but not pandas's NA
    values = np.where(X.isna().to_numpy(), np.nan, values)
    return type(X)(values, index=X.index, columns=X.columns)


def columns_to_indicate(X: np.ndarray, missing: str) -> np.ndarray:
    """Choose the columns that get an indicator: those with a missing value in the training set.

    Under ``"augment"`` all of them, since each has some in the copies.
    """
    if missing == "augment":
        return np.arange(X.shape[1])
    return np.flatnonzero(np.isnan(X).any(axis=0))


def fill(X: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Put zero for missing values, and append an indicator for each of some columns.

    A missing value in any other column becomes zero, without an indicator.
    """
    is_missing = np.isnan(X)
    filled = np.where(is_missing, X.dtype.type(0), X)
    return np.hstack([filled, is_missing[:, columns].astype(X.dtype)])


def knock_out(X: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Copy X with values made missing at random.

    In each column the share that is missing already, at least a tenth.
    """
    shares = np.maximum(np.isnan(X).mean(axis=0), LEAST_SHARE_KNOCKED_OUT)
    return np.where(random.random(X.shape) < shares, X.dtype.type(np.nan), X)

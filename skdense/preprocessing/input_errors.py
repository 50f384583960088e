"""Errors about text and missing values in X: in which columns, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from scipy import sparse

_MOST_NAMED = 5  # columns in an error


@contextmanager
def errors_naming_columns(X: Any, takes_missing: bool) -> Iterator[None]:
    """Say of scikit-learn's errors about text and NaN in X which columns hold it, and a way out."""
    try:
        yield
    except ValueError as error:
        words = str(error)
        if "could not convert string to float" in words:
            for name, column in _columns(X):
                text = next((value for value in column.tolist() if _is_text(value)), None)
                if text is not None:
                    raise ValueError(
                        f"could not convert string to float: the column {name!r} of X holds text, "
                        f"such as {text!r}. Turn it into numbers, for example with OneHotEncoder "
                        "in a ColumnTransformer, or leave it out."
                    ) from error
        if words.startswith("Input X contains NaN") and not sparse.issparse(X):
            names = [name for name, column in _columns(X) if _has_missing(column)]
            more = "" if len(names) <= _MOST_NAMED else f" and {len(names) - _MOST_NAMED} more"
            remedy = "Set missing='indicator' and fit, or fill" if takes_missing else "Fill"
            raise ValueError(
                f"Input X contains NaN, in the columns {names[:_MOST_NAMED]}{more}. {remedy} "
                "them beforehand, for example with SimpleImputer(add_indicator=True)."
            ) from error
        raise


def _columns(X: Any) -> Iterator[tuple[Any, np.ndarray]]:
    if hasattr(X, "columns") and hasattr(X, "shape"):
        names, table = list(X.columns), X.to_numpy()
    else:
        table = np.asarray(X, dtype=getattr(X, "dtype", object))
        names = list(range(table.shape[1] if table.ndim == 2 else 0))
    return ((name, table[:, number]) for number, name in enumerate(names))


def _is_text(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        float(value)
    except ValueError:
        return True
    return False


def _has_missing(column: np.ndarray) -> bool:
    if column.dtype.kind == "f":
        return bool(np.isnan(column).any())
    return any(value is None or str(value) in ("nan", "<NA>") for value in column.tolist())

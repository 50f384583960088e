"""What the columns of a table hold: numbers or categories, in NumPy, pandas and polars alike."""

from collections.abc import Iterator
from numbers import Number
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skdense.model_selection.input_error import InputError


class ColumnTypes(NamedTuple):
    """Positions of a table's columns, by what they hold.

    Attributes
    ----------
    numeric : list of int
        Numbers and dates.
    categorical : list of int
        Text, categories, booleans, and whatever else is not a number.
    """

    numeric: list[int]
    categorical: list[int]


def column_types(X: Any) -> ColumnTypes:
    """Sort a table's columns into numeric and categorical ones.

    Parameters
    ----------
    X : ndarray, pandas.DataFrame or polars.DataFrame of shape (n_samples, n_columns)

    Returns
    -------
    types : ColumnTypes

    Raises
    ------
    ValueError
        Where a column holds lists, dicts or arrays.

    Examples
    --------
    >>> import numpy as np
    >>> from skdense.model_selection.column_types import column_types
    >>> column_types(np.array([[1.5, "red"], [None, "blue"]], dtype=object))
    ColumnTypes(numeric=[0], categorical=[1])
    """
    numeric: list[int] = []
    categorical: list[int] = []
    for position, column in enumerate(columns_of(X)):
        values = column_values(column)
        if holds_collections(values):
            name = getattr(column, "name", position)
            raise InputError(
                f"X holds lists, dicts or arrays in column {name!r}; spread them over columns of "
                "numbers or text, one for each value, or leave the column out"
            )
        is_number = values.dtype.kind == "M" or holds_numbers(column, values)
        (numeric if is_number else categorical).append(position)
    return ColumnTypes(numeric, categorical)


def as_numbers(X: Any) -> NDArray[np.float64]:
    """Copy numeric columns into a float array: NaN for what is missing, seconds for dates.

    Parameters
    ----------
    X : ndarray, pandas.DataFrame or polars.DataFrame of shape (n_samples, n_columns)

    Returns
    -------
    numbers : ndarray of shape (n_samples, n_columns)
    """
    numbers = np.empty(X.shape, dtype=np.float64)
    for position, column in enumerate(columns_of(X)):
        values = column_values(column)
        if values.dtype.kind == "M":
            numbers[:, position] = (values - np.datetime64(0, "s")) / np.timedelta64(1, "s")
        elif values.dtype.kind == "O":
            numbers[:, position] = [np.nan if is_missing(v) else float(v) for v in values]
        else:
            numbers[:, position] = values
    return numbers


def as_text(X: Any) -> NDArray[np.object_]:
    """Copy columns into an array of text: `"(missing)"` for what is missing.

    Parameters
    ----------
    X : ndarray, pandas.DataFrame or polars.DataFrame of shape (n_samples, n_columns)

    Returns
    -------
    text : ndarray of str objects, of shape (n_samples, n_columns)
    """
    text = np.empty(X.shape, dtype=object)
    for position, column in enumerate(columns_of(X)):
        values = column_values(column).tolist()
        text[:, position] = ["(missing)" if is_missing(v) else str(v) for v in values]
    return text


def columns_of(X: Any) -> Iterator[Any]:
    """Walk through the columns of a NumPy array, a pandas or a polars DataFrame."""
    by_position = getattr(X, "iloc", X)
    return (by_position[:, position] for position in range(X.shape[1]))


def column_values(column: Any) -> NDArray[Any]:
    """Give one column as a one-dimensional NumPy array."""
    if str(getattr(column, "dtype", "")).startswith("datetime64"):
        # A pandas column with a time zone would become an array of Timestamp objects.
        return np.asarray(column, dtype="datetime64[ns]")
    return np.asarray(column)


def is_missing(value: object) -> bool:
    """Tell whether a single value is None, NaN, NaT or `pandas.NA`."""
    if value is None:
        return True
    try:
        return bool(value != value)  # true of NaN and NaT
    except TypeError:  # pandas.NA has no truth value
        return True


def holds_numbers(column: Any, values: NDArray[Any]) -> bool:
    """Tell whether a column, given as it is and as an array, holds numbers."""
    if str(getattr(column, "dtype", "")) == "category":
        return False
    if values.dtype.kind != "O":
        return values.dtype.kind in "iuf"
    present = [v for v in values if not is_missing(v)]
    return bool(present) and all(_is_number(v) for v in present)


def holds_collections(values: NDArray[Any]) -> bool:
    """Tell whether a column, given as an array, has cells of several values."""
    if values.dtype.kind != "O":
        return values.ndim > 1
    return any(hasattr(v, "__len__") and not isinstance(v, (str, bytes)) for v in values)


def _is_number(value: object) -> bool:
    return isinstance(value, Number) and not isinstance(value, (bool, np.bool_, complex))

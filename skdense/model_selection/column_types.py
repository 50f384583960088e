"""Columns: what each one holds, in NumPy, pandas and polars alike, and the task a target sets."""

from collections.abc import Iterator
from numbers import Number
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Task = Literal["classification", "regression"]

MAX_NUMBER_CLASSES = 20


class ColumnKinds(NamedTuple):
    """Positions of a table's columns, by what they hold.

    Attributes
    ----------
    numeric : list of int
        Numbers and dates.
    text : list of int
        Text, categories, booleans, and whatever else is not a number.
    """

    numeric: list[int]
    text: list[int]


def column_kinds(X: Any) -> ColumnKinds:
    """Sort a table's columns into numeric ones and text.

    Parameters
    ----------
    X : ndarray, pandas.DataFrame or polars.DataFrame of shape (n_samples, n_columns)

    Returns
    -------
    kinds : ColumnKinds

    Examples
    --------
    >>> import numpy as np
    >>> from skdense.model_selection.column_types import column_kinds
    >>> column_kinds(np.array([[1.5, "red"], [None, "blue"]], dtype=object))
    ColumnKinds(numeric=[0], text=[1])
    """
    numeric: list[int] = []
    text: list[int] = []
    for position, column in enumerate(columns_of(X)):
        values = column_values(column)
        is_number = values.dtype.kind == "M" or _holds_numbers(column, values)
        (numeric if is_number else text).append(position)
    return ColumnKinds(numeric, text)


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


def _holds_numbers(column: Any, values: NDArray[Any]) -> bool:
    if str(getattr(column, "dtype", "")) == "category":
        return False
    if values.dtype.kind != "O":
        return values.dtype.kind in "iuf"
    present = [v for v in values if not is_missing(v)]
    return bool(present) and all(_is_number(v) for v in present)


def _is_number(value: object) -> bool:
    return isinstance(value, Number) and not isinstance(value, (bool, np.bool_, complex))


def infer_task(y: Any) -> tuple[Task, str]:
    """Tell classification from regression by the target's values.

    Text, booleans and categories are classes. Numbers are classes where all of them are whole and
    at most 20 different ones occur; all other numbers are quantities.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        The target, without missing values.

    Returns
    -------
    task : {"classification", "regression"}
    reason : str
        What in the target decided, to be shown to the user.

    Raises
    ------
    ValueError
        Where the target holds dates.

    Examples
    --------
    >>> from skdense.model_selection.column_types import infer_task
    >>> infer_task([0, 1, 1, 0])
    ('classification', '2 different whole numbers')
    >>> infer_task([0.5, 1.25, 3.0])
    ('regression', 'numbers that are not whole')
    """
    values = column_values(y)
    if values.dtype.kind in "Mm":
        raise ValueError(f"y holds dates or durations ({values.dtype}); turn them into numbers")
    if not _holds_numbers(y, values):
        kind = "booleans" if values.dtype.kind == "b" else "texts"
        return "classification", f"{len(set(values.tolist()))} different {kind}"
    numbers = values.astype(np.float64)
    if not np.all(numbers == np.floor(numbers)):
        return "regression", "numbers that are not whole"
    n_different = len(np.unique(numbers))
    reason = f"{n_different} different whole numbers"
    return ("classification" if n_different <= MAX_NUMBER_CLASSES else "regression"), reason

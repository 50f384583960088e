"""Which rows are for what: the target checked, rows set aside, and the folds all models share."""

from collections import Counter
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import KFold, StratifiedKFold, check_cv, train_test_split

from skdense.model_selection.column_types import Task, column_values, infer_task, is_missing
from skdense.preprocessing._compat import _safe_indexing

Rows = NDArray[np.intp]
Split = tuple[Rows, Rows]


def check_target(y: Any, task: Task | None) -> tuple[NDArray[Any], Task]:
    """Turn a target into a one-dimensional array fit for its task.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, 1)
    task : {"classification", "regression"} or None
        None infers it from the values.

    Returns
    -------
    y : ndarray of shape (n_samples,)
        Labels as they are, or float64 quantities.
    task : {"classification", "regression"}

    Raises
    ------
    ValueError
        Where y has several columns, missing or infinite values, one value only, or values that do
        not suit the task.
    """
    if task not in (None, "classification", "regression"):
        raise ValueError(f"task={task!r} must be 'classification', 'regression' or None")
    values = column_values(y)
    if values.ndim == 2 and values.shape[1] == 1:
        y = values = values[:, 0]
    if values.ndim != 1:
        raise ValueError(
            f"y has shape {values.shape}: compare takes one target; give it one column at a time"
        )
    n_missing = sum(map(is_missing, values.tolist()))
    if n_missing:
        raise ValueError(f"y has {n_missing} missing values; drop those rows")
    inferred, reason = infer_task(y)
    task = task or inferred
    if task == "regression":
        return _check_quantities(values), task
    if reason == "numbers that are not whole":
        raise ValueError(f"task='classification', but y holds {reason}; use task='regression'")
    return _check_labels(values), task


def _check_quantities(values: NDArray[Any]) -> NDArray[np.float64]:
    try:
        quantities = values.astype(np.float64)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"task='regression', but y holds {values[0]!r} and the like, which are not numbers; "
            "use task='classification'"
        ) from error
    if not np.isfinite(quantities).all():
        raise ValueError("y holds infinity; drop or mend those rows")
    if len(np.unique(quantities)) < 2:
        raise ValueError(f"y is {quantities[0]:g} in every row; there is nothing to predict")
    return quantities


def _check_labels(values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind == "O":
        # Tables hand over text, and numbers with gaps, as objects; models want a plain array.
        kinds = {type(value) for value in values}
        if len(kinds) > 1:
            names = sorted(kind.__name__ for kind in kinds)
            raise ValueError(f"y mixes {', '.join(names)}; make all labels the same kind")
        if kinds != {str}:
            values = np.array(values.tolist())
    if len(np.unique(values)) < 2:
        raise ValueError(f"y has one class only, {values.tolist()[0]!r}; there is nothing to tell")
    return values


def set_aside(test_size: float | None, y: NDArray[Any], task: Task, random_state: int) -> Split:
    """Choose the rows that are used once, at the end; stratified for classes.

    Parameters
    ----------
    test_size : float, int or None
        Fraction, or number, of rows; None sets none aside.
    y : ndarray of shape (n_samples,)
    task : {"classification", "regression"}
    random_state : int

    Returns
    -------
    rest, test : ndarray of int
        Row positions, in ascending order.

    Raises
    ------
    ValueError
        Where the size is out of range or a class has too few rows.
    """
    everything = np.arange(len(y))
    if test_size is None:
        return everything, everything[:0]
    whole = isinstance(test_size, Integral) and 1 <= test_size < len(y)
    if isinstance(test_size, bool) or not (
        whole or (isinstance(test_size, Real) and 0 < test_size < 1)
    ):
        raise ValueError(
            f"test_size={test_size!r} must be a fraction between 0 and 1, "
            f"or a number of rows from 1 to {len(y) - 1}"
        )
    labels = y if task == "classification" else None
    try:
        rest, test = train_test_split(
            everything, test_size=test_size, stratify=labels, random_state=random_state
        )
    except ValueError as error:
        raise ValueError(f"test_size={test_size!r} does not suit y: {error}") from error
    return np.sort(rest), np.sort(test)


def make_folds(
    cv: Any, X: Any, y: NDArray[Any], task: Task, rest: Rows, random_state: int
) -> list[Split]:
    """Make the folds once, so that every model sees the same ones.

    Parameters
    ----------
    cv : int, splitter or iterable of (train, test)
        A number means shuffled folds, stratified for classes; anything else is taken as it is.
    X : ndarray, pandas.DataFrame or polars.DataFrame of shape (n_samples, n_columns)
    y : ndarray of shape (n_samples,)
    task : {"classification", "regression"}
    rest : ndarray of int
        The rows to split.
    random_state : int
        Seed of the shuffling.

    Returns
    -------
    folds : list of (train, test)
        Arrays of row positions in X.

    Raises
    ------
    ValueError
        Where `cv` is out of range or there are too few rows for it.
    """
    if isinstance(cv, (bool, str)) or not (
        isinstance(cv, (Integral, Iterable)) or hasattr(cv, "split")
    ):
        raise ValueError(
            f"cv={cv!r} must be a number of folds, a splitter such as KFold(5), or a list of splits"
        )
    if isinstance(cv, Integral):
        splitter = _shuffled(int(cv), y[rest], task, random_state)
    elif hasattr(cv, "split"):
        splitter = cv
    elif len(rest) < len(y):
        raise ValueError(
            "cv is a list of given splits, which test_size would renumber; use one or the other"
        )
    else:
        splitter = check_cv(list(cv))
    folds = [
        (rest[train], rest[test])
        for train, test in splitter.split(_safe_indexing(X, rest), y[rest])
    ]
    if len(folds) < 2:
        raise ValueError(f"cv={cv!r} gives {len(folds)} fold; a spread needs at least 2")
    return folds


def _shuffled(n_folds: int, y: NDArray[Any], task: Task, random_state: int) -> Any:
    if n_folds < 2:
        raise ValueError(f"cv={n_folds} must be at least 2 folds")
    if len(y) < 2 * n_folds:
        raise ValueError(
            f"too few rows: cv={n_folds} folds need at least {2 * n_folds}, there are {len(y)}"
        )
    if task == "regression":
        return KFold(n_folds, shuffle=True, random_state=random_state)
    label, count = Counter(y.tolist()).most_common()[-1]
    if count < n_folds:
        raise ValueError(
            f"class {label!r} of y has {count} row{'s' * (count != 1)} to fold, fewer than "
            f"cv={n_folds} folds; lower cv, drop or merge that class, or, "
            "if y is a quantity, use task='regression'"
        )
    return StratifiedKFold(n_folds, shuffle=True, random_state=random_state)

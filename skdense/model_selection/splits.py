"""Splits: the test set, and the folds that all models share."""

from collections import Counter
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import KFold, StratifiedKFold, check_cv, train_test_split

from skdense.model_selection.input_error import InputError
from skdense.model_selection.task import Task
from skdense.preprocessing._compat import _safe_indexing

Rows = NDArray[np.intp]
Split = tuple[Rows, Rows]


def set_aside(test_size: float | None, y: NDArray[Any], task: Task, random_state: int) -> Split:
    """Choose the test set, which is used once, at the end; stratified for classes.

    `test_size` is a fraction or a number of samples; None is no test set. Gives the row positions
    of the rest and of the test set, ascending. Raises InputError where the size is out of range or
    a class has too few rows.
    """
    everything = np.arange(len(y))
    if test_size is None:
        return everything, everything[:0]
    whole = isinstance(test_size, Integral) and 1 <= test_size < len(y)
    if isinstance(test_size, bool) or not (
        whole or (isinstance(test_size, Real) and 0 < test_size < 1)
    ):
        raise InputError(
            f"test_size={test_size!r} must be a fraction between 0 and 1, "
            f"or a number of rows from 1 to {len(y) - 1}"
        )
    labels = y if task == "classification" else None
    try:
        rest, test = train_test_split(
            everything, test_size=test_size, stratify=labels, random_state=random_state
        )
    except ValueError as error:
        raise InputError(f"test_size={test_size!r} does not suit y: {error}") from error
    return np.sort(rest), np.sort(test)


def make_folds(
    cv: Any, X: Any, y: NDArray[Any], task: Task, rest: Rows, random_state: int
) -> list[Split]:
    """Make the folds of the rows of `rest` once, so that every model sees the same ones.

    An int is the number of shuffled folds, stratified for classification; a splitter or an iterable
    of (train, test) is used as it is. Gives row positions in X. Raises InputError where `cv` is out
    of range or there are too few rows for it.
    """
    if isinstance(cv, (bool, str)) or not (
        isinstance(cv, (Integral, Iterable)) or hasattr(cv, "split")
    ):
        raise InputError(
            f"cv={cv!r} must be a number of folds, a splitter such as KFold(5), or a list of splits"
        )
    if isinstance(cv, Integral):
        splitter = _shuffled(int(cv), y[rest], task, random_state)
    elif hasattr(cv, "split"):
        splitter = cv
    elif len(rest) < len(y):
        raise InputError(
            "cv is a list of given splits, which test_size would renumber; use one or the other"
        )
    else:
        splitter = check_cv(list(cv))
    folds = [
        (rest[train], rest[test])
        for train, test in splitter.split(_safe_indexing(X, rest), y[rest])
    ]
    if len(folds) < 2:
        raise InputError(f"cv={cv!r} gives {len(folds)} fold; a spread needs at least 2")
    return folds


def _shuffled(n_folds: int, y: NDArray[Any], task: Task, random_state: int) -> Any:
    if n_folds < 2:
        raise InputError(f"cv={n_folds} must be at least 2 folds")
    if len(y) < 2 * n_folds:
        raise InputError(
            f"too few rows: cv={n_folds} folds need at least {2 * n_folds}, there are {len(y)}"
        )
    if task == "regression":
        return KFold(n_folds, shuffle=True, random_state=random_state)
    label, count = Counter(y.tolist()).most_common()[-1]
    if count < n_folds:
        raise InputError(
            f"class {label!r} of y has {count} row{'s' * (count != 1)} to fold, fewer than "
            f"cv={n_folds} folds; lower cv, drop or merge that class, or, "
            "if y is a quantity, use task='regression'"
        )
    return StratifiedKFold(n_folds, shuffle=True, random_state=random_state)

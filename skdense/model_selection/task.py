"""Classification or regression: the task, inferred from the target, and a check of the target."""

from datetime import date, timedelta
from numbers import Number
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from skdense.model_selection.input_error import InputError
from skdense.model_selection.tables import holds_collections

Task = Literal["classification", "regression"]

MAX_NUMBER_CLASSES = 20
_COLLECTIONS = "y holds lists, dicts or arrays in its rows; give one label or number a row"


def infer_task(y: Any) -> tuple[Task, str]:
    """Tell classification from regression by the target's values; with the reason, for the user.

    Text, booleans and categories are classes. Numbers are classes if all of them are integers and
    at most 20 different ones occur; otherwise the task is regression. Raises InputError where the
    target holds dates, lists, dicts or arrays.
    """
    values = np.asarray(y)
    if values.dtype.kind in "Mm" or any(isinstance(v, (date, timedelta)) for v in values.flat):
        raise InputError("y holds dates or durations; turn them into numbers")
    if holds_collections(values):
        raise InputError(_COLLECTIONS)
    if not _holds_numbers(y, values):
        kind = "booleans" if values.dtype.kind == "b" else "texts"
        return "classification", f"{len(set(values.tolist()))} different {kind}"
    numbers = values.astype(np.float64)
    if not np.all(numbers == np.floor(numbers)):
        return "regression", "numbers that are not whole"
    n_different = len(np.unique(numbers))
    reason = f"{n_different} different whole numbers"
    return ("classification" if n_different <= MAX_NUMBER_CLASSES else "regression"), reason


def check_target(y: Any, task: Task | None) -> tuple[NDArray[Any], Task]:
    """Turn a target into an array (n_samples,) that suits its task, inferred where it is None.

    Labels stay as they are, or it is float64. Raises InputError where y has several columns,
    missing or infinite values, one value only, or values that do not suit the task.
    """
    if task not in (None, "classification", "regression"):
        raise InputError(f"task={task!r} must be 'classification', 'regression' or None")
    values = np.asarray(y)
    if values.ndim == 2 and values.shape[1] == 1:
        y = values = values[:, 0]
    if values.ndim != 1:
        raise InputError(
            f"y has shape {values.shape}: compare takes one target; give it one column at a time"
        )
    if holds_collections(values):
        raise InputError(_COLLECTIONS)
    n_missing = sum(map(_is_missing, values.tolist()))
    if n_missing:
        raise InputError(f"y has {n_missing} missing values; drop those rows")
    inferred, reason = infer_task(y)
    task = task or inferred
    if task == "regression":
        return _check_quantities(values), task
    if reason == "numbers that are not whole":
        raise InputError(f"task='classification', but y holds {reason}; use task='regression'")
    return _check_labels(values), task


def _check_quantities(values: NDArray[Any]) -> NDArray[np.float64]:
    try:
        quantities = values.astype(np.float64)
    except (ValueError, TypeError) as error:
        raise InputError(
            f"task='regression', but y holds {values[0]!r} and the like, which are not numbers; "
            "use task='classification'"
        ) from error
    if not np.isfinite(quantities).all():
        raise InputError("y holds infinity; drop or mend those rows")
    if len(np.unique(quantities)) < 2:
        raise InputError(f"y is {quantities[0]:g} in every row; there is nothing to predict")
    return quantities


def _check_labels(values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind == "O":
        # Tables give text, and numbers with missing values, as objects; models need an array.
        kinds = {type(value) for value in values}
        if len(kinds) > 1:
            names = sorted(kind.__name__ for kind in kinds)
            raise InputError(f"y mixes {', '.join(names)}; make all labels the same kind")
        if kinds != {str}:
            values = np.array(values.tolist())
    if len(np.unique(values)) < 2:
        raise InputError(f"y has one class only, {values.tolist()[0]!r}; there is nothing to tell")
    return values


def _is_missing(value: object) -> bool:
    """Tell whether a single value is None, NaN, NaT or `pandas.NA`."""
    if value is None:
        return True
    try:
        return bool(value != value)  # true of NaN and NaT
    except TypeError:  # pandas.NA has no truth value
        return True


def _holds_numbers(y: Any, values: NDArray[Any]) -> bool:
    """Tell whether a target, given as it is and as an array, holds numbers."""
    if str(getattr(y, "dtype", "")) == "category":
        return False
    if values.dtype.kind != "O":
        return values.dtype.kind in "iuf"
    return all(isinstance(v, Number) and not isinstance(v, (bool, complex)) for v in values)

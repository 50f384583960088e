"""About how long a comparison takes, from the size of the table."""

from collections.abc import Collection
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier

from skdense.estimators.automatic import Given, automatic_values
from skdense.model_selection.baselines import NETWORK, network
from skdense.model_selection.task import Task

# Rounded from measurements on one core of a server.
IMPORT = 4.0  # of TensorFlow
COMPILATION = 2.0  # for each number of inputs; folds of a table differ in their categories
SECONDS_PER_STEP = 2.5e-4
FLOPS = 6e10
PREPARATION = 0.015  # of one column, by skrub
# A sample is worth suggesting above that many seconds.
LONG = 600
ROWS_OF_A_SAMPLE = 10_000
# skrub gives text of more different values, and dates, about as many inputs as StringEncoder's 30.
MOST_CATEGORIES, INPUTS_OF_OTHERS = 40, 30


def estimate(names: Collection[str], X: Any, y: NDArray[Any], task: Task, n_folds: int) -> str:
    """Say about how long a comparison of the default models takes; others are not counted."""
    n_classes = len(np.unique(y)) if task == "classification" else 1
    is_table = not isinstance(X, np.ndarray)
    n_numbers, n_others = _count_inputs(X)

    def seconds(n_rows: int) -> float:
        n_train = round(n_rows * (1 - 1 / n_folds))
        of_a_fold = _seconds_of_others(names, n_train, X.shape[1], n_classes, task)
        if is_table:
            of_a_fold += PREPARATION * X.shape[1] * len(names)
        if NETWORK not in names:
            return n_folds * of_a_fold
        of_a_fold += _network_seconds(network(task, 0), n_train, n_numbers, n_others)
        return IMPORT + COMPILATION * (n_folds if is_table else 1) + n_folds * of_a_fold

    total = seconds(X.shape[0])
    words = f"This takes about {_in_words(total)} (a rough guess, for one processor core)"
    if total > LONG and X.shape[0] > ROWS_OF_A_SAMPLE:
        of_sample = _in_words(seconds(ROWS_OF_A_SAMPLE))
        words += f"; with --rows {ROWS_OF_A_SAMPLE}, a random sample, about {of_sample}"
    return words


def _count_inputs(X: Any) -> tuple[int, int]:
    """Count what skrub makes of a table: columns of numbers, and columns of zeros and ones."""
    if isinstance(X, np.ndarray):
        return X.shape[1], 0
    numbers = X.select_dtypes("number")
    n_values = X.drop(columns=numbers.columns).nunique()
    is_few = n_values <= MOST_CATEGORIES
    n_numbers = numbers.shape[1] + INPUTS_OF_OTHERS * int((~is_few).sum())
    return n_numbers, int(n_values[is_few].sum())


def _seconds_of_others(
    names: Collection[str], n_rows: int, n_columns: int, n_classes: int, task: Task
) -> float:
    n_trees = n_classes if n_classes > 2 else 1  # in each step of boosting
    n_tried = n_columns**0.5 if task == "classification" else n_columns  # by a split of the forest
    boosting = n_trees * (0.1 + 0.008 * n_columns) * (1 + n_rows / 20_000)
    seconds = {
        "logistic regression": 2e-8 * n_rows * n_columns * n_classes,
        "random forest": 8e-6 * n_rows * np.log2(n_rows) * n_tried,
        "gradient boosting": boosting,
        "LightGBM": boosting,
        "CatBoost": 10 * boosting,
    }
    return sum(seconds.get(name, 0.0) for name in names)


def _network_seconds(net: Any, n_rows: int, n_numbers: int, n_others: int = 0) -> float:
    given = Given(n_rows, is_classifier(net), True, False, False)
    values = net.get_params() | automatic_values(net, given, {})
    n_inputs = n_numbers * (1 + (values["n_bins"] or 0)) + n_others
    widths = (n_inputs, *np.atleast_1d(values["hidden_layer_sizes"]))
    n_weights = sum(width * after for width, after in pairwise(widths))
    n_trained = n_rows * (1 - (values["validation_fraction"] or 0))
    n_epochs = values["epochs"] * values["n_members"]
    n_steps = np.ceil(n_trained / values["batch_size"]) * n_epochs
    flops = 6 * values["batch_size"] * n_weights  # forwards, and backwards for inputs and weights
    return float(n_steps * (SECONDS_PER_STEP + flops / FLOPS))


def _in_words(seconds: float) -> str:
    if seconds <= 10:
        return "10 seconds or less"
    if seconds < 90:
        return f"{round(seconds, -1):.0f} seconds"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"

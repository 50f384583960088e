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

# Rounded from measurements on two cores of a server.
FIRST_FIT = 6.0  # import of TensorFlow, compilation
SECONDS_PER_STEP = 3e-4
FLOPS = 6e10
PREPARATION = 0.005  # of one column, by skrub


def estimate(names: Collection[str], X: Any, y: NDArray[Any], task: Task, n_folds: int) -> str:
    """Say about how long a comparison of the default models takes; others are not counted."""
    n_rows, n_columns = round(X.shape[0] * (1 - 1 / n_folds)), X.shape[1]
    n_classes = len(np.unique(y)) if task == "classification" else 1
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
    of_a_fold = sum(seconds.get(name, 0.0) for name in names)
    if not isinstance(X, np.ndarray):
        of_a_fold += PREPARATION * n_columns * len(names)
    total = n_folds * of_a_fold
    if NETWORK in names:
        total += FIRST_FIT + n_folds * _network_seconds(network(task, 0), n_rows, n_columns)
    return f"This takes about {_in_words(total)} (a rough guess, for two cores)"


def _network_seconds(net: Any, n_rows: int, n_columns: int) -> float:
    given = Given(n_rows, is_classifier(net), True, False, False)
    values = net.get_params() | automatic_values(net, given, {})
    widths = (n_columns, *np.atleast_1d(values["hidden_layer_sizes"]))
    n_weights = sum(width * after for width, after in pairwise(widths))
    n_steps = -(-n_rows // values["batch_size"]) * values["epochs"] * values["n_members"]
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

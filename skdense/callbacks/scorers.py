"""Figures of each epoch: scikit-learn's scorers on the rows watched, and the time."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from difflib import get_close_matches
from numbers import Number
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.metrics import check_scoring, get_scorer, get_scorer_names

from skdense.engine.inference import forward

if TYPE_CHECKING:
    from skdense.engine.epoch import Epoch

LOSSES = ("val_loss", "loss")  # what the engine records by itself
# What people call a scorer by habit, where spelling does not lead to its name.
_HABITS = {
    "acc": "accuracy",
    "mae": "neg_mean_absolute_error",
    "mse": "neg_mean_squared_error",
    "rmse": "neg_root_mean_squared_error",
    "r2_score": "r2",
}


class ScorerMetric(NamedTuple):
    """A scorer to be computed after each epoch.

    name : in the history; scorer : called with estimator, X and y; source : the parameter that
    asked for it and its value, for errors; takes_weight : whether it has a `sample_weight`.
    """

    name: str
    scorer: Callable[..., Any]
    source: str
    takes_weight: bool


def monitor_name(monitor: Any) -> str:
    """Give the name in the history of what is watched.

    Parameters
    ----------
    monitor : str or callable

    Returns
    -------
    str

    Examples
    --------
    >>> monitor_name("roc_auc"), monitor_name("val_roc_auc"), monitor_name("loss")
    ('val_roc_auc', 'val_roc_auc', 'loss')
    """
    if not isinstance(monitor, str):
        # What make_scorer gives has no name of its own.
        function = getattr(monitor, "_score_func", monitor)
        monitor = getattr(function, "__name__", type(function).__name__)
    elif monitor in LOSSES:
        return monitor
    return monitor if monitor.startswith("val_") else f"val_{monitor}"


def scorer_metrics(estimator: Any) -> list[ScorerMetric]:
    """Give the scorers that `monitor` and `metrics` ask for.

    Parameters
    ----------
    estimator : DenseClassifier or DenseRegressor

    Returns
    -------
    list of ScorerMetric

    Raises
    ------
    ValueError
        If one is unknown, cannot be computed from such an estimator, or shares its name with
        another.
    """
    asked_for = [("metrics", each) for each in estimator.metrics or ()]
    if not (isinstance(estimator.monitor, str) and estimator.monitor in LOSSES):
        asked_for.append(("monitor", estimator.monitor))
    metrics: dict[str, ScorerMetric] = {}
    given: dict[str, Any] = {}
    for parameter, scoring in asked_for:
        metric = _scorer_metric(estimator, parameter, scoring)
        earlier = given.setdefault(metric.name, scoring)
        if metric.name in LOSSES or not (earlier is scoring or _same_name(earlier, scoring)):
            raise ValueError(
                f"{metric.source} would be {metric.name!r} in the history, where another metric "
                "has that name: rename the function, or leave it out."
            )
        metrics[metric.name] = metric
    return list(metrics.values())


def _same_name(one: Any, other: Any) -> bool:
    return isinstance(one, str) and isinstance(other, str)


def _scorer_metric(estimator: Any, parameter: str, scoring: Any) -> ScorerMetric:
    source = f"monitor={scoring!r}" if parameter == "monitor" else f"{scoring!r} in metrics"
    if isinstance(scoring, str):
        known = get_scorer_names()
        name = scoring.removeprefix("val_")
        if name not in known:
            raise _unknown(source, scoring, [*LOSSES, *known] if parameter == "monitor" else known)
        scorer = get_scorer(name)
    elif callable(scoring):
        try:
            scorer = check_scoring(estimator, scoring=scoring)
        except ValueError as error:
            raise ValueError(f"{source} is a metric, not a scorer: {error}") from error
    else:
        raise ValueError(
            f"{source} has to be the name of a scikit-learn scorer, or a function of (estimator, "
            "X, y)."
        )
    methods = getattr(scorer, "_response_method", ())
    methods = (methods,) if isinstance(methods, str) else methods
    if methods and not any(hasattr(estimator, method) for method in methods):
        raise ValueError(
            f"{source} needs {' or '.join(methods)}, which {type(estimator).__name__} does not "
            "have: choose another scorer."
        )
    function = getattr(scorer, "_score_func", scorer)
    takes_weight = "sample_weight" in inspect.signature(function).parameters
    return ScorerMetric(monitor_name(scoring), scorer, source, takes_weight)


def _unknown(source: str, value: str, known: list[str]) -> ValueError:
    name = value.removeprefix("val_")
    close = [_HABITS[name]] if name in _HABITS else get_close_matches(name, known)
    nearest = f"Did you mean {' or '.join(map(repr, close))}? " if close else ""
    return ValueError(
        f"{source} is unknown. {nearest}Known names: {', '.join(known)}. Or pass a function of "
        "(estimator, X, y)."
    )


class ScorerCallback:
    """Adds to each epoch's metrics the scores on the validation set.

    Parameters
    ----------
    view : DenseClassifier or DenseRegressor
        A copy of the estimator in training that scorers may use: it knows how to encode, and is
        given the weights of each epoch here.
    given : tuple
        X, y and sample weight of the validation set as the user gave them, for the scorers.
    """

    def __init__(self, view: Any, given: tuple[Any, Any, Any]):
        self._metrics = scorer_metrics(view)
        self._monitor = monitor_name(view.monitor)
        self._view, self._given = view, given
        self._inputs = view._prediction_input(given[0])

    def on_epoch_end(self, epoch: Epoch) -> None:
        """Compute the scores; what a scorer raises ends the training.

        Parameters
        ----------
        epoch : Epoch

        Raises
        ------
        ValueError
            If a score is no number, or the one watched is NaN.
        """
        X, y, sample_weight = self._given
        view = self._view
        view.weights_ = epoch.weights
        # So that each scorer need not check and predict the same X again.
        view._known_outputs = X, forward(view.architecture_, epoch.weights, self._inputs)
        for metric in self._metrics:
            weighted = metric.takes_weight and sample_weight is not None
            options = {"sample_weight": sample_weight} if weighted else {}
            try:
                score = _as_number(metric.scorer(view, X, y, **options))
                if np.isnan(score) and metric.name == self._monitor:
                    raise ValueError("The score is NaN, so that no epoch is better than another.")
            except Exception as error:
                error.add_note(f"{metric.source} failed on the rows watched, epoch {epoch.number}.")
                raise
            epoch.logs[metric.name] = score


def _as_number(score: Any) -> float:
    if isinstance(score, Number) or (isinstance(score, np.ndarray) and score.ndim == 0):
        return float(score)  # type: ignore[arg-type]
    raise ValueError(f"A scorer has to return one number, not {score!r}.")

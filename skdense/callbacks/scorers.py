"""Metrics of each epoch: scikit-learn's scorers on the validation set."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from difflib import get_close_matches
from numbers import Number
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics import check_scoring, get_scorer, get_scorer_names

from skdense.engine.inference import forward
from skdense.preprocessing.temperature import fit_temperature

if TYPE_CHECKING:
    from skdense.engine.epoch import Epoch

CALIBRATED_LOG_LOSS = "neg_calibrated_log_loss"
LOSSES = ("val_loss", "loss")  # what the engine records by itself
# Common names of metrics whose scorer has a name that is spelled quite differently.
_COMMON_NAMES = {
    "acc": "accuracy",
    "mae": "neg_mean_absolute_error",
    "mse": "neg_mean_squared_error",
    "rmse": "neg_root_mean_squared_error",
    "r2_score": "r2",
}


class ScorerMetric(NamedTuple):
    """A scorer to be computed after each epoch."""

    name: str  # in the history
    scorer: Callable[..., Any]  # called with estimator, X and y
    source: str  # the parameter that asked for it and its value, for errors
    arguments: frozenset[str]  # names of those that its function takes
    scorer_name: str | None  # scikit-learn's; None for a function


def monitor_name(monitor: Any) -> str:
    """Give the name that the monitored metric has in the history: "val_roc_auc" for "roc_auc"."""
    if not isinstance(monitor, str):
        # What make_scorer gives has no name of its own.
        function = getattr(monitor, "_score_func", monitor)
        monitor = getattr(function, "__name__", type(function).__name__)
    elif monitor in LOSSES:
        return monitor
    return monitor if monitor.startswith("val_") else f"val_{monitor}"


def scorer_metrics(estimator: Any) -> list[ScorerMetric]:
    """Find the scorers that `monitor` and `metrics` name.

    Raises ValueError if one is unknown, cannot be computed from such an estimator, or shares its
    name with another.
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
    name = None
    if isinstance(scoring, str):
        known = [*get_scorer_names(), *([CALIBRATED_LOG_LOSS] if is_classifier(estimator) else [])]
        name = scoring.removeprefix("val_")
        if name not in known:
            raise _unknown(source, scoring, [*LOSSES, *known] if parameter == "monitor" else known)
        scorer = neg_calibrated_log_loss if name == CALIBRATED_LOG_LOSS else get_scorer(name)
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
    arguments = frozenset(inspect.signature(function).parameters)
    return ScorerMetric(monitor_name(scoring), scorer, source, arguments, name)


def _unknown(source: str, value: str, known: list[str]) -> ValueError:
    name = value.removeprefix("val_")
    close = [_COMMON_NAMES[name]] if name in _COMMON_NAMES else get_close_matches(name, known)
    nearest = f"Did you mean {' or '.join(map(repr, close))}? " if close else ""
    return ValueError(
        f"{source} is unknown. {nearest}Known names: {', '.join(known)}. Or pass a function of "
        "(estimator, X, y)."
    )


class ScorerCallback:
    """Adds the scores on the validation set to the metrics of each epoch.

    `view`, a copy of the estimator for the scorers, gets the weights of each epoch here; `given`
    has X, y and sample weight of the validation set as the user gave them.
    """

    def __init__(self, view: Any, given: tuple[Any, Any, Any]):
        self._metrics = scorer_metrics(view)
        self._monitor = monitor_name(view.monitor)
        self._view, self._given = view, given
        self._inputs = view._prediction_input(given[0])

    def on_fit_begin(self, epoch: Epoch) -> None:
        """Try scorers of a positive class, before training; raise ValueError if unknown."""
        for metric in self._metrics:
            if "pos_label" not in metric.arguments:
                continue
            self._predict(epoch)
            try:
                with warnings.catch_warnings():  # of a network that has not learned yet
                    warnings.simplefilter("ignore")
                    self._score(metric)
            except ValueError as error:
                raise ValueError(_without_positive_class(metric, self._view, error)) from error

    def on_epoch_end(self, epoch: Epoch) -> None:
        """Compute the scores; an error of a scorer ends the training.

        Raises ValueError if a score is not a number, or the monitored one is NaN.
        """
        self._predict(epoch)
        for metric in self._metrics:
            try:
                score = self._score(metric)
            except Exception as error:
                note = f"{metric.source} failed on the validation set, epoch {epoch.number}."
                error.add_note(note)
                raise
            if np.isnan(score) and metric.name == self._monitor:
                raise ValueError(
                    f"{metric.source}: the score is NaN on the validation set in epoch "
                    f"{epoch.number}, so that no epoch is better than another. Monitor another "
                    "metric, or choose a validation set for which it is defined."
                )
            epoch.logs[metric.name] = score

    def _predict(self, epoch: Epoch) -> None:
        view = self._view
        view.weights_ = epoch.weights
        # So that each scorer need not check and predict the same X again.
        outputs = forward(view.architecture_, epoch.weights, self._inputs)
        view._known_outputs = self._given[0], outputs

    def _score(self, metric: ScorerMetric) -> float:
        X, y, sample_weight = self._given
        weighted = "sample_weight" in metric.arguments and sample_weight is not None
        options = {"sample_weight": sample_weight} if weighted else {}
        return _as_number(metric.scorer(self._view, X, y, **options))


def _without_positive_class(metric: ScorerMetric, view: Any, error: ValueError) -> str:
    """Say which scorer to pass instead of one that takes 1 for the positive class."""
    classes = view.classes_.tolist()
    function = getattr(metric.scorer, "_score_func", metric.scorer)
    name = getattr(function, "__name__", repr(function))
    methods = getattr(metric.scorer, "_response_method", "predict")
    if len(classes) != 2 or "pos_label" not in str(error):
        return (
            f"{metric.source} cannot be computed for the classes {classes}: {error} Choose a "
            "scorer for several classes, such as 'f1_macro' instead of 'f1'."
        )
    method = "" if methods == "predict" else f", response_method={methods!r}"
    if getattr(metric.scorer, "_sign", 1) < 0:
        method += ", greater_is_better=False"
    parameter = metric.source.partition("=")[0] if "=" in metric.source else "metrics"
    return (
        f"{metric.source} needs to know which of the classes {classes} is the positive one: pass "
        f"make_scorer({name}{method}, pos_label={classes[1]!r}) of sklearn.metrics in {parameter}, "
        "or y of 0 and 1."
    )


def _as_number(score: Any) -> float:
    if isinstance(score, Number) or (isinstance(score, np.ndarray) and score.ndim == 0):
        return float(score)  # type: ignore[arg-type]
    raise ValueError(f"A scorer has to return one number, not {score!r}.")


def neg_calibrated_log_loss(estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
    """Negative log-loss on a validation set, at the temperature that is the best on it.

    A network becomes too sure long before it becomes wrong more often, and the plain log-loss
    chooses an epoch before it has learned what it could: being too sure is mended afterwards. y is
    (n_samples,) or (n_samples, n_labels).

    E. Berta, D. Holzmüller, M. Jordan and F. Bach, "Rethinking early stopping: refine, then
    calibrate", arXiv:2501.19195, 2025.
    """
    encoding = estimator._encoding
    y = np.asarray(y.toarray() if hasattr(y, "toarray") else y)
    numbers = encoding.numbers(y.ravel() if y.ndim == 2 and y.shape[1] == 1 else y)
    weight = np.broadcast_to(1.0 if sample_weight is None else sample_weight, len(numbers))
    return -fit_temperature(estimator._raw_outputs(X), numbers, weight, encoding).log_loss

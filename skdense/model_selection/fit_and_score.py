"""Fit and score one model on one split, with the times; the metric."""

from collections.abc import Callable
from inspect import signature
from time import perf_counter
from typing import Any, NamedTuple
from warnings import catch_warnings, filterwarnings

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.metrics import check_scoring
from sklearn.pipeline import Pipeline

from skdense.model_selection.input_error import InputError
from skdense.model_selection.splits import Split
from skdense.model_selection.task import Task
from skdense.preprocessing._compat import _safe_indexing

Scorer = Callable[[Any, Any, Any], float]

# Warnings of small or rare things that folds bring with them: a category that the training set
# lacks, a text of few different letters.
_EXPECTED = ("Found unknown categories", "The matrix shape is")


class ModelError(RuntimeError):
    """A model of a comparison failed, or its score was not a number."""


class Metric(NamedTuple):
    """A scorer with the name and the sign of its metric."""

    name: str  # such as "roc auc", or "mean absolute error" for neg_mean_absolute_error
    sign: int  # 1 where greater is better; -1 for an error, which scikit-learn's scorer negates
    scorer: Scorer  # scorer(estimator, X, y) -> float, greater is better


class FoldResult(NamedTuple):
    """Score and times of one model on one split."""

    score: float  # with the sign of its metric
    fit_time: float  # seconds
    predict_time: float  # seconds to predict and score
    history: dict[str, list[float]] | None  # the model's `history_`, where it has one


def check_metric(scoring: str | Scorer | None, y: NDArray[Any], task: Task) -> Metric:
    """Find the scorer, by its name or as it is, and the name of its metric.

    None is `"roc_auc"` for two classes, `"accuracy"` for more, `"r2"` for regression. Scorers of a
    positive class, such as `"f1"`, take 1 for it or, if no class is called 1, the second of the
    two. Raises InputError where there is no such scorer.
    """
    if scoring is None:
        n_classes = len(np.unique(y)) if task == "classification" else 0
        scoring = "r2" if n_classes == 0 else "roc_auc" if n_classes == 2 else "accuracy"
    if not isinstance(scoring, str) and not callable(scoring):
        raise TypeError(
            f"scoring={scoring!r} must be one scorer: a name such as 'roc_auc', or a callable"
        )
    try:
        scorer = check_scoring(DummyClassifier(), scoring=scoring)
    except ValueError as error:
        raise InputError(
            f"scoring={scoring!r} is not a scorer; sklearn.metrics.get_scorer_names() lists the "
            "names, sklearn.metrics.make_scorer makes one from a function"
        ) from error
    function = getattr(scorer, "_score_func", scorer)
    name = scoring if isinstance(scoring, str) else str(getattr(function, "__name__", "score"))
    name = name.removeprefix("neg_").replace("_", " ")
    if isinstance(scoring, str) and task == "classification" and _needs_positive(scorer, y):
        positive = np.unique(y)[1]
        scorer._kwargs = scorer._kwargs | {"pos_label": positive}
        name = f"{name} for {positive}"
    return Metric(name, getattr(scorer, "_sign", 1), scorer)


def _needs_positive(scorer: Any, y: NDArray[Any]) -> bool:
    """Tell whether a scorer looks for a class called 1 where there is none, as `f1` does."""
    labels = np.unique(y).tolist()
    one_class = scorer._kwargs.get("average", "binary") == "binary"
    takes_label = "pos_label" in signature(scorer._score_func).parameters
    return len(labels) == 2 and 1 not in labels and takes_label and one_class


def fit_and_score(
    name: str, model: Any, X: Any, y: NDArray[Any], split: Split, metric: Metric, where: str
) -> FoldResult:
    """Fit a clone of a model on one part of the samples and score it on the other.

    `split` has the row positions of both; `where`, for errors, is such as `"fold 2 of 5"`. Raises
    ModelError where the model fails, or its score is not a finite number.
    """
    train, test = split
    X_train, X_test = _safe_indexing(X, train), _safe_indexing(X, test)
    model = clone(model)
    start, step = perf_counter(), "fitted"
    try:
        with catch_warnings():
            for expected in _EXPECTED:
                filterwarnings("ignore", expected, UserWarning)
            model.fit(X_train, y[train])
            fitted, step = perf_counter(), "scored"
            score = metric.sign * float(metric.scorer(model, X_test, y[test]))
    except Exception as error:
        raise ModelError(
            f"the model {name!r} could not be {step} in {where}: {type(error).__name__}: {error}"
        ) from error
    scored = perf_counter()
    if not np.isfinite(score):
        raise ModelError(
            f"the model {name!r} has a {metric.name} of {score} in {where}; use another scoring, "
            "or folds in which every class occurs"
        )
    return FoldResult(score, fitted - start, scored - fitted, _history(model))


def _history(model: Any) -> dict[str, list[float]] | None:
    last = model[-1] if isinstance(model, Pipeline) else model
    return getattr(last, "history_", None)

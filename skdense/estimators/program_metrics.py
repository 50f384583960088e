"""Which metrics of a fit its training program computes, and from what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skdense.callbacks.scorers import CALIBRATED_LOG_LOSS, ScorerMetric, scorer_metrics
from skdense.preprocessing.class_encoding import ClassEncoding
from skdense.preprocessing.target_scaling import TargetScale

if TYPE_CHECKING:
    from skdense.engine.program_inputs import MetricData
    from skdense.engine.settings import ProgramMetrics

_ANSWERS = ("predict", "predict_proba", "decision_function")
_LARGEST = 1e150  # the square of such a target is still a finite number
_LEAST_SPREAD = 1e-8  # in relation to the target: below it, its variance is mostly rounding


def program_metrics(
    estimator: Any, encoding: ClassEncoding | TargetScale, y: np.ndarray, weight: Any
) -> tuple[ProgramMetrics | None, MetricData | None]:
    """Choose the metrics that the program computes: all that a fit has, or none.

    They are scikit-learn's to compute where one of them is not in `engine.metrics.METRICS`, where
    the validation set lacks what it is defined by, and where a subclass predicts in its own way.
    Then they are numbers, warnings or errors as ever. `y` and `weight`, the user's sample weights,
    (n_samples,) or one number, are those of the validation set: y as values, class indices, or 0
    and 1 for each label.
    """
    from skdense.engine.metrics import METRICS
    from skdense.engine.program_inputs import MetricData
    from skdense.engine.settings import ProgramMetrics

    scorers = scorer_metrics(estimator)
    names = tuple(scorer.scorer_name for scorer in scorers if scorer.scorer_name is not None)
    task = encoding.kind if isinstance(encoding, ClassEncoding) else "regression"
    known = len(names) == len(scorers) > 0 and all(name in METRICS[task] for name in names)
    if not known or _predicts_its_own_way(estimator):
        return None, None
    if not all(_is_defined(scorer, encoding, y, weight) for scorer in scorers):
        return None, None
    weight = np.array(np.broadcast_to(1.0 if weight is None else weight, len(y)), np.float64)
    if isinstance(encoding, ClassEncoding):
        data = MetricData(y.astype(np.int32), weight)
    else:
        data = MetricData(y.reshape(len(y), -1), weight, encoding.mean, encoding.scale)
    return ProgramMetrics(names, task), data


def _predicts_its_own_way(estimator: Any) -> bool:
    methods = [getattr(type(estimator), name, None) for name in _ANSWERS]
    return any(m is not None and not m.__module__.startswith("skdense.") for m in methods)


def _is_defined(
    scorer: ScorerMetric, encoding: ClassEncoding | TargetScale, y: np.ndarray, weight: Any
) -> bool:
    """Whether a metric has a value whatever is predicted."""
    name = scorer.scorer_name
    if isinstance(encoding, ClassEncoding):
        always = name in ("accuracy", CALIBRATED_LOG_LOSS)
        return always or _is_defined_for_classes(scorer, encoding, y, weight)
    size, spread = np.abs(y).max(axis=0), np.ptp(y, axis=0)
    varies = (spread > _LEAST_SPREAD * size).all()  # a constant target has no R2
    return bool((size < _LARGEST).all()) and (name != "r2" or bool(varies))


def _is_defined_for_classes(
    scorer: ScorerMetric, encoding: ClassEncoding, y: np.ndarray, weight: Any
) -> bool:
    name, binary = str(scorer.scorer_name), encoding.kind == "binary"
    if name in ("average_precision", "neg_brier_score") and binary:
        if encoding.classes.dtype.kind not in "biuf" or encoding.classes[1] != 1:
            return False  # scikit-learn says which class is the positive one, or asks
    elif name == "neg_brier_score" and "labels" not in scorer.arguments:
        return False  # old versions have it of two classes only
    elif name.startswith("roc_auc_ovo") and not binary and weight is not None:
        return False  # which scikit-learn refuses
    if encoding.kind == "multilabel":
        return bool((y.min(axis=0) < y.max(axis=0)).all())
    return len(np.unique(y)) == len(encoding.classes)

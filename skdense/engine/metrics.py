"""Metrics of one epoch, computed in the program as scikit-learn's scorers of the same name are.

As with scorers greater is better, so errors are negative. Data that a metric is not defined for, a
class that the validation set lacks for one, do not get here: `estimators/program_metrics.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from skdense.engine._tensorflow import tf
from skdense.engine.program_inputs import MetricData
from skdense.engine.ranking import average_precision, roc_auc
from skdense.engine.settings import ProgramMetrics

_LARGEST_LOGARITHM = 5.0  # of a temperature, as in preprocessing/temperature.py
_HALVINGS = 16  # so that the log-loss is right to seven digits


class _Scores(NamedTuple):
    """A classifier's answers for the rows of a `MetricData`, in float64, and its targets."""

    # (n_samples,) for two classes, else (n_samples, n_classes) or (n_samples, n_labels)
    decisions: Any
    probabilities: Any  # (n_samples, n_classes)
    right: Any  # bool (n_samples,): the predicted label, or every one of several, is right
    targets: Any  # 0 and 1, (n_samples, n_classes) or (n_samples, n_labels)
    weight: Any  # (n_samples,)


def epoch_metrics(metrics: ProgramMetrics, outputs: tf.Tensor, data: MetricData) -> tuple:
    """Compute metrics of one epoch, float64 scalars, from the network's outputs.

    A classifier's are those before its activation, since a probability that float32 rounds to 1 no
    longer has a rank.
    """
    outputs = tf.cast(outputs, tf.float64)
    if metrics.task == "regression":
        arguments: Any = outputs * data.scale + data.center, data
    else:
        arguments = (_scores(metrics.task, outputs, data),)
    return tuple(METRICS[metrics.task][name](*arguments) for name in metrics.names)


# Regression ---------------------------------------------------------------------------------------


def _mean(values, weight):
    """Give the weighted mean over the rows; of each column, where there are several."""
    return tf.tensordot(weight, values, 1) / tf.reduce_sum(weight)


def _squared_errors(predictions, data: MetricData):
    """Give the mean squared error of each output."""
    return _mean(tf.square(data.y - predictions), data.weight)


def _r2(predictions, data: MetricData):
    errors = _squared_errors(predictions, data)
    spread = _mean(tf.square(data.y - _mean(data.y, data.weight)), data.weight)
    return tf.reduce_mean(1 - errors / spread)


def _negative_absolute_error(predictions, data: MetricData):
    return -tf.reduce_mean(_mean(tf.abs(data.y - predictions), data.weight))


def _negative_squared_error(predictions, data: MetricData):
    return -tf.reduce_mean(_squared_errors(predictions, data))


def _negative_root(predictions, data: MetricData):
    return -tf.reduce_mean(tf.sqrt(_squared_errors(predictions, data)))


# Classification -----------------------------------------------------------------------------------


def _scores(task: str, logits, data: MetricData) -> _Scores:
    n_classes = max(logits.shape[1], 2)
    if task == "multilabel":
        probabilities, targets = tf.sigmoid(logits), tf.cast(data.y, tf.float64)
        right = tf.reduce_all((logits > 0) == (data.y > 0), axis=1)
        return _Scores(logits, probabilities, right, targets, data.weight)
    targets = tf.one_hot(data.y, n_classes, dtype=tf.float64)
    if task != "binary":
        predicted = tf.argmax(logits, axis=1, output_type=tf.int32)
        probabilities = tf.nn.softmax(logits)
        return _Scores(logits, probabilities, predicted == data.y, targets, data.weight)
    if logits.shape[1] == 1:
        decisions = logits[:, 0]
        probabilities = tf.sigmoid(tf.stack([-decisions, decisions], axis=1))
    else:
        decisions = logits[:, 1] - logits[:, 0]
        probabilities = tf.nn.softmax(logits)
    right = (decisions > 0) == (data.y > 0)
    return _Scores(decisions, probabilities, right, targets, data.weight)


def _counts(scores: _Scores):
    """Give the weight of each class."""
    return tf.tensordot(scores.weight, scores.targets, 1)


def _accuracy(scores: _Scores):
    return _mean(tf.cast(scores.right, tf.float64), scores.weight)


def _balanced_accuracy(scores: _Scores):
    right = scores.weight * tf.cast(scores.right, tf.float64)
    recalls = tf.tensordot(right, scores.targets, 1) / _counts(scores)
    return tf.reduce_mean(recalls)


def _negative_log_loss(scores: _Scores):
    rounding = np.finfo(np.float64).eps  # where scikit-learn clips, too
    clipped = tf.clip_by_value(scores.probabilities, rounding, 1 - rounding)
    likelihood = tf.reduce_sum(scores.targets * tf.math.log(clipped), axis=1)
    return _mean(likelihood, scores.weight)


def _negative_brier_score(scores: _Scores):
    errors = tf.reduce_sum(tf.square(scores.targets - scores.probabilities), axis=1)
    error = _mean(errors, scores.weight)
    # G. Brier, Monthly Weather Review 78, 1950, sums over the classes; of two, one is counted.
    return -error / 2 if scores.targets.shape[1] == 2 else -error


def _negative_calibrated_log_loss(scores: _Scores):
    """Give what `neg_calibrated_log_loss` in callbacks/scorers.py describes."""
    logits = scores.decisions
    if logits.shape.rank == 1:
        logits = tf.stack([-logits / 2, logits / 2], axis=1)
    return _calibrated(logits, scores.targets, scores.weight)


def _negative_calibrated_log_loss_of_labels(scores: _Scores):
    decisions, targets = (tf.reshape(each, [-1]) for each in (scores.decisions, scores.targets))
    n_labels = scores.decisions.shape[1]
    logits = tf.stack([-decisions / 2, decisions / 2], axis=1)
    weight = tf.repeat(scores.weight, n_labels) / n_labels
    return _calibrated(logits, tf.stack([1 - targets, targets], axis=1), weight)


def _calibrated(logits, targets, weight):
    """Halve the range of temperatures until the slope of the log-loss is about 0."""
    n_choices, total = logits.shape[1], tf.reduce_sum(weight)
    smoothing = 1 / (total + 1)
    targets, weight = targets * (1 - smoothing) + smoothing / n_choices, weight / total

    def halve(low, high):
        middle = (low + high) / 2
        surplus = tf.nn.softmax(logits * tf.exp(-middle)) - targets
        too_sure = tf.tensordot(weight, tf.reduce_sum(surplus * logits, axis=1), 1) > 0
        return tf.where(too_sure, middle, low), tf.where(too_sure, high, middle)

    bounds = (
        tf.constant(-_LARGEST_LOGARITHM, tf.float64),
        tf.constant(_LARGEST_LOGARITHM, tf.float64),
    )
    low, high = tf.while_loop(lambda low, high: True, halve, bounds, maximum_iterations=_HALVINGS)
    likelihood = targets * tf.nn.log_softmax(logits * tf.exp(-(low + high) / 2))
    return tf.tensordot(weight, tf.reduce_sum(likelihood, axis=1), 1)


def _of_two(metric: Callable, column, scores: _Scores):
    """Give a metric of two classes."""
    negative, positive = tf.unstack(tf.transpose(scores.targets) * scores.weight)
    return metric(column, positive, negative)


def _by_column(metric: Callable, columns, scores: _Scores):
    """Give a metric of two classes for each column against all others: (n_columns,)."""

    def of_column(pair):
        column, target = pair
        return metric(column, target * scores.weight, (1 - target) * scores.weight)

    pairs = tf.transpose(columns), tf.transpose(scores.targets)
    return tf.map_fn(of_column, pairs, fn_output_signature=tf.float64)


def _of_decisions(metric: Callable) -> Callable:
    def compute(scores: _Scores):
        if scores.decisions.shape.rank == 1:
            return _of_two(metric, scores.decisions, scores)
        return tf.reduce_mean(_by_column(metric, scores.decisions, scores))

    return compute


def _one_vs_rest(scores: _Scores, by_prevalence: bool = False):
    if scores.targets.shape[1] == 2:  # one curve is that of the other class, too
        return _of_two(roc_auc, scores.probabilities[:, 1], scores)
    areas = _by_column(roc_auc, scores.probabilities, scores)
    return _mean(areas, _counts(scores)) if by_prevalence else tf.reduce_mean(areas)


def _one_vs_one(scores: _Scores, by_prevalence: bool = False):
    # D. Hand and R. Till, "A simple generalisation of the area under the ROC curve for multiple
    # class classification problems", Machine Learning 45, 2001.
    if scores.targets.shape[1] == 2:
        return _one_vs_rest(scores)
    of_class = tf.transpose(scores.targets) * scores.weight

    def against_each(pair):
        column, positive = pair
        return roc_auc(column, positive, of_class)

    pairs = tf.transpose(scores.probabilities), of_class
    areas = tf.map_fn(against_each, pairs, fn_output_signature=tf.float64)
    counts = _counts(scores)
    share = counts[:, None] + counts if by_prevalence else tf.ones_like(areas)
    share = tf.linalg.set_diag(share, tf.zeros_like(counts))  # no class against itself
    return tf.reduce_sum(areas * share) / tf.reduce_sum(share)


_OF_TWO_OR_MORE: dict[str, Callable] = {
    "accuracy": _accuracy,
    "average_precision": _of_decisions(average_precision),
    "balanced_accuracy": _balanced_accuracy,
    "neg_calibrated_log_loss": _negative_calibrated_log_loss,
    "neg_brier_score": _negative_brier_score,
    "neg_log_loss": _negative_log_loss,
    "roc_auc_ovo": _one_vs_one,
    "roc_auc_ovo_weighted": lambda scores: _one_vs_one(scores, by_prevalence=True),
    "roc_auc_ovr": _one_vs_rest,
    "roc_auc_ovr_weighted": lambda scores: _one_vs_rest(scores, by_prevalence=True),
}
_OF_LABELS: dict[str, Callable] = {
    "accuracy": _accuracy,
    "average_precision": _of_decisions(average_precision),
    "roc_auc": _of_decisions(roc_auc),
}
METRICS: dict[str, dict[str, Callable]] = {
    "binary": {**_OF_TWO_OR_MORE, "roc_auc": _of_decisions(roc_auc)},
    "multiclass": _OF_TWO_OR_MORE,
    "multilabel": {
        **_OF_LABELS,
        "neg_calibrated_log_loss": _negative_calibrated_log_loss_of_labels,
    },
    "one-hot": {**_OF_LABELS, "neg_calibrated_log_loss": _negative_calibrated_log_loss},
    "regression": {
        "neg_mean_absolute_error": _negative_absolute_error,
        "neg_mean_squared_error": _negative_squared_error,
        "neg_root_mean_squared_error": _negative_root,
        "r2": _r2,
    },
}
"""Of each task, the scorers that a program computes."""

"""Metrics of how scores rank the samples: exact, with ties and weights, in TensorFlow."""

from __future__ import annotations

from skdense.engine._tensorflow import tf


def roc_auc(scores: tf.Tensor, positive: tf.Tensor, negative: tf.Tensor) -> tf.Tensor:
    """Compute the area under the ROC curve: the share of pairs ranked correctly, ties half.

    `scores` and `positive`, the weight of each sample of the positive class, 0 for others, are
    (n_samples,); `negative` likewise, or (..., n_samples) of several negative classes: one area
    each.

    J. Hanley and B. McNeil, "The meaning and use of the area under a receiver operating
    characteristic (ROC) curve", Radiology 143, 1982.
    """
    order, first = _ranking(scores)
    positive, positive_below = _weight_below(positive, order, first)
    negative, negative_below = _weight_below(negative, order, first)
    right = tf.reduce_sum(positive * negative_below, axis=-1)
    wrong = tf.reduce_sum(negative * positive_below, axis=-1)
    pairs = tf.reduce_sum(positive) * tf.reduce_sum(negative, axis=-1)
    return 0.5 + (right - wrong) / (2 * pairs)


def average_precision(scores: tf.Tensor, positive: tf.Tensor, negative: tf.Tensor) -> tf.Tensor:
    """Compute the average precision: the precision at each score, weighted by the gain in recall.

    Arguments are those of `roc_auc`, with one negative class.

    M. Zhu, "Recall, precision and average precision", University of Waterloo, 2004.
    """
    order, first = _ranking(scores)
    total = tf.reduce_sum(positive), tf.reduce_sum(negative)
    positive, positive_below = _weight_below(positive, order, first)
    _, negative_below = _weight_below(negative, order, first)
    # Of the samples with that score or a higher one.
    positives, negatives = total[0] - positive_below, total[1] - negative_below
    precision = tf.math.divide_no_nan(positives, positives + negatives)
    return tf.reduce_sum(positive * precision) / total[0]


def _ranking(scores):
    """Give the order of the scores, and for each place the first place with an equal score."""
    order = tf.argsort(scores)
    ordered = tf.gather(scores, order)
    starts = tf.concat([[True], ordered[1:] != ordered[:-1]], 0)
    places = tf.range(scores.shape[0])
    return order, _cumulative_maximum(tf.where(starts, places, 0))


def _weight_below(weight, order, first):
    """Give weights in that order, and for each the sum of those of lower scores."""
    weight = tf.gather(weight, order, axis=-1)
    return weight, tf.gather(tf.cumsum(weight, axis=-1, exclusive=True), first, axis=-1)


def _cumulative_maximum(numbers):
    """Give the maximum of the first 1, 2, 3, ... numbers, none below 0, by doubling."""
    reach, size = 1, numbers.shape[0]
    while reach < size:
        numbers = tf.maximum(numbers, tf.pad(numbers[:-reach], [[reach, 0]]))
        reach *= 2
    return numbers

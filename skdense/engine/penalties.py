"""L1, L2 and elastic-net penalties, whose weights are program inputs."""

from __future__ import annotations

from skdense.engine._tensorflow import tf
from skdense.engine.layers import sum_rows

_ROWS = 128


def penalty(weight: tf.Tensor, l1: tf.Tensor, l2: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Compute ``l1 * sum|W| + l2 * sum W**2`` and its gradient.

    The same as ``keras.regularizers.L1L2``; both together are the elastic net. `l1` and `l2`
    broadcast to the weight's shape.

    H. Zou and T. Hastie, "Regularization and variable selection via the elastic net", JRSS B 67,
    2005.
    """
    pull = l2 * weight + l1 * tf.sign(weight)
    return _sum(pull * weight), pull + l2 * weight


def _sum(array: tf.Tensor) -> tf.Tensor:
    """Sum all numbers, as many rows of them as make the product of `sum_rows` worth its while."""
    array = tf.reshape(array, [-1])
    array = tf.reshape(tf.pad(array, [[0, -array.shape[0] % _ROWS]]), [_ROWS, -1])
    return tf.reduce_sum(sum_rows(array))

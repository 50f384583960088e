"""L1, L2 and elastic-net penalties as values of the program."""

from __future__ import annotations

import tensorflow as tf

_ROWS, _COPIES = 128, 4


def penalty(weight: tf.Tensor, l1: tf.Tensor, l2: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Compute ``l1 * sum|W| + l2 * sum W**2`` and its gradient.

    The same figure as ``keras.regularizers.L1L2``; both together are the elastic net.

    Parameters
    ----------
    weight : tensor
    l1, l2 : tensors that broadcast to the weight's shape
        Weight of each element's penalty.

    Returns
    -------
    total : tensor of shape ()
    gradient : tensor of the weight's shape

    References
    ----------
    H. Zou and T. Hastie, "Regularization and variable selection via the elastic net", JRSS B
    67, 2005.
    """
    pull = l2 * weight + l1 * tf.sign(weight)
    return _sum(pull * weight), pull + l2 * weight


def _sum(array: tf.Tensor) -> tf.Tensor:
    """Sum by a product of matrices: XLA's own sum of many numbers takes them one at a time."""
    array = tf.reshape(array, [-1])
    array = tf.reshape(tf.pad(array, [[0, -array.shape[0] % _ROWS]]), [_ROWS, -1])
    # One row would do, but XLA computes a product with a vector itself, and slowly.
    ones = tf.ones((_COPIES, _ROWS), array.dtype)
    return tf.reduce_sum(tf.matmul(ones, array)[0])

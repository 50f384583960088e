"""L1, L2 and elastic-net penalties as values of the program."""

from __future__ import annotations

import tensorflow as tf

_WIDTH = 128


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

    Notes
    -----
    The gradient is written out and the sum starts with a product of matrices: XLA sums a long
    vector one element at a time.

    References
    ----------
    H. Zou and T. Hastie, "Regularization and variable selection via the elastic net", JRSS B
    67, 2005.
    """
    pull = l2 * weight + l1 * tf.sign(weight)
    products = pull * weight
    if weight.shape.rank == 1:
        n_missing = -weight.shape[0] % _WIDTH
        products = tf.reshape(tf.pad(products, [[0, n_missing]]), [-1, _WIDTH])
    ones = tf.ones((1, products.shape[0]), products.dtype)
    return tf.reduce_sum(tf.matmul(ones, products)), pull + l2 * weight

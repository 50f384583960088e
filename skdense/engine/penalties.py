"""L1, L2 and elastic-net penalties as values of the program."""

from __future__ import annotations

import tensorflow as tf


def penalty(kernels: list[tf.Tensor], l1: tf.Tensor, l2: tf.Tensor) -> tf.Tensor:
    """Sum of ``l1 * sum|W| + l2 * sum W**2`` over the penalized kernels.

    The same figure as ``keras.regularizers.L1L2`` on each layer; both together are the elastic
    net.

    Parameters
    ----------
    kernels : list of tensors of shape (fan_in, fan_out)
    l1, l2 : tensors of shape (len(kernels),)
        Weight of each kernel's penalty.

    Returns
    -------
    tensor of shape ()

    References
    ----------
    H. Zou and T. Hastie, "Regularization and variable selection via the elastic net", JRSS B
    67, 2005.
    """
    total = tf.zeros((), l1.dtype)
    for layer, kernel in enumerate(kernels):
        total += l1[layer] * tf.reduce_sum(tf.abs(kernel))
        total += l2[layer] * tf.reduce_sum(tf.square(kernel))
    return total

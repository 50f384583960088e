"""Layers of the training model that Keras does not ship in the form the engine needs."""

from __future__ import annotations

import keras
import tensorflow as tf


class RandomLayer(keras.layers.Layer):
    """A layer that draws random numbers in training, by values of the program.

    Parameters
    ----------
    compiled : bool
        Whether XLA compiles the program. There the counter-based generator "threefry" serves: the
        default one is 60 times slower on a CPU. The plain graph has "philox" only.
    place : int, default=0
        In the architecture's `random_places`.
    dtype : {"float32", "float64"}, default="float32"

    Notes
    -----
    `rate` (scalar) and `seed` (two int32) are weights that the program sets at every step.

    References
    ----------
    J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
    """

    def __init__(self, compiled: bool, place: int = 0, dtype: str = "float32"):
        super().__init__(dtype=dtype)
        self.supports_masking = True
        self.place = place
        self._algorithm = "threefry" if compiled else "philox"

    def build(self, input_shape):
        """Create the two values."""
        del input_shape
        self.rate = self.add_weight(name="rate", shape=(), initializer="zeros", trainable=False)
        self.seed = self.add_weight(
            name="seed", shape=(2,), dtype="int32", initializer="zeros", trainable=False
        )
        self.built = True

    def call(self, inputs, training=False):
        """Change the inputs in training; give them back otherwise.

        Parameters
        ----------
        inputs : tensor of shape (n_rows, n_units)
        training : bool, default=False

        Returns
        -------
        tensor of shape (n_rows, n_units)
        """
        return self._draw(inputs) if training else inputs

    def _draw(self, inputs):
        raise NotImplementedError


class ValueDropout(RandomLayer):
    """Dropout whose rate and seed are values of the program and not constants of its graph.

    Units are set to zero with probability `rate`, the others are divided by ``1 - rate``, as in
    ``keras.layers.Dropout``.

    References
    ----------
    N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting",
    JMLR 15, 2014.
    """

    def _draw(self, inputs):
        return tf.nn.experimental.stateless_dropout(
            inputs,
            rate=tf.convert_to_tensor(self.rate),
            seed=tf.convert_to_tensor(self.seed),
            rng_alg=self._algorithm,
        )


class ValueNoise(RandomLayer):
    """Gaussian noise whose standard deviation, `rate`, is a value of the program.

    It is added to the inputs, as in ``keras.layers.GaussianNoise``.

    References
    ----------
    C. Bishop, "Training with noise is equivalent to Tikhonov regularization", Neural Computation
    7, 1995.
    """

    def _draw(self, inputs):
        noise = tf.random.stateless_normal(
            tf.shape(inputs),
            seed=tf.convert_to_tensor(self.seed),
            dtype=inputs.dtype,
            alg=self._algorithm,
        )
        return inputs + tf.convert_to_tensor(self.rate) * noise


class Dense(keras.layers.Dense):
    """``keras.layers.Dense`` whose bias gradient is a product of matrices.

    The same figures but for the last bit. XLA would sum the bias gradient inside whatever reads
    it, the concatenation to one flat gradient above all, where it takes many times as long.
    """

    def call(self, inputs, training=None):
        """Compute ``activation(inputs @ kernel + bias)``, or without a bias.

        Parameters
        ----------
        inputs : tensor of shape (n_rows, n_features)
        training : bool, default=None
            Makes no difference.

        Returns
        -------
        tensor of shape (n_rows, units)
        """
        del training
        product = tf.matmul(inputs, tf.convert_to_tensor(self.kernel))
        if self.bias is not None:
            product = _add_bias(product, tf.convert_to_tensor(self.bias))
        return self.activation(product)


@tf.custom_gradient
def _add_bias(x, bias):
    def gradient(upstream):
        ones = tf.ones((1, tf.shape(upstream)[0]), upstream.dtype)
        return upstream, tf.reshape(tf.matmul(ones, upstream), [-1])

    return x + bias, gradient

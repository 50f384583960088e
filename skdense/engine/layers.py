"""Layers of the training model that Keras does not ship in the form the engine needs."""

from __future__ import annotations

from skdense.engine._tensorflow import keras, tf


class RandomLayer(keras.layers.Layer):
    """A layer that draws random numbers in training, by a rate and a seed that are program inputs.

    `rate` (scalar) and `seed` (two int32) are weights that the program sets at every step; `place`
    is that in the architecture's `random_places`. Under XLA the counter-based generator "threefry"
    serves, since the default one is 60 times slower on a CPU; the plain graph has "philox" only.

    J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
    """

    def __init__(self, compiled: bool, place: int = 0, dtype: str = "float32"):
        super().__init__(dtype=dtype)
        self.supports_masking = True
        self.place = place
        self._algorithm = "threefry" if compiled else "philox"

    def build(self, input_shape):
        """Create the two weights."""
        del input_shape
        self.rate = self.add_weight(name="rate", shape=(), initializer="zeros", trainable=False)
        self.seed = self.add_weight(
            name="seed", shape=(2,), dtype="int32", initializer="zeros", trainable=False
        )
        self.built = True

    def call(self, inputs, training=False):
        """Change the inputs (n_samples, n_units) in training; give them back otherwise."""
        return self._draw(inputs) if training else inputs

    def _draw(self, inputs):
        raise NotImplementedError


class ProgramDropout(RandomLayer):
    """Dropout whose rate and seed are program inputs and not constants of the graph.

    Units are set to zero with probability `rate`, the others are divided by ``1 - rate``, as in
    ``keras.layers.Dropout``.

    N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR
    15, 2014.
    """

    def _draw(self, inputs):
        if isinstance(inputs, tf.SparseTensor):  # zeros stay zeros
            return inputs.with_values(self._draw(inputs.values))
        return tf.nn.experimental.stateless_dropout(
            inputs,
            rate=tf.convert_to_tensor(self.rate),
            seed=tf.convert_to_tensor(self.seed),
            rng_alg=self._algorithm,
        )


class ProgramNoise(RandomLayer):
    """Gaussian noise, added to the inputs, whose standard deviation, `rate`, is a program input.

    C. Bishop, "Training with noise is equivalent to Tikhonov regularization", Neural Computation 7,
    1995.
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

    The same results but for the last bit. XLA would sum the bias gradient inside whatever reads
    it, the concatenation to one flat gradient above all, where it takes many times as long.
    """

    def call(self, inputs, training=None):
        """Compute ``activation(inputs @ kernel + bias)``, or without bias; inputs may be sparse."""
        del training
        is_sparse = isinstance(inputs, tf.SparseTensor)
        multiply = tf.sparse.sparse_dense_matmul if is_sparse else tf.matmul
        product = multiply(inputs, tf.convert_to_tensor(self.kernel))
        if self.bias is not None:
            product = _add_bias(product, tf.convert_to_tensor(self.bias))
        return self.activation(product)


class BatchNormalization(keras.layers.BatchNormalization):
    """``keras.layers.BatchNormalization`` whose sums over rows are products of matrices.

    The same results but for the last bits: its statistics in training are those of the rows that
    the mask names, its gradient is the textbook's.

    S. Ioffe and C. Szegedy, "Batch normalization", ICML 2015.
    """

    def call(self, inputs, training=None, mask=None):
        """Normalize by the batch in training, by the running statistics otherwise.

        `inputs` are (n_samples, n_units); `mask`, bool (n_samples,), has to be given in training.
        """
        if not training:
            return super().call(inputs, training=False)
        ones = tf.ones_like(tf.convert_to_tensor(self.moving_mean))
        gamma = tf.convert_to_tensor(self.gamma) if self.scale else ones
        beta = tf.convert_to_tensor(self.beta) if self.center else tf.zeros_like(ones)
        counted = tf.cast(mask, inputs.dtype)
        outputs, mean, variance = _normalize_rows(self.epsilon, inputs, gamma, beta, counted)
        for moving, new in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + new * (1.0 - self.momentum))
        return outputs


def _normalize_rows(epsilon: float, x, gamma, beta, counted):
    """Give the normalized rows, mean and variance of those counted; differentiable in the first."""
    n_counted = tf.reduce_sum(counted) + keras.config.epsilon()

    @tf.custom_gradient
    def normalize(x, gamma, beta):
        mean = sum_rows(x, counted) / n_counted
        variance = sum_rows(tf.square(x - mean), counted) / n_counted
        scale = tf.math.rsqrt(variance + epsilon)
        outputs = x * (gamma * scale) + (beta - mean * gamma * scale)

        def gradient(upstream, *of_statistics):
            del of_statistics  # nothing is differentiated through the running statistics
            normalized = (x - mean) * scale
            of_beta, of_gamma = sum_rows(upstream), sum_rows(upstream * normalized)
            common = counted[:, None] * (of_beta + normalized * of_gamma) / n_counted
            return gamma * scale * (upstream - common), of_gamma, of_beta

        return (outputs, mean, variance), gradient

    return normalize(x, gamma, beta)


def sum_rows(array: tf.Tensor, weight: tf.Tensor | None = None) -> tf.Tensor:
    """Sum weighted rows by a product of matrices: XLA's own sum takes them one at a time."""
    # One row would do, but XLA computes a product with a vector itself, and slowly.
    if weight is None:
        rows = tf.ones((4, array.shape[0]), array.dtype)
    else:
        rows = tf.tile(weight[None], [4, 1])
    return tf.matmul(rows, array)[0]


@tf.custom_gradient
def _add_bias(x, bias):
    def gradient(upstream):
        ones = tf.ones((1, upstream.shape[0]), upstream.dtype)
        return upstream, tf.reshape(tf.matmul(ones, upstream), [-1])

    return x + bias, gradient

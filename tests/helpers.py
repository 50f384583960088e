"""What several test files need: the plain Keras network, and comparisons of fitted networks."""

import numpy as np

from skdense import KERAS_DEFAULTS


def plain(kind, *layers, **parameters):
    """Make the plain Keras network, but for what is typed: in the order of the estimators."""
    typed = dict(zip(("hidden_layer_sizes", "activation"), layers, strict=False))
    return kind(**KERAS_DEFAULTS | typed | parameters)


def same_weights(one, other, **tolerance):
    """Tell whether two networks have the same weights, within a tolerance of `numpy.allclose`."""
    pairs = zip(one.weights_, other.weights_, strict=True)
    return all(np.allclose(a, b, **tolerance) for a, b in pairs)


def equal_bits(one, other):
    """Tell whether two networks have the same weights to the last bit."""
    pairs = zip(one.weights_, other.weights_, strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)

"""Comparisons of fitted networks that several test files make."""

import numpy as np


def same_weights(one, other, **tolerance):
    """Tell whether two networks have the same weights, within a tolerance of `numpy.allclose`."""
    pairs = zip(one.weights_, other.weights_, strict=True)
    return all(np.allclose(a, b, **tolerance) for a, b in pairs)


def equal_bits(one, other):
    """Tell whether two networks have the same weights to the last bit."""
    pairs = zip(one.weights_, other.weights_, strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)

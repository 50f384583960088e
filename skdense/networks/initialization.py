"""The weights that training starts from."""

from __future__ import annotations

import numpy as np

from skdense.networks.architecture import Architecture


def initial_weights(architecture: Architecture, random: np.random.Generator) -> list[np.ndarray]:
    """Draw the weights that training starts from, in the architecture's order, as Keras would.

    Kernels are uniform within ``sqrt(6 / (fan_in + fan_out))``, biases zero; batch norm starts as
    the identity.

    X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", AISTATS 2010.
    """
    weights = []
    for spec in architecture.weights():
        if spec.is_kernel:
            limit = np.sqrt(6.0 / sum(spec.shape))
            array = random.uniform(-limit, limit, spec.shape)
        else:
            array = np.full(spec.shape, float(spec.role in ("gamma", "moving_variance")))
        weights.append(array.astype(architecture.dtype))
    return weights

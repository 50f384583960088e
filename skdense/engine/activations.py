"""Activations that only Keras can compute: users' own functions and rare names."""

from __future__ import annotations

import keras
import numpy as np

from skdense.architecture import Activation


def activate_in_keras(activation: Activation, x: np.ndarray) -> np.ndarray:
    """Apply an activation with Keras.

    Parameters
    ----------
    activation : str or callable
    x : array of shape (n_rows, n_units)

    Returns
    -------
    array of shape (n_rows, n_units)
    """
    return np.asarray(keras.activations.get(activation)(keras.ops.convert_to_tensor(x)))

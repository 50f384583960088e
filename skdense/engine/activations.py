"""Activations that the user named or handed over, and those that only Keras can compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from skdense.engine._tensorflow import keras, tf
from skdense.engine.fork import check_not_forked
from skdense.engine.keras_config import unknown_name
from skdense.engine.user_functions import first_equal
from skdense.networks.architecture import Activation


def activation_name(activation: str | Callable, dtype: str = "float32") -> str | Callable:
    """Give an activation's Keras name; for the user's own, the first of all equal functions.

    Raises ValueError where the name is unknown, or the object is a layer, not callable, or gives an
    array of another shape than it takes. `dtype` is the network's.
    """
    names = activation_names()
    if isinstance(activation, str):
        if activation not in names:
            raise unknown_name(
                "activation", activation, sorted(names), "a function such as keras.activations.silu"
            )
        return names[activation]
    if isinstance(activation, (type, keras.layers.Layer)) or not callable(activation):
        raise ValueError(
            f"activation={activation!r} is neither the name of a Keras activation nor a function: "
            "pass for example 'gelu' or keras.activations.gelu (layers are not taken)."
        )
    for canonical in set(names.values()):
        if getattr(keras.activations, canonical, None) is activation:
            return canonical
    _check_function(activation, dtype)
    return first_equal("activation", activation)


def _check_function(activation: Callable, dtype: str) -> None:
    """Try a user's function alone, before it is met with in the middle of a graph."""
    try:
        traced = tf.function(activation, autograph=False)
        shape = tuple(traced.get_concrete_function(tf.TensorSpec((2, 3), dtype)).output_shapes)
    except Exception as error:
        raise ValueError(
            f"activation={activation!r} cannot become part of a network: {error}. It has to take "
            "one array and give one of the same shape, by functions of keras.ops."
        ) from error
    if shape != (2, 3):
        raise ValueError(
            f"activation={activation!r} made an array of shape {shape} of one of shape (2, 3): it "
            "has to keep the shape."
        )


def activation_names() -> dict[str, str]:
    """Give Keras's activations: each name, and the one that stands for it ("silu" for "swish")."""
    # glu halves the width of what it is given, and threshold cannot do without arguments.
    canonical = [
        name
        for name in dir(keras.activations)
        if not name.startswith("_")
        and name not in ("get", "serialize", "deserialize", "glu", "threshold")
        and callable(getattr(keras.activations, name))
    ]
    by_function: dict[Any, str] = {}
    for name in canonical:
        function = getattr(keras.activations, name)
        by_function.setdefault(function, getattr(function, "__name__", name))
    return {name: by_function[getattr(keras.activations, name)] for name in canonical}


def activate_in_keras(activation: Activation, x: np.ndarray) -> np.ndarray:
    """Apply an activation with Keras to an array (n_samples, n_units)."""
    check_not_forked()
    return np.asarray(keras.activations.get(activation)(keras.ops.convert_to_tensor(x)))

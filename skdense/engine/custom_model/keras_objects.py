"""What a custom model is compiled and trained with: Keras's objects by their names, and copies."""

from __future__ import annotations

from typing import Any

from skdense.engine._tensorflow import keras
from skdense.engine.custom_model.packing import own_objects

# What Keras takes for one of several metrics, once it knows the loss and the output's shape.
_OF_THE_LOSS = ("acc", "accuracy", "ce", "crossentropy")


def optimizer_of_name(name: str) -> type:
    """Give the class of one of Keras's optimizers.

    Parameters
    ----------
    name : str

    Returns
    -------
    type
    """
    return type(keras.optimizers.get(name))


def loss_of_name(name: str) -> Any:
    """Give one of Keras's losses: an object for the name of a class, else a function.

    Parameters
    ----------
    name : str

    Returns
    -------
    keras.losses.Loss or callable
    """
    return keras.losses.get(name)


def metric_of_name(name: str) -> Any:
    """Give one of Keras's metrics; the name itself where Keras chooses by the loss.

    Parameters
    ----------
    name : str

    Returns
    -------
    keras.metrics.Metric, callable or str
    """
    return name if name in _OF_THE_LOSS else keras.metrics.get(name)


def is_callback(thing: Any) -> bool:
    """Whether something is a callback of Keras's.

    Parameters
    ----------
    thing : object

    Returns
    -------
    bool
    """
    return isinstance(thing, keras.callbacks.Callback)


def copy_keras_objects(thing: Any) -> Any:
    """Copy optimizers and metrics, also inside lists and dicts; leave all else.

    Keras ties such an object to the first model it trains, so that a second fit would fail.

    Parameters
    ----------
    thing : object

    Returns
    -------
    object
    """
    if isinstance(thing, dict):
        return {key: copy_keras_objects(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return type(thing)(copy_keras_objects(value) for value in thing)
    if isinstance(thing, keras.optimizers.Optimizer | keras.metrics.Metric):
        with keras.saving.custom_object_scope(own_objects(thing)):
            return type(thing).from_config(thing.get_config())
    return thing

"""Copies and pickles of Keras objects: of the user's own classes, and without Keras's pickling.

Keras pickles its objects by the name that a class is registered by, and does not find classes that
are not. `make_picklable` tells `copyreg`, where `pickle` and `copy` look first, another way for
these.
"""

from __future__ import annotations

import copyreg
from typing import Any


def make_picklable(value: Any) -> None:
    """Let objects of the user's own Keras classes be copied and pickled as plain objects are.

    Parameters
    ----------
    value : object
        The value of a parameter. What it holds, in lists, tuples, dicts and attributes, is made
        so, too.

    Examples
    --------
    >>> import copy
    >>> import keras
    >>> from skdense.engine.keras_pickling import make_picklable
    >>> class Loss(keras.losses.Loss):
    ...     def __init__(self, power):
    ...         super().__init__()
    ...         self.power = power
    >>> loss = Loss(3)
    >>> make_picklable(loss)
    >>> copy.deepcopy(loss).power
    3
    """
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for each in value:
            make_picklable(each)
    elif _is_own(type(value)):
        copyreg.pickle(type(value), _reduce)  # type: ignore[arg-type]
        if not _has_complete_config(value):
            make_picklable(vars(value))


def pack(optimizer: Any) -> Any:
    """Turn a Keras optimizer into its class and configuration, which skops can write, too.

    Parameters
    ----------
    optimizer : object
        What is no Keras optimizer is given back as it is.

    Returns
    -------
    object
    """
    if not any(base.__module__.startswith("keras.") for base in type(optimizer).__mro__):
        return optimizer
    from skdense.engine._tensorflow import keras
    from skdense.engine.keras_serialization import describe

    if not isinstance(optimizer, keras.optimizers.Optimizer):
        return optimizer
    own = {"class": type(optimizer), "config": optimizer.get_config()}
    return {"keras": describe(optimizer) or own}


def unpack(packed: Any) -> Any:
    """Make the optimizer that `pack` packed.

    Parameters
    ----------
    packed : object

    Returns
    -------
    object
    """
    if not (isinstance(packed, dict) and list(packed) == ["keras"]):
        return packed
    from skdense.engine.keras_serialization import build

    description = packed["keras"]
    if isinstance(description["class"], str):
        return build(description)
    return description["class"].from_config(description["config"])


def _is_own(kind: type) -> bool:
    """Tell whether Keras pickles the objects of a class that is not its own."""
    reducer = next(base for base in kind.__mro__ if "__reduce__" in vars(base))
    return reducer.__module__.startswith("keras.") and not kind.__module__.startswith("keras.")


def _has_complete_config(thing: Any) -> bool:
    # Their attributes hold variables and what cannot be copied; others' may be all there is.
    from skdense.engine._tensorflow import keras

    return isinstance(thing, (keras.optimizers.Optimizer, keras.layers.Layer))


def _reduce(thing: Any) -> tuple:
    kind = type(thing)
    if _has_complete_config(thing):
        return kind.from_config, (thing.get_config(),)
    return copyreg.__newobj__, (kind,), vars(thing)  # type: ignore[attr-defined]

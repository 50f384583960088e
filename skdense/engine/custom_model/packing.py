"""Keras's objects inside parameters, in a form that copies and pickles without registration.

Keras pickles its objects by the names of their classes, and finds classes and functions of the
user's own by those names only if they are registered. Packed, they take these along themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import FunctionType
from typing import Any

from skdense.engine import _compat
from skdense.engine._tensorflow import keras

_NOT_OWN = ("keras", "tensorflow", "builtins", "numpy")
_METHODS = ("__reduce__", "__reduce_ex__", "__deepcopy__")


@dataclass(frozen=True)
class PackedLoss:
    """A loss as its class and its attributes: a configuration leaves Huber's `delta` out."""

    kind: type
    attributes: dict[str, Any]

    def unpacked(self) -> Any:
        """Make the loss."""
        loss: Any = object.__new__(self.kind)
        vars(loss).update(unpack(self.attributes))
        return loss


@dataclass(frozen=True)
class PackedObject:
    """Any other object of Keras's as Keras pickles it, with what it holds of the user's own."""

    own: dict[str, Any]
    reduced: tuple

    def unpacked(self) -> Any:
        """Make the object."""
        function, arguments = self.reduced[:2]
        with keras.saving.custom_object_scope(self.own):
            return function(*arguments)


def pack(thing: Any) -> Any:
    """Replace Keras's objects, also inside lists, tuples and dicts; leave all else.

    Parameters
    ----------
    thing : object

    Returns
    -------
    object
    """
    if type(thing) in (list, tuple):
        return type(thing)(pack(each) for each in thing)
    if type(thing) is dict:
        return {key: pack(value) for key, value in thing.items()}
    if isinstance(thing, keras.losses.Loss) and _is_copied_by_keras(thing, keras.losses.Loss):
        return PackedLoss(type(thing), pack(dict(vars(thing))))
    for kind in (keras.layers.Layer, keras.metrics.Metric, keras.optimizers.Optimizer):
        if isinstance(thing, kind) and _is_copied_by_keras(thing, kind):
            return PackedObject(own_objects(thing), thing.__reduce__())
    return thing


def unpack(thing: Any) -> Any:
    """Undo `pack`.

    Parameters
    ----------
    thing : object

    Returns
    -------
    object
    """
    if isinstance(thing, PackedLoss | PackedObject):
        return thing.unpacked()
    if type(thing) in (list, tuple):
        return type(thing)(unpack(each) for each in thing)
    if type(thing) is dict:
        return {key: unpack(value) for key, value in thing.items()}
    return thing


def own_objects(thing: Any) -> dict[str, Any]:
    """Find the classes and functions of the user's own that an object consists of.

    Parameters
    ----------
    thing : keras.layers.Layer, keras.Model, or another of Keras's objects

    Returns
    -------
    dict of str to class or function
        For ``keras.saving.custom_object_scope``.
    """
    parts = [thing]
    if isinstance(thing, keras.layers.Layer):
        parts = _compat.layers_of(thing)
    if isinstance(thing, keras.Model):
        parts += keras.tree.flatten(_compat.compile_arguments(thing) or {})
    found = {}
    for each in [value for part in parts for value in (part, *_attributes(part))]:
        own = each if isinstance(each, FunctionType | type) else type(each)
        is_kerass = own.__module__.partition(".")[0] in _NOT_OWN
        if not is_kerass and own.__name__ != "<lambda>":  # Keras keeps a lambda's code
            found[keras.saving.get_registered_name(own)] = own
    return found


def _attributes(thing: Any) -> list[Any]:
    """Give what an object holds, but for methods that Keras has wrapped."""
    return [
        value
        for name, value in getattr(thing, "__dict__", {}).items()
        if not hasattr(type(thing), name)
    ]


def _is_copied_by_keras(thing: Any, kind: type) -> bool:
    """Whether the user's class has no way of its own to be copied."""
    return all(
        getattr(type(thing), method, None) is getattr(kind, method, None) for method in _METHODS
    )

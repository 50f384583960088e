"""Keras objects inside parameters, in a form that copies and pickles without registration.

Keras pickles its objects by the names of their classes, and finds classes and functions of the
user's own by those names only if they are registered. Packed, they take these along themselves.
Packed objects are dicts, which skops can write, too.
"""

from __future__ import annotations

import copyreg
from types import FunctionType
from typing import Any

from skdense.engine import _compat

_PACKED = "keras object"
_NOT_OWN = ("keras", "tensorflow", "builtins", "numpy")
_METHODS = ("__reduce__", "__reduce_ex__", "__deepcopy__")


def pack(thing: Any) -> Any:
    """Replace Keras objects, also inside lists, tuples and dicts; leave all else."""
    if type(thing) in (list, tuple):
        return type(thing)(pack(each) for each in thing)
    if type(thing) is dict:
        return {key: pack(value) for key, value in thing.items()}
    # Without importing Keras, which prediction does not need.
    if not any(base.__module__.startswith("keras.") for base in type(thing).__mro__):
        return thing
    packed = _packed(thing)
    if packed is None:
        return thing
    _pack_alone_too(type(thing))
    return {_PACKED: packed}


def unpack(thing: Any) -> Any:
    """Undo `pack`."""
    if type(thing) in (list, tuple):
        return type(thing)(unpack(each) for each in thing)
    if type(thing) is not dict:
        return thing
    if list(thing) == [_PACKED]:
        made = _unpacked(thing[_PACKED])
        _pack_alone_too(type(made))
        return made
    return {key: unpack(value) for key, value in thing.items()}


def custom_objects_of(thing: Any) -> dict[str, Any]:
    """Find the classes and functions of the user's own that a Keras object consists of, by name.

    For ``keras.saving.custom_object_scope``.
    """
    from skdense.engine._tensorflow import keras

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


def _packed(thing: Any) -> dict[str, Any] | None:
    """Give what makes an object again; None for what copies and pickles by its own means."""
    from skdense.engine._tensorflow import keras
    from skdense.engine.keras_serialization import describe

    layers, optimizers = keras.layers.Layer, keras.optimizers.Optimizer
    kinds = (keras.losses.Loss, optimizers, layers, keras.metrics.Metric)
    kind = next((kind for kind in kinds if isinstance(thing, kind)), None)
    if kind is None or not _is_copied_by_keras(thing, kind):
        return None
    if kind is keras.losses.Loss:  # a configuration leaves Huber's delta out
        return {"class": type(thing), "attributes": pack(dict(vars(thing)))}
    if kind is optimizers:
        own = {"class": type(thing), "config": thing.get_config(), "own": custom_objects_of(thing)}
        return describe(thing) or own
    return {"reduced": thing.__reduce__(), "own": custom_objects_of(thing)}


def _unpacked(packed: dict[str, Any]) -> Any:
    """Undo `_packed`."""
    from skdense.engine._tensorflow import keras
    from skdense.engine.keras_serialization import build

    if "attributes" in packed:
        loss: Any = object.__new__(packed["class"])
        vars(loss).update(unpack(packed["attributes"]))
        return loss
    if "own" not in packed:
        return build(packed)
    with keras.saving.custom_object_scope(packed["own"]):
        if "config" in packed:
            return packed["class"].from_config(packed["config"])
        function, arguments = packed["reduced"][:2]
        return function(*arguments)


def _pack_alone_too(kind: type) -> None:
    """Let objects of a user's class be copied outside of an estimator, as a search's candidates."""
    if not kind.__module__.startswith("keras."):
        copyreg.pickle(kind, _reduce)  # type: ignore[arg-type]


def _reduce(thing: Any) -> tuple:
    return unpack, (pack(thing),)


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

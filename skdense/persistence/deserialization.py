"""Deserialization: what `Writer` wrote back into values, checked; nothing is imported by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from skdense.engine.archive import Damaged
from skdense.schedules import NAMED, Schedule

# The parameters that may be custom functions.
_FUNCTIONS = ("activation", "metrics", "monitor")
_SCHEDULES: dict[str, type[Schedule]] = {kind.__name__: kind for kind in NAMED.values()}


class Reader:
    """Turns what `Writer` wrote back into values; custom objects are as `load` takes them."""

    def __init__(self, arrays: list[np.ndarray], custom_objects: Mapping[str, Any] | None = None):
        self._arrays = arrays
        self._custom_objects = custom_objects or {}

    def array(self, reference: Any) -> np.ndarray:
        """Give the array of a reference."""
        number = reference.get("array") if isinstance(reference, dict) else None
        if type(number) is not int or not 0 <= number < len(self._arrays):
            raise Damaged(f"refers to an array that is not there, {number!r}.")
        return self._arrays[number]

    def labels(self, reference: Any) -> np.ndarray:
        """Give the array of labels that `Writer.labels` set apart."""
        if "objects" not in reference:
            return self.array(reference)
        found = reference["objects"]
        if any(type(label) not in (str, int, float, bool) for label in found):
            raise Damaged("has labels that are no text, numbers or truth values.")
        labels = np.empty(len(found), dtype=object)
        labels[:] = found
        return labels

    def parameter(self, name: str, value: Any) -> Any:
        """Give the value of a parameter."""
        if value is None or type(value) in (bool, int, float, str):
            return value
        if type(value) is list:
            return [self.parameter(name, each) for each in value]
        if len(value) != 1:
            raise Damaged(f"has an unknown kind of value for {name}.")
        ((kind, content),) = value.items()
        readers = {
            "array": lambda: self.array(value),
            "custom": lambda: self._custom(name, content),
            "dict": lambda: {
                self.parameter(name, key): self.parameter(name, each) for key, each in content
            },
            "keras": lambda: _keras_object(content),
            "object_array": lambda: self._object_array(name, content),
            "random_state": lambda: self._random_state(content),
            "schedule": lambda: self._schedule(name, content),
            "scalar": lambda: self.array(content)[()],
            "tuple": lambda: tuple(self.parameter(name, each) for each in content),
        }
        if kind not in readers:
            raise Damaged(f"has an unknown kind of value, {kind!r}, for {name}.")
        return readers[kind]()

    def _object_array(self, name: str, content: list) -> np.ndarray:
        array = np.empty(len(content), dtype=object)
        array[:] = [self.parameter(name, each) for each in content]
        return array

    def _random_state(self, content: dict) -> np.random.RandomState:
        key, position = self.array(content["key"]), content["position"]
        # NumPy does not check the position, and would read past the end.
        if key.dtype != np.uint32 or key.shape != (624,) or not 0 <= position <= 624:
            raise Damaged("has a state of random numbers that is none.")
        state = np.random.RandomState(0)
        state.set_state(("MT19937", key, position, content["has_gauss"], content["gauss"]))
        return state

    def _schedule(self, name: str, content: dict) -> Schedule:
        if content["class"] not in _SCHEDULES:
            raise Damaged(f"has a {name} that is not ours, {content['class']!r}.")
        settings = {key: self.parameter(key, each) for key, each in content["settings"].items()}
        schedule = _SCHEDULES[content["class"]](**settings)
        schedule._validate_params()
        return schedule

    def _custom(self, name: str, custom_name: str) -> Any:
        if custom_name not in self._custom_objects:
            raise Damaged(
                f"names {custom_name!r} for {name}, an object of your own that is not in the file: "
                f"pass custom_objects={{{custom_name!r}: the object}}."
            )
        found = self._custom_objects[custom_name]
        fits = callable(found) or name not in (*_FUNCTIONS, "lr_schedule")
        fits |= name == "lr_schedule" and isinstance(found, Schedule)
        if isinstance(found, type) or not fits:
            raise Damaged(
                f"needs another custom_objects[{custom_name!r}] for {name} than {found!r}: pass "
                f"the {'function' if name in _FUNCTIONS else 'object, not its class,'} itself."
            )
        return found


def _keras_object(description: dict) -> Any:
    from skdense.engine.keras_serialization import build

    return build(description)

"""Parameters and labels as JSON and arrays, and back: no pickle, no import by name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from skdense.persistence.archive import Damaged, can_hold
from skdense.schedules import NAMED, Schedule

# The parameters that may be objects of the user's own; only their names are written.
_OF_THE_USER = ("activation", "loss", "lr_schedule", "metrics", "monitor", "optimizer")
_FUNCTIONS = ("activation", "metrics", "monitor")
_SCHEDULES: dict[str, type[Schedule]] = {kind.__name__: kind for kind in NAMED.values()}


class Writer:
    """Turns values into what JSON can hold; arrays are set apart, and counted.

    Attributes
    ----------
    arrays : list of arrays
        In the order of their numbers.
    """

    def __init__(self) -> None:
        self.arrays: list[np.ndarray] = []
        self._named: dict[str, Any] = {}

    def array(self, array: Any) -> dict:
        """Set an array apart, and give the reference to it."""
        self.arrays.append(np.asarray(array))
        return {"array": len(self.arrays) - 1}

    def labels(self, name: str, labels: np.ndarray) -> dict:
        """Set labels apart; Python objects become JSON.

        Raises
        ------
        ValueError
            If a label is neither text, nor a number, nor a truth value.
        """
        if labels.dtype.kind != "O":
            if not can_hold(labels.dtype):
                raise ValueError(
                    f"{name} cannot be saved: it has the dtype {labels.dtype}. Fit with labels "
                    "that are text, numbers or truth values."
                )
            return self.array(labels)
        plain = [label.item() if isinstance(label, np.generic) else label for label in labels]
        for label in plain:
            if type(label) not in (str, int, float, bool):
                raise ValueError(
                    f"{name} cannot be saved: it holds {label!r}, a {type(label).__name__}. Fit "
                    "with labels that are text, numbers or truth values."
                )
        return {"objects": plain}

    def parameter(self, name: str, value: Any) -> Any:
        """Turn the value of an estimator's parameter into what JSON can hold.

        Raises
        ------
        ValueError
            If a file cannot hold it.
        """
        if value is None or type(value) in (bool, int, str):
            return value
        if type(value) is float and math.isfinite(value):
            return value
        if type(value) is list:
            return [self.parameter(name, each) for each in value]
        if type(value) is tuple:
            return {"tuple": [self.parameter(name, each) for each in value]}
        if type(value) is dict:
            return {
                "dict": [
                    [self.parameter(name, k), self.parameter(name, v)] for k, v in value.items()
                ]
            }
        if isinstance(value, np.generic) and can_hold(value.dtype):
            return {"scalar": self.array(value)}
        if type(value) is np.ndarray:
            return self._array_parameter(name, value)
        if type(value) is np.random.RandomState:
            return {"random_state": self._random_state(name, value)}
        if _SCHEDULES.get(type(value).__name__) is type(value):
            settings = value.get_params(deep=False).items()
            plain = {key: self._setting(name, value, each) for key, each in settings}
            return {"schedule": {"class": type(value).__name__, "settings": plain}}
        return self.named(name, value)

    def _setting(self, name: str, schedule: Schedule, setting: Any) -> Any:
        try:
            return self.parameter("", setting)
        except ValueError as error:
            raise _unsaveable(name, schedule) from error

    def _array_parameter(self, name: str, value: np.ndarray) -> dict:
        if value.dtype.kind == "O":
            if value.ndim != 1:
                raise _unsaveable(name, value)
            return {"object_array": [self.parameter(name, each) for each in value]}
        if not can_hold(value.dtype):
            raise _unsaveable(name, value)
        return self.array(value)

    def _random_state(self, name: str, value: np.random.RandomState) -> dict:
        state = value.get_state(legacy=False)
        if state["bit_generator"] != "MT19937":
            raise _unsaveable(name, value)
        words = state["state"]
        return {
            "key": self.array(words["key"]),
            "position": int(words["pos"]),
            "has_gauss": int(state["has_gauss"]),
            "gauss": float(state["gauss"]),
        }

    def named(self, name: str, value: Any) -> dict:
        """Write the name of an object: Keras's own with its settings, the user's alone.

        Raises
        ------
        ValueError
            If it has no name to be found by, or another object has the same.
        """
        if name not in _OF_THE_USER:
            raise _unsaveable(name, value)
        kind = value if hasattr(value, "__name__") else type(value)
        if kind is not value and name in ("metrics", "monitor"):
            raise ValueError(
                f"{name}={value!r} cannot be saved: of a scorer a file holds the name only. Use "
                "one of scikit-learn's names, or a function of (estimator, X, y) with a name."
            )
        if (getattr(kind, "__module__", None) or "").partition(".")[0] == "keras":
            from skdense.engine.keras_serialization import describe

            description = describe(value)
            if description is not None:
                return {"keras": description}
        own_name = kind.__name__
        if not own_name.isidentifier():
            raise ValueError(
                f"{name}={value!r} cannot be saved: of an object of your own a file holds the name "
                "only, and this one has none. Give it one with `def`."
            )
        if self._named.setdefault(own_name, value) is not value:
            raise ValueError(
                f"{name}={value!r} cannot be saved: another object of the estimator is named "
                f"{own_name!r}, too, and a file holds names only. Rename one of them."
            )
        return {"custom": own_name}


def _unsaveable(name: str, value: Any) -> ValueError:
    if name == "callbacks":
        return ValueError(
            f"callbacks={value!r} cannot be saved: a file holds no code. They do nothing after "
            "training: call set_params(callbacks=None) first, or use joblib.dump."
        )
    return ValueError(
        f"{name}={value!r} cannot be saved: a file holds numbers, text, truth values, None, and "
        "lists, tuples, dicts and arrays of them. Set it to one of these, or use joblib.dump."
    )


class Reader:
    """Turns what `Writer` wrote back into values.

    Parameters
    ----------
    arrays : list of arrays
    custom_objects : dict or None
        The user's own objects by name.
    """

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

    def _custom(self, name: str, own_name: str) -> Any:
        if own_name not in self._custom_objects:
            raise Damaged(
                f"names {own_name!r} for {name}, an object of your own that is not in the file: "
                f"pass custom_objects={{{own_name!r}: the object}}."
            )
        found = self._custom_objects[own_name]
        fits = callable(found) or name not in (*_FUNCTIONS, "lr_schedule")
        fits |= name == "lr_schedule" and isinstance(found, Schedule)
        if isinstance(found, type) or not fits:
            raise Damaged(
                f"needs another custom_objects[{own_name!r}] for {name} than {found!r}: pass the "
                f"{'function' if name in _FUNCTIONS else 'object, not its class,'} itself."
            )
        return found


def _keras_object(description: dict) -> Any:
    from skdense.engine.keras_serialization import build

    return build(description)

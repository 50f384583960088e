"""Serialization: parameters, labels and arrays as JSON and arrays, without pickle."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from skdense.engine.archive import can_hold
from skdense.schedules import NAMED, Schedule

# The parameters that may be custom objects; only their names are written.
_MAY_BE_CUSTOM = ("activation", "loss", "lr_schedule", "metrics", "monitor", "optimizer")


class Writer:
    """Turns values into what JSON can hold; arrays are set apart, and counted."""

    def __init__(self) -> None:
        self.arrays: list[np.ndarray] = []
        self._named: dict[str, Any] = {}

    def array(self, array: Any) -> dict:
        """Set an array apart, and give the reference to it."""
        self.arrays.append(np.asarray(array))
        return {"array": len(self.arrays) - 1}

    def labels(self, name: str, labels: np.ndarray) -> dict:
        """Set labels apart; Python objects become JSON, if text, numbers or truth values.

        Raises ValueError if a label is something else.
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
        """Turn the value of an estimator's parameter into what JSON holds, or raise ValueError."""
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
        if type(value) in NAMED.values():
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
        """Write the name of an object: Keras's with its config, a custom one's alone.

        Raises ValueError if it has no name to be found by, or another object has the same.
        """
        if name not in _MAY_BE_CUSTOM:
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
        custom_name = kind.__name__
        if not custom_name.isidentifier():
            raise ValueError(
                f"{name}={value!r} cannot be saved: of an object of your own a file holds the name "
                "only, and this one has none. Give it one with `def`."
            )
        if self._named.setdefault(custom_name, value) is not value:
            raise ValueError(
                f"{name}={value!r} cannot be saved: another object of the estimator is named "
                f"{custom_name!r}, too, and a file holds names only. Rename one of them."
            )
        return {"custom": custom_name}


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

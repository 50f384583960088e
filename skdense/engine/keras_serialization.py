"""Keras's own optimizers, losses and activations as what JSON can hold, and back.

Nothing is ever imported or looked up by a name from a file: names index the tables below.
"""

from __future__ import annotations

from typing import Any

from skdense.engine import _compat
from skdense.engine._tensorflow import keras
from skdense.engine.activations import activation_names
from skdense.engine.keras_config import complete_config
from skdense.engine.losses import LOSS_CLASSES
from skdense.engine.optimizers import OPTIMIZERS

_SCHEDULES = (
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
)


def describe(thing: Any) -> dict | None:
    """Describe an object of Keras's own by its name and its configuration, as JSON can hold them.

    None where it is of another class, or holds what JSON cannot.
    """
    for known_name, function in _functions().items():
        if function is thing:
            return {"function": known_name}
    kind: Any = type(thing)
    name = kind.__name__
    if _classes().get(name) is not kind:
        return None
    config = complete_config(thing)
    description: dict[str, Any] = {"class": name, "config": config}
    if isinstance(config.get("learning_rate"), dict):
        # Keras puts the schedule's import path there, which is not to be followed from a file.
        del config["learning_rate"]
        description["schedule"] = describe(_compat.optimizer_schedule(thing))
        if description["schedule"] is None:
            return None
    return description if all(map(_is_plain, config.values())) else None


def build(description: dict) -> Any:
    """Make the object that `describe` described.

    Raises ValueError where the name is not in the tables, or the configuration is not plain.
    """
    if "function" in description:
        return _look_up(_functions(), description["function"])
    kind, config = _look_up(_classes(), description["class"]), description["config"]
    if not all(map(_is_plain, config.values())):
        raise ValueError(f"the configuration of {kind.__name__} is not plain: {config!r}")
    if "schedule" in description:
        config = {**config, "learning_rate": build(description["schedule"])}
    # The class itself: from_config would import what a configuration names.
    return kind(**config)


def is_activation(name: str) -> bool:
    """Whether Keras has an activation of that name."""
    return name in activation_names()


def _functions() -> dict[str, Any]:
    return {name: getattr(keras.activations, name) for name in set(activation_names().values())}


def _classes() -> dict[str, type]:
    places = (
        (keras.optimizers, OPTIMIZERS),
        (keras.losses, LOSS_CLASSES),
        (keras.optimizers.schedules, _SCHEDULES),
    )
    found = [(name, getattr(place, name, None)) for place, names in places for name in names]
    return {name: kind for name, kind in found if kind is not None}  # Keras 3.6 lacks some


def _look_up(table: dict[str, Any], name: Any) -> Any:
    if name not in table:
        raise ValueError(f"{name!r} is not among Keras's own: {', '.join(sorted(table))}")
    return table[name]


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or type(value) in (bool, int, float, str)

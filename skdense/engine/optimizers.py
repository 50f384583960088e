"""Optimizers that the user named or handed over, as configurations."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import numpy as np

from skdense.engine import _compat
from skdense.engine._tensorflow import keras
from skdense.engine.keras_config import (
    KerasConfig,
    check_exclusions,
    complete_config,
    unknown_name,
)

# Element-by-element optimizers: exact when all weights are one flat variable.
_ELEMENTWISE = frozenset(
    ("SGD", "RMSprop", "Adagrad", "Adadelta", "Adam", "AdamW", "Adamax", "Nadam", "Lion", "Ftrl")
)
OPTIMIZERS = (*sorted(_ELEMENTWISE), "Adafactor", "Lamb", "Muon")


def optimizer_config(optimizer: Any, drop_learning_rate: bool) -> tuple[KerasConfig, float | None]:
    """Describe an optimizer, with its learning rate set apart: None is a schedule, left inside.

    It is a Keras name, what ``keras.optimizers.deserialize`` takes, or an instance that is read and
    never changed. `drop_learning_rate` is whether a rate that the user gives replaces its own,
    schedule or not. Raises ValueError if the name is unknown, the object is no Keras optimizer, or
    a setting of it would be lost.
    """
    if isinstance(optimizer, str):
        return _named_optimizer(optimizer.lower())
    if isinstance(optimizer, dict):
        return _serialized_optimizer(json.dumps(optimizer, sort_keys=True), drop_learning_rate)
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise ValueError(
            f"optimizer={optimizer!r} is neither the name of a Keras optimizer nor an instance of "
            "keras.optimizers.Optimizer: pass for example 'adam' or "
            "keras.optimizers.SGD(momentum=0.9)."
        )
    check_exclusions(optimizer)
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        raise ValueError(
            f"optimizer={optimizer!r} scales the loss for float16, but training is in float32 or "
            "float64: pass its inner_optimizer."
        )
    own = _compat.optimizer_schedule(optimizer)
    kinds = (keras.optimizers.schedules.LearningRateSchedule, keras.Variable)
    if callable(own) and not isinstance(own, kinds):
        raise ValueError(
            f"optimizer={optimizer!r} has a function as its learning_rate: pass a number there, "
            "and the function, of the epoch, as lr_schedule=."
        )
    return _describe_optimizer(optimizer, drop_learning_rate)


@lru_cache  # making a Keras optimizer takes 5 ms, half of what a small fit needs in Python
def _named_optimizer(name: str) -> tuple[KerasConfig, float | None]:
    by_name = {name.lower(): name for name in OPTIMIZERS if hasattr(keras.optimizers, name)}
    if name not in by_name:
        raise unknown_name("optimizer", name, sorted(by_name), "a keras.optimizers.Optimizer")
    return _describe_optimizer(getattr(keras.optimizers, by_name[name])(), True)


@lru_cache  # as for a name
def _serialized_optimizer(text: str, drop_learning_rate: bool) -> tuple[KerasConfig, float | None]:
    optimizer = keras.optimizers.deserialize(json.loads(text))
    return _describe_optimizer(optimizer, drop_learning_rate)


def _describe_optimizer(
    optimizer: Any, drop_learning_rate: bool
) -> tuple[KerasConfig, float | None]:
    config = complete_config(optimizer)
    config.pop("name", None)  # means nothing
    if "learning_rate" not in config:
        raise ValueError(
            f"optimizer={optimizer!r} has no learning_rate in its get_config(), from which each "
            "fit builds an optimizer of its own: let it return every setting."
        )
    learning_rate = config["learning_rate"]
    if drop_learning_rate or not isinstance(learning_rate, dict):
        config["learning_rate"] = 0.001
    rate = None if isinstance(learning_rate, dict) else float(learning_rate)
    return KerasConfig.of(optimizer, config), rate


def n_slots(config: KerasConfig) -> int:
    """Count the variables that an optimizer keeps for each weight of a kernel."""
    kernel = keras.Variable(np.zeros((2, 3)))
    optimizer = config.make()
    optimizer.build([kernel])
    slots = _compat.optimizer_state(optimizer)
    return sum(tuple(slot.shape) == tuple(kernel.shape) for slot in slots)


def is_elementwise(config: KerasConfig) -> bool:
    """Whether an optimizer treats every weight alone, so that flat weights give the same steps."""
    own = config.kind.__module__.startswith("keras.") and config.kind.__name__ in _ELEMENTWISE
    return own and json.loads(config.settings).get("clipnorm") is None

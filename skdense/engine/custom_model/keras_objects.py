"""What a custom model is compiled and trained with: Keras's objects by their names, and copies."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain, count
from typing import Any

from skdense.engine._tensorflow import keras
from skdense.engine.keras_config import check_exclusions
from skdense.engine.keras_pickling import custom_objects_of

# What Keras takes for one of several metrics, once it knows the loss and the output's shape.
_OF_THE_LOSS = ("acc", "accuracy", "ce", "crossentropy")


def optimizer_of_name(name: str) -> type:
    """Give the class of one of Keras's optimizers."""
    return type(keras.optimizers.get(name))


def loss_of_name(name: str) -> Any:
    """Give one of Keras's losses: an object for the name of a class, else a function."""
    return keras.losses.get(name)


def metric_of_name(name: str) -> Any:
    """Give one of Keras's metrics; the name itself where Keras chooses by the loss."""
    return name if name in _OF_THE_LOSS else keras.metrics.get(name)


def number_metrics(given: Any, made: Any) -> None:
    """Name metrics made of names and classes, in place: "auc" in every fit, not "auc_7" in one."""
    taken: set[str] = set()
    for source, metric in zip(*map(keras.tree.flatten, (given, made)), strict=False):
        if isinstance(source, str | type) and isinstance(metric, keras.metrics.Metric):
            base = re.sub(r"_\d+$", "", metric.name)
            name = next(
                each
                for each in chain([base], (f"{base}_{place}" for place in count(1)))
                if each not in taken
            )
            metric.name = name
            taken.add(name)


def history_key(key: str, outputs: Iterable[str]) -> str:
    """Give a metric its full name in a history: "val_mae" is "val_mean_absolute_error".

    It stays as it is where Keras knows no such metric. `outputs` are the names of the model's.
    """
    starts = "|".join(map(re.escape, outputs)) or "(?!)"
    start: str = re.match(rf"(val_)?(({starts})_)?", key)[0]  # type: ignore[index]
    name = {"acc": "accuracy", "ce": "crossentropy"}.get(key[len(start) :], key[len(start) :])
    if name in _OF_THE_LOSS:
        return start + name
    try:
        metric = keras.metrics.get(name)
    except (TypeError, ValueError):  # a metric of the user's own, or a loss
        return key
    full = getattr(metric, "__name__", None) or re.sub(r"_\d+$", "", metric.name)
    return start + full


def is_callback(thing: Any) -> bool:
    """Whether something is a callback of Keras's."""
    return isinstance(thing, keras.callbacks.Callback)


def copy_keras_objects(thing: Any) -> Any:
    """Copy optimizers and metrics, also inside lists and dicts; leave all else.

    Keras ties such an object to the first model it trains, so that a second fit would fail.
    """
    if isinstance(thing, dict):
        return {key: copy_keras_objects(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return type(thing)(copy_keras_objects(value) for value in thing)
    check_exclusions(thing)
    if isinstance(thing, keras.optimizers.Optimizer | keras.metrics.Metric):
        with keras.saving.custom_object_scope(custom_objects_of(thing)):
            return type(thing).from_config(thing.get_config())
    return thing

"""Whether a model that the user's function compiled is what the estimator's parameters ask for."""

from __future__ import annotations

from typing import Any

from skdense.engine import _compat
from skdense.engine._tensorflow import keras
from skdense.engine.custom_model import keras_objects

_FIND = {"loss": keras_objects.loss_of_name, "metrics": keras_objects.metric_of_name}


def compiled_with(model: keras.Model, name: str) -> Any:
    """Give an argument of ``Model.compile`` that a model got; None where it does not tell."""
    if name == "optimizer":
        return getattr(model.optimizer, "inner_optimizer", model.optimizer)
    return (_compat.compile_arguments(model) or vars(model)).get(name)


def holds_objects(thing: Any) -> bool:
    """Whether there are Keras's objects among names and classes, with settings of their own."""
    return any(_settings(each) for each in keras.tree.flatten(thing))


def agrees(name: str, asked: Any, found: Any, settings: set[str] | None) -> bool:
    """Compare what was asked for, as an argument of ``Model.compile``, with what a model has.

    `settings` are those to compare besides the kind of each object; None is all of them.
    """
    if name not in ("optimizer", "loss", "metrics", "weighted_metrics"):
        return asked == found
    wanted, there = (keras.tree.flatten([] if each is None else each) for each in (asked, found))
    return len(wanted) == len(there) and all(
        _is_same(name, *pair, settings) for pair in zip(wanted, there, strict=True)
    )


def _is_same(name: str, asked: Any, found: Any, settings: set[str] | None) -> bool:
    kinds = [_kind(name, each) for each in (asked, found)]
    # Keras chooses "accuracy" by the loss, and has then a longer name for it.
    if kinds[0] != kinds[1] and not (
        kinds[0] in ("accuracy", "crossentropy") and kinds[1].endswith(kinds[0])
    ):
        return False
    ours, theirs = (_settings(each) for each in (asked, found))
    common = ours.keys() & theirs.keys()
    return all(ours[key] == theirs[key] for key in common if settings is None or key in settings)


def _kind(name: str, thing: Any) -> str:
    if isinstance(thing, str) and name != "optimizer":
        thing = _FIND.get(name, keras_objects.metric_of_name)(thing)
    if isinstance(thing, str):
        kind = {"acc": "accuracy", "ce": "crossentropy"}.get(thing, thing)
    else:
        kind = getattr(thing, "__name__", type(thing).__name__)
    return kind.replace("_", "").lower()


def _settings(thing: Any) -> dict[str, Any]:
    if not isinstance(thing, keras.losses.Loss | keras.metrics.Metric | keras.optimizers.Optimizer):
        return {}
    found = thing.get_config()
    if isinstance(thing, keras.losses.Loss):
        found |= _compat.loss_arguments(thing) or {}
    return {key: value for key, value in found.items() if key != "name"}

"""From the parameter `checkpoint` to the file of a training."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from skdense.callbacks.scorers import scorer_metrics
from skdense.engine.checkpoint import Checkpoint
from skdense.engine.content_key import NoContent, content_key
from skdense.engine.user_warnings import warn
from skdense.estimators.fitted_state import FittedState
from skdense.estimators.prepared_data import PreparedData
from skdense.preprocessing.fit_arguments import FitArguments

if TYPE_CHECKING:
    from skdense.engine.settings import Settings

_RATES_AT_ONCE = 2**16


def check_checkpoint(estimator: Any) -> None:
    """Refuse what is no folder, and a random state with which no two fits are the same."""
    folder, seed = estimator.checkpoint, estimator.random_state
    if folder is None:
        return
    if not str(folder):
        raise ValueError(
            f"checkpoint={folder!r} names no folder. Set checkpoint=None for none, or "
            "checkpoint='.' for the working directory."
        )
    if not isinstance(seed, Integral):
        raise ValueError(
            f"checkpoint={folder!r} needs an int as random_state, not {seed!r}: otherwise each fit "
            "draws other numbers, and none could be taken up again. Set random_state=0."
        )


def checkpoints_of(
    estimator: Any,
    task: Any,
    settings: Settings,
    begun: FittedState,
    slots: list[np.ndarray] | None,
    prepared: PreparedData,
    given: FitArguments,
) -> list[Checkpoint]:
    """Give the checkpoint of a training, or none, with a warning where no key can tell its content.

    `begun` is the state before the first epoch, `slots` are the optimizer's variables then.
    """
    if estimator.checkpoint is None:
        return []
    try:
        if estimator.callbacks or task is not None:
            raise NoContent("nothing tells what callbacks do")
        if estimator.time_limit is not None:
            raise NoContent(f"time_limit={estimator.time_limit!r} lets the clock end a training")
        parts = [type(estimator).__name__, begun, slots, prepared.training, prepared.validation]
        parts += [replace(settings, schedule=None), content_key(_rates(settings, slots, prepared))]
        content = content_key([*parts, _of_scorers(estimator, prepared, given)])
    except NoContent as reason:
        warn(
            f"checkpoint={estimator.checkpoint!r} is not used in this fit, which begins anew and "
            f"leaves no file: {reason}.",
            UserWarning,
        )
        return []
    return [Checkpoint(estimator.checkpoint, content, _about(estimator, settings, begun, prepared))]


def _rates(
    settings: Settings, slots: list[np.ndarray] | None, prepared: PreparedData
) -> Iterator[np.ndarray]:
    """Give the learning rates of a schedule: whatever function makes them, they are its content."""
    if settings.learning_rate is None:
        schedule = json.loads(settings.optimizer.settings)["learning_rate"]
        if not str(schedule["module"]).startswith("keras."):
            raise NoContent(f"nothing tells what the optimizer's {schedule['class_name']} does")
    if settings.schedule is None:
        return
    n_steps = -(-len(prepared.training.y) // settings.batch_size)
    n_taken = int(slots[0]) if slots else 0
    n_epochs = max(_RATES_AT_ONCE // n_steps, 1)
    for first in range(0, settings.epochs, n_epochs):
        epochs = np.arange(first, min(first + n_epochs, settings.epochs))[:, None]
        steps = np.arange(n_steps)
        passed = settings.first_epoch + epochs + steps / n_steps
        yield settings.schedule(passed, n_taken + epochs * n_steps + steps)


def _of_scorers(estimator: Any, prepared: PreparedData, given: FitArguments) -> Any:
    """Give what scorers that Python computes depend on; the program's are in its settings."""
    in_python = prepared.validation is not None and prepared.metrics is None
    scorers = scorer_metrics(estimator) if in_python else []
    if not scorers:
        return None
    samples = given.validation_samples(prepared.indices[1])
    named = [(each.name, each.scorer) for each in scorers]
    return type(estimator), named, [None if part is None else _plain(part) for part in samples]


def _plain(part: Any) -> Any:
    """Give a table or list as an array; its columns' names are in it."""
    if hasattr(part, "columns"):
        return list(part.columns), [np.asarray(part[name]) for name in part.columns]
    return part if hasattr(part, "indptr") else np.asarray(part)


def _about(
    estimator: Any, settings: Settings, begun: FittedState, prepared: PreparedData
) -> dict[str, Any]:
    architecture, member = begun.architecture, estimator._member
    sizes = (architecture.n_features, *architecture.hidden_layer_sizes, architecture.n_outputs)
    return {
        "estimator": type(estimator).__name__,
        "layers": "-".join(map(str, sizes)),
        "samples": len(prepared.training.y),
        "member": "" if member is None else f"{member[0] + 1}/{member[1]}",
        "epochs": settings.epochs,
    }

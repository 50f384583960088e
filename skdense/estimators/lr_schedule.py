"""From the parameter `lr_schedule` to what the engine follows."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from skdense.schedules import NAMED, ReduceOnPlateau, Schedule

if TYPE_CHECKING:
    from skdense.engine.settings import RateFunction, Settings


def with_schedule(
    settings: Settings, estimator: Any, history: Mapping[str, Sequence[float]] | None
) -> Settings:
    """Add an estimator's schedule of the learning rate to its settings.

    `history` is that of the training that goes on: a schedule counts its epochs, too. Raises
    ValueError if there is no such schedule, one of its parameters is out of range, or the optimizer
    or `learning_rate` cannot be combined with it.
    """
    lr_schedule, learning_rate = estimator.lr_schedule, estimator.learning_rate
    first = 0 if history is None else len(history["loss"])
    settings = replace(settings, first_epoch=first)
    if lr_schedule is None or (isinstance(lr_schedule, str) and lr_schedule == "constant"):
        return settings
    schedule = _read(lr_schedule)
    if settings.learning_rate is None:
        raise ValueError(
            f"lr_schedule={lr_schedule!r} cannot be used with this optimizer, which has a "
            "schedule of its own: give one of the two, or a learning_rate to start from."
        )
    end = max(estimator.epochs, first + settings.epochs)
    if isinstance(schedule, ReduceOnPlateau):
        return _on_plateau(settings, schedule, history or {})
    if isinstance(schedule, Schedule):
        start = settings.learning_rate
        return replace(settings, schedule=lambda epochs, _: schedule.rates(epochs, start, end))
    from skdense.engine.learning_rates import keras_schedule

    of_steps = keras_schedule(schedule)
    takes_rate = of_steps is None and _takes_rate(schedule)
    if learning_rate is not None and not takes_rate:
        raise ValueError(
            f"learning_rate={learning_rate!r} and lr_schedule={lr_schedule!r} contradict each "
            "other, for this schedule gives the rate itself: set learning_rate=None."
        )
    if of_steps is None:
        return replace(settings, schedule=_by_epoch(schedule, takes_rate, settings.learning_rate))
    return replace(settings, schedule=of_steps)


def with_rates(settings: Settings, rates: Sequence[float]) -> Settings:
    """Take the rate of each epoch from a list, in place of any schedule."""
    table = np.array(rates)
    return replace(
        settings, plateau=None, schedule=lambda epochs, _: table[np.floor(epochs).astype(int)]
    )


def _read(lr_schedule: Any) -> Any:
    """Give the schedule that a name stands for, or check the object."""
    known = (
        f"'constant', {', '.join(map(repr, NAMED))}, an object of skdense.schedules, a function of "
        "the epoch (from 0) that gives the rate, or a keras.optimizers.schedules object"
    )
    if isinstance(lr_schedule, str):
        if lr_schedule not in NAMED:
            raise ValueError(f"lr_schedule={lr_schedule!r} is unknown. It takes {known}.")
        return NAMED[lr_schedule]()
    if isinstance(lr_schedule, Schedule):
        lr_schedule._validate_params()
    elif isinstance(lr_schedule, type) or not callable(lr_schedule):
        raise ValueError(f"lr_schedule={lr_schedule!r} is no schedule. It takes {known}.")
    return lr_schedule


def _on_plateau(settings: Settings, schedule: ReduceOnPlateau, history: Mapping) -> Settings:
    from skdense.engine.plateau import Plateau

    metrics = history.get(settings.monitor, history.get("loss", ()))
    return replace(settings, plateau=Plateau(**schedule.get_params(), earlier=tuple(metrics)))


def _takes_rate(function: Callable) -> bool:
    """Whether a function asks for the current rate beside the epoch, as Keras's schedulers may."""
    try:
        signature = inspect.signature(function)
    except ValueError:  # a built-in function
        return False
    needed = [p for p in signature.parameters.values() if p.default is p.empty]
    return sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in needed) == 2


def _by_epoch(function: Callable, takes_rate: bool, rate: float) -> RateFunction:
    """Ask a function for the rate of each epoch, once and in order, as far as they are needed."""
    from skdense.engine.learning_rates import check_rate

    rates = [rate]  # the one before the first epoch, and that of each epoch

    def of_epochs(epochs: np.ndarray, taken: np.ndarray) -> np.ndarray:
        del taken
        numbers = np.floor(epochs).astype(int)
        first, last = int(numbers.min()), int(numbers.max())
        for epoch in range(len(rates) - 1, last + 1):
            given = function(epoch, rates[-1]) if takes_rate else function(epoch)
            rates.append(check_rate(f"lr_schedule({epoch})", given))
        return np.array(rates[first + 1 : last + 2])[numbers - first]

    return of_epochs

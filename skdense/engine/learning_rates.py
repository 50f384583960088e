"""The learning rate of each step: constant, by a schedule, or changed by a callback."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from skdense.engine._tensorflow import keras, tf
from skdense.engine.plateau import PlateauTracker
from skdense.engine.program_key import ProgramKey
from skdense.engine.settings import RateFunction, Settings

# What of a schedule is checked before training; the rest is when it is needed.
_CHECKED_EPOCHS, _CHECKED_STEPS = 2**16, 16
_VANISHING = 1e-30  # a rate that falls from below this to zero has been rounded


class LearningRates:
    """The learning rates of a training, as far as they are known.

    The optimizer has taken `n_taken` steps before. `now` is the rate after the last epoch, None
    where the optimizer has a schedule of its own; `used` has that at the end of each epoch run;
    `change` is whether there is a schedule, or a callback has set another rate. Raises ValueError
    where a rate of the schedule's first epochs is no positive number.
    """

    def __init__(self, settings: Settings, key: ProgramKey, n_samples: int, n_taken: int):
        self.now = settings.learning_rate
        self.used: list[float] = []
        self.change = settings.schedule is not None or settings.plateau is not None
        self._schedule = settings.schedule
        self._shape = (key.sizes.epochs_per_call, key.sizes.n_steps)
        self._n_steps = -(-n_samples // key.sizes.batch_size)
        self._first_epoch, self._n_taken = settings.first_epoch, n_taken
        self._ends: list[float] = []
        self._constant: Any = None
        self._least = np.inf
        if self._schedule is not None:
            steps = np.linspace(0, self._n_steps - 1, min(self._n_steps, _CHECKED_STEPS))
            self._scheduled(0, min(settings.epochs, _CHECKED_EPOCHS), steps.astype(int))
        self._plateau: PlateauTracker | None = None
        if settings.plateau is not None:
            self._plateau = PlateauTracker(settings.plateau, settings.greater_is_better)
            self._monitor = settings.monitor
            for metric in settings.plateau.earlier:
                self.now = self._plateau.rate_after(metric, self._known())

    def for_call(self, first: int, n_epochs: int) -> tf.Tensor | None:
        """Give the rates of one call, float32 (epochs_per_call, steps), from its first epoch on."""
        if self.now is None:
            return None
        if self._schedule is not None:
            rates, self._least = self._scheduled(first, n_epochs, np.arange(self._n_steps))
            self._ends = rates[:, -1].tolist()
            filled = np.zeros(self._shape, np.float32)
            filled[:n_epochs, : self._n_steps] = rates
            return tf.constant(filled)
        self._ends = [self.now] * n_epochs
        if self._constant is None:
            self._constant = tf.fill(self._shape, tf.constant(self.now, tf.float32))
        return self._constant

    def record(self, place: int) -> None:
        """Note that an epoch of the last call, numbered from 0 in it, has run."""
        if self.now is not None:
            self.now = self._ends[place]
            self.used.append(self.now)

    def follow(self, logs: dict[str, float]) -> None:
        """Reduce the rate where an epoch's logs say so, and that is wanted."""
        if self._plateau is not None:
            of_training = self._monitor == "val_loss" and "val_loss" not in logs
            metric = logs["loss" if of_training else self._monitor]
            self.set(self._plateau.rate_after(metric, self._known()))

    def set(self, rate: float) -> None:
        """Take one rate from the next epoch on, in place of any schedule.

        Raises ValueError if it is no positive number, or the optimizer has a schedule of its own.
        """
        if self.now is None:
            raise ValueError(
                f"learning_rate={rate!r} cannot be set: the optimizer was made with a schedule of "
                "its own. Pass that as lr_schedule instead."
            )
        rate = check_rate("learning_rate", rate)
        if rate != self.now:
            self.now, self.change = rate, True
            self._schedule = self._constant = None

    def _known(self) -> float:
        assert self.now is not None  # a schedule of the optimizer's own excludes others
        return self.now

    def _scheduled(self, first: int, n_epochs: int, steps: np.ndarray) -> tuple[np.ndarray, float]:
        """Rates of some steps of some epochs, checked, and the least above zero in the last one."""
        assert self._schedule is not None
        epochs = np.arange(first, first + n_epochs)[:, None]
        taken = self._n_taken + epochs * self._n_steps + steps
        passed = self._first_epoch + epochs + steps / self._n_steps
        rates = self._schedule(passed, taken)
        wrong = ~(np.isfinite(rates) & (rates >= 0))
        # A warm-up may begin at zero, but an epoch at zero learns nothing.
        is_zero = ~(rates > 0).any(axis=1)
        least = np.where(is_zero, 0, np.where(rates > 0, rates, np.inf).min(axis=1))
        before = np.array([self._least, *least[:-1]])
        bad = wrong.any(axis=1) | (is_zero & (before >= _VANISHING))
        if bad.any():
            number = int(np.flatnonzero(bad)[0])
            row = rates[number]
            shown = float(row[wrong[number]][0] if wrong[number].any() else row[-1])
            raise ValueError(
                f"lr_schedule gives a learning rate of {shown:g} in epoch "
                f"{self._first_epoch + first + number} (counted from 0): every epoch needs a rate "
                "above zero. Let it end later, or at a positive rate."
            )
        return rates, float(least[-1])


def check_rate(name: str, rate: Any) -> float:
    """Read a learning rate; raise ValueError, with its name, if it is no positive number."""
    if isinstance(rate, np.ndarray | tf.Tensor) or hasattr(rate, "numpy"):
        rate = np.asarray(rate)
        rate = rate.item() if rate.ndim == 0 else rate
    if isinstance(rate, bool) or not isinstance(rate, Real) or not 0 < float(rate) < np.inf:
        raise ValueError(f"{name}={rate!r} is no learning rate: it has to be a positive number.")
    return float(rate)


def keras_schedule(schedule: Any) -> RateFunction | None:
    """Give what evaluates a schedule of Keras's for many steps at once; None for other things."""
    if not isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
        return None

    def rate(step):
        return tf.reshape(tf.cast(schedule(step), tf.float32), ())

    # One by one, a thousand steps take seconds.
    rates = tf.function(
        lambda steps: tf.vectorized_map(rate, steps),
        input_signature=[tf.TensorSpec([None], tf.int64)],
        autograph=False,
    )

    def of_steps(epochs: np.ndarray, taken: np.ndarray) -> np.ndarray:
        del epochs
        try:
            return rates(tf.constant(taken.ravel(), tf.int64)).numpy().reshape(taken.shape)
        except Exception as error:  # whatever a user's schedule raises
            raise ValueError(
                f"lr_schedule={schedule!r} cannot be computed: {error}. It has to take the number "
                "of a step and give a rate, by functions of keras.ops."
            ) from error

    return of_steps

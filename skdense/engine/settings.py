"""How to train."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from skdense.engine.keras_config import KerasConfig
from skdense.engine.plateau import Plateau

RateFunction = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Gives learning rates, (n_epochs, n_steps), for arrays of that shape: the epochs that have passed,
with the part of the one under way; and the number of steps that the optimizer has taken."""


@dataclass(frozen=True)
class ProgramMetrics:
    """What a program computes on the validation set after each epoch, besides the loss."""

    names: tuple[str, ...]  # scikit-learn's scorers, of those in `engine.metrics.METRICS`
    task: str  # "regression", or the kind of a `ClassEncoding`

    @property
    def history_names(self) -> list[str]:
        """What they are called in the history."""
        return [f"val_{name}" for name in self.names]


@dataclass(frozen=True)
class Settings:
    """How to train, without any object of Keras's."""

    optimizer: KerasConfig
    loss: KerasConfig
    learning_rate: float | None  # None leaves it to the schedule in `optimizer`
    batch_size: int
    epochs: int
    l1: tuple[float, ...]  # as l2 of length `architecture.n_penalties`
    l2: tuple[float, ...]
    dropout: tuple[float, ...]  # of length `architecture.n_hidden`
    early_stopping: bool = False
    patience: int = 10
    min_delta: float = 0.0
    restore_best_weights: bool = True
    monitor: str = "val_loss"  # "val_loss", "loss", one of `metrics`, or one that a callback adds
    greater_is_better: bool = False  # of the metric monitored
    start_from_epoch: int = 0  # epochs before the first that counts for early stopping
    input_dropout: float = 0.0
    input_noise: float = 0.0
    # the learning rate of each step; None keeps `learning_rate`
    schedule: RateFunction | None = None
    # reduces the rate where the metric monitored (without validation data, the training loss)
    # stands still; training then goes from call to call by single epochs
    plateau: Plateau | None = None
    # of the sparse categorical cross-entropy, whose targets are class indices; other losses are
    # given smooth targets
    label_smoothing: float = 0.0
    first_epoch: int = 0  # epochs of earlier trainings, which a schedule counts, too
    metrics: ProgramMetrics | None = None  # those that the program computes

    @property
    def random_rates(self) -> tuple[float, ...]:
        """Rates and the noise's standard deviation, for the architecture's `random_places`."""
        return (*self.dropout, self.input_dropout, self.input_noise)

    @property
    def monitored(self) -> int:
        """Which of the program's losses and metrics is monitored; 0 where a callback adds it."""
        metrics = [] if self.metrics is None else self.metrics.history_names
        names = ["loss", "val_loss", *metrics]
        return names.index(self.monitor) if self.monitor in names else 0

"""The record of a training: history, best epoch, state to give back, reason to stop."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdense.engine.early_stopping import after_epoch, choose
from skdense.engine.settings import Settings


class TrainingRecord:
    """The history of a training, its best epoch and the reasons to end it.

    `in_python` is whether early stopping is decided here, epoch by epoch, instead of inside the
    program. `best_epoch` is from 1: the last finite one where the metric monitored never counted.
    `kept` is the State to give back, None where that is the program's own choice. `best` and `wait`
    are those of early stopping, as in its `Decision`. `reason` is why training ended: ``"epochs"``,
    ``"early_stopping"``, ``"not_finite"``, ``"interrupted"``, or what a callback gave as the
    reason, ``"callback"`` where it gave none.
    """

    def __init__(self, settings: Settings, in_python: bool):
        self.history: dict[str, list[float]] = {"loss": []}
        self.best_epoch = 0
        self.kept: Any = None
        self.stopped = False
        self.reason = "epochs"
        self._settings = settings
        self._in_python = in_python
        self.best, self.wait = np.inf, 0

    @property
    def n_epochs(self) -> int:
        """Epochs run."""
        return len(self.history["loss"])

    def update(self, logs: dict[str, float], state: Any, *, finite: bool, stop: bool | str) -> None:
        """Take in what an epoch brought.

        `state` is that after the last epoch of the call, `finite` whether loss and weights were,
        `stop` whether a callback wants training to end, or why.
        """
        number = self.n_epochs + 1
        for name in {**self.history, **logs}:
            column = self.history.setdefault(name, [np.nan] * (number - 1))
            column.append(logs.get(name, np.nan))
        settings = self._settings
        metric = logs.get(settings.monitor, np.nan)
        metric = -metric if settings.greater_is_better else metric
        decision = after_epoch(
            metric, number - 1, finite, self.best, self.wait, settings, where=choose
        )
        self.best, self.wait = decision.best, decision.wait
        if decision.better or (finite and self.best == np.inf):
            self.best_epoch = number
        if not finite:
            self.stop_training("not_finite")
        elif stop:
            self.stop_training(stop if isinstance(stop, str) else "callback")
        if self._in_python:
            if decision.keep:
                self.kept = state
            if decision.stop:
                self.stop_training("early_stopping")

    @property
    def logs(self) -> dict[str, float]:
        """Of the last epoch."""
        return {name: column[-1] for name, column in self.history.items() if column}

    @property
    def mark(self) -> tuple:
        """What an epoch changes, to go `back_to` it."""
        changed = {name: value for name, value in vars(self).items() if name != "history"}
        return self.n_epochs, tuple(self.history), changed

    def back_to(self, mark: tuple) -> None:
        """Forget what came after a mark, whole or half-done."""
        n_epochs, names, changed = mark
        vars(self).update(changed)
        self.history = {name: self.history[name][:n_epochs] for name in names}

    def stop_training(self, reason: str) -> None:
        """Note that training is to stop here; the first reason counts."""
        if not self.stopped:
            self.stopped, self.reason = True, reason

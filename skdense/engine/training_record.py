"""When to keep an epoch's weights and when to stop: one rule, for numbers and for tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from skdense.engine.settings import Settings


def improved(loss, best, min_delta):
    """Whether `loss` beats `best` by more than `min_delta`, as Keras's ``EarlyStopping`` judges.

    Parameters
    ----------
    loss, best, min_delta : float or float64 tensor

    Returns
    -------
    bool or bool tensor

    Examples
    --------
    >>> improved(0.5, 0.6, 0.0), improved(0.5, 0.5, 0.0), improved(0.55, 0.6, 0.1)
    (True, False, False)

    References
    ----------
    L. Prechelt, "Early stopping - but when?", in Neural Networks: Tricks of the Trade, 1998.
    """
    return loss + min_delta < best


class TrainingRecord:
    """The history of a training, its best epoch and the reasons to end it.

    Parameters
    ----------
    settings : Settings
        Its early stopping, the figure that is watched, and what counts as better.
    in_python : bool
        Whether early stopping is judged here, epoch by epoch, instead of inside the program.

    Attributes
    ----------
    history : dict of lists
    best_epoch : int
        From 1; the last finite one where the figure watched was never better.
    kept : State or None
        The state to give back; None where that is the program's own choice.
    stopped : bool
    reason : str
        Why training ended: ``"epochs"``, ``"early_stopping"``, ``"not_finite"``, or what someone
        a callback gave as the reason, ``"callback"`` where that was none; ``"interrupted"``.
    """

    def __init__(self, settings: Settings, in_python: bool):
        self.history: dict[str, list[float]] = {"loss": []}
        self.best_epoch = 0
        self.kept: Any = None
        self.stopped = False
        self.reason = "epochs"
        self._settings = settings
        self._in_python = in_python
        self._best, self._wait, self._found = np.inf, 0, False

    @property
    def n_epochs(self) -> int:
        """Epochs seen."""
        return len(self.history["loss"])

    def update(self, logs: dict[str, float], state: Any, *, finite: bool, stop: bool | str) -> None:
        """Take in what an epoch brought.

        Parameters
        ----------
        logs : dict of str to float
        state : State
            After the last epoch of the call.
        finite : bool
            Whether loss and weights were.
        stop : bool or str
            Whether someone wants training to end, or why.
        """
        number = self.n_epochs + 1
        for name in {**self.history, **logs}:
            column = self.history.setdefault(name, [np.nan] * (number - 1))
            column.append(logs.get(name, np.nan))
        settings = self._settings
        judged = number > settings.start_from_epoch
        watched = logs.get(settings.monitor, np.nan)
        if settings.greater_is_better:
            watched = -watched
        better = finite and judged and bool(improved(watched, self._best, settings.min_delta))
        if better:
            self._best, self._found = watched, True
        if better or (finite and not self._found):
            self.best_epoch = number
        self._wait = 0 if better or not judged else self._wait + 1
        if not finite:
            self.stop_training("not_finite")
        elif stop:
            self.stop_training(stop if isinstance(stop, str) else "callback")
        if self._in_python:
            keep_best = settings.early_stopping and settings.restore_best_weights
            if finite and (better or not judged or not keep_best):
                self.kept = state
            out_of_patience = judged and not better and self._wait >= settings.patience
            if settings.early_stopping and out_of_patience:
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
        """Take note that training stop_training here; the first reason counts."""
        if not self.stopped:
            self.stopped, self.reason = True, reason

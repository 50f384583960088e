"""Pruning: Optuna ends a trial whose network learns worse than those of other trials."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from skdense.callbacks.scorers import LOSSES, monitor_name


class OptunaPruning:
    """Callback of scikit-learn that reports each epoch to Optuna, and ends trials that it prunes.

    It is made for one trial and set on its estimator, in a pipeline on the network itself. All fits
    of the trial count: those of the folds of `cross_val_score` one after the other, and in each of
    them the members of an ensemble. `clone` keeps it. The metric is that of the network's own
    validation set, so that the rows a fold is tested on are not looked at.

    .. versionadded:: 0.1

    Parameters
    ----------
    trial : optuna.Trial
        What is reported at step ``number_of_the_training * epochs + epoch`` is the mean over the
        trainings that have begun, each with its last metric so far; so all trials need the same
        `epochs`. Losses are negated where the study maximizes, scores where it minimizes.
    monitor : str, default="val_loss"
        Name of a loss or a score of `history_`, as the estimator's `monitor` and `metrics` name
        them.
    interval : int, default=1
        Epochs from one report to the next; a report may take longer than a short epoch.

    See Also
    --------
    search_space : Ranges of parameters for a trial.

    Notes
    -----
    It needs scikit-learn 1.9, and runs in the process of its trial: leave `n_jobs` at 1, and run
    several processes on one storage of Optuna's instead. `cross_val_score` has to be told
    ``error_score="raise"``, since pruning is an exception.

    Examples
    --------
    >>> from skdense import DenseClassifier, OptunaPruning
    >>> def objective(trial):
    ...     rate = trial.suggest_float("learning_rate", 1e-4, 1e-2, log=True)
    ...     net = DenseClassifier(learning_rate=rate, validation_fraction=0.2)
    ...     net.set_callbacks(OptunaPruning(trial))
    ...     return cross_val_score(net, X, y, error_score="raise").mean()
    """

    def __init__(self, trial: Any, monitor: str = "val_loss", interval: int = 1):
        if not (isinstance(interval, int | np.integer) and interval >= 1):
            raise ValueError(f"interval={interval!r} has to be a number of epochs, at least 1.")
        self.trial = trial
        self.monitor = monitor
        self.interval = interval
        self._process = os.getpid()
        self._training: Any = None  # the task whose subtasks the epochs are
        self._values: list[float] = []  # the last one of each training

    def setup(self, estimator: Any, context: Any) -> None:
        """Refuse to report from another process, which does not know of the other folds.

        Parameters
        ----------
        estimator : estimator
            Which is fitted.
        context : sklearn.callback.CallbackContext
            Of its task.

        Raises
        ------
        RuntimeError
            In another process.
        """
        if os.getpid() != self._process:
            raise RuntimeError(
                "OptunaPruning counts the folds of its trial, so that all have to be fitted in its "
                "process: leave n_jobs at 1 there, and run several processes on the same storage."
            )

    def teardown(self, estimator: Any, context: Any) -> None:
        """Do nothing.

        Parameters
        ----------
        estimator : estimator
            Which is fitted.
        context : sklearn.callback.CallbackContext
            Of its task.
        """

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Do nothing.

        Parameters
        ----------
        estimator : estimator
            Which is fitted.
        context : sklearn.callback.CallbackContext
            Of its task.
        """

    def on_fit_task_end(
        self, estimator: Any, context: Any, *, fitted_estimator: Any = None
    ) -> None:
        """Report an epoch.

        Parameters
        ----------
        estimator : estimator
            Which is fitted.
        context : sklearn.callback.CallbackContext
            Of its task.
        fitted_estimator : estimator, default=None
            As it is after the epoch.

        Raises
        ------
        optuna.TrialPruned
            If the trial is to end.
        ValueError
            If the metric is not in the history.
        """
        training = context.parent
        if context.task_name != "epoch" or training.task_name == "refit":
            return
        if self._training is not training:
            self._training = training
            self._values.append(0.0)
        self._values[-1] = self._value(fitted_estimator.history_)
        if (context.task_id + 1) % self.interval == 0:
            n_before = len(self._values) - 1
            self._report(n_before * training.max_subtasks + context.task_id)

    def _report(self, step: int) -> None:
        mean = sum(self._values) / len(self._values)
        maximizes = self.trial.study.direction.name == "MAXIMIZE"
        self.trial.report(mean if maximizes else -mean, step)
        if self.trial.should_prune():
            from optuna import TrialPruned

            name = monitor_name(self.monitor)
            metric = -mean if name in LOSSES else mean
            raise TrialPruned(f"worse than other trials, with a {name} of {metric:.4g}")

    def _value(self, history: dict[str, list[float]]) -> float:
        """Give the last metric, more of which is better."""
        name = monitor_name(self.monitor)
        if name not in history:
            raise ValueError(
                f"monitor={self.monitor!r} is not in the history, which has {', '.join(history)}: "
                "give the network a validation set by early_stopping=True or validation_fraction, "
                "and name scores in its monitor or metrics."
            )
        value = history[name][-1]
        return -value if name in LOSSES else value

"""Which callbacks a training of a dense estimator has."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from skdense.callbacks.fit_logging import EpochLog, logs_epochs
from skdense.callbacks.progress import Progress
from skdense.callbacks.scorers import ScorerCallback, scorer_metrics
from skdense.callbacks.sklearn_callbacks import EpochTasks, FitTask
from skdense.callbacks.time_limit import TimeLimit
from skdense.estimators.checkpoint import checkpoints_of
from skdense.estimators.fitted_state import FittedState, extended_history
from skdense.estimators.prepared_data import PreparedData
from skdense.preprocessing.fit_arguments import FitArguments

if TYPE_CHECKING:
    from skdense.engine.epoch import Epoch
    from skdense.engine.settings import Settings


def check_callbacks(callbacks: Any) -> None:
    """Refuse Keras callbacks that cannot be met, before anything else is done."""
    if callbacks:
        from skdense.engine import keras_callbacks

        keras_callbacks.check_callbacks(callbacks)


class FitCallbacks:
    """The callbacks of one training, that starts from the state `begun`.

    The second training of `refit_best_epoch` (`is_refit`) has neither time limit nor scorers.
    `keras_copies` are the copies of the Keras callbacks that this training uses.
    """

    def __init__(
        self,
        estimator: Any,
        settings: Settings,
        begun: FittedState,
        task: FitTask | None,
        is_refit: bool,
    ):
        self._estimator, self._settings, self._begun = estimator, settings, begun
        self._task, self._is_refit = task, is_refit
        self.keras_copies: list[Any] | None = None

    def for_training(
        self, prepared: PreparedData, given: FitArguments, slots: list[np.ndarray] | None
    ) -> list[Any]:
        """Give the callbacks, for a `CallbackList`; none where training need not stop for any.

        `slots` are the optimizer's variables before the first epoch.
        """
        estimator, settings = self._estimator, self._settings
        callbacks: list[Any] = []
        if estimator.time_limit is not None and not self._is_refit:
            callbacks.append(TimeLimit(estimator.time_limit))
        if estimator.callbacks:
            callbacks.append(self._keras_callbacks(len(prepared.training.y)))
        if self._task is not None:
            train, _ = prepared.indices
            callbacks.append(EpochTasks(self._task, self._attributes, train, settings.epochs))
        if estimator.verbose:
            verbose = int(estimator.verbose)
            callbacks.append(Progress(verbose, settings.epochs, settings.first_epoch, self._whose))
        if logs_epochs():
            name = " - ".join(filter(None, (type(estimator).__name__, self._whose)))
            callbacks.append(EpochLog(name, settings.first_epoch))
        in_python = prepared.validation is not None and prepared.metrics is None
        if in_python and scorer_metrics(estimator):
            callbacks.insert(0, self._scorers(prepared, given))
        of_training = settings, self._begun, slots, prepared, given
        return [*callbacks, *checkpoints_of(estimator, self._task, *of_training)]

    @property
    def _whose(self) -> str:
        """Which member of an ensemble is trained, in words."""
        if self._estimator._member is None:
            return ""
        number, n_members, _ = self._estimator._member
        return f"Member {number + 1}/{n_members}"

    def _scorers(self, prepared: PreparedData, given: FitArguments) -> ScorerCallback:
        view = copy(self._estimator)
        self._begun.put_into(view)
        return ScorerCallback(view, given.validation_samples(prepared.indices[1]))

    def _attributes(self, epoch: Epoch, logs: list[dict[str, float]]) -> dict[str, Any]:
        n_iter = self._settings.first_epoch + epoch.number
        names = dict.fromkeys(["loss", *(name for each in logs for name in each)])
        new = {name: [each.get(name, np.nan) for each in logs] for name in names}
        history = extended_history(self._begun.history, new)
        now = replace(self._begun, weights=epoch.weights, history=history, n_iter=n_iter)
        return now.attributes()

    def _keras_callbacks(self, n_samples: int) -> Any:
        from skdense.engine import keras_callbacks

        estimator, settings, begun = self._estimator, self._settings, self._begun
        is_new = settings.first_epoch == 0 and not self._is_refit
        self.keras_copies = keras_callbacks.copies_for_fit(estimator.callbacks, is_new)
        return keras_callbacks.KerasCallbacks(
            self.keras_copies,
            lambda weights: estimator._keras_model(replace(begun, weights=weights), settings),
            first_epoch=settings.first_epoch,
            epochs=settings.epochs,
            steps=-(-n_samples // settings.batch_size),
            verbose=int(estimator.verbose),
        )

"""Who watches a training: a clock, callbacks, the printer and the log, in that order."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from skdense.callbacks.scorers import TimeLimit
from skdense.callbacks.sklearn_callbacks import EpochTasks, FitTask

if TYPE_CHECKING:
    from skdense.engine.epoch import Epoch
    from skdense.engine.settings import Settings
    from skdense.networks.architecture import Architecture
    from skdense.preprocessing.validation_split import FitArguments

_logger = logging.getLogger("skdense")


def check_callbacks(callbacks: Any) -> None:
    """Refuse Keras callbacks that cannot be met, before anything else is done.

    Parameters
    ----------
    callbacks : list, tuple or None
        An estimator's parameter.
    """
    if callbacks:
        from skdense.engine import keras_callbacks

        keras_callbacks.check_callbacks(callbacks)


def begin_task(estimator: Any, given: FitArguments, epochs: int) -> None:
    """Tell the callbacks of scikit-learn, if there are any, that a fit begins.

    Parameters
    ----------
    estimator : DenseClassifier or DenseRegressor
        Gets the attribute `_fit_task`, to be taken away by `end_task`.
    given : FitArguments
    epochs : int
    """
    if getattr(estimator, "_skl_callbacks", None):
        estimator._fit_task = FitTask(estimator, given, epochs)


def end_task(estimator: Any) -> None:
    """Tell them that the estimator is fitted.

    Parameters
    ----------
    estimator : DenseClassifier or DenseRegressor
    """
    if "_fit_task" in vars(estimator):
        vars(estimator).pop("_fit_task").end()


def epoch_callbacks_of(
    estimator: Any, architecture: Architecture, settings: Settings, n_samples: int, rows: Any
) -> list[Any]:
    """Give whoever is to see each epoch of a training, and sets `callbacks_`.

    Parameters
    ----------
    estimator : DenseClassifier or DenseRegressor
        In training.
    architecture : Architecture
    settings : Settings
    n_samples : int
        Training rows.
    rows : int array or None
        Their numbers among those given to `fit`; None is all of them.

    Returns
    -------
    list of callables
        For `callback_list`; empty where nobody watches, and training need not stop for them.
    """
    first_epoch, epochs = settings.first_epoch, settings.epochs
    callbacks: list[Any] = []
    vars(estimator).pop("callbacks_", None)  # of an earlier fit
    if estimator.time_limit is not None:
        callbacks.append(TimeLimit(estimator.time_limit))
    if estimator.callbacks:
        callbacks.append(_keras_callbacks(estimator, architecture, settings, n_samples))
    if "_fit_task" in vars(estimator):

        def fitted(epoch: Epoch) -> dict[str, Any]:
            n_iter = first_epoch + epoch.number
            return {"weights_": epoch.weights, "architecture_": architecture, "n_iter_": n_iter}

        callbacks.append(EpochTasks(estimator._fit_task, fitted, rows, epochs))
    if estimator.verbose:
        from skdense.callbacks.progress import Progress

        callbacks.append(Progress(int(estimator.verbose), epochs, first_epoch))
    if _logger.isEnabledFor(logging.DEBUG):
        callbacks.append(_EpochLog(type(estimator).__name__, first_epoch))
    return callbacks


def _keras_callbacks(estimator: Any, architecture: Any, settings: Settings, n_samples: int) -> Any:
    from skdense.engine import keras_callbacks

    is_refit = estimator.refit_best_epoch and not estimator.early_stopping
    is_new = settings.first_epoch == 0 and not is_refit
    copies = keras_callbacks.copies_for_fit(estimator.callbacks, is_new)
    estimator.callbacks_ = copies
    return keras_callbacks.KerasCallbacks(
        copies,
        lambda weights: estimator._keras_model(architecture, settings, weights),
        first_epoch=settings.first_epoch,
        epochs=settings.epochs,
        steps=-(-n_samples // settings.batch_size),
        verbose=int(estimator.verbose),
    )


class _EpochLog:
    """Writes a record for each epoch."""

    def __init__(self, name: str, first_epoch: int):
        self._name, self._first_epoch = name, first_epoch

    def on_epoch_end(self, epoch: Epoch) -> None:
        number = self._first_epoch + epoch.number
        _log(logging.DEBUG, "epoch", {"estimator": self._name, "epoch": number, **epoch.logs})


def log_fit(estimator: Any) -> None:
    """Write a record of a fit that has ended.

    Parameters
    ----------
    estimator : DenseClassifier or DenseRegressor
        Fitted.
    """
    if _logger.isEnabledFor(logging.INFO):
        names = ("n_iter_", "best_epoch_", "best_loss_", "stopped_by_")
        logs = {name.strip("_"): getattr(estimator, name) for name in names}
        _log(logging.INFO, "fit", {"estimator": type(estimator).__name__, **logs})


def _log(level: int, event: str, logs: dict[str, Any]) -> None:
    """Write a record, with its logs in words and, for machines, as the attribute `skdense`."""
    words = ", ".join(f"{name}={value}" for name, value in logs.items())
    _logger.log(level, "%s: %s", event, words, extra={"skdense": {"event": event, **logs}})

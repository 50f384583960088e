"""The logger "skdense": a record for each fit (INFO) and each epoch (DEBUG)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skdense.engine.epoch import Epoch

_logger = logging.getLogger("skdense")


def logs_epochs() -> bool:
    """Tell whether the logger takes a record of each epoch."""
    return _logger.isEnabledFor(logging.DEBUG)


class EpochLog:
    """Writes a record for each epoch, counted on from `first_epoch`, those of earlier trainings."""

    def __init__(self, name: str, first_epoch: int):
        self._name, self._first_epoch = name, first_epoch

    def on_epoch_end(self, epoch: Epoch) -> None:
        """Write the record of an epoch."""
        number = self._first_epoch + epoch.number
        _log(logging.DEBUG, "epoch", {"estimator": self._name, "epoch": number, **epoch.logs})


def log_fit(estimator: Any) -> None:
    """Write a record of a fit that has ended."""
    if _logger.isEnabledFor(logging.INFO):
        names = ("n_iter_", "best_epoch_", "best_loss_", "stopped_by_")
        logs = {name.strip("_"): getattr(estimator, name) for name in names}
        _log(logging.INFO, "fit", {"estimator": type(estimator).__name__, **logs})


def _log(level: int, event: str, logs: dict[str, Any]) -> None:
    """Write a record, with the logs in its text and in its attribute `skdense`."""
    words = ", ".join(f"{name}={value}" for name, value in logs.items())
    _logger.log(level, "%s: %s", event, words, extra={"skdense": {"event": event, **logs}})

"""The time limit of a training."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skdense.engine.epoch import Epoch


class TimeLimit:
    """Ends training with the epoch in which the time, in seconds from now on, is up."""

    def __init__(self, seconds: float):
        self._end = time.monotonic() + seconds

    def on_epoch_end(self, epoch: Epoch) -> None:
        """End training where the time is up."""
        if time.monotonic() >= self._end:
            epoch.stop = "time_limit"

"""What training gives back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class TrainingResult:
    """What training gives back."""

    # in the architecture's order: the best where they are to be restored, else the last that were
    # finite
    weights: list[np.ndarray]
    slots: list[np.ndarray]  # the optimizer's variables that belong to them
    # "loss", "val_loss" with validation data, "learning_rate" where it changed, and what callbacks
    # added; one number for each epoch run
    history: dict[str, list[float]]
    # from 1: the best of those that count for early stopping, by the metric monitored, or, where
    # there is none, the last finite one; 0 where no epoch was finite
    best_epoch: int
    finite: bool  # False where the last epoch run was not finite and ended the training
    stopped_by: str  # why training ended, as `TrainingRecord.reason`

    @property
    def loss(self) -> list[float]:
        """Training loss of each epoch."""
        return self.history["loss"]

    @property
    def val_loss(self) -> list[float]:
        """Validation loss of each epoch; empty without validation data."""
        return self.history.get("val_loss", [])

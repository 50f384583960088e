"""What training gives back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class TrainingResult:
    """What training gives back.

    Parameters
    ----------
    weights : list of arrays
        In the architecture's order: the best where they are to be restored, else the last that
        were finite.
    slots : list of arrays
        The optimizer's variables that belong to them.
    history : dict of lists
        ``"loss"``, ``"val_loss"`` with validation data, ``"learning_rate"`` where it changed, and
        what callbacks added; one number for each epoch run.
    best_epoch : int
        From 1: the best of those that count for early stopping, by the metric monitored, or, where
        there is none, the last finite one; 0 where no epoch was finite.
    finite : bool
        False where the last epoch run was not finite and ended the training.
    stopped_by : str
        Why training ended, as `TrainingRecord.reason`.
    """

    weights: list[np.ndarray]
    slots: list[np.ndarray]
    history: dict[str, list[float]]
    best_epoch: int
    finite: bool
    stopped_by: str

    @property
    def loss(self) -> list[float]:
        """Training loss of each epoch."""
        return self.history["loss"]

    @property
    def val_loss(self) -> list[float]:
        """Validation loss of each epoch; empty without validation data."""
        return self.history.get("val_loss", [])

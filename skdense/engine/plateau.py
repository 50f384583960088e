"""Reducing the learning rate where training stands still, as Keras's ``ReduceLROnPlateau`` does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Plateau:
    """When and by how much to reduce the learning rate."""

    factor: float
    patience: int
    min_delta: float
    cooldown: int
    min_learning_rate: float
    earlier: tuple[float, ...] = ()  # the metric monitored, in the epochs of earlier trainings


class PlateauTracker:
    """What has been seen of a metric, and the rate that follows from it."""

    def __init__(self, plateau: Plateau, greater_is_better: bool):
        self._plateau = plateau
        self._sign = -1.0 if greater_is_better else 1.0
        self._best, self._wait, self._cooling = np.inf, 0, 0

    def rate_after(self, metric: float, rate: float) -> float:
        """Take in an epoch's metric and its rate, and give the rate of the epochs to come."""
        plateau, metric = self._plateau, self._sign * metric
        if self._cooling:
            self._cooling -= 1
            self._wait = 0
        # Not the sum that early stopping compares: Keras rounds the two differently, too.
        if metric < self._best - plateau.min_delta:
            self._best, self._wait = metric, 0
        elif not self._cooling:
            self._wait += 1
            if self._wait >= plateau.patience and rate > plateau.min_learning_rate:
                self._cooling, self._wait = plateau.cooldown, 0
                return max(rate * plateau.factor, plateau.min_learning_rate)
        return rate

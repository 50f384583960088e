"""Reducing the learning rate where training stands still, as Keras's ``ReduceLROnPlateau`` does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Plateau:
    """When and by how much to reduce the learning rate.

    Parameters
    ----------
    factor, min_delta, min_learning_rate : float
    patience, cooldown : int
    earlier : tuple of float
        The metric monitored, in the epochs of earlier trainings.
    """

    factor: float
    patience: int
    min_delta: float
    cooldown: int
    min_learning_rate: float
    earlier: tuple[float, ...] = ()


class PlateauTracker:
    """What has been seen of a metric, and the rate that follows from it.

    Parameters
    ----------
    plateau : Plateau
    greater_is_better : bool
        Of the metric.

    Examples
    --------
    >>> from skdense.engine.plateau import Plateau, PlateauTracker
    >>> tracker = PlateauTracker(Plateau(0.1, 2, 0.0, 0, 0.0), greater_is_better=False)
    >>> [tracker.rate_after(loss, 1.0) for loss in (0.9, 0.8, 0.8, 0.8)]
    [1.0, 1.0, 1.0, 0.1]
    """

    def __init__(self, plateau: Plateau, greater_is_better: bool):
        self._plateau = plateau
        self._sign = -1.0 if greater_is_better else 1.0
        self._best, self._wait, self._cooling = np.inf, 0, 0

    def rate_after(self, metric: float, rate: float) -> float:
        """Take in an epoch's metric, and give the rate of the epochs to come.

        Parameters
        ----------
        metric : float
        rate : float
            Up to now.

        Returns
        -------
        float
        """
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

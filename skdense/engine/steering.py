"""What whoever watches a training sees after each epoch, and may change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from skdense.engine.program import Program
from skdense.engine.rates import Rates
from skdense.engine.values import State


class Epoch:
    """An epoch that has just ended.

    Parameters
    ----------
    number : int
        From 1, in this training.
    figures : dict of str to float
        ``"loss"`` and, where rows are held out, ``"val_loss"``. Figures that are added go into the
        history and can be what early stopping watches.
    program : Program
    state : State
    rates : Rates

    Attributes
    ----------
    stop : bool or str
        To be set where training is to end here: to True, or to the reason.
    """

    def __init__(
        self,
        number: int,
        figures: dict[str, float],
        program: Program,
        state: State,
        rates: Rates,
    ):
        self.number = number
        self.figures = figures
        self.stop: bool | str = False
        self._program = program
        self._state = state
        self._rates = rates
        self._weights: list[np.ndarray] | None = None

    @property
    def weights(self) -> list[np.ndarray]:
        """The network's weights after this epoch, in the architecture's order."""
        if self._weights is None:
            current = self._state._replace(kept=self._state.current)
            self._weights, self._slots = self._program.finish(current)
        return self._weights

    @weights.setter
    def weights(self, weights: list[np.ndarray]) -> None:
        _ = self.weights  # the optimizer's variables stay as they are
        self._weights = [np.asarray(array) for array in weights]
        self._state = self._program.start(self._weights, self._slots)

    @property
    def learning_rate(self) -> float | None:
        """At the end of this epoch; what is assigned holds from the next one on.

        It then stands in place of any schedule. None, and not to be assigned, where the optimizer
        was made with a schedule of its own.
        """
        return self._rates.now

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self._rates.set(rate)

    @property
    def state(self) -> State:
        """From which training goes on."""
        return self._state


Steer = Callable[[Epoch], Any]


def in_turn(watchers: Sequence[Steer]) -> Steer | None:
    """Make one of several who steer; each sees what those before it have changed.

    Parameters
    ----------
    watchers : sequence of callables

    Returns
    -------
    callable or None
        None where there are none, so that training need not stop for them.
    """
    if not watchers:
        return None

    def steer(epoch: Epoch) -> None:
        for watcher in watchers:
            watcher(epoch)

    return steer

"""A moment of a training, as callbacks see it and may change it."""

from __future__ import annotations

import numpy as np

from skdense.engine.learning_rates import LearningRates
from skdense.engine.program import Program
from skdense.engine.program_inputs import State


class Epoch:
    """A moment of a training: as a rule, an epoch that has just ended.

    `number` counts from 1, in this training; 0 is before the first one. `logs` has ``"loss"`` and,
    with validation data, ``"val_loss"``, and is empty before the epoch; metrics that are added go
    into the history and can be what early stopping monitors. `stop` is to be set where training is
    to end here: to True, or to the reason.
    """

    def __init__(
        self,
        number: int,
        logs: dict[str, float],
        program: Program,
        state: State,
        rates: LearningRates,
    ):
        self.number = number
        self.logs = logs
        self.stop: bool | str = False
        self._program = program
        self._state = state
        self._rates = rates
        self._weights: list[np.ndarray] | None = None
        self._slots: list[np.ndarray] = []

    @property
    def weights(self) -> list[np.ndarray]:
        """The network's weights at this moment, in the architecture's order."""
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
    def slots(self) -> list[np.ndarray]:
        """The optimizer's variables at this moment; the first is the number of steps taken."""
        _ = self.weights
        return self._slots

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
    def recorded_rate(self) -> float | None:
        """The learning rate that the history has of this epoch; None where it never changed."""
        return self._rates.used[-1] if self._rates.change and self._rates.used else None

    @property
    def state(self) -> State:
        """From which training goes on."""
        return self._state

"""What whoever watches a training sees at each of its moments, and may change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from skdense.engine.program import Program
from skdense.engine.rates import Rates
from skdense.engine.values import State


class Epoch:
    """A moment of a training: as a rule, an epoch that has just ended.

    Parameters
    ----------
    number : int
        From 1, in this training; 0 before the first one.
    figures : dict of str to float
        ``"loss"`` and, where rows are held out, ``"val_loss"``; empty before the epoch. Figures
        that are added go into the history and can be what early stopping watches.
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


Steer = Callable[[Epoch], Any]
_MOMENTS = ("starts", "before", "__call__", "ends")


class InTurn:
    """Several who watch as one; each sees what those before it have changed.

    Parameters
    ----------
    watchers : sequence of callables
        Called with an `Epoch` after each one. Those that have them are also called by
        ``starts(epoch)`` and ``before(epoch)``, ahead of the first epoch and of each; by
        ``ends(epoch)`` after the last, even if it was interrupted, where weights that are set are
        the ones given back; and by ``close()`` whatever has happened.
    """

    def __init__(self, watchers: Sequence[Any]):
        self._watchers = watchers
        self._calls = {
            moment: [getattr(each, moment) for each in watchers if hasattr(each, moment)]
            for moment in _MOMENTS
        }

    def starts(self, epoch: Epoch) -> None:
        """Before the first epoch."""
        self._call("starts", epoch)

    def before(self, epoch: Epoch) -> None:
        """Before each epoch."""
        self._call("before", epoch)

    def __call__(self, epoch: Epoch) -> None:
        """After each epoch."""
        self._call("__call__", epoch)

    def ends(self, epoch: Epoch) -> None:
        """After the last epoch."""
        self._call("ends", epoch)

    def close(self) -> None:
        """Let go of everything; an error of one does not keep the others from it."""
        with ExitStack() as stack:
            for watcher in reversed(self._watchers):
                if hasattr(watcher, "close"):
                    stack.callback(watcher.close)

    def _call(self, moment: str, epoch: Epoch) -> None:
        for call in self._calls[moment]:
            call(epoch)


def in_turn(watchers: Sequence[Any]) -> InTurn | None:
    """Make one of several who steer.

    Parameters
    ----------
    watchers : sequence of callables

    Returns
    -------
    InTurn or None
        None where there are none, so that training need not stop for them.
    """
    return InTurn(watchers) if watchers else None

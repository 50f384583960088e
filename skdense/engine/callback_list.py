"""The callbacks of a training, called one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from skdense.engine.checkpoint import Checkpoint
from skdense.engine.epoch import Epoch

_EVENTS = ("on_fit_begin", "on_epoch_begin", "on_epoch_end", "on_fit_end")


class CallbackList:
    """Several callbacks as one; each sees what those before it have changed.

    Each has any of the methods ``on_fit_begin(epoch)``, ``on_epoch_begin(epoch)``,
    ``on_epoch_end(epoch)``, ``on_fit_end(epoch)`` and ``close()``. ``on_fit_end`` is called after
    the last epoch, even if it was interrupted: weights set there are the ones given back. ``close``
    is called whatever has happened. `each_epoch` is whether training has to stop after each epoch;
    `checkpoint` is the one among them that is called after each call of a program, or None.
    """

    def __init__(self, callbacks: Sequence[Any]):
        self.checkpoint = next((each for each in callbacks if isinstance(each, Checkpoint)), None)
        callbacks = [each for each in callbacks if each is not self.checkpoint]
        self.each_epoch = bool(callbacks)
        self._callbacks = callbacks
        self._methods = {
            event: [getattr(each, event) for each in callbacks if hasattr(each, event)]
            for event in _EVENTS
        }

    def on_fit_begin(self, epoch: Epoch) -> None:
        """Before the first epoch."""
        self._call("on_fit_begin", epoch)

    def on_epoch_begin(self, epoch: Epoch) -> None:
        """Before each epoch."""
        self._call("on_epoch_begin", epoch)

    def on_epoch_end(self, epoch: Epoch) -> None:
        """After each epoch."""
        self._call("on_epoch_end", epoch)

    def on_fit_end(self, epoch: Epoch) -> None:
        """After the last epoch."""
        self._call("on_fit_end", epoch)

    def close(self) -> None:
        """Let go of everything; an error of one does not keep the others from it."""
        with ExitStack() as stack:
            for callback in reversed(self._callbacks):
                if hasattr(callback, "close"):
                    stack.callback(callback.close)

    def _call(self, event: str, epoch: Epoch) -> None:
        for method in self._methods[event]:
            method(epoch)

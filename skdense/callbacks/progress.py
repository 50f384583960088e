"""Progress as text: one line that is updated in place, or a line for each epoch."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skdense.engine.epoch import Epoch

_SECONDS_BETWEEN = 0.1  # updates of the one line
_LINES = 10  # in place of the one line, where nothing can be written over


class Progress:
    """Prints the progress of a training, counting on from `first_epoch`.

    `verbose=1` is one line that is updated in place, in a terminal or below the cell of a notebook;
    elsewhere, about ten lines in all. 2 or more is a line for each epoch. Each line begins with
    `whose`, where what is trained is one of several.
    """

    def __init__(self, verbose: int, epochs: int, first_epoch: int = 0, whose: str = ""):
        self._epochs, self._first_epoch = epochs, first_epoch
        self._whose = [whose] if whose else []
        self._start = time.monotonic()
        self._line = ""
        self._pen: Any = _Lines(epochs) if verbose > 1 else _pen(epochs)

    def on_epoch_end(self, epoch: Epoch) -> None:
        """Tell of an epoch."""
        number, epochs = self._first_epoch + epoch.number, self._first_epoch + self._epochs
        words = [*self._whose, f"Epoch {number}/{epochs}"]
        words += [f"{name}: {value:.6g}" for name, value in epoch.logs.items()]
        if epoch.recorded_rate is not None and "learning_rate" not in epoch.logs:
            words.append(f"learning_rate: {epoch.recorded_rate:.6g}")
        self._line = " - ".join(words)
        passed = time.monotonic() - self._start
        left = passed / epoch.number * (self._epochs - epoch.number)
        self._pen.write(self._line, epoch.number, in_words(left))

    def close(self) -> None:
        """Write the last epoch's line, if that has not been done."""
        if self._line:
            self._pen.close(self._line)


def in_words(seconds: float) -> str:
    """Put the time that is left into words.

    >>> in_words(0.4), in_words(75), in_words(7400)
    ('1 s left', '1 min 15 s left', '2 h 3 min left')
    """
    whole = max(1, round(seconds))
    minutes, hours = whole // 60, whole // 3600
    if hours:
        return f"{hours} h {minutes % 60} min left"
    return f"{minutes} min {whole % 60} s left" if minutes else f"{whole} s left"


def _pen(epochs: int) -> Any:
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if hasattr(shell, "kernel"):
        return _NotebookLine()
    return _TerminalLine() if sys.stdout.isatty() else _Lines(epochs, _LINES)


class _Lines:
    """Lines one below the other: all of them, or `limit` of them."""

    def __init__(self, epochs: int, limit: int | None = None):
        self._every = 1 if limit is None else -(-epochs // limit)
        self._written = ""

    def write(self, line: str, number: int, left: str) -> None:
        if self._every == 1 or number == 1 or number % self._every == 0:
            print(line, flush=True)
            self._written = line

    def close(self, line: str) -> None:
        if line != self._written:
            print(line, flush=True)


class _WrittenOver:
    """One line, updated a few times a second."""

    def __init__(self) -> None:
        self._last = 0.0

    def write(self, line: str, number: int, left: str) -> None:
        if time.monotonic() >= self._last + _SECONDS_BETWEEN:
            self._show(f"{line} - {left}")
            self._last = time.monotonic()

    def _show(self, text: str) -> None:
        raise NotImplementedError


class _TerminalLine(_WrittenOver):
    def __init__(self) -> None:
        super().__init__()
        self._width = 0

    def _show(self, text: str) -> None:
        # What does not fit goes on to a next line, which nothing would write over.
        columns = shutil.get_terminal_size().columns - 1  # in the last one some move on, too
        text = text if len(text) <= columns else text[: max(columns - 3, 0)] + "..."
        print("\r" + text.ljust(self._width), end="", flush=True)
        self._width = len(text)

    def close(self, line: str) -> None:
        # Whole, as it stays; the first part covers what is there.
        print("\r" + line.ljust(self._width))


class _NotebookLine(_WrittenOver):
    """Through IPython's display, which a notebook keeps when it is saved."""

    def __init__(self) -> None:
        super().__init__()
        self._handle: Any = None

    def _show(self, text: str) -> None:
        from IPython.display import display

        data = {"text/plain": text}
        if self._handle is None:
            self._handle = display(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)

    def close(self, line: str) -> None:
        self._show(line)

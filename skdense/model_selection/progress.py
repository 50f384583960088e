"""How far a comparison is, written to standard error: a line that grows."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

Result = TypeVar("Result")


class Progress:
    """Writes to standard error, or nowhere."""

    def __init__(self, verbose: bool) -> None:
        self.verbose = verbose

    def line(self, text: str) -> None:
        """Write a line, or the end of one."""
        self._write(f"{text}\n")

    def follow(self, label: str, results: Iterable[Result]) -> Iterator[Result]:
        """Write a label and the number of each result as it comes."""
        self._write(label)
        try:
            for number, result in enumerate(results, start=1):
                self._write(f" {number}")
                yield result
        except BaseException:
            self._write("\n")  # what is written of the error begins a line
            raise

    def _write(self, text: str) -> None:
        if self.verbose:
            print(text, end="", file=sys.stderr, flush=True)

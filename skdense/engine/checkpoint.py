"""Checkpoints: what a training has come to, in a file that is found by the content of the training.

A file is whole or not there, holds JSON and arrays, and nothing in it can run. Two processes that
do the same training write the same, so neither waits for the other.
"""

from __future__ import annotations

import logging
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from skdense.engine.archive import (
    check_header,
    damage_named,
    expect,
    is_count,
    read_file,
    version_of,
    write_file,
)
from skdense.engine.content_key import content_key
from skdense.engine.disk_cache import processor
from skdense.engine.training_result import TrainingResult
from skdense.engine.user_warnings import warn

# Between two files of a training under way: whichever comes later.
EPOCHS, SECONDS = 10, 30.0
MAX_BYTES = 2**33  # of a folder; what was not used for longest goes first
_SUFFIX, _KIND, _VERSION = ".checkpoint", "checkpoint", 1
_DAY = 86_400.0  # seconds

_logger = logging.getLogger("skdense")
_told: set[tuple] = set()  # troubles that this process has warned of


class Progress(NamedTuple):
    """What a training needs to go on.

    Attributes
    ----------
    history : dict of lists
    current : list of arrays
        The network after the last epoch and its optimizer's variables, as in `State`.
    kept : list of arrays
        The same of the network to be given back.
    """

    history: dict[str, list[float]]
    current: list[np.ndarray]
    kept: list[np.ndarray]


class Checkpoint:
    """The file of one training, a callback of it.

    Parameters
    ----------
    folder : str or path-like
        Made where there is none.
    content : str
        Key of all that the training depends on, but for processor and versions.
    about : dict
        What a list of the folder shows of it.

    Attributes
    ----------
    path : Path
    result : TrainingResult or None
        Of a training that has ended.
    progress : Progress or None
        Of one that has not.
    """

    def __init__(self, folder: str | os.PathLike, content: str, about: dict[str, Any]):
        self._folder, self._content, self._about = Path(folder), content, about
        self._key = f"{content}-{content_key([environment()])[:16]}"
        self.path = self._folder / f"{self._key}{_SUFFIX}"
        self.result: TrainingResult | None = None
        self.progress: Progress | None = None
        self._is_ours = True
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._load()
        except OSError as problem:
            self._tell(problem)
        self._saved = self._n_epochs, time.monotonic()

    @property
    def _n_epochs(self) -> int:
        return 0 if self.progress is None else len(self.progress.history["loss"])

    def on_call_end(self, n_epochs: int, progress: Callable[[], Progress]) -> None:
        """Write how far training has come, unless that was just done."""
        epochs, moment = self._saved
        if n_epochs >= epochs + EPOCHS and time.monotonic() >= moment + SECONDS:
            self.save(progress())
            self._saved = n_epochs, time.monotonic()

    def save(self, progress: Progress) -> None:
        """Write how far training has come, but not over what another process has finished."""
        with suppress(OSError, ValueError), open(self.path, "rb") as file:
            if read_file(file, with_arrays=False)[0].get("finished"):
                return
        self._write(progress.history, progress[1:], {"finished": False})

    def finish(self, result: TrainingResult) -> None:
        """Write what training has come to."""
        ended = {name: getattr(result, name) for name in ("best_epoch", "finite", "stopped_by")}
        self._write(result.history, (result.weights, result.slots), {"finished": True, **ended})
        for rest in self._folder.glob(f".{self.path.name}.*"):  # of processes that were killed
            with suppress(OSError):
                rest.unlink()

    def refuse(self, problem: str) -> None:
        """Do without the file, which is left as it is, and warn of that."""
        self.result, self.progress, self._is_ours = None, None, False
        problem = problem.replace(" Save it anew.", "")
        words = f"{problem} The fit goes on without a checkpoint: delete that file."
        _warn_once((str(self.path),), words)

    def _load(self) -> None:
        if not self.path.exists():
            self._tell_of_others()
            return
        try:
            with open(self.path, "rb") as file, damage_named(self.path):
                header, arrays = read_file(file)
                check_header(header, _KIND, _VERSION, "it is no checkpoint")
                expect(header["key"] == self._key, "key", header["key"])
                self._take(header, arrays)
        except ValueError as problem:
            self.refuse(str(problem))
            return
        with suppress(OSError):  # of a folder that may only be read
            os.utime(self.path)
        _logger.info("checkpoint: after %d epochs, from %s", header["n_epochs"], self.path)

    def _take(self, header: dict, arrays: list[np.ndarray]) -> None:
        names, n_first = header["history"], header["n_first"]
        expect("loss" in names and all(type(name) is str for name in names), "history", names)
        expect(is_count(n_first) and len(names) + n_first <= len(arrays), "number", n_first)
        for column in arrays[: len(names)]:
            is_column = column.dtype == np.float64 and column.shape == arrays[0].shape
            expect(is_column and column.shape == (header["n_epochs"],), "history", column)
        history = {name: column.tolist() for name, column in zip(names, arrays, strict=False)}
        first, second = np.cumsum([len(names), n_first])
        both = arrays[first:second], [array[()] for array in arrays[second:]]
        if not header["finished"]:
            self.progress = Progress(history, *both)
            return
        best_epoch, finite, stopped_by = (
            header[name] for name in ("best_epoch", "finite", "stopped_by")
        )
        expect(is_count(best_epoch) and best_epoch <= header["n_epochs"], "epoch", best_epoch)
        expect(type(finite) is bool and type(stopped_by) is str, "end", stopped_by)
        self.result = TrainingResult(*both, history, best_epoch, finite, stopped_by)

    def _write(self, history: dict[str, list[float]], arrays: Any, ended: dict) -> None:
        if not self._is_ours:
            return
        columns = [np.array(column, np.float64) for column in history.values()]
        header = {
            "kind": _KIND,
            "version": _VERSION,
            "made_with": environment(),
            "key": self._key,
            "about": self._about,
            "history": list(history),
            "n_epochs": len(columns[0]),
            "n_first": len(arrays[0]),
            **ended,
        }
        try:
            write_file(self.path, header, [*columns, *arrays[0], *arrays[1]])
            _drop_oldest(self._folder, self.path)
        except OSError as problem:
            # A process that has finished the same training removes what is half written.
            if not (isinstance(problem, FileNotFoundError) and self.path.exists()):
                self._tell(problem)

    def _tell(self, problem: OSError) -> None:
        words = (
            f"checkpoint={str(self._folder)!r} cannot be used: {self.path}: {problem.strerror}. "
            "The fit goes on without it. Make room there, or choose a folder that can be written."
        )
        _warn_once((str(self._folder),), words)

    def _tell_of_others(self) -> None:
        """Warn of what the same training has come to elsewhere, and is not used here."""
        for path in self._folder.glob(f"{self._content}-*{_SUFFIX}"):
            with suppress(OSError, ValueError), open(path, "rb") as file:
                header, _ = read_file(file, with_arrays=False)
                found, here = header.get("made_with", {}), environment()
                differ = [name for name in here if found.get(name) != here[name]]
                words = ", ".join(
                    f"{name} {found.get(name)} (here {here[name]})" for name in differ
                )
                _warn_once(
                    (str(self._folder), words),
                    f"{path} is not used, for it was made with {words}, whose results may differ "
                    "in the last bits. The training begins anew; go back to the same versions and "
                    "kind of processor to use it.",
                )
                return


@cache
def environment() -> dict[str, str | None]:
    """Give what the last bits of a training depend on: versions, and the kind of processor."""
    from skdense.engine._tensorflow import tf

    packages = ("skdense", "scikit-learn", "numpy", "scipy", "keras")
    return {
        "python": platform.python_version(),
        **{package: version_of(package) for package in packages},
        "tensorflow": tf.version.VERSION,
        "processor": content_key([processor()])[:8],
    }


def checkpoints(folder: Path) -> Iterator[tuple[Path, os.stat_result, dict | None]]:
    """Give the files of a folder, last used first, and their headers; None of damaged ones."""
    for path, status in _files(folder, f"*{_SUFFIX}"):
        header = None
        with suppress(OSError, ValueError), open(path, "rb") as file:
            found, _ = read_file(file, with_arrays=False)
            check_header(found, _KIND, _VERSION, "it is no checkpoint")
            header = found
        yield path, status, header


def clear_checkpoints(folder: Path) -> int:
    """Delete the checkpoints of a folder, and what killed processes left there; count them."""
    found = [path for path, _ in _files(folder, f"*{_SUFFIX}")]
    for path in [*found, *(path for path, _ in _files(folder, f".*{_SUFFIX}.*"))]:
        path.unlink(missing_ok=True)
    return len(found)


def _files(folder: Path, pattern: str) -> list[tuple[Path, os.stat_result]]:
    """Find files, those used last first."""
    found = []
    for path in folder.glob(pattern):
        with suppress(OSError):  # another process may delete it
            found.append((path, path.stat()))
    return sorted(found, key=lambda file: file[1].st_mtime, reverse=True)


def _drop_oldest(folder: Path, newest: Path) -> None:
    total = 0
    for path, status in _files(folder, f"*{_SUFFIX}"):
        total += status.st_size
        if total > MAX_BYTES and path != newest:
            path.unlink(missing_ok=True)
    for path, status in _files(folder, f".*{_SUFFIX}.*"):
        if status.st_mtime < time.time() - _DAY:  # nobody writes for so long
            path.unlink(missing_ok=True)


def _warn_once(trouble: tuple, words: str) -> None:
    if trouble not in _told:
        _told.add(trouble)
        warn(words, UserWarning)

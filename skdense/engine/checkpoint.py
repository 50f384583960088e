"""Checkpoints: what a training has come to, in a file that is found by the content of the training.

A file is whole or not there, holds JSON and arrays, and nothing in it can run. Two processes that
do the same training write the same, so neither waits for the other.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from skdense.engine.archive import (
    can_hold,
    check_header,
    damage_named,
    expect,
    is_count,
    read_file,
    write_file,
)
from skdense.engine.content_key import content_key
from skdense.engine.disk_cache import processor
from skdense.engine.training_result import TrainingResult
from skdense.engine.user_warnings import warn
from skdense.engine.versions import versions

# Between two files of a training under way: whichever comes later.
EPOCHS, SECONDS = 10, 30.0
MAX_BYTES = 2**33  # of a folder; what was not used for longest goes first
_SUFFIX, _KIND, _VERSION = ".checkpoint", "checkpoint", 1
_OWN = f"{'?' * 64}-{'?' * 16}{_SUFFIX}"  # no others are deleted unasked
_ENDED = ("best_epoch", "finite", "stopped_by")
_BETWEEN_LOOKS, _DAY = 60.0, 86_400.0  # seconds

_logger = logging.getLogger("skdense")
_told: set[tuple] = set()  # troubles that this process has warned of


class Progress(NamedTuple):
    """What a training needs to go on."""

    history: dict[str, list[float]]
    current: list[np.ndarray]  # after the last epoch, as in `State`: weights, optimizer
    kept: list[np.ndarray]  # the same of the network to be given back


class Checkpoint:
    """The file of one training, a callback of it.

    `folder` is made where there is none. `content` is the key of all that the training depends on,
    but for processor and versions; `about` is what a list of the folder shows of it. `result` is of
    a training that has ended, `progress` of one that has not.
    """

    def __init__(self, folder: str | os.PathLike, content: str, about: dict[str, Any]):
        self._folder, self._content, self._about = _folder_of(folder), content, about
        self._key = f"{content}-{content_key([environment()])[:16]}"
        self.path = self._folder.path / f"{self._key}{_SUFFIX}"
        self.result: TrainingResult | None = None
        self.progress: Progress | None = None
        self._is_ours = True
        try:
            self._folder.path.mkdir(parents=True, exist_ok=True)
            self._folder.look()
            self._load()
        except OSError as problem:
            self._tell(problem)
        n_epochs = 0 if self.progress is None else len(self.progress.history["loss"])
        self._saved = n_epochs, time.monotonic()

    def on_call_end(self, n_epochs: int, progress: Callable[[], Progress]) -> None:
        """Write how far training has come, unless that was just done."""
        epochs, moment = self._saved
        if n_epochs >= epochs + EPOCHS and time.monotonic() >= moment + SECONDS:
            self.save(progress())
            self._saved = n_epochs, time.monotonic()

    def save(self, progress: Progress) -> None:
        """Write how far training has come, but not over what another process has finished."""
        if (_header_of(self.path) or {}).get("finished"):
            return
        self._write(progress.history, *progress[1:], {"finished": False})

    def finish(self, result: TrainingResult) -> None:
        """Write what training has come to."""
        ended = {name: getattr(result, name) for name in _ENDED}
        self._write(result.history, result.weights, result.slots, {"finished": True, **ended})
        self._folder.clear_half_written(self.path.name)

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
        columns, first, second = _unpacked(header["arrays"], *arrays)
        names, n_epochs = header["history"], header["n_epochs"]
        are_columns = all(each.shape == (n_epochs,) for each in columns)
        expect("loss" in names and len(names) == len(columns) and are_columns, "history", names)
        history = {name: each.tolist() for name, each in zip(names, columns, strict=True)}
        if not header["finished"]:
            self.progress = Progress(history, first, second)
            return
        best_epoch, finite, stopped_by = (header[name] for name in _ENDED)
        expect(is_count(best_epoch) and best_epoch <= n_epochs, "epoch", best_epoch)
        expect(type(finite) is bool and type(stopped_by) is str, "end", stopped_by)
        self.result = TrainingResult(first, second, history, best_epoch, finite, stopped_by)

    def _write(self, history: dict[str, list[float]], first: list, second: list, ended: dict):
        if not self._is_ours:
            return
        columns = [np.array(column, np.float64) for column in history.values()]
        described, packed = _packed([columns, first, second])
        header = {
            "kind": _KIND,
            "version": _VERSION,
            "made_with": environment(),
            "key": self._key,
            "about": self._about,
            "history": list(history),
            "n_epochs": len(columns[0]),
            "arrays": described,
            **ended,
        }
        try:
            write_file(self.path, header, [packed], sync_folder=False)
            self._folder.look()
        except OSError as problem:
            # A process that has finished the same training removes what is half written.
            if not (isinstance(problem, FileNotFoundError) and self.path.exists()):
                self._tell(problem)

    def _tell(self, problem: OSError) -> None:
        folder = str(self._folder.path)
        words = (
            f"checkpoint={folder!r} cannot be used: {self.path}: {problem.strerror}. The fit goes "
            "on without it. Make room there, or choose a folder that can be written."
        )
        _warn_once((folder,), words)

    def _tell_of_others(self) -> None:
        """Warn of what the same training has come to elsewhere, and is not used here."""
        names = [name for name in self._folder.names if name.startswith(self._content)]
        path = self._folder.path / min(names, default=self.path.name)
        if (header := _header_of(path)) is None:
            return
        found, here = header["made_with"], environment()
        differ = [name for name in here if found.get(name) != here[name]]
        other = [f"{name} {found.get(name)} (here {here[name]})" for name in differ]
        _warn_once(
            (str(self._folder.path), *other),
            f"{path} is not used, for it was made with {', '.join(other)}, where results may "
            "differ in the last bits. The training begins anew; go back to the same versions and "
            "kind of processor to use it.",
        )


class _Folder:
    """What this process found in a folder when it looked last, for that takes time."""

    def __init__(self, path: Path):
        self.path = path
        self.names: list[str] = []
        self._half_written: list[Path] = []
        self._looked = -_BETWEEN_LOOKS

    def look(self) -> None:
        """Look for files once in a while, and remove those that are too old."""
        if time.monotonic() < self._looked + _BETWEEN_LOOKS:
            return
        self._looked, total = time.monotonic(), 0
        files = _files(self.path, _OWN)
        self.names = [path.name for path, _ in files]
        for path, status in files:
            total += status.st_size
            if total > MAX_BYTES:
                _remove(path)
        half_written = _files(self.path, f".{_OWN}.*")
        self._half_written = [path for path, _ in half_written]
        for path, status in half_written:
            if status.st_mtime < time.time() - _DAY:  # nobody writes for so long
                _remove(path)

    def clear_half_written(self, name: str) -> None:
        """Remove what processes that were killed had begun to write of a finished training."""
        for path in self._half_written:
            if path.name.startswith(f".{name}."):
                _remove(path)


def _remove(path: Path) -> None:
    with suppress(OSError):  # it is gone, or not ours to remove
        path.unlink()


_folders: dict[str, _Folder] = {}


def _folder_of(folder: str | os.PathLike) -> _Folder:
    path = os.path.abspath(folder)
    return _folders.setdefault(path, _Folder(Path(path)))


def _packed(groups: list[list[np.ndarray]]) -> tuple[list, np.ndarray]:
    """Put arrays into one, which takes a fraction of the time to write; describe them."""
    arrays = [[np.asarray(array) for array in group] for group in groups]
    described = [[[each.dtype.str, list(each.shape)] for each in group] for group in arrays]
    content = b"".join(each.tobytes() for group in arrays for each in group)
    return described, np.frombuffer(content, np.uint8)


def _unpacked(described: list, packed: np.ndarray) -> list[list[np.ndarray]]:
    groups: list[list[np.ndarray]] = []
    end = 0
    for group in described:
        groups.append([])
        for name, shape in group:
            dtype, start = np.dtype(name), end
            expect(can_hold(dtype) and all(map(is_count, shape)), "array", [name, shape])
            end += prod(shape) * dtype.itemsize
            expect(end <= len(packed), "size of an array", shape)
            array = np.frombuffer(bytearray(packed[start:end]), dtype).reshape(shape)
            groups[-1].append(array[()])  # numbers as the program gives them
    return groups


@cache
def environment() -> dict[str, str | None]:
    """Give what the last bits of a training depend on: versions, and the kind of processor."""
    from skdense.engine._tensorflow import tf

    return {
        **versions("scikit-learn", "numpy", "scipy", "keras"),
        "tensorflow": tf.version.VERSION,
        "processor": content_key([processor()])[:8],
    }


def checkpoints(folder: Path) -> Iterator[tuple[Path, os.stat_result, dict | None]]:
    """Give the files of a folder, last used first, and their headers; None of damaged ones."""
    for path, status in _files(folder, f"*{_SUFFIX}"):
        yield path, status, _header_of(path)


def _header_of(path: Path) -> dict | None:
    """Read the header of a checkpoint; None where it is damaged, or there is none."""
    with suppress(OSError, ValueError), open(path, "rb") as file, damage_named(path):
        header, _ = read_file(file, with_arrays=False)
        check_header(header, _KIND, _VERSION, "it is no checkpoint")
        expect(isinstance(header["made_with"], dict), "origin", header["made_with"])
        return header
    return None


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


def _warn_once(trouble: tuple, words: str) -> None:
    if trouble not in _told:
        _told.add(trouble)
        warn(words, UserWarning)

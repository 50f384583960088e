"""Compiled programs on disk, for the next process: TensorFlow's persistent XLA cache, made safe.

TensorFlow runs whatever machine code lies in the folder of its cache: a changed byte there makes a
fit raise, or ends the process. So it gets a folder of this process's own, into which a program's
files are copied, once their digests have been checked, just before the program is compiled.
"""

from __future__ import annotations

import atexit
import hashlib
import itertools
import logging
import os
import platform
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from skdense.engine import _compat

VARIABLE = "SKDENSE_CACHE_DIR"  # a folder to use instead, or "off"
MAX_BYTES = 2**28
_FOLDER, _ENTRY, _OWN = "skdense-programs", ".program", "process-"
_DAY = 86_400.0  # seconds
_MARK = "skdense_"  # in the names of our functions, which TensorFlow writes into its files
_DIGEST_BYTES = hashlib.sha256().digest_size
_Result = TypeVar("_Result")

_logger = logging.getLogger("skdense")
_lock = threading.Lock()
_FLAG = "--tf_xla_persistent_cache"
_LOADED = ""  # among the counts
_counts: Counter[str] = Counter()  # programs of each description that this process has compiled


class DiskCache:
    """Programs in a folder, and TensorFlow's own folder in this process.

    `folder` is for programs of this version of TensorFlow, kind of processor and setting; `own` is
    where TensorFlow looks for files, and writes them.
    """

    def __init__(self, folder: Path, own: Path):
        self.folder, self.own = folder, own

    def take(self, label: str) -> None:
        """Copy a program's files to where TensorFlow looks for them, if they are as written."""
        for path in self.folder.glob(f"{label}.*{_ENTRY}"):
            with suppress(OSError):  # another process may delete it
                stored = path.read_bytes()
                digest, content = stored[:_DIGEST_BYTES], stored[_DIGEST_BYTES:]
                if hashlib.sha256(content).digest() == digest:
                    (self.own / _name_in(path)).write_bytes(content)
                    os.utime(path)  # the oldest go first
                else:
                    _logger.info("a damaged program was deleted: %s", path)
                    path.unlink()

    def keep(self, label: str) -> bool:
        """Keep what TensorFlow has written of a program; False where it was there before."""
        is_new = False
        for own in self.own.glob("*.pb"):
            content = own.read_bytes()
            path = self.folder / f"{label}.{own.stem}{_ENTRY}"
            if f"{_MARK}{label}".encode() in content and not path.exists():
                self.folder.mkdir(mode=0o700, exist_ok=True)
                _write(path, hashlib.sha256(content).digest() + content)
                is_new = True
            if f"{_MARK}{label}".encode() in content or _MARK.encode() not in content:
                own.unlink()  # TensorFlow keeps in memory what it has read or written
        if is_new:
            _drop_oldest(self.folder.parent)
        return is_new

    def give_up(self, label: str) -> None:
        """Delete a program's files, and let TensorFlow write where there should be room."""
        with suppress(OSError):
            for path in self.folder.glob(f"{label}.*{_ENTRY}"):
                path.unlink(missing_ok=True)
            _redirect(self.own)


_cache: DiskCache | None = None


def folder() -> Path | None:
    """Give the folder for programs of all kinds, which need not exist; None where it is off."""
    base = os.environ.get(VARIABLE)
    if base is not None:
        return None if base in ("", "off") else Path(base).absolute() / _FOLDER
    import platformdirs

    path = Path(platformdirs.user_cache_dir("skdense", appauthor=False), _FOLDER)
    return path if path.is_absolute() else None  # without a home it begins with "~"


def info() -> tuple[str | None, int, int, int]:
    """Give the folder, the number of programs in it, their bytes, and those loaded from it."""
    root = folder()
    sizes = [status.st_size for path, status in _files(root) if path.suffix == _ENTRY]
    return None if root is None else str(root), len(sizes), sum(sizes), _counts[_LOADED]


def forget_counts() -> None:
    """Set the number of programs loaded from disk to zero."""
    _counts[_LOADED] = 0


def clear() -> None:
    """Delete all programs on disk, those of other versions and processors, too."""
    for path, _ in _files(folder()):
        with suppress(OSError):
            path.unlink()


def loads_programs(version: str) -> bool:
    """Whether a TensorFlow loads programs from the disk as it compiled them, and quietly.

    2.19 never ends a training by a program that it has loaded. 2.18 and 2.20 report an error, which
    is none, for each, at any level of messages; and 2.18 compiles a program in one of two ways.
    """
    major, minor = version.split(".")[:2]
    return (int(major), int(minor)) >= (2, 21)


def connect(
    operate: Callable[[], object], describe: Callable[[], str], obstacle: str | None
) -> None:
    """Connect TensorFlow with the cache by its first operation, which reads the environment.

    `operate` compiles something; it is called twice where the first time goes wrong. `describe`,
    called after it, gives TensorFlow's version and everything besides processor and environment
    that changes what is compiled. Nothing is kept where there is an `obstacle`.
    """
    global _cache
    if obstacle:
        _logger.info("%s: no programs on disk", obstacle)
    own = None if obstacle or _compat.tensorflow_has_run() else _own_folder()
    if own is None:
        operate()
        return
    with _flags(own):
        try:
            operate()
        except Exception:  # it cannot write; and it will not let go of this path
            _redirect(own)
            operate()
    try:
        written = list(own.glob("*.pb"))
        for file in written:
            file.unlink()
        if written and _compat.name_functions():
            _cache = DiskCache(own.parent / _folder_name(describe()), own)
        else:
            _logger.info("TensorFlow had started before skdense: no programs are kept on disk")
    except OSError as problem:
        _logger.info("no programs are kept on disk: %s", problem)


def first_call(description: str, call: Callable[[], _Result], error: type[Exception]) -> _Result:
    """Make the call that compiles a program with what is on disk; again, without, on an `error`."""
    if _cache is None:
        return call()
    label = _label(description)
    _cache.take(label)
    try:
        with _compat.function_label(_MARK + label):
            result = call()
    except error as problem:
        # TensorFlow has it for good that the functions of these names cannot be compiled.
        _logger.info("compiled once more, without the programs on disk: %s", problem)
        _cache.give_up(label)
        with _compat.function_label(_MARK + _label(description)):
            return call()
    try:
        if not _cache.keep(label):
            with _lock:
                _counts[_LOADED] += 1
    except OSError as problem:
        _logger.info("a program could not be kept on disk: %s", problem)
    return result


def _label(description: str) -> str:
    """Name a program, the same in every process."""
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", description)
    with _lock:
        _counts[text] += 1
        return hashlib.sha256(f"{_counts[text]} {text}".encode()).hexdigest()[:16]


@contextmanager
def _flags(own: Path) -> Iterator[None]:
    """Tell TensorFlow of its folder, but no child process, which has a folder of its own."""
    flags = os.environ.get("TF_XLA_FLAGS")
    path = re.sub(r'(["\\])', r"\\\1", str(own))
    added = f'{_FLAG}_directory="{path}" {_FLAG}_device_types=CPU'
    os.environ["TF_XLA_FLAGS"] = f"{flags or ''} {added}".strip()
    try:
        yield
    finally:
        os.environ.pop("TF_XLA_FLAGS")
        if flags is not None:
            os.environ["TF_XLA_FLAGS"] = flags


def _own_folder() -> Path | None:
    """Make the folder that TensorFlow uses in this process; None where the cache is off."""
    root, flags = folder(), os.environ.get("TF_XLA_FLAGS", "")
    if root is None or _FLAG in flags:
        return None
    if flags.strip() and not flags.strip().startswith("-"):
        _logger.info("TF_XLA_FLAGS names a file, so that no programs are kept on disk")
        return None
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_private(root):
            _logger.warning(
                "%s belongs to somebody else or is open to others, so that no programs are kept "
                "there. Set %s to a folder of your own, or to 'off'.",
                root,
                VARIABLE,
            )
            return None
        _sweep(root)
        own = tempfile.mkdtemp(prefix=_OWN, dir=root)
    except OSError as problem:
        _logger.info("no programs are kept on disk: %s", problem)
        return None
    atexit.register(_remove, own, os.getpid())
    return Path(own)


def _folder_name(description: str) -> str:
    """Name the folder by everything that changes what is compiled, or whether it can run here."""
    variables = ("TF_XLA_FLAGS", "XLA_FLAGS", "TF_NUM_INTRAOP_THREADS", "TF_ENABLE_ONEDNN_OPTS")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parts = [description, processor(), cores, *(os.environ.get(name) for name in variables)]
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
    return f"tensorflow-{description.split()[0]}-{digest}"


def processor() -> str:
    """Describe the processor by its model and, where the system tells, its instruction sets."""
    if sys.platform == "darwin":
        return subprocess.run(["sysctl", "machdep.cpu"], capture_output=True, text=True).stdout
    if sys.platform == "win32":
        return f"{platform.machine()} {platform.processor()}"
    names = ("vendor_id", "cpu family", "model", "flags", "Features", "CPU ")
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
        first = itertools.takewhile(str.strip, lines)  # of several alike
        return platform.machine() + "".join(line for line in first if line.startswith(names))


def _is_private(root: Path) -> bool:
    """Whether a folder is this user's alone; Windows, without POSIX modes, is taken at its word."""
    if not hasattr(os, "geteuid"):
        return True
    status = root.lstat()
    is_own = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
    above = (parent.stat().st_mode for parent in root.parents)
    others_may_replace = any(mode & 0o002 and not mode & stat.S_ISVTX for mode in above)
    return is_own and not status.st_mode & 0o077 and not others_may_replace


def _files(root: Path | None) -> list[tuple[Path, os.stat_result]]:
    found = []
    for path in [] if root is None else root.glob("tensorflow-*/*"):
        with suppress(OSError):
            found.append((path, path.stat()))
    return found


def _drop_oldest(root: Path) -> None:
    files = sorted(_files(root), key=lambda file: file[1].st_mtime, reverse=True)
    total = 0
    for path, status in files:
        total += status.st_size
        if total > MAX_BYTES:
            path.unlink(missing_ok=True)


def _sweep(root: Path) -> None:
    """Remove what processes have left that were killed; a living one makes its own anew."""
    for path in root.glob(f"{_OWN}*"):
        with suppress(OSError):
            if path.lstat().st_mtime < time.time() - _DAY:
                _remove(str(path), os.getpid())


def _redirect(own: Path) -> None:
    """Let a path that TensorFlow writes to lead to the system's folder for temporary files."""
    _remove(str(own), os.getpid())
    other = tempfile.mkdtemp(prefix="skdense-")
    atexit.register(_remove, other, os.getpid())
    own.symlink_to(other, target_is_directory=True)


def _remove(path: str, process: int) -> None:
    if process != os.getpid():  # a fork's
        return
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        Path(path).unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    """Write a file so that it is there as a whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(name, path)
    except OSError:
        os.unlink(name)
        raise


def _name_in(path: Path) -> str:
    """Give TensorFlow's name of a file."""
    return path.name.removesuffix(_ENTRY).split(".", 1)[1] + ".pb"

"""The one cache of compiled training programs: bounded, counted, safe between threads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from skdense.engine import disk_cache

# XLA does not give the memory of its machine code back, so dropping a compiled program saves little
# and building it again costs more: the bound only keeps a runaway search from growing for ever.
MAX_PROGRAMS = 128


class CacheInfo(NamedTuple):
    """Contents and use of the cache of training programs.

    Attributes
    ----------
    programs : int
        Programs kept for further fits.
    max_programs : int
        Most programs kept; the one unused for longest is dropped first.
    hits : int
        Fits that found their program.
    misses : int
        Fits that had to build it.
    traces : int
        How often TensorFlow has traced a program. It is at most `misses`: programs for a few steps
        run without a graph, and are not traced.
    disk_folder : str or None
        Where compiled programs are kept for the next process; None where they are not.
    disk_programs : int
        Programs in it.
    disk_bytes : int
        Their size.
    disk_hits : int
        Programs that were compiled already, by another process.
    """

    programs: int
    max_programs: int
    hits: int
    misses: int
    traces: int
    disk_folder: str | None
    disk_programs: int
    disk_bytes: int
    disk_hits: int


_lock = threading.Lock()
_idle: OrderedDict[Hashable, list[Any]] = OrderedDict()
_counts = {"hits": 0, "misses": 0, "traces": 0, "generation": 0}


@contextmanager
def borrow(key: Hashable, build: Callable[[], Any]) -> Iterator[Any]:
    """Lend the program of a key to one thread; `build` makes one where none is idle.

    A second thread that asks for the same key meanwhile gets a program of its own. After an error,
    a program is kept only if it says that it is `intact`.
    """
    with _lock:
        generation = _counts["generation"]
        idle = _idle.get(key)
        program = idle.pop() if idle else None
        _counts["misses" if program is None else "hits"] += 1
        if idle == []:
            del _idle[key]
    if program is None:
        program = build()
    try:
        yield program
    except BaseException:
        if getattr(program, "intact", False):
            _give_back(key, program, generation)
        raise
    _give_back(key, program, generation)


def _give_back(key: Hashable, program: Any, generation: int) -> None:
    with _lock:
        if generation == _counts["generation"]:
            _idle.setdefault(key, []).append(program)
            _idle.move_to_end(key)
            while _n_idle() > MAX_PROGRAMS:
                _drop_oldest()


def count_trace() -> None:
    """Count one trace of a program."""
    with _lock:
        _counts["traces"] += 1


def cache_info() -> CacheInfo:
    """Report how many training programs are kept, and how often they were used and traced.

    Every fit of a network needs a compiled program. Fits with the same architecture, batch size,
    optimizer and loss share one, whatever their learning rates, penalties and dropout rates are.

    .. versionadded:: 0.1

    Returns
    -------
    info : CacheInfo
        Named tuple with the fields `programs`, `max_programs`, `hits`, `misses` and `traces`, and,
        of the programs on disk, `disk_folder`, `disk_programs`, `disk_bytes` and `disk_hits`.

    See Also
    --------
    clear_cache : Forget all programs.

    Examples
    --------
    >>> import skdense
    >>> skdense.cache_info().max_programs
    128
    """
    with _lock:
        folder, *on_disk = disk_cache.info()
        counts = (_counts["hits"], _counts["misses"], _counts["traces"])
        return CacheInfo(_n_idle(), MAX_PROGRAMS, *counts, folder, *on_disk)


def clear_cache(disk: bool = False) -> None:
    """Forget all training programs and set the counts to zero.

    The next fit of each kind of network builds its program again. Fits that are running in other
    threads are not disturbed.

    .. versionadded:: 0.1

    Parameters
    ----------
    disk : bool, default=False
        Whether to delete the compiled programs on disk, too, those of other versions included.

    See Also
    --------
    cache_info : How many programs are kept.

    Examples
    --------
    >>> import skdense
    >>> skdense.clear_cache()
    >>> skdense.cache_info().programs
    0
    """
    with _lock:
        _idle.clear()
        disk_cache.forget_counts()
        _counts.update(hits=0, misses=0, traces=0, generation=_counts["generation"] + 1)
    if disk:
        disk_cache.clear()


def _n_idle() -> int:
    return sum(len(programs) for programs in _idle.values())


def _drop_oldest() -> None:
    oldest = next(iter(_idle))
    _idle[oldest].pop()
    if not _idle[oldest]:
        del _idle[oldest]

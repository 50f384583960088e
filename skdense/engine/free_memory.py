"""How much memory this process can still get."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

# Of control groups, version 2 and 1: their folder, limit, use, and what of it is a cache of files.
_SECOND = ("sys/fs/cgroup", "memory.max", "memory.current", ("inactive_file", "active_file"))
_FIRST = (
    "sys/fs/cgroup/memory",
    "memory.limit_in_bytes",
    "memory.usage_in_bytes",
    ("total_inactive_file", "total_active_file"),
)


def free_bytes(root: Path = Path("/")) -> int | None:
    """Give the memory that is free, with swap and with what caches of files give back.

    On Linux it is the least that the machine and this process's control groups leave, below `root`;
    elsewhere the memory of the machine; None where that is not known either.
    """
    machine = _numbers(root / "proc/meminfo")  # in kB
    if "MemAvailable" in machine:
        left = min(machine["MemAvailable"] * 1024, *_left_by_groups(root))
        return left + machine.get("SwapFree", 0) * 1024
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # Windows has no sysconf
        return None


def _left_by_groups(root: Path) -> Iterator[int]:
    """Give what each control group of this process, and each around it, still allows."""
    yield 2**63  # there may be none
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        folder, limit, used, caches = _FIRST if controllers else _SECOND
        group = root / folder / path.lstrip("/")
        for place in (group, *group.parents):  # a container may see only the last of them
            numbers = [_text(place / name).strip() for name in (limit, used)]
            if all(map(str.isdecimal, numbers)):  # "max" is no limit
                stat = _numbers(place / "memory.stat")
                cached = sum(stat.get(name, 0) for name in caches)
                yield max(int(numbers[0]) - int(numbers[1]) + cached, 0)


def _numbers(path: Path) -> dict[str, int]:
    """Read lines of a name and a number."""
    words = (line.replace(":", " ").split() for line in _text(path).splitlines())
    return {name: int(number) for name, number, *_ in words}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:  # another system, or not ours to read
        return ""

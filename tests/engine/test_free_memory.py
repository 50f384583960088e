"""How much memory is free, on machines made of files and on this one."""

import os
import sys

import pytest

from skdense.engine.free_memory import free_bytes

MEMINFO = "MemTotal: 9000 kB\nMemFree: 10 kB\nMemAvailable: 1000 kB\nSwapFree: {} kB\n"


def machine(root, groups="", swap=0, **files):
    """Write the files of a machine with 1000 kB of memory left."""
    contents = {"proc/meminfo": MEMINFO.format(swap), "proc/self/cgroup": groups, **files}
    for name, text in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def group(version, folder, limit, used, cached=0):
    """Give the files of one control group."""
    if version == 2:
        names, base = ("memory.max", "memory.current"), f"sys/fs/cgroup{folder}"
        stat = f"anon 5\nactive_file 0\ninactive_file {cached}\n"
    else:
        names = ("memory.limit_in_bytes", "memory.usage_in_bytes")
        base = f"sys/fs/cgroup/memory{folder}"
        stat = f"active_file 7\ntotal_active_file {cached}\ntotal_inactive_file 0\n"
    texts = (f"{limit}\n", f"{used}\n", stat)
    names = (*names, "memory.stat")
    return {f"{base}/{name}": text for name, text in zip(names, texts, strict=True)}


def test_a_machine_without_groups(tmp_path):
    assert free_bytes(machine(tmp_path)) == 1000 * 1024
    assert free_bytes(machine(tmp_path, swap=50)) == 1050 * 1024


@pytest.mark.parametrize("version", [1, 2])
def test_the_tightest_group_counts(tmp_path, version):
    line = "0::/a/b\n" if version == 2 else "5:cpu:/x\n4:cpuset,memory:/a/b\n"
    unlimited = "max" if version == 2 else 2**63 - 4096
    inner = group(version, "/a/b", unlimited, 10_000)
    outer = group(version, "/a", 500_000, 300_000, cached=50_000)
    assert free_bytes(machine(tmp_path, line, **inner, **outer)) == 250_000
    inner = group(version, "/a/b", 400_000, 380_000)
    assert free_bytes(machine(tmp_path, line, swap=1, **inner, **outer)) == 20_000 + 1024
    inner = group(version, "/a/b", 400_000, 500_000)  # over a limit that was lowered
    assert free_bytes(machine(tmp_path, line, **inner, **outer)) == 0


@pytest.mark.parametrize("version", [1, 2])
def test_a_container_sees_its_own_group_as_the_root(tmp_path, version):
    line = "0::/docker/123\n" if version == 2 else "4:memory:/docker/123\n"
    assert free_bytes(machine(tmp_path, line, **group(version, "", 9000, 2000))) == 7000


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_this_machine():
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert 2**20 < free_bytes() < 10 * total


def test_without_proc_it_is_the_memory_of_the_machine_or_unknown(tmp_path, monkeypatch):
    pages = {"SC_PHYS_PAGES": 1000, "SC_PAGE_SIZE": 16384}
    monkeypatch.setattr(os, "sysconf", pages.__getitem__, raising=False)
    assert free_bytes(tmp_path) == 16_384_000
    monkeypatch.delattr(os, "sysconf")
    assert free_bytes(tmp_path) is None

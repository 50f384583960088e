"""Times the cases of a benchmark turn by turn, each in a fresh process, and prints ratios.

A case is a function without arguments that sets up what it needs, then gives a dictionary of
seconds, one for each column, and perhaps `notes`, a text for the table. It finds no compiled
programs on disk except those of the processes before it, where it has several.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter

from _machine import describe

ENVIRONMENT = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}


@dataclass
class Case:
    """One program in a benchmark.

    Parameters
    ----------
    run : callable without arguments
    most_runs : int, default=99
        Fewer runs for a program that takes minutes.
    in_quick : bool, default=True
        Whether `--quick` includes it.
    needs : tuple of str
        Packages without which the case is left out.
    processes : int, default=1
        Fresh processes, one after the other, of which the last one counts.
    """

    run: Callable[[], dict]
    most_runs: int = 99
    in_quick: bool = True
    needs: tuple[str, ...] = field(default=())
    processes: int = 1


def main(cases: dict[str, Case], runs: int = 5) -> None:
    """Run the cases and print a table; the first case is the one the others are compared with."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--runs", type=int, default=runs, help="rounds (default %(default)s)")
    parser.add_argument("--quick", action="store_true", help="leave out the slowest programs")
    parser.add_argument("--bare", action="store_true", help="do not print versions and machine")
    parser.add_argument("--case", choices=cases, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        print(json.dumps(cases[options.case].run()))
        return
    chosen = {n: c for n, c in cases.items() if _has(c.needs) and (c.in_quick or not options.quick)}
    for name in cases.keys() - chosen.keys():
        print(f"(left out: {name})\n")
    print_table(_measure(chosen, options.runs), None if options.bare else describe())


def _has(packages: tuple[str, ...]) -> bool:
    return all(importlib.util.find_spec(package) for package in packages)


def _measure(cases: dict[str, Case], runs: int) -> dict[str, list[dict]]:
    results: dict[str, list[dict]] = {name: [] for name in cases}
    for round_number in range(runs):
        for name, case in cases.items():
            if round_number < case.most_runs:
                results[name].append(in_fresh_process(name, case.processes))
    return results


def in_fresh_process(name: str, processes: int = 1) -> dict:
    """Run one case of the main script in a process of its own; give the last one's dictionary."""
    script = str(Path(sys.argv[0]).resolve())
    command = [sys.executable, "-W", "ignore", script, "--case", name]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**ENVIRONMENT, "SKDENSE_CACHE_DIR": folder}
        for _ in range(processes):
            done = subprocess.run(command, env=environment, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"{name}:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def print_table(results: dict[str, list[dict]], machine: str | None) -> None:
    """Print the median of each time's ratio to that of the first case in the same round."""
    first = next(iter(results.values()))
    columns = [column for column in first[0] if column != "notes"]
    print("| program | " + " | ".join(f"{c}, times skdense" for c in columns) + " | runs | notes |")
    print("|" + "---|" * (len(columns) + 3))
    for name, rounds in results.items():
        pairs = list(zip(rounds, first, strict=False))
        cells = [_ratio([(a.get(column), b[column]) for a, b in pairs]) for column in columns]
        print(f"| {name} | {' | '.join(cells)} | {len(rounds)} | {rounds[-1].get('notes', '')} |")
    print(f"\n{machine}" if machine else "", flush=True)


def _ratio(pairs: list[tuple]) -> str:
    ratios = [seconds / base for seconds, base in pairs if seconds is not None]
    if not ratios:
        return "-"
    ratio = median(ratios)
    return f"{ratio:.0f}" if ratio >= 20 else f"{ratio:.2f}" if ratio < 10 else f"{ratio:.1f}"


def seconds_of(function: Callable, *arguments) -> float:
    """Time one call."""
    start = perf_counter()
    function(*arguments)
    return perf_counter() - start

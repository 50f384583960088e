"""The entries of the course: functions whose source and results the page shows."""

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

# Values by name, or for a table a dict of these for each row.
Results = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """A function of the course and what reads its data.

    Attributes
    ----------
    function : callable
        Takes what `load` returns, fits and scores models, and returns the results.
    load : callable
        Takes the folder of the data, a Path.
    """

    function: Callable[..., Results]
    load: Callable[[Path], tuple[Any, ...]]


ENTRIES: dict[str, Entry] = {}


def entry(load: Callable[[Path], tuple[Any, ...]]) -> Callable[[Callable], Callable]:
    """Decorate a function of the course: it is run on what `load` reads, and shown in the page."""

    def register(function: Callable[..., Results]) -> Callable[..., Results]:
        if function.__name__ in ENTRIES:
            raise ValueError(f"There are two entries of the name {function.__name__!r}.")
        ENTRIES[function.__name__] = Entry(function, load)
        return function

    return register


def source(text: str, name: str) -> str | None:
    """Find a function in a module's text, decorators left out, or a constant; None without it."""
    for node in ast.parse(text).body:
        targets = node.targets if isinstance(node, ast.Assign) else [node]
        if name in {getattr(target, "name", getattr(target, "id", None)) for target in targets}:
            return ast.get_source_segment(text, node)
    return None


def imports(text: str) -> str:
    """Give the import lines of a module's text, those of the course's own modules left out."""
    nodes = [node for node in ast.parse(text).body if isinstance(node, ast.Import | ast.ImportFrom)]
    shown = [node for node in nodes if "benchmarks." not in ast.unparse(node)]
    return "\n".join(str(ast.get_source_segment(text, node)) for node in shown)


def reached(results: Results) -> str:
    """Give results as a line, or as a table with a row for each dict among them."""
    if not all(isinstance(row, dict) for row in results.values()):
        line = ", ".join(f"{name} **{_texts([value])[0]}**" for name, value in results.items())
        return f"Reached: {line}."
    columns = list(dict.fromkeys(name for row in results.values() for name in row))
    lines = [["", *columns], ["---"] * (1 + len(columns))]
    lines += [[name] for name in results]
    for column in columns:
        values = [row.get(column, "") for row in results.values()]
        for line, text in zip(lines[2:], _texts(values), strict=True):
            line.append(text)
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"Reached:\n\n{table}"


def _texts(values: Sequence[Any]) -> list[str]:
    """Write results of one kind with as many decimals as suit the largest of them."""
    largest = max(
        (abs(value) for value in values if isinstance(value, float | np.floating)), default=0
    )
    digits = 3 if largest < 10 else 1 if largest < 1000 else 0
    return [_text(value, digits) for value in values]


def _text(value: Any, digits: int) -> str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        return f"{value:,.{digits}f}"
    return f"{value:,}" if isinstance(value, int | np.integer) else str(value)

"""Which columns of a table go where: to the named inputs of a model, or to its named outputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import Any

import numpy as np


def select_columns(
    parameter: str, wanted: Mapping[str, Any], table: Any, names: Iterable[str] | None
) -> dict[str, list[int]]:
    """Find the positions of the columns that are named for each input or output.

    `wanted` has for each a column name or position, a sequence of these, a slice, or a callable
    that takes the table and gives one of them, such as scikit-learn's ``make_column_selector``.
    Raises ValueError, with the `parameter`, if a column does not exist, is named twice within one
    input, or an input has none.
    """
    if not isinstance(wanted, Mapping) or not wanted:
        raise ValueError(
            f"{parameter}={wanted!r} has to be a dict of names and columns, such as "
            f"{parameter}={{'company': ['Price', 'Advertising'], 'region': ['Income']}}."
        )
    names = None if names is None else list(names)
    n_columns = len(names) if names is not None else np.shape(table)[1]
    return {
        name: _positions(f"{parameter}[{name!r}]", columns, table, names, n_columns)
        for name, columns in wanted.items()
    }


def column_names(table: Any) -> list[str] | None:
    """Give the column names of a pandas or polars table, the name of a series; None without."""
    columns = getattr(table, "columns", None)
    if columns is not None and not callable(columns):
        return list(columns)
    name = getattr(table, "name", None)
    return [name] if isinstance(name, str) else None


def _positions(where: str, columns: Any, table: Any, names: list | None, n_columns: int):
    selected: Any = columns(table) if callable(columns) else columns
    if isinstance(selected, slice):
        selected = range(n_columns)[selected]
    elif isinstance(selected, str | Integral):
        selected = [selected]
    positions = [_position(where, column, names, n_columns) for column in selected]
    if not positions:
        raise ValueError(f"{where}={columns!r} selects no column of the table: name at least one.")
    twice = {place for place in positions if positions.count(place) > 1}
    if twice:
        shown = [names[place] if names is not None else place for place in sorted(twice)]
        raise ValueError(f"{where}={columns!r} names the columns {shown} twice: name each once.")
    return positions


def _position(where: str, column: Any, names: list | None, n_columns: int) -> int:
    if isinstance(column, Integral) and not isinstance(column, bool):
        if not -n_columns <= int(column) < n_columns:
            raise ValueError(
                f"{where} names column {column}, which does not exist: the table has {n_columns} "
                "columns, counted from 0."
            )
        return int(column) % n_columns
    if names is None:
        raise ValueError(
            f"{where} names column {column!r}, but the table's columns have no names: pass a "
            "pandas or polars table, or name columns by position."
        )
    if column not in names:
        raise ValueError(
            f"{where} names column {column!r}, which does not exist; the columns are {names}."
        )
    return names.index(column)

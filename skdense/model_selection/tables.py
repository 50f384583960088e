"""Tables as models take them: dates, numbers and missing values, as they are written in cells.

skrub and pandas are imported where they are used: that takes a second, and both are optional.
"""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skdense.model_selection.input_error import InputError

if TYPE_CHECKING:
    import pandas

# How a whole cell is written, by its decimal mark.
_NUMBERS = {
    ".": r"[0-9]{1,3}(?:[,'\s][0-9]{3})+(?:\.[0-9]+)?|[0-9]*\.?[0-9]+",
    ",": r"[0-9]{1,3}(?:[.'\s][0-9]{3})+(?:,[0-9]+)?|[0-9]+(?:,[0-9]+)?",
}
_CURRENCY = "[$€£¥₩]?"
N_TRIED = 1000  # cells to look at before all of a column


def as_table(X: Any) -> tuple[Any, dict[str, str]]:
    """Copy a table into a data frame in which dates are dates and numbers are numbers.

    An array of finite numbers is returned as it is: it needs no preparation. A table's columns get
    different names, its rows are counted from 0. Gives as well, of each column of text that was
    read as numbers, a cell that shows how they are written. Raises InputError where a column holds
    lists, dicts, arrays or infinity, or skrub is missing.
    """
    if isinstance(X, np.ndarray) and X.dtype.kind in "biuf" and np.isfinite(X).all():
        return X, {}
    if find_spec("skrub") is None:
        raise InputError(
            "tables, and arrays with text or missing values, are prepared by skrub: "
            "pip install 'skdense[compare]'"
        )
    import pandas as pd
    from skrub import Cleaner

    if not hasattr(X, "iloc"):
        is_polars = hasattr(X, "to_dict")
        X = pd.DataFrame(X.to_dict(as_series=False) if is_polars else X).infer_objects()
    names = pd.Index([str(name) for name in X.columns])
    table = X.set_axis(
        [f"{name}.{k}" if again else name for k, (name, again) in _numbered(names)], axis=1
    ).reset_index(drop=True)
    for name, column in table.items():
        _check_cells(name, column)
        if str(column.dtype).startswith(("date32", "date64", "timestamp")):
            # skrub 0.11 does not take those of Arrow.
            table[name] = pd.to_datetime(column.astype(object))
    table = Cleaner(drop_null_fraction=None).fit_transform(table)
    numbers = {}
    for name, column in table.items():
        if pd.api.types.is_numeric_dtype(column):
            _check_finite(name, column)
        elif (read := read_numbers(column)) is not None:
            table[name] = read
            cells = column.dropna().astype(str)
            unusual = cells[~cells.str.fullmatch(r"[+-]?[0-9]*\.?[0-9]+")]
            if len(unusual):
                numbers[name] = unusual.iloc[0]
    return table, numbers


def _numbered(names: "pandas.Index") -> Any:
    return enumerate(zip(names, names.duplicated(), strict=True))


def _check_cells(name: str, column: "pandas.Series") -> None:
    if holds_collections(column.to_numpy()):
        raise InputError(
            f"there are lists, dicts or arrays in column {name!r}; spread them over columns of "
            "numbers or text, one for each value, or leave the column out"
        )


def holds_collections(values: NDArray[Any]) -> bool:
    """Tell whether a column, given as an array, has cells of several values, such as lists."""
    if values.dtype.kind != "O":
        return values.ndim > 1
    return any(hasattr(v, "__len__") and not isinstance(v, (str, bytes)) for v in values)


def _check_finite(name: str, column: "pandas.Series") -> None:
    if np.isinf(column.to_numpy(dtype=np.float64, na_value=np.nan)).any():
        raise InputError(f"there is infinity in column {name!r}; make those cells missing")


def read_numbers(column: "pandas.Series") -> "pandas.Series | None":
    """Read text such as "1,234.00", "2,5", "$3" or "4 %" as numbers, if all of a column is such."""
    import pandas as pd

    if not (column.dtype == object or isinstance(column.dtype, pd.StringDtype)):
        return None
    text = column.dropna().astype(str).str.strip()
    text = text[text != "?"]
    for decimal, number in _NUMBERS.items():
        cell = rf"[+-]?{_CURRENCY}\s?[+-]?(?:{number})\s?(?:{_CURRENCY}|%)"
        parts = (text.head(N_TRIED), text)
        if len(text) and all(part.str.fullmatch(cell).all() for part in parts):
            bare = text.str.replace(rf"[^0-9{decimal}+-]", "", regex=True)
            as_number = pd.to_numeric(bare.str.replace(decimal, ".", regex=False))
            return as_number.reindex(column.index)
    return None

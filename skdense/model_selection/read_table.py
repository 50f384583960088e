"""Reading a table, and separating its target column.

Pandas is imported where a file is read and nowhere else, so that `skdense --help` stays quick.
"""

import difflib
import gzip
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from skdense.model_selection.input_error import InputError
from skdense.model_selection.tables import read_numbers

if TYPE_CHECKING:
    import pandas

BUNDLED = ("iris", "wine", "breast_cancer", "digits", "diabetes")

_PARQUET = (".parquet", ".pq")
_TEXT = (".csv", ".csv.gz", ".tsv", ".tsv.gz")
_SEPARATORS = (",", ";", "\t")


def read_table(
    data: str, *, sep: str | None = None, encoding: str | None = None
) -> "pandas.DataFrame":
    """Read one of scikit-learn's bundled data sets, or a CSV or Parquet file, with a header row.

    `sep` is what is between the fields of a CSV file, None comma, semicolon or tab, whichever the
    header has most; `encoding` is such as `"latin-1"` or `"cp949"`, None is UTF-8. The last column
    of a bundled set is `target`. Raises InputError where the file is missing, empty, unreadable or
    of an unknown kind, or skrub is missing.
    """
    if find_spec("skrub") is None:
        raise InputError(f"DATA={data!r}: this needs skrub: pip install 'skdense[compare]'")
    if data in BUNDLED:
        from sklearn import datasets

        return getattr(datasets, f"load_{data}")(as_frame=True).frame

    path = Path(data)
    name = path.name.lower()
    if not name.endswith(_TEXT + _PARQUET):
        raise InputError(
            f"DATA={data!r} is neither a bundled data set ({', '.join(BUNDLED)}) nor a file ending "
            f"in {', '.join(_TEXT + _PARQUET)}"
        )
    if not path.is_file():
        raise InputError(f"DATA={data!r}: there is no such file; check the path")
    try:
        is_parquet = name.endswith(_PARQUET)
        table = _read_parquet(path) if is_parquet else _read_text(path, sep, encoding)
    except ImportError as error:
        raise InputError(
            f"DATA={data!r}: reading Parquet needs pyarrow; install it, or save the table as CSV"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"DATA={data!r} is not {encoding or 'UTF-8'} text; name its encoding, such as "
            "--encoding latin-1"
        ) from error
    except (ValueError, OSError, EOFError, LookupError) as error:  # of an unknown encoding
        raise InputError(f"DATA={data!r} cannot be read: {error}") from error
    if table.shape[0] == 0:
        raise InputError(f"DATA={data!r} is empty: it has no rows below its header")
    return table


def _read_parquet(path: Path) -> "pandas.DataFrame":
    import pandas as pd

    return pd.read_parquet(path)


def _read_text(path: Path, sep: str | None, encoding: str | None) -> "pandas.DataFrame":
    import pandas as pd

    encoding = encoding or "utf-8-sig"
    if sep is None:
        opener = gzip.open if path.suffix.lower() == ".gz" else open
        with opener(path, "rt", encoding=encoding) as file:
            header = file.readline()
        if not header.strip():
            raise InputError("the file is empty, or its first line is")
        sep = max(_SEPARATORS, key=header.count)
    table = pd.read_csv(path, sep=sep, encoding=encoding, low_memory=False)
    if sep != ";":
        return table
    # With semicolons as separators, commas are often decimal points: more numbers is the right one.
    commas = pd.read_csv(path, sep=sep, encoding=encoding, decimal=",", low_memory=False)
    return max(table, commas, key=lambda read: read.select_dtypes("number").shape[1])


def split_target(
    table: "pandas.DataFrame", target: str | None = None, drop: Sequence[str] = ()
) -> tuple["pandas.DataFrame", "pandas.Series", int]:
    """Separate the target column from a table, and drop the rows where it is missing.

    `target` None is the last column; columns of `drop` are left out. Gives X, y and how many rows
    had no target. Raises InputError where there is no such column, no other column, or no row with
    a target.
    """
    columns = [str(column) for column in table.columns]
    left_out = {_place(columns, name, "drop") for name in drop}
    kept = [i for i in range(len(columns)) if i not in left_out]
    if len(kept) < 2:
        raise InputError(
            f"the table has {len(kept)} column{'s' * (not kept)} to use, and so nothing to predict "
            "it from"
        )
    place = kept[-1] if target is None else _place(columns, target, "target")
    if place in left_out:
        raise InputError(f"target={target!r} is one of the columns to drop; drop others only")
    y = table.iloc[:, place].reset_index(drop=True)  # not cleaned: "none" may well be a class
    numbers = read_numbers(y)
    y = y if numbers is None else numbers.rename(y.name)
    known = y.notna().to_numpy()
    if not known.any():
        raise InputError(f"target={columns[place]!r} has no value in any row; name another column")
    X = table.iloc[known, [i for i in kept if i != place]]
    return X.reset_index(drop=True), y[known].reset_index(drop=True), int((~known).sum())


def _place(columns: list[str], name: str, parameter: str) -> int:
    if name in columns:
        return columns.index(name)
    near = difflib.get_close_matches(name, columns, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"the columns are {_shortened(columns)}"
    raise InputError(f"{parameter}={name!r} is not a column of the table; {hint}")


def _shortened(names: list[str], most: int = 12) -> str:
    shown = ", ".join(repr(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"

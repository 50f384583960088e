import datetime
import decimal

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from skdense.model_selection import tables
from skdense.model_selection.read_table import read_table
from skdense.model_selection.tables import as_table

pytest.importorskip("skrub")

N = 60
DAYS = [datetime.date(2020, 1, 1) + datetime.timedelta(days=9 * day) for day in range(N)]


def object_dates(folder):
    return pd.DataFrame({"day": DAYS})


def arrow_dates(folder):
    pyarrow = pytest.importorskip("pyarrow", exc_type=ImportError)
    return pd.DataFrame({"day": pd.Series(DAYS, dtype=pd.ArrowDtype(pyarrow.date32()))})


def arrow_times(folder):
    pytest.importorskip("pyarrow", exc_type=ImportError)
    return pd.DataFrame({"day": pd.Series(DAYS, dtype="timestamp[s][pyarrow]")})


def polars_dates(folder):
    return pytest.importorskip("polars").DataFrame({"day": DAYS})


def time_zone(folder):
    return pd.DataFrame({"day": pd.to_datetime(DAYS).tz_localize("Asia/Seoul")})


def durations(folder):
    return pd.DataFrame({"day": pd.to_timedelta(range(N), unit="h")})


def csv_dates(folder):
    lines = [day.strftime("%d.%m.%Y") for day in DAYS]
    (folder / "a.csv").write_text("\n".join(["day", *lines]))
    return read_table(str(folder / "a.csv"))


KINDS = [object_dates, arrow_dates, arrow_times, polars_dates, time_zone, durations, csv_dates]


@pytest.mark.parametrize("kind", KINDS)
def test_a_target_made_from_a_date_is_predicted(kind, tmp_path):
    from skrub import tabular_pipeline

    y = np.arange(N) >= N // 2
    rows = np.random.default_rng(0).permutation(N)
    train, test = rows[: N // 2], rows[N // 2 :]
    table, numbers = as_table(kind(tmp_path))
    model = clone(tabular_pipeline(LogisticRegression())).fit(table.iloc[train], y[train])
    ranks = model.decision_function(table.iloc[test])
    assert roc_auc_score(y[test], ranks) > 0.97
    assert not numbers


@pytest.mark.parametrize(
    ("cells", "expected", "shown"),
    [
        (["1,234.00", "12", "?"], [1234, 12, np.nan], "1,234.00"),
        (["1.234,5", "12", None], [1234.5, 12, np.nan], "1.234,5"),
        (["2,5", "-3", "+4,25"], [2.5, -3, 4.25], "2,5"),
        (["1 234,5", "1'000", "7"], [1234.5, 1000, 7], "1 234,5"),
        (["1 234.5", "1'000", "7"], [1234.5, 1000, 7], "1 234.5"),
        (["$5", "-$6.5", "$-7"], [5, -6.5, -7], "$5"),
        (["5 €", "6", "N/A"], [5, 6, np.nan], "5 €"),
        (["4 %", "5%", "6"], [4, 5, 6], "4 %"),
        (["?", "1.5", "-2"], [np.nan, 1.5, -2], None),
        (["1,2", "1,2,3", "4"], None, None),
        (["1,234", "a", "5"], None, None),
        (["12-5", "13-6", "14-7"], None, None),
        ([decimal.Decimal("1.5"), None, decimal.Decimal(2)], [1.5, np.nan, 2], None),
    ],
)
def test_numbers_written_as_text(cells, expected, shown):
    table, numbers = as_table(pd.DataFrame({"a": pd.Series(cells, dtype=object)}))
    assert numbers.get("a") == shown
    if expected is None:
        assert table["a"].tolist() == cells
    else:
        np.testing.assert_array_equal(table["a"].to_numpy(dtype=float), expected)


def test_a_long_column_is_read_as_a_whole():
    cells = ["1,000"] * (tables.N_TRIED + 1)
    assert as_table(pd.DataFrame({"a": cells}))[0]["a"].sum() == 1000 * len(cells)
    assert as_table(pd.DataFrame({"a": [*cells, "many"]}))[0]["a"].iloc[-1] == "many"


def test_missing_values_as_people_write_them():
    table, _ = as_table(np.array([["?", "a"], ["N/A", "b"], ["x", ""]], dtype=object))
    assert table.isna().to_numpy().tolist() == [[True, False], [True, False], [False, True]]


def test_names_are_texts_and_different():
    table, _ = as_table(pd.DataFrame([[1, 2, 3]], columns=[0, "a", "a"], index=[7]))
    assert table.columns.tolist() == ["0", "a", "a.2"]
    assert table.index.tolist() == [0]


def test_a_table_stays_as_it_was():
    given = pd.DataFrame({"a": ["1,234", "2"], "b": DAYS[:2]})
    before = given.copy()
    as_table(given)
    pd.testing.assert_frame_equal(given, before)


def test_arrays_of_finite_numbers_need_nothing():
    for X in (np.eye(2), np.eye(2, dtype=bool), np.eye(2, dtype=np.float32)):
        assert as_table(X)[0] is X
    for X in (np.array([[np.nan]]), np.array([[1]], dtype=object), pd.DataFrame([[1]])):
        assert isinstance(as_table(X)[0], pd.DataFrame)


def test_without_skrub_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(tables, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install 'skdense\[compare\]'"):
        as_table(pd.DataFrame({"a": [1]}))


COLLECTIONS = {
    "lists": [[1, 2], [3]] * 5,
    "dicts": [{"a": 1, "b": 2}, {"a": 3, "b": None}] * 5,
    "arrays": [np.arange(2), np.arange(3)] * 5,
    "sets": [{1}, {2}] * 5,
    "after a gap": [None, [1, 2]] * 5,
}


@pytest.mark.parametrize("kind", COLLECTIONS)
@pytest.mark.parametrize("library", ["pandas", "polars", "numpy"])
def test_columns_of_collections_are_named(kind, library):
    from skdense.model_selection.compare import compare

    cells = COLLECTIONS[kind]
    if library == "numpy":
        table = np.empty((10, 2), dtype=object)
        table[:, 0], name = range(10), "'1'"
        for row, cell in enumerate(cells):
            table[row, 1] = cell
    elif library == "pandas":
        table, name = pd.DataFrame({"size": range(10), "tags": cells}), "'tags'"
    elif kind == "sets":
        pytest.skip("polars has no column of sets")
    else:
        polars = pytest.importorskip("polars")
        table, name = polars.DataFrame({"size": range(10), "tags": cells}), "'tags'"
    y = np.arange(10) % 2
    for task in ("classification", "regression"):
        with pytest.raises(ValueError, match=f"lists, dicts or arrays in column {name}; spread"):
            compare(table, y, cv=2, task=task)
    target = table[:, 1] if library == "numpy" else table["tags"]
    if kind != "dicts" or library != "polars":
        with pytest.raises(ValueError, match="y holds lists, dicts or arrays"):
            compare(y.reshape(-1, 1), target, cv=2)

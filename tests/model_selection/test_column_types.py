import numpy as np
import pandas as pd
import pytest

from skdense.model_selection.column_types import (
    as_numbers,
    as_text,
    column_types,
    is_missing,
)
from skdense.model_selection.task import MAX_NUMBER_CLASSES, infer_task

DAYS = ["1970-01-01", "1970-01-02", None]


def a_pandas_table():
    return pd.DataFrame(
        {
            "float": [1.5, None, 2.0],
            "nullable": pd.array([1, None, 3], dtype="Int64"),
            "date": pd.to_datetime(DAYS),
            "zone": pd.to_datetime(DAYS).tz_localize("UTC"),
            "text": ["a", None, "b"],
            "bool": [True, False, True],
            "category": pd.Categorical([1, 2, 1]),
            "nullable bool": pd.array([True, None, False], dtype="boolean"),
            "empty": pd.Series([None] * 3, dtype=object),
        }
    )


def a_polars_table():
    polars = pytest.importorskip("polars")
    return polars.DataFrame(
        {
            "float": [1.5, None, 2.0],
            "int": [1, None, 3],
            "date": polars.Series(DAYS).str.to_date(),
            "zone": polars.Series(DAYS).str.to_datetime(time_zone="UTC"),
            "text": ["a", None, "b"],
            "bool": [True, False, True],
            "category": polars.Series(["u", "v", "u"], dtype=polars.Categorical),
            "nullable bool": [True, None, False],
            "empty": polars.Series([None] * 3, dtype=polars.String),
        }
    )


@pytest.mark.parametrize("make", [a_pandas_table, a_polars_table])
def test_columns_of_a_frame(make):
    X = make()
    types = column_types(X)
    assert types.numeric == [0, 1, 2, 3]
    assert types.categorical == [4, 5, 6, 7, 8]


@pytest.mark.parametrize("make", [a_pandas_table, a_polars_table])
def test_numbers_and_text_of_a_frame(make):
    X = make()
    day = 24 * 60 * 60
    expected = [[1.5, 1, 0, 0], [np.nan, np.nan, day, day], [2, 3, np.nan, np.nan]]
    np.testing.assert_array_equal(as_numbers(X[list(X.columns[:4])]), expected)
    text = as_text(X[list(X.columns[4:])])
    assert text[:, 0].tolist() == ["a", "(missing)", "b"]
    assert text[:, 1].tolist() == ["True", "False", "True"]
    assert text[:, 3].tolist() == ["True", "(missing)", "False"]
    assert text[:, 4].tolist() == ["(missing)"] * 3


def test_object_array_of_mixed_columns():
    X = np.array([[1, "a", True, 2.5], [None, "b", False, np.nan]], dtype=object)
    assert column_types(X) == ([0, 3], [1, 2])
    np.testing.assert_array_equal(as_numbers(X[:, [0, 3]]), [[1, 2.5], [np.nan, np.nan]])


@pytest.mark.parametrize("dtype", [np.int8, np.float16, np.uint32, np.float64])
def test_array_of_numbers_is_numeric(dtype):
    assert column_types(np.ones((2, 3), dtype)) == ([0, 1, 2], [])


@pytest.mark.parametrize("value", [None, np.nan, pd.NA, pd.NaT, np.datetime64("NaT")])
def test_missing_values(value):
    assert is_missing(value)


@pytest.mark.parametrize("value", [0, "", False, "nan", 1.5])
def test_present_values(value):
    assert not is_missing(value)


@pytest.mark.parametrize(
    ("y", "task", "reason"),
    [
        (["yes", "no", "yes"], "classification", "2 different texts"),
        ([True, False], "classification", "2 different booleans"),
        ([1.0, 2.0, 3.0], "classification", "3 different whole numbers"),
        (pd.Categorical([1, 2, 3]), "classification", "3 different texts"),
        (pd.Series([1, 2], dtype="Int64"), "classification", "2 different whole numbers"),
        (pd.Series(["a", "b"], dtype="string"), "classification", "2 different texts"),
        (range(MAX_NUMBER_CLASSES), "classification", "20 different whole numbers"),
        (range(MAX_NUMBER_CLASSES + 1), "regression", "21 different whole numbers"),
        ([0.5, 1.0], "regression", "numbers that are not whole"),
    ],
)
def test_task_follows_from_the_target(y, task, reason):
    assert infer_task(y) == (task, reason)


def test_dates_are_no_target():
    with pytest.raises(ValueError, match="y holds dates or durations"):
        infer_task(pd.Series(pd.to_datetime(["2020-01-01", "2020-01-02"])))


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
        table[:, 0], name = range(10), "1"
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

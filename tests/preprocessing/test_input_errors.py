"""Errors about X name the columns that hold text or missing values, in any kind of table."""

import numpy as np
import pandas as pd
import pytest

from skdense import DenseClassifier
from skdense.preprocessing.input_errors import errors_naming_columns
from tests.helpers import plain

Y = np.arange(20) % 2


def table(kind, value, column="c"):
    frame = pd.DataFrame(np.eye(20, 3), columns=["a", "b", "c"]).astype({column: object})
    frame.loc[4, column] = value
    if kind == "polars":
        polars = pytest.importorskip("polars")
        return polars.DataFrame({name: frame[name].tolist() for name in frame}, strict=False)
    return {"pandas": frame, "array": frame.to_numpy(), "list": frame.to_numpy().tolist()}[kind]


@pytest.mark.parametrize("kind", ["pandas", "array", "list"])
def test_text_is_named(kind):
    column = "'c'" if kind == "pandas" else "2"
    for net in (plain(DenseClassifier), plain(DenseClassifier, missing="indicator")):
        with pytest.raises(ValueError, match=f"the column {column} of X holds text, such as 'x1'"):
            net.fit(table(kind, "x1"), Y)


@pytest.mark.parametrize("kind", ["pandas", "array", "list", "polars"])
def test_missing_values_are_named(kind):
    column = "'c'" if kind in ("pandas", "polars") else "2"
    with pytest.raises(ValueError, match=rf"NaN, in the columns \[{column}\]\. Set missing="):
        plain(DenseClassifier).fit(table(kind, None if kind == "polars" else np.nan), Y)


def test_categories_are_text():
    frame = table("pandas", "x1").assign(c=["x1", "x2"] * 10).astype({"c": "category"})
    with pytest.raises(ValueError, match="the column 'c' of X holds text, such as 'x1'"):
        plain(DenseClassifier).fit(frame, Y)


def test_numbers_as_text_are_numbers():
    net = plain(DenseClassifier, 2, epochs=1, random_state=0).fit(table("array", "0.5"), Y)
    assert net.n_features_in_ == 3


def test_in_predict_and_in_validation_data():
    X = table("pandas", 0.5)
    net = plain(DenseClassifier, 2, epochs=1, random_state=0).fit(X, Y)
    with pytest.raises(ValueError, match="the column 'c' of X holds text"):
        net.predict(table("pandas", "x1"))
    with pytest.raises(ValueError, match=r"X_val, y_val .*NaN, in the columns \['c'\]"):
        net.fit(X, Y, X_val=table("pandas", np.nan), y_val=Y)


def test_many_columns_are_counted():
    with (
        pytest.raises(ValueError, match=r"\[0, 1, 2, 3, 4\] and 3 more\. Fill them"),
        errors_naming_columns(np.full((2, 8), np.nan), takes_missing=False),
    ):
        raise ValueError("Input X contains NaN.")


def test_other_errors_stay():
    with (
        pytest.raises(ValueError, match=r"^Input X contains infinity"),
        errors_naming_columns(np.full((2, 8), np.inf), takes_missing=True),
    ):
        raise ValueError("Input X contains infinity.")

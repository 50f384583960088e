import numpy as np
import pandas as pd
import pytest

from skdense.model_selection.columns import describe_columns, score_alone
from skdense.model_selection.tables import as_table

pytest.importorskip("skrub")

N = 120
RNG = np.random.default_rng(0)
Y = RNG.integers(2, size=N)
WORDS = [f"word {RNG.integers(10**6)} of {k}" for k in range(N)]


def described(column, y=Y, task="classification", name="a"):
    table, numbers = as_table(pd.DataFrame({name: column}))
    (column,) = describe_columns(table, numbers, y, task)
    return column


@pytest.mark.parametrize(
    ("cells", "holds", "preparation"),
    [
        (RNG.normal(size=N), "numbers", "as they are"),
        ([None, *range(N - 1)], "numbers, 1 missing", "as they are"),
        (["red", "blue"] * (N // 2), "2 categories", "a column for each"),
        (WORDS, f"text, {N} different", "30 numbers, from the letters"),
        (["2020-05-01", "2020-06-13"] * (N // 2), "dates", "year, month, day"),
        ([None] * N, "nothing", "left out"),
    ],
)
def test_what_a_column_holds_and_what_is_done(cells, holds, preparation):
    column = described(cells)
    assert column.holds == holds
    assert column.preparation.startswith(preparation)


@pytest.mark.parametrize(
    ("name", "cells", "warning"),
    [
        ("row", range(N), "all different: an identifier"),
        ("customer_id", RNG.permutation(N), "all different: an identifier"),
        ("Unnamed: 0", RNG.permutation(N), "all different: an identifier"),
        ("price", RNG.permutation(N), ""),
        ("size", RNG.normal(size=N), ""),
        ("name", WORDS, f"{N} texts, all different: an identifier?"),
        ("town", [f"town {k % 50}" for k in range(N)], "50 texts, more than get a column each"),
        ("constant", [1] * N, "a single value"),
        ("constant text", ["x"] * N, "a single value"),
        ("seldom", [1, None] * (N // 2), ""),
        ("empty", [None] * N, "no value in any row"),
        ("day", pd.date_range("2020-01-01", periods=N), "dates: to predict the future"),
        ("price", [f"${k % 7},000" for k in range(1, N + 1)], "text such as '$1,000'"),
        ("answer", np.where(Y, "yes", "no"), "alone predicts the target"),
        ("score", Y + RNG.random(N), "alone predicts the target"),
        ("less", [None if y else 1 / (1 + k) for k, y in enumerate(Y)], "alone predicts the"),
    ],
)
def test_what_is_suspicious(name, cells, warning):
    found = described(cells, name=name).warning
    assert warning in found
    assert bool(found) == bool(warning)


def test_a_column_that_alone_predicts_a_number():
    y = RNG.normal(size=1000)
    assert "alone predicts" in described(2 * y + 1, y, "regression").warning
    assert not described(y + RNG.normal(size=1000), y, "regression").warning


def test_scores_of_one_column():
    classes = np.arange(600) % 3
    noise = pd.Series(RNG.random(600))
    assert score_alone(pd.Series(classes), classes, "classification") == 1
    assert score_alone(noise, classes, "classification") < 0.7
    assert score_alone(noise, noise.to_numpy() ** 2, "regression") > 0.999
    # All of one class in one half: nothing to tell.
    assert score_alone(noise[:4], np.array([0, 1, 1, 1]), "classification") <= 1

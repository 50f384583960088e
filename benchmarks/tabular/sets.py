"""The tables: reading them, splitting them, and the two halves of the suite."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

MOST_TEST_ROWS = 10_000


class Table(NamedTuple):
    """One split of a data set.

    X_train, X_test : DataFrame; y_train, y_test : array, class numbers or targets; numeric,
    categorical : names of the columns; task : "binary", "multiclass" or "regression".
    """

    X_train: pd.DataFrame
    X_test: pd.DataFrame
    y_train: np.ndarray
    y_test: np.ndarray
    numeric: list[str]
    categorical: list[str]
    task: str


def suite(folder: Path) -> list[dict]:
    """Describe the suite's sets, regression last, small ones first; every other one is in half A.

    Half A is for choosing between recipes, half B for believing what has been chosen.
    """
    entries = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    tables = [entry for entry in entries if entry["group"] != "course"]
    tables.sort(key=lambda entry: (entry["task"] == "regression", entry["n_rows"], entry["name"]))
    return [{**entry, "half": "AB"[place % 2]} for place, entry in enumerate(tables)]


def read(folder: Path, entry: dict, split: int, rows: int) -> Table:
    """Read a set and split it: a fifth is for testing, stratified by class.

    Parameters
    ----------
    folder : Path
    entry : dict
        From `suite`.
    split : int
        Seed of the split.
    rows : int
        The most rows of the training set.
    """
    data = pd.read_csv(folder / entry["file"])
    y = data.pop("target").to_numpy()
    is_regression = entry["task"] == "regression"
    if not is_regression:
        y = np.unique(y, return_inverse=True)[1]
    categorical = entry["categorical"]
    data[categorical] = data[categorical].astype(object).where(data[categorical].notna(), None)
    strata = None if is_regression else y
    train, test = train_test_split(
        np.arange(len(y)), test_size=0.2, stratify=strata, random_state=split
    )
    train, test = train[:rows], test[:MOST_TEST_ROWS]
    return Table(
        data.iloc[train].reset_index(drop=True),
        data.iloc[test].reset_index(drop=True),
        y[train],
        y[test],
        entry["numeric"],
        categorical,
        entry["task"],
    )

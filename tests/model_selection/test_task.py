import datetime

import numpy as np
import pandas as pd
import pytest

from skdense.model_selection.task import MAX_NUMBER_CLASSES, check_target, infer_task


@pytest.mark.parametrize("value", [None, np.nan, pd.NA, pd.NaT])
def test_missing_values_are_counted(value):
    with pytest.raises(ValueError, match="y has 1 missing values"):
        check_target(pd.Series(["a", value, "b"], dtype=object), None)


@pytest.mark.parametrize("values", [["", "nan"], [0, 1], [False, True]])
def test_present_values(values):
    assert check_target(pd.Series(values), None)[0].tolist() == values


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


@pytest.mark.parametrize(
    "y",
    [
        pd.Series(pd.to_datetime(["2020-01-01", "2020-01-02"])),
        pd.Series(pd.to_datetime(["2020-01-01", "2020-01-02"]).tz_localize("UTC")),
        [datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)],
        pd.Series(pd.to_timedelta([1, 2], unit="h")),
    ],
    ids=["dates", "time zone", "datetime.date", "durations"],
)
def test_dates_are_no_target(y):
    with pytest.raises(ValueError, match="y holds dates or durations"):
        infer_task(y)

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GroupKFold, TimeSeriesSplit

from skdense.model_selection.splits import make_folds, set_aside
from skdense.model_selection.task import check_target

X = np.arange(40.0).reshape(20, 2)
LABELS = np.array(["a"] * 15 + ["b"] * 5)
AMOUNTS = np.linspace(0.5, 9.7, 20)
ALL = np.arange(20)


@pytest.mark.parametrize(
    ("y", "task", "kind"),
    [
        (["a", "b"], "classification", "U"),
        (pd.Series(["a", "b"]), "classification", "O"),
        (pd.Series([1, 2], dtype="Int64"), "classification", "i"),
        (np.array([[0], [1]]), "classification", "i"),
        ([0.5, 2.5], "regression", "f"),
        (range(30), "regression", "f"),
    ],
)
def test_target_becomes_an_array(y, task, kind):
    checked, found = check_target(y, None)
    assert found == task
    assert checked.ndim == 1
    assert checked.dtype.kind == kind


def test_task_can_be_told():
    y, task = check_target([1, 2, 3], "regression")
    assert (y.dtype, task) == (np.dtype(np.float64), "regression")


@pytest.mark.parametrize(
    ("y", "task", "message"),
    [
        ([0, 1], "sorting", "task='sorting' must be"),
        (np.eye(3), None, r"y has shape \(3, 3\).*one column at a time"),
        (["a", None], None, "y has 1 missing values"),
        ([0.5, np.nan, np.nan], None, "y has 2 missing values"),
        ([0.5, np.inf], None, "y holds infinity"),
        (["a", "a"], None, "one class only, 'a'"),
        ([3, 3], None, "one class only, 3"),
        ([0.5, 0.5], None, "y is 0.5 in every row"),
        (["a", "b"], "regression", "which are not numbers; use task='classification'"),
        ([0.5, 1.5], "classification", "use task='regression'"),
        (pd.Series(["a", 1], dtype=object), None, "y mixes int, str"),
    ],
)
def test_unfit_targets(y, task, message):
    with pytest.raises(ValueError, match=message):
        check_target(y, task)


def test_nothing_set_aside_by_default():
    rest, test = set_aside(None, LABELS, "classification", 0)
    np.testing.assert_array_equal(rest, ALL)
    assert len(test) == 0


@pytest.mark.parametrize("test_size", [0.4, 8])
def test_rows_set_aside_are_stratified(test_size):
    rest, test = set_aside(test_size, LABELS, "classification", 0)
    np.testing.assert_array_equal(np.sort(np.r_[rest, test]), ALL)
    assert (LABELS[test] == "b").sum() == 2
    assert len(test) == 8


@pytest.mark.parametrize("test_size", [0, 1.0, -0.5, 20, "half", True, 1.5])
def test_size_out_of_range(test_size):
    with pytest.raises(ValueError, match=f"test_size={test_size!r} must be a fraction"):
        set_aside(test_size, AMOUNTS, "regression", 0)


def test_size_too_small_for_the_classes():
    with pytest.raises(ValueError, match=r"test_size=1 does not suit y"):
        set_aside(1, LABELS, "classification", 0)


def test_number_of_folds_means_shuffled_and_stratified():
    folds = make_folds(5, X, LABELS, "classification", ALL, 0)
    assert [(LABELS[test] == "b").sum() for _, test in folds] == [1] * 5
    np.testing.assert_array_equal(np.sort(np.concatenate([test for _, test in folds])), ALL)
    assert folds[0][1].tolist() != [0, 1, 2, 15]


def test_folds_leave_out_the_rows_set_aside():
    rest, test = set_aside(5, AMOUNTS, "regression", 0)
    folds = make_folds(3, X, AMOUNTS, "regression", rest, 0)
    used = np.concatenate([np.r_[fold] for fold in folds])
    assert not set(test) & set(used)
    assert set(rest) == set(used)


@pytest.mark.parametrize(
    "cv",
    [
        TimeSeriesSplit(3),
        list(TimeSeriesSplit(3).split(X)),
        iter(TimeSeriesSplit(3).split(X)),
    ],
    ids=["splitter", "list", "iterator"],
)
def test_given_folds_are_taken_as_they_are(cv):
    folds = make_folds(cv, X, AMOUNTS, "regression", ALL, 0)
    assert [test.tolist() for _, test in folds] == [
        test.tolist() for _, test in TimeSeriesSplit(3).split(X)
    ]


@pytest.mark.parametrize(
    ("cv", "message"),
    [
        (1, "cv=1 must be at least 2"),
        (11, "too few rows: cv=11 folds need at least 22, there are 20"),
        ("5", "cv='5' must be a number of folds"),
        (True, "cv=True must be"),
        ([(ALL[:10], ALL[10:])], "gives 1 fold; a spread needs at least 2"),
        (GroupKFold(2), "groups"),
    ],
)
def test_unfit_folds(cv, message):
    with pytest.raises(ValueError, match=message):
        make_folds(cv, X, AMOUNTS, "regression", ALL, 0)


def test_small_class_is_named():
    with pytest.raises(ValueError, match="class 'b' of y has 5 rows to fold, fewer than cv=6"):
        make_folds(6, X, LABELS, "classification", ALL, 0)


def test_given_splits_and_rows_set_aside_exclude_each_other():
    with pytest.raises(ValueError, match="use one or the other"):
        make_folds([(ALL[:5], ALL[5:10])] * 2, X, AMOUNTS, "regression", ALL[:15], 0)

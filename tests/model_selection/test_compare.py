import re

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, make_classification, make_regression
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from skdense import DenseClassifier
from skdense.model_selection import baselines
from skdense.model_selection.compare import compare
from skdense.model_selection.fit_and_score import ModelError

QUICK = {name: LogisticRegression() for name in ("random forest", "gradient boosting", "network")}
QUICK_ALL = dict.fromkeys(QUICK, DummyClassifier())
QUICK_REGRESSION = {
    name: LinearRegression() for name in ("random forest", "gradient boosting", "network")
}


@pytest.fixture(autouse=True)
def no_other_boosting(monkeypatch):
    monkeypatch.setattr(baselines, "find_spec", lambda name: None)


class Recorder(ClassifierMixin, BaseEstimator):
    """Writes down the first column of every table it is fitted on or asked about."""

    def __init__(self, log=None, name=""):
        self.log = log
        self.name = name

    def __sklearn_clone__(self):
        return Recorder(self.log, self.name)

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.log.append((self.name, "fit", tuple(X[:, 0])))
        return self

    def predict(self, X):
        self.log.append((self.name, "predict", tuple(X[:, 0])))
        return np.full(len(X), self.classes_[0])


@pytest.fixture(scope="module")
def binary():
    X, y = make_classification(120, 6, random_state=0)
    X[:, 0] = np.arange(120)
    return X, y


@pytest.fixture(scope="module")
def amounts():
    return make_regression(80, 4, noise=5, random_state=0)


def recorded(binary, **options):
    X, y = binary
    log = []
    models = QUICK | {"first": Recorder(log, "first"), "second": Recorder(log, "second")}
    result = compare(X, y, models=models, scoring="accuracy", random_state=0, **options)
    return result, log


def test_every_model_sees_the_same_shuffled_stratified_folds(binary):
    _, log = recorded(binary, cv=4)
    first = [entry[1:] for entry in log if entry[0] == "first"]
    assert first == [entry[1:] for entry in log if entry[0] == "second"]
    tested = [rows for doing, rows in first if doing == "predict"]
    assert sorted(sum(tested, ())) == list(range(120))
    assert sorted(tested[0]) != list(range(30))
    for rows in tested:
        assert binary[1][np.array(rows, dtype=int)].mean() == pytest.approx(0.5, abs=0.04)


def test_rows_set_aside_are_used_once_and_last(binary):
    result, log = recorded(binary, cv=3, test_size=0.25)
    mine = [entry[1:] for entry in log if entry[0] == "first"]
    *folds, (_, refitted_on), (doing, test) = mine
    assert doing == "predict"
    assert len(test) == result.n_test == 30
    assert len(refitted_on) == 90
    assert not set(test) & {row for _, rows in folds for row in rows}
    assert set(test) | set(refitted_on) == set(range(120))
    assert [entry[0] for entry in log[-4:]] == ["first", "first", "second", "second"]


def test_an_iterator_of_splits_serves_every_model(binary):
    X, y = binary
    result = compare(X, y, models=QUICK, cv=KFold(3).split(X), random_state=0)
    assert {len(scores) for scores in result.scores.values()} == {3}


def test_result_repeats_for_a_seed_and_changes_with_it(binary):
    X, y = binary
    first, again, other = (
        compare(X, y, models=QUICK, cv=3, random_state=seed).scores for seed in (1, 1, 2)
    )
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
    assert (first["network"] != other["network"]).any()


def test_random_state_instance_is_drawn_from(binary):
    X, y = binary
    seeds = np.random.RandomState(5), np.random.RandomState(5)
    one, two = (compare(X, y, models=QUICK, cv=3, random_state=seed).scores for seed in seeds)
    np.testing.assert_array_equal(one["network"], two["network"])


def test_two_jobs_give_the_scores_of_one(binary):
    X, y = binary
    one, two = (
        compare(X, y, models=QUICK, cv=3, random_state=0, n_jobs=n).scores for n in (None, 2)
    )
    for name in one:
        np.testing.assert_array_equal(one[name], two[name])


@pytest.mark.parametrize("kind", ["pandas", "polars", "list"])
def test_tables_with_text_and_gaps(kind):
    rng = np.random.default_rng(0)
    colour = rng.choice(["red", "blue"], 60)
    table = pd.DataFrame({"colour": colour, "noise": np.where(np.arange(60) % 9, 1.5, np.nan)})
    y = pd.Series(np.where(colour == "red", "hot", "cold"))
    mine = make_pipeline(make_column_transformer((OneHotEncoder(), [0])), KNeighborsClassifier())
    models = {name: mine for name in ("random forest", "gradient boosting", "network", "mine")}
    X = table
    if kind == "polars":
        polars = pytest.importorskip("polars")
        X, y = polars.DataFrame(table.to_dict("list")), polars.Series(y.tolist())
    elif kind == "list":
        X = table.to_numpy(dtype=object).tolist()
    result = compare(X, y, models=models, cv=3, random_state=0)
    assert result.metric == "roc auc"
    assert set(result.scores["mine"]) == {1.0}
    assert set(result.scores["logistic regression"]) == {1.0}


def test_mixed_lists_keep_their_numbers():
    X = [["a", 1.0], ["b", 2.0]] * 10
    mine = make_pipeline(make_column_transformer(("passthrough", [1])), KNeighborsClassifier(3))
    result = compare(X, [0, 1] * 10, models=dict.fromkeys(QUICK, mine), cv=2, random_state=0)
    assert set(result.scores["network"]) == {1.0}


def test_regression(amounts):
    X, y = amounts
    result = compare(X, y, models=QUICK_REGRESSION, cv=3, random_state=0)
    assert list(result.scores) == ["dummy", "ridge", *QUICK_REGRESSION]
    assert result.metric == "r2"
    assert result.task == "regression"
    assert "The network beats the dummy" in result.summary()


@pytest.mark.parametrize(
    "scoring",
    ["neg_mean_absolute_error", make_scorer(mean_absolute_error, greater_is_better=False)],
)
def test_negated_scorers_are_shown_as_errors(amounts, scoring):
    X, y = amounts
    result = compare(X, y, models=QUICK_REGRESSION, cv=3, scoring=scoring, random_state=0)
    assert result.metric == "mean absolute error"
    assert not result.greater_is_better
    assert (result.scores["dummy"] > 0).all()
    assert result.ranking[-1] == "dummy"


def test_task_can_be_told(amounts):
    X, y = amounts
    few = np.round(y / y.std())
    mine = dict.fromkeys(QUICK_REGRESSION, KNeighborsRegressor())
    result = compare(X, few, models=mine, cv=3, task="regression", random_state=0)
    assert result.metric == "r2"


def test_progress_goes_to_standard_error(binary, capsys):
    X, y = binary
    compare(X, y, models=QUICK, cv=3, random_state=0, verbose=True)
    out, err = capsys.readouterr()
    assert out == ""
    estimate, first, *others = err.splitlines()
    assert estimate.startswith("This takes about ")
    assert first.startswith("[1/5] dummy, fold 1 2 3: roc auc 0.5, spread 0 (")
    assert len(others) == 4


def test_what_is_suspicious_is_said_and_kept(capsys):
    y = np.random.default_rng(1).permutation([0] * 80 + [1] * 12)
    X = pd.DataFrame({"id": range(92), "size": np.random.default_rng(0).normal(size=92)})
    result = compare(X, y, models=QUICK, cv=3, test_size=12, random_state=0, verbose=True)
    first, second, *_, last = capsys.readouterr().err.splitlines()
    assert first.startswith("Column 'id': all different: an identifier")
    assert second.startswith("Fewer than 10 rows in a fold")
    assert re.search(r"class 1 \(1[01] rows\)", second)
    assert last == "Test set, model 1 2 3 4 5"
    assert [column.name for column in result.columns] == ["id", "size"]
    assert result.warnings == [first, second]
    assert result.about["data"] == "92 rows, 2 columns"
    call = "skdense.compare(X, y, cv=3, scoring=None, test_size=12, random_state=0, task="
    assert result.about["to repeat"].startswith(call)


def test_categories_that_training_lacks_are_silent():
    X = pd.DataFrame({"town": [f"town {k // 2}" for k in range(60)]})
    compare(X, np.arange(60) % 2, models=QUICK_ALL, cv=5, random_state=0)


def test_few_rows_are_no_matter_of_regression(amounts):
    X, y = amounts
    result = compare(X, y, models=QUICK_REGRESSION, cv=20, random_state=0)
    assert result.warnings == result.columns == []


def test_failing_model_is_named(binary):
    X, y = binary
    with pytest.raises(ModelError, match="'mine' could not be fitted in fold 1 of 3"):
        compare(X, y, models=QUICK | {"mine": KNeighborsClassifier(0)}, cv=3)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"X": csr_matrix(np.eye(4))}, ValueError, "X is a sparse matrix"),
        ({"X": np.arange(4)}, ValueError, r"X has shape \(4,\)"),
        ({"X": np.empty((4, 0))}, ValueError, r"X has shape \(4, 0\)"),
        ({"X": np.eye(5)}, ValueError, "X has 5 rows and y has 4"),
        ({"X": np.full((4, 2), np.inf)}, ValueError, "infinity in column '0'"),
        (
            {"X": pd.DataFrame({"a": list("abcd"), "b": [1, 2, -np.inf, 0]})},
            ValueError,
            "infinity in column 'b'",
        ),
        ({"models": [LogisticRegression()]}, TypeError, "must be a dict of names"),
        ({"models": {"mine": LogisticRegression}}, ValueError, "give an instance"),
        ({"models": {"": LogisticRegression()}}, ValueError, "names must be texts"),
        ({"random_state": -1}, ValueError, "random_state=-1 must be between 0"),
        ({"n_jobs": 0}, ValueError, "n_jobs=0 must be None"),
        ({"random_state": "x"}, ValueError, "cannot be used to seed"),
        ({"cv": 3}, ValueError, "too few rows: cv=3 folds need at least 6, there are 4"),
        ({"y": [[0, 1]] * 4}, ValueError, "compare takes one target"),
    ],
)
def test_bad_input(change, error, message):
    good = {"X": np.eye(4), "y": [0, 1, 0, 1]}
    options = good | change
    with pytest.raises(error, match=message):
        compare(options.pop("X"), options.pop("y"), **options)


def test_the_real_network_beats_the_dummy():
    X, y = load_breast_cancer(return_X_y=True)
    quick = {name: DummyClassifier() for name in ("random forest", "gradient boosting")}
    net = DenseClassifier(
        (64, 32),
        epochs=10,
        batch_size=32,
        n_members=1,
        early_stopping=True,
        scale_features="robust",
    )
    mine = net.set_params(learning_rate=0.001, lr_schedule=None, random_state=0)
    result = compare(X, y, models=quick | {"network": mine}, cv=2, random_state=0)
    assert "The network beats the dummy" in result.summary()
    assert result.scores["network"].mean() > 0.97
    recorded = {"loss", "val_loss", "val_neg_calibrated_log_loss"}
    assert [set(history) for history in result.histories["network"]] == [recorded] * 2

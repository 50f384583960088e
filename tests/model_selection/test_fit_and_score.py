import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score, hinge_loss, make_scorer, mean_absolute_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdense.model_selection.fit_and_score import ModelError, check_metric, fit_and_score

X = np.arange(20.0).reshape(10, 2)
Y = np.array([0, 1] * 5)
AMOUNTS = np.linspace(0.5, 4.1, 10)
SPLIT = (np.arange(8), np.arange(8, 10))


class Learner(ClassifierMixin, BaseEstimator):
    """Knows its training rows, and fails on demand."""

    def __init__(self, fails=None):
        self.fails = fails

    def fit(self, X, y):
        if self.fails == "fit":
            raise ArithmeticError("no\nconvergence")
        self.classes_ = np.unique(y)
        self.history_ = {"loss": [float(len(X))]}
        return self

    def predict(self, X):
        if self.fails == "predict":
            raise ArithmeticError("no prediction")
        return np.ones(len(X), dtype=int)


@pytest.mark.parametrize(
    ("scoring", "y", "task", "name", "sign"),
    [
        (None, Y, "classification", "roc auc", 1),
        (None, np.array([0, 1, 2]), "classification", "accuracy", 1),
        (None, AMOUNTS, "regression", "r2", 1),
        ("neg_mean_absolute_error", AMOUNTS, "regression", "mean absolute error", -1),
        ("neg_log_loss", Y, "classification", "log loss", -1),
        (make_scorer(hinge_loss, greater_is_better=False), Y, "classification", "hinge loss", -1),
        (lambda model, X, y: 0.5, Y, "classification", "<lambda>", 1),
    ],
)
def test_metric_has_the_name_and_sign_people_know(scoring, y, task, name, sign):
    metric = check_metric(scoring, y, task)
    assert (metric.name, metric.sign) == (name, sign)


@pytest.mark.parametrize(
    ("scoring", "y", "name"),
    [
        ("f1", np.array(["no", "yes"] * 5), "f1 for yes"),
        ("neg_brier_score", np.array([2, 4] * 5), "brier score for 4"),
        ("average_precision", np.array([False, True] * 5), "average precision"),
        ("f1", Y, "f1"),
        ("f1_macro", np.array(["no", "yes"] * 5), "f1 macro"),
    ],
)
def test_scorers_that_look_for_one_class_find_it(scoring, y, name):
    metric = check_metric(scoring, y, "classification")
    assert metric.name == name
    trial = fit_and_score("dummy", DummyClassifier(), X, y, SPLIT, metric, "fold 1 of 5")
    assert 0 <= trial.score <= 1


@pytest.mark.parametrize("scoring", ["acuracy", mean_absolute_error])
def test_unknown_scorer(scoring):
    with pytest.raises(ValueError, match="is not a scorer; sklearn"):
        check_metric(scoring, Y, "classification")


def test_several_scorers_at_once():
    with pytest.raises(TypeError, match="must be one scorer"):
        check_metric(["accuracy", "f1"], Y, "classification")


def test_trial_fits_a_clone_on_one_part_and_scores_the_other():
    model = make_pipeline(StandardScaler(), Learner())
    metric = check_metric("accuracy", Y, "classification")
    trial = fit_and_score("mine", model, X, Y, SPLIT, metric, "fold 1 of 5")
    assert trial.score == accuracy_score(Y[8:], [1, 1])
    assert trial.history == {"loss": [8.0]}
    assert trial.fit_time > 0
    assert trial.predict_time > 0
    assert not hasattr(model[-1], "history_")


def test_errors_are_positive():
    metric = check_metric("neg_log_loss", Y, "classification")
    trial = fit_and_score("dummy", DummyClassifier(), X, Y, SPLIT, metric, "fold 1 of 5")
    assert trial.score == pytest.approx(np.log(2))
    assert trial.history is None


@pytest.mark.parametrize(
    ("fails", "message"),
    [
        ("fit", "'mine' could not be fitted in fold 2 of 5: ArithmeticError: no"),
        ("predict", "'mine' could not be scored in fold 2 of 5: ArithmeticError: no prediction"),
    ],
)
def test_failure_names_model_and_fold(fails, message):
    metric = check_metric("accuracy", Y, "classification")
    with pytest.raises(ModelError, match=message):
        fit_and_score("mine", Learner(fails), X, Y, SPLIT, metric, "fold 2 of 5")


def test_score_that_is_no_number_is_an_error():
    metric = check_metric(lambda model, X, y: np.nan, Y, "classification")
    with pytest.raises(ModelError, match="'mine' has a <lambda> of nan in fold 2 of 5"):
        fit_and_score("mine", Learner(), X, Y, SPLIT, metric, "fold 2 of 5")

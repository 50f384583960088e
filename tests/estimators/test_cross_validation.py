"""scikit-learn's model selection takes the estimators like its own, on real data."""

import warnings

import numpy as np
import pytest
import sklearn
from scipy.stats import loguniform, randint
from sklearn.exceptions import FitFailedWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.metrics import get_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    validation_curve,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdense import DenseClassifier, DenseRegressor
from tests.helpers import plain

# One architecture and batch size: all of the file shares a few programs.
SMALL = {"hidden_layer_sizes": 8, "epochs": 10, "learning_rate": 0.01, "random_state": 0}


@pytest.fixture
def classifier():
    return plain(DenseClassifier, **SMALL)


@pytest.fixture
def regressor():
    return plain(DenseRegressor, **SMALL)


def assert_scores(found, least):
    for name, figure in least.items():
        scores = found[f"test_{name}"]
        assert np.isfinite(scores).all(), name
        assert scores.mean() > figure, f"{name}: {scores}"


def test_scores_of_two_classes(cancer, classifier):
    least = {
        "roc_auc": 0.98,
        "average_precision": 0.98,
        "neg_log_loss": -0.15,
        "neg_brier_score": -0.05,
        "precision": 0.93,
        "recall": 0.93,
        "balanced_accuracy": 0.93,
        "f1": 0.93,
    }
    assert_scores(cross_validate(classifier, *cancer, cv=3, scoring=list(least)), least)


def test_scores_of_three_classes(iris, classifier):
    least = {
        "roc_auc_ovr": 0.95,
        "roc_auc_ovo_weighted": 0.95,
        "neg_log_loss": -0.6,
        "precision_macro": 0.8,
        "recall_macro": 0.8,
    }
    X, y = iris
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    classifier.set_params(epochs=20)
    assert_scores(cross_validate(classifier, X, names, cv=3, scoring=list(least)), least)


def test_scores_of_several_labels(iris, classifier):
    X, y = iris
    least = {"average_precision": 0.8, "roc_auc": 0.8, "f1_samples": 0.6, "accuracy": 0.5}
    classifier.set_params(epochs=20)
    assert_scores(
        cross_validate(classifier, X, np.eye(3, dtype=int)[y], cv=3, scoring=list(least)), least
    )


def test_scores_of_numbers(diabetes, regressor):
    least = {"r2": 0.35, "neg_mean_absolute_error": -55, "neg_root_mean_squared_error": -65}
    assert_scores(cross_validate(regressor, *diabetes, cv=3, scoring=list(least)), least)


def test_folds_are_stratified(iris, classifier):
    X, y = (array[np.argsort(iris[1], kind="stable")] for array in iris)
    by_number = cross_val_score(classifier, X, y, cv=3)
    assert np.array_equal(by_number, cross_val_score(classifier, X, y, cv=StratifiedKFold(3)))
    assert by_number.min() > 0.5
    unseen = cross_val_score(classifier, X, y, cv=KFold(3))  # each fold is a class of its own
    assert unseen.max() == 0


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_cross_val_predict(cancer, classifier, method):
    X, y = cancer
    found = cross_val_predict(classifier, X, y, cv=3, method=method)
    assert found.shape == ((569, 2) if method == "predict_proba" else (569,))
    positive = found[:, 1] > 0.5 if method == "predict_proba" else found > 0
    assert np.mean(positive == y) > 0.9


@pytest.mark.parametrize(
    ("folds", "n_folds"),
    [
        (RepeatedStratifiedKFold(n_splits=2, n_repeats=2, random_state=0), 4),
        (GroupKFold(3), 3),
        (TimeSeriesSplit(3), 3),
    ],
)
def test_kinds_of_folds(cancer, diabetes, classifier, regressor, folds, n_folds):
    for net, (X, y), least in ((classifier, cancer, 0.85), (regressor, diabetes, 0.2)):
        if net is classifier or not isinstance(folds, RepeatedStratifiedKFold):
            groups = np.arange(len(y)) % 5 if isinstance(folds, GroupKFold) else None
            scores = cross_val_score(net, X, y, cv=folds, groups=groups)
            assert len(scores) == n_folds
            assert scores.min() > least


def test_grid_search_finds_the_candidate_that_learns(cancer, classifier):
    net = make_pipeline(StandardScaler(), classifier)
    grid = {
        "denseclassifier__learning_rate": [1e-7, 0.01],
        "denseclassifier__dropout": [0.1, 0.3],
        "denseclassifier__l2": [0.0, 1e-3],
    }
    search = GridSearchCV(net, grid, cv=3, scoring="neg_log_loss", error_score="raise")
    search.fit(*cancer)
    assert search.best_params_["denseclassifier__learning_rate"] == 0.01
    scores = search.cv_results_["mean_test_score"].reshape(2, 2, 2)  # dropout, l2, learning rate
    assert np.isfinite(scores).all()
    assert (scores[:, :, 1] > scores[:, :, 0] + 0.2).all()
    assert len(set(scores[:, :, 1].ravel())) == 4, "every candidate is another network"
    assert search.best_estimator_["denseclassifier"].learning_rate == 0.01
    assert search.score(*cancer) > -0.15


def test_grid_over_what_changes_the_network(iris, classifier):
    grid = {"hidden_layer_sizes": [(), 8, (8, 8)], "activation": ["tanh"], "batch_norm": [True]}
    search = GridSearchCV(classifier, grid, cv=2, error_score="raise").fit(*iris)
    assert search.cv_results_["mean_test_score"].min() > 0.6
    sizes = search.best_params_["hidden_layer_sizes"]
    assert [coef.shape[1] for coef in search.best_estimator_.coefs_] == [*np.ravel(sizes), 3]


def test_randomized_search_draws_numpys_numbers(cancer, classifier):
    drawn = {"learning_rate": loguniform(1e-3, 1e-1), "epochs": randint(2, 9), "patience": [3]}
    search = RandomizedSearchCV(classifier, drawn, n_iter=4, cv=2, random_state=0)
    search.fit(*cancer)
    assert search.best_score_ > 0.9
    assert len(set(search.cv_results_["param_learning_rate"])) == 4
    assert search.best_estimator_.n_iter_ == search.best_params_["epochs"]


def test_halving_search_gives_more_epochs_to_fewer_candidates(cancer, classifier):
    epochs_run = []

    def accuracy(net, X, y):
        epochs_run.append(net.n_iter_)
        return net.score(X, y)

    grid = {"learning_rate": [1e-6, 1e-5, 1e-3, 1e-2]}
    search = HalvingGridSearchCV(
        classifier, grid, resource="epochs", min_resources=2, max_resources=8, factor=2, cv=2,
        scoring=accuracy, random_state=0,
    )  # fmt: skip
    search.fit(*cancer)
    assert search.n_resources_ == [2, 4, 8]
    assert search.n_candidates_ == [4, 2, 1]
    # Two folds, on training and test rows, of each candidate.
    assert np.unique(epochs_run, return_counts=True)[1].tolist() == [16, 8, 4]
    assert search.best_params_ == {"learning_rate": 1e-2, "epochs": 8}
    assert search.best_estimator_.n_iter_ == 8


def test_early_stopping_inside_a_search(cancer, classifier):
    classifier.set_params(early_stopping=True, patience=2, epochs=30)
    search = GridSearchCV(classifier, {"learning_rate": [0.01, 0.1]}, cv=2).fit(*cancer)
    best = search.best_estimator_
    assert best.n_iter_ < 30
    assert len(best.history_["val_loss"]) == best.n_iter_
    assert search.best_score_ > 0.9


def test_a_candidate_that_cannot_be_fitted_is_named(iris, classifier):
    search = GridSearchCV(classifier, {"dropout": [0.0, 2.0]}, cv=2)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search.fit(*iris)
    failed = [w for w in caught if issubclass(w.category, FitFailedWarning)]
    assert "The 'dropout' parameter" in str(failed[0].message)
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [False, True]


def test_nested_cross_validation(cancer, classifier):
    search = GridSearchCV(classifier, {"learning_rate": [1e-7, 0.01]}, cv=2)
    outer = cross_validate(search, *cancer, cv=2, return_estimator=True, scoring="roc_auc")
    assert outer["test_score"].min() > 0.97
    assert [s.best_params_["learning_rate"] for s in outer["estimator"]] == [0.01, 0.01]


@pytest.mark.parametrize("incremental", [False, True])
def test_learning_curve(cancer, classifier, incremental):
    sizes, train, test = learning_curve(
        classifier, *cancer, train_sizes=[20, 370], cv=3, scoring="neg_log_loss",
        exploit_incremental_learning=incremental,
    )  # fmt: skip
    assert sizes.tolist() == [20, 370]
    assert np.isfinite(train).all()
    assert test.mean(axis=1)[1] > test.mean(axis=1)[0]


def test_validation_curve_over_epochs(diabetes, regressor):
    train, test = validation_curve(
        regressor, *diabetes, param_name="epochs", param_range=[1, 5, 40], cv=3
    )
    assert (np.diff(train.mean(axis=1)) > 0).all()
    assert test.mean(axis=1)[1] > test.mean(axis=1)[0]


# Metadata routing --------------------------------------------------------------------------------


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.mark.usefixtures("routing")
def test_routed_weights_reach_every_fold(iris, classifier):
    X, y = iris
    weight = 1.0 * (y != 1)  # versicolor counts for nothing
    net = make_pipeline(
        StandardScaler().set_fit_request(sample_weight=False),
        classifier.set_fit_request(sample_weight=True).set_score_request(sample_weight=True),
    )
    accuracy = get_scorer("accuracy").set_score_request(sample_weight=True)
    net.set_params(denseclassifier__epochs=30)
    found = cross_val_predict(net, X, y, cv=3, params={"sample_weight": weight})
    assert not (found == 1).any()
    scores = cross_val_score(net, X, y, cv=3, scoring=accuracy, params={"sample_weight": weight})
    assert scores.min() > 0.95  # the rows that count are easy
    unweighted = plain(DenseClassifier, **SMALL).set_params(epochs=30)
    assert (cross_val_predict(unweighted, X, y, cv=3, params={}) == 1).any()
    search = GridSearchCV(net, {"denseclassifier__dropout": [0.0, 0.1]}, scoring=accuracy, cv=3)
    search.fit(X, y, sample_weight=weight)
    assert not (search.predict(X) == 1).any()
    assert search.best_score_ > 0.95


@pytest.mark.usefixtures("routing")
def test_weights_that_nobody_asked_for_are_refused(iris, classifier):
    X, y = iris
    with pytest.raises(ValueError, match=r"sample_weight.*not explicitly set"):
        cross_val_score(classifier, X, y, params={"sample_weight": np.ones(len(y))})

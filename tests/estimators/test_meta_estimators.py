"""Estimators of scikit-learn that are made of other estimators take ours, on real data."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    RandomForestClassifier,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.inspection import PartialDependenceDisplay, permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (
    DetCurveDisplay,
    RocCurveDisplay,
    balanced_accuracy_score,
    log_loss,
    recall_score,
    roc_auc_score,
)
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier

from skdense import DenseClassifier, DenseRegressor
from tests.helpers import plain

# One architecture and batch size: all of the file shares a few programs.
SMALL = {"hidden_layer_sizes": 8, "epochs": 10, "learning_rate": 0.01, "random_state": 0}


def classifier(**parameters):
    return plain(DenseClassifier, **{**SMALL, **parameters})


def regressor(**parameters):
    return plain(DenseRegressor, **{**SMALL, **parameters})


@pytest.fixture(scope="module")
def halves(cancer):
    X, y = cancer
    return X[:285], X[285:], y[:285], y[285:]


def test_voting_takes_the_mean_of_probabilities(halves):
    X, X_test, y, y_test = halves
    forest = RandomForestClassifier(20, random_state=0)
    vote = VotingClassifier([("net", classifier()), ("forest", forest)], voting="soft").fit(X, y)
    alone = [model.fit(X, y).predict_proba(X_test) for model in (classifier(), forest)]
    assert np.allclose(vote.predict_proba(X_test), np.mean(alone, axis=0), atol=1e-6)
    assert vote.score(X_test, y_test) > 0.93
    labels = np.array(["benign", "malignant"])[y]
    hard = VotingClassifier([("a", classifier()), ("b", classifier(random_state=1))]).fit(X, labels)
    assert set(hard.predict(X_test)) == {"benign", "malignant"}


def test_voting_of_numbers(diabetes):
    X, y = diabetes
    vote = VotingRegressor([("net", regressor()), ("line", Ridge())]).fit(X, y)
    alone = [model.fit(X, y).predict(X) for model in (regressor(), Ridge())]
    assert np.allclose(vote.predict(X), np.mean(alone, axis=0), rtol=1e-5)


@pytest.mark.parametrize("method", ["auto", "decision_function", "predict"])
def test_stacking(halves, method):
    X, X_test, y, y_test = halves
    members = [("net", classifier()), ("forest", RandomForestClassifier(20, random_state=0))]
    if method != "auto":
        members = members[:1]
    stack = StackingClassifier(members, LogisticRegression(), cv=3, stack_method=method)
    assert stack.fit(X, y).score(X_test, y_test) > 0.93
    assert stack.transform(X_test).shape == (284, len(members))
    assert stack.final_estimator_.coef_[0, 0] > 0, "the net's part counts"


def test_stacking_of_numbers(diabetes):
    X, y = diabetes
    stack = StackingRegressor([("net", regressor()), ("line", Ridge())], Ridge(), cv=3)
    assert stack.fit(X[:300], y[:300]).score(X[300:], y[300:]) > 0.3


def test_bagging(halves, diabetes):
    X, X_test, y, y_test = halves
    bag = BaggingClassifier(classifier(), 5, max_features=0.5, random_state=0, oob_score=False)
    bag.fit(X, y)
    assert bag.score(X_test, y_test) > 0.93
    assert roc_auc_score(y_test, bag.predict_proba(X_test)[:, 1]) > 0.98
    assert len({net.coefs_[0].tobytes() for net in bag.estimators_}) == 5
    X, y = diabetes
    bag = BaggingRegressor(regressor(), 3, random_state=0).fit(X[:300], y[:300])
    assert bag.score(X[300:], y[300:]) > 0.3


@pytest.mark.parametrize("regularized", [False, True])
def test_boosting_gives_each_net_its_full_weight(halves, regularized):
    # Its weights sum to one: taken as they are, they would leave nothing but the penalty.
    X, X_test, y, y_test = halves
    net = classifier(l2=0.02) if regularized else classifier()
    boosted = AdaBoostClassifier(net, n_estimators=3, random_state=0).fit(X, y)
    first = boosted.estimators_[0]
    alone = net.set_params(random_state=first.random_state).fit(X, y)
    assert np.allclose(first.predict_proba(X_test), alone.predict_proba(X_test), atol=1e-5)
    assert first.score(X_test, y_test) > 0.93
    assert boosted.score(X_test, y_test) > 0.93
    assert (boosted.estimator_weights_ > 0).all()


def test_boosting_of_three_classes_beats_its_weak_member(iris):
    X, y = iris
    weak = classifier(hidden_layer_sizes=1, epochs=5, l2=0.1)
    boosted = AdaBoostClassifier(weak, n_estimators=20, random_state=0).fit(X, y)
    assert boosted.score(X, y) > weak.fit(X, y).score(X, y) + 0.05
    assert boosted.score(X, y) > 0.7


def test_boosting_of_numbers(diabetes):
    X, y = diabetes
    boosted = AdaBoostRegressor(regressor(), n_estimators=3, random_state=0).fit(X, y)
    assert boosted.score(X, y) > 0.4


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
@pytest.mark.parametrize("ensemble", [True, False])
def test_calibration_tames_an_overconfident_net(cancer, method, ensemble):
    X, y = cancer
    random = np.random.default_rng(0)
    y = np.where(random.uniform(size=len(y)) < 0.2, 1 - y, y)  # nobody can be sure
    X, X_test, y, y_test = X[:285], X[285:], y[:285], y[285:]
    net = classifier(epochs=300)
    calibrated = CalibratedClassifierCV(net, method=method, ensemble=ensemble, cv=3).fit(X, y)
    found = calibrated.predict_proba(X_test)
    assert np.allclose(found.sum(axis=1), 1)
    raw = net.fit(X, y).predict_proba(X_test)
    assert log_loss(y_test, np.clip(found, 0.01, 0.99)) < log_loss(y_test, raw) - 0.1
    gap = abs(found[:, 1].mean() - y_test.mean())
    assert gap < 0.1


def test_thresholds(halves):
    X, X_test, y, y_test = halves
    rare = np.flatnonzero((y == 1) | (np.arange(len(y)) % 6 == 0))  # few malignant rows are left
    net = classifier(epochs=2)
    tuned = TunedThresholdClassifierCV(net, scoring="balanced_accuracy", cv=3).fit(X[rare], y[rare])
    plain = net.fit(X[rare], y[rare])
    assert tuned.best_threshold_ > 0.5
    assert balanced_accuracy_score(y_test, tuned.predict(X_test)) > balanced_accuracy_score(
        y_test, plain.predict(X_test)
    )
    fixed = FixedThresholdClassifier(net, threshold=0.99).fit(X, y)
    assert recall_score(y_test, fixed.predict(X_test)) < recall_score(y_test, net.predict(X_test))


@pytest.mark.parametrize("meta", [OneVsRestClassifier, OneVsOneClassifier])
def test_reductions_to_two_classes(iris, meta):
    X, y = iris
    names = np.array(["a", "b", "c"])[y]
    model = meta(classifier(epochs=20)).fit(X, names)
    assert model.score(X, names) > 0.85
    assert [net.n_outputs_ for net in model.estimators_] == [1, 1, 1]


def test_several_targets(iris, diabetes):
    X, y = iris
    matrix = np.column_stack([y > 0, y > 1]).astype(int)
    for meta in (MultiOutputClassifier, ClassifierChain):
        assert meta(classifier(epochs=20)).fit(X, matrix).score(X, matrix) > 0.6
    X, y = diabetes
    both = np.column_stack([y, -y])
    several = MultiOutputRegressor(regressor()).fit(X, both)
    assert np.allclose(several.predict(X)[:, 0], regressor().fit(X, y).predict(X), rtol=1e-5)


def test_a_transformed_target(diabetes):
    X, y = diabetes
    model = TransformedTargetRegressor(regressor(), func=np.log, inverse_func=np.exp).fit(X, y)
    by_hand = np.exp(regressor().fit(X, np.log(y)).predict(X))
    assert np.allclose(model.predict(X), by_hand, rtol=1e-5)
    assert model.score(X, y) > 0.3


def test_self_training(halves):
    X, X_test, y, y_test = halves
    some = np.where(np.arange(len(y)) < 60, y, -1)  # -1: label unknown
    model = SelfTrainingClassifier(classifier(), max_iter=2).fit(X, some)
    assert model.score(X_test, y_test) > 0.9
    assert (model.transduction_ != -1).sum() > 150


def test_feature_selection(cancer):
    X, y = cancer
    wide = np.column_stack([np.random.default_rng(0).normal(size=(len(X), 2)), X[:, 27]])
    chosen = SequentialFeatureSelector(classifier(epochs=3), n_features_to_select=1, cv=2)
    assert chosen.fit(wide, y).get_support().tolist() == [False, False, True]


def test_permutation_importance_finds_the_feature_that_counts(cancer):
    X, y = cancer
    noise = np.random.default_rng(0).normal(size=(len(X), 2))
    wide = np.column_stack([noise, X[:, 27]])
    net = classifier().fit(wide, y)
    importance = permutation_importance(net, wide, y, scoring="roc_auc", random_state=0)
    assert importance.importances_mean.argmax() == 2
    assert importance.importances_mean[2] > 0.3 > 0.05 > importance.importances_mean[:2].max()


def test_pictures(cancer, diabetes):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    X, y = cancer
    net = classifier().fit(X, y)
    roc = RocCurveDisplay.from_estimator(net, X, y)
    assert np.isclose(roc.roc_auc, roc_auc_score(y, net.predict_proba(X)[:, 1]))
    DetCurveDisplay.from_estimator(net, X, y)
    X, y = diabetes
    model = regressor(epochs=30).fit(X, y)
    bmi = 2
    drawn = PartialDependenceDisplay.from_estimator(model, X, [bmi], grid_resolution=10)
    rising = drawn.pd_results[0]["average"][0]
    assert rising[-1] > rising[0] + 20
    pyplot.close("all")


# Preparation before the net ----------------------------------------------------------------------


def test_preparation_in_a_pipeline(cancer):
    X, y = cancer
    clipped = FunctionTransformer(np.clip, kw_args={"a_min": -3, "a_max": 3})
    model = make_pipeline(clipped, StandardScaler(), PCA(10), classifier()).fit(X, y)
    assert model[-1].n_features_in_ == 10
    assert model.score(X, y) > 0.95
    assert model[:-1].transform(X).shape == (569, 10)


def test_columns_and_named_output():
    pandas = pytest.importorskip("pandas")
    random = np.random.default_rng(0)
    table = pandas.DataFrame(
        {"kind": random.choice(["a", "b", "c"], 200), "size": random.normal(50, 10, 200)}
    )
    y = (table["kind"] == "b") & (table["size"] > 40)
    columns = ColumnTransformer(
        [("kind", OneHotEncoder(sparse_output=False), ["kind"]), ("n", StandardScaler(), ["size"])]
    )
    model = make_pipeline(columns, classifier(epochs=60)).set_output(transform="pandas")
    model.fit(table, y)
    assert model[-1].feature_names_in_.tolist() == [
        "kind__kind_a", "kind__kind_b", "kind__kind_c", "n__size",
    ]  # fmt: skip
    assert model.score(table, y) > 0.9
    with pytest.raises(ValueError, match="feature names"):
        model[-1].predict(model[:-1].transform(table).iloc[:, ::-1])

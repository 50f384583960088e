"""What sample weights, class weights and the target's scale mean."""

import keras
import numpy as np
import pytest
from scipy import sparse
from sklearn.ensemble import BaggingClassifier, BaggingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.utils.class_weight import compute_sample_weight

from skdense import DenseClassifier, DenseRegressor, NetworkClassifier, diagnose
from skdense.inspection.check_inputs import gather_check_inputs
from skdense.preprocessing.fit_arguments import FitArguments
from tests import network_models
from tests.helpers import equal_bits, plain

EXACT = {"hidden_layer_sizes": 8, "epochs": 15, "batch_size": 2000, "dtype": "float64"}


def outputs_of(net, X):
    return net.predict_proba(X) if hasattr(net, "predict_proba") else net.predict(X)


def targets_of(kind, y):
    return {
        "classes": y,
        "labels": np.column_stack([y > 0, y > 1]).astype(int),
        "one-hot": np.eye(3, dtype=int)[y],
        "number": 100.0 * y + 7,
        "numbers": np.column_stack([y, -y, y**2]).astype(float),
    }[kind]


def network_for(kind, **parameters):
    estimator = DenseRegressor if kind.startswith("number") else DenseClassifier
    loss = "categorical_crossentropy" if kind == "one-hot" else "auto"
    return plain(estimator, **{"loss": loss, "random_state": 0, **EXACT, **parameters})


@pytest.fixture(scope="module")
def copies():
    """How often to take each row; 158 rows in all, so that they share a program with the 150."""
    return np.random.default_rng(0).permutation([0] * 18 + [1] * 110 + [2] * 18 + [3] * 4)


@pytest.mark.parametrize("kind", ["classes", "labels", "one-hot", "number", "numbers"])
@pytest.mark.parametrize("regularized", [False, True])
def test_a_weight_is_a_number_of_copies(iris, copies, kind, regularized):
    X, y = iris
    y = targets_of(kind, y)
    net = network_for(kind, l2=0.01 * regularized, batch_norm=False)
    weighted = outputs_of(net.fit(X, y, sample_weight=copies), X)
    history = net.history_["loss"]
    repeated = outputs_of(net.fit(X.repeat(copies, axis=0), y.repeat(copies, axis=0)), X)
    assert np.allclose(weighted, repeated, rtol=1e-9)
    assert np.allclose(history, net.history_["loss"], rtol=1e-9)
    unweighted = outputs_of(net.fit(X, y), X)
    assert not np.allclose(weighted, unweighted, rtol=1e-3)


@pytest.mark.parametrize("kind", ["classes", "labels", "one-hot"])
@pytest.mark.parametrize("repeat", [False, True])
def test_a_balanced_class_weight_counts_copies(iris, copies, kind, repeat):
    X, y = iris
    y, times = targets_of(kind, y), copies if repeat else np.ones(len(X), int)
    again = X.repeat(times, axis=0), y.repeat(times, axis=0)
    net = network_for(kind, class_weight="balanced")
    net.fit(*again, sample_weight=None if repeat else copies)
    labels = y.argmax(axis=1) if kind == "one-hot" else y
    balanced = compute_sample_weight("balanced", labels.repeat(copies, axis=0))
    of_row = np.zeros(len(X))  # what scikit-learn gives the copies of each row
    of_row[np.arange(len(X)).repeat(copies)] = balanced
    by_hand = network_for(kind).fit(X, y, sample_weight=copies * of_row)
    assert np.allclose(net.predict_proba(X), by_hand.predict_proba(X), rtol=1e-9)


def test_a_balanced_class_weight_of_a_network_counts_copies(iris, copies):
    X, y = iris
    options = {"loss": "sparse_categorical_crossentropy", "batch_size": 2000, "random_state": 0}

    def fit(X, y, weight, **more):
        return NetworkClassifier(network_models.classifier, **options, **more).fit(X, y, weight)

    net = fit(X, y, copies, class_weight="balanced")
    by_hand = fit(X, y, copies / np.bincount(y, weights=copies)[y])
    assert np.allclose(net.predict_proba(X), by_hand.predict_proba(X), rtol=1e-5)
    unweighted = fit(X, y, copies * compute_sample_weight("balanced", y))
    assert not np.allclose(net.predict_proba(X), unweighted.predict_proba(X), rtol=1e-5)


@pytest.mark.parametrize("factor", [1e-6, 1 / 150, 1e6])
def test_only_the_ratio_of_weights_counts(iris, copies, factor):
    # AdaBoost's weights sum to one. They must not make the penalty weigh n times more.
    X, y = iris
    net = network_for("classes", l2=0.05, l1=0.001)
    expected = net.fit(X, y, sample_weight=copies).predict_proba(X)
    found = net.fit(X, y, sample_weight=copies * factor).predict_proba(X)
    assert np.allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("names", "class_weight"),
    [
        ([0, 1, 2], {0: 1, 1: 5, 2: 0.5}),
        ([0, 1, 2], {1: 5}),
        ([0, 1, 2], "balanced"),
        (["a", "b", "c"], {"a": 1, "b": 5, "c": 0.5}),
        (["a", "b", "c"], "balanced"),
    ],
)
def test_class_weights_are_sample_weights(iris, names, class_weight):
    X, y = (array[:100] for array in iris)  # unequal counts
    labels, rows = np.array(names)[y], np.linspace(0.5, 2, 100)
    net = network_for("classes", class_weight=class_weight).fit(X, labels, sample_weight=rows)
    of_class = class_weight
    if class_weight == "balanced":  # as scikit-learn does, with sums of weights for counts
        sums = np.bincount(y, weights=rows)
        of_class = dict(zip(names, rows.sum() / (3 * sums), strict=True))
    by_hand = network_for("classes").fit(
        X, labels, sample_weight=rows * compute_sample_weight(of_class, labels)
    )
    assert np.allclose(net.predict_proba(X), by_hand.predict_proba(X), rtol=1e-12)
    unweighted = network_for("classes").fit(X, labels, sample_weight=rows)
    assert not np.allclose(net.predict_proba(X), unweighted.predict_proba(X), rtol=1e-3)


def test_class_weights_of_one_hot_rows(iris):
    X, y = iris
    weight = {0: 1, 1: 5, 2: 0.5}
    net = network_for("one-hot", class_weight=weight).fit(X, np.eye(3)[y])
    numbers = network_for("classes", class_weight=weight).fit(X, y)
    assert np.allclose(net.predict_proba(X), numbers.predict_proba(X), rtol=1e-9)


@pytest.mark.parametrize("class_weight", ["balanced", [{0: 1, 1: 4}, {0: 2, 1: 1}]])
def test_class_weights_of_several_labels(iris, class_weight):
    X, y = iris
    matrix = targets_of("labels", y)
    net = network_for("labels", class_weight=class_weight).fit(X, matrix)
    by_hand = network_for("labels").fit(
        X, matrix, sample_weight=compute_sample_weight(class_weight, matrix)
    )
    assert np.array_equal(net.predict_proba(X), by_hand.predict_proba(X))


@pytest.mark.parametrize("class_weight", ["balanced", {0: 10.0, 1: 1.0}])
def test_class_weights_as_in_logistic_regression(cancer, class_weight):
    X, y = cancer
    X, l2 = X[:, :5], 0.01
    net = plain(
        DenseClassifier,
        (),
        l2=l2,
        batch_size=1000,
        epochs=1000,
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.1, 1000)),
        class_weight=class_weight,
        dtype="float64",
    ).fit(X, y)
    total = compute_sample_weight(class_weight, y).sum()
    peer = LogisticRegression(C=1 / (2 * l2 * total), class_weight=class_weight, tol=1e-8)
    peer.fit(X, y)
    assert np.allclose(net.predict_proba(X), peer.predict_proba(X), atol=1e-3)
    unweighted = LogisticRegression(C=1 / (2 * l2 * len(y))).fit(X, y)
    assert not np.allclose(net.predict_proba(X), unweighted.predict_proba(X), atol=0.05)


def test_held_out_rows_keep_their_weights(iris):
    # Rows of a tiny weight with wrong labels hardly show in the validation loss.
    X, y = (array[:100] for array in iris)
    wrong = np.arange(100) % 2 == 0
    labels = np.where(wrong, (y + 1) % 3, y)
    net = plain(
        DenseClassifier, 8, epochs=60, learning_rate=0.01, validation_fraction=0.4, random_state=0
    )
    weighted = net.fit(X, labels, sample_weight=np.where(wrong, 1e-9, 1.0)).history_["val_loss"]
    unweighted = net.fit(X, labels).history_["val_loss"]
    assert weighted[-1] < 0.4 < 0.6 < unweighted[-1]


# Rows of weight zero -----------------------------------------------------------------------------


def worst_error(estimator, X, y):
    """Score without weights, so that a row left out must not be there."""
    return -np.abs(estimator.predict(X) - y).max()


LEFT_OUT = {
    "batch norm": {"batch_norm": True},
    "missing": {"missing": "indicator"},
    "knocked out": {"missing": "augment"},
    "early stopping": {"early_stopping": True},
    "fraction": {"validation_fraction": 0.3},
    "last": {"validation": "last"},
    "groups": {"validation": GroupKFold(3)},
    "refit": {"early_stopping": True, "refit_best_epoch": True},
    "scorers": {"early_stopping": True, "monitor": worst_error, "metrics": ["r2"]},
    "counts": {"loss": "poisson", "validation_fraction": 0.3},
    "float64": {"dtype": "float64", "batch_norm": True},
    "sparse": {},
    "X_val": {},
    "balanced": {"class_weight": "balanced", "early_stopping": True},
}


@pytest.mark.parametrize("name", LEFT_OUT)
@pytest.mark.parametrize("kind", ["number", "classes"])
def test_rows_of_weight_zero_are_left_out(iris, name, kind):
    changes = dict(LEFT_OUT[name])
    if kind == "number":
        changes.pop("class_weight", None)
    elif name == "scorers":
        changes.update(monitor="neg_log_loss", metrics=["accuracy"])
    elif name == "counts":
        del changes["loss"]
    X, y = iris[0].copy(), targets_of(kind, iris[1])
    weight = np.arange(150) % 5 / 2
    used = weight > 0
    X[~used] *= 1000  # would show anywhere
    if "missing" in changes:
        X[used.argmin(), 1] = np.nan
        X[used.argmax(), 2] = np.nan
    options = [{}, {}]
    if name == "groups":
        groups = np.arange(150) // 10
        options = [{"groups": groups}, {"groups": groups[used]}]
    if name == "X_val":
        options = [
            {"X_val": X, "y_val": y, "sample_weight_val": weight},
            {"X_val": X[used], "y_val": y[used], "sample_weight_val": weight[used]},
        ]
        if kind == "number":
            changes.update(monitor=worst_error, early_stopping=True)
    X = sparse.csr_matrix(X) if name == "sparse" else X
    net = network_for(kind, **{**EXACT, "batch_size": 32, "dtype": "float32", **changes})
    net.fit(X, y, weight, **options[0])
    history = net.history_
    found = outputs_of(net, iris[0])
    net.fit(X[used], y[used], weight[used], **options[1])
    assert history == net.history_
    assert np.array_equal(found, outputs_of(net, iris[0]))


@pytest.mark.parametrize("kind", ["number", "classes"])
def test_rows_of_weight_zero_are_left_out_of_partial_fit(iris, kind):
    X, y = iris[0], targets_of(kind, iris[1])
    classes = {} if kind == "number" else {"classes": [0, 1, 2]}
    weight = 1.0 * (np.arange(150) % 5 > 0)
    one = network_for(kind, batch_norm=True).partial_fit(X, y, sample_weight=weight, **classes)
    used = weight > 0
    other = network_for(kind, batch_norm=True).partial_fit(X[used], y[used], **classes)
    assert equal_bits(one, other)
    with pytest.raises(ValueError, match="got 3 samples"):
        plain(DenseRegressor).partial_fit(X, np.arange(150), sample_weight=[1, 1, 1, *[0] * 147])


def test_a_class_of_weight_zero_is_left_out_but_known(iris):
    X, y = iris
    net = plain(DenseClassifier, 8, epochs=3, batch_norm=True, early_stopping=True, random_state=0)
    net.fit(X, y, (y != 2) * 1.0)
    assert net.classes_.tolist() == [0, 1, 2]
    one = plain(DenseClassifier, **{**net.get_params(), "class_weight": {2: 0}}).fit(X, y)
    assert equal_bits(net, one)


@pytest.mark.parametrize("by_class", [False, True])
def test_a_diagnosis_leaves_them_out_too(iris, by_class):
    X, y = iris
    weight = None if by_class else (y != 2) * 1.0
    net = plain(DenseClassifier, 8, epochs=9, validation_fraction=0.3, random_state=0)
    net.set_params(class_weight={2: 0} if by_class else None).fit(X, y, weight)
    used = y != 2
    found = gather_check_inputs(net, FitArguments(X, y, weight))
    expected = gather_check_inputs(net, FitArguments(X[used], y[used]))
    assert np.array_equal(found.validation, expected.validation)
    assert np.array_equal(found.X, expected.X)
    assert str(diagnose(net, X, y, sample_weight=weight)) == str(diagnose(net, X[used], y[used]))


def test_bagging_draws_few_rows(cancer, diabetes):
    X, y = (array[:100] for array in diabetes)
    net = plain(DenseRegressor, 4, epochs=2, early_stopping=True, patience=1)
    assert np.isfinite(
        BaggingRegressor(net, 8, max_samples=5, random_state=0).fit(X, y).predict(X)
    ).all()
    X, y = cancer
    net = plain(DenseClassifier, 4, epochs=2, early_stopping=True, patience=1)
    bag = BaggingClassifier(net, 8, max_samples=15, random_state=0).fit(X, y)
    assert bag.score(X, y) > 0.3


def test_all_rows_of_weight_zero_are_refused(iris):
    X, y = iris
    for weight, by_class in (((y == 0) * 1.0, {0: 0}), (None, {0: 0, 1: 0, 2: 0})):
        with pytest.raises(ValueError, match="All rows of X have a weight of zero"):
            plain(DenseClassifier, class_weight=by_class).fit(X, y, weight)


# The target's scale ------------------------------------------------------------------------------


@pytest.mark.parametrize(("factor", "offset"), [(1e3, 0), (1e-6, 0), (1, 1e4), (1e6, 1e6)])
def test_the_unit_of_the_target_does_not_matter(diabetes, factor, offset):
    X, y = diabetes
    net = plain(DenseRegressor, 8, epochs=5, random_state=0)
    expected = net.fit(X, y).predict(X)
    found = net.fit(X, factor * y + offset).predict(X)
    assert np.allclose((found - offset) / factor, expected, rtol=1e-4, atol=1e-6 * offset / factor)


def test_targets_of_different_units_train_alike(diabetes):
    X, y = diabetes
    both = np.column_stack([y, 1e6 * y])
    net = plain(DenseRegressor, 16, epochs=60, random_state=0).fit(X, both)
    small, large = net.predict(X).T
    assert np.corrcoef(small, y)[0, 1] > 0.7
    assert np.corrcoef(large, y)[0, 1] > 0.7


def test_scaling_the_target_is_standardizing_it_by_hand(diabetes):
    X, y = diabetes
    scaled = plain(DenseRegressor, 8, epochs=5, random_state=0).fit(X, y)
    by_hand = plain(DenseRegressor, 8, epochs=5, scale_target=False, random_state=0)
    by_hand.fit(X, (y - y.mean()) / y.std())
    assert np.allclose(scaled.loss_curve_, by_hand.loss_curve_, rtol=1e-5)
    assert np.allclose(scaled.predict(X), by_hand.predict(X) * y.std() + y.mean(), rtol=1e-5)


def test_without_scale_target_the_net_sees_the_target_itself(diabetes):
    X, y = diabetes
    # Steps so short that the network stays what it was at the beginning.
    raw = plain(DenseRegressor, 8, epochs=1, learning_rate=1e-9, scale_target=False, random_state=0)
    raw.fit(X, y)
    assert abs(raw.predict(X).mean()) < 10
    assert np.isclose(raw.loss_curve_[0], np.mean((raw.predict(X) - y) ** 2), rtol=1e-6)


@pytest.mark.parametrize("loss", ["poisson", "mape", "msle"])
def test_losses_of_counts_and_ratios_see_the_target_itself(diabetes, loss):
    X, y = diabetes
    scaled, raw = (
        plain(DenseRegressor, 8, epochs=2, loss=loss, scale_target=scale, random_state=0).fit(X, y)
        for scale in (True, False)
    )
    assert np.array_equal(scaled.predict(X), raw.predict(X))
    assert (scaled.predict(X) > 0).all() or loss != "poisson"


@pytest.mark.parametrize("value", [0.0, 7.0, -1e9, 0.1, 1e-12, 1e40, 1e-42])
def test_a_constant_target_is_learned(diabetes, value):
    X, y = diabetes
    net = plain(DenseRegressor, 4, epochs=30, learning_rate=0.01, random_state=0)
    net.fit(X, np.full_like(y, value))
    assert (net.predict(X) == value).all()
    assert (net.predict(X.astype(np.float32)) == value).all()

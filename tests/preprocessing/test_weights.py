"""What sample weights, class weights and the target's scale mean."""

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_sample_weight

from skdense import DenseClassifier, DenseRegressor

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
    return estimator(loss=loss, random_state=0, **{**EXACT, **parameters})


@pytest.fixture(scope="module")
def copies():
    return np.random.default_rng(0).integers(0, 4, size=150)


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


def test_a_balanced_class_weight_counts_copies_alike(iris, copies):
    X, y = iris
    repeated = network_for("classes", class_weight="balanced")
    repeated.fit(X.repeat(copies, axis=0), y.repeat(copies))
    counts = np.bincount(y, weights=copies)
    by_hand = network_for("classes").fit(X, y, sample_weight=copies / counts[y])
    assert np.allclose(repeated.predict_proba(X), by_hand.predict_proba(X), rtol=1e-9)


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
    by_hand = network_for("classes").fit(
        X, labels, sample_weight=rows * compute_sample_weight(class_weight, labels)
    )
    assert np.array_equal(net.predict_proba(X), by_hand.predict_proba(X))
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
    net = DenseClassifier(
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
    net = DenseClassifier(8, epochs=60, learning_rate=0.01, validation_fraction=0.4, random_state=0)
    weighted = net.fit(X, labels, sample_weight=np.where(wrong, 1e-9, 1.0)).history_["val_loss"]
    unweighted = net.fit(X, labels).history_["val_loss"]
    assert weighted[-1] < 0.4 < 0.6 < unweighted[-1]


# The target's scale ------------------------------------------------------------------------------


@pytest.mark.parametrize(("factor", "offset"), [(1e3, 0), (1e-6, 0), (1, 1e4), (1e6, 1e6)])
def test_the_unit_of_the_target_does_not_matter(diabetes, factor, offset):
    X, y = diabetes
    net = DenseRegressor(8, epochs=5, random_state=0)
    expected = net.fit(X, y).predict(X)
    found = net.fit(X, factor * y + offset).predict(X)
    assert np.allclose((found - offset) / factor, expected, rtol=1e-4, atol=1e-6 * offset / factor)


def test_targets_of_different_units_train_alike(diabetes):
    X, y = diabetes
    both = np.column_stack([y, 1e6 * y])
    net = DenseRegressor(16, epochs=60, random_state=0).fit(X, both)
    small, large = net.predict(X).T
    assert np.corrcoef(small, y)[0, 1] > 0.7
    assert np.corrcoef(large, y)[0, 1] > 0.7


def test_scaling_the_target_is_standardizing_it_by_hand(diabetes):
    X, y = diabetes
    scaled = DenseRegressor(8, epochs=5, random_state=0).fit(X, y)
    by_hand = DenseRegressor(8, epochs=5, scale_target=False, random_state=0)
    by_hand.fit(X, (y - y.mean()) / y.std())
    assert np.allclose(scaled.loss_curve_, by_hand.loss_curve_, rtol=1e-5)
    assert np.allclose(scaled.predict(X), by_hand.predict(X) * y.std() + y.mean(), rtol=1e-5)


def test_without_scale_target_the_net_sees_the_target_itself(diabetes):
    X, y = diabetes
    # Steps so short that the network stays what it was at the beginning.
    raw = DenseRegressor(8, epochs=1, learning_rate=1e-9, scale_target=False, random_state=0)
    raw.fit(X, y)
    assert abs(raw.predict(X).mean()) < 10
    assert np.isclose(raw.loss_curve_[0], np.mean((raw.predict(X) - y) ** 2), rtol=1e-6)


@pytest.mark.parametrize("loss", ["poisson", "mape", "msle"])
def test_losses_of_counts_and_ratios_see_the_target_itself(diabetes, loss):
    X, y = diabetes
    scaled, raw = (
        DenseRegressor(8, epochs=2, loss=loss, scale_target=scale, random_state=0).fit(X, y)
        for scale in (True, False)
    )
    assert np.array_equal(scaled.predict(X), raw.predict(X))
    assert (scaled.predict(X) > 0).all() or loss != "poisson"


@pytest.mark.parametrize("value", [0.0, 7.0, -1e9])
def test_a_constant_target_is_learned(diabetes, value):
    X, y = diabetes
    net = DenseRegressor(4, epochs=30, learning_rate=0.01, random_state=0)
    net.fit(X, np.full_like(y, value))
    assert np.allclose(net.predict(X), value, rtol=1e-6, atol=0.2)

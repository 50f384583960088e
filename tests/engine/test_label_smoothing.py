"""`label_smoothing` equals that of Keras's losses, and is a value."""

import keras
import numpy as np
import pytest
from scipy import special
from sklearn.model_selection import GridSearchCV

from skdense import DenseClassifier, cache_info
from tests.helpers import plain

# Full batches of all rows in one order: plain Keras takes the same steps.
FULL = {"hidden_layer_sizes": 8, "batch_size": 1000, "optimizer": "sgd", "learning_rate": 0.3}
EPOCHS, SMOOTHING = 4, 0.2


def targets(kind, y):
    """The estimator's y, and the 0/1 rows that Keras's losses smooth."""
    if kind == "binary":
        return y % 2, (y % 2)[:, None]
    if kind == "multilabel":
        matrix = np.column_stack([y == 0, y > 0, y == 2]).astype(int)
        return matrix, matrix
    return y, np.eye(3)[y]


CASES = [
    ("binary", "auto", keras.losses.BinaryCrossentropy),
    ("binary", "binary_focal_crossentropy", keras.losses.BinaryFocalCrossentropy),
    ("multilabel", "auto", keras.losses.BinaryCrossentropy),
    ("multiclass", "auto", keras.losses.CategoricalCrossentropy),
    ("multiclass", "categorical_crossentropy", keras.losses.CategoricalCrossentropy),
    ("multiclass", "categorical_focal_crossentropy", keras.losses.CategoricalFocalCrossentropy),
    ("multiclass", keras.losses.CategoricalCrossentropy(), keras.losses.CategoricalCrossentropy),
]


@pytest.mark.parametrize(("kind", "loss", "of_keras"), CASES, ids=lambda case: str(case)[:40])
def test_weights_and_losses_are_those_of_keras(iris, kind, loss, of_keras):
    X, y = iris
    ours, theirs = targets(kind, y)
    options = {"loss": loss, "label_smoothing": SMOOTHING, "random_state": 0, **FULL}
    still = plain(DenseClassifier, epochs=1, **{**options, "learning_rate": 1e-12}).fit(X, ours)
    net = plain(DenseClassifier, epochs=EPOCHS, validation_fraction=None, **options).fit(X, ours)
    model = still.to_keras()
    smoothed = of_keras(label_smoothing=SMOOTHING)
    model.compile(keras.optimizers.SGD(0.3), smoothed, run_eagerly=True)
    history = model.fit(X, theirs, epochs=EPOCHS, batch_size=1000, verbose=0).history
    np.testing.assert_allclose(net.history_["loss"], history["loss"], rtol=1e-5)
    for array, expected in zip(net.weights_, model.get_weights(), strict=True):
        np.testing.assert_allclose(array, expected, atol=2e-6)
    without = plain(DenseClassifier, epochs=EPOCHS, **{**options, "label_smoothing": 0.0}).fit(
        X, ours
    )
    assert np.abs(without.weights_[0] - net.weights_[0]).max() > 1e-4


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
@pytest.mark.parametrize("smoothing", [0.1, 0.3])
def test_smoothing_is_exact_in_float64(iris, kind, smoothing):
    X, y = iris
    ours, theirs = targets(kind, y)
    options = {**FULL, "learning_rate": 1e-30, "epochs": 1, "dtype": "float64", "random_state": 0}
    net = plain(DenseClassifier, label_smoothing=smoothing, **options).fit(X, ours)
    logits = net.decision_function(X).reshape(len(X), -1)
    if kind == "multiclass":
        smooth = theirs * (1 - smoothing) + smoothing / 3
        expected = -(smooth * special.log_softmax(logits, axis=1)).sum(axis=1).mean()
    else:
        smooth = theirs * (1 - smoothing) + smoothing / 2
        of_label = smooth * special.log_expit(logits) + (1 - smooth) * special.log_expit(-logits)
        expected = -of_label.mean()
    assert net.history_["loss"][0] == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_validation_loss_is_smoothed_too(iris, kind):
    X, y = iris
    ours, theirs = targets(kind, y)
    net = plain(DenseClassifier, epochs=1, label_smoothing=SMOOTHING, random_state=0, **FULL)
    net.fit(X[50:], ours[50:], X_val=X[:50], y_val=ours[:50])
    loss = CASES[{"binary": 0, "multilabel": 2, "multiclass": 3}[kind]][2]
    model = net.to_keras()
    model.compile(loss=loss(label_smoothing=SMOOTHING), run_eagerly=True)
    expected = model.evaluate(X[:50], theirs[:50], batch_size=1000, verbose=0)
    assert net.history_["val_loss"][0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_candidates_share_a_program(iris, kind):
    X, y = iris[0], targets(kind, iris[1])[0]
    # Of class numbers, smoothing at all is part of the program, and by how much a value.
    smoothing = 0.0 if kind == "binary" else 0.1
    net = plain(DenseClassifier, 8, label_smoothing=smoothing, epochs=2, random_state=0).fit(X, y)
    traces = cache_info().traces
    GridSearchCV(net, {"label_smoothing": [smoothing, 0.05, 0.3]}, cv=2).fit(X, y)
    assert cache_info().traces == traces


def test_smooth_labels_make_modest_probabilities(iris):
    X, y = iris
    options = {"hidden_layer_sizes": 32, "epochs": 150, "learning_rate": 0.01, "random_state": 0}
    sharp = plain(DenseClassifier, **options).fit(X, y).predict_proba(X).max(axis=1)
    modest = (
        plain(DenseClassifier, label_smoothing=0.3, **options)
        .fit(X, y)
        .predict_proba(X)
        .max(axis=1)
    )
    assert np.median(sharp) > 0.99
    # A label of a third spread over three classes is one of 0.8.
    assert np.median(modest) == pytest.approx(0.8, abs=0.05)


class OwnLoss(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return keras.ops.mean((y_true - y_pred) ** 2, axis=-1)


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        ("mse", "label_smoothing=0.1 cannot be used with loss='mse': it takes one of binary_cros"),
        ("kl_divergence", "cannot be used with loss='kl_divergence'"),
        (OwnLoss(), "cannot be used with loss=<.*OwnLoss"),
        (keras.losses.CategoricalCrossentropy(label_smoothing=0.2), "on top of that of .* 0.2"),
    ],
)
def test_losses_that_cannot_take_it(iris, loss, words):
    with pytest.raises(ValueError, match=words):
        plain(DenseClassifier, 8, loss=loss, label_smoothing=0.1).fit(*iris)


@pytest.mark.parametrize("label_smoothing", [-0.1, 1.0, "some"])
def test_a_part_is_between_0_and_1(iris, label_smoothing):
    with pytest.raises(ValueError, match="'label_smoothing' parameter of DenseClassifier"):
        plain(DenseClassifier, 8, label_smoothing=label_smoothing).fit(*iris)

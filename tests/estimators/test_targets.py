"""Kinds of targets: what goes in as y comes back, in the shapes that scikit-learn gives."""

import keras
import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import DataConversionWarning
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skdense import DenseClassifier, DenseRegressor
from tests.helpers import plain

METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")
# Full batches and enough steps to reach the optimum of a convex loss, too few to be compiled.
CONVEX = {
    "hidden_layer_sizes": (),
    "batch_size": 1000,
    "epochs": 599,
    "optimizer": keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.2, 599)),
    "dtype": "float64",
    "random_state": 0,
}


def small(**parameters):
    return plain(DenseClassifier, 8, epochs=4, random_state=0, **parameters)


def targets_of(kind, y):
    return {
        "two classes": y > 0,
        "three classes": y,
        "three labels a row": np.eye(3, dtype=int)[y],
        "two labels a row": np.column_stack([y > 0, y > 1]).astype(int),
    }[kind]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # of the peer
@pytest.mark.parametrize(
    "kind", ["two classes", "three classes", "three labels a row", "two labels a row"]
)
@pytest.mark.parametrize("n_samples", [1, 5])
def test_shapes_are_those_of_scikit_learn(iris, kind, n_samples):
    X, y = iris
    y = targets_of(kind, y)
    ours = small().fit(X, y)
    peer = MLPClassifier(4, max_iter=2).fit(X, y)
    for method in METHODS[:3]:  # MLPClassifier has no decision_function
        found, expected = (getattr(net, method)(X[:n_samples]) for net in (ours, peer))
        assert found.shape == expected.shape, method
    if y.ndim == 1:
        linear = LogisticRegression().fit(X, y)
        for method in METHODS:
            found, expected = (getattr(net, method)(X[:n_samples]) for net in (ours, linear))
            assert found.shape == expected.shape, method
        assert ours.predict(X).dtype == linear.predict(X).dtype
        assert ours.classes_.tolist() == linear.classes_.tolist()
    else:
        assert ours.decision_function(X[:n_samples]).shape == (n_samples, y.shape[1])


@pytest.mark.parametrize(
    "names",
    [
        np.array(["setosa", "versicolor", "virginica"]),
        np.array(["z", "a", "m"], dtype=object),
        np.array([30, -7, 12]),
        np.array([2.0, 0.0, 1.0]),
        np.array([200, 3, 255], dtype=np.uint8),
        np.array([True, False, True]),
        np.array(["no", "yes", "no"]),
    ],
    ids=lambda names: f"{names.dtype}-{names[0]}",
)
def test_labels_come_back_as_they_were(iris, names):
    X, y = iris
    labels = names[y]
    net = plain(DenseClassifier, 8, epochs=60, learning_rate=0.01, random_state=0).fit(X, labels)
    assert net.classes_.tolist() == sorted(set(names.tolist()))
    assert net.predict(X).dtype == labels.dtype
    assert np.mean(net.predict(X) == labels) > 0.9
    probabilities = net.predict_proba(X)
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert np.array_equal(net.classes_[probabilities.argmax(axis=1)], net.predict(X))
    with np.errstate(divide="ignore"):
        assert np.allclose(np.log(probabilities), net.predict_log_proba(X), atol=1e-6)


@pytest.mark.parametrize("kind", ["two classes", "three classes", "three labels a row"])
def test_scores_are_the_output_before_its_activation(iris, kind):
    X, y = iris
    y = targets_of(kind, y)
    net = small().fit(X, y)
    scores, probabilities = net.decision_function(X), net.predict_proba(X)
    if kind == "three classes":
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        assert np.allclose(powers / powers.sum(axis=1, keepdims=True), probabilities, atol=1e-6)
    else:
        positive = probabilities[:, 1] if kind == "two classes" else probabilities
        assert np.allclose(1 / (1 + np.exp(-scores)), positive, atol=1e-6)
    assert net.out_activation_ == ("softmax" if kind == "three classes" else "sigmoid")
    assert net.n_outputs_ == (1 if kind == "two classes" else 3)


def test_log_probabilities_stay_finite(cancer):
    X, y = cancer
    net = small().fit(X, y)
    far = net.predict_log_proba(1000 * X)
    assert np.isfinite(far).all()
    assert far.min() < -200


@pytest.mark.parametrize(
    "loss", ["categorical_crossentropy", keras.losses.CategoricalCrossentropy()]
)
def test_one_hot_equals_class_numbers(iris, loss):
    X, y = iris
    one_hot = np.eye(3, dtype=int)[y]
    net = small(loss=loss).fit(X, one_hot)
    numbers = small().fit(X, y)
    assert np.allclose(net.predict_proba(X), numbers.predict_proba(X), atol=1e-6)
    assert np.array_equal(net.predict(X), np.eye(3, dtype=int)[numbers.predict(X)])
    assert np.allclose(net.decision_function(X), numbers.decision_function(X), atol=1e-5)
    assert net.out_activation_ == "softmax"


def test_one_hot_with_held_out_rows_equals_class_numbers(iris):
    X, y = iris
    options = {"validation_fraction": 0.3, "class_weight": "balanced", "batch_norm": True}
    net = small(loss="categorical_crossentropy", **options).fit(X, np.eye(3)[y])
    numbers = small(**options).fit(X, y)
    assert np.allclose(net.history_["val_loss"], numbers.history_["val_loss"], rtol=1e-5)


@pytest.mark.parametrize("parts", [slice(None), slice(0, 40)])
def test_a_matrix_is_several_labels_whatever_its_rows_sum_to(iris, parts):
    X, y = iris
    net = small().fit(X[parts], np.eye(3, dtype=int)[y[parts]])
    assert net.out_activation_ == "sigmoid"
    assert not np.allclose(net.predict_proba(X).sum(axis=1), 1)


@pytest.mark.parametrize("loss", ["auto", "categorical_crossentropy"])
def test_a_matrix_of_ones_and_twos_is_refused(iris, loss):
    # To scikit-learn, [[1, 2], [2, 1]] is a 0/1 matrix.
    X, y = iris
    matrix = np.array([[1, 2], [2, 1]])[(y > 0).astype(int)]
    with pytest.raises(ValueError, match=r"values \[1, 2\].*has to hold 0 and 1 only"):
        small(loss=loss).fit(X, matrix)


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "kl_divergence"])
def test_a_matrix_is_refused_where_the_loss_takes_one_label(iris, loss):
    X, y = iris
    with pytest.raises(ValueError, match="takes one label a row, but y is a 0/1 matrix"):
        small(loss=loss).fit(X, np.eye(3)[y])


def test_a_sparse_matrix_of_labels_equals_a_dense_one(iris):
    X, y = iris
    matrix = targets_of("two labels a row", y)
    dense, thin = (small().fit(X, y) for y in (matrix, sparse.csr_array(matrix)))
    assert np.array_equal(dense.predict_proba(X), thin.predict_proba(X))


@pytest.mark.parametrize("estimator", [DenseClassifier, DenseRegressor])
def test_a_column_is_taken_as_a_vector_with_a_warning(iris, estimator):
    X, y = iris
    net = plain(estimator, 4, epochs=2, random_state=0)
    with pytest.warns(DataConversionWarning, match="column-vector y was passed"):
        column = net.fit(X, y[:, None]).predict(X)
    assert np.array_equal(column, net.fit(X, y).predict(X))


@pytest.mark.parametrize("n_targets", [None, 1, 3])
@pytest.mark.parametrize("n_samples", [1, 5])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # of the peer
@pytest.mark.filterwarnings("ignore:A column-vector y")
def test_shapes_of_regression(diabetes, n_targets, n_samples):
    X, y = diabetes
    y = y if n_targets is None else np.column_stack([y] * n_targets)
    ours = plain(DenseRegressor, 4, epochs=2, random_state=0).fit(X, y)
    peer = MLPRegressor(hidden_layer_sizes=4, max_iter=2).fit(X, y)
    assert ours.predict(X[:n_samples]).shape == peer.predict(X[:n_samples]).shape
    assert ours.n_outputs_ == (n_targets or 1)


# Each loss of the convex kind against scikit-learn's own solver of the same problem.


@pytest.mark.parametrize("kind", ["two classes", "three classes"])
@pytest.mark.parametrize("loss", ["auto", "categorical_crossentropy", "kl_divergence"])
def test_without_hidden_layers_it_is_logistic_regression(iris, kind, loss):
    X, y = iris
    y, l2 = targets_of(kind, y), 0.01
    # Two softmax units -w/2 and w/2 do what one sigmoid unit w does, at half the penalty.
    half = kind == "two classes" and loss != "auto"
    expected = LogisticRegression(C=(2 if half else 1) / (2 * l2 * len(X)), tol=1e-8).fit(X, y)
    net = plain(DenseClassifier, l2=l2, loss=loss, **CONVEX).fit(X, y)
    assert np.allclose(net.predict_proba(X), expected.predict_proba(X), atol=2e-3)


def test_without_hidden_layers_it_is_linear_regression(diabetes):
    X, y = diabetes
    both = np.column_stack([y, -3 * y + 7])
    slow = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.1, 1500))
    net = plain(DenseRegressor, **{**CONVEX, "epochs": 1500, "optimizer": slow}).fit(X, both)
    assert np.allclose(net.predict(X), LinearRegression().fit(X, both).predict(X), rtol=1e-3)


def test_poisson_regression_has_a_log_link(diabetes):
    X, y = diabetes
    # Features that nearly depend on each other: the last thousandth takes Adam a long time.
    slow = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.1, 4000))
    net = plain(
        DenseRegressor, loss="poisson", **{**CONVEX, "epochs": 4000, "optimizer": slow}
    ).fit(X, y)
    expected = PoissonRegressor(alpha=0, tol=1e-8, max_iter=1000).fit(X, y)
    assert np.allclose(net.predict(X), expected.predict(X), rtol=1e-3)
    assert np.allclose(net.coefs_[0][:, 0], expected.coef_, atol=1e-3)
    assert net.out_activation_ == "exponential"


def test_poisson_regression_without_features_is_the_log_of_the_mean(diabetes):
    X, y = diabetes
    net = plain(DenseRegressor, loss="poisson", **CONVEX).fit(np.zeros_like(X), y)
    assert np.isclose(net.intercepts_[0][0], np.log(y.mean()), atol=1e-5)
    assert np.allclose(net.predict(np.zeros((1, 10))), y.mean(), rtol=1e-4)


def test_targets_far_from_zero_keep_their_digits():
    random = np.random.default_rng(0)
    X = random.normal(size=(200, 2))
    near = 3 * X[:, 0] + X[:, 1]
    net = plain(DenseRegressor, (), epochs=60, learning_rate=0.02, random_state=0)
    far = clone(net).fit(X, near + 1.7e9).predict(X) - 1.7e9
    np.testing.assert_allclose(far, clone(net).fit(X, near).predict(X), atol=1e-3)


@pytest.mark.parametrize("delta", [0.05, 5.0])
def test_figures_of_a_loss_object_count(diabetes, delta):
    # Keras's get_config leaves delta out.
    X, y = diabetes
    y = (y - y.mean()) / y.std()
    net = plain(
        DenseRegressor,
        4,
        loss=keras.losses.Huber(delta=delta),
        learning_rate=1e-9,
        epochs=1,
        scale_target=False,
    ).fit(X, y)
    off = np.abs(y - net.predict(X))
    expected = np.where(off <= delta, off**2 / 2, delta * (off - delta / 2)).mean()
    assert np.isclose(net.loss_curve_[0], expected, rtol=1e-5)

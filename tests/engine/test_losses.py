"""Losses against closed forms, scikit-learn's figures and formulas by hand."""

import keras
import numpy as np
import pytest
from sklearn.linear_model import PoissonRegressor
from sklearn.metrics import mean_pinball_loss

import skdense
from skdense import DenseClassifier, DenseRegressor
from tests.helpers import plain

STILL = {"learning_rate": 1e-9, "epochs": 1, "batch_size": 10_000, "random_state": 0}
TO_THE_END = {
    "hidden_layer_sizes": (),
    "batch_size": 1000,
    "epochs": 2000,
    "optimizer": keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.1, 2000)),
    "dtype": "float64",
    "random_state": 0,
}


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("scale_target", [True, False])
def test_without_features_it_is_the_quantile(quantile, scale_target):
    y = np.random.default_rng(0).exponential(3.0, size=401) - 1
    net = plain(
        DenseRegressor, loss="quantile", quantile=quantile, scale_target=scale_target, **TO_THE_END
    ).fit(np.zeros((401, 2)), y)
    expected = np.quantile(y, quantile)
    assert np.isclose(net.predict(np.zeros((1, 2)))[0], expected, atol=0.02)


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_pinball_loss_is_that_of_scikit_learn(diabetes, n_outputs):
    X, y = diabetes
    y = y if n_outputs == 1 else np.column_stack([y, -y / 2])
    net = plain(DenseRegressor, 4, loss="quantile", quantile=0.8, scale_target=False, **STILL).fit(
        X, y
    )
    expected = mean_pinball_loss(y, net.predict(X), alpha=0.8)
    assert np.isclose(net.loss_curve_[0], expected, rtol=1e-5)
    model = net.to_keras()
    model.run_eagerly = True
    assert np.isclose(model.evaluate(X, y.reshape(len(y), -1), verbose=0), expected)


def test_nine_rows_of_ten_stay_below(diabetes):
    X, y = diabetes
    net = plain(DenseRegressor, 8, loss="quantile", quantile=0.9, epochs=60, random_state=0).fit(
        X, y
    )
    assert 0.86 < np.mean(y <= net.predict(X)) < 0.94


def test_a_quantile_is_saved_and_shown(diabetes, tmp_path):
    X, y = diabetes
    net = plain(DenseRegressor, 4, loss="quantile", quantile=0.9, epochs=2, random_state=0).fit(
        X, y
    )
    skdense.save(net, tmp_path / "net")
    again = skdense.load(tmp_path / "net")
    assert again.quantile == 0.9
    assert np.array_equal(net.partial_fit(X, y).predict(X), again.partial_fit(X, y).predict(X))
    net.to_keras().save(tmp_path / "net.keras")
    assert keras.models.load_model(tmp_path / "net.keras").loss.quantile == 0.9


@pytest.mark.parametrize("quantile", [0, 1, -0.1, 1.5, None, "0.5"])
def test_quantiles_that_are_none(diabetes, quantile):
    with pytest.raises(ValueError, match="'quantile' parameter of DenseRegressor must be a float"):
        plain(DenseRegressor, 4, loss="quantile", quantile=quantile).fit(*diabetes)


def test_a_quantile_is_nothing_to_other_losses_and_to_classifiers(diabetes, iris):
    one, other = (
        plain(DenseRegressor, 4, quantile=q, epochs=2, random_state=0) for q in (0.1, 0.9)
    )
    one, other = one.fit(*diabetes), other.fit(*diabetes)
    assert np.array_equal(one.predict(diabetes[0]), other.predict(diabetes[0]))
    with pytest.raises(ValueError, match="loss='quantile' is unknown"):
        plain(DenseClassifier, 4, loss="quantile").fit(*iris)


# Losses in the target's own unit: the output's bias starts where the best constant is.

START = {
    "poisson": lambda y: y.mean(),
    "msle": lambda y: np.expm1(np.log1p(y).mean()),
}


def loss_of(name, y, number):
    figures = {
        "poisson": lambda: number - y * np.log(number),
        "msle": lambda: (np.log1p(y) - np.log1p(number)) ** 2,
        "mape": lambda: np.abs((y - number) / y),
    }
    return figures[name]().mean()


@pytest.mark.parametrize("name", ["poisson", "msle", "mape"])
def test_the_first_output_is_the_best_constant(name):
    random = np.random.default_rng(0)
    y = random.gamma(2.0, 1e5, size=300)
    X = np.zeros((300, 2))
    found = plain(DenseRegressor, 4, loss=name, **STILL).fit(X, y).predict(X)[0]
    if name in START:
        assert np.isclose(found, START[name](y), rtol=1e-4)
    for factor in (0.99, 1.01):
        assert loss_of(name, y, found) < loss_of(name, y, factor * found)


@pytest.mark.parametrize("name", ["poisson", "msle", "mape"])
def test_weights_count_for_the_first_output_like_repetition(name):
    y, weight = np.array([1.0, 3.0, 10.0, 50.0]), np.array([1, 2, 5, 1])
    X = np.zeros((4, 1))
    weighted = plain(DenseRegressor, 2, loss=name, **STILL).fit(X, y, weight)
    repeated = plain(DenseRegressor, 2, loss=name, **STILL).fit(
        np.repeat(X, weight, axis=0), np.repeat(y, weight)
    )
    assert np.isclose(weighted.predict(X)[0], repeated.predict(X)[0], rtol=1e-5)


def test_poisson_regression_of_large_counts_is_soon_there(diabetes):
    X, y = diabetes
    y = np.round(1e4 * y)
    net = plain(DenseRegressor, (), loss="poisson", epochs=100, learning_rate=0.01, random_state=0)
    expected = PoissonRegressor(alpha=0, max_iter=1000).fit(X, y).predict(X)
    assert np.median(np.abs(net.fit(X, y).predict(X) / expected - 1)) < 0.05


def test_poisson_regression_of_zeros_only(diabetes):
    X, _ = diabetes
    net = plain(DenseRegressor, 4, loss="poisson", epochs=2, random_state=0).fit(
        X, np.zeros(len(X))
    )
    assert np.isfinite(net.predict(X)).all()


def test_huber_by_hand(diabetes):
    X, y = diabetes
    y = (y - y.mean()) / y.std()
    net = plain(DenseRegressor, 4, loss="huber", scale_target=False, **STILL).fit(X, y)
    off = np.abs(y - net.predict(X))
    expected = np.where(off <= 1, off**2 / 2, off - 1 / 2).mean()
    assert np.isclose(net.loss_curve_[0], expected, rtol=1e-5)


# Classes.


@pytest.mark.parametrize("gamma", [2.0, 0.5])
def test_binary_focal_loss_by_hand(cancer, gamma):
    X, y = cancer
    loss = "binary_focal_crossentropy"
    loss = loss if gamma == 2.0 else keras.losses.BinaryFocalCrossentropy(gamma=gamma)
    net = plain(DenseClassifier, 4, loss=loss, **STILL).fit(X, y)
    of_truth = net.predict_proba(X)[np.arange(len(y)), y]
    expected = -((1 - of_truth) ** gamma * np.log(of_truth)).mean()
    assert np.isclose(net.loss_curve_[0], expected, rtol=1e-4)


@pytest.mark.parametrize("one_hot", [False, True])
def test_categorical_focal_loss_by_hand(iris, one_hot):
    X, y = iris
    net = plain(DenseClassifier, 4, loss="categorical_focal_crossentropy", **STILL)
    net.fit(X, np.eye(3, dtype=int)[y] if one_hot else y)
    of_truth = net.predict_proba(X)[np.arange(len(y)), y]
    expected = -(0.25 * (1 - of_truth) ** 2 * np.log(of_truth)).mean()  # alpha and gamma of Keras
    assert np.isclose(net.loss_curve_[0], expected, rtol=1e-4)


def test_integer_and_one_hot_cross_entropy_are_equal_step_by_step(iris):
    X, y = iris
    options = {"hidden_layer_sizes": 8, "epochs": 5, "random_state": 0, "dtype": "float64"}
    numbers = plain(DenseClassifier, loss="sparse_categorical_crossentropy", **options).fit(X, y)
    matrix = plain(DenseClassifier, loss="categorical_crossentropy", **options)
    matrix.fit(X, np.eye(3, dtype=int)[y])
    assert np.allclose(numbers.loss_curve_, matrix.loss_curve_, rtol=1e-10)
    for one, other in zip(numbers.weights_, matrix.weights_, strict=True):
        assert np.allclose(one, other, rtol=1e-8, atol=1e-10)

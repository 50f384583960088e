"""Noise and dropout on the inputs: of the right size, off when they are to be, as values."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import skdense
from skdense import DenseClassifier, DenseRegressor
from skdense.engine.layers import ProgramNoise
from skdense.engine.program_inputs import Rows
from tests.engine.keras_reference import (
    engine_fit,
    largest_difference,
    layer_call,
    make_architecture,
    make_rows,
    make_settings,
    make_weights,
)
from tests.helpers import plain


@pytest.fixture(params=[True, False], ids=["compiled", "plain graph"])
def noise(request):
    """Noise in training, as a function of the inputs, the standard deviation and the seed."""
    return layer_call(ProgramNoise, request.param)


@pytest.mark.parametrize("deviation", [0.1, 2.0])
def test_noise_is_normal(noise, deviation):
    drawn = noise(tf.zeros((400, 500)), deviation) / deviation
    n = drawn.size
    assert abs(drawn.mean()) < 5 / np.sqrt(n)
    assert abs(drawn.var() - 1) < 5 * np.sqrt(2 / n)
    assert abs((np.abs(drawn) < 1).mean() - 0.6827) < 0.006
    assert abs(np.corrcoef(drawn[0::2].ravel(), drawn[1::2].ravel())[0, 1]) < 0.02


def test_other_seeds_draw_other_noise(noise):
    zeros = tf.zeros((100, 100))
    drawn = [noise(zeros, 1.0, seed).ravel() for seed in [(1, 2), (1, 3), (2, 2)]]
    for one, other in [(0, 1), (0, 2), (1, 2)]:
        assert abs(np.corrcoef(drawn[one], drawn[other])[0, 1]) < 0.05


def test_deviation_zero_and_inference_change_nothing(noise):
    x = tf.random.stateless_normal((50, 3), (1, 1))
    np.testing.assert_array_equal(noise(x, 0.0), x)
    np.testing.assert_array_equal(noise(x, 0.9, training=False), x)


@pytest.mark.parametrize("kind", ["input_noise", "input_dropout"])
def test_mean_gradient_of_a_linear_layer_is_the_known_one(kind):
    # Noise of variance v on the inputs of a linear layer pulls like the penalty v * sum of w**2.
    amount, n_samples = 0.4, 20_000
    architecture = make_architecture(
        hidden_layer_sizes=(), activation=(), dropout=(), out_activation="linear", **{kind: True}
    )
    one_row = make_rows(architecture, n_samples=1)
    rows = Rows(*(np.repeat(array, n_samples, axis=0) for array in one_row))
    settings = make_settings(
        architecture,
        loss="mse",
        learning_rate=1.0,
        epochs=1,
        batch_size=n_samples,
        **{kind: amount},
    )
    kernel, bias = (array.astype(np.float64) for array in make_weights(architecture))
    after = engine_fit(architecture, settings, rows).weights
    x = one_row.X[0]
    variance = amount**2 if kind == "input_noise" else amount / (1 - amount) * x**2
    error = x @ kernel[:, 0] + bias[0] - one_row.y[0, 0]
    expected = 2 * x * error + 2 * variance * kernel[:, 0]
    np.testing.assert_allclose((kernel - after[0])[:, 0], expected, rtol=0.05, atol=0.05)


@pytest.mark.parametrize("compiled", [True, False])
def test_zero_as_a_value_is_none(compiled, monkeypatch):
    monkeypatch.setattr("skdense.engine.training.worth_compiling", lambda *_: compiled)
    with_layers = make_architecture(input_noise=True, input_dropout=True)
    rows = make_rows(with_layers)
    settings = make_settings(with_layers, learning_rate=0.1)
    off = engine_fit(with_layers, settings, rows)
    without = engine_fit(make_architecture(), settings, rows)
    assert largest_difference(off.weights, without.weights) < 1e-6


def test_hidden_dropout_draws_the_same_masks_with_and_without_noise_layers(iris):
    X, y = iris
    options = {"hidden_layer_sizes": (8, 6), "dropout": 0.3, "epochs": 3, "random_state": 0}
    without = plain(DenseClassifier, **options).fit(X, y)
    nearly = plain(DenseClassifier, **options, input_noise=1e-9).fit(X, y)
    assert largest_difference(without.weights_, nearly.weights_) < 1e-5


@pytest.mark.parametrize("name", ["input_noise", "input_dropout"])
def test_it_is_a_value_reproducible_and_off_where_nothing_is_trained(iris, name, fresh_cache):
    X, y = iris
    options = {"hidden_layer_sizes": 8, "epochs": 3, "validation_fraction": 0.3}

    def fit(amount, seed=0):
        return plain(DenseClassifier, **options, random_state=seed, **{name: amount}).fit(X, y)

    nets = [fit(0.3), fit(0.3), fit(0.5), fit(0.3, seed=1)]
    assert skdense.cache_info().traces == 1
    assert largest_difference(nets[0].weights_, nets[1].weights_) == 0
    assert largest_difference(nets[0].weights_, nets[2].weights_) > 1e-3
    still = plain(DenseClassifier, **options, random_state=0, learning_rate=1e-12, **{name: 0.5})
    losses = still.fit(X, y).history_
    assert np.allclose(losses["val_loss"], losses["val_loss"][0], rtol=1e-6)
    assert np.ptp(losses["loss"]) > 1e-4  # anew in each step
    assert np.array_equal(nets[0].predict_proba(X), nets[0].predict_proba(X))


def test_keras_shows_them_at_the_input(diabetes):
    X, y = diabetes
    net = plain(DenseRegressor, 8, input_noise=0.2, input_dropout=0.1, dropout=0.3, epochs=2).fit(
        X, y
    )
    model = net.to_keras()
    noise, drop = model.layers[1:3]
    assert isinstance(noise, keras.layers.GaussianNoise)
    assert isinstance(drop, keras.layers.Dropout)
    assert (noise.stddev, drop.rate, model.layers[5].rate) == (0.2, 0.1, 0.3)
    found = model(X)[:, 0]
    np.testing.assert_allclose(found, net.predict(X), rtol=1e-4)


def test_saved_and_going_on(diabetes, tmp_path):
    X, y = diabetes
    net = plain(
        DenseRegressor, 8, input_noise=0.2, input_dropout=0.1, epochs=2, random_state=0
    ).fit(X, y)
    skdense.save(net, tmp_path / "net")
    again = skdense.load(tmp_path / "net")
    assert again.architecture_ == net.architecture_
    np.testing.assert_array_equal(
        again.partial_fit(X, y).predict(X), net.partial_fit(X, y).predict(X)
    )
    skdense.save_weights(net, tmp_path / "weights")
    other = plain(DenseRegressor, 8, epochs=1, random_state=1).fit(X, y)
    skdense.load_weights(other, tmp_path / "weights")
    np.testing.assert_array_equal(other.predict(X), net.predict(X))


@pytest.mark.parametrize(
    "wrong", [{"input_noise": -0.1}, {"input_noise": None}, {"input_dropout": 1.0}]
)
def test_amounts_that_are_none(diabetes, wrong):
    with pytest.raises(ValueError, match=f"'{next(iter(wrong))}' parameter"):
        plain(DenseRegressor, 4, **wrong).fit(*diabetes)

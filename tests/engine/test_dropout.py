"""Dropout: right in the mean over many masks, off at rate 0 exactly, new masks at every step."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from skdense.engine.layers import ProgramDropout
from skdense.engine.program_inputs import Rows
from tests.engine.keras_reference import (
    engine_fit,
    keras_fit,
    largest_difference,
    layer_call,
    make_architecture,
    make_rows,
    make_settings,
    make_weights,
)


@pytest.fixture(params=[True, False], ids=["compiled", "plain graph"])
def drop(request):
    """Dropout in training, as a function of the inputs, the rate and the seed."""
    return layer_call(ProgramDropout, request.param)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_mean_and_share_of_dropped_units(drop, rate):
    dropped = drop(tf.ones((400, 500)), rate)
    n, kept = dropped.size, 1 - rate
    five_sigma = 5 * np.sqrt(rate * kept / n)
    assert abs((dropped == 0).mean() - rate) < five_sigma
    assert abs(dropped.mean() - 1) < five_sigma / kept
    np.testing.assert_allclose(np.unique(dropped), [0, 1 / kept], rtol=1e-6)


def test_rate_zero_and_inference_change_nothing(drop):
    x = tf.random.stateless_normal((50, 3), (1, 1))
    np.testing.assert_array_equal(drop(x, 0.0), x)
    np.testing.assert_array_equal(drop(x, 0.9, training=False), x)


def test_other_seeds_give_other_masks(drop):
    ones = tf.ones((100, 100))
    masks = [drop(ones, 0.5, seed) for seed in [(1, 2), (1, 3), (2, 2)]]
    for one, other in [(0, 1), (0, 2), (1, 2)]:
        # Independent masks agree in half of the places.
        assert abs((masks[one] == masks[other]).mean() - 0.5) < 0.03


def test_mean_gradient_over_masks_is_the_known_one():
    # One linear layer behind dropout and a squared loss: its mean gradient over masks is known.
    # Rows that are all alike see masks of their own: one step averages over 20,000 of them.
    architecture = make_architecture(
        hidden_layer_sizes=(4,),
        activation=("linear",),
        dropout=(True,),
        out_activation="linear",
    )
    rate, n_samples = 0.3, 20_000
    one_row = make_rows(architecture, n_samples=1)
    rows = Rows(*(np.repeat(array, n_samples, axis=0) for array in one_row))
    settings = make_settings(
        architecture, loss="mse", learning_rate=1.0, epochs=1, batch_size=n_samples, dropout=(rate,)
    )
    before = [array.astype(np.float64) for array in make_weights(architecture)]
    after = engine_fit(architecture, settings, rows).weights
    hidden = one_row.X[0] @ before[0] + before[1]
    error = hidden @ before[2][:, 0] + before[3][0] - one_row.y[0, 0]
    variance = rate / (1 - rate)
    expected = 2 * hidden * error + 2 * variance * hidden**2 * before[2][:, 0]
    np.testing.assert_allclose((before[2] - after[2])[:, 0], expected, rtol=0.05, atol=0.02)


def test_a_rate_of_zero_as_a_value_is_no_dropout():
    with_layer = make_architecture(dropout=(True, True))
    without = make_architecture()
    rows = make_rows(with_layer)
    settings = make_settings(with_layer, learning_rate=0.1)
    off = engine_fit(with_layer, settings, rows)
    assert largest_difference(off.weights, engine_fit(without, settings, rows).weights) < 1e-6


def test_training_uses_the_rate_and_the_seed():
    architecture = make_architecture(dropout=(True, False))
    rows = make_rows(architecture)
    settings = make_settings(architecture, learning_rate=0.1, dropout=(0.5, 0.0))
    weights = [engine_fit(architecture, settings, rows, seed=seed).weights for seed in (1, 1, 2)]
    assert largest_difference(weights[0], weights[1]) == 0.0
    assert largest_difference(weights[0], weights[2]) > 1e-3


def test_keras_gives_the_same_mean_loss():
    # The expected training loss of a fixed network under dropout, estimated by both.
    architecture = make_architecture(dropout=(True, True), hidden_layer_sizes=(64, 64))
    rows = make_rows(architecture, n_samples=2000)
    settings = make_settings(
        architecture, learning_rate=1e-12, epochs=8, dropout=(0.5, 0.3), batch_size=2000
    )
    ours = engine_fit(architecture, settings, rows).loss
    keras.utils.set_random_seed(0)
    _, history = keras_fit(architecture, settings, rows)
    spread = np.std(ours) / np.sqrt(len(ours)) + np.std(history["loss"]) / np.sqrt(len(ours))
    assert abs(np.mean(ours) - np.mean(history["loss"])) < 5 * spread
    assert np.std(ours) > 0

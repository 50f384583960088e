"""Padded rows leak nowhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdense.engine import padded_data, training
from skdense.engine.padding import PaddedSizes, round_up
from skdense.engine.program_inputs import Rows
from tests.engine.keras_reference import (
    engine_fit,
    largest_difference,
    make_architecture,
    make_rows,
    make_settings,
)


def poisoned(to_padded, value):
    """Fill with `value` instead of a real row; the weights of the filling too."""

    def fill(rows, size):
        import tensorflow as tf

        n_samples = len(rows.X)
        filled = [np.array(array) for array in to_padded(rows, size)]
        for array in filled:
            array[n_samples:] = 1 if array.dtype == np.int32 else value
        return Rows(*(tf.constant(array) for array in filled))

    return fill


@pytest.mark.parametrize("batch_norm", [None, "before"])
@pytest.mark.parametrize("batch_size", [32, 1000])
def test_padded_rows_do_not_matter(batch_norm, batch_size, monkeypatch):
    architecture = make_architecture(batch_norm=batch_norm, n_outputs=3, out_activation="softmax")
    settings = make_settings(
        architecture,
        loss="sparse_categorical_crossentropy",
        learning_rate=0.1,
        batch_size=batch_size,
        early_stopping=True,
    )
    rows, held_out = make_rows(architecture), make_rows(architecture, n_samples=21, seed=5)
    plain = engine_fit(architecture, settings, rows, held_out)
    monkeypatch.setattr(padded_data, "_to_padded", poisoned(padded_data._to_padded, 1e6))
    filled = engine_fit(architecture, settings, rows, held_out)
    assert largest_difference(plain.weights, filled.weights) == 0.0
    assert plain.loss == filled.loss
    assert plain.val_loss == filled.val_loss


def test_more_padding_gives_the_same_network(monkeypatch):
    architecture = make_architecture(batch_norm="after")
    settings = make_settings(architecture, learning_rate=0.1)
    rows, held_out = make_rows(architecture), make_rows(architecture, n_samples=21, seed=5)
    tight = engine_fit(architecture, settings, rows, held_out)
    monkeypatch.setattr(
        training,
        "padded_sizes",
        lambda *_: PaddedSizes(32, 32, steps_per_gather=2, n_validation=64, epochs_per_call=3),
    )
    padded = engine_fit(architecture, settings, rows, held_out)
    assert largest_difference(tight.weights, padded.weights) < 1e-6
    np.testing.assert_allclose(tight.val_loss, padded.val_loss, rtol=1e-6)


def test_the_validation_loss_is_that_of_the_real_rows():
    architecture = make_architecture(hidden_layer_sizes=(), activation=(), dropout=())
    settings = make_settings(architecture, l1=(0.01,), l2=(0.1,), epochs=1, learning_rate=0.1)
    rows = make_rows(architecture)
    held_out = make_rows(architecture, n_samples=21, weighted=True, seed=5)
    trained = engine_fit(architecture, settings, rows, held_out)
    kernel, bias = (array.astype(np.float64) for array in trained.weights)
    probability = 1 / (1 + np.exp(-(held_out.X @ kernel + bias)))
    losses = -np.log(np.where(held_out.y == 1, probability, 1 - probability))[:, 0]
    expected = (losses * held_out.weight).sum() / 21
    expected += 0.01 * np.abs(kernel).sum() + 0.1 * (kernel**2).sum()
    assert trained.val_loss[0] == pytest.approx(expected, rel=1e-6)


def test_validation_over_several_chunks():
    architecture = make_architecture(hidden_layer_sizes=(), activation=(), dropout=())
    settings = make_settings(architecture, epochs=1, learning_rate=0.1)
    held_out = make_rows(architecture, n_samples=2500, seed=5)
    trained = engine_fit(architecture, settings, make_rows(architecture), held_out)
    kernel, bias = trained.weights
    probability = 1 / (1 + np.exp(-(held_out.X @ kernel + bias)))
    losses = -np.log(np.where(held_out.y == 1, probability, 1 - probability))
    assert trained.val_loss[0] == pytest.approx(losses.mean(), rel=1e-5)


@given(st.integers(1, 10**9), st.sampled_from([1, 4, 8]))
def test_rounding_up_wastes_little(n, pieces):
    rounded = round_up(n, pieces)
    assert n <= rounded <= max(n * (1 + 1 / pieces), n + 1)
    assert round_up(rounded, pieces) == rounded
    assert round_up(n + 1, pieces) >= rounded

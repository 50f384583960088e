"""Early stopping equals Keras's ``EarlyStopping`` on the same rows."""

import keras
import numpy as np
import pytest

from tests.engine.keras_reference import (
    engine_fit,
    keras_fit,
    largest_difference,
    make_architecture,
    make_rows,
    make_settings,
    make_weights,
)

CASES = [
    {"patience": 2, "min_delta": 0.0, "restore_best_weights": True},
    {"patience": 3, "min_delta": 0.0, "restore_best_weights": False},
    {"patience": 1, "min_delta": 0.02, "restore_best_weights": True},
    {"patience": 0, "min_delta": 0.0, "restore_best_weights": True},
    {"patience": 50, "min_delta": 0.0, "restore_best_weights": True},
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"patience-{case['patience']}")
def test_stops_and_restores_as_keras_does(case):
    architecture = make_architecture()
    settings = make_settings(
        architecture, learning_rate=0.7, epochs=30, l2=(0.001, 0.0), early_stopping=True, **case
    )
    rows = make_rows(architecture, weighted=True)
    # Other labels than the training rows': over-fitting sets in soon.
    validation = make_rows(architecture, n_rows=37, weighted=True, seed=5)
    trained = engine_fit(architecture, settings, rows, validation)
    watcher = keras.callbacks.EarlyStopping(monitor="val_loss", **case)
    model, history = keras_fit(architecture, settings, rows, validation, [watcher])
    assert len(trained.val_loss) == len(history["val_loss"])
    assert trained.best_epoch == watcher.best_epoch + 1
    np.testing.assert_allclose(trained.val_loss, history["val_loss"], rtol=1e-4)
    assert largest_difference(trained.weights, model.get_weights()) < 1e-4
    if case["patience"] < 50:
        assert len(trained.val_loss) < 30


def test_best_epoch_without_early_stopping_keeps_the_last_weights():
    architecture = make_architecture()
    settings = make_settings(architecture, learning_rate=0.7, epochs=12)
    rows = make_rows(architecture)
    validation = make_rows(architecture, n_rows=37, seed=5)
    watched = engine_fit(architecture, settings, rows, validation)
    alone = engine_fit(architecture, settings, rows)
    assert watched.best_epoch == int(np.argmin(watched.val_loss)) + 1 < 12
    assert alone.best_epoch == 12
    assert largest_difference(watched.weights, alone.weights) < 1e-6
    assert largest_difference(watched.weights, make_weights(architecture)) > 0.1

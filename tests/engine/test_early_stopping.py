"""Early stopping equals Keras's ``EarlyStopping`` on the same rows."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from tests.engine.keras_reference import (
    OnEpochEnd,
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
    {"patience": 2, "min_delta": 0.0, "restore_best_weights": True, "start_from_epoch": 6},
    {"patience": 0, "min_delta": 0.0, "restore_best_weights": False, "start_from_epoch": 4},
    {"patience": 1, "min_delta": 0.0, "restore_best_weights": True, "start_from_epoch": 30},
]
IDS = [f"patience-{case['patience']}-from-{case.get('start_from_epoch', 0)}" for case in CASES]


def look_on(epoch):
    """Change nothing: early stopping is decided in Python where there is a callback."""


def negate(epoch):
    epoch.logs["score"] = -epoch.logs["val_loss"]


# Three ways to monitor one metric: in the program, in Python, and as one of which more is better.
WAYS = {
    "program": ({}, []),
    "python": ({}, [OnEpochEnd(look_on)]),
    "greater": ({"monitor": "score", "greater_is_better": True}, [OnEpochEnd(negate)]),
}


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_stops_and_restores_as_keras_does(case):
    architecture = make_architecture()
    settings = make_settings(
        architecture, learning_rate=0.7, epochs=30, l2=(0.001, 0.0), early_stopping=True, **case
    )
    rows = make_rows(architecture, weighted=True)
    # Other labels than the training rows': over-fitting sets in soon.
    validation = make_rows(architecture, n_samples=37, weighted=True, seed=5)
    reference = keras.callbacks.EarlyStopping(monitor="val_loss", **case)
    model, history = keras_fit(architecture, settings, rows, validation, [reference])
    none_counts = case.get("start_from_epoch") == settings.epochs
    ends_early = case["patience"] < 50 and not none_counts
    for monitoring, callbacks in WAYS.values():
        settings = replace(settings, **monitoring)
        trained = engine_fit(architecture, settings, rows, validation, callbacks=callbacks)
        assert len(trained.val_loss) == len(history["val_loss"])
        assert (len(trained.val_loss) < 30) == ends_early
        assert trained.stopped_by == ("early_stopping" if ends_early else "epochs")
        assert trained.best_epoch == (30 if none_counts else reference.best_epoch + 1)
        np.testing.assert_allclose(trained.val_loss, history["val_loss"], rtol=1e-4)
        assert largest_difference(trained.weights, model.get_weights()) < 1e-4


def test_best_epoch_without_early_stopping_keeps_the_last_weights():
    architecture = make_architecture()
    settings = make_settings(architecture, learning_rate=0.7, epochs=12)
    rows = make_rows(architecture)
    validation = make_rows(architecture, n_samples=37, seed=5)
    monitored = engine_fit(architecture, settings, rows, validation)
    alone = engine_fit(architecture, settings, rows)
    assert monitored.best_epoch == int(np.argmin(monitored.val_loss)) + 1 < 12
    assert alone.best_epoch == 12
    assert largest_difference(monitored.weights, alone.weights) < 1e-6
    assert largest_difference(monitored.weights, make_weights(architecture)) > 0.1


def test_monitors_the_training_loss_without_validation_data():
    architecture = make_architecture()
    case = {"patience": 1, "min_delta": 0.01, "restore_best_weights": True}
    settings = make_settings(
        architecture, learning_rate=0.7, epochs=30, early_stopping=True, monitor="loss", **case
    )
    rows = make_rows(architecture)
    reference = keras.callbacks.EarlyStopping(monitor="loss", **case)
    model, history = keras_fit(architecture, settings, rows, callbacks=[reference])
    for callbacks in ([], [OnEpochEnd(look_on)]):
        trained = engine_fit(architecture, settings, rows, callbacks=callbacks)
        assert len(trained.loss) == len(history["loss"]) < 30
        assert trained.best_epoch == reference.best_epoch + 1
        assert largest_difference(trained.weights, model.get_weights()) < 1e-4


def test_says_who_ended_it():
    architecture = make_architecture()
    settings = make_settings(architecture, epochs=5)
    rows = make_rows(architecture)

    for reason, said in ((True, "callback"), ("time_limit", "time_limit")):

        def stop(epoch, reason=reason):
            epoch.stop = reason if epoch.number == 2 else False

        trained = engine_fit(architecture, settings, rows, callbacks=[OnEpochEnd(stop)])
        assert (len(trained.loss), trained.stopped_by) == (2, said)
    trained = engine_fit(architecture, settings, rows._replace(X=rows.X * np.nan))
    assert not trained.finite
    assert trained.stopped_by == "not_finite"

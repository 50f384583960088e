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


ARCHITECTURE = make_architecture()
SETTINGS = make_settings(ARCHITECTURE, learning_rate=0.7, epochs=30, l2=(0.001, 0.0))
ROWS = make_rows(ARCHITECTURE, weighted=True)
# Other labels than the training rows': over-fitting sets in soon.
VALIDATION = make_rows(ARCHITECTURE, n_samples=37, weighted=True, seed=5)


@pytest.fixture(scope="module")
def keras_with():
    """Keras with one callback, which sees the epochs of a training that is done once for all."""
    epochs = []
    keep = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: epochs.append((keep.model.get_weights(), logs))
    )
    model, _ = keras_fit(ARCHITECTURE, SETTINGS, ROWS, VALIDATION, [keep], eager=False)

    def replay(callback):
        callback.set_model(model)
        callback.on_train_begin()
        model.stop_training = False
        history = []
        for number, (weights, logs) in enumerate(epochs):
            model.set_weights(weights)
            history.append(logs["val_loss"])
            callback.on_epoch_end(number, dict(logs))
            if model.stop_training:
                break
        callback.on_train_end()
        return model.get_weights(), history

    return replay


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_stops_and_restores_as_keras_does(case, keras_with):
    settings = replace(SETTINGS, early_stopping=True, **case)
    watcher = keras.callbacks.EarlyStopping(monitor="val_loss", **case)
    weights, val_loss = keras_with(watcher)
    judges_none = case.get("start_from_epoch") == settings.epochs
    ends_early = case["patience"] < 50 and not judges_none
    for watching, callbacks in WAYS.values():
        settings = replace(settings, **watching)
        trained = engine_fit(ARCHITECTURE, settings, ROWS, VALIDATION, callbacks=callbacks)
        assert len(trained.val_loss) == len(val_loss)
        assert (len(trained.val_loss) < 30) == ends_early
        assert trained.stopped_by == ("early_stopping" if ends_early else "epochs")
        assert trained.best_epoch == (30 if judges_none else watcher.best_epoch + 1)
        np.testing.assert_allclose(trained.val_loss, val_loss, rtol=1e-4)
        assert largest_difference(trained.weights, weights) < 1e-4


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

"""Keras callbacks in our training do what they do in ``keras.Model.fit``."""

from itertools import repeat

import keras
import numpy as np
import pytest

from skdense.engine.keras_callbacks import KerasCallbacks, check_callbacks, copies_for_fit
from skdense.engine.model_building import fitted_model
from skdense.engine.training import train
from tests.engine.keras_reference import (
    largest_difference,
    make_architecture,
    make_rows,
    make_settings,
    make_weights,
)

EPOCHS = 12
ARCHITECTURE = make_architecture()
SETTINGS = make_settings(ARCHITECTURE, learning_rate=0.5, epochs=EPOCHS)
ROWS, HELD_OUT = (
    make_rows(ARCHITECTURE, n_samples=64),
    make_rows(ARCHITECTURE, n_samples=40, seed=5),
)


def ours(callbacks, first_epoch=0, settings=SETTINGS):
    callback = KerasCallbacks(
        callbacks,
        lambda weights: fitted_model(ARCHITECTURE, settings, weights),
        first_epoch=first_epoch,
        epochs=settings.epochs,
        steps=2,
        verbose=0,
    )
    return train(
        ARCHITECTURE,
        settings,
        ROWS,
        HELD_OUT,
        make_weights(ARCHITECTURE),
        None,
        repeat(np.arange(len(ROWS.X))),
        np.zeros(4, int),
        [callback],
    )


def by_keras(callbacks, settings=SETTINGS):
    model = fitted_model(ARCHITECTURE, settings, make_weights(ARCHITECTURE))
    model.run_eagerly = True
    history = model.fit(
        ROWS.X,
        ROWS.y,
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        shuffle=False,
        validation_data=(HELD_OUT.X, HELD_OUT.y),
        callbacks=callbacks,
        verbose=0,
    ).history
    return model.get_weights(), history


class Shrinks(keras.callbacks.Callback):
    """A user's own: sets weights, and adds a metric."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.set_weights([0.9 * array for array in self.model.get_weights()])
        logs["size"] = float(np.abs(self.model.get_weights()[0]).sum())


CALLBACKS = {
    "early stopping": lambda: keras.callbacks.EarlyStopping(patience=1, min_delta=0.02),
    "best weights": lambda: keras.callbacks.EarlyStopping(
        patience=2, min_delta=0.02, restore_best_weights=True
    ),
    "scheduler": lambda: keras.callbacks.LearningRateScheduler(lambda e, lr: 0.1 if e % 2 else 0.9),
    "plateau": lambda: keras.callbacks.ReduceLROnPlateau(patience=1, min_delta=0.05, factor=0.3),
    "sets weights": Shrinks,
}


@pytest.mark.parametrize("name", CALLBACKS)
def test_the_same_as_in_keras(name):
    mine, keras_own = CALLBACKS[name](), CALLBACKS[name]()
    trained = ours([mine])
    weights, history = by_keras([keras_own])
    assert largest_difference(trained.weights, weights) < 2e-6
    assert set(trained.history) == set(history)
    for metric, values in history.items():
        np.testing.assert_allclose(trained.history[metric], values, rtol=5e-6, err_msg=metric)
    assert mine.model is None
    if name in ("early stopping", "best weights"):
        assert len(trained.loss) < EPOCHS
        assert trained.stopped_by == "callback"
        assert mine.stopped_epoch == keras_own.stopped_epoch > 0
    if name in ("scheduler", "plateau"):
        assert len(set(history["learning_rate"])) > 1  # or nothing was tested


def test_several_see_what_those_before_them_did():
    def make():
        return [Shrinks(), CALLBACKS["plateau"](), CALLBACKS["best weights"]()]

    trained = ours(make())
    weights, history = by_keras(make())
    assert largest_difference(trained.weights, weights) < 2e-6
    assert history.keys() == trained.history.keys()


class Sees(keras.callbacks.Callback):
    """Writes down when it was called, and what the model computes then."""

    def on_train_begin(self, logs=None):
        self.calls, self.losses, self.steps = ["train begin"], [], []

    def on_epoch_begin(self, epoch, logs=None):
        self.calls.append(f"begin {epoch}")

    def on_epoch_end(self, epoch, logs=None):
        self.calls.append(f"end {epoch}")
        loss = self.model.evaluate(HELD_OUT.X, HELD_OUT.y, verbose=0)
        self.losses.append((loss, logs["val_loss"]))
        self.steps.append(int(self.model.optimizer.iterations.numpy()))

    def on_train_end(self, logs=None):
        self.calls.append("train end")
        self.last = logs


def test_they_see_the_model_with_its_weights_of_the_moment():
    short = make_settings(ARCHITECTURE, learning_rate=0.5, epochs=2)
    sees, keras_own = Sees(), Sees()
    trained = ours([sees], settings=short)
    by_keras([keras_own], settings=short)
    assert sees.calls == keras_own.calls
    assert sees.steps == keras_own.steps == [2, 4]
    computed, told = np.transpose(sees.losses)
    np.testing.assert_allclose(computed, told, rtol=1e-5)
    assert sees.last == {name: column[-1] for name, column in trained.history.items()}
    assert sees.params == {"verbose": 0, "epochs": 2, "steps": 2}
    assert keras_own.params["epochs"] == 2
    assert keras_own.params["steps"] == 2


def test_epochs_are_numbered_on():
    sees = Sees()
    ours([sees], first_epoch=7, settings=make_settings(ARCHITECTURE, epochs=2))
    assert sees.calls == ["train begin", "begin 7", "end 7", "begin 8", "end 8", "train end"]
    assert sees.params["epochs"] == 9


def test_a_rate_that_is_none_is_refused():
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch: 0.0)
    with pytest.raises(ValueError, match=r"learning_rate=0.0 is no learning rate"):
        ours([scheduler])


def test_weights_that_are_not_finite_are_refused():
    class Spoils(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            self.model.set_weights([np.nan * array for array in self.model.get_weights()])

    with pytest.raises(ValueError, match="not finite in its on_train_end"):
        ours([Spoils()])


class Batches(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


class OldBatches(keras.callbacks.Callback):
    def on_batch_begin(self, batch, logs=None):
        pass


class OwnCheckpoint(keras.callbacks.ModelCheckpoint):
    def on_train_batch_end(self, batch, logs=None):
        pass


REFUSED = {
    "batches": (Batches, "on_train_batch_end", "on_epoch_end"),
    "old batches": (OldBatches, "on_batch_begin", "on_epoch_end"),
    "validation batches": (
        lambda: keras.callbacks.LambdaCallback(on_test_batch_end=print),
        "on_test_batch_end",
        "on_epoch_end",
    ),
    "lambda": (
        lambda: keras.callbacks.LambdaCallback(on_train_batch_begin=print),
        "on_train_batch_begin",
        "on_epoch_end",
    ),
    "checkpoint": (
        lambda: keras.callbacks.ModelCheckpoint("a.keras", save_freq=3),
        "on_train_batch_end",
        'save_freq="epoch"',
    ),
    "own checkpoint": (lambda: OwnCheckpoint("a.keras"), "on_train_batch_end", "save_freq"),
    "tensorboard": (
        lambda: keras.callbacks.TensorBoard("logs", update_freq="batch"),
        "on_train_batch_begin",
        'update_freq="epoch"',
    ),
    "steps per second": (
        lambda: keras.callbacks.TensorBoard("logs", write_steps_per_second=True),
        "on_train_batch_begin",
        "write_steps_per_second=False",
    ),
    "progress bar": (keras.callbacks.ProgbarLogger, "on_train_batch_end", "verbose=1"),
    "backup": (lambda: keras.callbacks.BackupAndRestore("a"), "on_train_batch_end", "warm_start"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_who_needs_batches_is_refused(name):
    make, hook, remedy = REFUSED[name]
    with pytest.raises(ValueError, match=rf"callbacks\[1\]=.* overrides {hook}, .*{remedy}"):
        check_callbacks([keras.callbacks.History(), make()])


@pytest.mark.parametrize(
    "callback",
    [
        keras.callbacks.ModelCheckpoint("a.keras"),
        keras.callbacks.TensorBoard("logs"),
        keras.callbacks.TerminateOnNaN(),
        keras.callbacks.EarlyStopping(),
        keras.callbacks.CSVLogger("a.csv"),
        keras.callbacks.LambdaCallback(on_epoch_end=print),
        keras.callbacks.RemoteMonitor(),
        keras.callbacks.History(),
        type("Nothing", (keras.callbacks.Callback,), {})(),
    ],
    ids=lambda callback: type(callback).__name__,
)
def test_who_needs_no_batches_is_accepted(callback):
    check_callbacks([callback])


def test_what_is_no_callback_is_refused():
    with pytest.raises(ValueError, match=r"callbacks\[0\]='early' is no keras.callbacks.Callback"):
        check_callbacks(["early"])
    with pytest.raises(ValueError, match=r"is a class: pass an object, EarlyStopping\(...\)"):
        check_callbacks([keras.callbacks.EarlyStopping])
    scikit_learns = type("Bar", (), {"on_fit_task_end": None})()
    with pytest.raises(ValueError, match=r"of scikit-learn are set by set_callbacks"):
        check_callbacks([scikit_learns])
    with pytest.raises(ValueError, match="use_ema=True, the averaged weights"):
        check_callbacks([keras.callbacks.SwapEMAWeights()])


def test_what_cannot_be_copied_is_refused(tmp_path):
    holds_a_file = keras.callbacks.History()
    words = r"callbacks\[0\]=<.*Let it open files, locks and connections in on_train_begin"
    with open(tmp_path / "log", "w") as holds_a_file.file, pytest.raises(ValueError, match=words):
        copies_for_fit([holds_a_file], is_new=True)


def test_a_copy_leaves_the_model_behind():
    used = keras.callbacks.History()
    used.set_model(model := fitted_model(ARCHITECTURE, SETTINGS, make_weights(ARCHITECTURE)))
    (copied,) = copies_for_fit([used], is_new=True)
    assert copied.model is None
    assert used.model is model

"""Keras callbacks on the estimators: what becomes of the objects, and of what they write."""

import copy
import csv
import pickle

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_validate

import skdense
from skdense import DenseClassifier, DenseRegressor
from tests.helpers import plain


def net(*callbacks, **parameters):
    options = {"epochs": 3, "validation_fraction": 0.2, "random_state": 0, **parameters}
    return plain(DenseClassifier, 8, callbacks=list(callbacks), **options)


class Own(keras.callbacks.Callback):
    """A user's own: counts epochs, and keeps what it found."""

    def on_train_begin(self, logs=None):
        self.epochs, self.predicted = [], []

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(epoch)
        self.predicted.append(np.asarray(self.model(np.zeros((2, 4)))))


def test_the_objects_given_stay_as_they_are(iris):
    given = [keras.callbacks.EarlyStopping(patience=1), Own()]
    before = [copy.copy(vars(each)) for each in given]
    fitted = net(*given).fit(*iris)
    assert [vars(each) for each in given] == before
    assert [type(each) for each in fitted.callbacks_] == [type(each) for each in given]
    assert not set(map(id, fitted.callbacks_)) & set(map(id, given))
    stopping, own = fitted.callbacks_
    assert stopping.best == min(fitted.history_["val_loss"])
    assert stopping.model is own.model is None
    assert own.epochs == [0, 1, 2]
    np.testing.assert_allclose(own.predicted[-1], fitted.predict_proba(np.zeros((2, 4))), atol=1e-6)


def test_a_tuple_and_none(iris):
    assert len(net().set_params(callbacks=(Own(),)).fit(*iris).callbacks_) == 1
    for nothing in (None, [], ()):
        fitted = net(Own()).fit(*iris).set_params(callbacks=nothing).fit(*iris)
        assert not hasattr(fitted, "callbacks_")


def test_mistakes_are_told_before_training(iris):
    for bad, words in (
        (["early"], r"callbacks\[0\]='early' is no keras.callbacks.Callback"),
        ([keras.callbacks.TensorBoard("a", update_freq=5)], "overrides on_train_batch_begin"),
    ):
        unfitted = net(*bad)
        with pytest.raises(ValueError, match=words):
            unfitted.fit(*iris)
        assert not [name for name in vars(unfitted) if name.endswith("_")]
    with pytest.raises(ValueError, match=r"'callbacks' parameter .* must be"):
        net().set_params(callbacks=Own()).fit(*iris)


def test_numbers_go_on_where_training_does(iris):
    fitted = net(Own(), warm_start=True).fit(*iris)
    fitted.set_params(epochs=2).fit(*iris)
    assert fitted.callbacks_[0].epochs == [3, 4]
    assert fitted.callbacks_[0].params["epochs"] == 5
    fitted.set_params(validation_fraction=None).partial_fit(*iris)
    assert fitted.callbacks_[0].epochs == [5]


def test_a_regressor_shows_its_network_in_the_unit_of_the_target(diabetes):
    X, y = diabetes

    class Predicts(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            predicted.append(self.model.predict(X, verbose=0))

    predicted = []
    fitted = plain(DenseRegressor, 8, epochs=2, random_state=0, callbacks=[Predicts()]).fit(X, y)
    np.testing.assert_allclose(predicted[0][:, 0], fitted.predict(X), rtol=1e-4)


def test_figures_of_callbacks_are_in_the_history(iris):
    def measure(epoch, logs):
        logs |= {"double": 2 * logs["loss"], "name": "not a figure"}

    fitted = net(keras.callbacks.LambdaCallback(on_epoch_end=measure)).fit(*iris)
    assert set(fitted.history_) == {"loss", "val_loss", "double"}
    assert fitted.history_["double"] == [2 * loss for loss in fitted.history_["loss"]]


def test_scores_are_in_the_logs(iris):
    stopping = keras.callbacks.EarlyStopping("val_accuracy", mode="max", patience=0)
    fitted = net(stopping, metrics=["accuracy"], epochs=50).fit(*iris)
    scores = fitted.history_["val_accuracy"]
    assert fitted.n_iter_ < 50
    assert fitted.callbacks_[0].best == max(scores) >= scores[-1]


def test_the_rate_is_in_the_history(iris):
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))
    fitted = net(scheduler).fit(*iris)
    np.testing.assert_allclose(fitted.history_["learning_rate"], [0.1, 0.05, 0.1 / 3], rtol=1e-6)
    own = net(lr_schedule=lambda epoch: 0.1 / (epoch + 1)).fit(*iris)
    for one, other in zip(fitted.weights_, own.weights_, strict=True):
        assert np.allclose(one, other, atol=1e-6)


def test_they_take_part_in_the_refit_too(iris):
    fitted = net(Own(), early_stopping=True, refit_best_epoch=True).fit(*iris)
    assert fitted.callbacks_[0].epochs == list(range(fitted.n_iter_))


def test_terminate_on_nan(diabetes):
    with pytest.warns(ConvergenceWarning, match="stopped being finite"):
        fitted = (
            plain(
                DenseRegressor,
                (),
                batch_size=1000,
                optimizer="sgd",
                learning_rate=5.0,
                callbacks=[keras.callbacks.TerminateOnNaN(), Own()],
                random_state=0,
            )
            .set_params(callbacks=[keras.callbacks.TerminateOnNaN()])
            .fit(*diabetes)
        )
    assert fitted.n_iter_ < 100
    strict = keras.callbacks.TerminateOnNaN()
    strict.raise_error = True  # an argument of newer Keras
    with pytest.raises(ValueError, match="raise_error=False"):
        fitted.set_params(callbacks=[strict]).fit(*diabetes)


# Files ---------------------------------------------------------------------------------------


def test_a_checkpoint_is_the_network(iris, tmp_path):
    X, y = iris
    path = tmp_path / "{epoch}-{val_loss:.3f}.keras"
    fitted = net(keras.callbacks.ModelCheckpoint(path)).fit(X, y)
    names = [f"{n}-{loss:.3f}.keras" for n, loss in enumerate(fitted.history_["val_loss"], start=1)]
    assert sorted(file.name for file in tmp_path.iterdir()) == names
    model = keras.saving.load_model(tmp_path / names[-1])
    np.testing.assert_allclose(model(X), fitted.predict_proba(X), atol=1e-6)


def test_the_best_checkpoint(iris, tmp_path):
    path = tmp_path / "best.weights.h5"
    best = keras.callbacks.ModelCheckpoint(path, save_best_only=True, save_weights_only=True)
    options = {"learning_rate": 1.0, "epochs": 12}
    fitted = net(best, early_stopping=True, patience=100, **options).fit(*iris)
    model = fitted.to_keras()
    model.load_weights(path)
    for saved, kept in zip(model.get_weights(), fitted.weights_, strict=True):
        assert np.array_equal(saved, kept)


def test_the_csv_file_is_the_history(iris, tmp_path):
    fitted = net(keras.callbacks.CSVLogger(tmp_path / "log.csv")).fit(*iris)
    with open(tmp_path / "log.csv") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in rows] == [0, 1, 2]
    for name in ("loss", "val_loss"):
        assert [float(row[name]) for row in rows] == fitted.history_[name]


def test_tensorboard(iris, tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    board = keras.callbacks.TensorBoard(tmp_path, histogram_freq=1)
    fitted = net(board).fit(*iris)
    for folder, name in (("train", "loss"), ("validation", "val_loss")):
        events = EventAccumulator(str(tmp_path / folder)).Reload()
        written = [float(make_ndarray(e.tensor_proto)) for e in events.Tensors("epoch_loss")]
        np.testing.assert_allclose(written, fitted.history_[name], rtol=1e-6)
    pickle.dumps(fitted)


def test_a_second_fit_to_the_same_file_is_warned_of(iris, tmp_path):
    path = str(tmp_path / "again.csv")
    fitted = net(keras.callbacks.CSVLogger(path)).fit(*iris)
    with pytest.warns(UserWarning, match=r"a CSVLogger, writes to filename=.*overwrites") as caught:
        fitted.fit(*iris)
    assert caught[0].filename == __file__
    assert "'{fit}-again.csv'" in str(caught[0].message)
    # Whoever goes on, or adds to a file, means it.
    fitted.set_params(warm_start=True, callbacks=[keras.callbacks.CSVLogger(path)]).fit(*iris)
    net(keras.callbacks.CSVLogger(path, append=True)).fit(*iris)


def test_each_fold_has_a_file_of_its_own(iris, tmp_path):
    given = keras.callbacks.CSVLogger(str(tmp_path / "{fit}.csv"))
    folds = cross_validate(net(given, epochs=1), *iris, cv=3, return_estimator=True)["estimator"]
    names = {each.callbacks_[0].filename for each in folds}
    assert {str(file) for file in tmp_path.iterdir()} == names
    assert len(names) == 3
    assert given.filename.endswith("{fit}.csv")


def test_folds_that_overwrite_each_other_are_warned_of(iris, tmp_path):
    checkpoint = keras.callbacks.ModelCheckpoint(str(tmp_path / "{epoch}.keras"))
    with pytest.warns(UserWarning, match=r"writes to filepath=.*Put \{fit\} into the path"):
        cross_validate(net(checkpoint, epochs=1), *iris, cv=2)


# Copies --------------------------------------------------------------------------------------


def halved(epoch, rate):
    return rate / 2


def keras_own(folder):
    # Keras 3.6 cannot pickle its ReduceLROnPlateau, not even a new one.
    return [
        keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True),
        keras.callbacks.LearningRateScheduler(halved),
        keras.callbacks.ModelCheckpoint(str(folder / "{fit}.keras")),
        keras.callbacks.CSVLogger(str(folder / "{fit}.csv")),
        keras.callbacks.TerminateOnNaN(),
        keras.callbacks.History(),
        Own(),
    ]


def test_fitted_estimators_travel(iris, tmp_path):
    fitted = net(*keras_own(tmp_path)).fit(*iris)
    again = pickle.loads(pickle.dumps(fitted))
    assert [type(each) for each in again.callbacks_] == [type(each) for each in fitted.callbacks_]
    assert again.callbacks_[0].best == fitted.callbacks_[0].best
    assert again.callbacks_[5].history == fitted.callbacks_[5].history
    assert np.array_equal(again.predict_proba(iris[0]), fitted.predict_proba(iris[0]))
    unfitted = clone(fitted)
    assert not hasattr(unfitted, "callbacks_")
    assert np.array_equal(unfitted.fit(*iris).predict_proba(iris[0]), fitted.predict_proba(iris[0]))


def test_a_file_of_ours_holds_no_callbacks(iris, tmp_path):
    fitted = net(Own()).fit(*iris)
    with pytest.raises(ValueError, match=r"set_params\(callbacks=None\) first"):
        skdense.save(fitted, tmp_path / "net")
    skdense.save(fitted.set_params(callbacks=None), tmp_path / "net")
    again = skdense.load(tmp_path / "net")
    assert not hasattr(again, "callbacks_")
    assert np.array_equal(again.predict_proba(iris[0]), fitted.predict_proba(iris[0]))


def test_a_search_shares_the_program(iris):
    net(Own()).fit(*iris)  # the program is there
    before = skdense.cache_info().traces
    search = GridSearchCV(net(Own()), {"l2": [0.0, 0.1]}, cv=2).fit(*iris)
    assert skdense.cache_info().traces == before
    assert search.best_estimator_.callbacks_[0].epochs == [0, 1, 2]


def test_images_are_seen_as_images():
    X = np.random.default_rng(0).random((20, 3, 2))
    shapes = []

    class Looks(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            shapes.append(self.model.input_shape)

    net = plain(DenseClassifier, 4, epochs=1, random_state=0, callbacks=[Looks()])
    net.fit(X, np.arange(20) % 2)
    assert shapes == [(None, 3, 2)]

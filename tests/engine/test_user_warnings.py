"""Warnings point at the user's own line, whatever stands between it and the training."""

import inspect
import os
import warnings

import keras
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdense import DenseClassifier, DenseRegressor
from tests.helpers import plain

# Steps that are too long for a linear model.
DIVERGING = {
    "hidden_layer_sizes": (),
    "batch_size": 1000,
    "optimizer": "sgd",
    "learning_rate": 5.0,
    "epochs": 100,
    "random_state": 0,
}


class DivergesInRefit(keras.callbacks.Callback):
    """Sets a huge rate in the second training of those under way."""

    trainings = 0

    def on_train_begin(self, logs=None):
        type(self).trainings += 1

    def on_epoch_begin(self, epoch, logs=None):
        if self.trainings == 2 and epoch == 1:
            self.model.optimizer.learning_rate = 1e30


def fit(X, y):
    plain(DenseRegressor, **DIVERGING).fit(X, y)  # here


def partial_fit(X, y):
    path = os.devnull
    net = plain(DenseRegressor, **DIVERGING, callbacks=[keras.callbacks.CSVLogger(path)])
    net.set_params(learning_rate=0.01).partial_fit(X, y)
    twin = plain(DenseRegressor, **net.get_params())
    twin.partial_fit(X, y)  # here


def fit_of_a_classifier(X, y):
    callbacks = [keras.callbacks.CSVLogger(os.devnull)]
    net = plain(DenseClassifier, 2, epochs=1, callbacks=callbacks).fit(X, y > 150)
    net.fit(X, y > 150)  # here


def refit(X, y):
    DivergesInRefit.trainings = 0
    options = {**DIVERGING, "learning_rate": 0.01, "callbacks": [DivergesInRefit()]}
    net = plain(DenseRegressor, **options, early_stopping=True, refit_best_epoch=True)
    net.fit(X, y)  # here


def pipeline(X, y):
    model = make_pipeline(StandardScaler(), plain(DenseRegressor, **DIVERGING))
    model.fit(X, y)  # here


def search(X, y):
    search = GridSearchCV(plain(DenseRegressor, **DIVERGING), {"l2": [0.0]}, cv=2)
    search.fit(X, y)  # here


def cross_validation(X, y):
    cross_val_score(plain(DenseRegressor, **DIVERGING), X, y, cv=2)  # here


class Own(DenseRegressor):
    """A class of the user's own calls for the user, and is the user's line."""

    def fit(self, X, y):
        return super().fit(X, y)  # here


def subclass(X, y):
    plain(Own, **DIVERGING).fit(X, y)


@pytest.mark.parametrize(
    "call",
    [fit, fit_of_a_classifier, partial_fit, refit, pipeline, search, cross_validation, subclass],
)
def test_it_points_at_the_users_line(diabetes, call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call(*diabetes)
    caught = [each for each in caught if each.category in (ConvergenceWarning, UserWarning)]
    lines, first = inspect.getsourcelines(Own if call is subclass else call)
    here = next(number for number, line in enumerate(lines, first) if "# here" in line)
    assert caught
    places = {(each.filename, each.lineno) for each in caught}
    assert (__file__, here) in places
    assert {filename for filename, _ in places} == {__file__}

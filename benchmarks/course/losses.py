"""Losses for counts, outliers, quantiles and rare classes; a comparison of optimizers."""

import keras
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.metrics import (
    average_precision_score,
    mean_absolute_error,
    mean_poisson_deviance,
    precision_score,
    recall_score,
    root_mean_squared_error,
)
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks.course.entries import entry
from benchmarks.course.images import fashion
from skdense import KERAS_DEFAULTS, DenseClassifier, DenseRegressor


def columns():
    return make_column_transformer(
        (
            OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            make_column_selector(dtype_exclude="number"),
        ),
        remainder=StandardScaler(),
    )


def bike(folder):
    table = pd.read_csv(folder / "bike-sharing.csv.gz").astype({"hr": str, "mnth": str})
    return table.drop(columns="target"), table["target"]


@entry(bike)
def bike_poisson(X, y):
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    results = {}
    for loss in ("poisson", "mse"):
        net = DenseRegressor(**KERAS_DEFAULTS).set_params(
            hidden_layer_sizes=(64, 64), loss=loss, epochs=30, random_state=0
        )
        predicted = make_pipeline(columns(), net).fit(X_train, y_train).predict(X_test)
        results[loss] = {
            "Poisson deviance": mean_poisson_deviance(y_test, predicted.clip(min=0.1)),
            "mean absolute error": mean_absolute_error(y_test, predicted),
            "predictions below 0": int((predicted < 0).sum()),
        }
    return results


def wages(folder):
    table = pd.read_csv(folder / "cps-wages.csv.gz")
    X, y = table.drop(columns="target"), table["target"]
    return train_test_split(X, y, random_state=0)


@entry(wages)
def wages_huber(X_train, X_test, y_train, y_test):
    results = {}
    for loss in ("mse", "huber", "mae"):
        net = DenseRegressor(**KERAS_DEFAULTS).set_params(
            hidden_layer_sizes=(32, 32), loss=loss, epochs=20, random_state=0
        )
        predicted = make_pipeline(columns(), net).fit(X_train, y_train).predict(X_test)
        results[loss] = {
            "mean absolute error": mean_absolute_error(y_test, predicted),
            "root mean squared error": root_mean_squared_error(y_test, predicted),
        }
    return results


@entry(wages)
def wages_quantiles(X_train, X_test, y_train, y_test):
    results = {}
    for quantile in (0.1, 0.5, 0.9):
        net = DenseRegressor(**KERAS_DEFAULTS).set_params(
            hidden_layer_sizes=(32, 32),
            loss="quantile",
            quantile=quantile,
            epochs=20,
            random_state=0,
        )
        predicted = make_pipeline(columns(), net).fit(X_train, y_train).predict(X_test)
        results[f"share of test rows below the {quantile} quantile"] = (y_test < predicted).mean()
    return results


def machines(folder):
    table = pd.read_csv(folder / "ai4i.csv.gz")
    X, y = table.drop(columns="target"), table["target"]
    return train_test_split(X, y, stratify=y, random_state=0)


@entry(machines)
def machines_focal(X_train, X_test, y_train, y_test):
    ways = {
        "cross-entropy": {},
        "focal": {"loss": "binary_focal_crossentropy"},
        "class_weight": {"class_weight": "balanced"},
    }
    results = {}
    for name, way in ways.items():
        net = DenseClassifier(**KERAS_DEFAULTS).set_params(
            hidden_layer_sizes=(64, 32), epochs=50, random_state=0, **way
        )
        model = make_pipeline(columns(), net).fit(X_train, y_train)
        predicted = model.predict(X_test)
        results[name] = {
            "average precision": average_precision_score(y_test, model.predict_proba(X_test)[:, 1]),
            "precision": precision_score(y_test, predicted),
            "recall": recall_score(y_test, predicted),
        }
    return results


@entry(fashion)
def fashion_optimizers(X_train, X_test, y_train, y_test):
    optimizers = {
        "SGD 0.01": keras.optimizers.SGD(0.01),
        "SGD 0.01, momentum 0.9": keras.optimizers.SGD(0.01, momentum=0.9),
        "RMSprop": "rmsprop",
        "Adam": "adam",
    }
    results = {}
    for name, optimizer in optimizers.items():
        net = DenseClassifier(**KERAS_DEFAULTS).set_params(
            hidden_layer_sizes=128, optimizer=optimizer, epochs=5, random_state=0
        )
        net.fit(X_train, y_train)
        results[name] = {
            "training loss": net.history_["loss"][-1],
            "test accuracy": net.score(X_test, y_test),
        }
    return results

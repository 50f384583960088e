"""Several inputs and outputs: Carseats in two parts, halves of digits, several labels a row."""

import keras
import numpy as np
import pandas as pd
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import f1_score, r2_score
from sklearn.model_selection import train_test_split
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.course.entries import entry
from benchmarks.course.images import mnist
from benchmarks.course.losses import columns
from skdense import KERAS_DEFAULTS, DenseClassifier, DenseRegressor, NetworkRegressor

PARTS = {
    "company": ["CompPrice", "Advertising", "Price"],
    "region": ["Income", "Population", "Age", "Education"],
}


def carseats(folder):
    table = pd.read_csv(folder / "carseats.csv.gz")
    X, y = table[PARTS["company"] + PARTS["region"]], table["target"]
    return train_test_split(X, y, random_state=0)


def two_inputs(meta, units=8):
    parts = [
        keras.Input((len(places),), name=name) for name, places in meta["input_columns_"].items()
    ]
    hidden = [keras.layers.Dense(units, activation="relu")(part) for part in parts]
    return keras.Model(parts, keras.layers.Dense(1)(keras.layers.concatenate(hidden)))


@entry(carseats)
def carseats_two_inputs(X_train, X_test, y_train, y_test):
    net = NetworkRegressor(
        two_inputs, inputs=PARTS, loss="mse", optimizer="adam", epochs=100, random_state=0
    )
    models = {
        "two inputs": TransformedTargetRegressor(net, transformer=StandardScaler()),
        "one input": DenseRegressor(**KERAS_DEFAULTS).set_params(
            hidden_layer_sizes=16, epochs=100, random_state=0
        ),
        "LinearRegression": LinearRegression(),
    }
    results = {}
    for name, model in models.items():
        scaled = make_pipeline(StandardScaler().set_output(transform="pandas"), model)
        results[name] = {"test R²": scaled.fit(X_train, y_train).score(X_test, y_test)}
    return results


@entry(mnist)
def mnist_lower_half(X_train, X_test, y_train, y_test):
    upper_train, lower_train = np.split(X_train, 2, axis=1)
    upper_test, lower_test = np.split(X_test, 2, axis=1)
    models = {
        "392-256-392": DenseRegressor(**KERAS_DEFAULTS).set_params(
            hidden_layer_sizes=256, scale_target=False, epochs=30, random_state=0
        ),
        "Ridge": Ridge(alpha=100),
    }
    results = {}
    for name, model in models.items():
        predicted = model.fit(upper_train, lower_train).predict(upper_test)
        r2 = r2_score(lower_test, predicted, multioutput="variance_weighted")
        results[name] = {"test R², pixels weighted by variance": r2}
    return results


SERVICES = [
    "OnlineSecurity",
    "OnlineBackup",
    "DeviceProtection",
    "TechSupport",
    "StreamingTV",
    "StreamingMovies",
]


def telephone(folder):
    table = pd.read_csv(folder / "telco-churn.csv.gz").dropna()
    table = table[table["InternetService"] != "No"]
    X, y = table.drop(columns=SERVICES), (table[SERVICES] == "Yes").astype(int)
    return train_test_split(X, y, random_state=0)


@entry(telephone)
def telephone_services(X_train, X_test, y_train, y_test):
    models = {
        "one network, six outputs": DenseClassifier(**KERAS_DEFAULTS).set_params(
            hidden_layer_sizes=(64, 32), epochs=30, random_state=0
        ),
        "six logistic regressions": MultiOutputClassifier(LogisticRegression(max_iter=1000)),
    }
    results = {}
    for name, model in models.items():
        predicted = make_pipeline(columns(), model).fit(X_train, y_train).predict(X_test)
        results[name] = {
            "labels right": (predicted == y_test.to_numpy()).mean(),
            "customers with all six right": (predicted == y_test.to_numpy()).all(axis=1).mean(),
            "F1, mean of the labels": f1_score(y_test, predicted, average="macro"),
        }
    return results

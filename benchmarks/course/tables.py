"""Small tables: binary classification and what helps against over-fitting, Boston, iris."""

import pandas as pd
from sklearn.metrics import log_loss, mean_absolute_error
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.course.entries import entry
from skdense import KERAS_DEFAULTS, DenseClassifier, DenseRegressor, HistoryDisplay, diagnose


def spambase(folder):
    table = pd.read_csv(folder / "spambase.csv.gz")
    X, y = table.drop(columns="target"), table["target"]
    return train_test_split(X, y, test_size=0.25, stratify=y, random_state=0)


@entry(spambase)
def spam_plain(X_train, X_test, y_train, y_test):
    net = make_pipeline(
        StandardScaler(),
        DenseClassifier(**KERAS_DEFAULTS).set_params(
            hidden_layer_sizes=(64, 32, 16), epochs=100, random_state=0
        ),
    )
    net.fit(X_train, y_train)
    return {
        "training accuracy": net.score(X_train, y_train),
        "test accuracy": net.score(X_test, y_test),
        "test log loss": log_loss(y_test, net.predict_proba(X_test)),
    }


@entry(spambase)
def spam_early_stopping(X_train, X_test, y_train, y_test):
    net = DenseClassifier(**KERAS_DEFAULTS).set_params(
        hidden_layer_sizes=(64, 32, 16),
        early_stopping=True,
        min_delta=0.001,
        patience=5,
        random_state=0,
    )
    model = make_pipeline(StandardScaler(), net).fit(X_train, y_train)
    return {
        "best epoch": net.best_epoch_,
        "stopped after": net.n_iter_,
        "training accuracy": model.score(X_train, y_train),
        "test accuracy": model.score(X_test, y_test),
        "test log loss": log_loss(y_test, model.predict_proba(X_test)),
    }


@entry(spambase)
def spam_penalties(X_train, X_test, y_train, y_test):
    results = {}
    for name, penalty in {"L1 0.01": {"l1": 0.01}, "L2 0.05": {"l2": 0.05}}.items():
        net = DenseClassifier(**KERAS_DEFAULTS).set_params(
            hidden_layer_sizes=(64, 32, 16), epochs=100, random_state=0, **penalty
        )
        model = make_pipeline(StandardScaler(), net).fit(X_train, y_train)
        results[name] = {
            "training accuracy": model.score(X_train, y_train),
            "test accuracy": model.score(X_test, y_test),
            "test log loss": log_loss(y_test, model.predict_proba(X_test)),
            "share of first weights near 0": float((abs(net.coefs_[0]) < 0.01).mean()),
        }
    return results


@entry(spambase)
def spam_history(X_train, X_test, y_train, y_test):
    nets = {
        "plain": DenseClassifier(**KERAS_DEFAULTS).set_params(
            hidden_layer_sizes=(64, 32, 16), epochs=100, validation_fraction=0.2, random_state=0
        ),
        "L2 0.05": DenseClassifier(**KERAS_DEFAULTS).set_params(
            hidden_layer_sizes=(64, 32, 16),
            epochs=100,
            validation_fraction=0.2,
            l2=0.05,
            random_state=0,
        ),
    }
    X = StandardScaler().fit_transform(X_train)
    for net in nets.values():
        net.fit(X, y_train)
    display = HistoryDisplay.from_estimator(nets)
    display.figure_.savefig("course-history.png")
    return {
        name: {
            "best epoch": net.best_epoch_,
            "over-fits from epoch": display.overfitting_epochs_[name][0] or "never",
            "diagnosis": ", ".join(diagnose(net, X, y_train).names) or "nothing looks wrong",
        }
        for name, net in nets.items()
    }


def boston(folder):
    table = pd.read_csv(folder / "boston.csv.gz")
    return table.drop(columns="target"), table["target"]


@entry(boston)
def boston_swish(X, y):
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    net = DenseRegressor(**KERAS_DEFAULTS).set_params(
        hidden_layer_sizes=(64, 64), activation="silu", epochs=200, random_state=0
    )
    model = make_pipeline(StandardScaler(), net).fit(X_train, y_train)
    error = mean_absolute_error(y_test, model.predict(X_test))
    return {
        "weights": sum(weight.size for weight in net.weights_),
        "test R²": model.score(X_test, y_test),
        "test mean absolute error in $1,000": error,
    }


def iris(folder):
    table = pd.read_csv(folder / "iris.csv.gz")
    X, y = table.drop(columns="target"), table["target"]
    return train_test_split(X, y, test_size=0.2, stratify=y, random_state=0)


@entry(iris)
def iris_batch_norm(X_train, X_test, y_train, y_test):
    net = DenseClassifier(**KERAS_DEFAULTS).set_params(
        hidden_layer_sizes=(8, 8),
        activation="silu",
        batch_norm=True,
        epochs=500,
        warm_start=True,
        random_state=0,
    )
    model = make_pipeline(StandardScaler(), net)
    results = {}
    for name, epochs in {"500 epochs": 500, "and 20 more": 20}.items():
        net.set_params(epochs=epochs)
        model.fit(X_train, y_train)
        results[name] = {
            "epochs in all": net.n_iter_,
            "training loss": net.history_["loss"][-1],
            "test accuracy": model.score(X_test, y_test),
        }
    return results

"""Texts: film reviews and news as ten thousand sparse columns of zeros and ones."""

import numpy as np
from scipy.sparse import csr_matrix

from benchmarks.course.entries import entry
from skdense import KERAS_DEFAULTS, DenseClassifier


def multi_hot(words, lengths):
    rows = np.repeat(np.arange(len(lengths)), lengths)
    table = csr_matrix(
        (np.ones(len(words), "float32"), (rows, words)), shape=(len(lengths), 10_000)
    )
    table.data[:] = 1  # a word that comes twice counts once
    return table


def texts(path):
    with np.load(path) as file:
        X_train, X_test = (
            multi_hot(file[f"x_{part}"], file[f"len_{part}"]) for part in ("train", "test")
        )
        return X_train, X_test, file["y_train"], file["y_test"]


def imdb(folder):
    return texts(folder / "imdb.npz")


def imdb_net(hidden_layer_sizes=(16, 16), epochs=20, **others):
    settings = {"optimizer": "rmsprop", "batch_size": 512, "random_state": 0}
    return DenseClassifier(**KERAS_DEFAULTS).set_params(
        hidden_layer_sizes=hidden_layer_sizes, epochs=epochs, **settings, **others
    )


def imdb_results(net, X_train, X_test, y_train, y_test):
    net.set_params(early_stopping=True, validation_fraction=0.4, patience=net.epochs)
    net.fit(X_train, y_train)
    return {
        "best epoch": net.best_epoch_,
        "its validation loss": net.best_loss_,
        "last validation loss": net.history_["val_loss"][-1],
        "test accuracy": net.score(X_test, y_test),
    }


@entry(imdb)
def imdb_sizes(*data):
    return {
        "no hidden layer": imdb_results(imdb_net(()), *data),
        "6-6": imdb_results(imdb_net((6, 6)), *data),
        "6-6, random_state=1": imdb_results(imdb_net((6, 6)).set_params(random_state=1), *data),
        "16-16": imdb_results(imdb_net((16, 16)), *data),
        "1024-1024, 5 epochs": imdb_results(imdb_net((1024, 1024), epochs=5), *data),
    }


@entry(imdb)
def imdb_penalties(*data):
    return {
        "L2 0.01 and 0.001": imdb_results(imdb_net(l2=(0.01, 0.001)), *data),
        "L2 0.001": imdb_results(imdb_net(l2=0.001), *data),
        "L1 0.001": imdb_results(imdb_net(l1=0.001), *data),
        "L1 0.001 and L2 0.001": imdb_results(imdb_net(l1=0.001, l2=0.001), *data),
        "L1 0.00001": imdb_results(imdb_net(l1=1e-5), *data),
    }


@entry(imdb)
def imdb_dropout(*data):
    return {"dropout 0.5": imdb_results(imdb_net(dropout=0.5), *data)}


@entry(imdb)
def imdb_retrained(X_train, X_test, y_train, y_test):
    results = {}
    for name, sizes in {"16-16": (16, 16), "no hidden layer": ()}.items():
        net = imdb_net(sizes, early_stopping=True, validation_fraction=0.4, refit_best_epoch=True)
        net.fit(X_train, y_train)
        results[name] = {"epochs": net.n_iter_, "test accuracy": net.score(X_test, y_test)}
    return results


def reuters(folder):
    return texts(folder / "reuters.npz")


@entry(reuters)
def reuters_64_64(X_train, X_test, y_train, y_test):
    guess = np.mean(y_test == np.bincount(y_train).argmax())
    results = {"always the most frequent topic": {"epochs": 0, "test accuracy": guess}}
    settings = {"optimizer": "rmsprop", "batch_size": 512, "random_state": 0}
    for name, sizes in {"64-64": (64, 64), "64-4": (64, 4), "no hidden layer": ()}.items():
        net = DenseClassifier(**KERAS_DEFAULTS).set_params(
            hidden_layer_sizes=sizes, early_stopping=True, patience=5, **settings
        )
        best = net.fit(X_train, y_train).best_epoch_
        net = (
            DenseClassifier(**KERAS_DEFAULTS)
            .set_params(hidden_layer_sizes=sizes, epochs=best, **settings)
            .fit(X_train, y_train)
        )
        results[name] = {"epochs": best, "test accuracy": net.score(X_test, y_test)}
    return results

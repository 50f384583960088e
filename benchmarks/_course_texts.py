"""Texts: reviews of films and news as ten thousand columns of zeros and ones, sparse."""

import numpy as np
from _course import entry
from scipy.sparse import csr_matrix

from skdense import DenseClassifier


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


def imdb_net(hidden_layer_sizes=(16, 16), **others):
    settings = {"optimizer": "rmsprop", "batch_size": 512, "epochs": 20, "random_state": 0}
    return DenseClassifier(hidden_layer_sizes, validation_fraction=0.4, **settings | others)


def imdb_figures(net, X_test, y_test):
    return {
        "best epoch": net.best_epoch_,
        "best validation loss": min(net.history_["val_loss"]),
        "last validation loss": net.history_["val_loss"][-1],
        "test accuracy": net.score(X_test, y_test),
    }


@entry(imdb)
def imdb_sizes(X_train, X_test, y_train, y_test):
    nets = {
        "no hidden layer": imdb_net(()),
        "6-6": imdb_net((6, 6)),
        "16-16": imdb_net((16, 16)),
        "1024-1024, 6 epochs": imdb_net((1024, 1024), epochs=6),
    }
    return {
        name: imdb_figures(net.fit(X_train, y_train), X_test, y_test) for name, net in nets.items()
    }


@entry(imdb)
def imdb_penalties(X_train, X_test, y_train, y_test):
    nets = {
        "L2 0.01 and 0.001": imdb_net(l2=(0.01, 0.001)),
        "L2 0.001": imdb_net(l2=0.001),
        "L1 0.001": imdb_net(l1=0.001),
        "L1 0.001 and L2 0.001": imdb_net(l1=0.001, l2=0.001),
    }
    return {
        name: imdb_figures(net.fit(X_train, y_train), X_test, y_test) for name, net in nets.items()
    }


@entry(imdb)
def imdb_dropout(X_train, X_test, y_train, y_test):
    net = imdb_net(dropout=0.5).fit(X_train, y_train)
    return imdb_figures(net, X_test, y_test)


@entry(imdb)
def imdb_retrained(X_train, X_test, y_train, y_test):
    best = imdb_net().fit(X_train, y_train).best_epoch_
    net = imdb_net(epochs=best, validation_fraction=None).fit(X_train, y_train)
    return {"epochs": best, "test accuracy": net.score(X_test, y_test)}


def reuters(folder):
    return texts(folder / "reuters.npz")


@entry(reuters)
def reuters_64_64(X_train, X_test, y_train, y_test):
    settings = {"optimizer": "rmsprop", "batch_size": 512, "random_state": 0}
    net = DenseClassifier((64, 64), epochs=20, validation_fraction=0.2, **settings)
    best = net.fit(X_train, y_train).best_epoch_
    figures = {
        "always the most frequent topic": {"test accuracy": np.bincount(y_test).max() / len(y_test)}
    }
    for name, sizes in {"64-64": (64, 64), "64-4": (64, 4), "no hidden layer": ()}.items():
        net = DenseClassifier(sizes, epochs=best, **settings).fit(X_train, y_train)
        figures[f"{name}, {best} epochs"] = {"test accuracy": net.score(X_test, y_test)}
    return figures

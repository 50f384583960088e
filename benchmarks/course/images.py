"""Images: Fashion-MNIST, and a network with two hidden units on MNIST."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split
from sklearn.multiclass import OneVsRestClassifier

import skdense
from benchmarks.course.entries import entry
from skdense import KERAS_DEFAULTS, DenseClassifier


def read_idx(path, header):
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=header)


def fashion(folder):
    images, labels = {}, {}
    for part in ("train", "t10k"):
        pixels = read_idx(folder / "fashion" / f"{part}-images-idx3-ubyte.gz", header=16)
        images[part] = pixels.reshape(-1, 28, 28).astype("float32") / 255
        labels[part] = read_idx(folder / "fashion" / f"{part}-labels-idx1-ubyte.gz", header=8)
    return images["train"], images["t10k"], labels["train"], labels["t10k"]


@entry(fashion)
def fashion_logistic(X_train, X_test, y_train, y_test):
    flat_train, flat_test = X_train.reshape(-1, 784), X_test.reshape(-1, 784)
    softmax = DenseClassifier(**KERAS_DEFAULTS).set_params(
        hidden_layer_sizes=(), epochs=10, random_state=0
    )
    models = {
        "784-10, softmax": softmax,
        "784-1 ten times, OneVsRestClassifier": OneVsRestClassifier(softmax),
        "SGDClassifier": SGDClassifier(loss="log_loss", max_iter=10, tol=None, random_state=0),
    }
    return {
        name: {"test accuracy": model.fit(flat_train, y_train).score(flat_test, y_test)}
        for name, model in models.items()
    }


@entry(fashion)
def fashion_images(X_train, X_test, y_train, y_test):
    net = (
        DenseClassifier(**KERAS_DEFAULTS)
        .set_params(hidden_layer_sizes=(120, 84), epochs=15, random_state=0)
        .fit(X_train, y_train)
    )
    return {
        "shape of an image": net.input_shape_,
        "weights": sum(weight.size for weight in net.weights_),
        "training accuracy": net.score(X_train, y_train),
        "test accuracy": net.score(X_test, y_test),
    }


@entry(fashion)
def fashion_dropout(X_train, X_test, y_train, y_test):
    results = {}
    for rate in (0.0, 0.2, 0.5):
        net = DenseClassifier(**KERAS_DEFAULTS).set_params(
            hidden_layer_sizes=(120, 84), dropout=rate, epochs=15, random_state=0
        )
        net.fit(X_train, y_train)
        results[f"dropout {rate}"] = {
            "training accuracy": net.score(X_train, y_train),
            "test accuracy": net.score(X_test, y_test),
        }
    return results


@entry(fashion)
def fashion_checkpoint(X_train, X_test, y_train, y_test):
    results = {}
    for restore in (True, False):
        net = (
            DenseClassifier(**KERAS_DEFAULTS)
            .set_params(
                hidden_layer_sizes=(120, 84),
                early_stopping=True,
                patience=5,
                restore_best_weights=restore,
                batch_size=128,
                random_state=0,
            )
            .fit(X_train, y_train)
        )
        results[f"restore_best_weights={restore}"] = {
            "weights of epoch": net.best_epoch_ if restore else net.n_iter_,
            "their validation loss": (net.best_loss_ if restore else net.history_["val_loss"][-1]),
            "test accuracy": net.score(X_test, y_test),
        }
    return results


@entry(fashion)
def fashion_patience(X_train, X_test, y_train, y_test):
    results = {}
    for patience in (2, 10):
        net = (
            DenseClassifier(**KERAS_DEFAULTS)
            .set_params(
                hidden_layer_sizes=(120, 84),
                early_stopping=True,
                patience=patience,
                batch_size=128,
                random_state=0,
            )
            .fit(X_train, y_train)
        )
        results[f"patience {patience}"] = {
            "best epoch": net.best_epoch_,
            "epochs run": net.n_iter_,
            "best validation loss": net.best_loss_,
            "test accuracy": net.score(X_test, y_test),
        }
    return results


@entry(fashion)
def fashion_saved(X_train, X_test, y_train, y_test):
    net = DenseClassifier(**KERAS_DEFAULTS).set_params(
        hidden_layer_sizes=(120, 84), epochs=5, batch_size=128, random_state=0
    )
    net.fit(X_train, y_train)
    skdense.save(net, "fashion.skdense")
    again = skdense.load("fashion.skdense")
    same = np.array_equal(net.predict_proba(X_test), again.predict_proba(X_test))
    return {
        "kilobytes": Path("fashion.skdense").stat().st_size // 1000,
        "same probabilities, bit by bit": same,
        "test accuracy": again.score(X_test, y_test),
    }


def mnist(folder):
    table = pd.read_csv(folder / "mnist_5k.csv.gz")
    X, y = table.drop(columns="target").to_numpy("float32") / 255, table["target"].to_numpy()
    return train_test_split(X, y, test_size=1000, stratify=y, random_state=0)


@entry(mnist)
def mnist_plane(X_train, X_test, y_train, y_test):
    nets = {
        "784-2-10": DenseClassifier(**KERAS_DEFAULTS).set_params(
            hidden_layer_sizes=2, activation="linear", epochs=100, random_state=0
        ),
        "784-128-64-2-10": DenseClassifier(**KERAS_DEFAULTS).set_params(
            hidden_layer_sizes=(128, 64, 2),
            activation=("relu", "relu", "linear"),
            epochs=100,
            random_state=0,
        ),
    }
    results = {}
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    for ax, (name, net) in zip(figure.subplots(1, 2), nets.items(), strict=True):
        plane = net.fit(X_train, y_train).hidden_output(X_test)
        points = ax.scatter(*plane.T, c=y_test, cmap="tab10", s=4)
        ax.set(title=name, xlabel="first unit", ylabel="second unit")
        results[name] = {
            "training accuracy": net.score(X_train, y_train),
            "test accuracy": net.score(X_test, y_test),
        }
    ax.legend(*points.legend_elements(), title="digit", loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig("course-plane.png", dpi=80)
    return results

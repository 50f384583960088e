"""Draws the plots of the documentation, on scikit-learn's data sets.

    python docs/figures.py            # all of them, about two minutes
    python docs/figures.py dropout    # some of them

Curves are means over several seeds: one network's curve on a few hundred samples is mostly chance.
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.model_selection import cross_validate
from sklearn.preprocessing import StandardScaler

from skdense import KERAS_DEFAULTS, DenseClassifier, DenseRegressor, HistoryDisplay, compare

IMAGES = Path(__file__).parent / "images"
SEEDS = range(10)
EPOCHS = 100
# Okabe and Ito's colours; dashes say the same in prints in grey.
STYLES = (
    {"color": "#0072B2", "linestyle": "-"},
    {"color": "#D55E00", "linestyle": "--"},
    {"color": "#3A3A3A", "linestyle": ":"},
)


def diabetes():
    """Give 442 samples of 10 features, and the disease progression a year later."""
    X, y = load_diabetes(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def mean_history(**parameters) -> dict[str, np.ndarray]:
    """Train on diabetes once for each seed, a third for validation, and average the losses."""
    X, y = diabetes()
    settings = {"hidden_layer_sizes": (128, 64), "epochs": EPOCHS, "validation_fraction": 1 / 3}
    nets = [
        DenseRegressor(**KERAS_DEFAULTS).set_params(**settings | parameters, random_state=seed)
        for seed in SEEDS
    ]
    histories = [net.fit(X, y).history_ for net in nets]
    return {name: np.mean([h[name] for h in histories], axis=0) for name in histories[0]}


def axes(title: str, xlabel: str, ylabel: str, columns: int = 1, **options):
    """Make a wide figure with one or more plots side by side, one title over them."""
    figure = Figure(figsize=(7.0, 3.6), layout="constrained")
    grid = figure.subplots(1, columns, sharey=True, squeeze=False, **options)[0]
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
    for ax in grid:
        ax.spines[["top", "right"]].set_visible(False)
        ax.set_xlabel(xlabel)
    grid[0].set_ylabel(ylabel)
    return figure, grid


def epochs():
    """Training and validation loss, and the best epoch."""
    history = mean_history()
    figure, (ax,) = axes(
        "The training loss keeps falling; the validation loss does not",
        "epoch",
        "loss (mean squared error, standardized)",
    )
    numbers = np.arange(1, EPOCHS + 1)
    best = int(history["val_loss"].argmin())
    low = history["val_loss"][best]
    ax.axvspan(best + 1, EPOCHS, color="#000000", alpha=0.06, linewidth=0)
    ax.plot(numbers, history["loss"], **STYLES[0])
    ax.plot(numbers, history["val_loss"], **STYLES[1])
    ax.plot(best + 1, low, "o", color="black")
    ax.annotate(
        f"best epoch: {best + 1}",
        (best + 1, low),
        (best + 10, low - 0.09),
        arrowprops={"arrowstyle": "-"},
    )
    ax.text(
        EPOCHS, history["loss"][-1] + 0.05, "training loss", ha="right", color=STYLES[0]["color"]
    )
    ax.text(
        EPOCHS,
        history["val_loss"][-1] - 0.08,
        "validation loss",
        ha="right",
        color=STYLES[1]["color"],
    )
    ax.text((best + EPOCHS) / 2, 0.4, "over-fitting", ha="center", style="italic")
    ax.set(ylim=(0, None), xlim=(0, EPOCHS + 1))
    return figure


def dropout():
    """Losses with three dropout rates."""
    figure, grid = axes("Dropout slows over-fitting down", "epoch", "loss", columns=3)
    for ax, rate in zip(grid, (0.0, 0.2, 0.5), strict=True):
        history = mean_history(dropout=rate)
        ax.plot(
            np.arange(1, EPOCHS + 1), history["loss"], **STYLES[0], label="training (dropout on)"
        )
        ax.plot(np.arange(1, EPOCHS + 1), history["val_loss"], **STYLES[1], label="validation")
        ax.set_title(f"dropout={rate:g}", fontsize=10)
        ax.set(ylim=(0, 1.3))
    grid[2].legend(frameon=False, fontsize=9)
    return figure


def penalties():
    """Weights of the first layer without a penalty, with L2 and with L1."""
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    figure, (ax,) = axes(
        "L1 shrinks most weights to nearly zero, L2 makes all of them small",
        "weights of the first layer, largest first",
        "size of the weight",
    )
    cases = (("no penalty", {}), ("l2=0.01", {"l2": 0.01}), ("l1=0.01", {"l1": 0.01}))
    for style, (label, penalty) in zip(STYLES, cases, strict=True):
        net = (
            DenseClassifier(**KERAS_DEFAULTS)
            .set_params(hidden_layer_sizes=32, epochs=200, random_state=0, **penalty)
            .fit(X, y)
        )
        sizes = np.sort(np.abs(net.coefs_[0]).ravel())[::-1]
        ax.plot(np.arange(1, len(sizes) + 1), np.maximum(sizes, 1e-6), **style, label=label)
    ax.set(yscale="log", ylim=(1e-4, 3))
    ax.legend(frameon=False)
    return figure


def capacity():
    """Losses of ten widths."""
    sizes = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
    histories = [mean_history(hidden_layer_sizes=units) for units in sizes]
    figure, (ax,) = axes(
        f"More units fit the training set better, but not always new data ({EPOCHS} epochs)",
        "units in the one hidden layer",
        "loss after the last epoch",
    )
    for name, style, label in (
        ("loss", *STYLES[:1], "training"),
        ("val_loss", STYLES[1], "validation"),
    ):
        values = [history[name][-1] for history in histories]
        ax.plot(sizes, values, **style, marker="o", markersize=4, label=label)
    ax.set_xscale("log", base=2)
    ax.set_xticks(sizes, [str(size) for size in sizes])
    ax.set(ylim=(0, None))
    ax.legend(frameon=False)
    return figure


def learning_rate():
    """Losses with three learning rates."""
    figure, grid = axes("The learning rate: too small, good, too large", "epoch", "loss", columns=3)
    for ax, rate in zip(grid, (1e-5, 1e-3, 1e-1), strict=True):
        history = mean_history(learning_rate=rate, hidden_layer_sizes=(32,), epochs=40)
        ax.plot(np.arange(1, 41), history["loss"], **STYLES[0], label="training")
        ax.plot(np.arange(1, 41), history["val_loss"], **STYLES[1], label="validation")
        ax.set_title(f"learning_rate={rate:g}", fontsize=10)
        ax.set(ylim=(0, 2))
    grid[1].legend(frameon=False, fontsize=8)
    return figure


def comparison():
    """The scores that `make demo` draws."""
    data = load_breast_cancer(as_frame=True)
    result = compare(data.data, data.target, random_state=0)
    figure = Figure(figsize=(7.0, 3.6), layout="constrained")
    result.plot(figure.add_subplot())
    return figure


def history():
    """HistoryDisplay of one fit without early stopping and one with it."""
    X, y = diabetes()
    settings = {"hidden_layer_sizes": (128, 64), "validation_fraction": 1 / 3, "random_state": 0}
    nets = {
        "60 epochs": DenseRegressor(**KERAS_DEFAULTS).set_params(epochs=60, **settings).fit(X, y),
        "early_stopping=True": DenseRegressor(**KERAS_DEFAULTS)
        .set_params(early_stopping=True, **settings)
        .fit(X, y),
    }
    figure = Figure(figsize=(9.0, 3.6), layout="constrained")
    HistoryDisplay.from_estimator(nets, ax=figure.subplots(1, 2, sharey=True))
    return figure


def folds():
    """HistoryDisplay of the five folds of a cross-validation."""
    X, y = diabetes()
    net = DenseRegressor(**KERAS_DEFAULTS).set_params(
        hidden_layer_sizes=(128, 64), epochs=60, validation_fraction=1 / 3, random_state=0
    )
    result = cross_validate(net, X, y, cv=5, return_estimator=True)
    figure = Figure(figsize=(7.0, 3.6), layout="constrained")
    HistoryDisplay.from_cv(result, ax=figure.add_subplot())
    return figure


FIGURES = (epochs, dropout, penalties, capacity, learning_rate, comparison, history, folds)


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    for draw in FIGURES:
        if draw.__name__ in (sys.argv[1:] or [f.__name__ for f in FIGURES]):
            draw().savefig(IMAGES / f"{draw.__name__}.png", dpi=110)
            print(f"docs/images/{draw.__name__}.png")

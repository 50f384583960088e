"""The picture of one or more fits: their losses by epoch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skdense.estimators.base import DenseEstimator
from skdense.inspection.comparison_display import BLUE, VERMILION
from skdense.inspection.fitted_network import fitted_network
from skdense.inspection.learning_rate_axis import draw_learning_rate
from skdense.inspection.overfitting import History, lowest_val_loss_epoch, overfitting_epoch

# Dashes and labels repeat what the colours say, for print in grey.
_CURVES = (
    ("loss", "training rows", {"color": BLUE, "linestyle": "-"}),
    ("val_loss", "held-out rows", {"color": VERMILION, "linestyle": "--"}),
)
_LABELS = [label for _, label, _ in _CURVES]


class HistoryDisplay:
    """Training and validation loss by epoch, of one fit, of several, or of the folds.

    The best epoch is marked on the validation loss: an estimator's `best_epoch_`, so the best by
    its `monitor`; where only histories are given, the one with the lowest validation loss. Where
    the validation loss has risen clearly since its lowest value, the network over-fits, and the
    region is shaded; `skdense.inspection.overfitting.overfitting_epoch` is the rule. Fits of one
    model, such as those of the folds, share one plot: a thin curve for each, and their mean with a
    band of one standard deviation, as far as every fold goes. The learning rate has a thin panel
    above, where a schedule or a callback changed it.

    Parameters
    ----------
    histories : dict of str to list of dict
        For each plot its title and the `history_` of one fit, or of each fold.
    best_epochs : dict of str to list of (int or None), default=None
        The `best_epoch_` of each fit, from 1; None takes the epoch of the lowest validation loss.

    Attributes
    ----------
    best_epochs_ : dict of str to list of (int or None)
        The best epoch of each fit; None where it has no validation loss.
    overfitting_epochs_ : dict of str to list of (int or None)
        Epoch since which each fit over-fits; None where it does not.
    axes_ : list of matplotlib Axes
        Those drawn on, after `plot`.
    ax_ : matplotlib Axes
        The first of them.
    rate_axes_ : list of (matplotlib Axes or None)
        The panels of the learning rate, after `plot`; None for a plot without one.
    figure_ : matplotlib Figure

    See Also
    --------
    skdense.diagnose : What such curves, and more, say in words.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdense import DenseClassifier, HistoryDisplay
    >>> net = DenseClassifier(8, epochs=5, validation_fraction=0.3, random_state=0)
    >>> display = HistoryDisplay.from_estimator(net.fit(*load_iris(return_X_y=True)))
    >>> display.ax_.get_xlabel()
    'epoch'
    """

    def __init__(
        self,
        *,
        histories: Mapping[str, Sequence[History]],
        best_epochs: Mapping[str, Sequence[int | None]] | None = None,
    ) -> None:
        self.histories = histories
        self.best_epochs_ = best_epochs or {
            name: [lowest_val_loss_epoch(fit) for fit in fits] for name, fits in histories.items()
        }
        self.overfitting_epochs_ = {
            name: [overfitting_epoch(fit) for fit in fits] for name, fits in histories.items()
        }

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None) -> "HistoryDisplay":
        """Draw the losses of a fitted network, or of several side by side.

        Parameters
        ----------
        estimator : estimator, or list or dict of estimators, fitted
            DenseClassifier, DenseRegressor, a Pipeline that ends in one, or a search over them. A
            dict's keys are the titles.
        ax : matplotlib Axes or list of them, default=None
            Where to draw, one for each estimator; None is a new figure.

        Returns
        -------
        display : HistoryDisplay

        Raises
        ------
        TypeError
            If an estimator is not a network.
        ValueError
            If there is none, or there are not as many axes.
        sklearn.exceptions.NotFittedError
            If an estimator is not fitted.
        """
        named = _named(estimator)
        networks = {name: [fitted_network(each)] for name, each in named.items()}
        return cls._of_networks(networks).plot(ax=ax)

    @classmethod
    def from_cv(cls, estimators: Any, *, ax: Any = None) -> "HistoryDisplay":
        """Draw a thin curve for each fold, and their mean and spread.

        Parameters
        ----------
        estimators : list of fitted estimators, or dict
            One for each fold, or what `cross_validate(..., return_estimator=True)` gave.
        ax : matplotlib Axes, default=None
            Where to draw; None is a new figure.

        Returns
        -------
        display : HistoryDisplay

        Raises
        ------
        TypeError
            If an estimator is not a network.
        ValueError
            If there is no estimator in it.
        sklearn.exceptions.NotFittedError
            If an estimator is not fitted.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import cross_validate
        >>> from skdense import DenseClassifier, HistoryDisplay
        >>> net = DenseClassifier(8, epochs=5, random_state=0)
        >>> X, y = load_iris(return_X_y=True)
        >>> result = cross_validate(net, X, y, cv=3, return_estimator=True)
        >>> HistoryDisplay.from_cv(result).ax_.get_title(loc="left")
        'DenseClassifier, 3 fits'
        """
        if isinstance(estimators, Mapping):
            if "estimator" not in estimators:
                raise ValueError(
                    f"estimators={list(estimators)} holds no 'estimator': call "
                    "cross_validate(..., return_estimator=True)."
                )
            estimators = estimators["estimator"]
        networks = [fitted_network(each, "estimators") for each in estimators]
        if not networks:
            raise ValueError("estimators=[] is empty: pass the fitted estimators of the folds.")
        name = type(networks[0]).__name__
        return cls._of_networks({name: networks}).plot(ax=ax)

    @classmethod
    def _of_networks(cls, networks: Mapping[str, Sequence[DenseEstimator]]) -> "HistoryDisplay":
        return cls(
            histories={name: [each.history_ for each in fits] for name, fits in networks.items()},
            best_epochs={
                name: [_marked_epoch(each) for each in fits] for name, fits in networks.items()
            },
        )

    def plot(self, ax: Any = None) -> "HistoryDisplay":
        """Draw the picture.

        Parameters
        ----------
        ax : matplotlib Axes or list of them, default=None
            Where to draw, one for each plot; None is a new figure.

        Returns
        -------
        self : HistoryDisplay

        Raises
        ------
        ValueError
            If there are not as many axes as plots.
        """
        n_plots = len(self.histories)
        self.axes_ = _new_axes(n_plots) if ax is None else list(np.ravel(np.array(ax, object)))
        if len(self.axes_) != n_plots:
            raise ValueError(
                f"ax holds {len(self.axes_)} axes, but there are {n_plots} plots "
                f"({', '.join(self.histories)}): pass as many, or None."
            )
        self.ax_ = self.axes_[0]
        self.figure_ = self.ax_.figure
        is_log = self._spans_magnitudes()
        for axes, name in zip(self.axes_, self.histories, strict=True):
            _dress(axes, is_log)
            self._draw_title(axes, name)
            if len(self.histories[name]) == 1:
                self._draw_fit(axes, name)
            else:
                _draw_folds(axes, self.histories[name], self.best_epochs_[name])
        self.ax_.set_ylabel("loss (log scale)" if is_log else "loss")
        pairs = zip(self.axes_, self.histories.values(), strict=True)
        self.rate_axes_ = [draw_learning_rate(axes, fits) for axes, fits in pairs]
        for axes in self.axes_:  # once all limits are known, should the plots share them
            _label_ends(axes)
        return self

    def _draw_title(self, axes: Any, name: str) -> None:
        n_fits = len(self.histories[name])
        title = f"{name}, {n_fits} fits" if n_fits > 1 else name
        axes.set_title(title, loc="left", fontsize="medium")

    def _draw_fit(self, axes: Any, name: str) -> None:
        (history,), (best,) = self.histories[name], self.best_epochs_[name]
        for key, label, style in _CURVES:
            if key in history:
                epochs = np.arange(1, len(history[key]) + 1)
                marker = "o" if len(epochs) == 1 else None  # a single point has no line
                axes.plot(epochs, history[key], lw=1.6, marker=marker, label=label, **style)
        if (since := self.overfitting_epochs_[name][0]) is not None:
            _shade(axes, history, since)
        if best is not None:
            _mark_best(axes, history, best)

    def _spans_magnitudes(self) -> bool:
        fits = [fit for fits in self.histories.values() for fit in fits]
        losses = np.concatenate([fit[key] for fit in fits for key, *_ in _CURVES if key in fit])
        losses = losses[np.isfinite(losses)]
        return bool(len(losses) and losses.min() > 0 and losses.max() > 10 * losses.min())


def _marked_epoch(network: DenseEstimator) -> int | None:
    """Give the best epoch where a validation loss was recorded for it."""
    losses = network.history_.get("val_loss")
    is_recorded = losses is not None and np.isfinite(losses[network.best_epoch_ - 1])
    return network.best_epoch_ if is_recorded else None


def _named(estimator: Any) -> dict[str, Any]:
    """Give every estimator a title of its own."""
    if isinstance(estimator, Mapping):
        named = {str(name): each for name, each in estimator.items()}
    elif isinstance(estimator, list | tuple):
        names = [
            f"{number}: {type(fitted_network(e)).__name__}" for number, e in enumerate(estimator, 1)
        ]
        named = dict(zip(names, estimator, strict=True))
    else:
        named = {type(fitted_network(estimator)).__name__: estimator}
    if not named:
        raise ValueError(f"estimator={estimator!r} is empty: pass one fitted estimator or more.")
    return named


def _new_axes(n_plots: int) -> list[Any]:
    from matplotlib import pyplot as plt

    width = 7.0 if n_plots == 1 else min(4.5 * n_plots, 18.0)
    figure = plt.figure(figsize=(width, 3.8), layout="constrained")
    return list(figure.subplots(1, n_plots, sharey=True, squeeze=False)[0])


def _dress(axes: Any, is_log: bool) -> None:
    axes.set_xlabel("epoch")
    if is_log:
        axes.set_yscale("log")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_folds(axes: Any, fits: Sequence[History], best: Sequence[int | None]) -> None:
    for key, label, style in _CURVES:
        curves = [np.asarray(fit[key], dtype=float) for fit in fits if key in fit]
        if not curves:
            continue
        for curve in curves:
            axes.plot(np.arange(1, len(curve) + 1), curve, lw=0.7, alpha=0.5, **style)
        epochs, mean, spread = _mean_and_spread(curves)
        axes.plot(epochs, mean, lw=2.2, label=label, **style)
        band = (mean - spread, mean + spread)
        axes.fill_between(epochs, *band, color=style["color"], alpha=0.15, lw=0)
    for fit, epoch in zip(fits, best, strict=True):
        if epoch is not None:
            axes.plot(epoch, fit["val_loss"][epoch - 1], "o", color=VERMILION, mec="white", ms=6)


def _mean_and_spread(curves: Sequence[NDArray[np.float64]]) -> tuple[NDArray[Any], ...]:
    """Average as far as every fold goes: later on, the mean would jump as folds drop out."""
    length = min(len(curve) for curve in curves)
    table = np.array([curve[:length] for curve in curves])
    spread = table.std(axis=0, ddof=1) if len(curves) > 1 else np.zeros(length)
    return np.arange(1, length + 1), table.mean(axis=0), spread


def _shade(axes: Any, history: History, first: int) -> None:
    last = len(history["loss"])
    axes.axvspan(first, last, color="black", alpha=0.07, lw=0, label="over-fitting")
    middle = (first + last) // 2
    # Between the curves, which over-fitting has driven apart.
    between = (history["loss"][middle - 1] + history["val_loss"][middle - 1]) / 2
    _write(axes, "over-fitting", (middle, between), ha="center", va="center", style="italic")


def _mark_best(axes: Any, history: History, epoch: int) -> None:
    place = (epoch, history["val_loss"][epoch - 1])
    axes.plot(*place, "o", color=VERMILION, mec="white", ms=8, label="best epoch")
    share = epoch / len(history["loss"])
    side = "left" if share < 0.2 else "right" if share > 0.8 else "center"
    # Below there is room down to the training loss; above, where falling curves end.
    is_above = side == "right" or history["loss"][epoch - 1] > place[1]
    where = {"va": "bottom", "xytext": (0, 9)} if is_above else {"va": "top", "xytext": (0, -9)}
    _write(axes, f"best epoch: {epoch}", place, ha=side, **where)


def _label_ends(axes: Any) -> None:
    """Write beside each curve what it is; apart, where two ends meet."""
    ends = [line for line in axes.lines if line.get_label() in _LABELS]
    last = max(line.get_xdata()[-1] for line in axes.lines)
    axes.set_xlim(right=last + max(0.01 * (last - 1), 0.01))
    in_axes = axes.transData + axes.transAxes.inverted()
    heights = [in_axes.transform((1, line.get_ydata()[-1]))[1] for line in ends]
    is_close = len(ends) == 2 and abs(np.subtract(*heights)) < 0.07
    for line, height in zip(ends, heights, strict=True):
        axes.annotate(
            line.get_label(),
            (1, line.get_ydata()[-1]),
            xycoords=axes.get_yaxis_transform(),
            xytext=(4, 0),
            textcoords="offset points",
            color=line.get_color(),
            va=("bottom" if height == max(heights) else "top") if is_close else "center",
            annotation_clip=False,
        )


def _write(axes: Any, text: str, place: tuple[float, float], **options: Any) -> None:
    """Write with a white rim, so that a curve behind does not hide the words."""
    from matplotlib.patheffects import withStroke

    rim = [withStroke(linewidth=3, foreground="white")]
    options = {"xytext": (0, 0), "textcoords": "offset points", "path_effects": rim} | options
    axes.annotate(text, place, **options)

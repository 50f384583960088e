"""A plot of one fit or of several: their losses by epoch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError

from skdense.callbacks.scorers import LOSSES, monitor_name
from skdense.estimators.automatic import values_of_fit
from skdense.estimators.ensemble import networks_of
from skdense.inspection.comparison_display import BLUE, VERMILION
from skdense.inspection.fitted_network import fitted_network, has_custom_model
from skdense.inspection.overfitting import History, lowest_val_loss_epoch, overfitting_epoch

# Dashes and labels repeat what the colours say, for prints in grey.
_CURVES = (
    ("loss", "training set", {"color": BLUE, "linestyle": "-"}),
    ("val_loss", "validation set", {"color": VERMILION, "linestyle": "--"}),
)
_RATE_STYLE = {"color": "black", "linestyle": "-."}
_End = tuple[str, str, float]  # of a curve: its label, its colour and its last loss
Floats = NDArray[np.float64]
_FIGURE_HEIGHT = 3.8
# In parts of the plot below.
_PANEL_GAP, _PANEL_HEIGHT = 0.04, 0.2
# Part of the range of losses that is left free above and below the curves, for the labels.
_MARGIN = 0.14


class HistoryDisplay:
    """Training and validation loss by epoch, of one fit, of several, or of the folds.

    The best epoch is marked on the validation loss. It is the estimator's `best_epoch_`, so the
    best by its `monitor`; where only histories are given, the epoch with the lowest validation
    loss. A monitored scorer has a panel of its own above the losses, with the same mark. Where the
    validation loss has risen clearly since its lowest value, the network over-fits, and these
    epochs are shaded; `skdense.inspection.overfitting.overfitting_epoch` decides it.

    Several fits of one model, such as those of the folds, share one plot: a thin curve for each,
    and their mean with a band of one standard deviation, up to the last epoch that all of them
    have. From there on, a thinner line shows the mean of those that trained on. Where a schedule
    or a callback changed the learning rate, it has a panel of its own, too.

    .. versionadded:: 0.1

    Parameters
    ----------
    histories : dict of str to list of dict
        For each plot its title and the `history_` of one fit, or of each fold.
    best_epochs : dict of str to list of (int or None), default=None
        The `best_epoch_` of each fit, from 1; None takes the epoch of the lowest validation loss.
    monitors : dict of str to str, default=None
        For each plot whose monitored metric is a scorer, its name in the histories.

    Attributes
    ----------
    best_epochs_ : dict of str to list of (int or None)
        The best epoch of each fit; None where it has no validation loss.
    overfitting_epochs_ : dict of str to list of (int or None)
        Epoch since which each fit over-fits; None where it does not.
    monitors : dict of str to str
        As given.
    axes_ : list of matplotlib Axes
        Those drawn on, after `plot`.
    ax_ : matplotlib Axes
        The first of them.
    monitor_axes_ : list of (matplotlib Axes or None)
        The panels of the monitored scorers, after `plot`; None for a plot without one.
    rate_axes_ : list of (matplotlib Axes or None)
        The panels of the learning rate, after `plot`; None for a plot without one.
    figure_ : matplotlib Figure
        The figure of these axes, after `plot`.

    See Also
    --------
    skdense.diagnose : The same, and more, in words.

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
        monitors: Mapping[str, str] | None = None,
    ) -> None:
        self.histories = histories
        self.monitors = dict(monitors or {})
        self.best_epochs_ = best_epochs or {
            name: [lowest_val_loss_epoch(fit) for fit in fits] for name, fits in histories.items()
        }
        self.overfitting_epochs_ = {
            name: [overfitting_epoch(fit) for fit in fits] for name, fits in histories.items()
        }

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None) -> "HistoryDisplay":
        """Draw the losses of a fitted network, or of several side by side.

        Members of an ensemble (`n_members`) are drawn as the folds of `from_cv`.

        Parameters
        ----------
        estimator : estimator, or list or dict of estimators, fitted
            DenseClassifier, DenseRegressor, NetworkClassifier, NetworkRegressor, a Pipeline that
            ends in one, or a search over them. A dict's keys are the titles.
        ax : matplotlib Axes or list of them, default=None
            Where to draw, one for each estimator; None is a new figure.

        Returns
        -------
        display : HistoryDisplay
            The display, drawn.

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
        networks = {name: networks_of(network) for name, network in named.items()}
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
            The display, drawn.

        Raises
        ------
        TypeError
            If an estimator is not a network.
        ValueError
            If there is no estimator in it.
        sklearn.exceptions.NotFittedError
            If an estimator is not fitted, as that of a fold whose fit failed is not.

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
        networks = [_of_fold(each, number) for number, each in enumerate(estimators)]
        if not networks:
            raise ValueError("estimators=[] is empty: pass the fitted estimators of the folds.")
        name = type(networks[0]).__name__
        return cls._of_networks({name: networks}).plot(ax=ax)

    @classmethod
    def _of_networks(cls, networks: Mapping[str, Sequence[Any]]) -> "HistoryDisplay":
        monitors = {name: _monitored_score(fits[0]) for name, fits in networks.items()}
        return cls(
            histories={name: [each.history_ for each in fits] for name, fits in networks.items()},
            best_epochs={
                name: [_marked_epoch(each) for each in fits] for name, fits in networks.items()
            },
            monitors={name: monitor for name, monitor in monitors.items() if monitor},
        )

    def plot(self, ax: Any = None) -> "HistoryDisplay":
        """Draw the plot.

        Parameters
        ----------
        ax : matplotlib Axes or list of them, default=None
            Where to draw, one for each plot; None is a new figure.

        Returns
        -------
        self : object
            The display.

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
        ends = []
        for axes, name in zip(self.axes_, self.histories, strict=True):
            _dress(axes, is_log)
            self._draw_title(axes, name)
            if len(self.histories[name]) == 1:
                ends.append(self._draw_fit(axes, name))
            else:
                ends.append(_draw_folds(axes, self.histories[name], self.best_epochs_[name]))
        self.ax_.set_ylabel("loss (log scale)" if is_log else "loss")
        self.monitor_axes_ = [
            self._draw_monitor(axes, name)
            for axes, name in zip(self.axes_, self.histories, strict=True)
        ]
        self.rate_axes_ = [
            _draw_panel(axes, fits, "learning_rate", "learning rate", _RATE_STYLE)
            for axes, fits in zip(self.axes_, self.histories.values(), strict=True)
        ]
        for panel in filter(None, self.rate_axes_):
            panel.set_ylim(bottom=0)
        for axes, of_axes in zip(self.axes_, ends, strict=True):
            _label_ends(axes, of_axes)  # once all limits are known, should the plots share them
        if ax is None:
            _make_room(self.figure_, max(len(axes.child_axes) for axes in self.axes_))
        return self

    def _draw_title(self, axes: Any, name: str) -> None:
        n_fits = len(self.histories[name])
        title = f"{name}, {n_fits} fits" if n_fits > 1 else name
        axes.set_title(title, loc="left", fontsize="medium")

    def _draw_fit(self, axes: Any, name: str) -> list[_End]:
        (history,), (best,) = self.histories[name], self.best_epochs_[name]
        ends = []
        for key, label, style in _CURVES:
            if key in history:
                losses = np.asarray(history[key], dtype=float)
                epochs = np.arange(1, len(losses) + 1)
                marker = "o" if len(epochs) == 1 else None  # a single point has no line
                axes.plot(epochs, losses, lw=1.6, marker=marker, label=label, **style)
                ends.append((label, style["color"], _last_finite(losses)))
        if (since := self.overfitting_epochs_[name][0]) is not None:
            _shade(axes, history, since)
        if best is not None:
            _mark_best(axes, history, best)
        return ends

    def _draw_monitor(self, axes: Any, name: str) -> Any:
        """Draw the score that was monitored, and mark the best epochs on it."""
        key = self.monitors.get(name)
        if key is None:
            return None
        fits = self.histories[name]
        style = {"color": VERMILION, "linestyle": "--"}  # those of the validation loss
        panel = _draw_panel(axes, fits, key, key.removeprefix("val_"), style)
        if panel is not None:
            panel.margins(y=0.2)  # for the marks
        for fit, epoch in zip(fits, self.best_epochs_[name], strict=True):
            if panel is not None and epoch is not None and key in fit:
                panel.plot(epoch, fit[key][epoch - 1], "o", color=VERMILION, mec="white", ms=6)
        return panel

    def _spans_magnitudes(self) -> bool:
        fits = [fit for fits in self.histories.values() for fit in fits]
        losses = np.concatenate([fit[key] for fit in fits for key, *_ in _CURVES if key in fit])
        losses = losses[np.isfinite(losses)]
        return bool(len(losses) and losses.min() > 0 and losses.max() > 10 * losses.min())


def _marked_epoch(network: Any) -> int | None:
    """Give the best epoch where a validation loss was recorded for it."""
    if has_custom_model(network):  # which has no monitor
        return lowest_val_loss_epoch(network.history_)
    losses = network.history_.get("val_loss")
    is_recorded = losses is not None and np.isfinite(losses[network.best_epoch_ - 1])
    return network.best_epoch_ if is_recorded else None


def _monitored_score(network: Any) -> str | None:
    """Give the name in the history of the scorer that was monitored, if one was."""
    if has_custom_model(network):
        return None
    name = monitor_name(values_of_fit(network).monitor)
    return name if name not in LOSSES and name in network.history_ else None


def _of_fold(estimator: Any, number: int) -> Any:
    """Find the network of a fold, which has none where its fit failed."""
    try:
        return fitted_network(estimator, f"estimators[{number}]")
    except NotFittedError as error:
        raise NotFittedError(
            f"estimators[{number}], of fold {number + 1}, is not fitted: its fit has failed. Leave "
            "it out, or see why by cross_validate(..., error_score='raise')."
        ) from error


def _named(estimator: Any) -> dict[str, Any]:
    """Find the networks, and give every one a title of its own."""
    if isinstance(estimator, Mapping):
        named = {
            str(name): fitted_network(each, f"estimator[{name!r}]")
            for name, each in estimator.items()
        }
    elif isinstance(estimator, list | tuple):
        networks = [fitted_network(each, f"estimator[{n}]") for n, each in enumerate(estimator)]
        named = {f"{n}: {type(each).__name__}": each for n, each in enumerate(networks, 1)}
    else:
        network = fitted_network(estimator)
        named = {type(network).__name__: network}
    if not named:
        raise ValueError(f"estimator={estimator!r} is empty: pass one fitted estimator or more.")
    return named


def _new_axes(n_plots: int) -> list[Any]:
    from matplotlib import pyplot as plt

    width = 7.0 if n_plots == 1 else min(4.5 * n_plots, 18.0)
    figure = plt.figure(figsize=(width, _FIGURE_HEIGHT), layout="constrained")
    return list(figure.subplots(1, n_plots, sharey=True, squeeze=False)[0])


def _make_room(figure: Any, n_panels: int) -> None:
    """Make a figure higher for a second panel, which the layout would find in several draws."""
    if n_panels > 1:
        figure.set_figheight(_FIGURE_HEIGHT + 0.8 * (n_panels - 1))
        for _ in range(2):
            figure.draw_without_rendering()


def _dress(axes: Any, is_log: bool) -> None:
    axes.set_xlabel("epoch")
    if is_log:
        axes.set_yscale("log")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.3)
    axes.margins(y=_MARGIN)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_folds(axes: Any, fits: Sequence[History], best: Sequence[int | None]) -> list[_End]:
    ends = []
    for key, label, style in _CURVES:
        curves = [np.asarray(fit[key], dtype=float) for fit in fits if key in fit]
        if not curves:
            continue
        for curve in curves:
            axes.plot(np.arange(1, len(curve) + 1), curve, lw=0.7, alpha=0.5, **style)
        mean, spread = _mean_and_spread(curves)
        n_shared = min(map(len, curves))
        epochs = np.arange(1, len(mean) + 1)
        axes.plot(epochs[:n_shared], mean[:n_shared], lw=2.2, label=label, **style)
        axes.plot(epochs[n_shared - 1 :], mean[n_shared - 1 :], lw=1.3, **style)
        band = (mean - spread)[:n_shared], (mean + spread)[:n_shared]
        axes.fill_between(epochs[:n_shared], *band, color=style["color"], alpha=0.15, lw=0)
        ends.append((label, style["color"], _last_finite(mean)))
    for fit, epoch in zip(fits, best, strict=True):
        if epoch is not None:
            axes.plot(epoch, fit["val_loss"][epoch - 1], "o", color=VERMILION, mec="white", ms=6)
    return ends


def _mean_and_spread(curves: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Average the folds that are left in each epoch."""
    table = np.full((len(curves), max(map(len, curves))), np.nan)
    for row, curve in zip(table, curves, strict=True):
        row[: len(curve)] = curve
    known = np.ma.masked_invalid(table)
    mean, spread = known.mean(axis=0), known.std(axis=0, ddof=1 if len(curves) > 1 else 0)
    return np.ma.filled(mean, np.nan), np.ma.filled(spread, 0.0)


def _last_finite(losses: Floats) -> float:
    finite = losses[np.isfinite(losses)]
    return float(finite[-1]) if len(finite) else np.nan


def _shade(axes: Any, history: History, first: int) -> None:
    last = len(history["loss"])
    axes.axvspan(first, last, color="black", alpha=0.07, lw=0, label="over-fitting")
    _write(axes, "over-fitting", last, 0, ha="right", va="bottom", style="italic")


def _mark_best(axes: Any, history: History, epoch: int) -> None:
    loss = history["val_loss"][epoch - 1]
    axes.plot(epoch, loss, "o", color=VERMILION, mec="white", ms=8, label="best epoch")
    # A thin line up to where its name stands, above all curves.
    axes.axvline(epoch, color=VERMILION, lw=0.8, alpha=0.6, zorder=1)
    side = "left" if epoch < len(history["loss"]) / 2 else "right"
    _write(axes, f"best epoch: {epoch}", epoch, 1, ha=side, va="top")


def _label_ends(axes: Any, ends: Sequence[_End]) -> None:
    """Write beside each curve what it is; apart, where two ends meet."""
    ends = [end for end in ends if np.isfinite(end[-1])]
    last = max(line.get_xdata()[-1] for line in axes.lines)
    axes.set_xlim(right=last + max(0.01 * (last - 1), 0.01))
    in_axes = axes.transData + axes.transAxes.inverted()
    heights = [in_axes.transform((1, loss))[1] for *_, loss in ends]
    is_close = len(ends) == 2 and abs(np.subtract(*heights)) < 0.07
    for number, (label, color, loss) in enumerate(ends):
        side = ("bottom", 1) if number == np.argmax(heights) else ("top", -1)
        va, lift = side if is_close else ("center", 0)
        axes.annotate(
            label,
            (1, loss),
            xycoords=axes.get_yaxis_transform(),
            xytext=(4, lift),
            textcoords="offset points",
            color=color,
            va=va,
            annotation_clip=False,
        )


def _write(axes: Any, text: str, epoch: int, height: float, **options: Any) -> None:
    """Write at an edge of the plot, where the margins keep the curves away."""
    inwards = 3 if height == 0 else -3
    sideways = 3 if options["ha"] == "left" else -3
    axes.annotate(
        text,
        (epoch, height),
        xycoords=axes.get_xaxis_transform(),
        xytext=(sideways, inwards),
        textcoords="offset points",
        **options,
    )


def _draw_panel(
    axes: Any, fits: Sequence[History], key: str, label: str, style: dict[str, Any]
) -> Any:
    """Draw what some fits recorded by epoch above their losses and the panels there.

    `fits` are their `history_`, `key` is a name in them, `label` is written beside the panel. Gives
    the panel's axes; None where nothing was recorded.
    """
    found = [np.asarray(fit[key], float) for fit in fits if key in fit]
    curves = [values for values in found if np.isfinite(values).any()]
    if not curves:
        return None
    bottom = 1 + _PANEL_GAP + len(axes.child_axes) * (_PANEL_HEIGHT + _PANEL_GAP)
    panel = axes.inset_axes((0, bottom, 1, _PANEL_HEIGHT), sharex=axes)
    width = 1.6 if len(curves) == 1 else 0.7
    for values in curves:
        epochs = np.arange(1, len(values) + 1)
        marker = "o" if len(values) == 1 else None  # a single point has no line
        panel.plot(epochs, values, lw=width, marker=marker, label=label, **style)
    panel.locator_params(axis="y", nbins=2)
    panel.tick_params(labelbottom=False)
    panel.grid(alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)
    place = {"xycoords": "axes fraction", "textcoords": "offset points", "xytext": (4, 0)}
    panel.annotate(label, (1, 0.5), va="center", annotation_clip=False, **place)
    return panel

"""A plot of a comparison: the scores of several models on the same folds."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Blue and vermilion of Okabe and Ito's palette, which colour-blind readers tell apart. Shapes and
# dashes repeat what the colours say, for prints in grey.
BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#6F6F6F"


class ComparisonDisplay:
    """Fold scores of several models, side by side.

    Dots are folds, darker where several coincide; a line extends one standard deviation to each
    side of the mean. A model so far behind that it would hide the differences between the others is
    shown by an arrow and its mean.

    .. versionadded:: 0.1

    Parameters
    ----------
    scores : dict of str to ndarray of shape (n_folds,)
        Drawn from top to bottom in this order: the best first.
    metric : str
        Name of the metric that the scores are of.
    greater_is_better : bool, default=True
        Whether a greater score is better.
    test_scores : dict of str to float, default=None
        Scores on the test set, drawn as hollow diamonds.
    highlight : str, default=None
        Name of the model to draw in colour.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes drawn on, after `plot`.
    figure_ : matplotlib Figure
        Their figure.

    See Also
    --------
    skdense.Comparison : The scores and times of a comparison.

    Examples
    --------
    >>> import numpy as np
    >>> from skdense.inspection.comparison_display import ComparisonDisplay
    >>> scores = {"network": np.array([0.9, 0.8]), "dummy": np.array([0.5, 0.5])}
    >>> display = ComparisonDisplay(scores=scores, metric="roc auc", highlight="network")
    >>> display.plot().ax_.get_xlabel()
    'roc auc (higher is better)'
    """

    def __init__(
        self,
        *,
        scores: Mapping[str, NDArray[np.float64]],
        metric: str,
        greater_is_better: bool = True,
        test_scores: Mapping[str, float] | None = None,
        highlight: str | None = None,
    ) -> None:
        self.scores = scores
        self.metric = metric
        self.greater_is_better = greater_is_better
        self.test_scores = test_scores
        self.highlight = highlight

    def plot(self, ax: Any = None) -> "ComparisonDisplay":
        """Draw the plot.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None is a new figure.

        Returns
        -------
        self : object
            The display.
        """
        self.ax_ = ax if ax is not None else _new_axes(height=1.5 + 0.5 * len(self.scores))
        self.figure_ = self.ax_.figure
        low, high = self._limits()
        for row, name in enumerate(self.scores):
            if low <= self.scores[name].mean() <= high:
                self._draw_model(row, name)
            else:
                self._draw_arrow(row, name, low, high)
        way = "higher" if self.greater_is_better else "lower"
        self.ax_.set(
            xlim=(low, high),
            ylim=(len(self.scores) - 0.45, -0.65),
            xlabel=f"{self.metric} ({way} is better)",
        )
        self.ax_.set_title(self._title(), loc="left", fontsize="medium")
        self.ax_.set_yticks(range(len(self.scores)), list(self.scores))
        self.ax_.tick_params(axis="y", length=0, pad=8)
        self.ax_.grid(axis="x", alpha=0.3)
        self.ax_.set_axisbelow(True)
        self.ax_.spines[["top", "right", "left"]].set_visible(False)
        return self

    def _title(self) -> str:
        n_folds = len(next(iter(self.scores.values())))
        title = f"{n_folds} folds (dots), their mean and spread"
        return f"{title}; the test set (diamonds)" if self.test_scores else title

    def _draw_model(self, row: int, name: str) -> None:
        scores = self.scores[name]
        marked = name == self.highlight
        colour = BLUE if marked else GREY
        mean, spread = scores.mean(), scores.std(ddof=1)
        self.ax_.plot([mean - spread, mean + spread], [row, row], color=colour, lw=2.5)
        self.ax_.plot(mean, row, "s" if marked else "o", color=colour, ms=10 if marked else 8)
        below = np.full(len(scores), row + 0.22)
        self.ax_.plot(scores, below, "o", color=colour, alpha=0.4, mew=0, ms=6)
        self.ax_.annotate(
            self._format(mean),
            (mean, row),
            xytext=(0, 8),
            textcoords="offset points",
            ha="center",
            color=colour,
            weight="bold" if marked else "normal",
        )
        if self.test_scores:
            self.ax_.plot(
                self.test_scores[name], row, "D", mfc="none", mec=VERMILION, mew=1.8, ms=9
            )

    def _draw_arrow(self, row: int, name: str, low: float, high: float) -> None:
        at_left = self.scores[name].mean() < low
        edge, inwards, side = (low, 1, "left") if at_left else (high, -1, "right")
        arrow = "\N{LEFTWARDS ARROW}" if at_left else "\N{RIGHTWARDS ARROW}"
        words = [arrow, self._format(self.scores[name].mean())]
        self.ax_.annotate(
            " ".join(words[::inwards]),
            (edge, row),
            xytext=(4 * inwards, 0),
            textcoords="offset points",
            ha=side,
            va="center",
            color=BLUE if name == self.highlight else GREY,
        )

    def _format(self, score: float) -> str:
        best = next(iter(self.scores.values())).mean()
        return f"{score:.{decimals(best)}f}"

    def _limits(self) -> tuple[float, float]:
        """Choose the axis: models join from the best on, until one would stretch it threefold."""
        low, high = np.inf, -np.inf
        for place, (name, scores) in enumerate(self.scores.items()):
            mean, spread = scores.mean(), scores.std(ddof=1)
            shown = [*scores, mean - spread, mean + spread]
            if self.test_scores:
                shown.append(self.test_scores[name])
            wider_low, wider_high = min(low, *shown), max(high, *shown)
            if place >= 2 and wider_high - wider_low > 3 * (high - low) > 0:
                break
            low, high = wider_low, wider_high
        margin = 0.06 * (high - low) or 0.01
        return float(low - margin), float(high + margin)


def _new_axes(*, height: float) -> Any:
    from matplotlib import pyplot as plt

    return plt.subplots(figsize=(7.0, height), layout="constrained")[1]


def decimals(best: float) -> int:
    """Tell how many decimals, 0 to 6, show four digits of the best score and so suit others."""
    return 4 if best == 0 else int(np.clip(3 - np.floor(np.log10(abs(best))), 0, 6))

"""The learning rate by epoch, in a thin panel above a plot of the losses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from skdense.inspection.overfitting import History

_PLACE = (0, 1.04, 1, 0.2)  # left, bottom, width and height, in parts of the plot below
_STYLE = {"color": "black", "linestyle": "-."}


def draw_learning_rate(axes: Any, fits: Sequence[History]) -> Any:
    """Draw the learning rates of some fits above their losses.

    Parameters
    ----------
    axes : matplotlib Axes
        Of the losses.
    fits : list of dict
        Their `history_`.

    Returns
    -------
    panel : matplotlib Axes or None
        None where no rate was recorded.
    """
    found = [np.asarray(fit["learning_rate"], float) for fit in fits if "learning_rate" in fit]
    curves = [rates for rates in found if np.isfinite(rates).any()]
    if not curves:
        return None
    panel = axes.inset_axes(_PLACE, sharex=axes)
    width = 1.6 if len(curves) == 1 else 0.7
    for rates in curves:
        epochs = np.arange(1, len(rates) + 1)
        marker = "o" if len(rates) == 1 else None  # a single point has no line
        panel.plot(epochs, rates, lw=width, marker=marker, label="learning rate", **_STYLE)
    panel.set_ylim(bottom=0)
    panel.locator_params(axis="y", nbins=2)
    panel.tick_params(labelbottom=False)
    panel.grid(alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)
    place = {"xycoords": "axes fraction", "textcoords": "offset points", "xytext": (4, 0)}
    panel.annotate("learning rate", (1, 0.5), va="center", annotation_clip=False, **place)
    return panel

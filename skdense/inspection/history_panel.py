"""A metric or the learning rate by epoch, in a thin panel above a plot of the losses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from skdense.inspection.overfitting import History

# In parts of the plot below.
_GAP = 0.04
_HEIGHT = 0.2


def draw_panel(
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
    bottom = 1 + _GAP + len(axes.child_axes) * (_HEIGHT + _GAP)
    panel = axes.inset_axes((0, bottom, 1, _HEIGHT), sharex=axes)
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

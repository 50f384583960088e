"""What happened at each epoch, and what it means."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

History = Mapping[str, Sequence[float]]

_WINDOW = 5  # last epochs, whose median is the level that a trembling curve has come to
_CLEAR_RISE = 0.05  # of the best validation loss


def best_epoch(history: History) -> int | None:
    """Find the epoch with the lowest validation loss.

    Parameters
    ----------
    history : dict of str to list of float
        A `history_`: `loss` and perhaps `val_loss`, one figure for each epoch.

    Returns
    -------
    epoch : int or None
        Counted from 1; None where no validation loss was recorded.

    Examples
    --------
    >>> from skdense.inspection.overfitting import best_epoch
    >>> best_epoch({"loss": [0.9, 0.5, 0.3], "val_loss": [0.9, 0.6, 0.7]})
    2
    """
    losses = _finite_or_nan(history.get("val_loss", ()))
    return None if np.isnan(losses).all() else int(np.nanargmin(losses)) + 1


def overfitting_epoch(history: History) -> int | None:
    """Find the epoch since which the network over-fits: that of the best validation loss.

    It does so only where the validation loss has risen clearly since. The level at the end (the
    median of the last five epochs) has to lie above the level around the best epoch (the median of
    that one and its two neighbours) by more than a twentieth of the best loss, and by more than the
    curve trembles: a curve that only trembles has a lowest point, too.

    Parameters
    ----------
    history : dict of str to list of float
        A `history_`: `loss` and perhaps `val_loss`, one figure for each epoch.

    Returns
    -------
    epoch : int or None
        Counted from 1; None where no validation loss was recorded, or it has not risen.

    References
    ----------
    L. Prechelt, "Early Stopping - But When?", in "Neural Networks: Tricks of the Trade", Springer
    1998: the rise over the best validation loss ("generalization loss"), against trembling curves.

    Examples
    --------
    >>> from skdense.inspection.overfitting import overfitting_epoch
    >>> falls, rises = [0.9, 0.7, 0.6], [0.65, 0.7, 0.75, 0.8, 0.85]
    >>> overfitting_epoch({"loss": falls + falls, "val_loss": falls + rises})
    3
    >>> overfitting_epoch({"loss": falls, "val_loss": falls})
    """
    best = best_epoch(history)
    losses = _finite_or_nan(history.get("val_loss", ()))
    if best is None:
        return None
    after = losses[best:]
    after = after[~np.isnan(after)]  # training that goes on may watch no rows
    if len(after) < _WINDOW // 2:
        return None
    around_best = np.nanmedian(losses[max(best - 2, 0) : best + 1])
    rise = np.median(after[-_WINDOW:]) - around_best
    return best if rise > max(_CLEAR_RISE * abs(losses[best - 1]), _trembling(losses)) else None


def _trembling(losses: NDArray[np.float64]) -> float:
    """Estimate three standard deviations of a curve about its trend.

    The trend drops out of second differences; under normal noise of standard deviation 1, the
    median of their sizes is 1.65.
    """
    bends = np.abs(np.diff(losses[~np.isnan(losses)], n=2))
    return 3 / 1.65 * float(np.median(bends)) if len(bends) else 0.0


def _finite_or_nan(losses: Sequence[float]) -> NDArray[np.float64]:
    array = np.asarray(losses, dtype=np.float64)
    return np.where(np.isfinite(array), array, np.nan)

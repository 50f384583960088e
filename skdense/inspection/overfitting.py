"""Where over-fitting begins: a rule on the loss curves, for displays and for `diagnose`."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

History = Mapping[str, Sequence[float]]

_WINDOW = 5  # last epochs, whose median is the level that a noisy curve has reached
_CLEAR_RISE = 0.05  # of the lowest validation loss


def lowest_val_loss_epoch(history: History) -> int | None:
    """Find the epoch, counted from 1, with the lowest validation loss; None where there is none.

    It is an estimator's `best_epoch_` where early stopping monitors the validation loss.
    """
    losses = _finite_or_nan(history.get("val_loss", ()))
    return None if np.isnan(losses).all() else int(np.nanargmin(losses)) + 1


def overfitting_epoch(history: History) -> int | None:
    """Find the epoch since which the network over-fits: that of the lowest validation loss.

    The validation loss has to have risen clearly since then, because a curve that is only noisy has
    a lowest point, too. The level at the end (the median of the last five epochs) has to be higher
    than the lowest level (the median of the lowest loss and its two neighbours) by more than 5 %,
    and by more than the noise of the curve. Epochs count from 1; None where no validation loss was
    recorded, or it has not risen.

    L. Prechelt, "Early Stopping - But When?", in "Neural Networks: Tricks of the Trade", Springer
    1998: the rise over the lowest validation loss ("generalization loss"), and noisy curves.
    """
    lowest = lowest_val_loss_epoch(history)
    losses = _finite_or_nan(history.get("val_loss", ()))
    if lowest is None:
        return None
    after = losses[lowest:]
    after = after[~np.isnan(after)]  # training that goes on may have no validation set
    if len(after) < _WINDOW // 2:
        return None
    around = np.nanmedian(losses[max(lowest - 2, 0) : lowest + 1])
    rise = np.median(after[-_WINDOW:]) - around
    return lowest if rise > max(_CLEAR_RISE * abs(losses[lowest - 1]), _noise(losses)) else None


def _noise(losses: NDArray[np.float64]) -> float:
    """Estimate three standard deviations of a curve about its trend.

    The trend drops out of second differences; under normal noise of standard deviation 1, the
    median of their sizes is 1.65.
    """
    bends = np.abs(np.diff(losses[~np.isnan(losses)], n=2))
    return 3 / 1.65 * float(np.median(bends)) if len(bends) else 0.0


def _finite_or_nan(losses: Sequence[float]) -> NDArray[np.float64]:
    array = np.asarray(losses, dtype=np.float64)
    return np.where(np.isfinite(array), array, np.nan)

"""Scaling of regression targets, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from skdense.networks.losses import NOT_NEGATIVE, OWN_SCALE, loss_name

_LEAST_DIVISOR = 1e-7  # keras.config.epsilon(): what relative losses divide by at least
_FLOAT32_SIZES = 1e-30, 1e30  # of a target whose predictions float32 holds, outliers included
LEAST_FIRST_CHUNK = 10  # samples that partial_fit learns the scale of y from


@dataclass(frozen=True)
class TargetScale:
    """How a regressor's y becomes the targets of the network: mean and scale are (n_outputs,)."""

    mean: np.ndarray
    scale: np.ndarray  # standard deviation; 0 of a constant target: every prediction is its mean
    one_dimensional: bool  # whether y and predictions have no second axis
    out_activation: str  # "linear", or "exponential": Poisson regression has a log link

    @property
    def n_outputs(self) -> int:
        """Width of the output."""
        return len(self.mean)

    @property
    def is_active(self) -> bool:
        """Whether it changes anything."""
        return bool(self.mean.any() or (self.scale != 1).any())

    @property
    def needs_float64(self) -> bool:
        """Whether float32 would lose what was learned: targets far from zero, huge or tiny."""
        near = np.abs(self.mean) < 100 * self.scale
        size = np.maximum(np.abs(self.mean), self.scale)
        least, most = _FLOAT32_SIZES
        return not (near & (size > least) & (size < most)).all()

    def check_continues(self, y: np.ndarray, loss: Any) -> None:
        """Make sure that training can go on with other targets and a loss.

        Raises ValueError if the loss needs another output activation, or the target's own scale; or
        if y varies where it was constant before.
        """
        name = loss_name(loss)
        if _out_activation(name) != self.out_activation or (name in OWN_SCALE and self.is_active):
            raise ValueError(
                f"Training cannot go on with loss={name!r}, which needs another output or another "
                "scale of the target than the network was made for. Fit anew with "
                "warm_start=False."
            )
        columns = y.reshape(len(y), -1)
        constant = self.scale == 0
        if columns.shape[1] == self.n_outputs and (columns != self.mean)[:, constant].any():
            raise ValueError(
                f"y was constant, {self.mean[constant].tolist()}, when the network was made, so "
                "that it has no scale for targets that vary. Fit anew with warm_start=False."
            )

    def targets(self, y: np.ndarray, dtype: str) -> np.ndarray:
        """Standardize y: (n_samples,) or (n_samples, n_outputs) to (n_samples, n_outputs).

        Raises ValueError if y is of another shape than before, or cannot be held in `dtype`.
        """
        columns = y.reshape(len(y), -1)
        if columns.shape[1] != self.n_outputs or self.one_dimensional != (y.ndim == 1):
            raise ValueError(
                f"y has shape {y.shape}; {self.n_outputs} number(s) a row are expected, as before."
            )
        targets = (columns - self.mean) / np.where(self.scale > 0, self.scale, 1.0)
        size = np.abs(targets).max(initial=0)
        range_of = np.finfo(dtype)
        if size > range_of.max or (0 < size < range_of.tiny and not self.is_active):
            raise ValueError(
                f"y holds values such as {columns.flat[np.abs(targets).argmax()]:g}, which are "
                f"{size:g} in the unit that the network learns in: outside the range of {dtype}. "
                "Set scale_target=True, which standardizes y under most losses, or give y in "
                "another unit."
            )
        return targets.astype(dtype)

    def numbers(self, outputs: np.ndarray) -> np.ndarray:
        """Undo `targets`, given the network's outputs before their activation."""
        if self.out_activation == "exponential":
            outputs = np.exp(outputs)
        numbers = outputs * self.scale + self.mean  # in float64
        if not self.needs_float64:
            numbers = numbers.astype(outputs.dtype, copy=False)
        return numbers[:, 0] if self.one_dimensional else numbers


def finite_numbers(y: Any) -> np.ndarray:
    """Convert targets to floats; raise ValueError for text, or None for a missing number."""
    try:
        numbers = np.asarray(y, dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"y holds values that are not numeric, {error}: a regressor needs numeric targets; "
            "a classifier takes labels."
        ) from error
    if not np.isfinite(numbers).all():  # NaN from None: scikit-learn has refused others
        row = np.argwhere(~np.isfinite(numbers))[0, 0]
        raise ValueError(f"Input y contains NaN or None, first in row {row}: leave such rows out.")
    return numbers


def scale_numbers(y: np.ndarray, weight: np.ndarray, loss: Any, scale: bool) -> TargetScale:
    """Find the mean and the standard deviation of y, or leave it as it is.

    Repeating a sample and doubling its weight give the same scale. Poisson and relative losses keep
    the target's own scale. Raises ValueError if y has negative values and the loss cannot take
    them.
    """
    name = loss_name(loss)
    columns = y.reshape(len(y), -1)
    if name in NOT_NEGATIVE and columns.min() < 0:
        raise ValueError(
            f"loss={name!r} takes no negative targets, but the least in y is {columns.min()}: use "
            "another loss, such as 'huber'."
        )
    mean, spread = np.zeros(columns.shape[1]), np.ones(columns.shape[1])
    if scale and name not in OWN_SCALE:
        # In units of a power of two, which rounds nothing, so that no square over- or underflows.
        _, exponent = np.frexp(np.abs(columns).max(axis=0))
        unit = np.ldexp(1.0, exponent - 1)
        columns = columns / unit
        mean = np.average(columns, axis=0, weights=weight)
        spread = np.sqrt(np.average((columns - mean) ** 2, axis=0, weights=weight))
        constant = columns.min(axis=0) == columns.max(axis=0)
        mean = np.where(constant, columns[0], mean)
        spread[constant | (spread <= 10 * np.finfo(float).eps * np.abs(mean))] = 0.0
        mean, spread = mean * unit, spread * unit
    return TargetScale(mean, spread, y.ndim == 1, _out_activation(name))


def check_first_chunk(y: np.ndarray, weight: np.ndarray, loss: Any) -> None:
    """Make sure that the first call of `partial_fit` tells the scale of y, which serves all.

    Samples of weight zero do not count. Raises ValueError if they are too few, or a column of y is
    constant.
    """
    if loss_name(loss) in OWN_SCALE:
        return
    columns = y.reshape(len(y), -1)[weight > 0]
    constant = bool((columns == columns[0]).all(axis=0).any())
    if constant or len(columns) < LEAST_FIRST_CHUNK:
        found = f"{len(columns)} sample{'s'[: len(columns) != 1]}"
        raise ValueError(
            "The first call of partial_fit learns the mean and standard deviation of y that serve "
            f"all calls, but got {found}{constant * ' and a constant y'}: pass at least "
            f"{LEAST_FIRST_CHUNK} samples whose targets differ in each column, or standardize y "
            "yourself and set scale_target=False."
        )


def best_constant(y: np.ndarray, weight: np.ndarray, loss: Any) -> np.ndarray | None:
    """Find where the output's bias starts under a loss that leaves the target's own scale.

    From zero, thousands of steps would pass until the output is of the size of y. It is the
    constant (n_outputs,) with the least loss, before the output's activation; None stands for zero.
    """
    name = loss_name(loss)
    columns = y.reshape(len(y), -1)
    if name == "poisson":
        mean = np.average(columns, axis=0, weights=weight)
        return np.log(np.where(mean > 0, mean, 1.0))
    if name in ("msle", "mean_squared_logarithmic_error"):
        return np.expm1(np.average(np.log1p(columns), axis=0, weights=weight))
    if name in ("mape", "mean_absolute_percentage_error"):
        of_row = weight[:, None] / np.maximum(np.abs(columns), _LEAST_DIVISOR)
        return np.array([_median(*pair) for pair in zip(columns.T, of_row.T, strict=True)])
    return None


def _median(numbers: np.ndarray, weight: np.ndarray) -> float:
    order = np.argsort(numbers)
    total = np.cumsum(weight[order])
    return float(numbers[order][np.searchsorted(total, total[-1] / 2)])


def _out_activation(name: str) -> str:
    return "exponential" if name == "poisson" else "linear"

"""Data on their way from `fit` into training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from skdense.preprocessing.class_encoding import ClassEncoding
from skdense.preprocessing.target_scaling import TargetScale

if TYPE_CHECKING:
    from skdense.engine.program_inputs import Rows


class Targets(NamedTuple):
    """What a network learns from.

    values : (n_samples, n_outputs), or (n_samples,) of class numbers; weight : float64
    (n_samples,); labels : class numbers (n_samples,) to stratify by, or None; start : where the
    output's bias starts, (n_outputs,), or None for zero.
    """

    values: np.ndarray
    weight: np.ndarray
    labels: np.ndarray | None
    start: np.ndarray | None


class CheckedData(NamedTuple):
    """X and y of a fit, checked and encoded, missing values still in X.

    X : array or CSR matrix of shape (n_samples, n_features); targets : Targets; encoding : from y
    to targets; input_shape : of one sample.
    """

    X: Any
    targets: Targets
    encoding: ClassEncoding | TargetScale
    input_shape: tuple[int, ...]


@dataclass(frozen=True)
class PreparedData:
    """Training and validation set as the engine takes them.

    Parameters
    ----------
    training : Rows
    validation : Rows or None
    indices : (int array, int array) or (None, None)
        Of both among the samples given to `fit`, where some of these are held out.
    missing_features : int array or None
        Features that have got an indicator of missing values.
    split_seed : int
    """

    training: Rows
    validation: Rows | None
    indices: tuple[Any, Any]
    missing_features: np.ndarray | None
    split_seed: int

"""Data on their way from `fit` into training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from skdense.preprocessing.class_encoding import ClassEncoding
from skdense.preprocessing.input_transformation import InputTransformation
from skdense.preprocessing.target_scaling import TargetScale

if TYPE_CHECKING:
    from skdense.engine.program_inputs import Rows


class LearnedTargets(NamedTuple):
    """What the training set tells about targets, and the validation set must not.

    encoding : from y to targets; start : where the output's bias starts, (n_outputs,), or None for
    zero; class_weight : table of the weights of balanced classes, or None.
    """

    encoding: ClassEncoding | TargetScale
    start: np.ndarray | None
    class_weight: np.ndarray | None


class CheckedData(NamedTuple):
    """X and y of a fit, checked, missing values still in X.

    X : array or CSR matrix of shape (n_samples, n_features); y : targets as numbers, a class
    number or 0/1 for each label, before scaling; weight : float64 (n_samples,); encoding : of y,
    before the training set is known; input_shape : of one sample; in_place : whether a large X may
    be read where it is. Where missing values are filled, there is a copy in any case.
    """

    X: Any
    y: np.ndarray
    weight: np.ndarray
    encoding: ClassEncoding | TargetScale
    input_shape: tuple[int, ...]
    in_place: bool

    @property
    def used(self) -> np.ndarray | None:
        """Samples with a weight above zero; None where all have one."""
        return None if self.weight.all() else np.flatnonzero(self.weight)

    @property
    def labels(self) -> np.ndarray | None:
        """Class numbers to stratify by; None of other targets."""
        by_class = isinstance(self.encoding, ClassEncoding) and self.y.ndim == 1
        return self.y if by_class else None

    def part(self, index: np.ndarray | None) -> SampleSet:
        """Give some of the samples; None is all of them."""
        from skdense.engine.padded_data import select

        rows = slice(None) if index is None else index
        X = select(self.X, rows) if self.in_place else self.X[rows]
        return SampleSet(X, self.y[rows], self.weight[rows])


class SampleSet(NamedTuple):
    """The training or validation set before its targets are encoded: X, y, weight."""

    X: Any
    y: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True)
class PreparedData:
    """Training and validation set as the engine takes them.

    Parameters
    ----------
    training : Rows
    validation : Rows or None
    indices : (int array or None, int array or None)
        Of both among the samples given to `fit`, for the latter as X_val if that was given; None
        is all of them.
    learned : LearnedTargets
    transformation : InputTransformation
        From X to inputs.
    split_seed : int
    """

    training: Rows
    validation: Rows | None
    indices: tuple[Any, Any]
    learned: LearnedTargets
    transformation: InputTransformation
    split_seed: int

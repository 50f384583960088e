"""The data of a fit, from what was passed to what the engine takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from skdense.preprocessing.class_encoding import ClassEncoding
from skdense.preprocessing.input_transformation import InputTransformation
from skdense.preprocessing.target_scaling import TargetScale

if TYPE_CHECKING:
    from skdense.engine.program_inputs import Rows, ValidationRows
    from skdense.engine.settings import ProgramMetrics


class LearnedTargets(NamedTuple):
    """What is learned about the targets from the training set, without the validation set.

    Attributes
    ----------
    encoding : ClassEncoding or TargetScale
        From y to targets.
    start : array of shape (n_outputs,), or None
        Where the output's bias starts; None is zero.
    class_weight : array or None
        Table of the weights of balanced classes.
    """

    encoding: ClassEncoding | TargetScale
    start: np.ndarray | None
    class_weight: np.ndarray | None


class CheckedData(NamedTuple):
    """X and y of a fit, checked, missing values still in X.

    Attributes
    ----------
    X : array or CSR matrix of shape (n_samples, n_features)
        The features.
    y : array of shape (n_samples,) or (n_samples, n_outputs)
        The targets before scaling: values, class indices, or 0 and 1 for each label.
    weight : float64 array of shape (n_samples,)
        The sample weights.
    encoding : ClassEncoding or TargetScale
        That of y, before the training set is known.
    input_shape : tuple of int
        Shape of one sample.
    in_place : bool
        Whether a large X may be read where it is. Where missing values are filled, it is copied.
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
    """The training or validation set before its targets are encoded.

    Attributes
    ----------
    X : array or CSR matrix of shape (n_samples, n_features)
        The features.
    y : array of shape (n_samples,) or (n_samples, n_outputs)
        The targets before scaling.
    weight : array of shape (n_samples,)
        The sample weights.
    """

    X: Any
    y: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True)
class PreparedData:
    """Training and validation set as the engine takes them.

    Parameters
    ----------
    training : Rows
    validation : ValidationRows or None
    indices : (int array or None, int array or None)
        Of both sets among the samples that were given to `fit`, the second one in X_val if that was
        given; None is all of them.
    learned : LearnedTargets
    transformation : InputTransformation
        From X to inputs.
    split_seed : int
    metrics : ProgramMetrics or None
        Those that the training program computes on the validation set.
    validation_y : array or None
        The validation set's targets before encoding, as in `CheckedData`.
    """

    training: Rows
    validation: ValidationRows | None
    indices: tuple[Any, Any]
    learned: LearnedTargets
    transformation: InputTransformation
    split_seed: int
    metrics: ProgramMetrics | None = None
    validation_y: np.ndarray | None = None

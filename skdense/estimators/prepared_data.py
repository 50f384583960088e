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
    """What is learned about the targets from the training set, without the validation set."""

    encoding: ClassEncoding | TargetScale  # from y to targets
    start: np.ndarray | None  # (n_outputs,), where the output's bias starts; None is zero
    class_weight: np.ndarray | None  # table of the weights of balanced classes


class CheckedData(NamedTuple):
    """X and y of a fit, checked, missing values still in X."""

    X: Any  # array or CSR matrix (n_samples, n_features)
    # (n_samples,) or (n_samples, n_outputs), before scaling: values, class indices, or 0 and 1 for
    # each label
    y: np.ndarray
    weight: np.ndarray  # float64 (n_samples,)
    encoding: ClassEncoding | TargetScale  # of y, before the training set is known
    input_shape: tuple[int, ...]  # of one sample
    # whether a large X may be read where it is; where missing values are filled, it is copied
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
    """The training or validation set before its targets are encoded, as in `CheckedData`."""

    X: Any
    y: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True)
class PreparedData:
    """Training and validation set as the engine takes them."""

    training: Rows
    validation: ValidationRows | None
    # of both sets among the samples that were given to `fit`, the second one in X_val if that was
    # given; None is all of them
    indices: tuple[Any, Any]
    learned: LearnedTargets
    transformation: InputTransformation  # from X to inputs
    split_seed: int
    # those that the training program computes on the validation set
    metrics: ProgramMetrics | None = None
    # the validation set's targets before encoding, as in `CheckedData`
    validation_y: np.ndarray | None = None

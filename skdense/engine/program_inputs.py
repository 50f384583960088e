"""The arrays and numbers that go into a training program and come out of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

FLAT = 1e6  # times the clip of inputs: from there on it is reached, and squares cannot overflow


class RowTransformation(NamedTuple):
    """What makes a network's inputs of rows of X: `transform` in engine/row_transformation.py."""

    center: Any  # float64 (n_features,), subtracted first
    scale: Any  # float64 (n_features,), multiplied by afterwards
    clip: Any  # float64 bound of the smooth clip; infinite for none
    columns: Any  # int32 (n_binned,): the features with bins
    lower: Any  # float64 (n_bins, n_binned): lower edge of each bin
    inverse_width: Any  # float64 (n_bins, n_binned): one over its width, 0 for those of no width


class Selected(NamedTuple):
    """Some rows of a large array, by their indices: the array itself is not copied."""

    values: Any  # the large array, (n_all_samples, n_features)
    index: Any  # int (n_samples,): which rows, in order
    # to the network's inputs; None where the rows are the inputs
    transformation: RowTransformation | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(n_samples, n_inputs)."""
        n_bins = 0 if self.transformation is None else int(np.size(self.transformation.lower))
        return len(self.index), self.values.shape[1] + n_bins


class SparseRows(NamedTuple):
    """Rows of a sparse matrix in the order in which they are visited."""

    values: Any  # (n_stored,), row by row
    columns: Any  # int (n_stored,): the column of each
    starts: Any  # int (padded_size + 1,): where each row begins among them


class MetricData(NamedTuple):
    """What metrics compare the network's outputs with, on the validation set."""

    # class indices (n_samples,); 0 and 1, (n_samples, n_labels); or targets in their own unit,
    # float64 (n_samples, n_outputs)
    y: Any
    weight: Any  # float64 (n_samples,): the sample weights, without those of classes
    # float64 (n_outputs,), of regression: the outputs times `scale` plus this are predictions in
    # the target's unit
    center: Any = None
    scale: Any = None


class Rows(NamedTuple):
    """Data for training or validation, padded to a program's size where it goes into one."""

    X: Any  # array (padded_size, n_features), Selected or SparseRows
    y: Any  # (padded_size, n_outputs), or class indices (padded_size,)
    weight: Any  # (padded_size,)


class ValidationRows(NamedTuple):
    """Rows for validation, and what metrics need besides."""

    X: Any
    y: Any
    weight: Any
    metric_data: MetricData | None = None  # None where the program computes no metrics


class ProgramInputs(NamedTuple):
    """What may differ between two fits of one program, beside data and weights.

    Names, and what is not explained here, are those of `Settings`, and of `PaddedSizes` for the
    part of them that is used.
    """

    n_samples: Any
    n_validation: Any
    n_epochs: Any  # of this call
    n_epochs_before: Any  # of the calls before
    # (epochs_per_call, n_steps), of each step; None where the optimizer has a schedule of its own
    learning_rate: Any
    label_smoothing: Any  # for a loss of class indices
    l1: Any  # (n_penalties,), as l2
    l2: Any
    random_rates: Any  # dropout rate or standard deviation, one for each of `random_places`
    random_seeds: Any  # int, likewise
    early_stopping: Any
    # 0 is the training loss, 1 the validation loss, from 2 on are the program's metrics
    monitored: Any
    start_from_epoch: Any
    patience: Any
    min_delta: Any
    restore_best_weights: Any
    penalized: Any  # whether any penalty is above zero


class State(NamedTuple):
    """What one call of a program passes to the next."""

    # the network after the last epoch: trainable weights, batch norm's statistics and optimizer
    # variables
    current: list
    kept: list  # the same of the network to be given back
    best: Any  # as in `early_stopping.Decision`, with wait
    wait: Any


class Epochs(NamedTuple):
    """The result of one call of a program; arrays are (epochs_per_call,), NaN where not run."""

    n_run: Any  # epochs run
    loss: Any
    val_loss: Any
    metrics: tuple  # an array for each of the program's
    finite: Any  # whether losses and weights of the last epoch run were finite
    stopped: Any  # whether patience has run out or that epoch was not finite

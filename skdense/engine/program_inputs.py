"""The arrays and numbers that go into a training program and come out of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

FLAT = 1e6  # times the clip of inputs: from there on it is reached, and squares cannot overflow


class RowTransformation(NamedTuple):
    """What makes a network's inputs of rows of X: `transform` in engine/row_transformation.py.

    Attributes
    ----------
    center : float64 array of shape (n_features,)
        Subtracted first.
    scale : float64 array of shape (n_features,)
        Multiplied by afterwards.
    clip : float64
        Bound of the smooth clip; infinite for none.
    columns : int32 array of shape (n_binned,)
        The features with bins.
    lower : float64 array of shape (n_bins, n_binned)
        Lower edge of each bin.
    inverse_width : float64 array of shape (n_bins, n_binned)
        One over the width of each bin, 0 for those of no width.
    """

    center: Any
    scale: Any
    clip: Any
    columns: Any
    lower: Any
    inverse_width: Any


class Selected(NamedTuple):
    """Some rows of a large array, by their indices: the array itself is not copied.

    Attributes
    ----------
    values : array of shape (n_all_samples, n_features)
        The large array.
    index : int array of shape (n_samples,)
        Which rows, in order.
    transformation : RowTransformation or None
        From these rows to the network's inputs; None where they are the inputs.
    """

    values: Any
    index: Any
    transformation: RowTransformation | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(n_samples, n_inputs)."""
        n_bins = 0 if self.transformation is None else int(np.size(self.transformation.lower))
        return len(self.index), self.values.shape[1] + n_bins


class SparseRows(NamedTuple):
    """Rows of a sparse matrix in the order in which they are visited.

    Attributes
    ----------
    values : tensor of shape (n_stored,)
        The stored values, row by row.
    columns : int tensor of shape (n_stored,)
        The column of each.
    starts : int tensor of shape (padded_size + 1,)
        Where each row begins among them.
    """

    values: Any
    columns: Any
    starts: Any


class MetricData(NamedTuple):
    """What metrics compare the network's outputs with, on the validation set.

    Attributes
    ----------
    y : array of shape (n_samples,), (n_samples, n_labels) or (n_samples, n_outputs)
        Class indices; 0 and 1 for each label; or targets in their own unit, float64.
    weight : float64 array of shape (n_samples,)
        The sample weights, without those of classes.
    center : float64 array of shape (n_outputs,), or None
        Of regression: the outputs times `scale` plus this are predictions in the target's unit.
    scale : float64 array of shape (n_outputs,), or None
    """

    y: Any
    weight: Any
    center: Any = None
    scale: Any = None


class Rows(NamedTuple):
    """Data for training or validation, padded to a program's size where it goes into one.

    Attributes
    ----------
    X : array of shape (padded_size, n_features), Selected or SparseRows
        The features.
    y : array of shape (padded_size, n_outputs), or (padded_size,) of class indices
        The targets.
    weight : array of shape (padded_size,)
        The sample weights.
    """

    X: Any
    y: Any
    weight: Any


class ValidationRows(NamedTuple):
    """Rows for validation, and what metrics need besides.

    Attributes
    ----------
    X : array of shape (padded_size, n_features), Selected or SparseRows
        The features.
    y : array of shape (padded_size, n_outputs), or (padded_size,) of class indices
        The targets.
    weight : array of shape (padded_size,)
        The sample weights.
    metric_data : MetricData or None
        None where the program computes no metrics.
    """

    X: Any
    y: Any
    weight: Any
    metric_data: MetricData | None = None


class ProgramInputs(NamedTuple):
    """What may differ between two fits of one program, beside data and weights.

    Names are those of `Settings`, and of `PaddedSizes` for the part of them that is used.

    Attributes
    ----------
    n_samples : int
        Training samples.
    n_validation : int
        Validation samples.
    n_epochs : int
        Epochs of this call.
    n_epochs_before : int
        Epochs of the calls before.
    learning_rate : array of shape (epochs_per_call, n_steps), or None
        The rate of each step; None where the optimizer has a schedule of its own.
    label_smoothing : float
        For a loss of class indices.
    l1 : array of shape (n_penalties,)
        Weights of the L1 penalties.
    l2 : array of shape (n_penalties,)
        Weights of the L2 penalties.
    random_rates : array of float
        Dropout rate or standard deviation, one for each of `random_places`.
    random_seeds : array of int
        One for each of `random_places`.
    early_stopping : bool
        Whether to stop early.
    monitored : int
        The metric that early stopping monitors: 0 is the training loss, 1 the validation loss, and
        from 2 on are those of the program.
    start_from_epoch : int
        Epochs at the start that early stopping leaves out.
    patience : int
        Epochs to wait for an improvement.
    min_delta : float
        What counts as an improvement.
    restore_best_weights : bool
        Whether the best epoch's weights are given back.
    penalized : bool
        Whether any penalty is above zero.
    """

    n_samples: Any
    n_validation: Any
    n_epochs: Any
    n_epochs_before: Any
    learning_rate: Any
    label_smoothing: Any
    l1: Any
    l2: Any
    random_rates: Any
    random_seeds: Any
    early_stopping: Any
    monitored: Any
    start_from_epoch: Any
    patience: Any
    min_delta: Any
    restore_best_weights: Any
    penalized: Any


class State(NamedTuple):
    """What one call of a program passes to the next.

    Attributes
    ----------
    current : list
        The network after the last epoch: trainable weights, batch norm's statistics and optimizer
        variables.
    kept : list
        The same of the network to be given back.
    best : float or tensor
        The best value of the monitored metric, as in `early_stopping.Decision`.
    wait : int or tensor
        Epochs since then.
    """

    current: list
    kept: list
    best: Any
    wait: Any


class Epochs(NamedTuple):
    """The result of one call of a program.

    Attributes
    ----------
    n_run : int
        Epochs run.
    loss : array of shape (epochs_per_call,)
        Training loss of each epoch, NaN where not run.
    val_loss : array of shape (epochs_per_call,)
        Validation loss of each epoch, NaN where not run.
    metrics : tuple of arrays of shape (epochs_per_call,)
        The program's metrics of each epoch, NaN where not run.
    finite : bool
        Whether losses and weights of the last epoch run were finite.
    stopped : bool
        Whether patience has run out or that epoch was not finite.
    """

    n_run: Any
    loss: Any
    val_loss: Any
    metrics: tuple
    finite: Any
    stopped: Any

"""The arrays and numbers that go into a training program and come out of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

FLAT = 1e6  # times the clip of inputs: from there on it is reached, and squares cannot overflow


class RowTransformation(NamedTuple):
    """What makes a network's inputs of rows of X: `transform` in engine/row_transformation.py.

    center, scale : (n_features,); clip : (), infinite for none; columns : int (n_binned,), the
    features with bins; lower, inverse_width : (n_bins, n_binned). All of them float64 and int32.
    """

    center: Any
    scale: Any
    clip: Any
    columns: Any
    lower: Any
    inverse_width: Any


class Selected(NamedTuple):
    """Some rows of a large array, by their indices: the array itself is not copied.

    values : (n_all_samples, n_features); index : int (n_samples,); transformation :
    RowTransformation, or None where the rows are the inputs.
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

    values, columns : (n_stored,); starts : (padded_size + 1,), where each row begins.
    """

    values: Any
    columns: Any
    starts: Any


class Rows(NamedTuple):
    """Data for training or validation, padded to a program's size where it goes into one.

    X : (padded_size, n_features), Selected or SparseRows; y : (padded_size, n_outputs), or
    (padded_size,) of class indices; weight : (padded_size,).
    """

    X: Any
    y: Any
    weight: Any


class ProgramInputs(NamedTuple):
    """What may differ between two fits of one program, beside data and weights.

    Names are those of `Settings` and `PaddedSizes`, for what is used of the latter.

    n_samples, n_validation : int
    n_epochs, n_epochs_before : int, epochs of this call, and of the calls before
    learning_rate : (epochs_per_call, n_steps), or None where the optimizer has its own schedule
    label_smoothing : float, of a loss of class indices
    l1, l2 : (n_penalties,); random_rates, random_seeds : one for each of `random_places`
    penalized : bool, whether any penalty is above zero
    early_stopping, restore_best_weights : bool; patience, start_from_epoch : int; min_delta : float
    monitor_val_loss : bool, whether the validation loss is monitored instead of the training loss
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
    monitor_val_loss: Any
    start_from_epoch: Any
    patience: Any
    min_delta: Any
    restore_best_weights: Any
    penalized: Any


class State(NamedTuple):
    """What one call of a program hands to the next.

    `current` is the network after the last epoch, `kept` the one to be given back: each a list
    of trainable weights, batch norm's statistics and optimizer variables. `best` and `wait`
    are those of early stopping, as `early_stopping.after_epoch` has them.
    """

    current: list
    kept: list
    best: Any
    wait: Any


class Epochs(NamedTuple):
    """What one call found.

    n_run : epochs run; loss, val_loss : (epochs_per_call,), NaN where not run; finite : whether the
    last epoch run was; stopped : True where patience has run out or that epoch was not finite.
    """

    n_run: Any
    loss: Any
    val_loss: Any
    finite: Any
    stopped: Any

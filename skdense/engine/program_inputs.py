"""The arrays and numbers that go into a training program and come out of it."""

from __future__ import annotations

from typing import Any, NamedTuple


class Selected(NamedTuple):
    """Some rows of a large array, by their numbers: the array itself is not copied.

    values : (n_all_samples, n_features); index : int (n_samples,).
    """

    values: Any
    index: Any

    @property
    def shape(self) -> tuple[int, int]:
        """(n_samples, n_features)."""
        return len(self.index), self.values.shape[1]


class SparseRows(NamedTuple):
    """Rows of a sparse matrix in the order in which they are visited.

    values, columns : (n_stored,); starts : (padded_size + 1,), where each row begins.
    """

    values: Any
    columns: Any
    starts: Any


class Rows(NamedTuple):
    """Rows for training or validation, padded to a program's size.

    X : (padded_size, n_features), Selected or SparseRows; y : (padded_size, n_outputs), or
    (padded_size,) of class numbers; weight : (padded_size,).
    """

    X: Any
    y: Any
    weight: Any


class ProgramInputs(NamedTuple):
    """What may differ between two fits of one program, beside rows and weights.

    n_samples, n_validation, n_epochs, first_epoch, start_from_epoch, patience : int
    learning_rate : (epochs_per_call, steps), or None where the optimizer has its own schedule
    label_smoothing : float, of a loss of class numbers
    l1, l2 : (n_penalties,); random_rates, random_seeds : one for each of `random_places`
    min_delta : float; early_stopping, restore_best, penalized : bool
    watch_validation : bool, whether to watch the validation loss instead of the training loss
    """

    n_samples: Any
    n_validation: Any
    n_epochs: Any
    first_epoch: Any
    learning_rate: Any
    label_smoothing: Any
    l1: Any
    l2: Any
    random_rates: Any
    random_seeds: Any
    early_stopping: Any
    watch_validation: Any
    start_from_epoch: Any
    patience: Any
    min_delta: Any
    restore_best: Any
    penalized: Any


class State(NamedTuple):
    """What one call of a program hands to the next.

    `current` is the network after the last epoch, `kept` the one to be given back: each a list
    of trainable weights, batch norm's statistics and optimizer variables. `best` is the lowest
    loss so far of those that early stopping watches, `wait` the number of epochs since.
    """

    current: list
    kept: list
    best: Any
    wait: Any


class Epochs(NamedTuple):
    """What one call found.

    n_run : epochs run; loss, val_loss : (padded_size,), NaN where not run; finite : False where the
    last epoch run was not; stopped : True where patience has run out or a figure is not finite.
    """

    n_run: Any
    loss: Any
    val_loss: Any
    finite: Any
    stopped: Any

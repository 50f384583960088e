"""Padded sizes of a program: rounded up, so that folds of nearly equal size share one."""

from __future__ import annotations

from typing import NamedTuple

from skdense.engine.program_key import VALIDATION_CHUNK
from skdense.networks.network_description import NetworkDescription

_ROWS_PER_CALL = 2**18  # epochs times rows of one call: about a second of work
_MOST_EPOCHS_PER_CALL = 64
_LEAST_ROWS = 16
# PaddedSizes that costs next to nothing: a program with it serves all folds of small data, and the
# fit on all rows after them.
_FREE_ROWS, _FREE_VALUES = 1024, 2**16
_LEAST_VALIDATION_ROWS = 64
_GATHERED_VALUES = 2**22  # 16 MB: data above it are not held twice
# One compilation costs about as much as these many steps of a small network gain by it, shared
# between the handful of fits that a search or a cross-validation makes of one program.
_STEPS_WORTH_COMPILING = 600
_SMALL_STEP = 500_000  # weights times rows of a step that is mostly overhead


class PaddedSizes(NamedTuple):
    """Sizes that are constant in a program.

    batch_rows : rows of one step; steps : steps of one epoch; steps_per_gather : steps whose rows
    are brought into their order at a time; validation_rows : held-out rows; epochs_per_call :
    epochs of one call.
    """

    batch_rows: int
    steps: int
    steps_per_gather: int
    validation_rows: int
    epochs_per_call: int


def padded_sizes(
    n_samples: int, n_features: int, batch_size: int, n_validation: int
) -> PaddedSizes:
    """Choose the sizes of a program.

    Parameters
    ----------
    n_samples : int
        Training rows.
    n_features : int
    batch_size : int
        A batch larger than the data becomes the data.
    n_validation : int
        Held-out rows.

    Returns
    -------
    PaddedSizes

    Examples
    --------
    >>> padded_sizes(455, 30, 32, 0) == padded_sizes(456, 30, 32, 0)
    True
    """
    if batch_size >= n_samples:
        batch_rows, steps = round_up(max(n_samples, _LEAST_ROWS), pieces=4), 1
    else:
        batch_rows, needed = batch_size, -(-n_samples // batch_size)
        free = min(_FREE_ROWS, _FREE_VALUES // n_features) // batch_size
        steps = max(round_up(needed, pieces=1 if needed <= 64 else 8), free)
    # A power of two, so that it divides the samples without much waste.
    most = round_down(_GATHERED_VALUES // (batch_rows * n_features))
    steps_per_gather = min(most, steps)
    steps = -(-steps // steps_per_gather) * steps_per_gather
    validation_rows = 0
    if n_validation:
        chunks = -(-n_validation // VALIDATION_CHUNK)
        rows = round_up(max(n_validation, _LEAST_VALIDATION_ROWS), pieces=4)
        validation_rows = rows if chunks == 1 else VALIDATION_CHUNK * round_up(chunks, pieces=8)
    epochs = _ROWS_PER_CALL // (batch_rows * steps)
    epochs = min(max(epochs, 1), _MOST_EPOCHS_PER_CALL)
    return PaddedSizes(batch_rows, steps, steps_per_gather, validation_rows, epochs)


def round_down(n: int) -> int:
    """Give the largest power of two that is not above `n`, at least 1."""
    return 1 << (max(n, 1).bit_length() - 1)


def round_up(n: int, pieces: int) -> int:
    """Give the next power of two, or the next of `pieces` equal steps between two of them.

    Examples
    --------
    >>> [round_up(n, pieces=4) for n in (5, 9, 17, 33, 455, 569)]
    [5, 10, 20, 40, 512, 640]
    """
    step = max(round_down(n) // pieces, 1)
    return -(-n // step) * step


def worth_compiling(
    architecture: NetworkDescription, n_samples: int, batch_size: int, epochs: int
) -> bool:
    """Whether XLA compiles a program, or TensorFlow runs its plain graph.

    The two differ in the last bits, so the choice depends on architecture, rows and epochs
    alone: never on time, nor on what was trained before.

    Parameters
    ----------
    architecture : NetworkDescription
    n_samples, batch_size, epochs : int

    Returns
    -------
    bool
    """
    batch_rows = min(batch_size, n_samples)
    steps = epochs * -(-n_samples // batch_rows)
    return (
        steps * max(1.0, architecture.n_weights * batch_rows / _SMALL_STEP)
        >= _STEPS_WORTH_COMPILING
    )

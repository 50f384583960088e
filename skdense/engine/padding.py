"""Padded sizes of a program: rounded up, so that folds of nearly equal size share one."""

from __future__ import annotations

from typing import NamedTuple

from skdense.networks.network_description import NetworkDescription

VALIDATION_CHUNK = 1024  # samples of one forward pass over the validation data
_SAMPLES_PER_CALL = 2**18  # epochs times samples of one call: about a second of work
_MOST_EPOCHS_PER_CALL = 64
_LEAST_SAMPLES = 16
# Padding that costs next to nothing: a program with it serves all folds of small data, and the fit
# on all of it after them.
_FREE_SAMPLES, _FREE_NUMBERS = 1024, 2**16
_LEAST_VALIDATION = 64
_GATHERED_NUMBERS = 2**22  # 16 MB: data above it are not held twice
# One compilation costs about as much as these many steps of a small network gain by it, shared
# between the handful of fits that a search or a cross-validation makes of one program.
_STEPS_WORTH_COMPILING = 600
_SMALL_STEP = 500_000  # weights times samples of a step that is mostly overhead


class PaddedSizes(NamedTuple):
    """Sizes that are constant in a program."""

    batch_size: int  # samples of one step
    n_steps: int  # of one epoch
    steps_per_gather: int  # whose samples are brought into their order at a time; divides `n_steps`
    n_validation: int  # samples, 0 for none
    epochs_per_call: int

    @property
    def n_samples(self) -> int:
        """Training samples."""
        return self.batch_size * self.n_steps


def padded_sizes(
    n_samples: int, n_features: int, batch_size: int, n_validation: int
) -> PaddedSizes:
    """Choose the sizes of a program; a batch larger than the data becomes the data."""
    if batch_size >= n_samples:
        batch_size, n_steps = round_up(max(n_samples, _LEAST_SAMPLES), pieces=4), 1
    else:
        needed = -(-n_samples // batch_size)
        free = min(_FREE_SAMPLES, _FREE_NUMBERS // n_features) // batch_size
        n_steps = max(round_up(needed, pieces=1 if needed <= 64 else 8), free)
    # A power of two, so that it divides the samples without much waste.
    most = round_down(_GATHERED_NUMBERS // (batch_size * n_features))
    steps_per_gather = min(most, n_steps)
    n_steps = -(-n_steps // steps_per_gather) * steps_per_gather
    if n_validation:
        chunks = -(-n_validation // VALIDATION_CHUNK)
        one_chunk = round_up(max(n_validation, _LEAST_VALIDATION), pieces=4)
        several = VALIDATION_CHUNK * round_up(chunks, pieces=8)
        n_validation = one_chunk if chunks == 1 else several
    epochs = _SAMPLES_PER_CALL // (batch_size * n_steps)
    epochs = min(max(epochs, 1), _MOST_EPOCHS_PER_CALL)
    return PaddedSizes(batch_size, n_steps, steps_per_gather, n_validation, epochs)


def round_down(n: int) -> int:
    """Give the largest power of two that is not above `n`, at least 1."""
    return 1 << (max(n, 1).bit_length() - 1)


def round_up(n: int, pieces: int) -> int:
    """Give the next power of two, or the next of `pieces` equal steps between two of them.

    With 4 pieces 5, 9, 17, 33, 455 and 569 become 5, 10, 20, 40, 512 and 640.
    """
    step = max(round_down(n) // pieces, 1)
    return -(-n // step) * step


def worth_compiling(
    architecture: NetworkDescription, n_samples: int, batch_size: int, epochs: int
) -> bool:
    """Whether XLA compiles a program, or TensorFlow runs its plain graph.

    The two differ in the last bits, so the choice depends on architecture, data size and epochs
    alone: never on time, nor on what was trained before.
    """
    batch_size = min(batch_size, n_samples)
    n_steps = epochs * -(-n_samples // batch_size)
    return (
        n_steps * max(1.0, architecture.n_weights * batch_size / _SMALL_STEP)
        >= _STEPS_WORTH_COMPILING
    )

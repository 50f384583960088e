"""Out of memory: refused before training where that is certain, and else told with sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from skdense.engine.free_memory import free_bytes
from skdense.networks.architecture import Architecture

if TYPE_CHECKING:
    from skdense.engine.settings import Settings

_SMALL = 2**26  # bytes of weights; below, free memory is not looked up


def check_memory(estimator: Any, architecture: Architecture, settings: Settings) -> None:
    """Refuse a network whose weights and optimizer alone need more memory than is free.

    Of an ensemble, `estimator` is the member to be trained: those after it count, too.
    """
    n_weights, itemsize = architecture.n_weights, np.dtype(architecture.dtype).itemsize
    if n_weights * itemsize < _SMALL:
        return
    from skdense.engine.optimizers import n_slots

    number, n_members, _ = estimator._member or (0, 1, 0)
    n_left, n_of_weight = n_members - number, n_slots(settings.optimizer)
    n_trainable = sum(prod(spec.shape) for spec in architecture.weights() if spec.trainable)
    needed = n_left * (n_weights + n_of_weight * n_trainable) * itemsize
    free = free_bytes()
    if free is not None and needed > free:
        members = f" in each of {n_left} members" if n_left > 1 else ""
        raise MemoryError(
            f"{n_weights:,} weights{members}, with {n_of_weight} variables of the optimizer for "
            f"each, need {needed / 1e9:,.1f} GB, but {free / 1e9:,.1f} GB are free"
        )


@contextmanager
def memory_errors_explained(
    estimator: Any, X: Any, sizes: Mapping[str, Any], remedy: str
) -> Iterator[None]:
    """Tell the sizes where NumPy or TensorFlow runs out of memory, and what to change.

    `sizes` are the parameters that matter, by name.
    """
    try:
        yield
    except Exception as error:
        # By name: TensorFlow need not be imported.
        names = {kind.__name__ for kind in type(error).__mro__}
        if not names & {"MemoryError", "ResourceExhaustedError"}:
            raise
        reason = str(error).partition("\n")[0][:300] or type(error).__name__
        shape = getattr(X, "shape", None)
        known = [] if shape is None else [f"X.shape={tuple(shape)}"]
        listed = ", ".join([*known, *(f"{name}={value!r}" for name, value in sizes.items())])
        raise MemoryError(
            f"{type(estimator).__name__} cannot be fitted for lack of memory: {reason} ({listed}). "
            f"{remedy}"
        ) from error

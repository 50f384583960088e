"""Images: flattened to rows, their shape kept."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_IMAGE_DIMENSIONS = (3, 4)  # (n_samples, height, width), and channels


def flatten_images(X: Any) -> tuple[Any, tuple[int, ...] | None]:
    """Flatten images to rows, if possible without a copy; give their shape, else None."""
    if isinstance(X, list | tuple) and _depth(X) in _IMAGE_DIMENSIONS:
        X = np.array([np.asarray(image) for image in X])
    shape = getattr(X, "shape", ())
    if not hasattr(shape, "__len__") or len(shape) not in _IMAGE_DIMENSIONS:
        return X, None
    images = np.asarray(X)
    # Not -1: of no rows, the width could not be found out.
    return images.reshape(len(images), math.prod(images.shape[1:])), images.shape[1:]


def check_same_shape(expected: tuple[int, ...], found: tuple[int, ...] | None) -> None:
    """Raise ValueError if images have another shape than those in training.

    `expected` is (n_features,) for a table, whose width is not checked; `found` is None for one.
    """
    was_table = len(expected) == 1
    if found == expected or (was_table and found is None):
        return
    now = "a table of rows" if found is None else f"images of shape {found}"
    before = "a table" if was_table else f"images of shape {expected}"
    remedy = "X.reshape(len(X), -1)" if was_table else f"X.reshape(-1, {str(expected)[1:-1]})"
    raise ValueError(
        f"X holds {now}, but the network was trained on {before}: give X that shape, for example "
        f"by {remedy} where the numbers are the same, or fit anew."
    )


def _depth(X: Any) -> int:
    depth = np.ndim(X) if isinstance(X, np.ndarray | np.generic) else 0
    if isinstance(X, list | tuple):
        return 1 + (_depth(X[0]) if len(X) else 0)
    return depth

"""Which rows are held out to watch the validation loss."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import train_test_split


def hold_out(
    n_rows: int, fraction: float, labels: np.ndarray | None, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Split the rows into those to train on and those to watch, shuffled.

    Parameters
    ----------
    n_rows : int
    fraction : float
        Part of the rows to hold out, between 0 and 1.
    labels : int array of shape (n_rows,) or None
        Classes to keep in proportion.
    seed : int

    Returns
    -------
    train, held_out : int arrays

    Raises
    ------
    ValueError
        If either part would be without rows, or without a row of some class.
    """
    n_classes = 1 if labels is None else len(np.unique(labels))
    n_held_out = int(np.ceil(fraction * n_rows))
    if n_held_out < n_classes or n_rows - n_held_out < n_classes:
        raise ValueError(
            f"validation_fraction={fraction} of {n_rows} rows holds out {n_held_out} and leaves "
            f"{n_rows - n_held_out} to train on; each part needs at least {n_classes}"
            f"{' (one of each class)' if labels is not None else ''}. Use more rows, another "
            "fraction, or validation_fraction=None with early_stopping=False."
        )
    if labels is not None and np.bincount(labels).min() < 2:
        raise ValueError(
            f"validation_fraction={fraction} cannot be held out: the rarest class has a single "
            "row, which training needs. Leave that class out, or use validation_fraction=None "
            "with early_stopping=False."
        )
    train, held_out = train_test_split(
        np.arange(n_rows), test_size=n_held_out, stratify=labels, random_state=seed
    )
    if labels is not None and len(np.unique(labels[train])) < n_classes:
        raise ValueError(
            f"validation_fraction={fraction} leaves a class without a row to train on. Use a "
            "smaller fraction."
        )
    return train, held_out

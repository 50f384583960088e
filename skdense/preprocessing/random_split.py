"""A validation set, drawn at random."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import train_test_split


def hold_out(
    n_samples: int,
    fraction: float,
    labels: np.ndarray | None,
    seed: int,
    parameter: str = "validation_fraction",
) -> tuple[np.ndarray, np.ndarray]:
    """Split the samples into training and validation set, shuffled.

    Parameters
    ----------
    n_samples : int
    fraction : float
        Part of the samples for the validation set, between 0 and 1.
    labels : array of shape (n_samples,) or None
        Classes to keep in proportion.
    seed : int
    parameter : str, default="validation_fraction"
        What the user calls the fraction, for errors.

    Returns
    -------
    train, held_out : int arrays

    Raises
    ------
    ValueError
        If either part would be without rows, or without a row of some class.
    """
    without = "validation_fraction=None with early_stopping=False"
    if parameter != "validation_fraction":
        without = f"{parameter}=0"
    n_classes = 1 if labels is None else len(np.unique(labels))
    n_held_out = int(np.ceil(fraction * n_samples))
    if n_held_out < n_classes or n_samples - n_held_out < n_classes:
        raise ValueError(
            f"{parameter}={fraction} of {n_samples} sample{'s'[: n_samples != 1]} holds out "
            f"{n_held_out} and leaves "
            f"{n_samples - n_held_out} to train on; each part needs at least {n_classes}"
            f"{' (one of each class)' if labels is not None else ''}. Use more rows, another "
            f"fraction, or {without}."
        )
    if labels is not None and np.unique(labels, return_counts=True)[1].min() < 2:
        raise ValueError(
            f"{parameter}={fraction} cannot be held out: the rarest class has a single "
            f"row, which training needs. Leave that class out, or use {without}."
        )
    train, held_out = train_test_split(
        np.arange(n_samples), test_size=n_held_out, stratify=labels, random_state=seed
    )
    if labels is not None and len(np.unique(labels[train])) < n_classes:
        raise ValueError(
            f"{parameter}={fraction} leaves a class without a row to train on. Use a "
            "smaller fraction."
        )
    return train, held_out

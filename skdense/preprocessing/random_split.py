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
    """Split the samples into training and validation set, shuffled, by their indices.

    `labels` are classes to keep in proportion; `parameter` is what the user calls the fraction, for
    errors. Raises ValueError if either part would be without rows, or without a row of some class.
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


def leave_out_fold(
    n_samples: int, n_folds: int, labels: np.ndarray | None, seed: int, number: int
) -> tuple[np.ndarray, np.ndarray]:
    """Split the rows into those of one fold, numbered from 0, and those of the others, shuffled.

    The folds, at least 2, are those of scikit-learn's ``StratifiedKFold``, but for what that warns
    of or refuses: a class may have fewer rows than there are folds. A row that is the only one of
    its class is in no fold, as training needs it. Where there are fewer rows than folds, each is a
    fold, and counting goes round. Gives indices of training and validation set. Raises ValueError
    if fewer than two rows can be held out.
    """
    order = np.random.default_rng(seed).permutation(n_samples)
    if labels is not None:
        _, classes, counts = np.unique(labels, return_inverse=True, return_counts=True)
        order = order[np.argsort(classes[order], kind="stable")]
        order = order[counts[classes[order]] > 1]
    n_folds = min(n_folds, len(order))
    if n_folds < 2:
        raise ValueError(
            f"{n_samples} sample{'s'[: n_samples != 1]} cannot be split into folds for the members "
            "to hold out: that takes two rows, of one class where y has classes. Use more rows, or "
            "hold out none (validation_fraction=None with early_stopping=False)."
        )
    # Dealt out like cards: rows of a class go to different folds.
    held_out = np.sort(order[number % n_folds :: n_folds])
    return np.setdiff1d(np.arange(n_samples), held_out), held_out

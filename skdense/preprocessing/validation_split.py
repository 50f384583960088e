"""Which samples are the validation set: drawn, split off, the last ones, or given to `fit`."""

from __future__ import annotations

import copy
from contextlib import contextmanager
from itertools import islice
from typing import Any

import numpy as np

from skdense.preprocessing._compat import _num_samples
from skdense.preprocessing.fit_arguments import FitArguments
from skdense.preprocessing.random_split import hold_out, leave_out_fold

DEFAULT_VALIDATION_FRACTION = 0.2  # held out by early_stopping=True and validation="last"
_NOT_HELD_OUT = (
    "set early_stopping=True, validation_fraction=0.2 or validation=, or pass X_val and y_val"
)


def check_validation_parameters(
    estimator: Any, given: FitArguments, has_learned_all_rows: bool
) -> None:
    """Raise ValueError where choices of a validation set contradict each other.

    A training that goes on `has_learned_all_rows` if an earlier epoch held out none of them.
    """
    _check_validation_data(given)
    has_validation = has_validation_set(estimator, given)
    if has_learned_all_rows and given.X_val is None and has_validation:
        raise ValueError(
            "Training that goes on would hold out rows that it has learned from, for an earlier "
            "fit trained on all of its rows (without a validation set, with X_val and y_val, or "
            "by refit_best_epoch=True). Pass validation data as X_val and y_val, hold none out "
            f"(early_stopping={estimator.early_stopping}, validation_fraction="
            f"{estimator.validation_fraction}, validation={estimator.validation!r}), or fit anew "
            "with warm_start=False."
        )
    _check_one_choice(estimator, given)
    if not has_validation:
        for name, empty in (("monitor", ("val_loss", "loss")), ("metrics", (None, [], ()))):
            if getattr(estimator, name) not in empty:
                raise ValueError(
                    f"{name}={getattr(estimator, name)!r} is computed on a validation set, but "
                    f"there is none: {_NOT_HELD_OUT}."
                )
    if estimator.refit_best_epoch and (not estimator.early_stopping or estimator.warm_start):
        raise ValueError(
            f"refit_best_epoch=True trains anew after early stopping, but early_stopping="
            f"{estimator.early_stopping} and warm_start={estimator.warm_start}: set them to True "
            "and False, or refit_best_epoch=False."
        )


def _check_one_choice(estimator: Any, given: FitArguments) -> None:
    validation, fraction = estimator.validation, estimator.validation_fraction
    splits = _is_splitter(validation)
    if given.X_val is not None:
        for name in ("validation_fraction", "validation"):
            if getattr(estimator, name) is not None:
                raise ValueError(
                    f"{name}={getattr(estimator, name)!r} and X_val both choose the validation "
                    f"set: set {name}=None, or leave X_val and y_val out."
                )
    if splits and fraction is not None:
        raise ValueError(
            f"validation={validation!r} and validation_fraction={fraction} both choose the "
            "validation set: set one to None."
        )
    if given.groups is not None and not splits:
        raise ValueError(
            f"groups were given, but validation={validation!r} makes no use of them: pass a group "
            "splitter, such as validation=GroupKFold()."
        )


def has_validation_set(estimator: Any, given: FitArguments) -> bool:
    """Tell whether a fit has a validation set."""
    return given.X_val is not None or _fraction(estimator) is not None


def _fraction(estimator: Any) -> float | None:
    fraction: float | None = estimator.validation_fraction
    holds_out = estimator.early_stopping and estimator.monitor != "loss"
    if fraction is None and (holds_out or estimator.validation is not None):
        return DEFAULT_VALIDATION_FRACTION
    return fraction


def split_indices(
    estimator: Any, n_samples: int, labels: np.ndarray | None, given: FitArguments, seed: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Split the samples into training and validation set, by their indices; the same each time.

    Members of an ensemble leave out different folds, or successive splits of a splitter. `labels`
    are classes to keep in proportion. None where nothing is held out. Raises ValueError if a part,
    or a class in training, would be without samples.
    """
    fraction = _fraction(estimator)
    if fraction is None:
        return None
    number, n_members, seed = estimator._member or (0, 1, seed)
    if estimator.validation is None:
        if n_members == 1:
            return hold_out(n_samples, fraction, labels, seed)
        n_folds = max(n_members, round(1 / fraction))
        return leave_out_fold(n_samples, n_folds, labels, seed, number)
    if estimator.validation == "last":
        choice = f"validation='last' with validation_fraction={fraction}"
        first = n_samples - int(np.ceil(fraction * n_samples))
        parts = np.arange(first), np.arange(first, n_samples)
    else:
        choice = f"validation={estimator.validation!r}"
        parts = nth_split(estimator.validation, given, seed, number)
    _check_parts(choice, *parts, n_samples, labels)
    return parts


def nth_split(
    splitter: Any, given: FitArguments, seed: int, number: int
) -> tuple[np.ndarray, np.ndarray]:
    """Give one of the splits of a scikit-learn splitter, numbered from 0; counting goes round.

    The splitter is copied: a random state of its own stays as it is, and without one it gets
    `seed`. Raises ValueError if it takes groups and there are none or the other way round, or
    cannot split the rows.
    """
    _check_groups(splitter, given)
    seeded = copy.deepcopy(splitter)
    if getattr(seeded, "random_state", 0) is None:
        seeded.random_state = seed
    try:
        splits = list(islice(seeded.split(given.X, given.y, given.groups), number + 1))
        if not splits:
            raise ValueError("it gives no split")
        train, held_out = splits[number % len(splits)]
    except (ValueError, TypeError) as error:
        raise ValueError(f"validation={splitter!r} cannot split these rows: {error}") from error
    return tuple(_as_numbers(part) for part in (train, held_out))  # type: ignore[return-value]


def _as_numbers(part: Any) -> np.ndarray:
    part = np.asarray(part)
    return np.flatnonzero(part) if part.dtype == bool else part


def _is_splitter(validation: Any) -> bool:
    if isinstance(validation, type):
        raise ValueError(
            f"validation={validation!r} is a class: pass an object of it, such as "
            f"{validation.__name__}(...)."
        )
    if isinstance(validation, str) and validation != "last":  # text has a method split, too
        raise ValueError(
            f"validation={validation!r} is unknown: pass a scikit-learn splitter, 'last' or None."
        )
    return validation is not None and not isinstance(validation, str)


def _check_groups(splitter: Any, given: FitArguments) -> None:
    takes_groups = None  # not known, of a class that is not scikit-learn's
    if hasattr(splitter, "get_metadata_routing"):
        requested = splitter.get_metadata_routing().split.requests.get("groups")
        takes_groups = requested not in (None, False)
    if given.groups is None and takes_groups:
        raise ValueError(
            f"validation={splitter!r} splits by groups, but none were given: pass fit(..., groups="
            "...). Inside a Pipeline or a search, call set_fit_request(groups=True) on the network "
            "under set_config(enable_metadata_routing=True)."
        )
    if given.groups is None:
        return
    if takes_groups is False:
        raise ValueError(
            f"groups were given, but validation={splitter!r} makes no use of them: pass a group "
            "splitter, such as validation=GroupKFold()."
        )
    if _num_samples(given.groups) != _num_samples(given.X):
        raise ValueError(
            f"groups has {_num_samples(given.groups)} rows, but X has {_num_samples(given.X)}: "
            "give each row its group."
        )


def _check_parts(choice: str, train, held_out, n_samples: int, labels: np.ndarray | None) -> None:
    if not len(train) or not len(held_out):
        raise ValueError(
            f"{choice} holds out {len(held_out)} of {n_samples} sample{'s'[: n_samples != 1]} and "
            f"leaves {len(train)} to train on: each part needs at least one. Use more rows, or "
            "choose them otherwise."
        )
    shared = np.intersect1d(train, held_out)
    if len(shared):
        raise ValueError(
            f"{choice} has {len(shared)} rows in both parts, such as row {shared[0]}: the "
            "validation set must not be trained on."
        )
    if labels is not None and len(unseen := np.setdiff1d(labels, labels[train])):
        row = np.flatnonzero(labels == unseen[0])[0]
        raise ValueError(
            f"{choice} leaves {len(unseen)} of {len(np.unique(labels))} classes without a row to "
            f"train on, such as that of row {row}. Choose the rows otherwise, or leave that class "
            "out."
        )


def _check_validation_data(given: FitArguments) -> None:
    for one, other in (("X_val", "y_val"), ("y_val", "X_val"), ("sample_weight_val", "X_val")):
        if getattr(given, one) is not None and getattr(given, other) is None:
            raise ValueError(
                f"{one} was given without {other}: validation data need X_val and y_val both."
            )


@contextmanager
def errors_about_validation_data(given: FitArguments):
    """Say of an error that it is about the validation data, if given: the checks serve X, too."""
    try:
        yield
    except ValueError as error:
        if given.X_val is None:
            raise
        raise ValueError(f"X_val, y_val and sample_weight_val do not fit: {error}") from error

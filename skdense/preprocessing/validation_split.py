"""Which rows are trained on and which are watched: drawn, split off, the last ones, or given."""

from __future__ import annotations

import copy
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import sparse
from sklearn.utils import indexable

from skdense.preprocessing._compat import _num_samples, _safe_indexing
from skdense.preprocessing.random_split import hold_out
from skdense.preprocessing.weights import check_sample_weight

if TYPE_CHECKING:
    from skdense.engine.program_inputs import Rows

DEFAULT_VALIDATION_FRACTION = 0.2  # held out by early_stopping=True and validation="last"
_NOT_HELD_OUT = (
    "set early_stopping=True, validation_fraction=0.2 or validation=, or pass X_val and y_val"
)


class FitArguments(NamedTuple):
    """What `fit` was called with, as it came.

    X, y, sample_weight : the rows to learn from; X_val, y_val, sample_weight_val : rows to watch,
    or None; groups : of each row of X, for a group splitter, or None.
    """

    X: Any
    y: Any
    sample_weight: Any = None
    X_val: Any = None
    y_val: Any = None
    sample_weight_val: Any = None
    groups: Any = None

    def rows_watched(self, index: np.ndarray | None) -> tuple[Any, Any, Any]:
        """X, y and sample weight of the rows watched: those of `index`, or the validation data."""
        if self.X_val is not None:
            return self.X_val, self.y_val, self.sample_weight_val
        rows = indexable(self.X, self.y, self.sample_weight)  # some sparse formats are not
        return tuple(None if each is None else _safe_indexing(each, index) for each in rows)  # type: ignore[return-value]


class HoldsOut:
    """The half of the dense estimators that chooses the rows to watch."""

    dtype: str
    early_stopping: bool
    metrics: Any
    monitor: Any
    refit_best_epoch: bool
    validation: Any
    validation_fraction: float | None
    warm_start: bool
    _check_input: Any
    _split_seed: int
    _watched_given = False  # whether the first fit was given rows to watch
    _validation_targets: Any

    def _check_held_out(self, given: FitArguments, continuing: bool) -> None:
        """Refuse choices that contradict each other."""
        _check_validation_data(given)
        if continuing and self._watched_given and given.X_val is None and self._watches(given):
            raise ValueError(
                "Training that goes on would hold out rows that it has learned from: the first fit "
                "was given X_val and y_val. Pass rows to watch again, or fit anew with "
                "warm_start=False."
            )
        splits = _is_splitter(self.validation)
        if given.X_val is not None:
            for name in ("validation_fraction", "validation"):
                if getattr(self, name) is not None:
                    raise ValueError(
                        f"{name}={getattr(self, name)!r} and X_val both say which rows to watch: "
                        f"set {name}=None, or leave X_val and y_val out."
                    )
        if splits and self.validation_fraction is not None:
            raise ValueError(
                f"validation={self.validation!r} and validation_fraction="
                f"{self.validation_fraction} both say which rows to hold out: set one to None."
            )
        if given.groups is not None and not splits:
            raise ValueError(
                f"groups were given, but validation={self.validation!r} makes no use of them: "
                "pass a group splitter, such as validation=GroupKFold()."
            )
        if not self._watches(given):
            for name, empty in (("monitor", ("val_loss", "loss")), ("metrics", (None, [], ()))):
                if getattr(self, name) not in empty:
                    raise ValueError(
                        f"{name}={getattr(self, name)!r} is computed on held-out rows, but none "
                        f"are held out: {_NOT_HELD_OUT}."
                    )
        if self.refit_best_epoch and (not self.early_stopping or self.warm_start):
            raise ValueError(
                f"refit_best_epoch=True trains anew after early stopping, but early_stopping="
                f"{self.early_stopping} and warm_start={self.warm_start}: set them to True and "
                "False, or refit_best_epoch=False."
            )

    @property
    def _fraction_held_out(self) -> float | None:
        needs_rows = self.early_stopping and self.monitor != "loss"
        if self.validation_fraction is None and (needs_rows or self.validation is not None):
            return DEFAULT_VALIDATION_FRACTION
        return self.validation_fraction

    def _watches(self, given: FitArguments) -> bool:
        """Whether there are rows to watch."""
        return given.X_val is not None or self._fraction_held_out is not None

    def _split(self, X, targets, given: FitArguments) -> tuple[Rows, Rows | None, tuple[Any, Any]]:
        """Training rows, rows watched, and the numbers of both where rows of X are held out.

        The weights of each part have mean 1.
        """
        if given.X_val is not None:
            watched = self._check_validation_rows(given, sparse.issparse(X))
            everything = slice(None)
            rows = self._take(X, targets.values, targets.weight, everything, "of X")
            return rows, self._take(*watched, everything, "of X_val"), (None, None)
        index = self._split_rows(X.shape[0], targets.labels, given)
        data = (X, targets.values, targets.weight)
        if index is None:
            return self._take(*data, slice(None), "to train on"), None, (None, None)
        train, held_out = index
        rows = self._take(*data, train, "to train on")
        return rows, self._take(*data, held_out, "held out"), index

    def _take(self, X, values, weight, index, which: str) -> Rows:
        from skdense.engine.padded_data import select
        from skdense.engine.program_inputs import Rows

        weight = weight[index]
        if not weight.any():
            raise ValueError(
                f"All rows {which} have a weight of zero, from sample_weight times class_weight: "
                "leave such rows out, or choose the rows to watch otherwise (validation_fraction="
                f"{self.validation_fraction}, validation={self.validation!r})."
            )
        weight = (weight / weight.mean()).astype(self.dtype)
        return Rows(select(X, index), values[index], weight)

    def _check_validation_rows(self, given: FitArguments, as_sparse: bool) -> tuple[Any, Any, Any]:
        """X_val, its targets and weights, checked as X was and prepared by what X has shown."""
        options: dict[str, Any] = {"dtype": self.dtype, "multi_output": True}
        with _of_validation_data():
            X_val, y_val = self._check_input(given.X_val, given.y_val, reset=False, **options)
            weight = check_sample_weight(given.sample_weight_val, X_val)
            values, by_class = self._validation_targets(y_val, given.y)
        if as_sparse != sparse.issparse(X_val):  # a program takes rows of one kind
            X_val = sparse.csr_matrix(X_val) if as_sparse else X_val.toarray()
        return X_val, values, weight * by_class

    def _split_rows(self, n_samples: int, labels: np.ndarray | None, given: FitArguments):
        """Numbers of the rows to train on and of those held out, or None; the same each time."""
        fraction = self._fraction_held_out
        if fraction is None:
            return None
        if self.validation is None:
            return hold_out(n_samples, fraction, labels, self._split_seed)
        if self.validation == "last":
            choice = f"validation='last' with validation_fraction={fraction}"
            first = n_samples - int(np.ceil(fraction * n_samples))
            parts = np.arange(first), np.arange(first, n_samples)
        else:
            choice = f"validation={self.validation!r}"
            parts = first_split(self.validation, given, self._split_seed)
        _check_parts(choice, *parts, n_samples, labels)
        return parts


def first_split(splitter: Any, given: FitArguments, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the first split of a scikit-learn splitter.

    Parameters
    ----------
    splitter : object with a method `split`
        Copied: a random state of its own stays as it is, and without one it gets `seed`.
    given : FitArguments
    seed : int

    Returns
    -------
    train, held_out : int arrays

    Raises
    ------
    ValueError
        If it takes groups and there are none or the other way round, or cannot split the rows.

    Examples
    --------
    >>> from sklearn.model_selection import TimeSeriesSplit
    >>> given = FitArguments([[1], [2], [3], [4]], [1, 2, 3, 4])
    >>> [part.tolist() for part in first_split(TimeSeriesSplit(3), given, 0)]
    [[0], [1]]
    """
    _check_groups(splitter, given)
    seeded = copy.deepcopy(splitter)
    if getattr(seeded, "random_state", 0) is None:
        seeded.random_state = seed
    try:
        train, held_out = next(iter(seeded.split(given.X, given.y, given.groups)))
    except (ValueError, TypeError, StopIteration) as error:
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
            f"{choice} holds out {len(held_out)} of {n_samples} rows and leaves {len(train)} "
            "to train on: each part needs at least one. Use more rows, or choose them otherwise."
        )
    shared = np.intersect1d(train, held_out)
    if len(shared):
        raise ValueError(
            f"{choice} has {len(shared)} rows in both parts, such as row {shared[0]}: rows that "
            "are watched must not be trained on."
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
                f"{one} was given without {other}: rows to watch need X_val and y_val both."
            )


@contextmanager
def _of_validation_data():
    """Say of an error that it is about the validation data: the same checks serve X and y."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"X_val, y_val and sample_weight_val do not fit: {error}") from error

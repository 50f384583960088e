"""How much each row counts: sample weights and class weights."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_sample_weight

from skdense.preprocessing._compat import _check_sample_weight
from skdense.preprocessing.class_encoding import ClassEncoding


def check_sample_weight(sample_weight: Any, X: np.ndarray) -> np.ndarray:
    """Give each row's weight, 1 where none are given.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,) or None
    X : array of shape (n_samples, n_features)

    Returns
    -------
    float64 array of shape (n_samples,)

    Raises
    ------
    ValueError
        If a weight is negative or not finite, or all are zero.
    """
    weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
    if weight.min() < 0 or not weight.any():
        raise ValueError(
            f"sample_weight holds negative weights or only zeros (from {weight.min()} to "
            f"{weight.max()}): give every row a weight of 0 or more, and some more than 0."
        )
    return weight


def class_weights(
    class_weight: Any,
    y: np.ndarray,
    encoding: ClassEncoding,
    part_only: bool,
    counted: np.ndarray | None = None,
) -> np.ndarray:
    """Give each row the weight of its class.

    Parameters
    ----------
    class_weight : dict, "balanced", list of dicts (one for each label column) or None
    y : array of shape (n_samples,) or (n_samples, n_labels)
    encoding : ClassEncoding
    part_only : bool
        Whether y is only a part of the data, so that classes cannot be counted.
    counted : array of shape (n_other_samples,) or (n_other_samples, n_labels), default=None
        Labels to count the classes of, where those are others than y.

    Returns
    -------
    float64 array of shape (n_samples,)

    Raises
    ------
    ValueError
        If a weight is for an unknown class, negative or not finite, or ``"balanced"`` meets a
        part of the data.
    """
    if class_weight is None:
        return np.ones(len(y))
    if part_only and class_weight == "balanced":
        raise ValueError(
            "class_weight='balanced' cannot be used with partial_fit, which sees a part of the "
            "classes at a time: pass a dict, for example from "
            "sklearn.utils.class_weight.compute_class_weight on all the data."
        )
    if class_weight != "balanced":
        _check_weights(class_weight, encoding)
    if isinstance(class_weight, dict):  # y need not have all the classes
        of_class = [float(class_weight.get(label, 1)) for label in encoding.classes.tolist()]
        return np.array(of_class)[encoding.numbers(y)]
    if encoding.kind == "one-hot":
        y = y.argmax(axis=1)
        counted = None if counted is None else counted.argmax(axis=1)
    if counted is None or class_weight != "balanced":
        return compute_sample_weight(class_weight, y)
    both, rows_counted = np.concatenate([counted, y]), np.arange(len(counted))
    return compute_sample_weight("balanced", both, indices=rows_counted)[len(counted) :]


def _check_weights(class_weight: dict | list, encoding: ClassEncoding) -> None:
    several = encoding.kind == "multilabel"
    dicts = class_weight if several else [class_weight]
    if not isinstance(dicts, list) or not all(isinstance(weights, dict) for weights in dicts):
        raise ValueError(
            f"class_weight={class_weight!r} does not fit y: pass 'balanced', a dict "
            "{label: weight} where a row has one label or, where y is a 0/1 matrix, a list of "
            "dicts {0: weight, 1: weight}, one for each column."
        )
    known = [0, 1] if several else encoding.classes.tolist()
    unknown = [label for weights in dicts for label in weights if label not in known]
    if unknown:
        raise ValueError(
            f"class_weight={class_weight!r} has weights for unknown classes {unknown}; known are "
            f"{known}."
        )
    for weight in (weight for weights in dicts for weight in weights.values()):
        if not isinstance(weight, Real) or not 0 <= float(weight) < np.inf:
            raise ValueError(
                f"class_weight={class_weight!r} has {weight!r} in it: every weight has to be 0 or "
                "more, and finite."
            )

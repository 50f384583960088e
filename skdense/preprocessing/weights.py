"""Sample weights and class weights."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from skdense.preprocessing._compat import _check_sample_weight
from skdense.preprocessing.class_encoding import ClassEncoding


def check_sample_weight(sample_weight: Any, X: np.ndarray) -> np.ndarray:
    """Check sample weights, float64; without any, each sample has weight 1.

    Raises ValueError if a weight is negative or not finite, or all are zero.
    """
    weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
    if weight.min() < 0 or not weight.any():
        raise ValueError(
            f"sample_weight holds negative weights or only zeros (from {weight.min()} to "
            f"{weight.max()}): give every row a weight of 0 or more, and some more than 0."
        )
    return weight


def class_weight_table(class_weight: Any, encoding: ClassEncoding, part_only: bool) -> np.ndarray:
    """Give the weight of each class that does not depend on the rows: ones for ``"balanced"``.

    (1, n_classes), or (n_labels, 2) of a multilabel y, for which `class_weight` is a list of dicts,
    one for each label column. `part_only` is whether only a part of the data is there, so that
    classes cannot be counted. Raises ValueError if a weight is for an unknown class, negative or
    not finite, or ``"balanced"`` meets a part of the data.
    """
    several = encoding.kind == "multilabel"
    shape = (len(encoding.classes), 2) if several else (1, len(encoding.classes))
    if class_weight is None:
        return np.ones(shape)
    if class_weight == "balanced":
        if part_only:
            raise ValueError(
                "class_weight='balanced' cannot be used with partial_fit, which sees a part of the "
                "classes at a time: pass a dict, for example from "
                "sklearn.utils.class_weight.compute_class_weight on all the data."
            )
        return np.ones(shape)
    _check_weights(class_weight, encoding)
    dicts, labels = ([class_weight], encoding.classes.tolist())
    if several:
        dicts, labels = class_weight, [0, 1]
    return np.array([[float(weights.get(label, 1)) for label in labels] for weights in dicts])


def balanced_table(numbers: np.ndarray, weight: np.ndarray, encoding: ClassEncoding) -> np.ndarray:
    """Give each class a weight inversely to the sum of its rows' weights, 0 without rows.

    `numbers` are class numbers (n_samples,), or a 0/1 matrix, of the rows to train on; a weight of
    2 is the row twice. The table is that of `class_weight_table`.
    """
    n_classes = 2 if encoding.kind == "multilabel" else len(encoding.classes)
    columns = numbers.reshape(len(numbers), -1).astype(int)
    sums = np.array([np.bincount(column, weight, n_classes) for column in columns.T])
    n_present = np.count_nonzero(sums, axis=1)[:, None]
    table: np.ndarray = weight.sum() / (n_present * np.where(sums > 0, sums, np.inf))
    return table


def weight_of_class(table: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Give each row the weight of its class, or the product of those of its labels.

    `numbers` are class numbers (n_samples,), or a 0/1 matrix, for a `class_weight_table`.
    """
    columns = numbers.reshape(len(numbers), -1).astype(int)
    of_label = [weights[column] for weights, column in zip(table, columns.T, strict=True)]
    return np.prod(of_label, axis=0)


def _check_weights(class_weight: dict | list, encoding: ClassEncoding) -> None:
    several = encoding.kind == "multilabel"
    dicts: Any = class_weight if several else [class_weight]
    fits = isinstance(dicts, list) and all(isinstance(weights, dict) for weights in dicts)
    if not fits or len(dicts) != (len(encoding.classes) if several else 1):
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

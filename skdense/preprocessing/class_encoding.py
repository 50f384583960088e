"""Encoding of labels as targets, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from skdense.networks.losses import ONE_HOT, SOFTMAX, loss_name


@dataclass(frozen=True)
class ClassEncoding:
    """How a classifier's labels become targets."""

    kind: str  # "binary", "multiclass", "multilabel" or "one-hot"
    classes: np.ndarray  # the labels, sorted; column numbers for the last two kinds
    loss: str  # its name, "auto" resolved

    @property
    def out_activation(self) -> str:
        """The output's activation: ``"softmax"`` or ``"sigmoid"``."""
        softmax = self.kind in ("multiclass", "one-hot") or self.loss in SOFTMAX
        return "softmax" if softmax else "sigmoid"

    @property
    def n_outputs(self) -> int:
        """Width of the output; one unit serves two classes under a sigmoid."""
        if self.kind == "binary" and self.out_activation == "sigmoid":
            return 1
        return len(self.classes)

    def followed_by(self, other: ClassEncoding) -> ClassEncoding:
        """Give the encoding for training that goes on with other rows or another loss.

        Raises ValueError if that would take another output layer.
        """
        if (other.kind, other.n_outputs, other.out_activation) != (
            self.kind,
            self.n_outputs,
            self.out_activation,
        ):
            raise ValueError(
                f"Training cannot go on: the network was made for {self.kind} y and "
                f"loss={self.loss!r}, with {self.n_outputs} {self.out_activation} output(s), but "
                f"{other.kind} y and loss={other.loss!r} need {other.n_outputs} "
                f"{other.out_activation} output(s). Fit anew with warm_start=False."
            )
        return other

    def numbers(self, y: np.ndarray) -> np.ndarray:
        """Class index of each sample, or the 0/1 matrix of a multilabel y.

        Raises ValueError if y has labels that are not among `classes`.
        """
        if self.kind in ("multilabel", "one-hot"):
            if y.ndim != 2 or y.shape[1] != len(self.classes):
                raise ValueError(
                    f"y has shape {y.shape}; a 0/1 matrix with {len(self.classes)} columns is "
                    "expected, as before."
                )
            return y.argmax(axis=1) if self.kind == "one-hot" else y
        unknown = np.setdiff1d(y, self.classes)
        if len(unknown):
            raise ValueError(
                f"`y` has classes not in `self.classes_`: {unknown}; known are {self.classes}. "
                "Name all of them in the first call, or fit anew."
            )
        return np.searchsorted(self.classes, y)

    def targets(self, numbers: np.ndarray, dtype: str) -> np.ndarray:
        """Turn `numbers` into what the loss takes: class numbers, or (n_samples, n_outputs)."""
        if self.kind == "multilabel":
            return numbers.astype(dtype)
        if self.loss == "sparse_categorical_crossentropy":
            return numbers.astype(np.int32)
        if self.n_outputs == 1:
            return numbers[:, None].astype(dtype)
        return np.eye(len(self.classes), dtype=dtype)[numbers]

    def smooth(self, targets: np.ndarray, smoothing: float) -> np.ndarray:
        """Spread part of each label evenly over the classes, as Keras's cross-entropies do.

        `smoothing` is in [0, 1). Class numbers, (n_samples,), are given back: there the loss has to
        do it.
        """
        if targets.ndim == 1 or not smoothing:
            return targets
        n_choices = targets.shape[1] if self.out_activation == "softmax" else 2
        return (targets * (1 - smoothing) + smoothing / n_choices).astype(targets.dtype)

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """From the output before its activation to probabilities, (n_samples, n_classes).

        In float64: float32 rounds to 1 what the output before it still tells apart.
        """
        logits = logits.astype(np.float64)
        if self.out_activation == "softmax":
            return special.softmax(logits, axis=1)
        positive = special.expit(logits)
        if self.kind == "multilabel":
            return positive
        return np.concatenate((special.expit(-logits), positive), axis=1)

    def log_probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Logarithms of `probabilities`, finite where those round to 0."""
        logits = logits.astype(np.float64)
        if self.out_activation == "softmax":
            logarithms = special.log_softmax(logits, axis=1)
        elif self.kind == "multilabel":
            logarithms = special.log_expit(logits)
        else:
            logarithms = np.hstack([special.log_expit(-logits), special.log_expit(logits)])
        # scikit-learn compares with the logarithm of the rounded number, which is 0 near one.
        probabilities = self.probabilities(logits)
        likely = probabilities > 0.5
        logarithms[likely] = np.log(probabilities[likely])
        return logarithms

    def decisions(self, logits: np.ndarray) -> np.ndarray:
        """Scores as `decision_function` gives them: (n_samples,) for two classes."""
        if self.kind != "binary":
            return logits
        return logits[:, 0] if self.n_outputs == 1 else logits[:, 1] - logits[:, 0]

    def labels(self, logits: np.ndarray) -> np.ndarray:
        """The most probable labels."""
        if self.kind == "multilabel":
            return (logits > 0).astype(int)
        if self.kind == "binary":
            return self.labels_of((self.decisions(logits) > 0).astype(int))
        return self.labels_of(logits.argmax(axis=1))

    def labels_of(self, numbers: np.ndarray) -> np.ndarray:
        """Give each class number's label, or its row of a one-hot matrix."""
        if self.kind == "one-hot":
            return np.eye(len(self.classes), dtype=int)[numbers]
        return self.classes[numbers]


def encode_classes(y: np.ndarray, loss: Any, classes: Any = None) -> ClassEncoding:
    """Choose the encoding of labels; a 0/1 matrix is multilabel, or one-hot by a categorical loss.

    `classes` are all the labels, where y need not have them all (`partial_fit`). Raises ValueError
    if y holds no classes, a single one, or something that does not fit the loss.
    """
    name = loss_name(loss)
    check_labels(y)
    kind = type_of_target(y, input_name="y")
    check_classification_targets(y)
    if kind == "multilabel-indicator":
        return _encode_matrix(y, name)
    if kind == "multiclass-multioutput":
        raise ValueError(
            f"y has shape {y.shape} and the values {_some(y)}: several labels a row are taken as a "
            "matrix of the numbers 0 and 1 only. Give y as one, such as (y == 'yes').astype(int); "
            "or, for columns of other classes, fit one at a time or use MultiOutputClassifier."
        )
    found = np.unique(y if classes is None else classes)
    if len(found) < 2:
        raise ValueError(
            f"The number of classes has to be greater than one; got {len(found)} class in y: "
            f"{found.tolist()}."
        )
    kind = "binary" if len(found) == 2 else "multiclass"
    if name.startswith("binary_") and kind != "binary":
        raise ValueError(
            f"loss={loss!r} is for two classes or a 0/1 matrix, but y has {len(found)} classes: "
            "use loss='auto' or 'categorical_crossentropy'."
        )
    default = "binary_crossentropy" if kind == "binary" else "sparse_categorical_crossentropy"
    return ClassEncoding(kind, found, default if name == "auto" else name)


def check_classes_of_matrix(classes: Any, known: np.ndarray) -> None:
    """Compare ``classes=`` of a first `partial_fit` with the labels that y shows.

    They are `classes` unless y is a 0/1 matrix: then its column numbers. Raises ValueError if they
    differ.
    """
    if classes is not None and not np.array_equal(np.unique(classes), known):
        raise ValueError(
            f"classes={classes!r} does not fit y, a 0/1 matrix with {len(known)} columns: leave "
            f"it out, or pass the column numbers, {known.tolist()}."
        )


def check_labels(y: np.ndarray, text_only: bool = True) -> None:
    """Refuse, by a ValueError, missing labels, and Python objects without an order.

    Objects have to be text, as scikit-learn wants them, or (not `text_only`) of one type.
    """
    if y.dtype != object:
        return
    for row, value in enumerate(y.ravel().tolist()):
        if value is None or str(value) in ("nan", "<NA>", "NaT"):
            raise ValueError(
                f"y holds {value!r}, first in row {row // (y.size // len(y))}: leave rows without "
                "a label out, or give them one."
            )
    kinds = {type(value): value for value in y.ravel().tolist()}
    has_text = [issubclass(kind, str) for kind in kinds]
    if not all(has_text) and (text_only or any(has_text)):
        held = " and ".join(f"{kind.__name__} such as {v!r}" for kind, v in kinds.items())
        one = next(iter(kinds)) if len(kinds) == 1 else str
        cure = one.__name__ if one in (int, float, bool, str) else "str"
        raise ValueError(
            f"Unknown label type: y is of dtype object and holds {held}, where labels have "
            f"to be of one type and dtype: convert it, for example by y.astype({cure})."
        )


def _some(y: np.ndarray) -> str:
    values = np.unique(y.astype(str) if y.dtype == object else y).tolist()
    return str(values) if len(values) <= 5 else f"{str(values[:5])[:-1]}, ...]"


def _encode_matrix(y: np.ndarray, name: str) -> ClassEncoding:
    if not np.isin(y, (0, 1)).all():
        raise ValueError(
            f"y is a matrix with the values {np.unique(y).tolist()}; a matrix of labels has to "
            "hold 0 and 1 only."
        )
    columns = np.arange(y.shape[1])
    if name in ONE_HOT:
        bad = np.flatnonzero(np.sum(y, axis=1) != 1)
        if len(bad):
            raise ValueError(
                f"loss={name!r} takes one-hot rows, each with a single 1, but row {bad[0]} of y "
                f"sums to {y[bad[0]].sum()}. For several labels a row use loss='auto'."
            )
        return ClassEncoding("one-hot", columns, name)
    if name in SOFTMAX:
        raise ValueError(
            f"loss={name!r} takes one label a row, but y is a 0/1 matrix of shape {y.shape}: use "
            "'categorical_crossentropy' for one-hot rows or 'auto' for several labels a row."
        )
    return ClassEncoding("multilabel", columns, "binary_crossentropy" if name == "auto" else name)

"""The outputs of a custom model: which columns of y each learns, and what it predicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from skdense.preprocessing.class_encoding import ClassEncoding, check_labels
from skdense.preprocessing.target_scaling import finite_numbers


@dataclass(frozen=True)
class RegressionOutput:
    """An output of a regression."""

    columns: tuple[int, ...]  # positions in y
    shape: tuple[int, ...]  # of the output for one sample: a picture's, for example

    def targets(self, y: np.ndarray) -> np.ndarray:
        """Give what the loss compares the output with, (n_samples, ...)."""
        numbers = finite_numbers(y[:, self.columns])
        size = np.abs(numbers).max(initial=0)
        if size > np.finfo(np.float32).max:
            raise ValueError(
                f"y holds values of size {size:g}, outside the range of float32: give y in "
                "another unit, for example with TransformedTargetRegressor."
            )
        return numbers.astype(np.float32).reshape(len(y), *self.shape)

    def predictions(self, raw: np.ndarray) -> np.ndarray:
        """Give what `predict` returns, (n_samples, n_columns)."""
        return raw.reshape(len(raw), -1)

    def scores(self, raw: np.ndarray) -> np.ndarray:
        """Give the predictions themselves; an output of classes gives probabilities here."""
        return self.predictions(raw)


@dataclass(frozen=True)
class ClassOutput:
    """An output that predicts classes."""

    columns: tuple[int, ...]  # positions in y
    # From the labels in these columns to targets. Its kind is "binary" for a single unit and
    # "multiclass" for a unit for each class, also where there are two.
    encoding: ClassEncoding
    from_logits: bool  # whether the output is before its sigmoid or softmax

    def labels(self, y: np.ndarray) -> np.ndarray:
        """Select labels (n_samples,), or a 0/1 matrix (n_samples, n_columns)."""
        if len(self.columns) > 1:
            return y[:, self.columns].astype(int)
        return label_column(y, self.columns[0])

    def targets(self, y: np.ndarray) -> np.ndarray:
        """Give what the loss compares the output with.

        Class numbers (n_samples,) for a loss whose name starts with "sparse"; else 0 and 1,
        (n_samples, n_units).
        """
        labels = self.labels(y)
        if labels.ndim == 2:  # as it is: a row of a one-hot matrix may have several ones
            return labels.astype(np.float32)
        return self.encoding.targets(self.encoding.numbers(labels), "float32")

    def scores(self, raw: np.ndarray) -> np.ndarray:
        """Give probabilities: (n_samples, n_classes), or a column for each of a 0/1 matrix."""
        kind, loss = self.encoding.kind, self.encoding.loss
        softmax = kind == "one-hot" or (kind == "multiclass" and not loss.startswith("binary"))
        if self.from_logits:
            raw = special.softmax(raw, axis=1) if softmax else special.expit(raw)
        if kind == "binary":
            return np.hstack([1 - raw, raw])
        if kind == "multiclass" and not softmax:  # sigmoids, one against the rest
            return raw / np.maximum(raw.sum(axis=1, keepdims=True), np.finfo(raw.dtype).tiny)
        return raw

    def predictions(self, raw: np.ndarray) -> np.ndarray:
        """Give the most probable labels: (n_samples, 1), or a column for each of a 0/1 matrix."""
        scores = self.scores(raw)
        if self.encoding.kind == "multilabel":
            return (scores > 0.5).astype(int)
        return self.encoding.labels_of(scores.argmax(axis=1)).reshape(len(raw), -1)


TargetOutput = RegressionOutput | ClassOutput


def label_column(y: np.ndarray, column: int) -> np.ndarray:
    """Take one column of labels, with a type of its own where a table made it objects."""
    labels = y[:, column]
    check_labels(labels, text_only=False)
    return np.array(labels.tolist()) if labels.dtype == object else labels


def in_columns(
    outputs: Sequence[TargetOutput], parts: Sequence[np.ndarray], n_columns: int
) -> np.ndarray:
    """Put what each output predicts into the columns of y that it learned.

    The table is of objects where labels and numbers cannot share a type.
    """
    if len(parts) == 1 and len(outputs[0].columns) == n_columns:
        return parts[0]
    kinds = {part.dtype.kind for part in parts}
    mixed = len(kinds) > 1 and not kinds <= set("iufb")
    dtype = object if mixed else np.result_type(*parts)
    table = np.empty((len(parts[0]), n_columns), dtype=dtype)
    for output, part in zip(outputs, parts, strict=True):
        table[:, output.columns] = part
    return table

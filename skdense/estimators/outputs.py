"""The outputs of a user's own network: which columns of y each learns, and how they read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import special
from sklearn.utils.multiclass import type_of_target

from skdense.preprocessing.class_encoding import check_labels
from skdense.preprocessing.target_scaling import finite_numbers

if TYPE_CHECKING:
    from skdense.engine.custom_model.model import Output


class OutputColumns(NamedTuple):
    """Columns of y that go to one output.

    name : of the output, None where it was not named; columns : positions in y;
    classes : labels known for them, None for numbers.
    """

    name: str | None
    columns: tuple[int, ...]
    classes: np.ndarray | None


@dataclass(frozen=True)
class RegressionOutput:
    """An output that gives numbers.

    Parameters
    ----------
    columns : tuple of int
        Positions in y.
    shape : tuple of int
        Of the output, without the rows: a picture's, for example.
    """

    columns: tuple[int, ...]
    shape: tuple[int, ...]

    def targets(self, y: np.ndarray) -> np.ndarray:
        """Give what the loss compares the output with, (n_samples, ...)."""
        numbers = finite_numbers(y[:, self.columns])
        size = np.abs(numbers).max(initial=0)
        if size > np.finfo(np.float32).max:
            raise ValueError(
                f"y holds numbers of size {size:g}, outside the range of float32: give y in "
                "another unit, for example with TransformedTargetRegressor."
            )
        return numbers.astype(np.float32).reshape(len(y), *self.shape)

    def values(self, raw: np.ndarray) -> np.ndarray:
        """Give what `predict` shows, (n_samples, n_columns)."""
        return raw.reshape(len(raw), -1)

    def scores(self, raw: np.ndarray) -> np.ndarray:
        """Give the numbers themselves; a output of classes gives probabilities here."""
        return self.values(raw)


@dataclass(frozen=True)
class ClassOutput:
    """An output that tells classes.

    Parameters
    ----------
    columns : tuple of int
        Positions in y.
    classes : array of shape (n_classes,)
        Labels, sorted; numbers of the columns where y is a 0/1 matrix.
    kind : {"one unit", "classes", "multilabel", "one-hot"}
        One unit for two classes, a unit for each class, or a unit for each column of a 0/1 matrix.
    loss : str
    from_logits : bool
        Whether the output is before its sigmoid or softmax.
    """

    columns: tuple[int, ...]
    classes: np.ndarray
    kind: str
    loss: str
    from_logits: bool

    def numbers(self, y: np.ndarray) -> np.ndarray:
        """Give the number of each row's class, or the matrix itself where y is one."""
        if len(self.columns) > 1:
            return y[:, self.columns].astype(int)
        labels = label_column(y, self.columns[0])
        unknown = np.setdiff1d(labels, self.classes)
        if len(unknown):
            raise ValueError(
                f"`y` has classes not in `self.classes_`: {unknown}; known are {self.classes}. "
                "Name all of them in the first call, or fit anew."
            )
        return np.searchsorted(self.classes, labels)

    def targets(self, y: np.ndarray) -> np.ndarray:
        """Give what the loss compares the output with.

        Class numbers (n_samples,) for a loss whose name starts with "sparse"; else 0 and 1,
        (n_samples, n_units).
        """
        numbers = self.numbers(y)
        if numbers.ndim == 2:
            return numbers.astype(np.float32)
        if self.loss.startswith("sparse"):
            return numbers.astype(np.int32)
        if self.kind == "one unit":
            return numbers[:, None].astype(np.float32)
        return np.eye(len(self.classes), dtype=np.float32)[numbers]

    def scores(self, raw: np.ndarray) -> np.ndarray:
        """Give probabilities: (n_samples, n_classes), or a column for each of a 0/1 matrix."""
        softmax = self.kind == "one-hot" or (
            self.kind == "classes" and not self.loss.startswith("binary")
        )
        if self.from_logits:
            raw = special.softmax(raw, axis=1) if softmax else special.expit(raw)
        if self.kind == "one unit":
            return np.hstack([1 - raw, raw])
        if self.kind == "classes" and not softmax:  # sigmoids, one against the rest
            return raw / np.maximum(raw.sum(axis=1, keepdims=True), np.finfo(raw.dtype).tiny)
        return raw

    def values(self, raw: np.ndarray) -> np.ndarray:
        """Give the most probable labels: (n_samples, 1), or a column for each of a 0/1 matrix."""
        scores = self.scores(raw)
        if self.kind == "multilabel":
            return (scores > 0.5).astype(int)
        if self.kind == "one-hot":
            return np.eye(len(self.classes), dtype=int)[scores.argmax(axis=1)]
        return self.classes[scores.argmax(axis=1)][:, None]


TargetOutput = RegressionOutput | ClassOutput


def label_column(y: np.ndarray, column: int) -> np.ndarray:
    """Take one column of labels, with a type of its own where a table made it objects.

    Parameters
    ----------
    y : array of shape (n_samples, n_columns)
    column : int

    Returns
    -------
    array of shape (n_samples,)
    """
    labels = y[:, column]
    check_labels(labels, text_only=False)
    return np.array(labels.tolist()) if labels.dtype == object else labels


def class_columns(
    y: np.ndarray, columns: Sequence[int], name: str | None, classes: Any
) -> OutputColumns:
    """Find the classes of some columns.

    Parameters
    ----------
    y : array of shape (n_samples, n_columns)
    columns : sequence of int
        One column of labels, or several of a 0/1 matrix.
    name : str or None
    classes : array-like or None
        All the labels, where y need not have them all.

    Returns
    -------
    OutputColumns

    Raises
    ------
    ValueError
        If there is a single class, numbers that are no classes, or a matrix of anything but 0
        and 1.
    """
    if len(columns) > 1:
        matrix = y[:, list(columns)]
        if not np.isin(matrix, (0, 1)).all():
            raise ValueError(
                f"The columns {list(columns)} of y go to one output, so they have to hold 0 and 1 "
                f"only, but hold {np.unique(matrix.astype(str)).tolist()[:5]}: give each column "
                "an output of its own."
            )
        return OutputColumns(name, tuple(columns), np.arange(len(columns)))
    labels = label_column(y, columns[0])
    if type_of_target(labels, input_name="y").startswith("continuous"):
        raise ValueError(
            f"Unknown label type: continuous. y holds numbers such as {labels[0]} that are no "
            "classes: use NetworkRegressor."
        )
    found = np.unique(labels if classes is None else classes)
    if len(found) < 2:
        raise ValueError(
            f"The number of classes has to be greater than one; got {len(found)} class in y: "
            f"{found.tolist()}."
        )
    return OutputColumns(name, tuple(columns), found)


def match_outputs(
    parts: list[OutputColumns], outputs: list[Output], y: np.ndarray, classifier: bool
) -> list[TargetOutput]:
    """Bring the columns of y and the outputs of the model together.

    Parameters
    ----------
    parts : list of OutputColumns
    outputs : list of Output
    y : array of shape (n_samples, n_columns)
    classifier : bool
        Whether an output is of classes unless something else is said.

    Returns
    -------
    list of RegressionOutput or ClassOutput
        One for each output, in the model's order.

    Raises
    ------
    ValueError
        If numbers, names or shapes do not fit, or an output has no loss.
    """
    if len(parts) == 1 and parts[0].name is None and len(outputs) == y.shape[1] > 1:
        columns = [[column] for column in range(y.shape[1])]
        parts = [
            class_columns(y, each, None, None)
            if classifier
            else OutputColumns(None, tuple(each), None)
            for each in columns
        ]
    by_name = {part.name: part for part in parts}
    names = [output.name for output in outputs]
    if None in by_name:
        if len(parts) != len(outputs):
            raise ValueError(
                f"The model's outputs do not fit the target: it has {len(outputs)}, "
                f"{[str(output) for output in outputs]}, but y has shape {y.shape}. Say with "
                "outputs={name: columns} which columns of y each learns."
            )
        by_name = dict(zip(names, parts, strict=True))
    elif set(by_name) != set(names):
        raise ValueError(
            f"outputs= names {list(by_name)}, but the model's outputs are {names}: name each of "
            "them, as its layer is named."
        )
    return [_match_output(by_name[output.name], output, y, classifier) for output in outputs]


def _match_output(
    part: OutputColumns, output: Output, y: np.ndarray, classifier: bool
) -> TargetOutput:
    if output.loss is None:
        raise ValueError(
            f"The model's output {output.name!r} has no loss: pass loss='mse', a dict "
            "{output name: loss}, or compile the model in your function."
        )
    width = int(np.prod(output.shape))
    if part.classes is None and _is_of_classes(part, output, y, classifier):
        part = class_columns(y, part.columns, part.name, None)
    shapes = f"{output}, but its part of y has shape ({len(y)}, {len(part.columns)})"
    if part.classes is None:
        if width != len(part.columns):
            raise ValueError(
                f"The model's output does not fit the target: {shapes}. Give the last layer "
                f"{len(part.columns)} unit(s)."
            )
        return RegressionOutput(part.columns, output.shape)
    n_classes = len(part.classes)
    kind = "classes"
    if len(part.columns) > 1:
        kind = "one-hot" if "categorical" in output.loss else "multilabel"
        fits = width == n_classes and not output.loss.startswith("sparse")
    elif width == 1:
        kind, fits = "one unit", n_classes == 2 and "categorical" not in output.loss
    else:
        fits = width == n_classes
    if not fits or len(output.shape) != 1:
        raise ValueError(
            f"The model's output does not fit the target: {shapes} and {n_classes} classes, and "
            f"the loss is {output.loss!r}. Two classes take one sigmoid unit with "
            "'binary_crossentropy', more take a softmax unit each with "
            "'sparse_categorical_crossentropy', a 0/1 matrix takes a sigmoid unit for each column."
        )
    return ClassOutput(part.columns, part.classes, kind, output.loss, output.from_logits)


def _is_of_classes(part: OutputColumns, output: Output, y: np.ndarray, classifier: bool) -> bool:
    """Whether a named output of a regressor tells classes: by its loss and by its labels."""
    if classifier or part.name is None or "crossentropy" not in str(output.loss):
        return classifier
    if len(part.columns) > 1:
        return True
    return not type_of_target(label_column(y, part.columns[0])).startswith("continuous")


def in_columns(
    outputs: Sequence[TargetOutput], parts: Sequence[np.ndarray], n_columns: int
) -> np.ndarray:
    """Put what each output says into the columns of y that it learned.

    Parameters
    ----------
    outputs : sequence of RegressionOutput or ClassOutput
    parts : sequence of arrays of shape (n_samples, n_columns of the output)
    n_columns : int

    Returns
    -------
    array of shape (n_samples, n_columns)
        Of objects where labels and numbers cannot share a type.
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

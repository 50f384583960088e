"""Matching columns of y to a custom model's outputs: before it is built, and with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.multiclass import type_of_target

from skdense.engine.custom_model.output import Output
from skdense.estimators.column_selection import select_columns
from skdense.estimators.outputs import ClassOutput, RegressionOutput, TargetOutput, label_column
from skdense.preprocessing.class_encoding import ClassEncoding, check_classes_of_matrix


class OutputColumns(NamedTuple):
    """Columns of y that go to one output."""

    name: str | None  # of the output, if it was named
    columns: tuple[int, ...]  # positions in y
    classes: np.ndarray | None  # the labels known for them; None in regression


def output_columns(
    y: np.ndarray,
    names: Iterable[str] | None,
    outputs: Any,
    of_classes: bool,
    classes: Any = None,
) -> list[OutputColumns]:
    """Say which columns of y go to which output, as far as that is known before building.

    y is (n_samples,) or (n_samples, n_columns); `outputs`, as the user said it, has columns for the
    name of each output. `of_classes` is whether an output is of classes unless something else is
    said. `classes` are all the labels, where y need not have them all: a list where several outputs
    learn them, with one array for each column of y. Raises ValueError if a column goes to no
    output, or its labels cannot be classes.
    """
    table = y.reshape(len(y), -1)
    everything = tuple(range(table.shape[1]))
    if outputs is not None:
        selected = select_columns("outputs", outputs, table, names)
        missing = set(everything).difference(*selected.values())
        if missing:
            raise ValueError(
                f"outputs={outputs!r} leaves out the columns {sorted(missing)} of y: "
                "every column needs an output that learns it."
            )
        if not of_classes:
            return [OutputColumns(name, tuple(columns), None) for name, columns in selected.items()]
        known = _classes_of_parts(classes, list(selected.values()), table.shape[1])
        return [
            class_columns(table, columns, name, labels)
            for (name, columns), labels in zip(selected.items(), known, strict=True)
        ]
    if not of_classes:
        return [OutputColumns(None, everything, None)]
    is_matrix = y.dtype != object and type_of_target(y) == "multilabel-indicator"
    if y.ndim == 1 or (is_matrix and (classes is None or _is_flat(classes))):
        return [class_columns(table, everything, None, classes)]
    parts = [[column] for column in everything]
    known = _classes_of_parts(classes, parts, table.shape[1])
    return [class_columns(table, *each) for each in zip(parts, repeat(None), known)]


def _is_flat(classes: Any) -> bool:
    return all(np.ndim(each) == 0 for each in classes)


def _classes_of_parts(classes: Any, parts: list[list[int]], n_columns: int) -> list:
    """Give the labels for each output, from ``classes=`` with those of each column of y."""
    if classes is None:
        return [None] * len(parts)
    if len(parts) == 1 and _is_flat(classes):
        return [classes]
    if len(classes) != n_columns or any(np.ndim(each) != 1 for each in classes):
        raise ValueError(
            f"classes={classes!r} has to be a list with the labels of each of the {n_columns} "
            f"columns of y, as they go to {len(parts)} output(s)."
        )
    # Of a 0/1 matrix, the columns are the classes.
    return [classes[part[0]] if len(part) == 1 else None for part in parts]


def check_same_classes(classes: Any, outputs: list[ClassOutput], n_columns: int) -> None:
    """Raise ValueError where ``classes=`` of a later `partial_fit` are not those of the first."""
    parts = [list(output.columns) for output in outputs]
    for given, output in zip(_classes_of_parts(classes, parts, n_columns), outputs, strict=True):
        known = output.encoding.classes
        if given is not None and not np.array_equal(np.unique(given), known):
            raise ValueError(
                f"classes={classes!r} is not the same as on the first call to partial_fit, "
                f"where it was {known.tolist()}: leave it out, or fit anew."
            )


def class_columns(
    y: np.ndarray, columns: Sequence[int], name: str | None, classes: Any = None
) -> OutputColumns:
    """Find the classes of some columns: one of labels, or several of a 0/1 matrix.

    `classes` are all the labels, where y (n_samples, n_columns) need not have them all. Raises
    ValueError if there is a single class, numbers that are no classes, or a matrix of anything but
    0 and 1.
    """
    if len(columns) > 1:
        matrix = y[:, list(columns)]
        if not np.isin(matrix, (0, 1)).all():
            raise ValueError(
                f"The columns {list(columns)} of y go to one output, so they have to hold 0 and 1 "
                f"only, but hold {np.unique(matrix.astype(str)).tolist()[:5]}: give each column "
                "an output of its own."
            )
        known = np.arange(len(columns))
        check_classes_of_matrix(classes, known)
        return OutputColumns(name, tuple(columns), known)
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
    parts: list[OutputColumns], outputs: list[Output], y: np.ndarray, of_classes: bool
) -> list[TargetOutput]:
    """Bring the columns of y and the outputs of the model together, in the model's order.

    Raises ValueError if numbers, names or shapes do not fit, or an output has no loss.
    """
    if len(parts) == 1 and parts[0].name is None and len(outputs) == y.shape[1] > 1:
        columns = [[column] for column in range(y.shape[1])]
        parts = [
            class_columns(y, each, None) if of_classes else OutputColumns(None, tuple(each), None)
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
    return [_match_output(by_name[output.name], output, y, of_classes) for output in outputs]


def _match_output(
    part: OutputColumns, output: Output, y: np.ndarray, of_classes: bool
) -> TargetOutput:
    """Bring some columns of y and one output together."""
    if output.loss is None:
        raise ValueError(
            f"The model's output {output.name!r} has no loss: pass loss='mse', a dict "
            "{output name: loss}, or compile the model in your function."
        )
    if part.classes is None and _is_of_classes(part, output, y, of_classes):
        part = class_columns(y, part.columns, part.name)
    shapes = f"{output}, but its part of y has shape ({len(y)}, {len(part.columns)})"
    if part.classes is not None:
        return ClassOutput(
            part.columns,
            _encode_classes(part.classes, len(part.columns) > 1, output, shapes),
            output.from_logits,
        )
    if np.prod(output.shape) != len(part.columns):
        raise ValueError(
            f"The model's output does not fit the target: {shapes}. Give the last layer "
            f"{len(part.columns)} unit(s)."
        )
    return RegressionOutput(part.columns, output.shape)


def _encode_classes(
    classes: np.ndarray, is_matrix: bool, output: Output, shapes: str
) -> ClassEncoding:
    """Say how labels become targets: the loss's name and the output's width decide."""
    loss, width = str(output.loss), int(np.prod(output.shape))
    is_sparse = loss.startswith("sparse")
    fits = width == len(classes)
    if is_matrix:
        kind = "one-hot" if "categorical" in loss else "multilabel"
        fits = fits and not is_sparse
    elif width == 1:
        kind, fits = "binary", len(classes) == 2 and "categorical" not in loss
    else:
        kind = "multiclass"
    if not fits or len(output.shape) != 1:
        raise ValueError(
            f"The model's output does not fit the target: {shapes} and {len(classes)} classes, and "
            f"the loss is {loss!r}. Two classes take one sigmoid unit with "
            "'binary_crossentropy', more take a softmax unit each with "
            "'sparse_categorical_crossentropy', a 0/1 matrix takes a sigmoid unit for each column."
        )
    # A loss of the user's own is given the same targets as Keras's of that form.
    if is_sparse:
        loss = "sparse_categorical_crossentropy"
    elif kind == "binary":
        loss = "binary_crossentropy"
    return ClassEncoding(kind, classes, loss)


def _is_of_classes(part: OutputColumns, output: Output, y: np.ndarray, of_classes: bool) -> bool:
    """Whether a named output of a regressor is of classes: by its loss and by its labels."""
    if of_classes or part.name is None or "crossentropy" not in str(output.loss):
        return of_classes
    if len(part.columns) > 1:
        return True
    return not type_of_target(label_column(y, part.columns[0])).startswith("continuous")

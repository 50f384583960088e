"""Data as tensors for a program: padded to its sizes, read where they are, or sparse."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import sparse

from skdense.engine._tensorflow import tf
from skdense.engine.program_inputs import (
    MetricData,
    Rows,
    RowTransformation,
    Selected,
    SparseRows,
    ValidationRows,
)
from skdense.engine.program_key import ProgramKey

_ALIGNMENT = 64  # bytes; TensorFlow reads an array in place only where it begins at a multiple
LEAST_BYTES_IN_PLACE = 2**26  # a program serves one size of such data: too dear for small ones


def select(X: Any, index: Any) -> Any:
    """Take rows: a copy, or where `X` is large and TensorFlow can read it in place, none.

    `X` is an array or a CSR matrix (n_samples, n_features), `index` an int array or a slice.
    """
    if sparse.issparse(X) or X.nbytes < LEAST_BYTES_IN_PLACE or not _readable_in_place(X):
        return X[index]
    return Selected(X, np.arange(len(X))[index])


def _readable_in_place(X: np.ndarray) -> bool:
    return X.flags.c_contiguous and X.ctypes.data % _ALIGNMENT == 0


def n_all_samples(X: Any) -> int:
    """Give the length of an array that is read in place, else 0."""
    return len(X.values) if isinstance(X, Selected) else 0


def bins_shape(*data: Any) -> tuple[int, int] | None:
    """Give the shape of the bins of arrays read in place, None without a transformation.

    The data, each an array, CSR matrix, Selected or None, share one transformation.
    """
    for X in data:
        if isinstance(X, Selected) and X.transformation is not None:
            n_bins, n_binned = X.transformation.lower.shape
            return n_bins, n_binned
    return None


class EpochData:
    """Training and validation data, as a program takes them."""

    def __init__(self, rows: Rows, validation: Rows | ValidationRows | None, key: ProgramKey):
        self._key = key
        self._X = rows.X
        self._rows = _to_padded(rows, key.sizes.n_samples)
        self.validation: ValidationRows | None = None
        if validation is not None:
            padded_size = key.sizes.n_validation
            data = validation.metric_data if isinstance(validation, ValidationRows) else None
            data = None if data is None else _padded_metric_data(data, padded_size)
            self.validation = ValidationRows(*_to_padded(validation, padded_size), data)

    def next(self, orders: Iterator[np.ndarray], n_epochs: int) -> tuple[Rows, tf.Tensor]:
        """Give the data for the next call of a program, and the order of each of its epochs.

        `orders` gives int arrays (n_samples,); `n_epochs` is not above the program's
        `epochs_per_call`. The order is int32 (epochs_per_call, batch_size * n_steps).
        """
        sizes = self._key.sizes
        stacked = np.zeros((sizes.epochs_per_call, sizes.n_samples), np.int32)
        for epoch in range(n_epochs):
            order = next(orders)
            stacked[epoch, : len(order)] = order
        if self._key.sparse:
            # SciPy puts a whole epoch's rows in order in a tenth of the time of TensorFlow.
            shuffled = _sparse_rows(self._X[order], sizes.n_samples)
            return self._rows._replace(X=shuffled), tf.constant(stacked)
        return self._rows, tf.constant(stacked)


def _to_padded(rows: Rows | ValidationRows, padded_size: int) -> Rows:
    X = rows.X
    if isinstance(X, Selected):
        steps = X.transformation
        steps = None if steps is None else RowTransformation(*map(tf.constant, steps))
        X = Selected(_as_tensor(X.values), _pad(X.index.astype(np.int32), padded_size), steps)
    elif sparse.issparse(X):
        X = _sparse_rows(X, padded_size)
    else:
        X = _pad(X, padded_size)
    return Rows(X, _pad(rows.y, padded_size), _pad(rows.weight, padded_size))


def _padded_metric_data(data: MetricData, padded_size: int) -> MetricData:
    """Pad what metrics need; samples that only fill the arrays have weight zero."""
    weight = np.zeros(padded_size)
    weight[: len(data.weight)] = data.weight
    y, unit = _pad(data.y, padded_size), (data.center, data.scale)
    return MetricData(
        y, tf.constant(weight), *(None if n is None else tf.constant(n) for n in unit)
    )


def _pad(array: np.ndarray, padded_size: int) -> tf.Tensor:
    """Repeat the last row up to the padded size: a real row is finite wherever the others are."""
    filled = _aligned((padded_size, *array.shape[1:]), array.dtype)
    filled[: len(array)] = array
    filled[len(array) :] = array[-1]
    return _as_tensor(filled)


def _aligned(shape: tuple[int, ...], dtype) -> np.ndarray:
    """Make an array whose memory begins where TensorFlow wants it to."""
    n_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.empty(n_bytes + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    return memory[start : start + n_bytes].view(dtype).reshape(shape)


def _as_tensor(array: np.ndarray) -> tf.Tensor:
    """Give an aligned array as a tensor on the same memory; tf.constant would copy it."""
    if not array.flags.writeable:
        # DLPack has no word for "read only", and nothing writes to the inputs of a program. The
        # view keeps the array, and with it a file's mapping, alive.
        memory: Any = (ctypes.c_char * array.nbytes).from_address(array.ctypes.data)
        memory.array = array
        array = np.frombuffer(memory, array.dtype).reshape(array.shape)
    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())


def _sparse_rows(X: Any, padded_size: int) -> SparseRows:
    starts = np.full(padded_size + 1, X.indptr[-1], np.int64)
    starts[: X.shape[0] + 1] = X.indptr
    columns = X.indices.astype(np.int32, copy=False)
    return SparseRows(tf.constant(X.data), tf.constant(columns), tf.constant(starts))

"""Batches of the data that a program is given: padded, selected from a large array, or sparse."""

from __future__ import annotations

from skdense.engine._tensorflow import tf
from skdense.engine.program_inputs import Rows, Selected, SparseRows, ValidationRows
from skdense.engine.row_transformation import transform


def of_any_density(rows: Rows | ValidationRows | None) -> Rows | ValidationRows | None:
    """Let a sparse matrix store any number of values, by specifications, without a second trace."""
    if rows is None or not isinstance(rows.X, SparseRows):
        return rows
    values, columns = (tf.TensorSpec([None], part.dtype) for part in rows.X[:2])
    return rows._replace(X=SparseRows(values, columns, rows.X.starts))


def gather_rows(
    array: tf.Tensor | Selected | SparseRows, chosen: tf.Tensor
) -> tf.Tensor | SparseRows:
    """Give the chosen rows, in that order; a sparse matrix is in order already."""
    if isinstance(array, SparseRows):
        return array
    if isinstance(array, Selected):
        return _read(array, tf.gather(array.index, chosen))
    return tf.gather(array, chosen)


def slice_rows(rows: Rows | ValidationRows, start: tf.Tensor, size: int, network) -> Rows:
    """Give `size` rows from `start` on, X as a tensor or as a ``tf.SparseTensor``.

    A sparse matrix has the width of an Architecture; a CustomModelDescription takes none.
    """
    X = rows.X
    if isinstance(X, SparseRows):
        X = _slice_sparse(X, start, size, network.n_features)
    elif isinstance(X, Selected):
        X = _read(X, slice_array(X.index, start, size))
    else:
        X = slice_array(X, start, size)
    return Rows(X, slice_array(rows.y, start, size), slice_array(rows.weight, start, size))


def slice_array(array: tf.Tensor, start: tf.Tensor, size: int) -> tf.Tensor:
    """Give `size` rows from `start` on; the size is static, as XLA needs it."""
    begin = [start, *[0] * (array.shape.rank - 1)]
    return tf.slice(array, begin, [size, *array.shape[1:]])


def _read(X: Selected, index) -> tf.Tensor:
    rows = tf.gather(X.values, index)
    return rows if X.transformation is None else transform(rows, X.transformation)


def _slice_sparse(X: SparseRows, start, size: int, n_features: int) -> tf.SparseTensor:
    starts = X.starts[start : start + size + 1]
    stored = slice(starts[0], starts[-1])
    row = tf.repeat(tf.range(size, dtype=tf.int64), starts[1:] - starts[:-1])
    places = tf.stack([row, tf.cast(X.columns[stored], tf.int64)], axis=1)
    return tf.SparseTensor(places, X.values[stored], [size, n_features])

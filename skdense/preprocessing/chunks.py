"""A large X a piece at a time: some of its rows, or some of its columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from skdense.engine.program_inputs import Selected

_CHUNK_SIZE = 2**18  # numbers in a chunk of rows: 2 MB in float64
_BLOCK_SIZE = 2**21  # numbers in a block of columns
_MOST_BLOCKS = 8  # since each reads all pages of a file that has rows in one piece


def row_chunks(X: Any, n_columns: int) -> Iterator[tuple[slice, np.ndarray]]:
    """Give the rows of X, some at a time, with their slice, to make `n_columns` columns of each."""
    size = max(_CHUNK_SIZE // max(n_columns, 1), 1)
    for start in range(0, X.shape[0], size):
        chunk = slice(start, start + size)
        yield chunk, X.values[X.index[chunk]] if isinstance(X, Selected) else X[chunk]


def column_blocks(X: Any) -> Iterator[np.ndarray]:
    """Give copies of the columns of X, some at a time, as (n_columns, n_samples)."""
    n_samples, n_features = X.shape
    width = max(_BLOCK_SIZE // n_samples, -(-n_features // _MOST_BLOCKS))
    for start in range(0, n_features, width):
        block = slice(start, start + width)
        selected = X.values[X.index, block] if isinstance(X, Selected) else X[:, block]
        yield np.array(selected.T, order="C")

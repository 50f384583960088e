"""What other packages change in Keras's classes when they are imported, changed back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from skdense.engine._tensorflow import keras

_CLASSES = (keras.Model, keras.losses.Loss, keras.metrics.Metric, keras.optimizers.Optimizer)
_METHODS = ("__reduce__", "__deepcopy__")


@contextmanager
def undone() -> Iterator[None]:
    """Leave pickling and copying of Keras's classes as they were before.

    Yields
    ------
    None
    """
    before = [(cls, method, vars(cls).get(method)) for cls in _CLASSES for method in _METHODS]
    try:
        yield
    finally:
        for cls, method, own in before:
            if own is not None:
                setattr(cls, method, own)
            elif method in vars(cls):
                delattr(cls, method)

"""The network's outputs for all the validation data, for metrics that need all of them at once."""

from __future__ import annotations

from typing import Any

from skdense.engine._compat import before_activation
from skdense.engine._tensorflow import tf
from skdense.engine.metrics import epoch_metrics
from skdense.engine.padding import VALIDATION_CHUNK
from skdense.engine.program_inputs import MetricData
from skdense.engine.program_key import ProgramKey
from skdense.networks.architecture import Architecture


class ValidationOutputs:
    """Collects outputs chunk by chunk in a program; nothing where it computes no metrics."""

    def __init__(self, key: ProgramKey):
        self.chunk_size = min(VALIDATION_CHUNK, key.sizes.n_validation)
        self._key = key

    def empty(self) -> Any:
        """Give what outputs are put into: a tensor, or () where none are wanted."""
        architecture, n_samples = self._key.architecture, self._key.sizes.n_validation
        if self._key.metrics is None:
            return ()
        assert isinstance(architecture, Architecture)
        shape = (n_samples // self.chunk_size, self.chunk_size, architecture.n_outputs)
        return tf.zeros(shape, architecture.dtype)

    def add(self, collected: Any, start: tf.Tensor, outputs: tf.Tensor) -> Any:
        """Put in those of the chunk of samples from `start` on, (chunk_size, n_outputs)."""
        if self._key.metrics is None:
            return ()
        if self._key.metrics.task != "regression":
            outputs = before_activation(outputs)
        return tf.tensor_scatter_nd_update(collected, [[start // self.chunk_size]], [outputs])

    def metrics(self, collected: Any, data: MetricData | None) -> tuple:
        """Compute the program's metrics, float64 scalars."""
        if self._key.metrics is None:
            return ()
        assert data is not None
        outputs = tf.reshape(collected, (self._key.sizes.n_validation, -1))
        return epoch_metrics(self._key.metrics, outputs, data)

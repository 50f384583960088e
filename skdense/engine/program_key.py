"""What is constant in a program: fits that agree on it share one."""

from __future__ import annotations

from dataclasses import dataclass

from skdense.engine.keras_config import KerasConfig
from skdense.networks.network_description import NetworkDescription

VALIDATION_CHUNK = 1024  # rows of one forward pass over held-out rows


@dataclass(frozen=True)
class ProgramKey:
    """Everything that is constant in a program; fits that agree on it share one.

    Parameters
    ----------
    architecture : NetworkDescription
    optimizer, loss : KerasConfig
    batch_size : int
        Rows of one step.
    steps : int
        PaddedSizes for so many steps an epoch; how many are taken is a value.
    steps_per_gather : int
        The rows of so many steps are brought into their order at a time; divides `steps`.
    validation_rows : int
        PaddedSizes for so many held-out rows, 0 for none.
    epochs_per_call : int
        PaddedSizes for so many epochs in one call; how many are run is a value.
    compiled : bool
        Whether XLA compiles the program, or TensorFlow runs its plain graph.
    smooths : bool, default=False
        Whether the loss smooths labels; by how much is a value.
    sparse : bool, default=False
        Whether X comes as SparseRows.
    whole_rows : int, default=0
        Rows of an X that is read in place, held-out and unused ones among them; 0 where X is
        padded.
    whole_validation_rows : int, default=0
        The same of the array that held-out rows are read from.
    """

    architecture: NetworkDescription
    optimizer: KerasConfig
    loss: KerasConfig
    batch_size: int
    steps: int
    steps_per_gather: int
    validation_rows: int
    epochs_per_call: int
    compiled: bool
    smooths: bool = False
    sparse: bool = False
    whole_rows: int = 0
    whole_validation_rows: int = 0

    @property
    def rows(self) -> int:
        """PaddedSizes for so many training rows."""
        return self.batch_size * self.steps

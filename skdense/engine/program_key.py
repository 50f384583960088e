"""What is constant in a program: fits that agree on it share one."""

from __future__ import annotations

from dataclasses import dataclass

from skdense.engine.keras_config import KerasConfig
from skdense.engine.padding import PaddedSizes
from skdense.engine.settings import ProgramMetrics
from skdense.networks.network_description import NetworkDescription


@dataclass(frozen=True)
class ProgramKey:
    """Everything that is constant in a program; fits that agree on it share one."""

    architecture: NetworkDescription
    optimizer: KerasConfig
    loss: KerasConfig
    sizes: PaddedSizes  # how much of them a fit uses is one of the program's inputs
    compiled: bool  # whether XLA compiles the program, or TensorFlow runs its plain graph
    # whether the loss does; by how much is one of the program's inputs
    label_smoothing: bool = False
    sparse: bool = False  # whether X comes as SparseRows
    # length of an array that X, or the validation data's X, is selected from and read in place; 0
    # where it is padded
    n_all_samples: int = 0
    n_all_validation: int = 0
    # of a `RowTransformation`, which such an array's rows go through in the program; None where
    # they are the inputs
    bins_shape: tuple[int, int] | None = None
    # what is computed on the validation set, besides the loss
    metrics: ProgramMetrics | None = None

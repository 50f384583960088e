"""What is constant in a program: fits that agree on it share one."""

from __future__ import annotations

from dataclasses import dataclass

from skdense.engine.keras_config import KerasConfig
from skdense.engine.padding import PaddedSizes
from skdense.engine.settings import ProgramMetrics
from skdense.networks.network_description import NetworkDescription


@dataclass(frozen=True)
class ProgramKey:
    """Everything that is constant in a program; fits that agree on it share one.

    Parameters
    ----------
    architecture : NetworkDescription
    optimizer, loss : KerasConfig
    sizes : PaddedSizes
        How much of them a fit uses is one of the program's inputs.
    compiled : bool
        Whether XLA compiles the program, or TensorFlow runs its plain graph.
    label_smoothing : bool, default=False
        Whether the loss smooths labels; by how much is one of the program's inputs.
    sparse : bool, default=False
        Whether X comes as SparseRows.
    n_all_samples, n_all_validation : int, default=0
        Length of an array that X, or the validation data's X, is selected from and read in place;
        0 where it is padded.
    bins_shape : (int, int) or None, default=None
        Of the bins of a `RowTransformation`, which such an array's rows go through in the program;
        None where they are the inputs.
    metrics : ProgramMetrics or None, default=None
        What is computed on the validation set, besides the loss.
    """

    architecture: NetworkDescription
    optimizer: KerasConfig
    loss: KerasConfig
    sizes: PaddedSizes
    compiled: bool
    label_smoothing: bool = False
    sparse: bool = False
    n_all_samples: int = 0
    n_all_validation: int = 0
    bins_shape: tuple[int, int] | None = None
    metrics: ProgramMetrics | None = None

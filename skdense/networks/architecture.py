"""The architecture of a network: everything that changes its graph, and nothing that does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

Activation = str | Callable


class WeightSpec(NamedTuple):
    """One array of a network's weights."""

    layer: int  # from 0; the output is the last
    role: str  # "kernel", "bias", "gamma", "moving_mean", ...
    shape: tuple[int, ...]

    @property
    def trainable(self) -> bool:
        """Whether the optimizer moves it; batch norm's running statistics follow the data."""
        return not self.role.startswith("moving_")

    @property
    def is_kernel(self) -> bool:
        """Whether it is a matrix that inputs are multiplied by, and penalties apply to."""
        return self.role in ("kernel", "projection")


@dataclass(frozen=True)
class Architecture:
    """Frozen, hashable description of a dense network.

    Two networks with equal architectures share one compiled training program. Rates, penalties and
    the learning rate are therefore not in here: they are inputs of the program.
    """

    n_features: int  # width of the input: features, indicators of missing values and bins
    hidden_layer_sizes: tuple[int, ...]  # () is a linear, logistic or softmax regression
    activation: tuple[Activation, ...]
    batch_norm: str | None  # "before" or "after" the activation of each hidden layer
    dropout: tuple[bool, ...]  # whether each hidden layer is followed by it
    n_outputs: int
    out_activation: str  # "sigmoid", "softmax", "exponential" or "linear"
    dtype: str = "float32"  # of weights, and of the arithmetic in training
    # whether dropout, and Gaussian noise, act on the inputs in training
    input_dropout: bool = False
    input_noise: bool = False
    # each hidden layer but the first adds what it computes ahead of its activation to that of the
    # layer before; through a projection where the widths differ
    residual: bool = False

    @property
    def n_hidden(self) -> int:
        """Number of hidden layers."""
        return len(self.hidden_layer_sizes)

    @property
    def random_places(self) -> tuple[bool, ...]:
        """Where something may be drawn at random in training, and whether it is.

        The dropout of each hidden layer, that of the input, the noise on the input.
        """
        return (*self.dropout, self.input_dropout, self.input_noise)

    @property
    def n_penalties(self) -> int:
        """Number of penalized kernels: the hidden ones or, without any, the output's."""
        return max(self.n_hidden, 1)

    @property
    def n_weights(self) -> int:
        """Number of weights, batch norm's running statistics included."""
        total = 0
        for spec in self.weights():
            size = 1
            for length in spec.shape:
                size *= length
            total += size
        return total

    def weights(self) -> Iterator[WeightSpec]:
        """Every weight array, in the order of ``keras.Model.get_weights``."""
        widths = (self.n_features, *self.hidden_layer_sizes, self.n_outputs)
        for layer, (fan_in, fan_out) in enumerate(pairwise(widths)):
            yield WeightSpec(layer, "kernel", (fan_in, fan_out))
            yield WeightSpec(layer, "bias", (fan_out,))
            if self.residual and 0 < layer < self.n_hidden and fan_in != fan_out:
                yield WeightSpec(layer, "projection", (fan_in, fan_out))
            if self.batch_norm is not None and layer < self.n_hidden:
                for role in ("gamma", "beta", "moving_mean", "moving_variance"):
                    yield WeightSpec(layer, role, (fan_out,))

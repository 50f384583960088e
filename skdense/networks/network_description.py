"""What the engine has to know of any network that it trains."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from skdense.networks.architecture import WeightSpec


class NetworkDescription(Protocol):
    """Hashable description of a network; networks with equal ones share a training program.

    `Architecture` describes a dense network, `CustomModelDescription` a user's Keras model.
    """

    @property
    def dtype(self) -> str:
        """Precision of weights, and of the arithmetic in training."""

    @property
    def n_weights(self) -> int:
        """Number of weights, those included that the optimizer does not move."""

    def weights(self) -> Iterable[WeightSpec]:
        """Every array, in the order in which training takes and gives them."""

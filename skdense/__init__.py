"""Keras dense networks as real scikit-learn estimators."""

from typing import TYPE_CHECKING, Any

from skdense.comparison import Comparison, compare
from skdense.estimators import DenseClassifier, DenseRegressor
from skdense.program_cache import cache_info, clear_cache

if TYPE_CHECKING:
    from skdense.networks import NetworkClassifier, NetworkRegressor

__version__ = "0.1.0"

__all__ = [
    "Comparison",
    "DenseClassifier",
    "DenseRegressor",
    "NetworkClassifier",
    "NetworkRegressor",
    "cache_info",
    "clear_cache",
    "compare",
]


def __getattr__(name: str) -> Any:
    # These two inherit from scikeras, which imports TensorFlow: they are made when asked for.
    if name not in ("NetworkClassifier", "NetworkRegressor"):
        raise AttributeError(f"module 'skdense' has no attribute {name!r}")
    from skdense import networks

    return getattr(networks, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

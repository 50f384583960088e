"""Keras dense networks as real scikit-learn estimators."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from skdense.classifier import DenseClassifier
from skdense.program_cache import cache_info, clear_cache
from skdense.regressor import DenseRegressor

if TYPE_CHECKING:
    from skdense.comparison import Comparison, compare
    from skdense.diagnosis import Diagnosis, diagnose
    from skdense.history_display import HistoryDisplay
    from skdense.networks import NetworkClassifier, NetworkRegressor
    from skdense.onnx_export import export_onnx
    from skdense.persistence import TRUSTED_TYPES, load, load_weights, save, save_weights
    from skdense.search_spaces import search_space

__version__ = "0.1.0"

__all__ = [
    "TRUSTED_TYPES",
    "Comparison",
    "DenseClassifier",
    "DenseRegressor",
    "Diagnosis",
    "HistoryDisplay",
    "NetworkClassifier",
    "NetworkRegressor",
    "cache_info",
    "clear_cache",
    "compare",
    "diagnose",
    "export_onnx",
    "load",
    "load_weights",
    "save",
    "save_weights",
    "search_space",
]

# Imported when asked for: a process that loads a network and predicts needs none of them.
_LATER = {
    "Comparison": "comparison",
    "Diagnosis": "diagnosis",
    "HistoryDisplay": "history_display",
    "NetworkClassifier": "networks",
    "NetworkRegressor": "networks",
    "TRUSTED_TYPES": "persistence",
    "compare": "comparison",
    "diagnose": "diagnosis",
    "export_onnx": "onnx_export",
    "load": "persistence",
    "load_weights": "persistence",
    "save": "persistence",
    "save_weights": "persistence",
    "search_space": "search_spaces",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'skdense' has no attribute {name!r}")
    value = getattr(import_module(f"skdense.{_LATER[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

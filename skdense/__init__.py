"""Keras dense networks as real scikit-learn estimators."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from skdense.engine.program_cache import cache_info, clear_cache
from skdense.estimators.classifier import DenseClassifier
from skdense.estimators.keras_defaults import KERAS_DEFAULTS
from skdense.estimators.regressor import DenseRegressor

if TYPE_CHECKING:
    from skdense.callbacks.optuna_pruning import OptunaPruning
    from skdense.estimators.network_classifier import NetworkClassifier
    from skdense.estimators.network_regressor import NetworkRegressor
    from skdense.inspection.diagnose import Diagnosis, diagnose
    from skdense.inspection.history_display import HistoryDisplay
    from skdense.model_selection.compare import compare
    from skdense.model_selection.comparison import Comparison
    from skdense.model_selection.search_space import search_space
    from skdense.persistence.onnx import export_onnx
    from skdense.persistence.save_load import TRUSTED_TYPES, load, load_weights, save, save_weights

__version__ = "0.1.0"

__all__ = [
    "KERAS_DEFAULTS",
    "TRUSTED_TYPES",
    "Comparison",
    "DenseClassifier",
    "DenseRegressor",
    "Diagnosis",
    "HistoryDisplay",
    "NetworkClassifier",
    "NetworkRegressor",
    "OptunaPruning",
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
    "Comparison": "model_selection.comparison",
    "Diagnosis": "inspection.diagnose",
    "HistoryDisplay": "inspection.history_display",
    "NetworkClassifier": "estimators.network_classifier",
    "NetworkRegressor": "estimators.network_regressor",
    "OptunaPruning": "callbacks.optuna_pruning",
    "TRUSTED_TYPES": "persistence.save_load",
    "compare": "model_selection.compare",
    "diagnose": "inspection.diagnose",
    "export_onnx": "persistence.onnx",
    "load": "persistence.save_load",
    "load_weights": "persistence.save_load",
    "save": "persistence.save_load",
    "save_weights": "persistence.save_load",
    "search_space": "model_selection.search_space",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'skdense' has no attribute {name!r}")
    value = getattr(import_module(f"skdense.{_LATER[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

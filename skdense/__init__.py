"""Keras dense networks as real scikit-learn estimators."""

from skdense.comparison import Comparison, compare
from skdense.diagnosis import Diagnosis, diagnose
from skdense.estimators import DenseClassifier, DenseRegressor
from skdense.history_display import HistoryDisplay
from skdense.onnx_export import export_onnx
from skdense.persistence import TRUSTED_TYPES, load, load_weights, save, save_weights
from skdense.program_cache import cache_info, clear_cache

__version__ = "0.1.0"

__all__ = [
    "TRUSTED_TYPES",
    "Comparison",
    "DenseClassifier",
    "DenseRegressor",
    "Diagnosis",
    "HistoryDisplay",
    "cache_info",
    "clear_cache",
    "compare",
    "diagnose",
    "export_onnx",
    "load",
    "load_weights",
    "save",
    "save_weights",
]

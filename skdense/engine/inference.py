"""The forward pass in NumPy: prediction without TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from scipy import sparse, special

from skdense.networks.architecture import Activation, Architecture

BATCH_NORM_EPSILON = 1e-3  # keras.layers.BatchNormalization's default
_LEAKY_SLOPE = np.float32(0.2)  # TensorFlow holds it in float32, in float64 networks too
_CHUNK_SIZE = 2**20  # numbers in the widest layer of one chunk: fits the processor's caches


def forward(
    architecture: Architecture,
    weights: list[np.ndarray],
    X: Any,
    n_layers: int | None = None,
    transformation: Any = None,
) -> np.ndarray:
    """Compute the network's output before its activation, or that of so many hidden layers.

    X is an array or a CSR matrix (n_samples, n_features). The wider of its dtype and the
    architecture's is that of the arithmetic and the result: a matrix product rounds a row by its
    place among the others, in float64 a billion times less. An InputTransformation makes inputs of
    the rows of X, a chunk at a time.
    """
    dtype = np.promote_types(X.dtype, architecture.dtype)
    layers = _by_layer(architecture, weights, dtype, n_layers)
    n_samples = X.shape[0]
    stays_sparse = sparse.issparse(X) and (transformation is None or transformation.keeps_zeros)
    n_inputs = X.nnz // max(n_samples, 1) if stays_sparse else architecture.n_features

    def inputs(rows: Any) -> Any:
        rows = rows if transformation is None else transformation.inputs(rows, dtype)
        return rows.astype(dtype, copy=False)

    widest = max(n_inputs, *(len(layer["bias"]) for layer in layers))
    chunk = max(_CHUNK_SIZE // widest, 1)
    if n_samples <= chunk:
        return _forward(architecture, layers, inputs(X))
    out = np.empty((n_samples, len(layers[-1]["bias"])), dtype)
    for start in range(0, n_samples, chunk):
        rows = slice(start, start + chunk)
        out[rows] = _forward(architecture, layers, inputs(X[rows]))
    return out


def activate(activation: Activation, x: np.ndarray, dtype: str) -> np.ndarray:
    """Apply an activation to (n_samples, n_units), in the dtype of `x`.

    A function of the user's own, which Keras then computes, is given the network's `dtype`.
    """
    function = ACTIVATIONS.get(activation) if isinstance(activation, str) else None
    if function is not None:
        return function(x)
    from skdense.engine.activations import activate_in_keras

    return activate_in_keras(activation, x.astype(dtype, copy=False)).astype(x.dtype, copy=False)


def _by_layer(
    architecture: Architecture, weights: list[np.ndarray], dtype: np.dtype, n_layers: int | None
) -> list[dict]:
    n_layers = architecture.n_hidden + 1 if n_layers is None else n_layers
    layers: list[dict] = [{} for _ in range(n_layers)]
    for (layer, role), array in zip(_places(architecture), weights, strict=True):
        if layer < n_layers:
            layers[layer][role] = array.astype(dtype, copy=False)
    return layers


@lru_cache  # a tenth of the time to predict one row
def _places(architecture: Architecture) -> list[tuple[int, str]]:
    return [(spec.layer, spec.role) for spec in architecture.weights()]


def _forward(architecture: Architecture, layers: list[dict], x: np.ndarray) -> np.ndarray:
    skipped = None  # what the layer before computed ahead of its activation
    for number, layer in enumerate(layers):
        x = np.asarray(x @ layer["kernel"])
        x += layer["bias"]
        if number == architecture.n_hidden:
            break
        if architecture.residual:
            if skipped is not None:
                projection = layer.get("projection")
                x += skipped if projection is None else skipped @ projection
            skipped = x.copy()  # an activation may work in place
        if architecture.batch_norm == "before":
            x = _normalize(x, layer)
        x = activate(architecture.activation[number], x, architecture.dtype)
        if architecture.batch_norm == "after":
            x = _normalize(x, layer)
    return x


def _normalize(x: np.ndarray, layer: dict) -> np.ndarray:
    # S. Ioffe and C. Szegedy, "Batch normalization", ICML 2015, with the running statistics.
    scale = layer["gamma"] / np.sqrt(layer["moving_variance"] + BATCH_NORM_EPSILON)
    return x * scale + (layer["beta"] - layer["moving_mean"] * scale)


def _gelu(x: np.ndarray) -> np.ndarray:
    # Keras's default is the tanh-free form, x * Phi(x): D. Hendrycks and K. Gimpel, 2016.
    return x * special.ndtr(x)


def _selu(x: np.ndarray) -> np.ndarray:
    # G. Klambauer et al., "Self-normalizing neural networks", NeurIPS 2017.
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    return scale * np.where(x > 0, x, alpha * _expm1_below_zero(x))


def _mish(x: np.ndarray) -> np.ndarray:
    # D. Misra, "Mish: a self regularized non-monotonic activation function", BMVC 2020.
    return x * np.tanh(_softplus(x))


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.logaddexp(x, x.dtype.type(0))


def _expm1_below_zero(x: np.ndarray) -> np.ndarray:
    return np.expm1(np.minimum(x, 0))


def _hard_sigmoid(x: np.ndarray) -> np.ndarray:
    return np.clip(x / 6 + x.dtype.type(0.5), 0, 1)


def _sparse_plus(x: np.ndarray) -> np.ndarray:
    return np.where(x <= -1, 0, np.where(x < 1, (x + 1) ** 2 / 4, x))


# Names as in keras.activations, where the formulas are; each takes and gives (n_samples, n_units).
# Names not listed here go through Keras.
ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "celu": lambda x: np.where(x > 0, x, _expm1_below_zero(x)),
    "elu": lambda x: np.where(x > 0, x, _expm1_below_zero(x)),
    "exponential": np.exp,
    "gelu": _gelu,
    "hard_shrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": lambda x: x * _hard_sigmoid(x),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "leaky_relu": lambda x: np.where(x > 0, x, x.dtype.type(_LEAKY_SLOPE) * x),
    "linear": lambda x: x,
    "log_sigmoid": lambda x: -_softplus(-x),
    "log_softmax": lambda x: special.log_softmax(x, axis=-1),
    "mish": _mish,
    "relu": lambda x: np.maximum(x, 0, out=x),
    "relu6": lambda x: np.clip(x, 0, 6),
    "selu": _selu,
    "sigmoid": special.expit,
    "silu": lambda x: x * special.expit(x),
    "soft_shrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - x.dtype.type(0.5), 0),
    "softmax": lambda x: special.softmax(x, axis=-1),
    "softplus": _softplus,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": lambda x: np.clip((x + 1) / 2, 0, 1),
    "squareplus": lambda x: (x + np.sqrt(x * x + 4)) / 2,
    "tanh": np.tanh,
    "tanh_shrink": lambda x: x - np.tanh(x),
}

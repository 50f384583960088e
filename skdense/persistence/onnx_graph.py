"""A dense network as ONNX operators: layers, activations, probabilities and labels.

Formulas are those of `skdense.engine.inference`, `skdense.estimators.ensemble` and of
`skdense.preprocessing`: `class_encoding`, `target_scaling`, `feature_scaling` and `feature_bins`.
The packages onnx and skl2onnx are imported where they are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from skdense.engine.inference import BATCH_NORM_EPSILON
from skdense.engine.program_inputs import FLAT
from skdense.networks.architecture import Architecture
from skdense.preprocessing.class_encoding import ClassEncoding
from skdense.preprocessing.feature_bins import FeatureBins
from skdense.preprocessing.feature_scaling import FeatureScaling
from skdense.preprocessing.input_transformation import InputTransformation
from skdense.preprocessing.target_scaling import TargetScale

# The newest operators used; runtimes from 2023 on know them.
OPSET = 18


class Graph:
    """Adds operators to the model that skl2onnx is building, which names them and takes them."""

    def __init__(self, scope: Any, container: Any) -> None:
        self._scope = scope
        self._container = container

    def __call__(self, operator: str, *inputs: str, to: str | None = None, **attributes) -> str:
        """Add an operator, as ONNX calls it, and give the name of its output, `to` or a new one."""
        return self._add(operator, inputs, to, attributes)

    def _add(self, operator: str, inputs: Iterable[str], to: str | None, attributes: dict) -> str:
        output = to or self._scope.get_unique_variable_name(operator.lower())
        name = self._scope.get_unique_operator_name(operator)
        self._container.add_node(
            operator, list(inputs), [output], op_version=OPSET, name=name, **attributes
        )
        return output

    def constant(self, array: Any) -> str:
        """Add an array, or a number in float32, and give its name."""
        from onnx import TensorProto, numpy_helper

        array = np.asarray(array, np.float32 if isinstance(array, float) else None)
        name = self._scope.get_unique_variable_name("constant")
        if array.dtype.kind in "UO":
            texts = [text.encode() for text in array]
            self._container.add_initializer(name, TensorProto.STRING, list(array.shape), texts)
        else:
            self._container.add_initializer(name, None, None, numpy_helper.from_array(array))
        return name

    def cast(self, x: str, kind: str, to: str | None = None) -> str:
        """Change the element type, to ``"FLOAT"``, ``"DOUBLE"`` or ``"INT64"``."""
        from onnx import TensorProto

        return self._add("Cast", (x,), to, {"to": getattr(TensorProto, kind)})


def add_missing_indicators(g: Graph, columns: np.ndarray, x: str) -> str:
    """Add zeros in the place of missing values, and the indicators of some columns.

    From (n_samples, n_features) to (n_samples, n_features + len(columns)).
    """
    is_missing = g("IsNaN", x)
    filled = g("Where", is_missing, g.constant(0.0), x)
    if len(columns) == 0:
        return filled
    marks = g("Gather", g.cast(is_missing, "FLOAT"), g.constant(columns.astype(np.int64)), axis=1)
    return g("Concat", filled, marks, axis=1)


def add_input_transformation(g: Graph, transformation: InputTransformation, x: str) -> str:
    """Add what makes the network's inputs of X: scaling, indicators of missing values, bins.

    From (n_samples, n_features) in float64 to (n_samples, n_inputs) in float32.
    """
    parts, columns = [_scale(g, transformation.scaling, x)], transformation.missing_features
    if columns is not None:
        is_missing = g("IsNaN", x)
        parts = [g("Where", is_missing, g.constant(np.zeros(1)), parts[0])]
        if len(columns):
            marks = g.cast(is_missing, "DOUBLE")
            parts.append(g("Gather", marks, g.constant(columns.astype(np.int64)), axis=1))
    if transformation.bins is not None and transformation.bins.n_inputs:
        parts.append(_add_bins(g, transformation.bins, x))
        if columns is not None:
            is_missing = g("IsNaN", parts[-1])
            parts[-1] = g("Where", is_missing, g.constant(np.zeros(1)), parts[-1])
    return g.cast(parts[0] if len(parts) == 1 else g("Concat", *parts, axis=1), "FLOAT")


def _scale(g: Graph, scaling: FeatureScaling | None, x: str) -> str:
    if scaling is None:
        return x
    z = g("Mul", g("Sub", x, g.constant(scaling.center)), g.constant(scaling.scale))
    if scaling.clip is None:
        return z
    limit = FLAT * scaling.clip
    z = g("Clip", z, g.constant(np.array(-limit)), g.constant(np.array(limit)))
    share = g("Div", z, g.constant(np.array([scaling.clip])))
    size = g("Sqrt", g("Add", g("Mul", share, share), g.constant(np.ones(1))))
    return g("Div", z, size)


def _add_bins(g: Graph, bins: FeatureBins, x: str) -> str:
    features = g("Gather", x, g.constant(bins.columns.astype(np.int64)), axis=1)
    features = g("Unsqueeze", features, g.constant(np.array([1])))
    passed = g("Sub", features, g.constant(bins.lower))
    passed = g("Mul", passed, g.constant(bins.inverse_width))
    passed = g("Clip", passed, g.constant(np.array(0.0)), g.constant(np.array(1.0)))
    return g("Flatten", passed, axis=1)


def add_network(g: Graph, architecture: Architecture, weights: list[np.ndarray], x: str) -> str:
    """Add the layers, in float32, up to the output layer before its activation."""
    layers: list[dict] = [{} for _ in range(architecture.n_hidden + 1)]
    for spec, array in zip(architecture.weights(), weights, strict=True):
        layers[spec.layer][spec.role] = array
    skipped = None
    for number, layer in enumerate(layers):
        x = g("MatMul", x, g.constant(layer["kernel"].astype(np.float32)))
        x = g("Add", x, g.constant(layer["bias"].astype(np.float32)))
        if number < architecture.n_hidden:
            if architecture.residual:
                x = skipped = x if skipped is None else _add_skipped(g, x, skipped, layer)
            if architecture.batch_norm == "before":
                x = _normalize(g, x, layer)
            x = _activate(g, x, architecture.activation[number])
            if architecture.batch_norm == "after":
                x = _normalize(g, x, layer)
    return x


def add_average(g: Graph, encoding: ClassEncoding, outputs: Sequence[str]) -> str:
    """Add what stands for the output layers of several networks, as in `average_outputs`."""
    if encoding.out_activation == "softmax":
        return _log_mean(g, [g("LogSoftmax", each, axis=-1) for each in outputs])
    # The logarithm of the sigmoid is minus the softplus of minus x.
    positive = [g("Neg", g("Softplus", g("Neg", each))) for each in outputs]
    negative = [g("Neg", g("Softplus", each)) for each in outputs]
    return g("Sub", _log_mean(g, positive), _log_mean(g, negative))


def _log_mean(g: Graph, logarithms: Sequence[str]) -> str:
    axis = g.constant(np.array([0]))
    stacked = g("Concat", *(g("Unsqueeze", each, axis) for each in logarithms), axis=0)
    total = g("ReduceLogSumExp", stacked, axis, keepdims=0)
    return g("Sub", total, g.constant(float(np.log(len(logarithms)))))


def add_probabilities(g: Graph, encoding: ClassEncoding, logits: str, probabilities: str) -> None:
    """Add what `predict_proba` gives, from the output layer before its activation."""
    if encoding.out_activation == "softmax":
        g("Softmax", logits, axis=-1, to=probabilities)
    elif encoding.kind == "multilabel":
        g("Sigmoid", logits, to=probabilities)
    else:
        sides = (g("Sigmoid", g("Neg", logits)), g("Sigmoid", logits))
        g("Concat", *sides, axis=1, to=probabilities)


def add_raw_scores(g: Graph, encoding: ClassEncoding, logits: str, scores: str) -> None:
    """Add what `decision_function` gives; for two classes both sides, as skl2onnx wants them."""
    if encoding.kind != "binary":
        g("Identity", logits, to=scores)
        return
    if encoding.n_outputs == 2:
        logits = g("MatMul", logits, g.constant(np.array([[-1], [1]], np.float32)))
    g("Concat", g("Neg", logits), logits, axis=1, to=scores)


def add_labels(g: Graph, encoding: ClassEncoding, logits: str, label: str) -> None:
    """Add what `predict` gives."""
    if encoding.n_outputs == 1 or encoding.kind == "multilabel":
        index = g.cast(g("Greater", logits, g.constant(0.0)), "INT64")
        if encoding.kind == "multilabel":
            g("Identity", index, to=label)
            return
        index = g("Squeeze", index, g.constant(np.array([1])))
    else:
        index = g("ArgMax", logits, axis=1, keepdims=0)
    g("Gather", g.constant(label_values(encoding)), index, axis=0, to=label)


def add_target_output(
    g: Graph,
    scales: Sequence[TargetScale],
    outputs: Sequence[str],
    variable: str,
    is_double: bool,
) -> None:
    """Add predictions in the unit of the target, the mean of those of several networks.

    `outputs` are those of their output layers before the activation.
    """
    total = ""
    for scale, output in zip(scales, outputs, strict=True):
        numbers = g("Exp", output) if scale.out_activation == "exponential" else output
        # As in Python: float32 would lose digits of a target far from zero.
        wide = g("Mul", g.cast(numbers, "DOUBLE"), g.constant(scale.scale))
        wide = g("Add", wide, g.constant(scale.mean))
        total = g("Add", total, wide) if total else wide
    if len(outputs) > 1:
        total = g("Div", total, g.constant(np.array(len(outputs), np.float64)))
    g("Identity", total if is_double else g.cast(total, "FLOAT"), to=variable)


def label_values(encoding: ClassEncoding) -> np.ndarray:
    """Give the labels as ONNX can hold them: whole numbers in int64, or text; or one-hot rows."""
    if encoding.kind == "one-hot":
        return np.eye(len(encoding.classes), dtype=np.int64)
    classes = encoding.classes
    # As in skl2onnx: truth values become 0 and 1; scikit-learn takes no other floats than whole.
    return classes.astype(np.int64) if classes.dtype.kind in "biuf" else classes


def _normalize(g: Graph, x: str, layer: dict) -> str:
    scale = layer["gamma"] / np.sqrt(layer["moving_variance"] + BATCH_NORM_EPSILON)
    shift = layer["beta"] - layer["moving_mean"] * scale
    x = g("Mul", x, g.constant(scale.astype(np.float32)))
    return g("Add", x, g.constant(shift.astype(np.float32)))


def _add_skipped(g: Graph, x: str, skipped: str, layer: dict) -> str:
    if "projection" in layer:
        skipped = g("MatMul", skipped, g.constant(layer["projection"].astype(np.float32)))
    return g("Add", x, skipped)


def _activate(g: Graph, x: str, activation: Any) -> str:
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        raise ValueError(
            f"activation={activation!r} cannot be exported: there are ONNX operators for "
            f"{', '.join(sorted(ACTIVATIONS))}. Train with one of these."
        )
    return ACTIVATIONS[activation](g, x)


def _clip(g: Graph, x: str, low: float, high: float) -> str:
    return g("Clip", x, g.constant(low), g.constant(high))


def _gelu(g: Graph, x: str) -> str:
    # x * Phi(x); ONNX has it as one operator from opset 20 only.
    erf = g("Erf", g("Div", x, g.constant(2.0**0.5)))
    return g("Mul", g("Mul", x, g.constant(0.5)), g("Add", erf, g.constant(1.0)))


def _sparse_plus(g: Graph, x: str) -> str:
    # The parabola from -1 to 1, and the line after it.
    rising = g("Add", _clip(g, x, -1.0, 1.0), g.constant(1.0))
    parabola = g("Div", g("Mul", rising, rising), g.constant(4.0))
    return g("Add", parabola, g("Relu", g("Sub", x, g.constant(1.0))))


def _squareplus(g: Graph, x: str) -> str:
    root = g("Sqrt", g("Add", g("Mul", x, x), g.constant(4.0)))
    return g("Div", g("Add", x, root), g.constant(2.0))


# Names and formulas as in skdense.engine.inference; each takes and gives (n_samples, n_units).
ACTIVATIONS: dict[str, Callable[[Graph, str], str]] = {
    "celu": lambda g, x: g("Celu", x),
    "elu": lambda g, x: g("Elu", x),
    "exponential": lambda g, x: g("Exp", x),
    "gelu": _gelu,
    "hard_shrink": lambda g, x: g("Shrink", x, lambd=0.5, bias=0.0),
    "hard_sigmoid": lambda g, x: g("HardSigmoid", x, alpha=1 / 6, beta=0.5),
    "hard_silu": lambda g, x: g("HardSwish", x),
    "hard_tanh": lambda g, x: _clip(g, x, -1.0, 1.0),
    "leaky_relu": lambda g, x: g("LeakyRelu", x, alpha=0.2),
    "linear": lambda g, x: x,
    "log_sigmoid": lambda g, x: g("Neg", g("Softplus", g("Neg", x))),
    "log_softmax": lambda g, x: g("LogSoftmax", x, axis=-1),
    "mish": lambda g, x: g("Mul", x, g("Tanh", g("Softplus", x))),
    "relu": lambda g, x: g("Relu", x),
    "relu6": lambda g, x: _clip(g, x, 0.0, 6.0),
    "selu": lambda g, x: g("Selu", x),
    "sigmoid": lambda g, x: g("Sigmoid", x),
    "silu": lambda g, x: g("Mul", x, g("Sigmoid", x)),
    "soft_shrink": lambda g, x: g("Shrink", x, lambd=0.5, bias=0.5),
    "softmax": lambda g, x: g("Softmax", x, axis=-1),
    "softplus": lambda g, x: g("Softplus", x),
    "softsign": lambda g, x: g("Softsign", x),
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": lambda g, x: _clip(
        g, g("Div", g("Add", x, g.constant(1.0)), g.constant(2.0)), 0.0, 1.0
    ),
    "squareplus": _squareplus,
    "tanh": lambda g, x: g("Tanh", x),
    "tanh_shrink": lambda g, x: g("Sub", x, g("Tanh", x)),
}

"""Run an ONNX file before it is put in place, and compare it with the estimator."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor

from skdense.persistence.onnx_inputs import SampleInputs

_TOLERANCE = 1e-3  # of a probability, or of the predictions' spread; float32 gives a hundredth


def verify(model: bytes, estimator: Any, inputs: SampleInputs, rows: str) -> None:
    """Refuse a file that does not predict what the estimator does; `rows` says for which inputs.

    Raises ValueError if a prediction differs by more than the rounding of float32, or the two
    cannot be compared.
    """
    expected = _predictions(estimator, inputs.X, rows)
    try:
        found = _run(model, inputs.arrays)
    except Exception as error:  # each runtime has errors of its own
        raise _incomparable(estimator, f"the file does not run on {rows}: {error}") from error
    if len(found) != len(expected):
        raise _incomparable(estimator, f"it has {len(found)} outputs, not {len(expected)}")
    for (method, values), output in zip(expected.items(), found, strict=True):
        _compare(estimator, method, values, _shaped(estimator, method, values, output), expected)


def _predictions(estimator: Any, X: Any, rows: str) -> dict[str, np.ndarray]:
    if is_classifier(estimator):
        methods = ["predict", "predict_proba"]
    elif is_regressor(estimator):
        methods = ["predict"]
    else:
        raise _incomparable(estimator, "it is neither a classifier nor a regressor")
    missing = [method for method in methods if not hasattr(estimator, method)]
    if missing:
        raise _incomparable(estimator, f"it has no {missing[0]}")
    with warnings.catch_warnings():
        # A file with one input has no names, and neither have its rows.
        warnings.filterwarnings("ignore", "X does not have valid feature names")
        try:
            return {method: np.asarray(getattr(estimator, method)(X)) for method in methods}
        except ValueError as error:
            raise _incomparable(estimator, f"it does not predict for {rows}: {error}") from error


def _run(model: bytes, arrays: dict[str, np.ndarray]) -> Any:
    """Give the outputs, by onnxruntime, or by the slow evaluator that comes with onnx."""
    try:
        import onnxruntime
    except ImportError:
        from onnx import load_from_string
        from onnx.reference import ReferenceEvaluator

        return ReferenceEvaluator(load_from_string(model)).run(None, arrays)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # its errors are raised; this leaves out what it prints
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session.run(None, arrays)


def _shaped(estimator: Any, method: str, values: np.ndarray, output: Any) -> np.ndarray:
    output = np.asarray(output)
    if is_regressor(estimator) and output.ndim == 2 and values.ndim == 1:
        output = output[:, 0] if output.shape[1] == 1 else output  # a matrix even for one target
    if output.shape != values.shape:
        difference = f"its {method} has the shape {values.shape}, the file's {output.shape}"
        raise _incomparable(estimator, difference)
    return output


def _compare(
    estimator: Any,
    method: str,
    values: np.ndarray,
    output: np.ndarray,
    expected: dict[str, np.ndarray],
) -> None:
    if method == "predict" and is_classifier(estimator):
        is_equal = (values == output) | _undecided(values, expected["predict_proba"])
    else:
        unit = 1.0 if method == "predict_proba" else _spread(values)
        is_equal = np.isclose(values, output, rtol=0, atol=_TOLERANCE * unit, equal_nan=True)
    if is_equal.all():
        return
    place = tuple(int(i) for i in np.argwhere(~is_equal)[0])
    raise ValueError(
        f"{type(estimator).__name__} cannot be exported: {method} gives {values[place]} for row "
        f"{place[0]}, and the ONNX file {output[place]}. No file was written. Either skl2onnx "
        "converts a step wrongly, or float32 is too short for numbers as far from zero as these: "
        "export the network alone, or scale X by less than float32 loses."
    )


def _undecided(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Whether rounding may turn a label, in the shape of the labels."""
    if probabilities.ndim != 2:
        return np.zeros(labels.shape, bool)
    if labels.shape == probabilities.shape:
        return np.abs(probabilities - 0.5) < _TOLERANCE
    low, high = np.sort(probabilities, axis=1)[:, -2:].T
    return high - low < 2 * _TOLERANCE


def _spread(values: np.ndarray) -> np.ndarray:
    """Standard deviation of each target's predictions; their size where all are one."""
    size, spread = np.abs(values).max(axis=0), values.std(axis=0)
    return np.where(spread > 1e-9 * size, spread, size)


def _incomparable(estimator: Any, reason: str) -> ValueError:
    return ValueError(
        f"{type(estimator).__name__} cannot be exported, as its ONNX file cannot be compared with "
        f"it: {reason}. No file was written."
    )

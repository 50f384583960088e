"""ONNX: a network, or a pipeline with one, as a file that other languages predict from."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skdense.estimators.classifier import DenseClassifier
from skdense.estimators.regressor import DenseRegressor
from skdense.persistence.archive import atomic_write
from skdense.persistence.onnx_graph import (
    OPSET,
    Graph,
    add_class_outputs,
    add_missing_indicators,
    add_network,
    add_target_output,
    label_values,
    needs_double,
)


def export_onnx(estimator: Any, path: str | os.PathLike, X: Any = None) -> None:
    """Write a fitted network, or a pipeline with one in it, as an ONNX file.

    A runtime such as onnxruntime then predicts without Python packages of ours, and without
    TensorFlow. Outputs are named as skl2onnx names them: ``label`` and ``probabilities`` for
    classifiers, ``variable``, a matrix, for regressors. The file computes in float32, and is
    equal to `predict` up to that rounding.

    Transformers are converted by skl2onnx, which knows most of scikit-learn's. It takes the extra
    ``skdense[onnx]``.

    Parameters
    ----------
    estimator : DenseClassifier, DenseRegressor, or a Pipeline or a search with one
        Fitted.
    path : str or path-like
        A file that is there is replaced once the new one is complete.
    X : DataFrame, default=None
        A few rows as `predict` takes them. From a DataFrame each column becomes an input of its
        name and kind: whole numbers, other numbers or text. A pipeline that picks columns by
        their names needs that. None is one input ``X``, a matrix of numbers,
        or images where the network was trained on them.

    Raises
    ------
    ImportError
        If onnx or skl2onnx is not installed.
    NotFittedError
        If the estimator is not fitted.
    ValueError
        If an activation has no counterpart in ONNX, or columns are picked by name and there is
        no `X`.

    See Also
    --------
    save : For scikit-learn itself, with everything that training needs to go on.

    Examples
    --------
    >>> import skdense
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> X, y = load_iris(return_X_y=True)
    >>> net = skdense.DenseClassifier(8, epochs=2, random_state=0)
    >>> pipeline = make_pipeline(StandardScaler(), net).fit(X, y)
    >>> skdense.export_onnx(pipeline, "iris.onnx")
    >>> import onnxruntime
    >>> session = onnxruntime.InferenceSession("iris.onnx")
    >>> label, probabilities = session.run(None, {"X": X.astype("float32")})
    >>> bool((label == pipeline.predict(X)).all())
    True
    """
    check_is_fitted(estimator)
    try:
        from skl2onnx import convert_sklearn, update_registered_converter
    except ImportError as error:
        raise ImportError(
            "export_onnx needs onnx and skl2onnx: pip install 'skdense[onnx]'."
        ) from error
    for kind, parse in ((DenseClassifier, _parse_classifier), (DenseRegressor, _parse_regressor)):
        update_registered_converter(
            kind,
            f"Skdense{kind.__name__}",
            lambda operator: None,  # the parser has given the outputs their types
            _convert,
            parser=parse,
            options={"zipmap": [True, False, "columns"]},  # pipelines set it
        )
    model = convert_sklearn(
        estimator,
        initial_types=_input_types(estimator, X),
        target_opset={"": OPSET, "ai.onnx.ml": 3},
    )
    with atomic_write(path) as file:
        file.write(model.SerializeToString())


def _input_types(estimator: Any, X: Any) -> list[tuple[str, Any]]:
    """Name and type of each input."""
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType

    if hasattr(X, "dtypes"):
        kinds = {"i": Int64TensorType, "u": Int64TensorType, "f": FloatTensorType}
        columns = [(str(name), np.asarray(X[name])) for name in X.columns]
        return [
            (name, kinds.get(column.dtype.kind, StringTensorType)([None, 1]))
            for name, column in columns
        ]
    steps = [step for _, step in estimator.steps] if isinstance(estimator, Pipeline) else []
    for step in steps:
        if isinstance(step, ColumnTransformer) and hasattr(step, "feature_names_in_"):
            raise ValueError(
                "X=None does not do for a pipeline that picks columns by their names: pass a few "
                "rows of the table, export_onnx(pipeline, path, X[:5])."
            )
    shape = getattr(estimator, "input_shape_", (estimator.n_features_in_,))
    return [("X", FloatTensorType([None, *shape]))]


def _parse_classifier(scope: Any, model: DenseClassifier, inputs: list, custom_parsers=None):
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType

    encoding = model._encoding
    kind = Int64TensorType if label_values(encoding).dtype.kind == "i" else StringTensorType
    n_classes = len(encoding.classes)
    as_matrix = encoding.kind in ("multilabel", "one-hot")
    outputs = {
        "label": kind([None, n_classes] if as_matrix else [None]),
        "probabilities": FloatTensorType([None, n_classes]),
    }
    return _declare(scope, model, inputs, outputs)


def _parse_regressor(scope: Any, model: DenseRegressor, inputs: list, custom_parsers=None):
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    kind = DoubleTensorType if needs_double(model._encoding) else FloatTensorType
    return _declare(scope, model, inputs, {"variable": kind([None, model.n_outputs_])})


def _declare(scope: Any, model: Any, inputs: list, outputs: dict[str, Any]) -> list:
    operator = scope.declare_local_operator(f"Skdense{type(model).__name__}", model)
    operator.inputs = inputs
    for name, kind in outputs.items():
        operator.outputs.append(scope.declare_local_variable(name, kind))
    return operator.outputs


def _convert(scope: Any, operator: Any, container: Any) -> None:
    model, g = operator.raw_operator, Graph(scope, container)
    inputs = [g.cast(each.full_name, "FLOAT") for each in operator.inputs]
    x = g("Concat", *inputs, axis=1) if len(inputs) > 1 else inputs[0]
    if len(operator.inputs[0].type.shape) > 2:
        x = g("Flatten", x, axis=1)
    if hasattr(model, "missing_features_"):
        x = add_missing_indicators(g, model.missing_features_, x)
    outputs = add_network(g, model.architecture_, model.weights_, x)
    names = [each.full_name for each in operator.outputs]
    if isinstance(model, DenseClassifier):
        add_class_outputs(g, model._encoding, outputs, *names)
    else:
        add_target_output(g, model._encoding, outputs, *names)

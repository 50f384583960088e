"""ONNX: a network, or a pipeline with one, as a file that other languages predict from."""

from __future__ import annotations

import os
from typing import Any

from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from skdense.engine.archive import atomic_write
from skdense.estimators.classifier import DenseClassifier
from skdense.estimators.ensemble import networks_of
from skdense.estimators.regressor import DenseRegressor
from skdense.persistence.onnx_graph import (
    OPSET,
    Graph,
    add_average,
    add_input_transformation,
    add_labels,
    add_missing_indicators,
    add_network,
    add_probabilities,
    add_raw_scores,
    add_target_output,
    label_values,
)
from skdense.persistence.onnx_inputs import sample_inputs
from skdense.persistence.onnx_verification import verify


def export_onnx(estimator: Any, path: str | os.PathLike, X: Any = None) -> None:
    """Write a fitted network, or a pipeline with one in it, as an ONNX file.

    A runtime such as onnxruntime predicts from the file without skdense and TensorFlow. Outputs are
    named as skl2onnx names them: ``label`` and ``probabilities`` for classifiers, ``variable``, a
    matrix, for regressors. The file computes in float32, and is equal to `predict` up to rounding.

    Before the file is written to its place, it is run on `X` and compared with `predict` and
    `predict_proba`: by onnxruntime if it is installed, else by onnx's own evaluator.

    Transformers are converted by skl2onnx, which knows most of scikit-learn's. It needs the extra
    ``skdense[onnx]``.

    .. versionadded:: 0.1

    Parameters
    ----------
    estimator : DenseClassifier, DenseRegressor, or a Pipeline, a search or the like with one
        The fitted estimator.
    path : str or path-like
        Where to write. An existing file is replaced once the new one is complete.
    X : DataFrame or array-like, default=None
        A few rows as `predict` takes them, the more different the better. If it is a DataFrame,
        each column becomes an input of its own name and type: integers (booleans, too), floats or
        text; without a ``ColumnTransformer``, all columns have to be of one numeric type. A
        pipeline that selects columns by name needs a DataFrame. For an array or None there is one
        input ``X``, a matrix, or images where the network was trained on them; None draws the rows
        to compare at random.

    Raises
    ------
    ImportError
        If onnx or skl2onnx is not installed.
    NotFittedError
        If the estimator is not fitted.
    ValueError
        If ONNX has no such activation, columns are selected by name and there is no `X`, its
        columns are not those of the fit, or the file's predictions differ from the estimator's or
        cannot be compared with them. No file is written then.

    See Also
    --------
    save : Write the estimator itself, with everything that further training needs.

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
    register()
    from skl2onnx import convert_sklearn

    inputs = sample_inputs(estimator, X)
    model = convert_sklearn(
        estimator,
        initial_types=inputs.types(),
        target_opset={"": OPSET, "ai.onnx.ml": 3},
        # Of classifiers around the network: probabilities as a matrix, and not as dicts.
        options={"zipmap": False} if is_classifier(estimator) else None,
    ).SerializeToString()
    rows = "X" if X is not None else "rows drawn at random (X=None; pass a few of yours)"
    verify(model, estimator, inputs, rows)
    with atomic_write(path) as file:
        file.write(model)


def register() -> None:
    """Let skl2onnx convert networks, alone or within its own kinds of estimators.

    After one call per process, ``skl2onnx.to_onnx`` and ``skl2onnx.convert_sklearn`` take pipelines
    and the like with a `DenseClassifier` or `DenseRegressor` in them. Unlike `export_onnx`, they do
    not compare the result with the estimator. It needs the extra ``skdense[onnx]``.

    .. versionadded:: 0.1

    Raises
    ------
    ImportError
        If onnx or skl2onnx is not installed.

    See Also
    --------
    export_onnx : Convert, compare with the estimator and write a file.

    Examples
    --------
    >>> import skdense.persistence.onnx
    >>> from skl2onnx import to_onnx
    >>> from sklearn.calibration import CalibratedClassifierCV
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> net = skdense.DenseClassifier(8, epochs=2, n_members=1, random_state=0)
    >>> calibrated = CalibratedClassifierCV(net, cv=2).fit(X, y)
    >>> skdense.persistence.onnx.register()
    >>> model = to_onnx(calibrated, X[:1].astype("float32"))
    >>> [output.name for output in model.graph.output]
    ['output_label', 'output_probability']
    """
    try:
        from skl2onnx import update_registered_converter
    except ImportError as error:
        raise ImportError(
            "ONNX files need the packages onnx and skl2onnx: pip install 'skdense[onnx]'."
        ) from error
    for kind, parse in ((DenseClassifier, _parse_classifier), (DenseRegressor, _parse_regressor)):
        update_registered_converter(
            kind,
            f"Skdense{kind.__name__}",
            lambda operator: None,  # the parser has given the outputs their types
            _convert,
            parser=parse,
            options={"zipmap": [True, False, "columns"], "raw_scores": [True, False]},
        )


def _parse_classifier(scope: Any, model: DenseClassifier, inputs: list, custom_parsers=None):
    from skl2onnx.common.data_types import Int64TensorType, StringTensorType

    encoding = model._encoding
    kind = Int64TensorType if label_values(encoding).dtype.kind == "i" else StringTensorType
    n_classes = len(encoding.classes)
    as_matrix = encoding.kind in ("multilabel", "one-hot")
    outputs = {
        "label": kind([None, n_classes] if as_matrix else [None]),
        "probabilities": _floating(inputs)([None, n_classes]),
    }
    return _declare(scope, model, inputs, outputs)


def _parse_regressor(scope: Any, model: DenseRegressor, inputs: list, custom_parsers=None):
    wide = any(each._encoding.needs_float64 for each in networks_of(model))
    kind = _floating(inputs, wide)
    return _declare(scope, model, inputs, {"variable": kind([None, model.n_outputs_])})


def _floating(inputs: list, wide: bool = False) -> Any:
    """Give the type of the outputs: skl2onnx goes on in the type that the inputs have."""
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    wide |= any(isinstance(each.type, DoubleTensorType) for each in inputs)
    return DoubleTensorType if wide else FloatTensorType


def _declare(scope: Any, model: Any, inputs: list, outputs: dict[str, Any]) -> list:
    operator = scope.declare_local_operator(f"Skdense{type(model).__name__}", model)
    operator.inputs = inputs
    for name, kind in outputs.items():
        operator.outputs.append(scope.declare_local_variable(name, kind))
    return operator.outputs


def _convert(scope: Any, operator: Any, container: Any) -> None:
    from skl2onnx.common.data_types import DoubleTensorType

    model, g = operator.raw_operator, Graph(scope, container)
    networks = networks_of(model)
    # Whole numbers keep all their digits until they are centred.
    kind = "DOUBLE" if any(each._transformation.is_scaled for each in networks) else "FLOAT"
    inputs = [g.cast(each.full_name, kind) for each in operator.inputs]
    x = g("Concat", *inputs, axis=1) if len(inputs) > 1 else inputs[0]
    if len(operator.inputs[0].type.shape) > 2:
        x = g("Flatten", x, axis=1)
    parts = [_add_outputs(g, each, x) for each in networks]
    names = [each.full_name for each in operator.outputs]
    is_double = isinstance(operator.outputs[-1].type, DoubleTensorType)
    if isinstance(model, DenseClassifier):
        # A calibrator and its kin ask for what `decision_function` gives.
        wants_scores = container.get_options(model, {"raw_scores": False}, fail=False)["raw_scores"]
        outputs = parts[0] if len(parts) == 1 else add_average(g, model._encoding, parts)
        add = add_raw_scores if wants_scores else add_probabilities
        single = scope.get_unique_variable_name("single") if is_double else names[1]
        add(g, model._encoding, outputs, single)
        if is_double:
            g.cast(single, "DOUBLE", to=names[1])
        add_labels(g, model._encoding, outputs, names[0])
    else:
        scales = [each._encoding for each in networks]
        add_target_output(g, scales, parts, names[0], is_double)


def _add_outputs(g: Graph, network: Any, x: str) -> str:
    """Add a network up to its output layer, before the activation."""
    if network._transformation.is_scaled:
        x = add_input_transformation(g, network._transformation, x)
    elif hasattr(network, "missing_features_"):
        x = add_missing_indicators(g, network.missing_features_, x)
    return add_network(g, network.architecture_, network.weights_, x)

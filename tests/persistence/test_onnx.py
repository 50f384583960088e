"""ONNX files: onnxruntime, which knows nothing of us, predicts the same."""

import dataclasses
import sys

import keras
import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
import skl2onnx
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingClassifier, StackingClassifier, StackingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

import skdense
from skdense import DenseClassifier, DenseRegressor
from skdense.engine.inference import ACTIVATIONS
from skdense.persistence.onnx import register
from tests.helpers import plain

SMALL = {"hidden_layer_sizes": 6, "epochs": 3, "random_state": 0}
CLOSE = {"rtol": 2e-5, "atol": 2e-6}


@pytest.fixture
def run(tmp_path):
    """Export, check, and give the outputs of onnxruntime by name."""

    def run(estimator, X, example=None):
        path = tmp_path / "net.onnx"
        skdense.export_onnx(estimator, path, example)
        onnx.checker.check_model(onnx.load(path), full_check=True)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        if isinstance(X, pd.DataFrame):
            kinds = {"tensor(float)": np.float32, "tensor(int64)": np.int64}
            feed = {
                each.name: X[[each.name]].to_numpy(kinds.get(each.type, object))
                for each in session.get_inputs()
            }
        else:
            feed = {"X": X.astype(np.float32)}
        names = [each.name for each in session.get_outputs()]
        return dict(zip(names, session.run(names, feed), strict=True))

    return run


def assert_same_classes(found, estimator, X):
    assert list(found) == ["label", "probabilities"]
    probabilities = estimator.predict_proba(X)
    assert found["probabilities"].shape == probabilities.shape
    assert np.allclose(found["probabilities"], probabilities, **CLOSE)
    assert found["label"].shape == estimator.predict(X).shape
    assert (found["label"] == estimator.predict(X)).all()


TARGETS = {
    "numbers": lambda y: y,
    "text": lambda y: np.array(["a", "bß", "c"])[y],
    "objects": lambda y: np.array(["a", "bß", "c"], dtype=object)[y],
    "floating": lambda y: np.array([0.0, 1.0, 7.0])[y],
    "two": lambda y: np.where(y == 0, "yes", "no"),
    "truth": lambda y: y == 1,
    "multilabel": lambda y: np.stack([y == 0, y < 2], 1) * 1,
    "one-hot": lambda y: np.eye(3, dtype=int)[y],
    "two under softmax": lambda y: (y > 0) * 5,
}


@pytest.mark.parametrize("kind", TARGETS)
def test_classifiers(iris, run, kind):
    X, y = iris
    softmax = kind in ("one-hot", "two under softmax")
    loss = "categorical_crossentropy" if softmax else "auto"
    net = plain(DenseClassifier, **SMALL, loss=loss).fit(X, TARGETS[kind](y))
    assert_same_classes(run(net, X), net, X)


@pytest.mark.parametrize("kind", ["one", "two", "counts", "far", "raw"])
def test_regressors(diabetes, run, kind):
    X, y = diabetes
    y = {"two": np.stack([y, -1000 * y], 1), "far": y + 1.7e9}.get(kind, y)
    options = {"counts": {"loss": "poisson"}, "raw": {"scale_target": False}}.get(kind, {})
    net = plain(DenseRegressor, **SMALL, **options).fit(X, y)
    found = run(net, X)
    assert list(found) == ["variable"]
    expected = net.predict(X).reshape(len(X), -1)
    tolerance = {"rtol": 0, "atol": 1e-3} if kind == "far" else CLOSE
    assert np.allclose(found["variable"], expected, **tolerance)


@pytest.mark.parametrize("batch_norm", ["before", "after"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_batch_norm_dropout_and_depth(iris, run, batch_norm, dtype):
    X, y = iris
    options = {"batch_norm": batch_norm, "dropout": 0.2, "dtype": dtype}
    net = plain(DenseClassifier, (8, 6), ["tanh", "relu"], epochs=30, **options).fit(X, y)
    assert_same_classes(run(net, X), net, X)


def test_without_hidden_layers(iris, run):
    net = plain(DenseClassifier, (), epochs=3).fit(*iris)
    assert_same_classes(run(net, iris[0]), net, iris[0])


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_every_activation(iris, run, name):
    X, y = iris
    net = plain(DenseRegressor, (4, 3), epochs=1, random_state=0).fit(X, y)
    net.architecture_ = dataclasses.replace(net.architecture_, activation=(name, name))
    far = 0.1 if name == "exponential" else 5  # it overflows
    X = np.concatenate([X / 10, far * X, np.zeros_like(X)])  # all branches
    assert np.allclose(run(net, X)["variable"][:, 0], net.predict(X), rtol=1e-4, atol=1e-5)


def own(x):
    return x * x


# Keras 3.6 has no sparsemax.
RARE = ["sparsemax"] if hasattr(keras.activations, "sparsemax") else []


@pytest.mark.parametrize("activation", [*RARE, own])
def test_an_activation_that_onnx_lacks_is_named(iris, tmp_path, activation):
    net = plain(DenseClassifier, **SMALL, activation=activation).fit(*iris)
    with pytest.raises(ValueError, match=r"activation=.*(sparsemax|own).*Train with one of these"):
        skdense.export_onnx(net, tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "steps",
    [
        [StandardScaler()],
        [MinMaxScaler(), PCA(2)],
        [SimpleImputer(), StandardScaler(), SelectKBest(k=3)],
    ],
    ids=lambda steps: "-".join(type(step).__name__ for step in steps),
)
def test_pipelines(iris, run, steps):
    X, y = iris
    pipeline = make_pipeline(*steps, plain(DenseClassifier, **SMALL)).fit(X, y)
    assert_same_classes(run(pipeline, X), pipeline, X)


def test_searches(iris, run):
    X, y = iris
    pipeline = make_pipeline(StandardScaler(), plain(DenseClassifier, **SMALL))
    search = GridSearchCV(pipeline, {"denseclassifier__l2": [0.0, 0.1]}, cv=2).fit(X, y)
    assert_same_classes(run(search, X), search, X)
    for estimator in (search.best_estimator_, make_pipeline(search)):
        assert_same_classes(run(estimator, X), search, X)


@pytest.fixture
def houses():
    table = pd.DataFrame(
        {
            "rooms": [3, 4, 2, 5] * 10,
            "area": [70.0, np.nan, 40.5, 120.0] * 10,
            "town": ["north", "south", "east", "north"] * 10,
        }
    )
    prepare = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), ["area"]),
        (StandardScaler(), ["rooms"]),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["town"]),
    )
    return table, make_pipeline(prepare, plain(DenseRegressor, **SMALL)).fit(
        table, table.rooms * 100.0
    )


def test_tables_of_text_and_gaps(houses, run):
    table, pipeline = houses
    other = table.assign(town=["elsewhere", "south", "east", "north"] * 10)
    for X in (table, other):
        found = run(pipeline, X, X[:3])
        assert np.allclose(found["variable"][:, 0], pipeline.predict(X), **CLOSE)


def test_columns_picked_by_name_need_an_example(houses, tmp_path):
    with pytest.raises(ValueError, match=r"X=None.*export_onnx\(pipeline, path, X\[:5\]\)"):
        skdense.export_onnx(houses[1], tmp_path / "net.onnx")


def test_unfitted_estimators_are_refused(tmp_path):
    for estimator in (
        plain(DenseClassifier),
        make_pipeline(StandardScaler(), plain(DenseRegressor)),
    ):
        with pytest.raises(NotFittedError):
            skdense.export_onnx(estimator, tmp_path / "net.onnx")


def test_without_the_extra_the_error_names_it(iris, tmp_path, monkeypatch):
    net = plain(DenseClassifier, **SMALL).fit(*iris)
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    with pytest.raises(ImportError, match=r"skdense\[onnx\]"):
        skdense.export_onnx(net, tmp_path / "net.onnx")


ALONE = DenseClassifier(**SMALL, n_members=1, early_stopping=False)
SCALED = make_pipeline(StandardScaler(), ALONE)
WITHIN = {
    "Pipeline": SCALED,
    "ColumnTransformer": make_pipeline(
        make_column_transformer((StandardScaler(), [0, 2]), remainder="passthrough"), ALONE
    ),
    "CalibratedClassifierCV": CalibratedClassifierCV(ALONE, cv=2),
    "StackingClassifier": StackingClassifier(
        [("net", SCALED), ("line", LogisticRegression())], SCALED, cv=2, passthrough=True
    ),
    "BaggingClassifier": BaggingClassifier(SCALED, 2),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", WITHIN)
def test_skl2onnx_converts_what_is_around_a_network(iris, kind, dtype):
    X, y = iris[0].astype(dtype), iris[1]
    register()
    for labels in (np.array(["a", "b", "c"])[y], y > 0):
        estimator = WITHIN[kind].fit(X, labels)
        model = skl2onnx.to_onnx(estimator, X[:1], options={"zipmap": False}).SerializeToString()
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        found, probabilities = session.run(None, {"X": X})
        assert np.allclose(probabilities, estimator.predict_proba(X), rtol=0, atol=1e-5)
        assert (found == estimator.predict(X)).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_skl2onnx_converts_a_stack_of_regressors(diabetes, dtype):
    X, y = diabetes[0].astype(dtype), diabetes[1]
    register()
    net = DenseRegressor(**SMALL, n_members=2, early_stopping=False)
    stack = StackingRegressor([("net", net), ("ridge", RidgeCV())], RidgeCV(), cv=2).fit(X, y)
    model = skl2onnx.to_onnx(stack, X[:1]).SerializeToString()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    found = session.run(None, {"X": X})[0][:, 0]
    assert np.allclose(found, stack.predict(X), rtol=1e-5, atol=0)

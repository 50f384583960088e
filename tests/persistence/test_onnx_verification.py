"""No ONNX file is put in place that predicts something else than the estimator."""

import sys

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingClassifier, StackingClassifier, StackingRegressor
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdense
from skdense import DenseClassifier, DenseRegressor
from skdense.persistence import onnx

SMALL = {"hidden_layer_sizes": 6, "epochs": 5, "random_state": 0}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.onnx"


def run(path, X):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {"X": X.astype(np.float32)})


AROUND = {
    "calibrated": lambda net: CalibratedClassifierCV(net, cv=2),
    "calibrated in a pipeline": lambda net: make_pipeline(
        StandardScaler(), CalibratedClassifierCV(net, cv=2)
    ),
    "bagging": lambda net: BaggingClassifier(net, n_estimators=2, random_state=0),
    "stacking": lambda net: StackingClassifier([("net", net)], cv=2),
    "one against the rest": OneVsRestClassifier,
}


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("kind", AROUND)
def test_classifiers_around_the_network_predict_the_same(iris, path, kind, n_classes):
    X, y = iris
    X, y = X[y < n_classes], y[y < n_classes]
    net = DenseClassifier(**{**SMALL, "epochs": 20})
    estimator = AROUND[kind](net).fit(X, y)
    skdense.export_onnx(estimator, path, X)
    label, probabilities = run(path, X)
    assert (label == estimator.predict(X)).all()
    assert np.allclose(probabilities, estimator.predict_proba(X), atol=1e-5)


def test_two_classes_under_softmax_are_calibrated_the_same(iris, path):
    X, y = iris
    net = DenseClassifier(**SMALL, loss="categorical_crossentropy")
    estimator = CalibratedClassifierCV(net, cv=2).fit(X, y > 0)
    skdense.export_onnx(estimator, path, X)
    assert np.allclose(run(path, X)[1], estimator.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize("kind", ["stacking", "several"])
def test_regressors_around_the_network_predict_the_same(diabetes, path, kind):
    X, y = diabetes
    net = DenseRegressor(**SMALL)
    if kind == "several":
        estimator = MultiOutputRegressor(net).fit(X, np.stack([y, -y], 1))
    else:
        estimator = StackingRegressor([("net", net)], cv=2).fit(X, y)
    skdense.export_onnx(estimator, path)
    expected = estimator.predict(X).reshape(len(X), -1)
    assert np.allclose(run(path, X)[0], expected, rtol=1e-4)


@pytest.mark.parametrize("runtime", ["onnxruntime", "onnx"])
@pytest.mark.parametrize("X_is_given", [True, False])
def test_a_difference_is_an_error_and_leaves_what_was_there(
    iris, path, monkeypatch, runtime, X_is_given
):
    if runtime == "onnx":
        monkeypatch.setitem(sys.modules, "onnxruntime", None)
    X, y = iris
    good = DenseClassifier(**SMALL).fit(X, y)
    skdense.export_onnx(good, path)  # the evaluator within onnx can do it, too
    before = path.read_bytes()
    monkeypatch.setattr(
        onnx, "add_probabilities", lambda g, encoding, x, to: g("Sigmoid", x, to=to)
    )
    with pytest.raises(ValueError, match=r"cannot be exported: predict_proba gives .*No file"):
        skdense.export_onnx(good, path, X if X_is_given else None)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_what_cannot_be_compared_is_an_error(iris, path):
    X, y = iris
    pipeline = make_pipeline(StandardScaler(), PCA(2)).fit(X, y)
    with pytest.raises(ValueError, match="neither a classifier nor a regressor"):
        skdense.export_onnx(pipeline, path, X)
    net = DenseClassifier(**SMALL).fit(X, y)
    with pytest.raises(ValueError, match="cannot be compared with it: it does not predict for X"):
        skdense.export_onnx(net, path, X[:, :2])
    assert not path.exists()


def test_numbers_that_float32_cannot_tell_apart_are_an_error(iris, path):
    X, y = iris
    X = X + 1e9
    pipeline = make_pipeline(StandardScaler(), DenseClassifier(**SMALL)).fit(X, y)
    for example in (X, None):
        with pytest.raises(ValueError, match="float32 is too short"):
            skdense.export_onnx(pipeline, path, example)


def test_missing_values_are_among_the_random_rows(iris, path, monkeypatch):
    X, y = iris
    X = np.where(np.random.default_rng(0).random(X.shape) < 0.1, np.nan, X)
    net = DenseClassifier(**SMALL, missing="indicator").fit(X, y)
    skdense.export_onnx(net, path)
    assert np.allclose(run(path, X)[1], net.predict_proba(X), atol=1e-5)
    monkeypatch.setattr(onnx, "add_missing_indicators", lambda g, columns, x: g("Concat", x, x))
    with pytest.raises(ValueError, match="cannot be exported"):
        skdense.export_onnx(net, path)


@pytest.mark.parametrize("n_rows", [1, 2, 50])
@pytest.mark.parametrize("far", [0, 1.7e9])
def test_few_rows_and_targets_far_from_zero(diabetes, path, n_rows, far):
    X, y = diabetes
    net = DenseRegressor(**SMALL).fit(X, y + far)
    skdense.export_onnx(net, path, pd.DataFrame(X).to_numpy()[:n_rows])
    assert path.exists()

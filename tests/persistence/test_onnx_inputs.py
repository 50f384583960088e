"""What columns of a table become in an ONNX file."""

import numpy as np
import onnxruntime
import pandas as pd
import polars as pl
import pytest
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

import skdense
from skdense import DenseClassifier, DenseRegressor
from tests.helpers import plain

SMALL = {"hidden_layer_sizes": 6, "epochs": 5, "random_state": 0}
KINDS = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(string)": object}


@pytest.fixture
def table():
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "rooms": random.integers(1, 9, 60),
            "area": random.normal(70, 20, 60),
            "new": random.random(60) < 0.5,
            "town": random.choice(["north", "south"], 60),
        }
    )


@pytest.fixture
def target(table):
    return table.area / 70 + table.rooms / 3 + table.new


@pytest.fixture
def run(tmp_path):
    """Export, and give onnxruntime's outputs and the kinds of the inputs."""

    def run(estimator, X, example=None):
        path = tmp_path / "net.onnx"
        skdense.export_onnx(estimator, path, X if example is None else example)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        types = {each.name: each.type for each in session.get_inputs()}
        arrays = {
            name: np.asarray(X[name], KINDS[kind]).reshape(-1, 1) for name, kind in types.items()
        }
        return session.run(None, arrays), types

    return run


STEPS = {
    "network": [],
    "scaled": [StandardScaler()],
    "imputed": [SimpleImputer(), MinMaxScaler()],
    "union": [FeatureUnion([("a", StandardScaler()), ("b", MinMaxScaler())])],
}
NUMBERS = [["rooms", "area"], ["area", "rooms"], ["rooms", "area", "new"], ["new", "area"]]


@pytest.mark.parametrize("columns", NUMBERS, ids="-".join)
@pytest.mark.parametrize("steps", STEPS)
def test_whole_numbers_and_truth_values_beside_others(table, target, run, columns, steps):
    X = table[columns]
    net = plain(DenseClassifier, **SMALL)
    classifier = make_pipeline(*STEPS[steps], net).fit(X, target > target.median())
    (_, probabilities), types = run(classifier, X)
    assert list(types) == columns
    assert np.allclose(probabilities, classifier.predict_proba(X), atol=1e-5)
    regressor = make_pipeline(*STEPS[steps], plain(DenseRegressor, **SMALL)).fit(X, target)
    (predictions,), _ = run(regressor, X)
    assert np.allclose(predictions[:, 0], regressor.predict(X), atol=1e-4)


@pytest.mark.parametrize("new", ["passthrough", StandardScaler(), OneHotEncoder()], ids=str)
def test_truth_values_in_a_column_transformer(table, target, run, new):
    numbers = (StandardScaler(), ["rooms", "area"])
    prepare = make_column_transformer(
        numbers, (new, ["new"]), (OneHotEncoder(), ["town"]), sparse_threshold=0
    )
    pipeline = make_pipeline(prepare, plain(DenseRegressor, **SMALL)).fit(table, target)
    (predictions,), types = run(pipeline, table)
    assert list(types.values()) == [
        "tensor(int64)",
        "tensor(float)",
        "tensor(int64)",
        "tensor(string)",
    ]
    assert np.allclose(predictions[:, 0], pipeline.predict(table), atol=1e-4)


def test_nullable_columns_and_polars(table, target, run):
    X = table[["rooms", "area"]].astype({"rooms": "Int64", "area": "Float64"})
    X.loc[0, "rooms"] = pd.NA
    pipeline = make_pipeline(SimpleImputer(), plain(DenseRegressor, **SMALL)).fit(X, target)
    floats = X.astype({"rooms": float, "area": float})
    (predictions,), _ = run(pipeline, floats, X)
    assert np.allclose(predictions[:, 0], pipeline.predict(floats), atol=1e-4)
    X = pl.from_pandas(table[["rooms", "area"]])
    pipeline = make_pipeline(StandardScaler(), plain(DenseRegressor, **SMALL)).fit(
        X, target.to_numpy()
    )
    (predictions,), _ = run(pipeline, X)
    assert np.allclose(predictions[:, 0], pipeline.predict(X), atol=1e-4)


@pytest.mark.parametrize("is_transformed", [True, False])
def test_columns_are_those_of_the_fit(table, target, tmp_path, is_transformed):
    X = table[["rooms", "area"]]
    first = make_column_transformer((StandardScaler(), [0]), ("passthrough", [1]))
    first = first if is_transformed else StandardScaler()
    pipeline = make_pipeline(first, plain(DenseRegressor, **SMALL)).fit(X, target)
    wrong = {
        r"another order, \['area', 'rooms'\]": X[["area", "rooms"]],
        r"lacks \['area'\]": X[["rooms"]],
        r"adds \['town'\]": table[["rooms", "area", "town"]],
        r"lacks \['area'\] and adds \['new'\]": table[["rooms", "new"]],
    }
    for message, example in wrong.items():
        with pytest.raises(ValueError, match=message):
            skdense.export_onnx(pipeline, tmp_path / "net.onnx", example)
    assert not list(tmp_path.iterdir())


def test_dates_are_refused_by_name(table, target, tmp_path):
    X = table.assign(when=pd.Timestamp("2026-01-01"))
    prepare = make_column_transformer(("passthrough", ["area"]))
    pipeline = make_pipeline(prepare, plain(DenseRegressor, **SMALL)).fit(X, target)
    with pytest.raises(ValueError, match="column 'when' of datetime64"):
        skdense.export_onnx(pipeline, tmp_path / "net.onnx", X)

"""Missing values against what one would do by hand: zeros, indicators, copies with gaps."""

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from sklearn.impute import MissingIndicator
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

import skdense
from skdense import DenseClassifier, DenseRegressor
from skdense.preprocessing.missing_values import knock_out
from tests.helpers import plain

SMALL = {"hidden_layer_sizes": 8, "epochs": 3, "random_state": 0}
METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function", "hidden_output")


@pytest.fixture(scope="module")
def gaps(iris):
    """Iris with gaps in the first and the third column."""
    X, y = iris
    X = X.copy()
    holes = np.random.default_rng(0).random(X.shape) < 0.2
    holes[:, [1, 3]] = False
    X[holes] = np.nan
    return X, y


def by_hand(X):
    indicator = MissingIndicator().fit_transform(X).astype(float)  # columns with gaps only
    return np.hstack([np.nan_to_num(X), indicator])


def test_indicators_equal_those_of_scikit_learn(gaps):
    X, y = gaps
    net = plain(DenseClassifier, **SMALL, missing="indicator").fit(X, y)
    expected = plain(DenseClassifier, **SMALL).fit(by_hand(X), y)
    for method in METHODS:
        found = getattr(net, method)(X)
        assert np.array_equal(found, getattr(expected, method)(by_hand(X))), method
    assert net.missing_features_.tolist() == [0, 2]
    assert (net.n_features_in_, net.architecture_.n_features) == (4, 6)


def test_without_gaps_the_indicator_changes_nothing(iris):
    X, y = iris
    net = plain(DenseClassifier, **SMALL, missing="indicator").fit(X, y)
    assert np.array_equal(
        net.predict_proba(X), plain(DenseClassifier, **SMALL).fit(X, y).predict_proba(X)
    )
    assert net.missing_features_.shape == (0,)


def test_a_column_first_missing_in_predict_is_zero(gaps):
    X, y = gaps
    net = plain(DenseClassifier, **SMALL, missing="indicator").fit(X, y)
    new, zero = X[:5].copy(), X[:5].copy()
    new[:, 1], zero[:, 1] = np.nan, 0
    assert np.array_equal(net.predict_proba(new), net.predict_proba(zero))


def test_gaps_in_held_out_rows_only_give_no_indicator(iris):
    X, y = iris
    options = {**SMALL, "validation_fraction": 0.3}
    X = X.copy()
    # Find a row that this seed holds out: its gap must not add an indicator nobody trains.
    sizes = set()
    for row in range(12):
        one_gap = X.copy()
        one_gap[row, 1] = np.nan
        net = plain(DenseClassifier, **{**options, "epochs": 1}, missing="indicator").fit(
            one_gap, y
        )
        sizes.add((len(net.missing_features_), net.architecture_.n_features))
        assert np.isfinite(net.history_["val_loss"]).all()
    assert sizes == {(0, 4), (1, 5)}


def test_augmenting_helps_where_values_are_missing_later():
    random = np.random.default_rng(0)
    signal = random.normal(size=(600, 1))
    X = signal + 0.3 * random.normal(size=(600, 4))  # four measurements of one thing
    y = signal[:, 0]
    holes = np.where(random.random(X.shape) < 0.3, np.nan, X)
    scores = {
        missing: plain(DenseRegressor, 16, epochs=40, random_state=0, missing=missing)
        .fit(X[:400], y[:400])
        .score(holes[400:], y[400:])
        for missing in ("indicator", "augment")
    }
    assert scores["augment"] > scores["indicator"] + 0.03
    assert scores["augment"] > 0.8


def test_augmented_rows_are_each_row_and_a_copy_with_gaps(gaps, monkeypatch):
    X, y = gaps
    seen = {}

    def train(architecture, settings, rows, validation, *arguments, **options):
        seen.update(rows=rows, validation=validation)
        raise KeyboardInterrupt

    monkeypatch.setattr("skdense.engine.training.train", train)
    net = plain(DenseClassifier, **SMALL, missing="augment", validation_fraction=0.2)
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, y)
    assert not hasattr(net, "missing_features_")  # nothing is left of it
    X_seen, y_seen, weight = seen["rows"]
    n = len(X_seen) // 2
    values, marks = X_seen[:, :4], X_seen[:, 4:]
    assert X_seen.shape == (240, 8)
    assert np.array_equal(y_seen[:n], y_seen[n:])
    assert np.array_equal(weight, np.ones(240))
    assert set(np.unique(marks)) == {0, 1}
    assert (values[marks == 1] == 0).all()
    assert (marks[n:] >= marks[:n]).all()
    same = marks[n:] == marks[:n]
    assert np.array_equal(values[n:][same], values[:n][same])
    assert (marks[n:] > marks[:n]).any(axis=0).all()
    assert seen["validation"].X.shape == (30, 8)
    assert (seen["validation"].X[:, [5, 7]] == 0).all()  # columns that have no gaps keep none


def test_shares_knocked_out():
    X = np.zeros((40_000, 3))
    X[:10_000, 2] = np.nan
    shares = np.isnan(knock_out(X, np.random.default_rng(0))).mean(axis=0)
    # A quarter is missing already, and of the rest another quarter is knocked out.
    assert np.allclose(shares, [0.1, 0.1, 1 - 0.75**2], atol=0.01)


@pytest.mark.parametrize("missing", ["indicator", "augment"])
def test_it_is_reproducible_and_goes_on(gaps, missing):
    X, y = gaps
    nets = [plain(DenseClassifier, **SMALL, missing=missing).fit(X, y) for _ in range(2)]
    for net in nets:
        net.partial_fit(X[:50], y[:50]).set_params(warm_start=True).fit(X, y)
    assert np.array_equal(nets[0].predict_proba(X), nets[1].predict_proba(X))
    other = plain(DenseClassifier, **{**SMALL, "random_state": 1}, missing=missing).fit(X, y)
    assert not np.allclose(nets[0].predict_proba(X), other.predict_proba(X))


def test_going_on_with_another_way(iris, gaps):
    whole, y = iris
    X, _ = gaps
    net = plain(DenseClassifier, **SMALL, warm_start=True).fit(whole, y)
    net.set_params(missing="indicator").fit(X, y)
    assert net.architecture_.n_features == 4
    assert np.isfinite(net.predict_proba(X)).all()
    net = plain(DenseClassifier, **SMALL, missing="indicator").fit(X, y).set_params(missing="error")
    with pytest.raises(ValueError, match="contains NaN"):
        net.predict(X)
    net.partial_fit(whole, y)
    assert net.predict_proba(whole).shape == (150, 3)
    assert not hasattr(net.fit(whole, y), "missing_features_")


def test_the_default_is_an_error(gaps):
    X, y = gaps
    with pytest.raises(ValueError, match="Input X contains NaN"):
        plain(DenseClassifier, **SMALL).fit(X, y)
    for missing, allowed in {"error": False, "indicator": True, "augment": True}.items():
        assert get_tags(plain(DenseRegressor, missing=missing)).input_tags.allow_nan == allowed


@pytest.mark.parametrize("missing", ["indicator", "augment"])
def test_infinity_and_gaps_in_y_stay_errors(gaps, missing):
    X, y = gaps
    net = plain(DenseRegressor, **SMALL, missing=missing)
    with pytest.raises(ValueError, match="Input X contains infinity"):
        net.fit(np.where(np.isnan(X), np.inf, X), y)
    with pytest.raises(ValueError, match="Input y contains NaN"):
        net.fit(X, np.where(y == 0, np.nan, y))
    with pytest.raises(ValueError, match="'missing' parameter"):
        net.set_params(missing="mean").fit(X, y)


@pytest.mark.parametrize("mark", [None, pd.NA, np.nan])
@pytest.mark.parametrize("kind", ["object", "Float64"])
def test_marks_of_pandas(gaps, mark, kind):
    X, y = gaps
    table = pd.DataFrame(X, columns=list("abcd")).astype(object)
    table[table.isna()] = mark
    table = table.astype(kind)
    net = plain(DenseClassifier, **SMALL, missing="indicator").fit(table, y)
    expected = plain(DenseClassifier, **SMALL, missing="indicator").fit(X, y)
    assert np.array_equal(net.predict_proba(table), expected.predict_proba(X))
    assert net.feature_names_in_.tolist() == list("abcd")


def test_pipelines_cross_validation_and_search(gaps):
    X, y = gaps
    net = make_pipeline(StandardScaler(), plain(DenseClassifier, **SMALL, missing="indicator"))
    assert np.isfinite(cross_val_score(net, X, y, cv=3, error_score="raise")).all()
    grid = {"denseclassifier__missing": ["indicator", "augment"]}
    search = GridSearchCV(net, grid, cv=2, error_score="raise").fit(X, y)
    assert search.predict(X).shape == (150,)


def test_images_with_gaps(gaps):
    X, y = gaps
    net = plain(DenseClassifier, **SMALL, missing="indicator").fit(X.reshape(-1, 2, 2), y)
    expected = plain(DenseClassifier, **SMALL, missing="indicator").fit(X, y)
    assert np.array_equal(net.predict_proba(X.reshape(-1, 2, 2)), expected.predict_proba(X))
    assert net.to_keras().input_shape == (None, 6)


@pytest.mark.parametrize("missing", ["indicator", "augment"])
def test_saved_exported_and_in_keras(gaps, missing, tmp_path):
    X, y = gaps
    net = plain(DenseClassifier, **SMALL, missing=missing).fit(X, y)
    expected = net.predict_proba(X)
    skdense.save(net, tmp_path / "net")
    again = skdense.load(tmp_path / "net")
    assert np.array_equal(again.predict_proba(X), expected)
    assert np.array_equal(again.partial_fit(X, y).predict(X), net.partial_fit(X, y).predict(X))
    expected = net.predict_proba(X)
    skdense.export_onnx(net, tmp_path / "net.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    _, found = session.run(None, {"X": X.astype(np.float32)})
    assert np.allclose(found, expected, atol=1e-6)
    marks = np.isnan(X[:, net.missing_features_])
    inputs = np.hstack([np.nan_to_num(X), marks])
    assert np.allclose(net.to_keras()(inputs), expected, atol=1e-6)

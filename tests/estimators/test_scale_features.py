"""Networks that scale X themselves against networks that are given X scaled by hand."""

import pickle

import joblib
import keras
import numpy as np
import onnxruntime
import pandas as pd
import pytest
import skops.io
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import skdense
from skdense import DenseClassifier, DenseRegressor
from skdense.preprocessing.feature_bins import learn_bins
from skdense.preprocessing.feature_scaling import learn_scaling
from tests.helpers import equal_bits, plain, same_weights

SMALL = {"hidden_layer_sizes": 6, "epochs": 3, "random_state": 0}
METHODS = ("predict", "predict_proba", "decision_function", "hidden_output")
KINDS = [
    {"scale_features": "robust"},
    {"scale_features": "standard"},
    {"n_bins": 4},
    {"scale_features": "robust", "n_bins": 4},
]
IDS = ["robust", "standard", "bins", "robust and bins"]


def load_raw():
    """Give breast cancer in its own units: 200 rows, 8 features and one of two values."""
    X, y = load_breast_cancer(return_X_y=True)
    rows = np.random.default_rng(0).permutation(len(X))[:200]
    X = np.c_[X[rows, :8], X[rows, 9] > 0.06]
    X[:, 0] *= 1e6
    return X, y[rows]


@pytest.fixture(scope="module")
def raw():
    return load_raw()


def by_hand(X, like, scale_features=None, n_bins=None, weight=None):
    """Give X as a network with these parameters sees it, that has learned from `like`."""
    weight = np.ones(len(like)) if weight is None else weight
    parts = [X]
    if scale_features is not None:
        parts = [learn_scaling(like, weight, scale_features, False).transform(X)]
    if n_bins is not None:
        parts.append(learn_bins(like, weight, n_bins).encode(X))
    return np.hstack(parts)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("options", KINDS, ids=IDS)
def test_it_trains_as_on_x_scaled_by_hand(raw, options, dtype):
    X, y = raw
    common = {**SMALL, "dtype": dtype}
    net = plain(DenseClassifier, **common, **options).fit(X, y)
    scaled = by_hand(X, X, **options)
    expected = plain(DenseClassifier, **common).fit(scaled, y)
    assert equal_bits(net, expected)
    assert net.history_ == expected.history_
    for method in METHODS:
        assert np.allclose(getattr(net, method)(X), getattr(expected, method)(scaled), rtol=1e-12)
    assert np.allclose(net.predict_proba(X[7:8]), net.predict_proba(X)[7:8], rtol=1e-12)
    narrow = net.decision_function(X.astype(np.float32))
    assert np.allclose(narrow, net.decision_function(X), atol=1e-3)
    assert net.n_features_in_ == 9
    assert net.architecture_.n_features == scaled.shape[1]


@pytest.mark.parametrize("options", KINDS, ids=IDS)
def test_it_learns_from_training_rows_and_their_weights(raw, options):
    X, y = raw
    weight = np.random.default_rng(1).integers(0, 3, len(y))
    net = plain(DenseClassifier, **SMALL, **options)
    net.set_params(class_weight={0: 2.0, 1: 1.0})
    net.fit(X[:150], y[:150], weight[:150], X_val=X[150:] * 1e3, y_val=y[150:])
    used = weight[:150] > 0
    of_row = (weight[:150] * np.where(y[:150] == 0, 2.0, 1.0))[used]
    prepared = [by_hand(part, X[:150][used], **options, weight=of_row) for part in (X, X * 1e3)]
    expected = plain(DenseClassifier, **SMALL, class_weight={0: 2.0, 1: 1.0})
    expected.fit(prepared[0][:150], y[:150], weight[:150], X_val=prepared[1][150:], y_val=y[150:])
    assert net.history_ == expected.history_
    balanced = plain(DenseClassifier, **SMALL, **options, class_weight="balanced").fit(X, y)
    counts = np.bincount(y)
    weights = {label: len(y) / (2 * counts[label]) for label in (0, 1)}
    same = plain(DenseClassifier, **SMALL, **options, class_weight=weights).fit(X, y)
    assert same_weights(balanced, same, rtol=1e-6)


def test_held_out_rows_are_not_looked_at(raw):
    X, y = raw
    X = X.copy()
    net = plain(DenseRegressor, **SMALL, scale_features="robust", validation="last").fit(X, y)
    X[160:] += 1e9
    assert np.array_equal(net.feature_scaling_.center, clone(net).fit(X, y).feature_scaling_.center)
    final = clone(net).set_params(early_stopping=True, refit_best_epoch=True).fit(X, y)
    of_all_rows = learn_scaling(X, np.ones(200), "robust", False)
    assert np.array_equal(final.feature_scaling_.center, of_all_rows.center)


def test_off_is_off(raw):
    X, y = raw
    net = plain(DenseClassifier, **SMALL).fit(X, y)
    assert not hasattr(net, "feature_scaling_")
    assert not hasattr(net, "feature_bins_")
    scaled = clone(net).set_params(scale_features="standard").fit(X, y)
    assert not hasattr(scaled.set_params(scale_features=None).fit(X, y), "feature_scaling_")
    assert equal_bits(scaled, net)


def test_seconds_since_1970():
    seconds = 1.7e9 + 60.0 * np.random.default_rng(0).permutation(400)[:, None]
    y = np.sin(seconds[:, 0] / 4000)
    net = plain(DenseRegressor, 32, epochs=150, learning_rate=0.01, random_state=0)
    assert net.set_params(scale_features="robust").fit(seconds, y).score(seconds, y) > 0.9
    model = net.to_keras()
    assert np.allclose(model(seconds)[:, 0], net.predict(seconds), atol=1e-5)


@pytest.mark.parametrize("missing", ["indicator", "augment"])
@pytest.mark.parametrize("options", KINDS, ids=IDS)
def test_missing_values_are_the_middle(raw, options, missing, tmp_path):
    X, y = raw
    X = X.copy()
    X[np.random.default_rng(1).random(X.shape) < [0.2] * 5 + [0.0] * 4] = np.nan
    net = plain(DenseClassifier, **SMALL, **options, missing=missing).fit(X, y)
    marked = net.missing_features_
    assert len(marked) == (5 if missing == "indicator" else 9)
    if missing == "indicator":
        scaled, marks = np.nan_to_num(by_hand(X, X, **options)), np.isnan(X[:, marked])
        expected = plain(DenseClassifier, **SMALL)
        expected.fit(np.hstack([scaled[:, :9], marks, scaled[:, 9:]]), y)
        assert equal_bits(net, expected)
    else:
        assert np.array_equal(net.predict(X), clone(net).fit(X, y).predict(X))
    X[0, 8] = np.nan  # first missing in predict
    expected = net.predict_proba(X)
    assert np.allclose(net.to_keras()(X)[:, 0], expected[:, 1], atol=1e-5)
    skdense.save(net, tmp_path / "net")
    assert np.array_equal(skdense.load(tmp_path / "net").predict_proba(X), expected)
    narrow = X.astype(np.float32)
    skdense.export_onnx(net, tmp_path / "net.onnx", narrow)
    _, found = onnxruntime.InferenceSession(tmp_path / "net.onnx").run(None, {"X": narrow})
    assert np.allclose(found, net.predict_proba(narrow), atol=1e-5)


# Kinds of X ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["robust", "standard"])
def test_sparse_rows(kind):
    X = sparse.random(150, 20, 0.2, format="csr", random_state=0, dtype=np.float64) * 1e5
    sums = np.ravel(X.sum(axis=1))
    y = (sums > np.median(sums)).astype(int)
    net = plain(DenseClassifier, **SMALL, scale_features=kind).fit(X, y)
    scaled = learn_scaling(X, np.ones(150), kind, False).transform(X)
    expected = plain(DenseClassifier, **SMALL).fit(scaled, y)
    assert equal_bits(net, expected)
    assert np.allclose(net.predict_proba(X), expected.predict_proba(scaled))
    assert np.allclose(net.predict_proba(X.toarray()), net.predict_proba(X), atol=1e-6)
    assert np.allclose(net.to_keras()(X.toarray())[:, 0], net.predict_proba(X)[:, 1], atol=1e-5)
    assert net.partial_fit(X.toarray(), y).partial_fit(X, y).n_iter_ == 5
    with_dropout = clone(net).set_params(input_dropout=0.2, validation_fraction=0.2).fit(X, y)
    assert np.isfinite(with_dropout.history_["val_loss"]).all()


def test_a_network_of_dense_rows_predicts_sparse_ones_too(raw):
    X, y = raw
    net = plain(DenseClassifier, **SMALL, scale_features="robust").fit(X, y)
    rows = sparse.csr_matrix(X)
    assert np.allclose(net.predict_proba(rows), net.predict_proba(X), rtol=1e-12)
    with pytest.raises(ValueError, match=r"X is sparse, but the network was made.*X\.toarray\(\)"):
        net.partial_fit(rows, y)
    with pytest.raises(ValueError, match="n_bins=3 cannot take sparse X"):
        clone(net).set_params(n_bins=3).fit(rows, y)


@pytest.mark.parametrize("kind", ["robust", "standard"])
def test_images(kind, tmp_path):
    digits = load_digits()
    images, y = digits.images[:200].astype(np.uint8), digits.target[:200] % 2
    net = plain(DenseClassifier, **SMALL, scale_features=kind).fit(images, y)
    expected = plain(DenseClassifier, **SMALL).fit(images / 16, y)
    assert equal_bits(net, expected)
    assert np.allclose(net.predict_proba(images), expected.predict_proba(images / 16))
    model = net.to_keras()
    assert model.input_shape == (None, 8, 8)
    assert np.allclose(model(images)[:, 0], net.predict_proba(images)[:, 1], atol=1e-5)
    skdense.export_onnx(net, tmp_path / "net.onnx")
    with pytest.raises(ValueError, match=r"n_bins=4 .*images of shape \(8, 8\)"):
        net.set_params(n_bins=4).fit(images, y)


def test_whole_numbers_keep_their_digits_in_onnx(tmp_path):
    table = pd.DataFrame(
        {"time": 1_700_000_000 + 60 * np.arange(120), "number": np.arange(120) % 7}
    )
    y = np.sin(np.arange(120) / 9)
    net = plain(DenseRegressor, **SMALL, scale_features="robust", n_bins=4).fit(table, y)
    skdense.export_onnx(net, tmp_path / "net.onnx", table)
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    found = session.run(None, {name: table[[name]].to_numpy() for name in table})[0][:, 0]
    assert np.allclose(found, net.predict(table), atol=1e-5)


# Training that goes on ----------------------------------------------------------------------------


@pytest.mark.parametrize("options", KINDS, ids=IDS)
def test_training_that_goes_on_keeps_the_first_scale(raw, options):
    X, y = raw
    net = plain(DenseClassifier, **SMALL, **options).partial_fit(X[:50], y[:50], classes=[0, 1])
    scaled = by_hand(X, X[:50], **options)
    expected = plain(DenseClassifier, **SMALL).partial_fit(scaled[:50], y[:50], classes=[0, 1])
    for each, rows in ((net, X), (expected, scaled)):
        each.partial_fit(rows[50:], y[50:]).set_params(warm_start=True).fit(rows, y)
    assert equal_bits(net, expected)


def test_other_scaling_is_refused_when_training_goes_on(raw):
    X, y = raw
    net = plain(DenseClassifier, **SMALL, scale_features="robust", warm_start=True).fit(X, y)
    before = net.predict_proba(X)
    for changes in ({"scale_features": "standard"}, {"scale_features": None}):
        with pytest.raises(ValueError, match=r"scale_features=.*was made with 'robust'"):
            net.set_params(**changes).fit(X, y)
    with pytest.raises(ValueError, match=r"n_bins=4: the network was made with None"):
        net.set_params(scale_features="robust", n_bins=4).fit(X, y)
    assert np.array_equal(net.predict_proba(X), before)


@pytest.mark.parametrize("options", [{"scale_features": "robust"}, {"n_bins": 3}])
def test_a_first_chunk_that_tells_no_scale_is_refused(raw, options):
    X, y = raw
    net = plain(DenseClassifier, **SMALL, **options)
    with pytest.raises(ValueError, match="first call of partial_fit learns the scale of features"):
        net.partial_fit(X[:9], y[:9], classes=[0, 1])
    net.partial_fit(X[:10], y[:10], classes=[0, 1]).partial_fit(X[:1], y[:1])


@pytest.mark.parametrize(
    "wrong",
    [{"scale_features": "minmax"}, {"scale_features": True}, {"n_bins": 1}, {"n_bins": 2.5}],
)
def test_wrong_values_are_named(raw, wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"'{name}' parameter of DenseClassifier"):
        plain(DenseClassifier, **SMALL, **wrong).fit(*raw)


# Where networks go --------------------------------------------------------------------------------


def test_a_search_over_both_shares_programs(raw, fresh_cache):
    X, y = raw
    grid = {"scale_features": [None, "robust", "standard"], "n_bins": [None, np.int64(3)]}
    net = plain(DenseClassifier, 4, epochs=60, random_state=0, batch_size=8)
    X = StandardScaler().fit_transform(X)
    search = GridSearchCV(net, grid, cv=3, error_score="raise").fit(X, y)
    assert search.best_estimator_.predict(X).shape == (200,)
    assert skdense.cache_info().traces == 2  # without and with bins


@pytest.mark.parametrize("options", KINDS, ids=IDS)
def test_copies_files_and_pipelines(raw, options, tmp_path):
    X, y = raw
    net = plain(DenseClassifier, **SMALL, **options).fit(X, y)
    expected = net.predict_proba(X)
    skdense.save(net, tmp_path / "net.skdense")
    joblib.dump(net, tmp_path / "net.joblib")
    data = skops.io.dumps(make_pipeline(FunctionTransformer(), net))
    assert not set(skops.io.get_untrusted_types(data=data)) - set(skdense.TRUSTED_TYPES)
    others = [
        skdense.load(tmp_path / "net.skdense"),
        joblib.load(tmp_path / "net.joblib"),
        pickle.loads(pickle.dumps(net)),
        skops.io.loads(data, trusted=skdense.TRUSTED_TYPES)[-1],
    ]
    net.partial_fit(X, y)
    for other in others:
        assert np.array_equal(other.predict_proba(X), expected)
        assert equal_bits(other.partial_fit(X, y), net)
    unfitted = clone(net)
    assert unfitted.get_params() == net.get_params()


@pytest.mark.parametrize("options", KINDS, ids=IDS)
def test_onnx(raw, options, tmp_path):
    X, y = raw
    net = plain(DenseRegressor, **SMALL, **options).fit(X, y)
    skdense.export_onnx(net, tmp_path / "net.onnx")  # compared around the network's own center
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    narrow = X.astype(np.float32)
    found = session.run(None, {"X": narrow})[0][:, 0]
    assert np.allclose(found, net.predict(narrow), atol=1e-5)
    skdense.export_onnx(make_pipeline(StandardScaler(), net).fit(X, y), tmp_path / "pipeline.onnx")


def test_scorers_and_callbacks_see_the_scaled_network(raw):
    X, y = raw

    class Predicts(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.outputs = self.model(X)

    net = plain(DenseClassifier, **SMALL, scale_features="robust", n_bins=3, callbacks=[Predicts()])
    net.set_params(metrics=["roc_auc"], monitor="neg_log_loss", early_stopping=True).fit(X, y)
    assert np.isfinite(net.history_["val_roc_auc"]).all()
    last = net.set_params(early_stopping=False, monitor="val_loss", metrics=None).fit(X, y)
    assert np.allclose(last.callbacks_[0].outputs[:, 0], net.predict_proba(X)[:, 1], atol=1e-5)


def test_diagnose_asks_for_no_scaler(raw):
    X, y = raw
    net = plain(DenseClassifier, **SMALL).fit(X, y)
    assert "unscaled features" in skdense.diagnose(net, X, y).names
    for options in ({"scale_features": "robust"}, {"scale_features": "standard", "n_bins": 3}):
        net = plain(DenseClassifier, **SMALL, **options).fit(X, y)
        assert "unscaled features" not in skdense.diagnose(net, X, y).names
    net = plain(DenseClassifier, **SMALL, n_bins=3).fit(X, y)
    found = skdense.diagnose(net, X, y).results
    assert any(f"of {X.shape[1]} are far" in each.reason for each in found)

"""Sparse X: the same network as from dense X, and never dense as a whole."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import sparse
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

import skdense
from skdense import DenseClassifier, DenseRegressor, NetworkClassifier
from skdense.engine.layers import ProgramDropout
from tests.helpers import plain

FORMATS = [
    sparse.csr_matrix,
    sparse.csc_matrix,
    sparse.coo_matrix,
    sparse.csr_array,
    sparse.csc_array,
    sparse.coo_array,
]


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(0)
    X = sparse.random(200, 30, 0.2, format="csr", random_state=0, dtype=np.float32)
    signal = X @ random.normal(size=30)
    return X, (signal > np.median(signal)).astype(int), signal


def classifier(**changes):
    defaults = {"epochs": 5, "random_state": 0, "optimizer": "sgd", "learning_rate": 0.1}
    return plain(DenseClassifier, (8, 4), **{**defaults, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"dtype": "float64"},
        {"l1": 0.01, "l2": 0.1, "batch_size": 300},
        {"batch_norm": True, "dropout": 0.3},
        {"residual": True, "early_stopping": True, "patience": 2},
        {"optimizer": "adam", "learning_rate": 0.01, "class_weight": "balanced"},
    ],
)
def test_it_trains_as_from_dense_rows(data, changes):
    X, y, _ = data
    weight = np.random.default_rng(1).uniform(0.5, 2, len(y))
    net = classifier(**changes).fit(X, y, sample_weight=weight)
    dense = classifier(**changes).fit(X.toarray(), y, sample_weight=weight)
    for ours, other in zip(net.weights_, dense.weights_, strict=True):
        np.testing.assert_allclose(ours, other, atol=2e-5)
    for name, losses in dense.history_.items():
        np.testing.assert_allclose(net.history_[name], losses, rtol=1e-4)
    assert max(np.abs(a).max() for a in net.weights_) > 0.1


def test_it_trains_as_plain_keras_does(data):
    X, y, _ = data
    # Not relu: rows without any value would stand on its kink.
    net = classifier(epochs=1, batch_size=len(y), learning_rate=0.5, activation="tanh")
    start = clone(net).set_params(learning_rate=1e-30).fit(X, y)
    net.fit(X, y)
    model = start.to_keras()
    model.compile(keras.optimizers.SGD(0.5), "binary_crossentropy", run_eagerly=True)
    model.fit(X.toarray(), y, epochs=1, batch_size=len(y), verbose=0)
    for ours, other in zip(net.weights_, model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, other, atol=1e-6)
    assert np.abs(net.weights_[0] - start.weights_[0]).max() > 1e-3


@pytest.mark.parametrize("make", FORMATS)
def test_every_format_gives_the_same_network(data, make):
    X, y, _ = data
    net, other = classifier().fit(X, y), classifier().fit(make(X), y)
    for ours, others in zip(net.weights_, other.weights_, strict=True):
        assert np.array_equal(ours, others)
    assert np.array_equal(net.predict_proba(X), net.predict_proba(make(X)))
    np.testing.assert_allclose(net.predict_proba(X), net.predict_proba(X.toarray()), atol=1e-6)


def test_indices_of_64_bits_are_taken(data):
    X, y, _ = data
    wide = X.copy()
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    expected = classifier().fit(X, y).predict_proba(X)
    assert np.array_equal(classifier().fit(wide, y).predict_proba(wide), expected)


def test_what_a_network_can_do_it_can_do_with_sparse_rows(data):
    X, y, signal = data
    net = classifier().fit(X, y)
    np.testing.assert_allclose(net.hidden_output(X), net.hidden_output(X.toarray()), atol=1e-6)
    np.testing.assert_allclose(net.to_keras()(X.toarray())[:, 0], net.predict_proba(X)[:, 1], 1e-5)
    net.partial_fit(X.toarray(), y).partial_fit(X, y)
    assert net.n_iter_ == 7
    labels = sparse.csr_matrix(np.c_[y, 1 - y])
    assert classifier().fit(X, labels).predict(X).shape == (200, 2)
    regressor = plain(DenseRegressor, 8, epochs=60, batch_size=16, random_state=0).fit(X, signal)
    assert regressor.score(X, signal) > 0.7


def test_rows_of_another_density_need_no_second_trace(data, fresh_cache):
    X, y, _ = data
    classifier(validation_fraction=0.2).fit(X, y)
    sparser = X.multiply(X > 0.5).tocsr()
    classifier(validation_fraction=0.2, l1=0.1).fit(sparser, y)
    classifier(validation_fraction=0.2).fit(X[:-3], y[:-3])
    assert skdense.cache_info().traces == 1


def test_it_is_never_dense_as_a_whole():
    random = np.random.default_rng(0)
    n_samples, n_features = 20_000, 1_000_000  # 75 GB as a dense matrix
    columns = random.integers(n_features, size=n_samples)
    X = sparse.csr_matrix(
        (np.ones(n_samples, np.float32), (np.arange(n_samples), columns)),
        shape=(n_samples, n_features),
    )
    y = (columns < n_features // 2).astype(int)
    net = plain(DenseClassifier, (), epochs=1, batch_size=4000, learning_rate=0.1, random_state=0)
    assert net.fit(X, y).score(X, y) > 0.9


def test_texts_from_a_vectorizer():
    texts = ["a good film", "a great film", "good fun", "great fun", "not bad, good"] * 8
    texts += ["a bad film", "a dull film", "bad stuff", "dull stuff", "not good, bad"] * 8
    y = np.repeat(["good", "bad"], 40)
    for vectorizer in (CountVectorizer(binary=True), TfidfVectorizer()):
        net = make_pipeline(vectorizer, classifier(epochs=20, learning_rate=0.5, batch_size=8))
        assert cross_val_score(net, texts, y, cv=2).mean() > 0.8
    net = make_pipeline(TfidfVectorizer(), MaxAbsScaler(), classifier(epochs=2))
    search = GridSearchCV(net, {"denseclassifier__l2": [0.0, 0.1]}, cv=2).fit(texts, y)
    assert search.predict_proba(["good fun"]).shape == (1, 2)


def test_input_dropout_drops_stored_values_only():
    layer = ProgramDropout(compiled=False, place=0)
    layer.build((None, 1000))
    layer.rate.assign(0.25)
    layer.seed.assign([1, 2])
    rows = tf.sparse.from_dense(np.repeat([[0.0, 3.0]], 1000, axis=1).astype(np.float32))
    dropped = tf.sparse.to_dense(layer(rows, training=True)).numpy()[0]
    assert not dropped[:1000].any()
    assert set(np.round(dropped[1000:], 4)) == {0.0, 4.0}
    assert 0.7 < (dropped[1000:] > 0).mean() < 0.8


def test_input_dropout_trains_with_sparse_rows(data):
    X, y, _ = data
    net = classifier(input_dropout=0.2, epochs=3).fit(X, y)
    other = classifier(input_dropout=0.4, epochs=3).fit(X, y)
    assert not np.array_equal(net.weights_[0], other.weights_[0])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"missing": "indicator"}, "missing='indicator' cannot take sparse X"),
        ({"missing": "augment"}, "missing='augment' cannot take sparse X"),
        ({"input_noise": 0.1}, r"input_noise=0\.1 cannot take sparse X"),
    ],
)
def test_options_that_would_fill_it_say_so(data, changes, told):
    X, y, _ = data
    with pytest.raises(ValueError, match=told):
        classifier(**changes).fit(X, y)
    net = classifier(**changes).fit(X.toarray(), y)
    if "missing" in changes:
        with pytest.raises(ValueError, match=told):
            net.predict(X)


def test_bad_sparse_rows_get_clear_errors(data):
    X, y, _ = data
    gaps = X.copy()
    gaps.data[0] = np.nan
    with pytest.raises(ValueError, match="contains NaN"):
        classifier().fit(gaps, y)
    net = classifier().fit(X, y)
    with pytest.raises(ValueError, match="X has 29 features, but DenseClassifier is expecting 30"):
        net.predict(X[:, :-1])
    images = np.zeros((3, 5, 6))
    with pytest.raises(ValueError, match="but the network was trained on a table"):
        net.predict(images)
    with pytest.raises(ValueError, match="X holds a table of rows"):
        classifier(epochs=1).fit(np.random.default_rng(0).random((9, 5, 6)), y[:9]).predict(X)


@pytest.mark.parametrize("shape", [(-1, 1), (1, -1), (100, 2)])
def test_a_sparse_y_of_numbers_is_refused_by_name(data, shape):
    X, _, y = data
    sparse_y = sparse.csr_matrix(np.asarray(y, float).reshape(shape))
    with pytest.raises(ValueError, match=r"y is sparse.*DenseRegressor.*pass y\.toarray\(\)"):
        plain(DenseRegressor, 4, epochs=1).fit(X, sparse_y)
    with pytest.raises(ValueError, match=r"X_val, y_val.*y is sparse"):
        plain(DenseRegressor, 4, epochs=1).fit(X, y, X_val=X, y_val=sparse_y)
    with pytest.raises(ValueError, match=r"y is sparse"):
        plain(DenseRegressor, 4, epochs=1).partial_fit(X, sparse_y)


def test_a_sparse_0_1_matrix_is_labels_of_a_model_of_ones_own(data):
    def build(meta):
        return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "sigmoid")])

    y = np.c_[data[1], 1 - data[1]]
    X = data[0].toarray()[:, :3]
    net = NetworkClassifier(build, loss="binary_crossentropy", epochs=2, random_state=0)
    expected = net.fit(X, y).predict_proba(X)
    assert np.array_equal(net.fit(X, sparse.csr_matrix(y)).predict_proba(X), expected)

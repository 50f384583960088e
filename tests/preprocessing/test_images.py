"""Images as X: the same as their rows flattened by hand, in every method and tool."""

import keras
import numpy as np
import onnxruntime
import pytest
from sklearn import datasets
from sklearn.model_selection import GridSearchCV, cross_val_score

import skdense
from skdense import DenseClassifier, DenseRegressor
from tests.helpers import plain

SMALL = {"hidden_layer_sizes": 8, "epochs": 3, "random_state": 0}
METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function", "hidden_output")


@pytest.fixture(scope="module")
def digits():
    X, y = datasets.load_digits(return_X_y=True)
    return X[:300].reshape(-1, 8, 8) / 16, y[:300]


def flat(X):
    return X.reshape(len(X), -1)


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 1), (4, 4, 4)])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_images_equal_their_flattened_rows(digits, shape, early_stopping):
    X, y = digits
    images = X.reshape(-1, *shape)
    net = plain(DenseClassifier, **SMALL, early_stopping=early_stopping).fit(images, y)
    expected = plain(DenseClassifier, **SMALL, early_stopping=early_stopping).fit(flat(X), y)
    assert (net.input_shape_, net.n_features_in_) == (shape, 64)
    assert expected.input_shape_ == (64,)
    for method in METHODS:
        assert np.array_equal(getattr(net, method)(images), getattr(expected, method)(flat(X)))
    assert net.score(images, y) == expected.score(flat(X), y)


def test_partial_fit_and_warm_start(digits):
    X, y = digits
    nets = [plain(DenseClassifier, **SMALL) for _ in range(2)]
    for net, rows in zip(nets, (X, flat(X)), strict=True):
        net.partial_fit(rows, y, classes=range(10)).partial_fit(rows, y)
        net.set_params(warm_start=True).fit(rows, y)
    assert np.array_equal(nets[0].predict_proba(X), nets[1].predict_proba(flat(X)))
    for go_on in (nets[0].partial_fit, nets[0].fit):
        with pytest.raises(ValueError, match=r"X holds images of shape \(4, 16\)"):
            go_on(X.reshape(-1, 4, 16), y)


def test_regression_from_images(digits):
    X, y = digits
    net = plain(DenseRegressor, **SMALL).fit(X, y)
    assert np.array_equal(
        net.predict(X), plain(DenseRegressor, **SMALL).fit(flat(X), y).predict(flat(X))
    )


def test_cross_validation_and_search(digits):
    X, y = digits
    net = plain(DenseClassifier, **SMALL)
    assert np.array_equal(cross_val_score(net, X, y, cv=3), cross_val_score(net, flat(X), y, cv=3))
    search = GridSearchCV(net, {"l2": [0, 0.01]}, cv=2, error_score="raise").fit(X, y)
    assert search.best_estimator_.input_shape_ == (8, 8)
    assert search.predict(X).shape == (300,)


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ((4, 16), r"X holds images of shape \(4, 16\), but .* images of shape \(8, 8\)"),
        ((8, 8, 1), r"X holds images of shape \(8, 8, 1\), but .* images of shape \(8, 8\)"),
        ((7, 7), r"X holds images of shape \(7, 7\).*X.reshape\(-1, 8, 8\)"),
        ((64,), r"X holds a table of rows, but .* images of shape \(8, 8\)"),
    ],
)
@pytest.mark.parametrize("method", METHODS)
def test_another_shape_is_an_error(digits, shape, told, method):
    X, y = digits
    net = plain(DenseClassifier, **SMALL).fit(X, y)
    with pytest.raises(ValueError, match=told):
        getattr(net, method)(np.zeros((2, *shape)))


def test_images_for_a_network_of_a_table(digits):
    X, y = digits
    net = plain(DenseClassifier, **SMALL).fit(flat(X), y)
    with pytest.raises(ValueError, match=r"trained on a table.*X.reshape\(len\(X\), -1\)"):
        net.predict(X)


@pytest.mark.parametrize(
    ("X", "told"),
    [
        (np.zeros((10, 2, 2, 2, 2)), "dim 5"),
        (np.zeros((0, 8, 8)), r"0 sample\(s\)"),
        (np.zeros((10, 0, 8)), r"0 feature\(s\)"),
        (np.full((10, 2, 2), np.nan), "NaN"),
    ],
)
def test_what_is_no_image(X, told):
    with pytest.raises(ValueError, match=told):
        plain(DenseClassifier, **SMALL).fit(X, [0, 1] * (len(X) // 2))


def test_lists_of_images_and_whole_numbers(digits):
    X, y = digits
    expected = plain(DenseClassifier, **SMALL).fit(X, y).predict_proba(X)
    for same in (X.tolist(), list(X)):
        assert np.array_equal(
            plain(DenseClassifier, **SMALL).fit(same, y).predict_proba(same), expected
        )
    bytes_ = (X * 16).astype(np.uint8)
    assert plain(DenseClassifier, **SMALL).fit(bytes_, y).input_shape_ == (8, 8)


def test_keras_gets_images_and_flattens_them(digits):
    X, y = digits
    net = plain(DenseClassifier, **SMALL).fit(X, y)
    model = net.to_keras()
    assert isinstance(model.layers[1], keras.layers.Flatten)
    assert np.allclose(model(X), net.predict_proba(X), atol=1e-6)


def test_the_shape_is_saved_and_exported(digits, tmp_path):
    X, y = digits
    net = plain(DenseClassifier, **SMALL).fit(X, y)
    skdense.save(net, tmp_path / "net")
    again = skdense.load(tmp_path / "net")
    assert again.input_shape_ == (8, 8)
    assert np.array_equal(again.predict_proba(X), net.predict_proba(X))
    skdense.export_onnx(net, tmp_path / "net.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    _, found = session.run(None, {"X": X.astype(np.float32)})
    assert np.allclose(found, net.predict_proba(X), atol=1e-6)

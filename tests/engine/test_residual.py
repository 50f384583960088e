"""Residual blocks against Keras, against NumPy by hand, and against what they are for."""

import keras
import numpy as np
import onnxruntime
import pytest

import skdense
from skdense import DenseClassifier, DenseRegressor
from tests.engine.keras_reference import (
    engine_fit,
    keras_fit,
    largest_difference,
    make_architecture,
    make_rows,
    make_settings,
)
from tests.helpers import plain

SIZES = {"equal": (6, 6, 6), "different": (8, 6, 4), "mixed": (8, 8, 3, 3)}


def blocks(kind, **changes):
    sizes = SIZES[kind]
    plain = {
        "hidden_layer_sizes": sizes,
        "activation": ("tanh",) * len(sizes),
        "dropout": (False,) * len(sizes),
        "residual": True,
    }
    return make_architecture(**{**plain, **changes})


@pytest.mark.parametrize(
    ("kind", "batch_norm", "compiled"),
    [
        ("equal", None, True),
        ("mixed", None, True),
        ("different", None, False),
        ("mixed", "before", False),
        ("mixed", "after", True),
    ],
)
def test_training_equals_keras(kind, batch_norm, compiled, monkeypatch):
    monkeypatch.setattr("skdense.engine.training.worth_compiling", lambda *_: compiled)
    architecture = blocks(kind, batch_norm=batch_norm)
    rates = (0.01, 0.0, 0.02, 0.03)[: architecture.n_hidden]
    settings = make_settings(architecture, learning_rate=0.05, l1=rates, l2=rates[::-1])
    rows = make_rows(architecture, weighted=True)
    trained = engine_fit(architecture, settings, rows)
    model, history = keras_fit(architecture, settings, rows)
    assert [w.shape for w in model.get_weights()] == [s.shape for s in architecture.weights()]
    assert largest_difference(trained.weights, model.get_weights()) < 2e-6
    np.testing.assert_allclose(trained.loss, history["loss"], rtol=5e-6)


@pytest.mark.parametrize("kind", SIZES)
@pytest.mark.parametrize(
    ("batch_norm", "activation"), [(False, "relu"), ("before", "gelu"), ("after", "relu")]
)
def test_prediction_equals_keras(iris, kind, batch_norm, activation):
    X, y = iris
    options = {"batch_norm": batch_norm, "dropout": 0.1, "l2": 0.001, "epochs": 3}
    net = plain(DenseClassifier, SIZES[kind], activation, residual=True, random_state=0, **options)
    model = net.fit(X, y).to_keras()
    np.testing.assert_allclose(model(X), net.predict_proba(X), atol=1e-6)
    for ours, theirs in zip(net.weights_, model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    up_to_last = keras.Model(model.input, model.layers[-1].input)
    np.testing.assert_allclose(up_to_last(X), net.hidden_output(X), atol=1e-5)


def test_by_hand(diabetes):
    X, y = diabetes
    net = plain(
        DenseRegressor,
        (7, 7, 4),
        "tanh",
        residual=True,
        dtype="float64",
        scale_target=False,
        epochs=3,
    ).fit(X, y)
    (k0, k1, k2, k3), (b0, b1, b2, b3) = net.coefs_, net.intercepts_
    projection = net.weights_[6]  # after kernel and bias of three layers
    assert projection.shape == (7, 4)
    first = X @ k0 + b0
    second = first + np.tanh(first) @ k1 + b1
    third = second @ projection + np.tanh(second) @ k2 + b2
    expected = np.tanh(third) @ k3 + b3
    np.testing.assert_allclose(net.predict(X), expected[:, 0], rtol=1e-9)
    np.testing.assert_allclose(net.hidden_output(X, 1), np.tanh(second), rtol=1e-9)


@pytest.mark.parametrize("sizes", [(), (8,)])
def test_fewer_than_two_hidden_layers_have_nothing_to_skip(iris, sizes):
    X, y = iris
    without, same = (
        plain(DenseClassifier, sizes, residual=r, epochs=2, random_state=0).fit(X, y)
        for r in (False, True)
    )
    assert same.architecture_ == without.architecture_
    assert largest_difference(without.weights_, same.weights_) == 0


def test_deep_networks_train(diabetes):
    X, y = diabetes
    options = {"hidden_layer_sizes": (16,) * 20, "activation": "tanh", "epochs": 20}
    without, blocks = (
        plain(DenseRegressor, residual=r, random_state=0, optimizer="sgd", **options).fit(X, y)
        for r in (False, True)
    )
    assert blocks.loss_curve_[-1] < 0.8 * without.loss_curve_[-1]


def test_noise_dropout_and_early_stopping_go_along(iris):
    X, y = iris
    net = plain(
        DenseClassifier,
        (8, 8, 4),
        residual=True,
        batch_norm=True,
        dropout=0.2,
        input_noise=0.1,
        early_stopping=True,
        epochs=5,
        random_state=0,
    ).fit(X, y)
    model = net.to_keras()
    np.testing.assert_allclose(model(X), net.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("kind", SIZES)
def test_saved_and_exported(iris, tmp_path, kind):
    X, y = iris
    net = plain(DenseClassifier, SIZES[kind], residual=True, batch_norm=True, epochs=3).fit(X, y)
    skdense.save(net, tmp_path / "net")
    again = skdense.load(tmp_path / "net")
    np.testing.assert_array_equal(again.predict_proba(X), net.predict_proba(X))
    assert again.architecture_ == net.architecture_
    skdense.export_onnx(net, tmp_path / "net.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    _, found = session.run(None, {"X": X.astype(np.float32)})
    np.testing.assert_allclose(found, net.predict_proba(X), atol=2e-6)


def test_other_networks_do_not_take_its_place(iris, tmp_path):
    X, y = iris
    options = {"epochs": 1, "random_state": 0, "warm_start": True}
    net = plain(DenseClassifier, (6, 6), residual=True, **options).fit(X, y)
    with pytest.raises(ValueError, match=r"and residual=True, now asked for .* and False"):
        net.set_params(residual=False).fit(X, y)
    skdense.save_weights(net, tmp_path / "weights")
    other = plain(DenseClassifier, (6, 6), epochs=1).fit(X, y)
    with pytest.raises(ValueError, match=r"its residual is True, the estimator's False"):
        skdense.load_weights(other, tmp_path / "weights")
    with pytest.raises(ValueError, match="'residual' parameter"):
        plain(DenseClassifier, (6, 6), residual="pre").fit(X, y)

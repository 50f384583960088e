"""The networks of the course notes, on small made data."""

import keras
import numpy as np
import pytest
from keras import layers
from scipy.special import expit, softmax

import skdense.engine._tensorflow  # noqa: F401 - before Keras, so that TensorFlow starts quietly
from skdense import DenseClassifier, DenseRegressor, NetworkClassifier, NetworkRegressor
from tests.helpers import plain

RANDOM = np.random.default_rng(0)


def dense_stack(meta, widths=(64, 64), activation="relu", out="linear"):
    """Functional: an input, hidden layers one after the other, an output."""
    inputs = keras.Input((meta["n_features_in_"],))
    x = inputs
    for units in widths:
        x = layers.Dense(units, activation=activation)(x)
    return keras.Model(inputs, layers.Dense(1, activation=out)(x))


def residual_block(meta, units=8):
    """Pre-activation: normalize, activate, multiply, twice; the input is added back."""
    inputs = keras.Input((meta["n_features_in_"],))
    start = layers.Dense(units)(inputs)
    x = start
    for _ in range(2):
        x = layers.BatchNormalization()(x)
        x = layers.Activation("relu")(x)
        x = layers.Dense(units)(x)
    return keras.Model(inputs, layers.Dense(1)(layers.Add()([start, x])))


def autoencoder(meta, bottleneck=2):
    n_features = meta["n_features_in_"]
    inputs = keras.Input((n_features,))
    code = layers.Dense(bottleneck, name="code")(layers.Dense(8, activation="tanh")(inputs))
    return keras.Model(inputs, layers.Dense(n_features)(layers.Dense(8, activation="tanh")(code)))


def made(n_features, n_samples=128):
    X = RANDOM.normal(size=(n_samples, n_features))
    return X, X @ RANDOM.normal(size=n_features)


def test_functional_13_64_64_1():
    X, y = made(13)
    net = NetworkRegressor(
        dense_stack, loss="mse", optimizer="adam", epochs=40, model__activation="swish"
    )
    assert net.fit(X, y).score(X, y) > 0.8
    assert net.engine_ == "compiled epochs"
    assert net.model_.count_params() == 13 * 64 + 64 + 64 * 64 + 64 + 64 + 1


def test_functional_18_4_1():
    X, y = made(18)
    net = NetworkClassifier(
        dense_stack,
        loss="binary_crossentropy",
        optimizer="adam",
        optimizer__learning_rate=0.02,
        epochs=40,
        model__widths=(4,),
        model__out="sigmoid",
    )
    assert net.fit(X, y > 0).score(X, y > 0) > 0.9
    assert net.model_.count_params() == 18 * 4 + 4 + 4 + 1


def test_preactivation_residual_block():
    X, y = made(5)
    net = NetworkRegressor(residual_block, loss="mse", optimizer="adam", epochs=60, random_state=0)
    assert net.fit(X, y).score(X, y) > 0.5
    assert net.engine_ == "compiled epochs"


def plane_in_space():
    hidden = RANDOM.normal(size=(200, 2))
    return hidden @ RANDOM.normal(size=(2, 6))


def test_autoencoders_find_the_plane_in_which_the_data_lie():
    X = plane_in_space()
    dense = plain(
        DenseRegressor,
        (8, 2, 8),
        activation=("tanh", "linear", "tanh"),
        epochs=150,
        learning_rate=0.01,
        random_state=0,
    ).fit(X, X)
    assert dense.score(X, X) > 0.95
    code = dense.hidden_output(X, layer=1)
    assert code.shape == (200, 2)
    assert np.linalg.matrix_rank(code) == 2
    own = NetworkRegressor(
        autoencoder,
        loss="mse",
        optimizer="adam",
        optimizer__learning_rate=0.01,
        epochs=150,
        random_state=0,
    ).fit(X, X)
    assert own.engine_ == "compiled epochs"
    assert own.score(X, X) > 0.9
    assert own.predict(X).shape == X.shape


def tape_loop(model, X, y, optimizer, loss, orders, batch_size):
    """The training loop of the notes, written by hand."""
    import tensorflow as tf

    for order in orders:
        for start in range(0, len(X), batch_size):
            rows = order[start : start + batch_size]
            with tf.GradientTape() as tape:
                value = loss(y[rows], model(X[rows], training=True))
            gradients = tape.gradient(value, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))


@pytest.mark.parametrize("task", ["classes", "numbers"])
def test_tape_loop_step_for_step(task, monkeypatch):
    from skdense.estimators import base

    X, y = made(5, n_samples=50)
    X = X.astype(np.float32)
    seen = {}
    train = base.DenseEstimator._train

    def spy(self, *of_training):
        from skdense.engine import training

        real = training.train

        def recorded(architecture, settings, rows, validation, weights, slots, orders, *rest, **kw):
            kept = [next(orders) for _ in range(settings.epochs)]
            seen.update(weights=weights, orders=kept, y=rows.y)
            return real(
                architecture, settings, rows, validation, weights, slots, iter(kept), *rest, **kw
            )

        monkeypatch.setattr(training, "train", recorded)
        return train(self, *of_training)

    monkeypatch.setattr(base.DenseEstimator, "_train", spy)
    kwargs = {"epochs": 3, "batch_size": 16, "learning_rate": 0.01, "random_state": 0}
    if task == "classes":
        net = plain(DenseClassifier, (8, 4), **kwargs).fit(X, np.digitize(y, [-1, 1]))
        last, loss = (3, "softmax"), keras.losses.SparseCategoricalCrossentropy()
    else:
        net = plain(DenseRegressor, (8, 4), scale_target=False, **kwargs).fit(X, y)
        last, loss = (1, None), keras.losses.MeanSquaredError()
    model = keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(8, activation="relu"),
            layers.Dense(4, activation="relu"),
            layers.Dense(last[0], activation=last[1]),
        ]
    )
    model.set_weights(seen["weights"])
    tape_loop(model, X, seen["y"], keras.optimizers.Adam(0.01), loss, seen["orders"], 16)
    for by_hand, ours in zip(model.get_weights(), net.weights_, strict=True):
        assert np.allclose(by_hand, ours, atol=2e-6)


def test_softmax_by_hand():
    X, y = made(4)
    net = plain(DenseClassifier, 6, epochs=3, random_state=0).fit(X, np.digitize(y, [-1, 1]))
    hidden = np.maximum(X @ net.coefs_[0] + net.intercepts_[0], 0)
    scores = hidden @ net.coefs_[1] + net.intercepts_[1]
    by_hand = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert np.allclose(by_hand, softmax(scores, axis=1))
    assert np.allclose(net.predict_proba(X), by_hand, atol=1e-6)
    binary = plain(DenseClassifier, (), epochs=3, random_state=0).fit(X, y > 0)
    log_odds = X @ binary.coefs_[0] + binary.intercepts_[0]
    assert np.allclose(binary.predict_proba(X)[:, 1:], expit(log_odds), atol=1e-6)

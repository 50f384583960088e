"""Compiled epochs of a custom model: equal to ``Model.fit``, shared, or declined."""

import keras
import numpy as np
import pytest
from keras import layers

import skdense
import skdense.engine._tensorflow
from skdense import NetworkClassifier, NetworkRegressor

N_SAMPLES = 70  # in batches of 16: a last one of 6
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(N_SAMPLES, 5)).astype(np.float32)
NUMBERS = (X @ RANDOM.normal(size=5) + 0.1).astype(np.float32)
CLASSES = RANDOM.integers(3, size=N_SAMPLES)
WEIGHT = RANDOM.uniform(0.5, 2.0, N_SAMPLES)


def plain(n_outputs=1, activation=None):
    regularizer = keras.regularizers.L1L2(0.01, 0.02)
    return keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(8, activation="tanh", kernel_regularizer=regularizer),
            layers.Dense(n_outputs, activation=activation),
        ]
    )


def residual():
    """Pre-activation block: norm, activation, dense, twice, and the input added back."""
    inputs = keras.Input((5,))
    x = layers.Dense(6)(inputs)
    y = x
    for plain in ({}, {"center": False, "scale": False}):
        y = layers.BatchNormalization(**plain)(y)
        y = layers.Activation("tanh")(y)
        y = layers.Dense(6, use_bias=False)(y)
    return keras.Model(inputs, layers.Dense(1)(layers.Add()([x, y])))


def shared():
    inputs = keras.Input((5,))
    twice = layers.Dense(5, activation="tanh", kernel_constraint=keras.constraints.MaxNorm(0.5))
    return keras.Model(inputs, layers.Dense(1)(twice(twice(inputs)) + inputs))


def softmax():
    return plain(3, "softmax")


CASES = {
    "penalties": (plain, NUMBERS, "mse", keras.optimizers.SGD(0.05, momentum=0.9)),
    "batch norm": (residual, NUMBERS, keras.losses.Huber(0.5), keras.optimizers.SGD(0.05)),
    "shared": (shared, NUMBERS, "mean_absolute_error", keras.optimizers.RMSprop(0.01)),
    "classes": (softmax, CLASSES, "sparse_categorical_crossentropy", keras.optimizers.Adam(0.02)),
}


@pytest.mark.parametrize("name", CASES)
def test_equal_to_model_fit(name, monkeypatch):
    if name == "batch norm":  # by XLA, the others in TensorFlow's plain graph
        monkeypatch.setattr("skdense.engine.training.worth_compiling", lambda *_: True)
    build, y, loss, optimizer = CASES[name]
    estimator = NetworkClassifier if name == "classes" else NetworkRegressor
    net = estimator(
        build,
        loss=loss,
        optimizer=optimizer,
        batch_size=16,
        epochs=6,
        shuffle=False,
        random_state=0,
    )
    start = net.initialize(X, y).model_.get_weights()
    net.fit(X, y, sample_weight=WEIGHT)
    assert net.engine_ == "compiled epochs"
    reference = build()
    reference.set_weights(start)
    config = optimizer.get_config()
    reference.compile(type(optimizer).from_config(config), loss, run_eagerly=True)
    history = reference.fit(
        X,
        y,
        sample_weight=WEIGHT / WEIGHT.mean(),
        batch_size=16,
        epochs=6,
        shuffle=False,
        verbose=0,
    ).history
    assert np.allclose(net.history_["loss"], history["loss"], rtol=1e-4)
    for ours, theirs in zip(net.model_.get_weights(), reference.get_weights(), strict=True):
        assert np.allclose(ours, theirs, atol=2e-5)


def test_validation_loss_is_that_of_keras():
    net = NetworkRegressor(plain, loss="mse", epochs=2, validation_split=0.3, random_state=0)
    with_keras = NetworkRegressor(
        plain,
        loss="mse",
        epochs=2,
        validation_split=0.3,
        random_state=0,
        fit__verbose=0,
        fit__initial_epoch=0,
        shuffle=False,
    )
    net.set_params(shuffle=False).fit(X, NUMBERS)
    with_keras.fit(X, NUMBERS)
    assert with_keras.engine_ == "keras: Model.fit is to be given initial_epoch"
    assert np.allclose(net.history_["val_loss"], with_keras.history_["val_loss"], rtol=1e-4)


def test_folds_share_one_program(fresh_cache):
    def build(units=4):
        inputs = keras.Input((5,))
        x = layers.Dropout(0.2)(layers.Dense(units, activation="relu")(inputs))
        return keras.Model(inputs, layers.Dense(1)(x))

    net = NetworkRegressor(build, loss="mse", epochs=20, random_state=0)
    for n_samples, rate in ((60, 0.01), (61, 0.1), (59, 0.2)):
        net.set_params(optimizer__learning_rate=rate).fit(X[:n_samples], NUMBERS[:n_samples])
        assert net.engine_ == "compiled epochs"
    info = skdense.cache_info()
    assert (info.misses, info.hits, info.traces) == (1, 2, 1)
    net.set_params(model__units=5).fit(X, NUMBERS)
    assert skdense.cache_info().misses == 2


@pytest.mark.parametrize("compiled", [False, True])
def test_dropout_drops_in_training_only(compiled, monkeypatch):
    monkeypatch.setattr("skdense.engine.training.worth_compiling", lambda *_: compiled)

    def build(rate):
        return keras.Sequential(
            [
                keras.Input((5,)),
                layers.Dense(64, activation="relu"),
                layers.Dropout(rate),
                layers.Dense(1),
            ]
        )

    losses = []
    for rate in (0.0, 0.9):
        net = NetworkRegressor(
            build, loss="mse", epochs=40, model__rate=rate, optimizer="adam", random_state=0
        ).fit(X, NUMBERS)
        assert net.engine_ == "compiled epochs"
        losses.append(net.history_["loss"][-1])
        assert np.array_equal(net.predict(X), net.predict(X))
    assert losses[1] > 2 * losses[0]


class Custom(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1)

    def call(self, inputs):
        return self.dense(inputs)


def double(x):
    return 2 * x


def with_layer(layer):
    return lambda: keras.Sequential([keras.Input((5,)), layer(), layers.Dense(1)])


def custom_loss(y_true, y_pred):
    return keras.ops.mean((y_true - y_pred) ** 2, axis=-1)


DECLINED = {
    "own class": (Custom, {}, "own class"),
    "metrics": (plain, {"metrics": ["mae"]}, "metrics"),
    "callbacks": (plain, {"callbacks": [keras.callbacks.TerminateOnNaN()]}, "callbacks"),
    "own loss": (plain, {"loss": custom_loss}, "loss"),
    "noise": (with_layer(lambda: layers.GaussianNoise(0.1)), {}, "GaussianNoise"),
    "own function": (with_layer(lambda: layers.Dense(4, activation=double)), {}, "double"),
}


@pytest.mark.parametrize("name", DECLINED)
def test_declined_with_a_reason(name, monkeypatch):
    build, parameters, reason = DECLINED[name]
    # What Model.fit does is Keras's own affair, and takes a second each.
    monkeypatch.setattr(
        "skdense.engine.custom_model.training._fit_with_keras", lambda job: {"loss": [0.0]}
    )
    net = NetworkRegressor(build, **{"loss": "mse", **parameters}).fit(X, NUMBERS)
    assert net.engine_.startswith("keras: ")
    assert reason in net.engine_


def test_models_of_equal_shape_but_other_layers_do_not_share():
    found = set()
    for activation in ("relu", "tanh"):
        model = keras.Sequential(
            [keras.Input((5,)), layers.Dense(3, activation=activation, name=activation)]
        )
        model.compile("sgd", "mse")
        from skdense.engine.custom_model.description import describe

        found.add(describe(model, 100))
    assert len(found) == 2

"""The same training by plain ``keras.Model.fit``, for the engine to be compared with."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import tensorflow as tf

from skdense.engine.losses import loss_config
from skdense.engine.model_building import fitted_model
from skdense.engine.optimizers import optimizer_config
from skdense.engine.program_inputs import Rows
from skdense.engine.settings import Settings
from skdense.engine.training import train
from skdense.networks.architecture import Architecture
from skdense.networks.initialization import initial_weights
from skdense.networks.losses import CLASSIFIER_LOSSES, REGRESSOR_LOSSES

N_SAMPLES, N_FEATURES = 100, 5  # 100 rows in batches of 32 leave a last batch of 4
KNOWN_LOSSES = CLASSIFIER_LOSSES | REGRESSOR_LOSSES


def make_architecture(**changes) -> Architecture:
    plain = Architecture(
        N_FEATURES, (8, 6), ("tanh", "tanh"), None, (False, False), 1, "sigmoid", "float32"
    )
    return replace(plain, **changes)


def make_settings(architecture, optimizer="sgd", loss="binary_crossentropy", **changes) -> Settings:
    config, rate = optimizer_config(optimizer, False)
    settings = Settings(
        optimizer=config,
        loss=loss_config(loss, KNOWN_LOSSES),
        learning_rate=rate,
        batch_size=32,
        epochs=4,
        l1=(0.0,) * architecture.n_penalties,
        l2=(0.0,) * architecture.n_penalties,
        dropout=(0.0,) * architecture.n_hidden,
    )
    return replace(settings, **changes)


def make_rows(architecture, n_samples=N_SAMPLES, weighted=False, seed=0) -> Rows:
    random = np.random.default_rng(seed)
    X = random.normal(size=(n_samples, N_FEATURES)).astype(architecture.dtype)
    signal = X @ random.normal(size=(N_FEATURES, architecture.n_outputs))
    if architecture.out_activation == "softmax":
        y = signal.argmax(axis=1).astype(np.int32)
    elif architecture.out_activation == "sigmoid":
        y = (signal > 0).astype(architecture.dtype)
    else:
        y = signal.astype(architecture.dtype)
    weight = random.uniform(0.2, 3.0, n_samples) if weighted else np.ones(n_samples)
    return Rows(X, y, (weight / weight.mean()).astype(architecture.dtype))


def make_weights(architecture, seed=1) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    weights = initial_weights(architecture, random)
    # Biases of exactly zero would hide a bias that is trained in the wrong place.
    return [
        w + random.normal(0, 0.05, w.shape).astype(w.dtype) if w.ndim == 1 else w for w in weights
    ]


def make_orders(n_samples=N_SAMPLES, seed=2):
    random = np.random.default_rng(seed)
    while True:
        yield random.permutation(n_samples)


class OnEpochEnd:
    """A callback of the engine that is one function."""

    def __init__(self, function):
        self.on_epoch_end = function


def engine_fit(architecture, settings, rows, validation=None, seed=7, **options):
    return train(
        architecture,
        settings,
        rows,
        validation,
        make_weights(architecture),
        None,
        make_orders(len(rows.X)),
        np.random.default_rng(seed).integers(2**31, size=len(architecture.random_places)),
        **options,
    )


def keras_fit(architecture, settings, rows, validation=None, callbacks=(), eager=True):
    """Fit with Keras on the engine's order of rows; returns model and histories.

    Eager by default: the same arithmetic without two seconds of tracing for each case.
    """
    model = fitted_model(architecture, settings, make_weights(architecture))
    model.run_eagerly = eager
    history = model.fit(
        _batches(rows, settings.batch_size),
        steps_per_epoch=math.ceil(len(rows.X) / settings.batch_size),
        epochs=settings.epochs,
        validation_data=None if validation is None else tuple(validation),
        validation_batch_size=settings.batch_size,
        shuffle=False,
        callbacks=list(callbacks),
        verbose=0,
    ).history
    return model, history


def _batches(rows, batch_size):
    """Yield the batches of one epoch after the other, without end."""
    for order in make_orders(len(rows.X)):
        for start in range(0, len(order), batch_size):
            yield tuple(array[order[start : start + batch_size]] for array in rows)


def largest_difference(weights, others) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(weights, others, strict=True))


def layer_call(layer_class, compiled: bool):
    """Give a random layer's call as a function of its inputs, its rate and the seed."""
    layer = layer_class(compiled)
    layer.build((None, 3))

    @tf.function(jit_compile=compiled)
    def call(inputs, rate, seed, training=True):
        layer.rate.assign(rate)
        layer.seed.assign(seed)
        return layer(inputs, training=training)

    return lambda inputs, rate, seed=(1, 2), training=True: call(
        inputs, tf.constant(rate), tf.constant(seed), training=training
    ).numpy()

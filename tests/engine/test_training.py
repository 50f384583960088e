"""Weights after a few epochs equal those of ``keras.Model.fit`` on the same rows, same order."""

import keras
import numpy as np
import pytest

from skdense import clear_cache
from skdense.engine import trainable_network as network
from skdense.engine import training
from tests.engine.keras_reference import (
    engine_fit,
    keras_fit,
    largest_difference,
    make_architecture,
    make_rows,
    make_settings,
    make_weights,
)

# Largest difference of any weight after 4 epochs of 4 steps at the rates below. Adam's family
# divides by the root of a squared gradient, which enlarges the rounding of small gradients.
TOLERANCES = {
    "sgd": 5e-7,
    "adagrad": 5e-7,
    "adadelta": 5e-7,
    "rmsprop": 2e-6,
    "adam": 2e-6,
    "adamw": 2e-6,
    "adamax": 2e-6,
    "nadam": 2e-6,
    "lion": 5e-7,
    "ftrl": 2e-6,
    "adafactor": 2e-5,
    "lamb": 2e-6,
}


@pytest.fixture(params=["compiled", "plain graph"])
def either_graph(request, monkeypatch):
    monkeypatch.setattr(training, "worth_compiling", lambda *_: request.param == "compiled")


# XLA takes a second for each program; below it compiles SGD and Adam always.
@pytest.fixture(params=["plain graph", pytest.param("compiled", marks=pytest.mark.slow)])
def either_graph_in_long_tests(request, monkeypatch):
    monkeypatch.setattr(training, "worth_compiling", lambda *_: request.param == "compiled")


@pytest.fixture
def compiled(monkeypatch):
    monkeypatch.setattr(training, "worth_compiling", lambda *_: True)


def assert_equal_to_keras(architecture, settings, tolerance, weighted=True, eager=True):
    rows = make_rows(architecture, weighted=weighted)
    trained = engine_fit(architecture, settings, rows)
    model, history = keras_fit(architecture, settings, rows, eager=eager)
    assert largest_difference(trained.weights, model.get_weights()) <= tolerance
    np.testing.assert_allclose(trained.loss, history["loss"], rtol=2e-6)
    assert largest_difference(trained.weights, make_weights(architecture)) > 1000 * tolerance


# Others that work element by element, as SGD and Adam do, are left to the long tests.
LIKE_ADAM = ("adadelta", "adagrad", "adamax", "ftrl", "lion", "nadam")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow) if name in LIKE_ADAM else name
        for name in sorted(TOLERANCES)
    ],
)
def test_each_optimizer(name, either_graph_in_long_tests):
    architecture = make_architecture()
    rate = {"adadelta": 1.0, "adafactor": 0.05, "ftrl": 0.03, "sgd": 0.1}.get(name, 0.003)
    settings = make_settings(architecture, name, learning_rate=rate)
    assert_equal_to_keras(
        architecture, settings, TOLERANCES[name], eager=name not in ("sgd", "adam")
    )


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
        keras.optimizers.SGD(0.1, clipnorm=0.05),
        keras.optimizers.SGD(0.1, global_clipnorm=0.05),
        keras.optimizers.SGD(0.1, clipvalue=0.01, weight_decay=0.01),
    ],
    ids=["nesterov", "clipnorm", "global_clipnorm", "clipvalue"],
)
def test_optimizer_instances(optimizer, either_graph_in_long_tests):
    assert_instance_equals_keras(optimizer)


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.8)),
        keras.optimizers.Adam(0.003, amsgrad=True, use_ema=True, ema_momentum=0.5),
        keras.optimizers.SGD(0.1, gradient_accumulation_steps=2),
    ],
    ids=["schedule", "ema", "accumulation"],
)
def test_optimizer_instances_that_count_steps(optimizer, compiled):
    assert_instance_equals_keras(optimizer)


def assert_instance_equals_keras(optimizer):
    before = optimizer.get_config()
    architecture = make_architecture()
    settings = make_settings(architecture, optimizer)
    assert_equal_to_keras(architecture, settings, 2e-6)
    assert optimizer.get_config() == before


@pytest.mark.parametrize("place", ["before", "after"])
def test_batch_norm_with_a_partial_last_batch(place, either_graph):
    architecture = make_architecture(batch_norm=place)
    settings = make_settings(architecture, learning_rate=0.1)
    assert_equal_to_keras(architecture, settings, 2e-6)


def test_batch_norm_under_adam_but_for_biases_that_have_no_gradient(compiled):
    architecture = make_architecture(batch_norm="before")
    settings = make_settings(architecture, "adam", learning_rate=0.01)
    rows = make_rows(architecture, weighted=True)
    trained = engine_fit(architecture, settings, rows)
    model, _ = keras_fit(architecture, settings, rows)
    for spec, ours, theirs in zip(
        architecture.weights(), trained.weights, model.get_weights(), strict=True
    ):
        # A bias ahead of batch norm has gradient zero; Adam turns its rounding into steps.
        if spec.layer < architecture.n_hidden and spec.role in ("bias", "moving_mean"):
            continue
        np.testing.assert_allclose(ours, theirs, atol=2e-5)


def test_penalties_weights_and_three_classes(either_graph):
    architecture = make_architecture(n_outputs=3, out_activation="softmax")
    settings = make_settings(
        architecture,
        keras.optimizers.SGD(0.1, momentum=0.9),
        loss="sparse_categorical_crossentropy",
        l1=(0.001, 0.01),
        l2=(0.02, 0.0),
    )
    assert_equal_to_keras(architecture, settings, 2e-6)


def test_no_hidden_layer_is_penalized_at_the_output():
    architecture = make_architecture(hidden_layer_sizes=(), activation=(), dropout=())
    settings = make_settings(architecture, l1=(0.001,), l2=(0.01,), learning_rate=0.1)
    assert_equal_to_keras(architecture, settings, 1e-6)


@pytest.mark.parametrize(
    ("loss", "changes"),
    [
        ("mse", {"out_activation": "linear", "n_outputs": 2}),
        ("huber", {"out_activation": "linear"}),
        ("log_cosh", {"out_activation": "linear"}),
        ("mae", {"out_activation": "linear"}),
        ("binary_focal_crossentropy", {}),
        (keras.losses.BinaryCrossentropy(label_smoothing=0.1), {}),
        ("binary_crossentropy", {"n_outputs": 3}),
    ],
    ids=["mse", "huber", "log_cosh", "mae", "focal", "label_smoothing", "multilabel"],
)
def test_each_loss(loss, changes):
    architecture = make_architecture(**changes)
    settings = make_settings(architecture, loss=loss, learning_rate=0.05)
    assert_equal_to_keras(architecture, settings, 1e-6)


def test_float64_is_exact_to_its_last_digits(compiled):
    architecture = make_architecture(dtype="float64", out_activation="linear")
    # Keras keeps learning rates in float32, so pick one that both precisions hold.
    settings = make_settings(architecture, loss="mse", learning_rate=2.0**-5)
    rows = make_rows(architecture, weighted=True)
    trained = engine_fit(architecture, settings, rows)
    model, _ = keras_fit(architecture, settings, rows)
    # Keras computes the loss itself in float32, whatever the layers' dtype.
    assert largest_difference(trained.weights, model.get_weights()) < 1e-7


def test_a_batch_larger_than_the_data_is_the_data(compiled):
    architecture = make_architecture()
    settings = make_settings(architecture, learning_rate=0.5, batch_size=1000)
    assert_equal_to_keras(architecture, settings, 1e-6)


def test_whole_number_of_batches():
    architecture = make_architecture()
    settings = make_settings(architecture, learning_rate=0.5, batch_size=25)
    assert_equal_to_keras(architecture, settings, 1e-6, weighted=False)


@pytest.mark.skipif(not hasattr(keras.optimizers, "Muon"), reason="newer Keras has it")
def test_an_optimizer_that_looks_at_whole_kernels(compiled):
    architecture = make_architecture()
    settings = make_settings(architecture, "muon", learning_rate=0.003)
    assert_equal_to_keras(architecture, settings, 2e-5)


def test_large_networks_in_one_variable_each_take_the_same_steps(monkeypatch, fresh_cache):
    architecture = make_architecture(batch_norm="after")
    settings = make_settings(architecture, "adam")
    rows = make_rows(architecture)
    flat = engine_fit(architecture, settings, rows)
    clear_cache()
    monkeypatch.setattr(network, "MOST_FLAT_WEIGHTS", 0)
    apart = engine_fit(architecture, settings, rows)
    assert len(apart.slots) > len(flat.slots)
    assert largest_difference(flat.weights, apart.weights) == 0.0

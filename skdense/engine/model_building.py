"""From an Architecture to a Keras model: one for training, one to hand to the user."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from skdense.engine import layers as engine_layers
from skdense.engine._tensorflow import keras
from skdense.engine.input_layers import input_layers
from skdense.engine.losses import make_loss
from skdense.engine.program_inputs import RowTransformation
from skdense.engine.settings import Settings
from skdense.networks.architecture import Architecture


def training_model(architecture: Architecture, compiled: bool, sparse: bool = False) -> keras.Model:
    """Build the model that the engine trains: (n_samples, n_features) to (n_samples, n_outputs).

    Its penalties are added by the engine and its dropout rates are program inputs, so that one
    model serves every penalty and rate.
    """

    def random_layer(place: int):
        if not architecture.random_places[place]:
            return None
        is_noise = place == _noise_place(architecture)
        kind = engine_layers.ProgramNoise if is_noise else engine_layers.ProgramDropout
        return kind(compiled, place, dtype=architecture.dtype)

    shape = (architecture.n_features,)
    inputs = keras.Input(shape, dtype=architecture.dtype, sparse=sparse)
    return _assemble(architecture, inputs, inputs, random_layer, lambda layer: None, engine_layers)


def fitted_model(
    architecture: Architecture,
    settings: Settings,
    weights: list[np.ndarray],
    rescaling: tuple[np.ndarray, np.ndarray] | None = None,
    input_shape: tuple[int, ...] | None = None,
    steps: RowTransformation | None = None,
    missing_features: np.ndarray | None = None,
    inputs: keras.KerasTensor | None = None,
) -> keras.Model:
    """Build the same network from Keras's standard layers, compiled and with given weights.

    The output is multiplied by the scale of `rescaling`, and its offset added, (n_outputs,), in
    their dtype. `input_shape` is that of an image, to be flattened. `steps` lead from X to the
    network's inputs, with indicators of `missing_features`; None where X is the inputs. `inputs`
    are those of another model, to share them.
    """

    def regularizer(layer: int):
        if layer >= architecture.n_penalties or not (settings.l1[layer] or settings.l2[layer]):
            return None
        return keras.regularizers.L1L2(l1=settings.l1[layer], l2=settings.l2[layer])

    def random_layer(place: int):
        is_noise = place == _noise_place(architecture)
        kind = keras.layers.GaussianNoise if is_noise else keras.layers.Dropout
        rate = settings.random_rates[place]
        return kind(rate, dtype=architecture.dtype) if rate else None

    shape = input_shape or (architecture.n_features,)
    if inputs is None:
        dtype = architecture.dtype if steps is None else "float64"  # centring comes before rounding
        inputs = keras.Input(shape, dtype=dtype)
    x = keras.layers.Flatten(dtype=inputs.dtype)(inputs) if len(shape) > 1 else inputs
    if steps is not None:
        x = input_layers(x, steps, missing_features)
    model = _assemble(architecture, inputs, x, random_layer, regularizer)
    model.set_weights(weights)
    if rescaling is not None:
        # Arrays, since Keras takes lists through float32.
        rescale = keras.layers.Rescaling(*rescaling, dtype=rescaling[0].dtype.name)
        model = keras.Model(model.input, rescale(model.output))
    return _compiled(model, settings)


def averaged_model(models: Sequence[keras.Model], settings: Settings) -> keras.Model:
    """Build a model with the layers of several of one input, whose output is the mean of theirs."""
    widest = max(model.output.dtype for model in models)
    average = keras.layers.Average(dtype=widest)([model.output for model in models])
    return _compiled(keras.Model(models[0].input, average), settings)


def _compiled(model: keras.Model, settings: Settings) -> keras.Model:
    rate = {} if settings.learning_rate is None else {"learning_rate": settings.learning_rate}
    model.compile(optimizer=settings.optimizer.make(**rate), loss=make_loss(settings.loss))
    model.optimizer.build(model.trainable_variables)  # or Keras warns when it loads a saved copy
    return model


def print_summary(model: keras.Model, name: str) -> None:
    """Print Keras's table of a model, of its own weights and under names that are always the same.

    The model is a copy that nobody needs: its layers get other names.
    """
    counts: Counter[str] = Counter()
    for layer in model.layers:  # as in a fresh process; Keras goes on counting
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(layer).__name__).lower()
        layer.name = f"{words}_{counts[words]}" if counts[words] else words
        counts[words] += 1
    # Without an optimizer, whose variables Keras would count, too.
    keras.Model(model.inputs, model.outputs, name=name).summary()


def _noise_place(architecture: Architecture) -> int:
    return len(architecture.random_places) - 1


def _assemble(
    architecture: Architecture,
    inputs: Any,
    x: Any,
    random_layer: Callable[[int], keras.layers.Layer | None],
    regularizer: Callable[[int], keras.regularizers.Regularizer | None],
    layers: Any = keras.layers,
) -> keras.Model:
    """Put the network's layers on `x`, which is made of the model's `inputs`."""
    dtype = architecture.dtype
    for place in (_noise_place(architecture), architecture.n_hidden):  # noise first: zeros stay
        disturb = random_layer(place)
        x = x if disturb is None else disturb(x)
    skipped = None  # what the layer before computed ahead of its activation
    for layer, units in enumerate(architecture.hidden_layer_sizes):
        options = {"dtype": dtype, "kernel_regularizer": regularizer(layer)}
        x = layers.Dense(units, **options)(x)
        if architecture.residual:
            if skipped is not None and skipped.shape[-1] != units:
                skipped = layers.Dense(units, use_bias=False, **options)(skipped)
            x = x if skipped is None else keras.layers.Add(dtype=dtype)([x, skipped])
            skipped = x
        x = _normalize_and_activate(x, architecture, layer, layers)
        drop = random_layer(layer)
        if drop is not None:
            x = drop(x)
    output = layers.Dense(
        architecture.n_outputs,
        activation=architecture.out_activation,
        dtype=dtype,
        kernel_regularizer=regularizer(architecture.n_hidden),
    )
    return keras.Model(inputs, output(x))


def _normalize_and_activate(x, architecture: Architecture, layer: int, layers: Any):
    dtype = architecture.dtype
    if architecture.batch_norm == "before":
        x = layers.BatchNormalization(dtype=dtype)(x)
    x = keras.layers.Activation(architecture.activation[layer], dtype=dtype)(x)
    if architecture.batch_norm == "after":
        x = layers.BatchNormalization(dtype=dtype)(x)
    return x

"""A custom model as a network that takes training steps in compiled epochs."""

from __future__ import annotations

from typing import Any

from skdense.engine import _compat
from skdense.engine._tensorflow import keras, tf
from skdense.engine.custom_model.description import DROPOUT, NORMALIZATION, CustomModelDescription
from skdense.engine.layers import BatchNormalization
from skdense.engine.losses import make_loss
from skdense.engine.program import Program
from skdense.engine.program_inputs import Epochs, ProgramInputs, State
from skdense.engine.program_key import ProgramKey
from skdense.engine.trainable_network import TrainableNetwork


class StepContext:
    """What the layers of the program have to know of the step that is being traced.

    real : bool tensor of shape (batch_size,), or None outside training
    step : int32 tensor; seeds : int32 tensor of shape (n_dropouts,)
    """

    real: Any = None
    step: Any = None
    seeds: Any = None


class StepDropout(keras.layers.Layer):
    """Dropout whose seed is a program input: Keras's own is slow under XLA.

    The rate is a constant of the graph, as in the model that is cloned. As a program input, which
    it is in the dense networks, it would divide and not multiply, to other last bits.
    """

    def __init__(self, rate: float, place: int, now: StepContext, compiled: bool):
        super().__init__()
        self.rate, self._place, self._now = rate, place, now
        self._algorithm = "threefry" if compiled else "philox"

    def call(self, inputs, training=False):
        """Drop units in training; give the inputs back otherwise."""
        if not training:
            return inputs
        seed = tf.stack([self._now.seeds[self._place], self._now.step])
        return tf.nn.experimental.stateless_dropout(
            inputs, rate=self.rate, seed=seed, rng_alg=self._algorithm
        )


class MaskedBatchNormalization(BatchNormalization):
    """Batch normalization that leaves out the rows that only fill a batch."""

    now: StepContext

    def call(self, inputs, training=None, mask=None):
        """Normalize (n_samples, n_units), in training by the step's real rows; no `mask`."""
        del mask
        return super().call(inputs, training=training, mask=self.now.real if training else None)


class CustomModelNetwork(TrainableNetwork):
    """A clone of the user's model and optimizer as scratch memory of a program."""

    def __init__(self, key: ProgramKey, description: CustomModelDescription):
        self._now = StepContext()
        self._dtype = description.dtype
        self.specs = list(description.weights())
        self.loss = make_loss(key.loss)
        self.model = self._clone(description, key.compiled)
        self.optimizer = key.optimizer.make()
        self.is_flat = False
        self.trainable = list(self.model.trainable_weights)
        self.optimizer.build(self.trainable)
        self.slots = _compat.optimizer_state(self.optimizer)
        self.fresh_slots = [v.numpy() for v in self.slots]
        self._name_alike()

    def _clone(self, description: CustomModelDescription, compiled: bool) -> keras.Model:
        n_dropouts = 0

        def clone(layer):
            nonlocal n_dropouts
            name = type(layer).__name__
            if name == DROPOUT and layer.rate > 0:
                n_dropouts += 1
                return StepDropout(layer.rate, n_dropouts - 1, self._now, compiled)
            if name == NORMALIZATION:
                copied = MaskedBatchNormalization.from_config(layer.get_config())
                copied.now = self._now
                return copied
            return type(layer).from_config(layer.get_config())

        model = keras.models.clone_model(description.model, clone_function=clone)
        if not model.built:
            model(tf.zeros((1, *description.model.inputs[0].shape[1:])))
        return model

    def weights(self) -> list[tf.Tensor]:
        """Give the trainable weights as tensors."""
        return [tf.convert_to_tensor(variable) for variable in self.trainable]

    def spread(self, rates: tf.Tensor) -> list[tf.Tensor | None]:
        """Give no rate for any variable: the model has regularizers of its own."""
        del rates
        return [None] * len(self.trainable)

    def penalty(self, inputs: ProgramInputs) -> tuple[tf.Tensor, list[tf.Tensor | None]]:
        """Give the penalties of the model's own regularizers, and their gradients or None."""
        del inputs
        total = tf.zeros((), self._dtype)
        with tf.GradientTape() as tape:
            for variable in self.trainable:
                if variable.regularizer is not None:
                    total += variable.regularizer(tf.convert_to_tensor(variable))
        return total, tape.gradient(total, [variable.value for variable in self.trainable])

    def _penalize(self, gradients: list, inputs: ProgramInputs) -> tuple[tf.Tensor, list]:
        return self._add_penalty(gradients, inputs)

    def _forward(self, weights, moving, X, inputs: ProgramInputs, real=None, step=None):
        """Outputs and batch norm's new statistics; in training where `step` is given."""
        now = self._now
        now.real, now.step, now.seeds = real, step, inputs.random_seeds
        return self.model.stateless_call(weights, moving, X, training=step is not None)


class CustomModelProgram(Program):
    """A program of a custom model; a handful of steps is taken without a graph."""

    def __init__(self, key: ProgramKey, description: CustomModelDescription):
        super().__init__(key, CustomModelNetwork(key, description))
        self._is_traced = description.traced

    def compute(self, *arguments: Any) -> tuple[State, Epochs]:
        """Call the epochs, as `Program.compute` does, or take their steps without a graph."""
        return super().compute(*arguments) if self._is_traced else self._run(*arguments)

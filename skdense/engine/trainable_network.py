"""A Keras model and a Keras optimizer as one thing that takes training steps."""

from __future__ import annotations

import numpy as np

from skdense.engine import _compat
from skdense.engine._tensorflow import keras, tf
from skdense.engine.keras_config import KerasConfig
from skdense.engine.layers import RandomLayer
from skdense.engine.losses import make_loss
from skdense.engine.model_building import training_model
from skdense.engine.optimizers import is_elementwise
from skdense.engine.penalties import penalty
from skdense.engine.program_inputs import ProgramInputs, Rows
from skdense.networks.architecture import Architecture

# XLA sums the gradients of the biases inside the concatenation that makes a flat gradient; in large
# networks that takes longer than everything else together.
MOST_FLAT_WEIGHTS = 32_768


class TrainableNetwork:
    """The network as scratch memory: its variables hold whatever training is under way.

    `trainable` are the weights that the optimizer moves; all in one flat variable where the network
    is small and the optimizer works element by element, which halves the time to trace and compile.
    The steps are the same to the last bit. `slots` are the optimizer's own variables, its learning
    rate excepted. With `label_smoothing` labels are smoothed here, because the targets are class
    indices.
    """

    _label_smoothing = False

    def __init__(
        self,
        architecture: Architecture,
        optimizer: KerasConfig,
        loss: KerasConfig,
        compiled: bool,
        sparse: bool = False,
        label_smoothing: bool = False,
    ):
        self.architecture = architecture
        self.specs = list(architecture.weights())
        self.loss = make_loss(loss)
        self._label_smoothing = label_smoothing
        self.model = training_model(architecture, compiled, sparse)
        self.optimizer = optimizer.make()
        self.is_flat = is_elementwise(optimizer) and architecture.n_weights <= MOST_FLAT_WEIGHTS
        self.trainable = self._trainable_variables()
        self.optimizer.build(self.trainable)
        self.slots = _compat.optimizer_state(self.optimizer)
        self.fresh_slots = [v.numpy() for v in self.slots]
        self._name_alike()
        self._statistics = self._non_trainable_slots()

    def _name_alike(self) -> None:
        """Take the numbers of Keras's that count on in a process out of what will be compiled."""
        self.optimizer.name = "optimizer"
        for number, layer in enumerate(_compat.layers_of(self.model)):
            layer.name = f"layer_{number}"

    def _trainable_variables(self) -> list:
        variables = self.model.trainable_variables
        if not self.is_flat:
            return variables
        zeros = np.zeros(sum(int(np.prod(v.shape)) for v in variables))
        return [keras.Variable(zeros, dtype=self.architecture.dtype, name="weights")]

    def _non_trainable_slots(self) -> list[tuple[str, int]]:
        """Give for each non-trainable variable of the model what goes there."""
        places = {}
        for layer in self.model.layers:
            if isinstance(layer, RandomLayer):
                places[id(layer.rate)] = ("rate", layer.place)
                places[id(layer.seed)] = ("seed", layer.place)
        slots, n_moving = [], 0
        for variable in self.model.non_trainable_variables:
            slots.append(places.get(id(variable), ("moving", n_moving)))
            n_moving += slots[-1][0] == "moving"
        return slots

    def weights(self) -> list[tf.Tensor]:
        """Give the trainable weights as tensors, one for each array of the architecture."""
        tensors = [tf.convert_to_tensor(v) for v in self.trainable]
        if not self.is_flat:
            return tensors
        shapes = [spec.shape for spec in self.specs if spec.trainable]
        pieces = tf.split(tensors[0], [int(np.prod(s)) for s in shapes])
        pairs = zip(pieces, shapes, strict=True)
        return [piece if len(shape) == 1 else tf.reshape(piece, shape) for piece, shape in pairs]

    def unflatten(self, arrays: list[np.ndarray]) -> list[np.ndarray]:
        """Give the trainable variables' arrays one by one, as `weights` does with tensors."""
        if not self.is_flat:
            return arrays
        shapes = [spec.shape for spec in self.specs if spec.trainable]
        pieces = np.split(arrays[0], np.cumsum([int(np.prod(s)) for s in shapes])[:-1])
        return [piece.reshape(shape) for piece, shape in zip(pieces, shapes, strict=True)]

    def spread(self, rates: tf.Tensor) -> list[tf.Tensor | None]:
        """Give the rate of each trainable variable's elements; None where nothing is penalized.

        (n_penalties,) become scalars or, for a flat variable, (n_weights,).
        """
        specs = [spec for spec in self.specs if spec.trainable]
        penalized = [s.is_kernel and s.layer < self.architecture.n_penalties for s in specs]
        if not self.is_flat:
            pairs = zip(specs, penalized, strict=True)
            return [rates[spec.layer] if is_penalized else None for spec, is_penalized in pairs]
        zero = self.architecture.n_penalties  # the place after the last rate
        layers = [spec.layer if p else zero for spec, p in zip(specs, penalized, strict=True)]
        of_element = np.repeat(layers, [int(np.prod(spec.shape)) for spec in specs])
        return [tf.gather(tf.concat([rates, [0]], 0), of_element)]

    def penalty(self, inputs: ProgramInputs) -> tuple[tf.Tensor, list[tf.Tensor | None]]:
        """Give the sum of all penalties, and its gradient for each trainable variable."""
        total = tf.zeros((), self.architecture.dtype)
        gradients: list[tf.Tensor | None] = []
        for variable, l1, l2 in zip(self.trainable, inputs.l1, inputs.l2, strict=True):
            if l1 is None:
                gradients.append(None)
                continue
            one, gradient = penalty(tf.convert_to_tensor(variable), l1, l2)
            total += one
            gradients.append(gradient)
        return total, gradients

    def step(
        self,
        rows: Rows,
        real: tf.Tensor,
        n_real: tf.Tensor,
        moving: list,
        inputs: ProgramInputs,
        step: tf.Tensor,
    ):
        """Take one optimizer step on one batch; give the mean loss, with penalties, and statistics.

        `real`, bool (batch_size,), is False for rows that only fill the batch, `n_real` the number
        of the others, `moving` batch norm's running statistics; `step`, counted from the start of
        the fit, picks what is drawn at random.
        """
        with tf.GradientTape() as tape:
            weights = self.weights()
            outputs, moving = self._forward(weights, moving, rows.X, inputs, real=real, step=step)
            loss = self._mean_loss(rows, outputs, inputs, real, n_real)
            scaled = self.optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, [v.value for v in self.trainable])
        total, gradients = self._penalize(gradients, inputs)
        self.optimizer.apply(gradients)
        return loss + total, moving

    def _penalize(self, gradients: list, inputs: ProgramInputs) -> tuple[tf.Tensor, list]:
        """Give the sum of all penalties, and the gradients with theirs added."""
        # Most fits have no penalty, and computing a sum of zeros takes a fifth of a step.
        nothing = tf.zeros((), self.architecture.dtype)
        return tf.cond(
            inputs.penalized,
            lambda: self._add_penalty(gradients, inputs),
            lambda: (nothing, gradients),
        )

    def _add_penalty(self, gradients: list, inputs: ProgramInputs) -> tuple[tf.Tensor, list]:
        total, pulls = self.penalty(inputs)
        pairs = zip(gradients, pulls, strict=True)
        scale = self.optimizer.scale_loss
        return total, [g if pull is None else g + scale(pull) for g, pull in pairs]

    def evaluate(
        self, rows: Rows, moving: list, inputs: ProgramInputs
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Give each row's loss times its weight, and outputs, in inference mode; no penalties."""
        outputs, _ = self._forward(self.weights(), moving, rows.X, inputs)
        return self._losses(rows, outputs, inputs) * rows.weight, outputs

    def _losses(self, rows: Rows, outputs, inputs: ProgramInputs) -> tf.Tensor:
        """Give each row's loss."""
        losses = self.loss.call(rows.y, outputs)
        if not self._label_smoothing:
            return losses
        # The cross-entropy is linear in the targets, so smooth ones give a mix of two losses.
        evenly = tf.fill(tf.shape(outputs), tf.constant(1 / outputs.shape[-1], outputs.dtype))
        uniform = keras.losses.categorical_crossentropy(evenly, outputs)
        return (1 - inputs.label_smoothing) * losses + inputs.label_smoothing * uniform

    def _mean_loss(self, rows: Rows, outputs, inputs: ProgramInputs, real, n_real) -> tf.Tensor:
        losses = self._losses(rows, outputs, inputs)
        if losses.shape.rank != 1:
            raise ValueError(
                f"loss={self.loss!r} gives an array of shape {losses.shape} for a batch; it has to "
                "give one value for each sample."
            )
        weight = tf.where(real, rows.weight, 0.0)
        by_weight = self.loss.reduction == "mean_with_sample_weight"
        divisor = tf.reduce_sum(weight) if by_weight else tf.cast(n_real, weight.dtype)
        return tf.math.divide_no_nan(tf.reduce_sum(losses * weight), divisor)

    def _forward(self, weights, moving, X, inputs: ProgramInputs, real=None, step=None):
        """Outputs and batch norm's new statistics; in training where `step` is given."""
        training = step is not None
        sources = {"moving": moving}
        if any(kind == "rate" for kind, _ in self._statistics):
            sources["rate"], sources["seed"] = self._rates_and_seeds(inputs, step)
        non_trainable = [sources[kind][index] for kind, index in self._statistics]
        mask = {"mask": real} if self.architecture.batch_norm and training else {}
        outputs, updated = self.model.stateless_call(
            weights, non_trainable, X, training=training, **mask
        )
        kinds = [kind for kind, _ in self._statistics]
        return outputs, [v for v, kind in zip(updated, kinds, strict=True) if kind == "moving"]

    def _rates_and_seeds(self, inputs: ProgramInputs, step) -> tuple[list, list]:
        """Give what random layers draw by, by place; outside training they do not draw."""
        if step is None:
            n_places = len(self.architecture.random_places)
            rate, seed = tf.zeros((), self.architecture.dtype), tf.zeros(2, tf.int32)
            return [rate] * n_places, [seed] * n_places
        seeds = [tf.stack([seed, step]) for seed in tf.unstack(inputs.random_seeds)]
        return tf.unstack(inputs.random_rates), seeds

"""A training program: whole epochs in one compiled call, for one kind of network and data size."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdense.engine import _compat, disk_cache
from skdense.engine._tensorflow import tf
from skdense.engine.batch_slicing import gather_rows, of_any_density, slice_array, slice_rows
from skdense.engine.early_stopping import after_epoch
from skdense.engine.program_cache import count_trace
from skdense.engine.program_inputs import Epochs, ProgramInputs, Rows, State, ValidationRows
from skdense.engine.program_key import ProgramKey
from skdense.engine.trainable_network import TrainableNetwork
from skdense.engine.validation_outputs import ValidationOutputs
from skdense.networks.architecture import Architecture


class Program:
    """Compiled epochs of one network, pure from the outside: state in, state out.

    One thread at a time: the network's variables are scratch memory. `intact` is False where
    tracing or running it has raised: it may be half made.
    """

    def __init__(self, key: ProgramKey, network: TrainableNetwork | None = None):
        self.key = key
        if network is None:
            assert isinstance(key.architecture, Architecture)
            network = TrainableNetwork(
                key.architecture,
                key.optimizer,
                key.loss,
                key.compiled,
                key.sparse,
                key.label_smoothing,
            )
        self._network = network
        self._epochs: Any = None
        self.intact = True

    def start(self, weights: list[np.ndarray], slots: list[np.ndarray] | None = None) -> State:
        """Make the state that training starts from; without `slots` the optimizer starts afresh."""
        network, dtype = self._network, self.key.architecture.dtype
        pairs = list(zip(weights, network.specs, strict=True))
        trainable = [array for array, spec in pairs if spec.trainable]
        if network.is_flat:
            trainable = [np.concatenate([array.ravel() for array in trainable])]
        current = [tf.constant(array, dtype) for array in trainable]
        current += [tf.constant(array, dtype) for array, spec in pairs if not spec.trainable]
        slots = network.fresh_slots if slots is None else slots
        current += [tf.constant(s, v.dtype) for s, v in zip(slots, network.slots, strict=True)]
        return State(current, current, tf.constant(np.inf, tf.float64), tf.constant(0))

    def run(
        self,
        rows: Rows,
        validation: ValidationRows | None,
        orders: tf.Tensor,
        inputs: ProgramInputs,
        state: State,
    ) -> tuple[State, Epochs]:
        """Train for `inputs.n_epochs` epochs, or until there is a reason to stop.

        Rows are padded to the key's sizes. `orders`, int32 (epochs_per_call, batch_size * n_steps),
        has the samples each epoch visits, in order; any real one may follow the last one.
        """
        self.intact = False
        result = self.compute(rows, validation, orders, inputs, state)
        self.intact = True
        return result

    def finish(self, state: State) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Give the kept half of a state: weights, in the architecture's order, and slots."""
        network, kept = self._network, [tensor.numpy() for tensor in state.kept]
        n_trainable, end = len(network.trainable), len(kept) - len(network.slots)
        if network.optimizer.use_ema:
            self._load(state.kept)
            network.optimizer.finalize_variable_values(network.trainable)
            kept[:n_trainable] = [variable.numpy() for variable in network.trainable]
        trainable, moving = iter(network.unflatten(kept[:n_trainable])), iter(kept[n_trainable:end])
        arrays = [np.array(next(trainable if s.trainable else moving)) for s in network.specs]
        return arrays, kept[end:]

    def compute(self, *arguments: Any) -> tuple[State, Epochs]:
        """Call the compiled epochs with the arguments of `run`; the first call compiles them."""
        if self._epochs is not None:
            return self._epochs(*arguments)
        if not self.key.compiled:
            return self._first_call(*arguments)
        return disk_cache.first_call(
            repr(self.key), lambda: self._first_call(*arguments), tf.errors.OpError
        )

    def _first_call(self, rows, validation, *arguments) -> tuple[State, Epochs]:
        function = tf.function(self._traced, autograph=False, jit_compile=self.key.compiled)
        # One concrete function: other shapes would be an error, not a second trace.
        with _compat.custom_gradients_forgotten():
            self._epochs = function.get_concrete_function(
                of_any_density(rows), of_any_density(validation), *arguments
            )
        return self._epochs(rows, validation, *arguments)

    # The graph ----------------------------------------------------------------------------------

    def _load(self, current: list) -> list:
        """Write a network into the variables; give back what is no variable."""
        network = self._network
        n_trainable, n_slots = len(network.trainable), len(network.slots)
        end = len(current) - n_slots
        for variable, value in zip(network.trainable, current[:n_trainable], strict=True):
            variable.assign(value)
        for variable, value in zip(network.slots, current[end:], strict=True):
            variable.assign(value)
        return current[n_trainable:end]

    def _read(self, moving: list) -> list:
        variables = (*self._network.trainable, *self._network.slots)
        tensors = [tf.convert_to_tensor(v) for v in variables]
        n_trainable = len(self._network.trainable)
        return [*tensors[:n_trainable], *moving, *tensors[n_trainable:]]

    def _traced(self, *arguments):
        count_trace()
        return self._run(*arguments)

    def _run(self, rows, validation, orders, inputs: ProgramInputs, state: State):
        network = self._network
        inputs = inputs._replace(l1=network.spread(inputs.l1), l2=network.spread(inputs.l2))
        moving = self._load(state.current)
        nothing = tf.fill([self.key.sizes.epochs_per_call], tf.constant(np.nan, tf.float64))
        metrics = () if self.key.metrics is None else (nothing,) * len(self.key.metrics.names)
        epochs = Epochs(tf.constant(0), nothing, nothing, metrics, *map(tf.constant, (True, False)))

        def more(moving, kept, best, wait, epochs):
            return (epochs.n_run < inputs.n_epochs) & ~epochs.stopped

        def one_epoch(moving, kept, best, wait, epochs: Epochs):
            loss, moving = self._train(rows, orders[epochs.n_run], moving, inputs, epochs.n_run)
            val_loss, metrics = self._validate(validation, moving, inputs)
            finite = self._all_finite(loss, val_loss, moving)
            # Of losses less is better, of metrics more.
            every = tf.stack([loss, val_loss, *(-each for each in metrics)])
            metric = tf.gather(every, inputs.monitored)  # by a slice, XLA would compile for each
            epoch = inputs.n_epochs_before + epochs.n_run
            decision = after_epoch(metric, epoch, finite, best, wait, inputs, tf.where)
            current = self._read(moving)
            kept = [
                tf.where(decision.keep, new, old) for new, old in zip(current, kept, strict=True)
            ]
            number = epochs.n_run

            def record(column, value):
                return tf.tensor_scatter_nd_update(column, [[number]], [value])

            epochs = Epochs(
                number + 1,
                record(epochs.loss, loss),
                record(epochs.val_loss, val_loss),
                tuple(map(record, epochs.metrics, metrics)),
                finite,
                decision.stop | ~finite,
            )
            return moving, kept, decision.best, decision.wait, epochs

        loop = (moving, state.kept, state.best, state.wait, epochs)
        moving, kept, best, wait, epochs = tf.while_loop(more, one_epoch, loop)
        return State(self._read(moving), kept, best, wait), epochs

    def _train(self, rows: Rows, order, moving, inputs: ProgramInputs, epoch):
        """One epoch of steps; the mean loss over its rows as float64."""
        n_steps = (inputs.n_samples + self.key.sizes.batch_size - 1) // self.key.sizes.batch_size
        n_parts = self.key.sizes.n_steps // self.key.sizes.steps_per_gather
        number = (inputs.n_epochs_before + epoch) * n_steps

        def one_part(first_step, moving, total):
            last_step = tf.minimum(n_steps, first_step + self.key.sizes.steps_per_gather)
            part = (first_step, last_step, number, epoch)
            moving, total = self._train_part(rows, order, moving, inputs, part, total)
            return last_step, moving, total

        loop = (tf.constant(0), moving, tf.constant(0.0, tf.float64))
        if n_parts == 1:
            _, moving, total = one_part(*loop)
        else:
            _, moving, total = tf.while_loop(lambda step, *_: step < n_steps, one_part, loop)
        return total / tf.cast(inputs.n_samples, tf.float64), moving

    def _train_part(self, rows: Rows, order, moving, inputs: ProgramInputs, part, total):
        """Some of an epoch's steps; adds their losses, times their rows, to the total."""
        first_step, last_step, number, epoch = part
        size = self.key.sizes.batch_size
        # Gathering many rows at once and slicing inside is ten times faster than gathering each
        # step's; gathering all of large data would hold it twice.
        chosen = slice_array(order, first_step * size, self.key.sizes.steps_per_gather * size)
        shuffled = Rows(*(gather_rows(array, chosen) for array in rows))

        def one_step(step, moving, total):
            start = step * size
            batch = slice_rows(shuffled, start - first_step * size, size, self.key.architecture)
            real = start + tf.range(size) < inputs.n_samples
            if inputs.learning_rate is not None:
                self._network.optimizer.learning_rate.assign(inputs.learning_rate[epoch, step])
            n_real = tf.minimum(size, inputs.n_samples - start)
            loss, moving = self._network.step(batch, real, n_real, moving, inputs, number + step)
            return step + 1, moving, total + tf.cast(loss, tf.float64) * tf.cast(n_real, tf.float64)

        loop = (first_step, moving, total)
        _, moving, total = tf.while_loop(lambda step, *_: step < last_step, one_step, loop)
        return moving, total

    def _validate(self, validation: ValidationRows | None, moving, inputs: ProgramInputs):
        """Mean loss over the validation data, penalties included, as float64; and the metrics.

        Without any the loss is NaN.
        """
        if validation is None:
            return tf.constant(np.nan, tf.float64), ()
        collector = ValidationOutputs(self.key)
        size = collector.chunk_size

        def one_chunk(start, total, collected):
            chunk = slice_rows(validation, start, size, self.key.architecture)
            losses, outputs = self._network.evaluate(chunk, moving, inputs)
            losses = tf.where(start + tf.range(size) < inputs.n_validation, losses, 0.0)
            total += tf.reduce_sum(tf.cast(losses, tf.float64))
            return start + size, total, collector.add(collected, start, outputs)

        def more(start, total, collected):
            return start < inputs.n_validation

        loop = (tf.constant(0), tf.constant(0.0, tf.float64), collector.empty())
        _, total, collected = tf.while_loop(more, one_chunk, loop)
        penalty, _ = self._network.penalty(inputs)
        loss = total / tf.cast(inputs.n_validation, tf.float64) + tf.cast(penalty, tf.float64)
        return loss, collector.metrics(collected, validation.metric_data)

    def _all_finite(self, loss, val_loss, moving):
        finite = tf.math.is_finite(loss)
        if self.key.sizes.n_validation:
            finite &= tf.math.is_finite(val_loss)
        for array in (*self._network.trainable, *moving):
            finite &= tf.reduce_all(tf.math.is_finite(tf.convert_to_tensor(array)))
        return finite

"""The training loop: calls a program until the epochs are over or there is a reason to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from skdense.engine import _compat
from skdense.engine._tensorflow import tf
from skdense.engine.callback_list import CallbackList
from skdense.engine.checkpoint import Checkpoint, Progress
from skdense.engine.epoch import Epoch
from skdense.engine.learning_rates import LearningRates
from skdense.engine.padded_data import EpochData, bins_shape, n_all_samples
from skdense.engine.padding import padded_sizes, worth_compiling
from skdense.engine.program import Program
from skdense.engine.program_cache import borrow
from skdense.engine.program_inputs import Epochs, ProgramInputs, Rows, State, ValidationRows
from skdense.engine.program_key import ProgramKey
from skdense.engine.settings import Settings
from skdense.engine.training_record import TrainingRecord
from skdense.engine.training_result import TrainingResult
from skdense.networks.network_description import NetworkDescription


def train(
    architecture: NetworkDescription,
    settings: Settings,
    rows: Rows,
    validation: Rows | ValidationRows | None,
    weights: list[np.ndarray],
    slots: list[np.ndarray] | None,
    orders: Iterator[np.ndarray],
    random_seeds: np.ndarray,
    callbacks: Sequence[Any] = (),
    make_program: Callable[[ProgramKey], Program] = Program,
) -> TrainingResult:
    """Train a network.

    X of `rows` is (n_samples, n_features), a CSR matrix of that shape or Selected; y is (n_samples,
    n_outputs) or (n_samples,). `validation` is needed for early stopping that monitors
    ``"val_loss"`` or one of the program's metrics; for these with their data. `orders` gives the
    order of the samples in each epoch; `random_seeds` are for the architecture's `random_places`.
    Where there are `callbacks`, for a `CallbackList`, training goes from call to call by single
    epochs, but for a checkpoint.
    """
    callback_list = CallbackList(callbacks)
    checkpoint = callback_list.checkpoint
    if checkpoint is not None and checkpoint.result is not None:
        return checkpoint.result
    key = _program_key(architecture, settings, rows, validation)
    n_samples = len(rows.y)
    n_validation = 0 if validation is None else len(validation.y)
    in_python = callback_list.each_epoch or settings.plateau is not None
    inputs = _program_inputs(
        architecture, settings, n_samples, n_validation, random_seeds, in_python
    )
    # Keras keeps the number of steps taken as an optimizer's first variable.
    rates = LearningRates(settings, key, n_samples, n_taken=int(slots[0]) if slots else 0)
    data = EpochData(rows, validation, key)
    record = TrainingRecord(settings, in_python)

    def build() -> Program:
        with _compat.names_as_in_a_fresh_process():
            return make_program(key)

    with borrow(key, build) as program, closing(callback_list):

        def run(state: State) -> State:
            epoch = Epoch(record.n_epochs + 1, {}, program, state, rates)
            callback_list.on_epoch_begin(epoch)
            most = 1 if in_python else key.sizes.epochs_per_call
            n_epochs = min(most, settings.epochs - record.n_epochs)
            inputs_of_call = inputs._replace(
                n_epochs=tf.constant(n_epochs),
                n_epochs_before=tf.constant(record.n_epochs),
                learning_rate=rates.for_call(record.n_epochs, n_epochs),
            )
            arranged, order = data.next(orders, n_epochs)
            state, epochs = program.run(
                arranged, data.validation, order, inputs_of_call, epoch.state
            )
            return _record_epochs(epochs, record, rates, state, program, callback_list)

        state = program.start(weights, slots)
        if checkpoint is not None:
            state = _go_on(checkpoint, state, record, rates, orders)
        start = Epoch(0, {}, program, state, rates)
        callback_list.on_fit_begin(start)
        state = _call_by_call(run, start.state, record, settings.epochs, checkpoint)
        finite = record.reason != "not_finite"
        last = state if finite else record.kept or state
        end = Epoch(record.n_epochs, record.logs, program, last, rates)
        callback_list.on_fit_end(end)
        untouched = end.state is last
        weights, slots = (
            program.finish(record.kept or state) if untouched else (end.weights, end.slots)
        )
    if rates.change:
        record.history["learning_rate"] = rates.used[: record.n_epochs]
    result = TrainingResult(
        weights, slots, record.history, record.best_epoch, finite, record.reason
    )
    if checkpoint is not None and record.reason != "interrupted":
        checkpoint.finish(result)
    return result


def _go_on(
    checkpoint: Checkpoint,
    state: State,
    record: TrainingRecord,
    rates: LearningRates,
    orders: Iterator[np.ndarray],
) -> State:
    """Take up a training where a checkpoint has it; all but networks follows from the history."""
    if checkpoint.progress is None:
        return state
    history, *networks = checkpoint.progress
    current, kept = ([tf.constant(array) for array in network] for network in networks)
    for tensors in (current, kept):
        if [(t.shape, t.dtype) for t in tensors] != [(t.shape, t.dtype) for t in state.current]:
            checkpoint.refuse(f"{str(checkpoint.path)!r} is of another network than this training.")
            return state
    kept_state = State(kept, kept, None, None)
    for epoch in range(len(history["loss"])):
        next(orders)
        rates.for_call(epoch, 1)
        rates.record(0)
        logs = {name: column[epoch] for name, column in history.items()}
        rates.follow(logs)
        record.update(logs, kept_state, finite=True, stop=False)
    best = tf.constant(record.best, tf.float64), tf.constant(record.wait)
    return State(current, current if record.kept else kept, *best)


def _progress(state: State, record: TrainingRecord) -> Progress:
    kept = (record.kept or state).kept
    networks = ([tensor.numpy() for tensor in network] for network in (state.current, kept))
    return Progress(record.history, *networks)


def _call_by_call(
    run: Callable[[State], State],
    state: State,
    record: TrainingRecord,
    n_epochs: int,
    checkpoint: Checkpoint | None,
):
    """Train to the end, which Ctrl-C may be as soon as an epoch has ended well."""
    done = state, record.mark
    try:
        while record.n_epochs < n_epochs and not record.stopped:
            state = run(state)
            done = state, record.mark  # at once: an interruption finds all of a call, or nothing
            if checkpoint is not None and not record.stopped:
                checkpoint.on_call_end(record.n_epochs, partial(_progress, state, record))
    except KeyboardInterrupt:
        state, mark = done
        record.back_to(mark)
        if not record.best_epoch:
            raise
        if checkpoint is not None and not record.stopped:
            checkpoint.save(_progress(state, record))
        record.stopped, record.reason = True, "interrupted"  # whatever else there was
    return state


def _program_key(
    architecture: NetworkDescription,
    settings: Settings,
    rows: Rows,
    validation: Rows | ValidationRows | None,
) -> ProgramKey:
    n_samples, is_sparse = len(rows.y), sparse.issparse(rows.X)
    n_validation = 0 if validation is None else len(validation.y)
    n_features = int(np.prod(rows.X.shape[1:]))
    sizes = padded_sizes(n_samples, n_features, settings.batch_size, n_validation)
    compiled = worth_compiling(architecture, n_samples, settings.batch_size, settings.epochs)
    if is_sparse:
        # XLA knows no sparse products; and the rows come in order, a whole epoch at a time.
        sizes, compiled = sizes._replace(steps_per_gather=sizes.n_steps, epochs_per_call=1), False
    return ProgramKey(
        architecture,
        settings.optimizer,
        settings.loss,
        sizes,
        compiled,
        label_smoothing=settings.label_smoothing > 0,
        sparse=is_sparse,
        n_all_samples=n_all_samples(rows.X),
        n_all_validation=0 if validation is None else n_all_samples(validation.X),
        bins_shape=bins_shape(rows.X, None if validation is None else validation.X),
        metrics=settings.metrics,
    )


def _program_inputs(
    architecture, settings: Settings, n_samples: int, n_validation: int, seeds, in_python: bool
) -> ProgramInputs:
    dtype = architecture.dtype
    return ProgramInputs(
        n_samples=tf.constant(n_samples),
        n_validation=tf.constant(n_validation),
        n_epochs=tf.constant(0),
        n_epochs_before=tf.constant(0),
        learning_rate=None,
        label_smoothing=tf.constant(settings.label_smoothing, dtype),
        l1=tf.constant(settings.l1, dtype),
        l2=tf.constant(settings.l2, dtype),
        random_rates=tf.constant(settings.random_rates, dtype),
        random_seeds=tf.constant(seeds, tf.int32),
        early_stopping=tf.constant(settings.early_stopping and not in_python),
        monitored=tf.constant(settings.monitored),
        start_from_epoch=tf.constant(settings.start_from_epoch),
        patience=tf.constant(settings.patience),
        min_delta=tf.constant(settings.min_delta, tf.float64),
        restore_best_weights=tf.constant(settings.restore_best_weights),
        penalized=tf.constant(any(settings.l1) or any(settings.l2)),
    )


def _record_epochs(
    epochs: Epochs,
    record: TrainingRecord,
    rates: LearningRates,
    state: State,
    program,
    callback_list: CallbackList,
) -> State:
    """Record what one call found, and let the callbacks change the state."""
    n_run, finite = int(epochs.n_run), bool(epochs.finite)
    for place, (logs, metrics) in enumerate(_logs(epochs, program.key), start=1):
        rates.record(place - 1)
        epoch_is_finite = finite or place < n_run
        stop: bool | str = False
        if epoch_is_finite:
            logs.update(metrics)
            epoch = Epoch(record.n_epochs + 1, logs, program, state, rates)
            callback_list.on_epoch_end(epoch)
            state, stop = epoch.state, epoch.stop
            rates.follow(logs)
        record.update(logs, state, finite=epoch_is_finite, stop=stop)
    if epochs.stopped:  # the program's other reason, logs that are not finite, has been noted
        record.stop_training("early_stopping")
    return state


def _logs(epochs: Epochs, key: ProgramKey) -> list[tuple[dict, dict]]:
    """Give the losses and the metrics of each epoch that one call has run."""
    losses = {"loss": epochs.loss, "val_loss": epochs.val_loss}
    if not key.sizes.n_validation:
        del losses["val_loss"]
    names = [] if key.metrics is None else key.metrics.history_names
    metrics = dict(zip(names, epochs.metrics, strict=True))
    n_run = int(epochs.n_run)
    return list(zip(_by_epoch(losses, n_run), _by_epoch(metrics, n_run), strict=True))


def _by_epoch(columns: dict[str, tf.Tensor], n_run: int) -> list[dict[str, float]]:
    numbers = {name: column.numpy().tolist() for name, column in columns.items()}
    return [{name: column[place] for name, column in numbers.items()} for place in range(n_run)]

"""The training loop: calls a program until the epochs are over or there is a reason to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from scipy import sparse

from skdense.architecture import Architecture
from skdense.engine.feeding import Feed, n_whole_rows
from skdense.engine.plateau import Plateau
from skdense.engine.program import Program, ProgramKey
from skdense.engine.rates import Rates, Schedule
from skdense.engine.recipes import Recipe
from skdense.engine.rooms import room_for, worth_compiling
from skdense.engine.steering import Epoch, InTurn, Steer
from skdense.engine.stopping import Judge
from skdense.engine.values import Epochs, Rows, State, Values
from skdense.program_cache import borrow


@dataclass(frozen=True)
class Settings:
    """How to train, as plain values.

    Parameters
    ----------
    optimizer, loss : Recipe
    learning_rate : float or None
        None leaves it to the schedule in `optimizer`.
    batch_size, epochs : int
    l1, l2 : tuple of float, length ``architecture.n_penalties``
    dropout : tuple of float, length ``architecture.n_hidden``
    early_stopping, restore_best_weights : bool
    patience : int
    min_delta : float
    monitor : str
        The figure that early stopping watches: ``"val_loss"``, ``"loss"`` or one that `steer` adds.
    greater_is_better : bool
        Of the figure watched.
    start_from_epoch : int
        Epochs before the first that early stopping judges.
    input_dropout, input_noise : float
    schedule : Schedule or None
        Gives the learning rate of each step; None keeps `learning_rate`.
    plateau : Plateau or None
        Reduces the rate where the figure watched (without held-out rows, the training loss) stands
        still; training then goes from call to call by single epochs.
    first_epoch : int
        Epochs of earlier trainings, which a schedule counts, too.
    label_smoothing : float
        Of the sparse categorical cross-entropy, whose targets are class numbers; other losses are
        given smooth targets.
    """

    optimizer: Recipe
    loss: Recipe
    learning_rate: float | None
    batch_size: int
    epochs: int
    l1: tuple[float, ...]
    l2: tuple[float, ...]
    dropout: tuple[float, ...]
    early_stopping: bool = False
    patience: int = 10
    min_delta: float = 0.0
    restore_best_weights: bool = True
    monitor: str = "val_loss"
    greater_is_better: bool = False
    start_from_epoch: int = 0
    input_dropout: float = 0.0
    input_noise: float = 0.0
    schedule: Schedule | None = None
    plateau: Plateau | None = None
    label_smoothing: float = 0.0
    first_epoch: int = 0

    @property
    def random_rates(self) -> tuple[float, ...]:
        """Rates and the noise's standard deviation, for the architecture's `random_places`."""
        return (*self.dropout, self.input_dropout, self.input_noise)


@dataclass(frozen=True)
class Trained:
    """What training gives back.

    Parameters
    ----------
    weights : list of arrays
        In the architecture's order: the best where they are to be restored, else the last that
        were finite.
    slots : list of arrays
        The optimizer's variables that belong to them.
    history : dict of lists
        ``"loss"``, ``"val_loss"`` where rows are held out, ``"learning_rate"`` where it changed,
        and what `steer` added; one figure for each epoch run.
    best_epoch : int
        From 1: the best of those that early stopping judges by the figure watched or, where there
        is none, the last finite one; 0 where no epoch was finite.
    finite : bool
        False where the last epoch run was not finite and ended the training.
    stopped_by : str
        Why training ended, as `Judge.reason`.
    """

    weights: list[np.ndarray]
    slots: list[np.ndarray]
    history: dict[str, list[float]]
    best_epoch: int
    finite: bool
    stopped_by: str

    @property
    def loss(self) -> list[float]:
        """Training loss of each epoch."""
        return self.history["loss"]

    @property
    def val_loss(self) -> list[float]:
        """Validation loss of each epoch; empty where nothing is held out."""
        return self.history.get("val_loss", [])


def train(
    architecture: Architecture,
    settings: Settings,
    rows: Rows,
    validation: Rows | None,
    weights: list[np.ndarray],
    slots: list[np.ndarray] | None,
    orders: Iterator[np.ndarray],
    random_seeds: np.ndarray,
    steer: Steer | None = None,
    make_program: Callable[[ProgramKey], Program] = Program,
) -> Trained:
    """Train a network.

    Parameters
    ----------
    architecture : Architecture
    settings : Settings
    rows : Rows
        X (n_rows, n_features), a CSR matrix of that shape or Selected; y (n_rows, n_outputs) or
        (n_rows,), weight (n_rows,).
    validation : Rows or None
        Rows to watch; needed for early stopping that watches ``"val_loss"``.
    weights, slots : list of arrays, list of arrays or None
        Where to start; without `slots` the optimizer starts afresh.
    orders : iterator of int arrays of shape (n_rows,)
        The order of the rows in each epoch.
    random_seeds : int array
        One for each of the architecture's `random_places`.
    steer : callable, default=None
        Called with an `Epoch` after each one, which it may change, and at further moments if it is
        an `InTurn`; training then goes from call to call by single epochs.
    make_program : callable, default=Program
        Builds the program of a key where none is idle.

    Returns
    -------
    Trained
    """
    key = _program_key(architecture, settings, rows, validation)
    n_rows = len(rows.y)
    n_validation = 0 if validation is None else len(validation.y)
    in_python = steer is not None or settings.plateau is not None
    values = _values(architecture, settings, n_rows, n_validation, random_seeds, in_python)
    # Keras keeps the number of steps taken as an optimizer's first variable.
    rates = Rates(settings, key, n_rows, n_taken=int(slots[0]) if slots else 0)
    feed = Feed(rows, validation, key)
    judge = Judge(settings, in_python)
    steering = InTurn([] if steer is None else [steer])
    with borrow(key, lambda: make_program(key)) as program, closing(steering):

        def run(state: State) -> State:
            epoch = Epoch(judge.n_epochs + 1, {}, program, state, rates)
            steering.before(epoch)
            most = 1 if in_python else key.epochs_per_call
            n_epochs = min(most, settings.epochs - judge.n_epochs)
            of_call = values._replace(
                n_epochs=tf.constant(n_epochs),
                first_epoch=tf.constant(judge.n_epochs),
                learning_rate=rates.of(judge.n_epochs, n_epochs),
            )
            arranged, order = feed.next(orders, n_epochs)
            state, epochs = program.run(arranged, feed.validation, order, of_call, epoch.state)
            return _record(epochs, judge, rates, state, program, steering)

        start = Epoch(0, {}, program, program.start(weights, slots), rates)
        steering.starts(start)
        state = _call_by_call(run, start.state, judge, settings.epochs)
        finite = judge.reason != "not_finite"
        last = state if finite else judge.kept or state
        end = Epoch(judge.n_epochs, judge.figures, program, last, rates)
        steering.ends(end)
        untouched = end.state is last
        weights, slots = (
            program.finish(judge.kept or state) if untouched else (end.weights, end.slots)
        )
    if rates.change:
        judge.history["learning_rate"] = rates.used[: judge.n_epochs]
    return Trained(weights, slots, judge.history, judge.best_epoch, finite, judge.reason)


def _call_by_call(run: Callable[[State], State], state: State, judge: Judge, n_epochs: int):
    """Train to the end, which Ctrl-C may be as soon as an epoch has ended well."""
    done = state, judge.mark
    try:
        while judge.n_epochs < n_epochs and not judge.stopped:
            state = run(state)
            done = state, judge.mark  # at once: an interruption finds all of a call, or nothing
    except KeyboardInterrupt:
        state, mark = done
        judge.back_to(mark)
        if not judge.best_epoch:
            raise
        judge.stopped, judge.reason = True, "interrupted"  # whatever else there was
    return state


def _program_key(architecture, settings: Settings, rows: Rows, validation: Rows | None):
    n_rows, is_sparse = len(rows.y), sparse.issparse(rows.X)
    n_validation = 0 if validation is None else len(validation.y)
    n_features = int(np.prod(rows.X.shape[1:]))
    room = room_for(n_rows, n_features, settings.batch_size, n_validation)
    compiled = worth_compiling(architecture, n_rows, settings.batch_size, settings.epochs)
    if is_sparse:
        # XLA knows no sparse products; and the rows come in order, a whole epoch at a time.
        room, compiled = room._replace(steps_per_gather=room.steps, epochs_per_call=1), False
    return ProgramKey(
        architecture,
        settings.optimizer,
        settings.loss,
        *room,
        compiled,
        smooths=settings.label_smoothing > 0,
        sparse=is_sparse,
        whole_rows=n_whole_rows(rows.X),
        whole_validation_rows=0 if validation is None else n_whole_rows(validation.X),
    )


def _values(
    architecture, settings: Settings, n_rows: int, n_validation: int, seeds, steered: bool
) -> Values:
    dtype = architecture.dtype
    return Values(
        n_rows=tf.constant(n_rows),
        n_validation=tf.constant(n_validation),
        n_epochs=tf.constant(0),
        first_epoch=tf.constant(0),
        learning_rate=None,
        label_smoothing=tf.constant(settings.label_smoothing, dtype),
        l1=tf.constant(settings.l1, dtype),
        l2=tf.constant(settings.l2, dtype),
        random_rates=tf.constant(settings.random_rates, dtype),
        random_seeds=tf.constant(seeds, tf.int32),
        early_stopping=tf.constant(settings.early_stopping and not steered),
        watch_validation=tf.constant(settings.monitor == "val_loss"),
        start_from_epoch=tf.constant(settings.start_from_epoch),
        patience=tf.constant(settings.patience),
        min_delta=tf.constant(settings.min_delta, tf.float64),
        restore_best=tf.constant(
            settings.early_stopping and settings.restore_best_weights and not steered
        ),
        penalized=tf.constant(any(settings.l1) or any(settings.l2)),
    )


def _record(
    epochs: Epochs, judge: Judge, rates: Rates, state: State, program, steering: InTurn
) -> State:
    """Write down what one call found, and let whoever steers change the state."""
    n_run, finite = int(epochs.n_run), bool(epochs.finite)
    pairs = zip(epochs.loss.numpy()[:n_run], epochs.val_loss.numpy()[:n_run], strict=True)
    for place, (loss, val_loss) in enumerate(pairs, start=1):
        figures = {"loss": float(loss)}
        if program.key.validation_rows:
            figures["val_loss"] = float(val_loss)
        rates.ran(place - 1)
        epoch_is_finite = finite or place < n_run
        stop: bool | str = False
        if epoch_is_finite:
            epoch = Epoch(judge.n_epochs + 1, figures, program, state, rates)
            steering(epoch)
            state, stop = epoch.state, epoch.stop
        if epoch_is_finite:
            rates.follow(figures)
        judge.sees(figures, state, finite=epoch_is_finite, stop=stop)
    if epochs.stopped:  # the program's other reason, figures that are not finite, has been noted
        judge.ends("early_stopping")
    return state

"""Training a custom model: by compiled epochs where it allows that, else by ``Model.fit``."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, repeat
from typing import Any

import numpy as np

from skdense.engine import _compat
from skdense.engine._tensorflow import keras
from skdense.engine.custom_model.description import CustomModelDescription, NotCompiled, describe
from skdense.engine.custom_model.keras_objects import history_key
from skdense.engine.custom_model.model import seeded
from skdense.engine.custom_model.program import CustomModelProgram
from skdense.engine.keras_config import KerasConfig, complete_config
from skdense.engine.keras_pickling import custom_objects_of
from skdense.engine.losses import MEANS
from skdense.engine.optimizers import optimizer_config
from skdense.engine.program_inputs import Rows
from skdense.engine.settings import Settings
from skdense.engine.training import train
from skdense.engine.training_result import TrainingResult


@dataclass(frozen=True)
class Job:
    """A compiled model and what it is to be trained on, each as the model takes it."""

    model: keras.Model
    X: Any
    y: Any
    weight: Any
    validation: tuple[Any, Any, Any] | None  # X, y, weight
    epochs: int
    seeds: tuple[int, int]  # of the order of the samples, and of dropout masks
    options: dict[str, Any]  # batch_size, shuffle, verbose, validation_batch_size
    extra: dict[str, Any]  # what else the user wants Model.fit to be given
    callbacks: list  # of Keras
    epoch_callbacks: Sequence[Any] = ()  # for a CallbackList, where the compiled epochs train


def train_custom_model(job: Job) -> tuple[dict[str, list[float]], int, str]:
    """Train the model of a job.

    Gives the history; the epoch whose weights the model has, from 1: the last, but for early
    stopping; and what trained it, with the reason where that was Keras. Raises ValueError where the
    loss or a weight did not stay finite.
    """
    try:
        description, settings = _describe(job)
    except NotCompiled as reason:
        history, engine = _fit_with_keras(job), f"keras: {reason}"
    else:
        history, engine = _fit_compiled(job, description, settings), "compiled epochs"
    if not all(np.isfinite(array).all() for array in job.model.get_weights()):
        raise ValueError(
            "The loss or a weight stopped being finite in training, so nothing was learned. Try a "
            "smaller learning rate (optimizer__learning_rate), scaled features, or an optimizer "
            "with clipnorm=1.0."
        )
    return history, _best_epoch(job, history), engine


def _best_epoch(job: Job, history: dict[str, list[float]]) -> int:
    for callback in keras.tree.flatten(job.callbacks):
        if getattr(callback, "restore_best_weights", False) and hasattr(callback, "best_epoch"):
            return callback.best_epoch - job.extra.get("initial_epoch", 0) + 1
    return len(history["loss"])


def _describe(job: Job) -> tuple[CustomModelDescription, Settings]:
    if job.callbacks:
        raise NotCompiled(f"callbacks follow the training ({type(job.callbacks[0]).__name__}, ...)")
    if job.extra:
        raise NotCompiled(f"Model.fit is to be given {', '.join(job.extra)}")
    if not all(isinstance(part, np.ndarray) for part in (job.X, job.y)):
        raise NotCompiled("the model has several inputs or outputs")
    steps = job.epochs * -(-len(job.X) // job.options["batch_size"])
    loss = _loss_config(job.model.loss)
    description = describe(job.model, steps)
    optimizer, rate = _optimizer_config(job.model.optimizer)
    settings = Settings(
        optimizer=optimizer,
        loss=loss,
        learning_rate=rate,
        batch_size=job.options["batch_size"],
        epochs=job.epochs,
        l1=(),
        l2=(),
        dropout=(0.0,) * description.n_dropouts,
    )
    return description, settings


def _optimizer_config(optimizer: keras.optimizers.Optimizer) -> tuple[KerasConfig, float | None]:
    kind = type(optimizer)
    own = kind.__module__.startswith("keras.") and kind.__name__ != "LossScaleOptimizer"
    if not own or _compat.excludes_weights_from_decay(optimizer):
        raise NotCompiled(f"the optimizer, a {kind.__name__}, cannot be described in full")
    if custom_objects_of(optimizer):
        raise NotCompiled(
            f"the optimizer holds {', '.join(custom_objects_of(optimizer))}, of your own"
        )
    return optimizer_config(optimizer, False)


def _loss_config(loss: Any) -> KerasConfig:
    """Describe one of Keras's own losses, given by name, as a function or as an object."""
    unknown = NotCompiled(f"the loss {loss!r} is not one of Keras's own")
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    if not isinstance(loss, keras.losses.Loss):
        words = getattr(loss, "__name__", "").split("_")
        of_that_name = getattr(keras.losses, "".join(map(str.capitalize, words)), None)
        if of_that_name is None or getattr(of_that_name(), "fn", None) is not loss:
            raise unknown
        loss = of_that_name()
    kind, arguments = type(loss), _compat.loss_arguments(loss)
    if getattr(keras.losses, kind.__name__, None) != kind or arguments is None:
        raise unknown
    if loss.reduction not in MEANS:
        raise NotCompiled(f"the loss has reduction={loss.reduction!r}")
    config = complete_config(loss)
    if _compat.loss_arguments(kind.from_config(config)) != arguments:
        raise unknown
    return KerasConfig.of(loss, config)


def _fit_with_keras(job: Job) -> dict[str, list[float]]:
    arguments: dict[str, Any] = {**job.options, **job.extra}
    if job.validation is not None:
        arguments["validation_data"] = job.validation
    with seeded(job.seeds[0], graphs_stay=False), warnings.catch_warnings():
        # Keras 3.6 warns of the tuple that its own pipeline makes of a list of inputs.
        warnings.filterwarnings("ignore", "The structure of `inputs` doesn't match")
        history = job.model.fit(
            job.X,
            job.y,
            sample_weight=job.weight,
            epochs=job.epochs,
            callbacks=job.callbacks,
            **arguments,
        ).history
    outputs = getattr(job.model, "output_names", None) or []
    return {history_key(key, outputs): values for key, values in history.items()}


def _fit_compiled(
    job: Job, description: CustomModelDescription, settings: Settings
) -> dict[str, list[float]]:
    model, optimizer = job.model, job.model.optimizer
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    slots = _compat.optimizer_state(optimizer)
    weights = [*model.trainable_weights, *model.non_trainable_weights]
    order, masks = map(np.random.default_rng, job.seeds)
    n_samples = len(job.X)
    trained = train(
        description,
        settings,
        Rows(job.X, job.y, job.weight),
        None if job.validation is None else Rows(*job.validation),
        [variable.numpy() for variable in weights],
        [variable.numpy() for variable in slots],
        orders=(order.permutation(n_samples) for _ in count())
        if job.options["shuffle"]
        else repeat(np.arange(n_samples)),
        random_seeds=masks.integers(2**31, size=description.n_dropouts),
        callbacks=job.epoch_callbacks,
        make_program=lambda key: CustomModelProgram(key, description),
    )
    if trained.stopped_by == "interrupted":
        raise KeyboardInterrupt
    for variable, value in zip([*weights, *slots], [*trained.weights, *trained.slots], strict=True):
        variable.assign(value)
    return _history(trained)


def _history(trained: TrainingResult) -> dict[str, list[float]]:
    if not trained.finite:
        raise ValueError(
            f"The loss or a weight stopped being finite in epoch {len(trained.loss)} of this "
            "training. Try a smaller learning rate (optimizer__learning_rate), scaled features, or "
            "an optimizer with clipnorm=1.0."
        )
    return trained.history

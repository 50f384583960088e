"""The estimators' parameters: what they may be, and what they become for the engine."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from skdense.callbacks.scorers import LOSSES, monitor_name
from skdense.networks.architecture import Architecture
from skdense.preprocessing._compat import HasMethods, Interval, StrOptions

if TYPE_CHECKING:
    from skdense.engine.settings import Settings

SHARED_CONSTRAINTS: dict[str, Any] = {
    "hidden_layer_sizes": [
        StrOptions({"auto"}),
        "array-like",
        Interval(Integral, 1, None, closed="left"),
    ],
    "activation": [str, callable, "array-like"],
    "batch_norm": ["boolean", StrOptions({"before", "after"})],
    "residual": ["boolean"],
    "dropout": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="left"), "array-like"],
    "input_dropout": [Interval(Real, 0, 1, closed="left")],
    "input_noise": [Interval(Real, 0, None, closed="left")],
    "l1": [Interval(Real, 0, None, closed="left"), "array-like"],
    "l2": [Interval(Real, 0, None, closed="left"), "array-like"],
    "optimizer": "no_validation",  # the engine knows the names
    "learning_rate": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither"), None],
    "lr_schedule": "no_validation",
    "loss": "no_validation",  # the engine knows the names
    "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "epochs": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "early_stopping": [StrOptions({"auto"}), "boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="neither"), None],
    "validation": [StrOptions({"last"}), HasMethods(["split"]), None],
    "monitor": [str, callable],
    "metrics": [list, tuple, None],
    "patience": [StrOptions({"auto"}), Interval(Integral, 0, None, closed="left")],
    "min_delta": [Interval(Real, 0, None, closed="left")],
    "restore_best_weights": ["boolean"],
    "start_from_epoch": [Interval(Integral, 0, None, closed="left")],
    "refit_best_epoch": ["boolean"],
    "n_members": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "time_limit": [Interval(Real, 0, None, closed="neither"), None],
    "scale_features": [StrOptions({"robust", "standard"}), None],
    "n_bins": [StrOptions({"auto"}), Interval(Integral, 2, None, closed="left"), None],
    "missing": [StrOptions({"error", "indicator", "augment"})],
    "dtype": [StrOptions({"float32", "float64"})],
    "warm_start": ["boolean"],
    "callbacks": [list, tuple, None],
    "checkpoint": [str, os.PathLike, None],
    "verbose": ["verbose"],
    "random_state": ["random_state"],
}


def make_settings(
    estimator: Any, epochs: int, loss: Any, known_losses: Iterable[str], loss_options: dict
) -> Settings:
    """Read the parameters that say how to train, schedules of the learning rate excepted.

    Of `loss`, ``"auto"`` is resolved; `loss_options` are settings of one that is given by its name.
    Raises ValueError if a parameter is out of range, or names what Keras does not have.
    """
    from skdense.engine.losses import loss_config
    from skdense.engine.optimizers import optimizer_config
    from skdense.engine.settings import Settings

    n_hidden = len(layer_sizes(estimator.hidden_layer_sizes))
    rate = estimator.learning_rate
    optimizer, optimizer_rate = optimizer_config(estimator.optimizer, rate is not None)
    monitor = monitor_name(estimator.monitor)
    return Settings(
        optimizer=optimizer,
        loss=loss_config(loss, known_losses, **loss_options),
        learning_rate=optimizer_rate if rate is None else rate,
        batch_size=int(estimator.batch_size),  # a search may draw NumPy's integers
        epochs=int(epochs),
        # Without hidden layers, the output's kernel is the one to penalize.
        l1=per_layer_rates("l1", estimator.l1, max(n_hidden, 1)),
        l2=per_layer_rates("l2", estimator.l2, max(n_hidden, 1)),
        dropout=per_layer_rates("dropout", estimator.dropout, n_hidden, below=1.0),
        early_stopping=estimator.early_stopping,
        patience=int(estimator.patience),
        min_delta=estimator.min_delta,
        restore_best_weights=estimator.restore_best_weights,
        monitor=monitor,
        greater_is_better=monitor not in LOSSES,
        start_from_epoch=int(estimator.start_from_epoch),
        input_dropout=float(estimator.input_dropout),
        input_noise=float(estimator.input_noise),
    )


def make_architecture(
    estimator: Any, n_features: int, encoding: Any, settings: Settings
) -> Architecture:
    """Read the parameters that say what the network looks like.

    `encoding`, a ClassEncoding or TargetScale, says what the output is, `settings` where there is
    dropout. Raises ValueError if an activation is unknown, or there are not as many as layers.
    """
    from skdense.engine.activations import activation_name

    dtype = estimator.dtype
    sizes = layer_sizes(estimator.hidden_layer_sizes)
    activations = per_layer_activations(estimator.activation, len(sizes))
    return Architecture(
        n_features=n_features,
        hidden_layer_sizes=sizes,
        activation=tuple(activation_name(each, dtype) for each in activations),
        batch_norm=batch_norm_place(estimator.batch_norm) if sizes else None,
        dropout=tuple(rate > 0 for rate in settings.dropout),
        n_outputs=encoding.n_outputs,
        out_activation=encoding.out_activation,
        dtype=dtype,
        input_dropout=estimator.input_dropout > 0,
        input_noise=estimator.input_noise > 0,
        residual=bool(estimator.residual) and len(sizes) > 1,  # one layer has nothing to skip
    )


def same_network(fitted: Architecture, asked_for: Architecture) -> Architecture:
    """Give the architecture to go on training with: the one asked for, as wide as the fitted one.

    The one asked for is without indicators of missing values. Raises ValueError if its weights
    would be others.
    """
    asked_for = replace(asked_for, n_features=fitted.n_features)
    same_weights = list(asked_for.weights()) == list(fitted.weights())
    if not same_weights or fitted.residual != asked_for.residual:
        ours, theirs = (
            (net.hidden_layer_sizes, net.batch_norm, net.residual) for net in (fitted, asked_for)
        )
        raise ValueError(
            "Training cannot go on with other layers: the network has hidden_layer_sizes="
            f"{ours[0]}, batch_norm={ours[1]!r} and residual={ours[2]}, now asked for are "
            f"{theirs[0]}, {theirs[1]!r} and {theirs[2]}. Set them back, or fit anew "
            "with warm_start=False."
        )
    return asked_for


def layer_sizes(hidden_layer_sizes: Any) -> tuple[int, ...]:
    """Read `hidden_layer_sizes`; raise ValueError if a size is not a positive integer."""
    single = isinstance(hidden_layer_sizes, Integral)
    sizes = [hidden_layer_sizes] if single else _as_list("hidden_layer_sizes", hidden_layer_sizes)
    for size in sizes:
        if not isinstance(size, Integral) or isinstance(size, bool) or size < 1:
            raise ValueError(
                f"hidden_layer_sizes={hidden_layer_sizes!r} has {size!r} in it: every size has to "
                "be a positive integer, such as (128, 64)."
            )
    return tuple(int(size) for size in sizes)


def per_layer_rates(
    name: str, value: Any, n_layers: int, below: float = np.inf
) -> tuple[float, ...]:
    """Read a number for all hidden layers, or one for each.

    Raises ValueError if one is below 0 or not less than `below`, or there are not `n_layers`.
    """
    numbers = [value] * n_layers if isinstance(value, Real) else _as_list(name, value)
    _check_length(name, value, len(numbers), n_layers)
    for number in numbers:
        if not isinstance(number, Real) or not 0 <= float(number) < below:
            allowed = f"in [0, {below:g})" if below < np.inf else "0 or more, and finite"
            raise ValueError(f"{name}={value!r} has {number!r} in it: it has to be {allowed}.")
    return tuple(float(number) for number in numbers)


def per_layer_activations(value: Any, n_layers: int) -> tuple:
    """Read an activation for all hidden layers, or one for each; raise ValueError otherwise."""
    single = isinstance(value, str) or callable(value)
    activations = [value] * n_layers if single else _as_list("activation", value)
    _check_length("activation", value, len(activations), n_layers)
    return tuple(activations)


def batch_norm_place(batch_norm: bool | str) -> str | None:
    """Read `batch_norm`: ``"before"``, as True is, or ``"after"`` the activation, or None."""
    if isinstance(batch_norm, str):
        return batch_norm
    return "before" if batch_norm else None


def _as_list(name: str, value: Any) -> list:
    if isinstance(value, dict) or not np.ndim(np.asarray(value, dtype=object)):
        raise ValueError(
            f"{name}={value!r} is not one value, nor a sequence such as a tuple of them."
        )
    return list(value)


def _check_length(name: str, value: Any, n_values: int, n_layers: int) -> None:
    if n_values != n_layers:
        raise ValueError(
            f"{name}={value!r} has {n_values} values, but hidden_layer_sizes has {n_layers} "
            f"layers: give one value for all layers, or {n_layers} of them."
        )

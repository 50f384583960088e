"""The estimators' parameters: what they may be, and how they become the engine's settings."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np

from skdense.preprocessing._compat import HasMethods, Interval, StrOptions

SHARED_CONSTRAINTS: dict[str, Any] = {
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "activation": [str, callable, "array-like"],
    "batch_norm": ["boolean", StrOptions({"before", "after"})],
    "residual": ["boolean"],
    "dropout": [Interval(Real, 0, 1, closed="left"), "array-like"],
    "input_dropout": [Interval(Real, 0, 1, closed="left")],
    "input_noise": [Interval(Real, 0, None, closed="left")],
    "l1": [Interval(Real, 0, None, closed="left"), "array-like"],
    "l2": [Interval(Real, 0, None, closed="left"), "array-like"],
    "optimizer": "no_validation",  # the engine knows the names
    "learning_rate": [Interval(Real, 0, None, closed="neither"), None],
    "lr_schedule": "no_validation",
    "loss": "no_validation",  # the engine knows the names
    "batch_size": [Interval(Integral, 1, None, closed="left")],
    "epochs": [Interval(Integral, 1, None, closed="left")],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="neither"), None],
    "validation": [StrOptions({"last"}), HasMethods(["split"]), None],
    "monitor": [str, callable],
    "metrics": [list, tuple, None],
    "patience": [Interval(Integral, 0, None, closed="left")],
    "min_delta": [Interval(Real, 0, None, closed="left")],
    "restore_best_weights": ["boolean"],
    "start_from_epoch": [Interval(Integral, 0, None, closed="left")],
    "refit_best_epoch": ["boolean"],
    "time_limit": [Interval(Real, 0, None, closed="neither"), None],
    "missing": [StrOptions({"error", "indicator", "augment"})],
    "dtype": [StrOptions({"float32", "float64"})],
    "warm_start": ["boolean"],
    "callbacks": [list, tuple, None],
    "verbose": ["verbose"],
    "random_state": ["random_state"],
}


def layer_sizes(hidden_layer_sizes: Any) -> tuple[int, ...]:
    """Read `hidden_layer_sizes`.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int

    Returns
    -------
    tuple of int

    Raises
    ------
    ValueError
        If a size is not a positive integer.

    Examples
    --------
    >>> layer_sizes(64), layer_sizes([64, 32]), layer_sizes(())
    ((64,), (64, 32), ())
    """
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

    Parameters
    ----------
    name : str
        The parameter, for errors.
    value : float or sequence of float
    n_layers : int
    below : float, default=inf
        Every number has to be less than that, and at least 0.

    Returns
    -------
    tuple of float, length n_layers

    Raises
    ------
    ValueError
        If a number is out of range, or there are not `n_layers` of them.
    """
    numbers = [value] * n_layers if isinstance(value, Real) else _as_list(name, value)
    _check_length(name, value, len(numbers), n_layers)
    for number in numbers:
        if not isinstance(number, Real) or not 0 <= float(number) < below:
            allowed = f"in [0, {below:g})" if below < np.inf else "0 or more, and finite"
            raise ValueError(f"{name}={value!r} has {number!r} in it: it has to be {allowed}.")
    return tuple(float(number) for number in numbers)


def per_layer_activations(value: Any, n_layers: int) -> tuple:
    """Read an activation for all hidden layers, or one for each.

    Parameters
    ----------
    value : str, callable or sequence of these
    n_layers : int

    Returns
    -------
    tuple of (str or callable), length n_layers

    Raises
    ------
    ValueError
        If there are not `n_layers` of them.
    """
    single = isinstance(value, str) or callable(value)
    activations = [value] * n_layers if single else _as_list("activation", value)
    _check_length("activation", value, len(activations), n_layers)
    return tuple(activations)


def batch_norm_place(batch_norm: bool | str) -> str | None:
    """Read `batch_norm`: ``"before"`` or ``"after"`` the activation, or None.

    Examples
    --------
    >>> batch_norm_place(True), batch_norm_place("after"), batch_norm_place(False)
    ('before', 'after', None)
    """
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

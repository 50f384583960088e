"""Parameters that go to a place by their names, such as ``model__units``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

ROUTES = ("model", "fit", "compile", "predict", "optimizer", "loss", "metrics", "callbacks")
_GIVEN = {"meta", "params", "compile_kwargs"}  # what scikeras hands to a build function itself


def check_routed(estimator: Any, build: Callable) -> None:
    """Check that the user's function takes what is routed to it.

    Parameters
    ----------
    estimator : NetworkClassifier or NetworkRegressor
    build : callable
        The function that builds the model.

    Raises
    ------
    TypeError
        If a parameter is for the function, which has none of that name.
    """
    taken = inspect.signature(build).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken.values()):
        return
    for name in getattr(estimator, "_user_params", ()):
        route, routed, rest = name.partition("__")
        if routed and route in ROUTES and (route != "model" or "__" in rest):
            continue
        argument = rest if routed and route == "model" else name
        if argument not in taken:
            known = [each for each in taken if each not in _GIVEN]
            raise TypeError(
                f"{name}={getattr(estimator, name)!r} is an unexpected parameter: "
                f"{type(estimator).__name__} has none of that name, and the function given as "
                f"model= takes {known}."
            )


# scikeras's names that have another one in a dense estimator.
_DENSE_NAMES = {
    "optimizer__learning_rate": "learning_rate",
    "fit__validation_split": "validation_fraction",
    "validation_split": "validation_fraction",
}


def check_not_routed(estimator: Any, names: Iterable[str]) -> None:
    """Refuse scikeras's routed parameters on a dense estimator, which has none.

    Parameters
    ----------
    estimator : DenseClassifier or DenseRegressor
    names : iterable of str
        Parameters that are to be set.

    Raises
    ------
    ValueError
        That says what to set instead.
    """
    known = estimator.get_params(deep=False)
    for name in names:
        route, routed, rest = name.partition("__")
        if name in known or not (name in _DENSE_NAMES or (routed and route in ROUTES)):
            continue
        own = _DENSE_NAMES.get(name, rest)
        if own in known:
            remedy = f"set {own}= instead"
        elif route in ("optimizer", "loss", "callbacks", "metrics"):
            made = {
                "optimizer": f"keras.optimizers.Adam({rest}=...)",
                "loss": f"keras.losses.Huber({rest}=...)",
                "callbacks": f"[keras.callbacks.EarlyStopping({rest}=...)]",
                "metrics": "['accuracy'], names of scikit-learn's scorers",
            }
            remedy = f"pass an object that has it, such as {route}={made[route]}"
        else:
            remedy = (
                f"choose among {', '.join(sorted(known))}, or use NetworkClassifier or "
                "NetworkRegressor for a model function of your own"
            )
        raise ValueError(
            f"{name} is no parameter of {type(estimator).__name__}, which routes none: {remedy}."
        )

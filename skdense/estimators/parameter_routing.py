"""Parameters that go to a place by their names, such as ``model__units``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
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

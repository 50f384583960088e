"""scikeras's names of parameters, and what they are in a dense estimator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

ROUTES = ("model", "fit", "compile", "predict", "optimizer", "loss", "metrics", "callbacks")
# scikeras's names that have another one in a dense estimator.
_DENSE_NAMES = {
    "optimizer__learning_rate": "learning_rate",
    "fit__validation_split": "validation_fraction",
    "validation_split": "validation_fraction",
}


def check_not_routed(estimator: Any, names: Iterable[str]) -> None:
    """Refuse scikeras's routed parameters on a dense estimator, which has none.

    Raises ValueError that says what to set instead.
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

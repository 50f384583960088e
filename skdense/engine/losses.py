"""Losses that the user named or handed over, as configurations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from skdense.engine._tensorflow import keras
from skdense.engine.keras_config import KerasConfig, unknown_name
from skdense.engine.quantile_loss import QuantileLoss
from skdense.engine.user_functions import NotComparable, comparable, warn_of_copies

_LOSSES = {
    "binary_crossentropy": "BinaryCrossentropy",
    "binary_focal_crossentropy": "BinaryFocalCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "categorical_focal_crossentropy": "CategoricalFocalCrossentropy",
    "cosine_similarity": "CosineSimilarity",
    "huber": "Huber",
    "kl_divergence": "KLDivergence",
    "log_cosh": "LogCosh",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "mean_absolute_error": "MeanAbsoluteError",
    "mean_absolute_percentage_error": "MeanAbsolutePercentageError",
    "mean_squared_error": "MeanSquaredError",
    "mean_squared_logarithmic_error": "MeanSquaredLogarithmicError",
    "mse": "MeanSquaredError",
    "msle": "MeanSquaredLogarithmicError",
    "poisson": "Poisson",
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
}

LOSS_CLASSES = frozenset(_LOSSES.values())
MEANS = ("sum_over_batch_size", "mean", "mean_with_sample_weight")
"""Reductions that training can minimize."""


def loss_config(loss: Any, known: Iterable[str], **options: float) -> KerasConfig:
    """Describe a loss; `options` are arguments of one given by its name, which has to be `known`.

    Raises ValueError if the name is not, the object is no Keras loss or one for another task, it
    expects logits, or its reduction leaves nothing to minimize.
    """
    if isinstance(loss, str):
        if loss not in known:
            raise unknown_name("loss", loss, sorted(known), "a keras.losses.Loss")
        if loss == "quantile":
            return KerasConfig.of(QuantileLoss(**options))
        loss = getattr(keras.losses, _LOSSES[loss])()
    elif not isinstance(loss, keras.losses.Loss):
        raise ValueError(
            f"loss={loss!r} is neither the name of a Keras loss nor an instance of "
            "keras.losses.Loss: pass for example 'huber' or keras.losses.Huber(delta=2.0)."
        )
    if loss.reduction not in MEANS:
        raise ValueError(
            f"loss={loss!r} has reduction={loss.reduction!r}; training minimizes the mean over "
            "rows: use reduction='sum_over_batch_size'."
        )
    if not type(loss).__module__.startswith("keras."):
        return KerasConfig(type(loss), "{}", _state_of(loss), loss)
    _check_keras_loss(loss, known)
    return KerasConfig.of(loss)


def _check_keras_loss(loss: keras.losses.Loss, known: Iterable[str]) -> None:
    fitting = sorted({_LOSSES[name] for name in known if name in _LOSSES})
    if type(loss).__name__ not in fitting:
        raise ValueError(
            f"loss={loss!r}, a {type(loss).__name__}, does not fit this estimator. Of Keras's "
            f"losses these do: "
            f"{', '.join(fitting)}."
        )
    if loss.get_config().get("from_logits"):
        raise ValueError(
            f"loss={loss!r} has from_logits=True, but the network's output is a probability: use "
            "from_logits=False (Keras still computes it from the logits inside)."
        )


def make_loss(config: KerasConfig) -> keras.losses.Loss:
    """Build a loss; one of the user's own class is used as it was handed over."""
    return config.prototype if config.prototype is not None else config.make()


def _state_of(thing: Any) -> Any:
    """Everything an object of the user's class holds, so that equal ones share a program."""
    try:
        # Keras counts on in its names, which mean nothing.
        return comparable({name: value for name, value in vars(thing).items() if name != "name"})
    except NotComparable:
        warn_of_copies("loss", thing)
        return id(thing)  # safe, because the configuration keeps the object

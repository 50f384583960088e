"""What the user named or handed over, as hashable recipes: optimizers, losses, activations.

A recipe is part of a program's key, and builds a fresh Keras object whenever one is needed, so
that the user's own object is never changed.
"""

from __future__ import annotations

import inspect
import json
import pickle
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import keras
import tensorflow as tf

from skdense.engine.quantile import QuantileLoss

# Element-by-element optimizers: exact when all weights are one flat variable.
_ELEMENTWISE = frozenset(
    ("SGD", "RMSprop", "Adagrad", "Adadelta", "Adam", "AdamW", "Adamax", "Nadam", "Lion", "Ftrl")
)
OPTIMIZERS = (*sorted(_ELEMENTWISE), "Adafactor", "Lamb", "Muon")
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


@dataclass(frozen=True)
class Recipe:
    """How to build one Keras object, hashable and equal for equal settings.

    Parameters
    ----------
    kind : type
        The object's class.
    settings : str
        Its configuration as JSON, keys sorted.
    state : bytes or int, default=None
        What an object of the user's own class holds, which its configuration may leave out.
    prototype : object, default=None
        The user's object itself, used where `settings` cannot rebuild it.
    """

    kind: Any
    settings: str
    state: Any = None
    prototype: Any = field(default=None, compare=False, repr=False)

    @property
    def label(self) -> str:
        """Class and settings in words."""
        return f"{self.kind.__module__}.{self.kind.__qualname__} {self.settings}"

    def make(self, **changes: Any) -> Any:
        """Build a fresh object, with `changes` to its configuration."""
        return self.kind.from_config({**json.loads(self.settings), **changes})


def optimizer_recipe(optimizer: Any, drop_learning_rate: bool) -> tuple[Recipe, float | None]:
    """Describe an optimizer, with its learning rate set apart as a value.

    Parameters
    ----------
    optimizer : str or keras.optimizers.Optimizer
        A Keras name, or an instance that is read and never changed.
    drop_learning_rate : bool
        Whether a rate of the user's replaces the optimizer's own, schedule or not.

    Returns
    -------
    recipe : Recipe
    learning_rate : float or None
        The optimizer's own rate; None where it is a schedule, which stays in the recipe.

    Raises
    ------
    ValueError
        If the name is unknown or the object is no Keras optimizer.
    """
    if isinstance(optimizer, str):
        return _named_optimizer(optimizer.lower())
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise ValueError(
            f"optimizer={optimizer!r} is neither the name of a Keras optimizer nor an instance of "
            "keras.optimizers.Optimizer: pass for example 'adam' or "
            "keras.optimizers.SGD(momentum=0.9)."
        )
    return _describe_optimizer(optimizer, drop_learning_rate)


@lru_cache  # making a Keras optimizer takes 5 ms, half of what a small fit needs in Python
def _named_optimizer(name: str) -> tuple[Recipe, float | None]:
    lookup = {name.lower(): name for name in OPTIMIZERS if hasattr(keras.optimizers, name)}
    if name not in lookup:
        raise _unknown("optimizer", name, sorted(lookup), "a keras.optimizers.Optimizer")
    return _describe_optimizer(getattr(keras.optimizers, lookup[name])(), True)


def _describe_optimizer(optimizer: Any, drop_learning_rate: bool) -> tuple[Recipe, float | None]:
    config = {key: value for key, value in optimizer.get_config().items() if key != "name"}
    learning_rate = config["learning_rate"]
    if drop_learning_rate or not isinstance(learning_rate, dict):
        config["learning_rate"] = 0.001
    rate = None if isinstance(learning_rate, dict) else float(learning_rate)
    return Recipe(type(optimizer), _settings(config)), rate


def is_elementwise(recipe: Recipe) -> bool:
    """Whether an optimizer treats every weight alone, so that flat weights give the same steps."""
    own = recipe.kind.__module__.startswith("keras.") and recipe.kind.__name__ in _ELEMENTWISE
    return own and json.loads(recipe.settings).get("clipnorm") is None


def loss_recipe(loss: Any, known: Iterable[str], **options: float) -> Recipe:
    """Describe a loss.

    Parameters
    ----------
    loss : str or keras.losses.Loss
    known : iterable of str
        Names to accept.
    **options : float
        Figures of a loss that is given by its name.

    Returns
    -------
    Recipe

    Raises
    ------
    ValueError
        If the name is not among `known`, the object is no Keras loss or one for another task,
        it expects logits, or its reduction leaves nothing to minimize.
    """
    if isinstance(loss, str):
        if loss not in known:
            raise _unknown("loss", loss, sorted(known), "a keras.losses.Loss")
        if loss == "quantile":
            loss = QuantileLoss(**options)
            return Recipe(QuantileLoss, _settings(loss.get_config()))
        loss = getattr(keras.losses, _LOSSES[loss])()
    elif not isinstance(loss, keras.losses.Loss):
        raise ValueError(
            f"loss={loss!r} is neither the name of a Keras loss nor an instance of "
            "keras.losses.Loss: pass for example 'huber' or keras.losses.Huber(delta=2.0)."
        )
    if loss.reduction not in ("sum_over_batch_size", "mean", "mean_with_sample_weight"):
        raise ValueError(
            f"loss={loss!r} has reduction={loss.reduction!r}; training minimizes the mean over "
            "rows: use reduction='sum_over_batch_size'."
        )
    if not type(loss).__module__.startswith("keras."):
        return Recipe(type(loss), "{}", _state_of(loss), loss)
    _check_keras_loss(loss, known)
    return Recipe(type(loss), _settings(loss_config(loss)))


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


def loss_config(loss: keras.losses.Loss) -> dict:
    """Give the configuration of one of Keras's losses, complete.

    Parameters
    ----------
    loss : keras.losses.Loss

    Returns
    -------
    dict
        What its class takes.
    """
    # Keras leaves Huber's delta and the cosine's axis out of get_config.
    taken = inspect.signature(type(loss)).parameters
    own = {name: value for name, value in vars(loss).get("_fn_kwargs", {}).items() if name in taken}
    return {**loss.get_config(), **own}


def make_loss(recipe: Recipe) -> keras.losses.Loss:
    """Build a recipe's loss; a class of the user's own is used as it was handed over."""
    return recipe.prototype if recipe.prototype is not None else recipe.make()


def activation_name(activation: str | Callable, dtype: str = "float32") -> str | Callable:
    """Give an activation its Keras name where it has one.

    Parameters
    ----------
    activation : str or callable
    dtype : {"float32", "float64"}, default="float32"
        Of the network.

    Returns
    -------
    str or callable
        The name, or the function itself where it is the user's own.

    Raises
    ------
    ValueError
        If the name is unknown, or the object is a layer, not callable, or gives an array of
        another shape than it takes.
    """
    names = activation_names()
    if isinstance(activation, str):
        if activation not in names:
            raise _unknown(
                "activation", activation, sorted(names), "a function such as keras.activations.silu"
            )
        return names[activation]
    if isinstance(activation, (type, keras.layers.Layer)) or not callable(activation):
        raise ValueError(
            f"activation={activation!r} is neither the name of a Keras activation nor a function: "
            "pass for example 'gelu' or keras.activations.gelu (layers are not taken)."
        )
    for canonical in set(names.values()):
        if getattr(keras.activations, canonical, None) is activation:
            return canonical
    _check_function(activation, dtype)
    return activation


def _check_function(activation: Callable, dtype: str) -> None:
    """Try a user's function alone, before it is met with in the middle of a graph."""
    try:
        traced = tf.function(activation, autograph=False)
        shape = tuple(traced.get_concrete_function(tf.TensorSpec((2, 3), dtype)).output_shapes)
    except Exception as error:
        raise ValueError(
            f"activation={activation!r} cannot become part of a network: {error}. It has to take "
            "one array and give one of the same shape, by functions of keras.ops."
        ) from error
    if shape != (2, 3):
        raise ValueError(
            f"activation={activation!r} made an array of shape {shape} of one of shape (2, 3): it "
            "has to keep the shape."
        )


def activation_names() -> dict[str, str]:
    """Give Keras's activations: each name, and the one that stands for it.

    Examples
    --------
    >>> from skdense.engine.recipes import activation_names
    >>> activation_names()["swish"]
    'silu'
    """
    # glu halves the width of what it is given, and threshold cannot do without arguments.
    canonical = [
        name
        for name in dir(keras.activations)
        if not name.startswith("_")
        and name not in ("get", "serialize", "deserialize", "glu", "threshold")
        and callable(getattr(keras.activations, name))
    ]
    by_function: dict[Any, str] = {}
    for name in canonical:
        function = getattr(keras.activations, name)
        by_function.setdefault(function, getattr(function, "__name__", name))
    return {name: by_function[getattr(keras.activations, name)] for name in canonical}


def _settings(config: dict) -> str:
    return json.dumps(config, sort_keys=True, default=repr)


def _state_of(thing: Any) -> Any:
    """Everything an object of the user's class holds, so that equal ones share a program."""
    try:
        return pickle.dumps(vars(thing))
    except Exception:  # whatever a user's object raises; the recipe keeps it, so its id is safe
        return id(thing)


def _unknown(parameter: str, value: str, known: list[str], other: str) -> ValueError:
    return ValueError(
        f"{parameter}={value!r} is unknown. Known names: {', '.join(known)}. Or pass {other}."
    )

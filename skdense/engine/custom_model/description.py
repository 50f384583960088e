"""A custom model as a hashable description, so that models built alike share one program."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from math import prod
from typing import Any

from skdense.engine import _compat
from skdense.engine._tensorflow import keras
from skdense.networks.architecture import WeightSpec

MOST_EAGER_STEPS = 24  # a graph costs about as much time as these, a layer or two each
# Replaced in the program by layers that know which rows are real and which step it is.
DROPOUT, NORMALIZATION = "Dropout", "BatchNormalization"
# These treat each row alone and draw nothing at random.
_LAYERS = frozenset(
    (
        *("InputLayer", "Dense", "EinsumDense", "Activation", "ReLU", "LeakyReLU", "PReLU", "ELU"),
        *("Softmax", "Identity", "Flatten", "Reshape", "Permute", "RepeatVector", "Add"),
        *("Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot"),
        *("Rescaling", "LayerNormalization", "UnitNormalization"),
    )
)
_OPERATIONS = frozenset(["Add", "Subtract", "Multiply", "Maximum", "Minimum"])


class NotCompiled(Exception):
    """Why a model is trained by ``Model.fit``."""


@dataclass(frozen=True)
class CustomModelDescription:
    """A `NetworkDescription` of a custom model; equal for models built alike."""

    config: str  # as JSON, without the running numbers in names
    # one for each array of weights, those first that the optimizer moves
    specs: tuple[WeightSpec, ...]
    n_dropouts: int  # number of dropout layers
    dtype: str
    traced: bool  # whether a graph is worth its making; a handful of steps takes less time without
    # keras.Model, the first of this description, to be cloned
    model: Any = field(compare=False, repr=False)

    @property
    def n_weights(self) -> int:
        """Number of weights, those included that the optimizer does not move."""
        return sum(prod(spec.shape) for spec in self.specs)

    def weights(self) -> tuple[WeightSpec, ...]:
        """Every array, the trainable ones first."""
        return self.specs


def describe(model: keras.Model, n_steps: int) -> CustomModelDescription:
    """Describe a model, built and compiled, that will be trained for so many steps.

    Raises NotCompiled where the compiled epochs could not train it just as Keras does.
    """
    kind = type(model).__name__
    if not type(model).__module__.startswith("keras.") or kind not in ("Sequential", "Functional"):
        raise NotCompiled(f"a {kind} model of your own class has no description of itself")
    _check_compilation(model)
    n_dropouts = 0
    for operation in model.operations if kind == "Functional" else model.layers:
        n_dropouts += _check_operation(operation)
    if len(model.outputs) != 1 or len(model.outputs[0].shape) != 2:
        raise NotCompiled("the model has several outputs, or one that is not flat")
    n_trainable = len(model.trainable_weights)
    variables = [*model.trainable_weights, *model.non_trainable_weights]
    types = {str(variable.dtype) for variable in variables}
    if types != {"float32"}:
        raise NotCompiled(f"its weights are of the types {sorted(types)}")
    if not n_trainable:
        raise NotCompiled("it has no weights to train")
    try:
        config = model.get_config()
    except (NotImplementedError, TypeError, ValueError) as error:
        raise NotCompiled("it holds a thing of your own that has no configuration") from error
    return CustomModelDescription(
        config=json.dumps([kind, _canonical(config, {})], sort_keys=True),
        specs=tuple(
            WeightSpec(place, "other" if place < n_trainable else "moving_other", variable.shape)
            for place, variable in enumerate(variables)
        ),
        n_dropouts=n_dropouts,
        dtype="float32",
        traced=n_steps > MOST_EAGER_STEPS,
        model=model,
    )


def _check_compilation(model: keras.Model) -> None:
    """Refuse what the model was compiled with and the compiled epochs do not know."""
    if model.run_eagerly:
        raise NotCompiled("run_eagerly is set")
    asked = _compat.compile_arguments(model)
    if asked is None:
        raise NotCompiled("it does not tell how it was compiled")
    for name in ("metrics", "weighted_metrics"):
        if asked.get(name):
            raise NotCompiled(f"{name} are to be computed; the compiled epochs know the loss only")
    if asked.get("loss_weights"):
        raise NotCompiled("loss_weights are set")


def _check_operation(operation: Any) -> bool:
    """Refuse what could differ from Keras's training; tell whether it is a dropout layer."""
    name, module = type(operation).__name__, type(operation).__module__
    if not module.startswith("keras."):
        raise NotCompiled(f"the layer {operation.name!r} is of your own class {name}")
    if getattr(operation, "compute_dtype", "float32") != "float32":
        raise NotCompiled(f"the layer {operation.name!r} computes in {operation.compute_dtype}")
    if not isinstance(operation, keras.layers.Layer):
        if name not in _OPERATIONS:
            raise NotCompiled(f"it uses the operation {operation.name!r}")
        return False
    if name == DROPOUT:
        if operation.seed is not None or operation.noise_shape is not None:
            raise NotCompiled(f"the layer {operation.name!r} has a seed or noise_shape of its own")
        return operation.rate > 0
    _check_layer(operation, name)
    return False


def _check_layer(layer: keras.layers.Layer, name: str) -> None:
    """Refuse a layer that could differ from Keras's in training, none of dropout."""
    if name == NORMALIZATION:
        if len(layer.output.shape) != 2 or layer.get_config().get("synchronized"):
            raise NotCompiled(f"the layer {layer.name!r} normalizes more than flat rows")
    elif name not in _LAYERS:
        raise NotCompiled(f"the compiled epochs do not know the layer {layer.name!r} ({name})")
    elif getattr(layer, "activity_regularizer", None) is not None:
        raise NotCompiled(f"the layer {layer.name!r} has an activity regularizer")


def _canonical(config: Any, names: dict[str, str]) -> Any:
    """Rename layers by order of appearance: "dense_7" in one fold is "dense_12" in the next."""
    if isinstance(config, dict):
        return _canonical_dict(config, names)
    if isinstance(config, list | tuple):
        return [_canonical(each, names) for each in config]
    if config is None or isinstance(config, str | int | float | bool):
        return config
    raise NotCompiled(f"its description holds {config!r}, which JSON cannot tell")


def _canonical_dict(config: dict, names: dict[str, str]) -> dict:
    if config.get("class_name") in ("function", "__lambda__"):
        raise NotCompiled(f"it holds a function of your own, {config.get('config')!r}")
    if not str(config.get("module", "keras")).startswith("keras"):
        raise NotCompiled(f"it holds {config.get('class_name')!r}, a thing of your own")

    def renamed(value: Any) -> Any:
        if isinstance(value, str):
            return names.setdefault(value, f"layer {len(names)}")
        return [renamed(each) for each in value] if isinstance(value, list | tuple) else value

    found = {}
    for key, value in config.items():
        if key == "dtype":  # its policy has a name that means something
            found[key] = value
        elif key in ("name", "keras_history", "input_layers", "output_layers"):
            found[key] = renamed(value)
        elif key not in ("shared_object_id", "build_config"):
            found[key] = _canonical(value, names)
    return found

"""A custom model: its inputs and outputs, its predictions, its weights as arrays."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from skdense.engine import _compat
from skdense.engine._tensorflow import keras, tf
from skdense.engine.custom_model.output import Output
from skdense.engine.keras_pickling import custom_objects_of

_CHUNK = 512  # samples of one forward pass
_seeding = threading.RLock()


@contextmanager
def seeded(seed: int, graphs_stay: bool = True) -> Iterator[None]:
    """Seed what Keras draws from: Python's generator, NumPy's and TensorFlow's; then put them back.

    One thread at a time, since all three belong to the whole process. `graphs_stay` tells whether
    a graph of TensorFlow that is made meanwhile may be there the next time.
    """
    with _seeding:
        python = random.getstate()
        numpy = np.random.get_state()  # noqa: NPY002 - a user's function may draw from it
        random.seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002
        try:
            with _compat.tensorflow_seeded(seed, graphs_stay):
                yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)  # noqa: NPY002


def check_is_model(model: Any) -> None:
    """Raise ValueError where the user's function has returned something else than a Keras model."""
    if not isinstance(model, keras.Model):
        raise ValueError(
            f"model= built {model!r}, a {type(model).__name__}, but it has to return a "
            "keras.Model: end the function with `return model`."
        )


def is_model(thing: Any) -> bool:
    """Whether something is a Keras model."""
    return isinstance(thing, keras.Model)


def copy_model(model: keras.Model) -> keras.Model:
    """Copy a model that the user built beforehand, weights and compilation included."""
    with keras.saving.custom_object_scope(custom_objects_of(model)):
        copied = keras.models.clone_model(model)
        copied.set_weights(model.get_weights())
        if model.compiled:
            copied.compile_from_config(model.get_compile_config())
    return copied


def input_names(model: keras.Model) -> list[str] | None:
    """Give the names of a model's inputs; None where only a call would tell."""
    tensors = _symbolic(model, "inputs")
    if tensors is None:
        return None
    struct = _symbolic(model, "input")
    return list(struct) if isinstance(struct, dict) else [tensor.name for tensor in tensors]


def arrange_inputs(model: keras.Model, X: np.ndarray | dict[str, np.ndarray]) -> Any:
    """Order named inputs as the model takes them: a list, or a dict where it was made with one."""
    struct = _symbolic(model, "input")
    if not isinstance(X, dict):
        tensors = _symbolic(model, "inputs") or []
        return _of_rank(X, len(tensors[0].shape)) if len(tensors) == 1 else X
    if struct is None or isinstance(struct, dict):
        return X
    ordered = [X[name] for name in input_names(model) or X]
    return ordered if len(ordered) > 1 else ordered[0]


def _of_rank(X: np.ndarray, rank: int) -> np.ndarray:
    """Add or take away a last axis of size 1, as Keras does."""
    if X.ndim == rank + 1 and X.shape[-1] == 1:
        return X[..., 0]
    return X[..., None] if X.ndim == rank - 1 else X


def check_input_shapes(model: keras.Model, X: Any) -> None:
    """Raise ValueError where the data have other shapes than the model takes, or too few arrays."""
    tensors = _symbolic(model, "inputs")
    if tensors is None:
        return
    arrays = keras.tree.flatten(X)
    names = [tensor.name for tensor in tensors]
    if len(arrays) != len(tensors):
        raise ValueError(
            f"The model has {len(tensors)} inputs, {names}, but X is one table: say with inputs="
            "{name: columns} which columns go to which input."
        )
    for tensor, array in zip(tensors, arrays, strict=True):
        expected, found = tuple(tensor.shape), array.shape
        fits = len(expected) == len(found) and all(
            size in (None, there) for size, there in zip(expected[1:], found[1:], strict=True)
        )
        if not fits:
            raise ValueError(
                f"The model's input {tensor.name!r} has shape {expected}, but its part of X has "
                f"shape {found}. Build the input from meta['n_features_in_'], or assign "
                "columns with inputs=."
            )


def outputs_of(model: keras.Model, X: Any) -> list[Output]:
    """Send a few samples through a compiled model and see what comes out; builds it if needed."""
    if isinstance(model, keras.Sequential) and not model.built:
        model.build((None, *X.shape[1:]))  # or the few rows would become its batch size
    result = model(keras.tree.map_structure(tf.constant, X), training=False)
    if isinstance(result, dict):
        names, tensors = list(result), list(result.values())
    else:
        tensors = list(result) if isinstance(result, list | tuple) else [result]
        names = list(getattr(model, "output_names", None) or [])
        if len(names) != len(tensors):
            names = [f"output_{place}" for place in range(len(tensors))]
    found = []
    for place, (name, tensor) in enumerate(zip(names, tensors, strict=True)):
        loss = _loss_of(model.loss, name, place)
        config = loss.get_config() if isinstance(loss, keras.losses.Loss) else {}
        shape = tuple(int(size) for size in tensor.shape[1:])
        found.append(Output(name, shape, _name_of(loss), bool(config.get("from_logits"))))
    return found


def arrange_targets(model: keras.Model, names: list[str], arrays: list) -> Any:
    """Put one array for each named output into the form of the model's outputs."""
    struct = _symbolic(model, "output")
    if isinstance(struct, dict) or (struct is None and isinstance(model.loss, dict)):
        return dict(zip(names, arrays, strict=True))
    return arrays[0] if len(arrays) == 1 else arrays


def model_outputs(model: keras.Model, X: Any, **arguments: Any) -> list[np.ndarray]:
    """Compute the model's outputs, arrays (n_samples, ...).

    `arguments` are for ``Model.predict``. Without any, and where the model has no way of its own to
    predict, it is called chunk by chunk: ``Model.predict`` traces a graph for every new model, and
    a fold predicts but once.
    """
    plain = type(model).predict_step is keras.Model.predict_step
    if arguments or not plain or type(model).predict is not keras.Model.predict:
        result = model.predict(X, **{"verbose": 0, **arguments})
    else:
        n_samples = len(keras.tree.flatten(X)[0])
        chunks = []
        for start in range(0, n_samples, _CHUNK):
            chunk = keras.tree.map_structure(
                lambda array, start=start: tf.constant(array[start : start + _CHUNK]), X
            )
            chunks.append(
                keras.tree.map_structure(
                    lambda tensor: tensor.numpy(), model(chunk, training=False)
                )
            )
        result = keras.tree.map_structure(lambda *parts: np.concatenate(parts), *chunks)
    if isinstance(result, dict):
        return list(result.values())
    return list(result) if isinstance(result, list | tuple) else [result]


def state_of(model: keras.Model) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Give a trained model's weights and its optimizer's variables as arrays."""
    optimizer = getattr(model, "optimizer", None)
    slots = [v.numpy() for v in optimizer.variables] if optimizer is not None else []
    return model.get_weights(), slots


def restore_state(
    model: keras.Model, weights: Sequence[np.ndarray], slots: Sequence[np.ndarray]
) -> None:
    """Put the arrays that `state_of` gave into a model built and compiled anew."""
    model.set_weights(list(weights))
    if slots:
        if not model.optimizer.built and len(slots) > len(model.optimizer.variables):
            model.optimizer.build(model.trainable_variables)
        for variable, value in zip(model.optimizer.variables, slots, strict=True):
            variable.assign(value)


@contextmanager
def kept_on_failure(model: keras.Model) -> Iterator[None]:
    """Put weights and optimizer back if training fails, which ``Model.fit`` changes as it goes."""
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    before = state_of(model)
    try:
        yield
    except BaseException:
        restore_state(model, *before)
        raise


def _symbolic(model: keras.Model, attribute: str) -> Any:
    """Inputs or outputs as Keras holds them; None where a model has none before it is called."""
    for name in (attribute, f"{attribute.rstrip('s')}s"):
        try:
            return getattr(model, name)
        except (AttributeError, ValueError):  # a Sequential has `inputs` but no `input`
            continue
    return None


def _loss_of(loss: Any, name: str, place: int) -> Any:
    if isinstance(loss, dict):
        return loss.get(name)
    if isinstance(loss, list | tuple):
        return loss[place] if place < len(loss) else None
    return loss


def _name_of(loss: Any) -> str | None:
    if loss is None or isinstance(loss, str):
        return loss
    if isinstance(loss, keras.losses.Loss):
        name = "".join("_" + c.lower() if c.isupper() else c for c in type(loss).__name__)
        return name.lstrip("_")
    return getattr(loss, "__name__", type(loss).__name__)

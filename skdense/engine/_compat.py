"""What of Keras and TensorFlow has no public name."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


def optimizer_state(optimizer: keras.optimizers.Optimizer) -> list[keras.Variable]:
    """Give an optimizer's variables but for its learning rate."""
    rate = getattr(optimizer, "_learning_rate", None)
    return [variable for variable in optimizer.variables if variable is not rate]


def optimizer_schedule(optimizer: keras.optimizers.Optimizer) -> Any:
    """Give the schedule that an optimizer was made with; `learning_rate` is its value."""
    return optimizer._learning_rate


def excludes_weights_from_decay(optimizer: keras.optimizers.Optimizer) -> bool:
    """Whether `exclude_from_weight_decay` has named weights: no configuration tells."""
    variables = getattr(optimizer, "_exclude_from_weight_decay", None)
    return bool(variables or getattr(optimizer, "_exclude_from_weight_decay_pattern", None))


def loss_arguments(loss: keras.losses.Loss) -> dict[str, Any] | None:
    """Give what a loss passes to its function, if any: get_config leaves Huber's delta out."""
    return vars(loss).get("_fn_kwargs")


def before_activation(outputs: tf.Tensor) -> tf.Tensor:
    """Give what Keras has computed a sigmoid or softmax of; its cross-entropies ask, too."""
    return outputs._keras_logits


def compile_arguments(model: keras.Model) -> dict[str, Any] | None:
    """Give what a model was compiled with; None where it does not tell.

    get_compile_config would serialize it, and warns of what it cannot.
    """
    return getattr(getattr(model, "_compile_config", None), "config", None)


def layers_of(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    """Give a layer or model and all layers inside it."""
    return list(layer._flatten_layers())


def model_of(callback: keras.callbacks.Callback) -> keras.Model | None:
    """Give the model that a callback was last used with."""
    return getattr(callback, "_model", None)


def forget_model(callback: keras.callbacks.Callback) -> None:
    """Take the model from a callback; set_model, which users override, expects one."""
    callback._model = None


def profiles_batches(callback: keras.callbacks.TensorBoard) -> bool:
    """Whether profile_batch is set."""
    return callback._should_trace


def close_writers(callback: keras.callbacks.TensorBoard) -> None:
    """Close a callback's files, and let go of what cannot be pickled."""
    callback._close_writers()
    callback._writers, callback._summary_module = {}, None


@contextmanager
def names_as_in_a_fresh_process() -> Iterator[None]:
    """Let Keras number anew what this thread makes meanwhile: "dense" again, not "dense_3".

    TensorFlow keeps 35 kB for ever for each name that a variable ever had.
    """
    from keras.src.backend.common import global_state

    before = global_state.get_global_attribute("object_name_uids")
    global_state.set_global_attribute("object_name_uids", None)
    try:
        yield
    finally:
        global_state.set_global_attribute("object_name_uids", before)


class _Seeded:
    """What has happened while TensorFlow was seeded."""

    random_operations = False  # such as have a state
    times = 0


# TensorFlow keeps 20 kB for each variable that was made, until it lets go of all that is ready.
_TIMES_BEFORE_LETTING_GO = 20


@contextmanager
def tensorflow_seeded(seed: int, graphs_stay: bool) -> Iterator[None]:
    """Seed TensorFlow as ``tf.random.set_seed`` does, one thread at a time; then put it back.

    That function also ends the state of random operations, by letting go of everything TensorFlow
    has made ready to run: the next call of any program takes half a second again. So it is called
    only now and then, for the memory, and each time once there have been such operations, outside
    of graphs or, where graphs stay, in them. Keras has none, but for the order of samples in a
    graph that `fit` makes anew; a user's function may.
    """
    from tensorflow.python.eager import context
    from tensorflow.python.framework import random_seed

    eager, get_seed = context.context(), random_seed.get_seed
    before = eager._seed, getattr(eager, "_rng", None)

    def noted(op_seed: int | None) -> tuple[int | None, int | None]:
        if graphs_stay or context.executing_eagerly():
            _Seeded.random_operations = True
        return get_seed(op_seed)

    _Seeded.times += 1
    if _Seeded.random_operations or _Seeded.times % _TIMES_BEFORE_LETTING_GO == 0:
        context.set_global_seed(seed)
    eager._seed, eager._rng = seed, random.Random(seed)
    random_seed.get_seed = noted
    try:
        yield
    finally:
        random_seed.get_seed = get_seed
        eager._seed, eager._rng = before


def tensorflow_has_run() -> bool:
    """Whether TensorFlow has started its threads, without importing it."""
    module = sys.modules.get("tensorflow.python.eager.context")
    return bool(getattr(getattr(module, "_context", None), "_initialized", False))


class _FunctionLabel(threading.local):
    """What TensorFlow's functions are named by in this thread, and a number for each."""

    text: str | None = None
    numbers: Iterator[int] = count()


_function_label = _FunctionLabel()


def name_functions() -> bool:
    """Let `function_label` name TensorFlow's functions; False where it cannot.

    The names are in the keys of TensorFlow's cache on disk, and TensorFlow numbers functions as
    they come: the same program would have another key after another one.
    """
    from tensorflow.python.eager.polymorphic_function import concrete_function
    from tensorflow.python.ops import control_flow_util_v2

    try:
        outer, inner = concrete_function._inference_name, control_flow_util_v2.unique_fn_name
    except AttributeError:
        return False

    def outer_name(name: str) -> str:
        label = _function_label.text
        return outer(name) if label is None else f"__inference_{name}_{label}"

    def inner_name(scope: str, name: str) -> str:
        label = _function_label.text
        if label is None:
            return inner(scope, name)
        return f"{scope}{name}_{label}_{next(_function_label.numbers)}".replace("/", "_")

    concrete_function._inference_name = outer_name
    control_flow_util_v2.unique_fn_name = inner_name
    return True


@contextmanager
def function_label(label: str) -> Iterator[None]:
    """Name the functions that TensorFlow makes meanwhile, in this thread, by a label.

    A new one each time: two functions of one name would have to be equal.
    """
    _function_label.text, _function_label.numbers = label, count()
    try:
        yield
    finally:
        _function_label.text = None


class _CustomGradients(threading.local):
    """Names of the custom gradients that this thread has made, while somebody asks."""

    names: list[str] | None = None


_custom_gradients = _CustomGradients()


def _record_custom_gradients() -> None:
    from tensorflow.python.ops import custom_gradient

    generate_name = getattr(custom_gradient, "generate_name", None)
    if generate_name is None or hasattr(generate_name, "is_recorded"):
        return

    def recorded_name() -> str:
        name = generate_name()
        if _custom_gradients.names is not None:
            _custom_gradients.names.append(name)
        return name

    recorded_name.is_recorded = True  # type: ignore[attr-defined]
    custom_gradient.generate_name = recorded_name


@contextmanager
def custom_gradients_forgotten() -> Iterator[None]:
    """Let go of the custom gradients of a graph that this thread traces meanwhile.

    TensorFlow keeps them for ever, and with them the graph. Nobody may ask for the graph's
    gradients later.
    """
    from tensorflow.python.framework import ops

    _record_custom_gradients()
    names: list[str] = []
    _custom_gradients.names = names
    try:
        yield
    finally:
        _custom_gradients.names = None
        for name in names:
            getattr(ops.gradient_registry, "_registry", {}).pop(name, None)

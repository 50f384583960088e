"""What training left in an estimator, as JSON and arrays, and back, checked."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn import config_context

from skdense.engine.archive import Damaged, expect, expect_one_of, is_count
from skdense.engine.inference import ACTIVATIONS
from skdense.estimators.fitted_state import ATTRIBUTES, FittedState
from skdense.networks.architecture import Architecture
from skdense.persistence.deserialization import Reader
from skdense.persistence.history import read_history, read_stopping, write_history
from skdense.persistence.inputs import read_inputs, write_inputs
from skdense.persistence.serialization import Writer
from skdense.preprocessing.class_encoding import ClassEncoding
from skdense.preprocessing.target_scaling import TargetScale

# Left out of a file: callbacks are code.
NOT_WRITTEN = frozenset(("_skl_callbacks", "callbacks_"))
# What scikit-learn itself keeps of a fit.
_OF_SCIKIT_LEARN = frozenset(("_metadata_request", "feature_names_in_", "n_features_in_"))
# Of an architecture; off where a file does not know them yet.
SWITCHES = ("input_dropout", "input_noise", "residual")
_KINDS = ("binary", "multiclass", "multilabel", "one-hot")
_METHODS_WITH_REQUESTS = ("fit", "partial_fit", "score")


def write_state(estimator: Any, writer: Writer) -> dict:
    """Turn a fitted estimator's attributes into what JSON can hold; the writer takes the arrays.

    Raises ValueError if an attribute is none of ours, or holds what a file cannot.
    """
    check_attributes(estimator)
    state = FittedState.of(estimator)
    label, slots = state.optimizer_state
    names = getattr(estimator, "feature_names_in_", None)
    return {
        "architecture": write_architecture(state.architecture, writer),
        "weights": [writer.array(array) for array in state.weights],
        "encoding": _write_encoding(state.encoding, writer),
        "feature_names": None if names is None else writer.labels("feature_names_in_", names),
        "history": write_history(state.history, writer),
        "early_stopping_history": write_history(state.early_stopping_history, writer),
        "stopped_by": state.stopped_by,
        "watched_given": state.validation_given,
        **write_inputs(state, writer),
        "best_epoch": state.best_epoch,
        "best_loss": writer.parameter("best_loss_", state.best_loss),
        "best_score": writer.parameter("best_score_", state.best_score),
        "temperature": writer.parameter("temperature_", state.temperature),
        "optimizer": {"label": label, "slots": [writer.array(slot) for slot in slots]},
        "seeds": {
            "entropy": state.seeds[0],
            "spawned": state.seeds[1],
            "split": state.split_seed,
        },
        "member": None if estimator._member is None else list(estimator._member),
    }


def check_attributes(estimator: Any) -> None:
    """Raise ValueError where an estimator has attributes that are none of ours."""
    known = ATTRIBUTES | NOT_WRITTEN | _OF_SCIKIT_LEARN | {"_member"}
    foreign = sorted(set(vars(estimator)) - known - set(estimator.get_params(deep=False)))
    if foreign:
        raise ValueError(
            f"{type(estimator).__name__} cannot be saved with the attribute {foreign[0]!r}, which "
            "training did not make: delete it, or use joblib.dump."
        )


def read_state(state: dict, reader: Reader, for_classes: bool) -> dict[str, Any]:
    """Give the attributes that `write_state` wrote; raise Damaged where training leaves others."""
    architecture = read_architecture(state["architecture"], reader)
    encoding = _read_encoding(state["encoding"], reader, for_classes)
    for name in ("n_outputs", "out_activation"):
        one, other = getattr(architecture, name), getattr(encoding, name)
        expect(one == other, f"{name} for the kind of target", one)
    history = read_history(state["history"], reader)
    n_epochs, best_epoch = len(history["loss"]), state["best_epoch"]
    expect(is_count(best_epoch) and 1 <= best_epoch <= n_epochs, "best epoch", best_epoch)
    best_loss = reader.parameter("best_loss_", state["best_loss"])
    expect(type(best_loss) is float, "best loss", best_loss)
    seeds = state["seeds"]
    for name, below in {"entropy": 2**128, "spawned": 2**32, "split": 2**31}.items():
        expect(is_count(seeds[name]) and seeds[name] < below, f"seed ({name})", seeds[name])
    n_features, inputs = read_inputs(state, reader, architecture)
    fitted = FittedState(
        encoding=encoding,
        architecture=architecture,
        weights=read_weights(state["weights"], reader, architecture),
        history=history,
        n_iter=n_epochs,
        best_epoch=best_epoch,
        best_loss=best_loss,
        optimizer_state=_read_optimizer(state["optimizer"], reader, architecture),
        seeds=(seeds["entropy"], seeds["spawned"]),
        split_seed=seeds["split"],
        **inputs,
        **read_stopping(state, reader),
    )
    attributes = {**fitted.attributes(), "n_features_in_": n_features}
    if state.get("member") is not None:
        attributes["_member"] = _read_member(state["member"])
    if state["feature_names"] is not None:
        names = reader.labels(state["feature_names"])
        are_names = all(type(name) is str for name in names)
        expect(are_names and names.shape == (n_features,), "feature names", names)
        attributes["feature_names_in_"] = names
    return attributes


def write_architecture(architecture: Architecture, writer: Writer) -> dict:
    """Turn an architecture into what JSON can hold; own activations become names in the writer."""
    activations = [
        each if isinstance(each, str) else writer.named("activation", each)
        for each in architecture.activation
    ]
    return {
        "n_features": int(architecture.n_features),
        "hidden_layer_sizes": list(architecture.hidden_layer_sizes),
        "activation": activations,
        "batch_norm": architecture.batch_norm,
        "dropout": list(architecture.dropout),
        "n_outputs": int(architecture.n_outputs),
        "out_activation": architecture.out_activation,
        "dtype": architecture.dtype,
        **{name: bool(getattr(architecture, name)) for name in SWITCHES},
    }


def read_architecture(written: dict, reader: Reader) -> Architecture:
    """Give the architecture that `write_architecture` wrote; raise Damaged if it cannot be."""
    sizes, activations, dropout = (
        tuple(written[name]) for name in ("hidden_layer_sizes", "activation", "dropout")
    )
    for name in ("n_features", "n_outputs"):
        expect(is_count(written[name]) and written[name] > 0, name, written[name])
    expect(all(is_count(size) and size > 0 for size in sizes), "layer size", sizes)
    expect(len(activations) == len(dropout) == len(sizes), "number of layers", len(sizes))
    expect(all(type(each) is bool for each in dropout), "dropout", dropout)
    switches = {name: written.get(name, False) for name in SWITCHES}
    expect(all(type(each) is bool for each in switches.values()), "architecture", switches)
    places = (None, "before", "after") if sizes else (None,)
    expect_one_of("batch norm", written["batch_norm"], places)
    outputs = ("sigmoid", "softmax", "exponential", "linear")
    expect_one_of("output activation", written["out_activation"], outputs)
    expect_one_of("dtype", written["dtype"], ("float32", "float64"))
    return Architecture(
        n_features=written["n_features"],
        hidden_layer_sizes=sizes,
        activation=tuple(_read_activation(each, reader) for each in activations),
        batch_norm=written["batch_norm"],
        dropout=dropout,
        n_outputs=written["n_outputs"],
        out_activation=written["out_activation"],
        dtype=written["dtype"],
        **switches,
    )


def read_weights(written: list, reader: Reader, architecture: Architecture) -> list[np.ndarray]:
    """Give the weights; raise Damaged if number, shapes or dtype are not the architecture's."""
    arrays = [reader.array(reference) for reference in written]
    # Lazily: the sizes that a file claims may be absurd.
    for number, spec in enumerate(architecture.weights()):
        expect(number < len(arrays), "number of weight arrays", len(arrays))
        array = arrays[number]
        if array.shape != spec.shape or array.dtype != architecture.dtype:
            raise Damaged(
                f"has a {spec.role} of shape {array.shape} and {array.dtype} where the network "
                f"has one of shape {spec.shape} and {architecture.dtype}."
            )
    expect(len(arrays) == number + 1, "number of weight arrays", len(arrays))
    return arrays


def write_requests(estimator: Any) -> dict:
    """Give what `set_fit_request` and its kin have set, by the method's name."""
    if "_metadata_request" not in vars(estimator):
        return {}
    routing = estimator.get_metadata_routing()
    return {method: dict(getattr(routing, method).requests) for method in _METHODS_WITH_REQUESTS}


def set_requests(estimator: Any, requests: dict) -> None:
    """Set what `write_requests` wrote; raise Damaged if there is no such method."""
    with config_context(enable_metadata_routing=True):
        for method, of_method in requests.items():
            expect_one_of("method", method, _METHODS_WITH_REQUESTS)
            getattr(estimator, f"set_{method}_request")(**of_method)


def _read_member(written: list) -> tuple[int, int, int]:
    number, n_members, seed = written
    fits = all(map(is_count, written)) and number < n_members > 1 and seed < 2**32
    expect(fits, "number of a member", written)
    return number, n_members, seed


def _read_activation(written: Any, reader: Reader) -> Any:
    activation = reader.parameter("activation", written)
    if callable(activation) or activation in ACTIVATIONS:
        return activation
    from skdense.engine.keras_serialization import is_activation

    expect(is_activation(activation), "activation", activation)
    return activation


def _write_encoding(encoding: ClassEncoding | TargetScale, writer: Writer) -> dict:
    if isinstance(encoding, ClassEncoding):
        classes = writer.labels("classes_", encoding.classes)
        return {"kind": encoding.kind, "classes": classes, "loss": encoding.loss}
    return {
        "mean": writer.array(encoding.mean),
        "scale": writer.array(encoding.scale),
        "one_dimensional": encoding.one_dimensional,
        "out_activation": encoding.out_activation,
    }


def _read_encoding(written: dict, reader: Reader, for_classes: bool) -> ClassEncoding | TargetScale:
    if for_classes:
        kind, loss, classes = written["kind"], written["loss"], reader.labels(written["classes"])
        expect_one_of("kind of target", kind, _KINDS)
        expect(type(loss) is str, "loss", loss)
        ordered = classes.ndim == 1 and np.array_equal(np.unique(classes), classes)
        expect(ordered and len(classes) >= 2, "list of classes", classes)
        if kind in ("binary", "multiclass"):
            expect((len(classes) == 2) == (kind == "binary"), "number of classes", len(classes))
        else:
            numbered = np.array_equal(classes, np.arange(len(classes)))
            expect(numbered, "numbering of label columns", classes)
        return ClassEncoding(kind, classes, loss)
    mean, scale = reader.array(written["mean"]), reader.array(written["scale"])
    for array in (mean, scale):
        plain = array.dtype == np.float64 and array.ndim == 1 and np.isfinite(array).all()
        expect(plain and len(array) == len(mean), "scale of the target", array)
    expect((scale >= 0).all(), "scale of the target", scale)
    one_dimensional = written["one_dimensional"]
    fits = type(one_dimensional) is bool and (len(mean) == 1 or not one_dimensional)
    expect(fits, "shape of the target", one_dimensional)
    out_activation = written["out_activation"]
    expect_one_of("output activation", out_activation, ("linear", "exponential"))
    return TargetScale(mean, scale, one_dimensional, out_activation)


def _read_optimizer(written: dict, reader: Reader, architecture: Architecture) -> tuple:
    label = written["label"]
    expect(type(label) is str, "optimizer", label)
    slots = [reader.array(reference)[()] for reference in written["slots"]]
    for slot in slots:
        plain = slot.dtype.kind in "biuf" and slot.size <= architecture.n_weights
        expect(plain, "optimizer state of shape", slot.shape)
    return label, slots

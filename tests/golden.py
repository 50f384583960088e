"""Prove that a restructuring of the modules changes no bit of what the package does.

Trains many tiny networks through the public API and takes digests of all that can be seen of
each: weights, history, attributes, predictions, saved files, Keras and ONNX models, warnings,
errors. The digests are those of one machine and its versions, so they are not committed: write
them before a restructuring, and compare after it.

    python tests/golden.py write FILE
    python tests/golden.py compare FILE      # prints each difference; the exit status is then 1
    python tests/golden.py compare FILE --only regressor

Nothing but public names is imported here, so that the script runs unchanged before and after.
"""

import argparse
import contextlib
import copy
import dataclasses
import hashlib
import io
import json
import logging
import pickle
import re
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn import datasets
from sklearn.model_selection import GroupKFold, KFold, TimeSeriesSplit
from sklearn.preprocessing import StandardScaler

import skdense
from skdense import (
    KERAS_DEFAULTS,
    DenseClassifier,
    DenseRegressor,
    NetworkClassifier,
    NetworkRegressor,
)
from skdense.schedules import CosineDecay, ExponentialDecay, ReduceOnPlateau, Schedule

import keras  # isort: skip - after skdense, which starts TensorFlow quietly

# Digests --------------------------------------------------------------------------------------


class NotPlain(TypeError):
    """A value of which there is no digest."""


def same_text(text):
    """Take what differs from process to process out of a text: places, and the order of sets."""

    def in_order(found):
        return f"{{{', '.join(sorted(found[1].split(', ')))}}}"

    text = re.sub(r"0x[0-9a-fA-F]{6,}", "0x", str(text)).replace(str(Path.cwd()), "FOLDER")
    return re.sub(r"\{('[^{}:]*')\}", in_order, text)


def feed(digest, value):
    """Add a value to a digest: its type, its shape, every bit of it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    kind = type(value).__name__
    if isinstance(value, np.ndarray):
        digest.update(f"{kind} {value.dtype} {value.shape}:".encode())
        if value.dtype.kind == "O":
            feed(digest, value.tolist())
        else:
            digest.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, dict):
        feed(digest, [*value.items()])
    elif isinstance(value, list | tuple):
        digest.update(f"{kind} {len(value)}:".encode())
        for each in value:
            feed(digest, each)
    elif value is None or isinstance(value, bool | int | float | str | bytes | np.generic):
        digest.update(f"{kind} {value!r};".encode())
    else:
        raise NotPlain(f"There is no digest of {kind}.")


def digest_of(value):
    digest = hashlib.sha256()
    feed(digest, value)
    return digest.hexdigest()


def outcome(call, *args, **options):
    """Give what a call returns, or what it raises, in words."""
    try:
        return call(*args, **options)
    except Exception as error:
        notes = [same_text(note) for note in getattr(error, "__notes__", [])]
        return ["raises", type(error).__name__, same_text(error), notes]


# Data -----------------------------------------------------------------------------------------


def scaled(load, n_rows):
    X, y = load(return_X_y=True)
    rows = np.random.default_rng(0).permutation(len(X))[:n_rows]
    return StandardScaler().fit_transform(X)[rows], y[rows]


IRIS = scaled(datasets.load_iris, 150)
CANCER = scaled(datasets.load_breast_cancer, 160)
DIABETES = scaled(datasets.load_diabetes, 160)
RANDOM = np.random.default_rng(0)
DIGITS = datasets.load_digits()
IMAGES = DIGITS.images[:120] / 16, DIGITS.target[:120]
COUNTS = sparse.csr_matrix(DIGITS.data[:120] * (DIGITS.data[:120] > 12) / 16), DIGITS.target[:120]
TABLE, NUMBERS = datasets.load_iris(return_X_y=True, as_frame=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[IRIS[1]]
ONE_HOT = np.eye(3, dtype=int)[IRIS[1]]
LABELS = np.column_stack([IRIS[1] > 0, IRIS[1] > 1, IRIS[0][:, 1] > 0]).astype(int)
TWO = np.column_stack([DIABETES[1], DIABETES[0][:, 2] * 3 + 1])
GAPS = np.where(RANDOM.random(CANCER[0].shape) < 0.1, np.nan, CANCER[0])
WEIGHT = np.where(np.arange(160) % 7, 1.0 + np.arange(160) % 3, 0.0)
GROUPS = np.arange(160) // 4
REST = {"X_val": CANCER[0][120:], "y_val": CANCER[1][120:]}

# Functions and objects of a user ----------------------------------------------------------------


def squared_relu(x):
    return keras.ops.square(keras.ops.relu(x))


def right_share(estimator, X, y):
    return float(np.mean(estimator.predict(X) == y))


def falling(epoch):
    return 0.01 / (1 + epoch)


def from_before(epoch, rate):
    return rate * 0.9 if epoch else rate


class InverseTime(Schedule):
    def __init__(self, slowness=10):
        self.slowness = slowness

    def rates(self, epochs, learning_rate, n_epochs):
        return learning_rate / (1 + np.asarray(epochs) / self.slowness)


CUSTOM = {
    **{each.__name__: each for each in (squared_relu, right_share, falling, from_before)},
    "InverseTime": InverseTime(3),
}


class Notes(keras.callbacks.Callback):
    """Writes down what Keras's callbacks are shown."""

    def on_train_begin(self, logs=None):
        self.seen = [["params", dict(self.params)]]

    def on_epoch_begin(self, epoch, logs=None):
        self.seen.append(["begin", epoch, dict(logs or {})])

    def on_epoch_end(self, epoch, logs=None):
        optimizer = self.model.optimizer
        moment = [float(optimizer.learning_rate), int(optimizer.iterations)]
        self.seen.append([epoch, dict(logs), moment, digest_of(self.model.get_weights())])

    def on_train_end(self, logs=None):
        self.seen.append(["end", dict(logs or {})])


class Halves(keras.callbacks.Callback):
    """Sets weights and a learning rate, and adds a figure."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            self.model.set_weights([weight / 2 for weight in self.model.get_weights()])
            self.model.optimizer.learning_rate = 0.02
        logs["twice"] = 2 * logs["loss"]


class PressesCtrlC(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 2:
            raise KeyboardInterrupt


class Recorder:
    """A callback of scikit-learn's that writes down what it sees; it may end the training."""

    max_propagation_depth = None

    def __init__(self, stop_at=None):
        self.stop_at, self.seen = stop_at, []

    def setup(self, estimator, context):
        self.seen.append(["setup", type(estimator).__name__])

    def teardown(self, estimator, context):
        self.seen.append(["teardown", type(estimator).__name__])

    def on_fit_task_begin(self, estimator, context, *, X, y, metadata):
        place = [context.task_name, context.task_id, context.max_subtasks]
        self.seen.append(["begin", *place, digest_of([X, y, metadata])])

    def on_fit_task_end(self, estimator, context, *, X, y, metadata, fitted_estimator):
        predicted = None if fitted_estimator is None else fitted_estimator.predict(X)
        data = digest_of([X, y, metadata, predicted])
        self.seen.append(["end", context.task_name, context.task_id, data])
        return context.task_name == "epoch" and context.task_id == self.stop_at


class Records(logging.Handler):
    """Writes down what the logger "skdense" is told."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def emit(self, record):
        self.seen.append([record.levelname, record.getMessage(), record.skdense])


# Keras models of a user -------------------------------------------------------------------------


def plain_model(meta, units=8):
    n_classes = meta["n_classes_"]
    return keras.Sequential(
        [
            keras.Input((meta["n_features_in_"],)),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid", name="out")
            if n_classes == 2
            else keras.layers.Dense(n_classes, activation="softmax", name="out"),
        ]
    )


def regular_model(meta, units=8):
    inputs = keras.Input((meta["n_features_in_"],))
    x = skip = keras.layers.Dense(units)(inputs)
    x = keras.layers.Activation("relu")(keras.layers.BatchNormalization()(x))
    x = keras.layers.Dropout(0.2)(x)
    x = keras.layers.Add()([skip, keras.layers.Dense(units, kernel_regularizer="l2")(x)])
    return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid", name="out")(x))


def number_model(meta, units=8):
    inputs = keras.Input((meta["n_features_in_"],))
    hidden = keras.layers.Dense(units, activation="tanh")(inputs)
    return keras.Model(inputs, keras.layers.Dense(meta["n_outputs_"], name="out")(hidden))


def two_inputs(meta, units=4):
    parts = [
        keras.Input((len(where),), name=name) for name, where in meta["input_columns_"].items()
    ]
    hidden = [keras.layers.Dense(units, activation="relu")(part) for part in parts]
    joined = keras.layers.concatenate(hidden)
    size = keras.layers.Dense(1, name="size")(joined)
    kind = keras.layers.Dense(3, activation="softmax", name="kind")(joined)
    return keras.Model(parts, [size, kind])


def two_kinds(meta):
    inputs = keras.Input((meta["n_features_in_"],))
    heads = [
        keras.layers.Dense(len(classes), activation="softmax", name=name)(inputs)
        for name, classes in zip(("one", "other"), meta["classes_"], strict=True)
    ]
    return keras.Model(inputs, heads)


# Configurations ---------------------------------------------------------------------------------


@dataclasses.dataclass
class Case:
    """An estimator, its data, and how it is trained; `recorder.seen` is a part of the result."""

    estimator: Any
    X: Any
    y: Any
    how: Callable | None = None
    recorder: Any = None
    options: dict = dataclasses.field(default_factory=dict)

    def train(self):
        if self.how:
            return self.how(self.estimator, self.X, self.y, **self.options)
        return self.estimator.fit(self.X, self.y, **self.options)


CASES: dict[str, Case] = {}


def case(name, estimator, data, *, how=None, recorder=None, **options):
    assert name not in CASES, name
    CASES[name] = Case(estimator, *data, how, recorder, options)


def own(sizes, parameters):
    return {"hidden_layer_sizes": sizes, "epochs": 4, "random_state": 0, **parameters}


def classifier(sizes=(8, 6), **parameters):
    return DenseClassifier(**KERAS_DEFAULTS | own(sizes, parameters))


def regressor(sizes=(8, 6), **parameters):
    return DenseRegressor(**KERAS_DEFAULTS | own(sizes, parameters))


def stopping(**parameters):
    # A rate so large that the validation loss soon gets worse.
    defaults = {"early_stopping": True, "learning_rate": 0.05, "patience": 3, "epochs": 15}
    return classifier(**{**defaults, **parameters})


def twice(estimator, X, y, **options):
    return estimator.fit(X, y, **options).fit(X, y, **options)


def in_parts(estimator, X, y, **options):
    for start in range(3):
        estimator.partial_fit(X[start::3], y[start::3], **options)
        options.pop("classes", None)
    return estimator


def after_loading(estimator, X, y):
    """Save and load, and go on from there."""
    skdense.save(estimator.fit(X, y), "before")
    return skdense.load("before").partial_fit(X, y)


def interrupted(estimator, X, y):
    with contextlib.suppress(KeyboardInterrupt):
        estimator.fit(X, y)
    return estimator


def logged(estimator, X, y):
    logger, handler = logging.getLogger("skdense"), CASES["callbacks logger"].recorder
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        return estimator.fit(X, y)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)


def add_targets_of_classifier():
    X = IRIS[0]
    case("classifier binary", classifier(), CANCER)
    case("classifier multiclass", classifier(), IRIS)
    case("classifier multilabel", classifier(), (X, LABELS))
    case("classifier one-hot", classifier(loss="categorical_crossentropy"), (X, ONE_HOT))
    case("classifier focal", classifier(loss="binary_focal_crossentropy"), CANCER)
    case("classifier focal of three", classifier(loss="categorical_focal_crossentropy"), IRIS)
    own = keras.losses.BinaryCrossentropy(label_smoothing=0.05)
    case("classifier loss object", classifier(loss=own), CANCER)
    case("classifier string labels", classifier(), (X, NAMES))
    case("classifier class weight", classifier(class_weight={0: 1.0, 1: 2.5, 2: 0.5}), IRIS)
    case("classifier balanced", classifier(class_weight="balanced"), CANCER, sample_weight=WEIGHT)
    weights = [{0: 1.0, 1: 2.0}, {0: 1.0, 1: 3.0}, {0: 2.0, 1: 1.0}]
    case("classifier weights of labels", classifier(class_weight=weights), (X, LABELS))
    case("classifier sample weight", classifier(), CANCER, sample_weight=WEIGHT)
    case("classifier smooth binary", classifier(label_smoothing=0.1), CANCER)
    case("classifier smooth multiclass", classifier(label_smoothing=0.1), IRIS)


def add_layers():
    case("layers none", classifier((), l2=0.01), CANCER)
    case("layers residual", classifier((8, 6, 6), residual=True), CANCER)
    case("layers norm before", classifier(batch_norm="before"), CANCER)
    case("layers norm after", classifier(batch_norm="after", dropout=[0.0, 0.3]), CANCER)
    case("layers dropout", classifier(dropout=0.3), CANCER)
    case("layers input dropout", classifier(input_dropout=0.2), CANCER)
    case("layers input noise", classifier(input_noise=0.2), CANCER)
    case("layers penalties", classifier(l1=[0.01, 0.0], l2=[0.0, 0.02]), CANCER)
    case("layers activations", classifier(activation=["tanh", squared_relu]), CANCER)
    case("layers float64", classifier(dtype="float64"), CANCER)
    case("layers one batch", classifier(batch_size=1000), CANCER)
    case("layers random state", classifier(random_state=np.random.RandomState(3)), CANCER)
    # Over 600 steps: compiled by XLA; with what the regularizers draw.
    regular = {"batch_norm": True, "dropout": 0.2, "input_noise": 0.1, "input_dropout": 0.1}
    compiled = {"epochs": 8, "batch_size": 2, "residual": True, "l2": 0.01, **regular}
    case("layers compiled", classifier((16, 8), **compiled), CANCER)
    held = {"batch_size": 2, "epochs": 10, "early_stopping": True, "patience": 1}
    case("layers compiled, stopping", classifier((16, 8), **held, learning_rate=0.005), CANCER)


def add_optimizers():
    momentum = keras.optimizers.SGD(0.02, momentum=0.9, nesterov=True, clipnorm=1.0)
    case("optimizer momentum", classifier(optimizer=momentum), CANCER)
    case("optimizer rmsprop", classifier(optimizer="rmsprop"), CANCER)
    decay = keras.optimizers.AdamW(weight_decay=0.01)
    case("optimizer adamw", classifier(optimizer=decay, learning_rate=0.01), CANCER)
    case("optimizer lion", classifier(optimizer="lion"), CANCER)
    inside = keras.optimizers.schedules.ExponentialDecay(0.01, 5, 0.9)
    case("optimizer with schedule", classifier(optimizer=keras.optimizers.Adam(inside)), CANCER)


def add_regressors():
    X, y = DIABETES
    case("regressor mse", regressor(), DIABETES)
    case("regressor huber", regressor(loss=keras.losses.Huber(delta=0.5)), DIABETES)
    case("regressor mae", regressor(loss="mae"), DIABETES, sample_weight=WEIGHT)
    case("regressor poisson", regressor(loss="poisson"), (X, np.round(y)))
    case("regressor mape", regressor(loss="mape"), DIABETES)
    case("regressor msle", regressor(loss="msle"), DIABETES)
    case("regressor quantile", regressor(loss="quantile", quantile=0.9), DIABETES)
    case("regressor two outputs", regressor(), (X, TWO))
    case("regressor not scaled", regressor(scale_target=False), (X, TWO))
    case("regressor far from zero", regressor(), (X, 1.7e9 + y))
    case("regressor float64", regressor(dtype="float64", early_stopping=True), DIABETES)
    case("regressor of float32", regressor(), (X.astype("float32"), y.astype("float32")))
    fast = {"optimizer": "sgd", "learning_rate": 5.0, "epochs": 60, "batch_size": 1000}
    case("regressor not finite", regressor((), **fast), DIABETES)


def add_early_stopping():
    by_group, by_time = {"validation": GroupKFold(5)}, {"validation": TimeSeriesSplit(3)}
    case("stopping val_loss", stopping(), CANCER)
    case("stopping loss", stopping(monitor="loss"), CANCER)
    case("stopping roc_auc", stopping(monitor="roc_auc"), CANCER, sample_weight=WEIGHT)
    case("stopping own scorer", stopping(monitor=right_share), CANCER)
    case("stopping metrics", stopping(metrics=["accuracy", "neg_log_loss"]), CANCER)
    case("stopping min_delta", stopping(min_delta=0.1), CANCER)
    case("stopping start_from_epoch", stopping(start_from_epoch=5), CANCER)
    case("stopping last weights", stopping(restore_best_weights=False), CANCER)
    case("stopping groups", stopping(**by_group), CANCER, groups=GROUPS)
    case("stopping in time", stopping(**by_time), CANCER)
    case("stopping seeded splitter", stopping(validation=KFold(4, shuffle=True)), CANCER)
    case("stopping last rows", stopping(validation="last", validation_fraction=0.3), CANCER)
    given = {**REST, "sample_weight_val": WEIGHT[:40], "sample_weight": WEIGHT[:120]}
    first = CANCER[0][:120], CANCER[1][:120]
    case("stopping rows given", stopping(class_weight="balanced"), first, **given)
    case("stopping refit", stopping(refit_best_epoch=True), CANCER)
    plateau = ReduceOnPlateau(patience=1, factor=0.3, min_delta=1.0)
    both = {"refit_best_epoch": True, "metrics": ["roc_auc"]}
    case("stopping refit, plateau", stopping(lr_schedule=plateau, **both), CANCER)
    case("stopping not", classifier(validation_fraction=0.25), IRIS)
    case("stopping time limit", classifier(time_limit=1e-9), CANCER)
    case("stopping regressor", regressor(early_stopping=True, monitor="r2"), DIABETES)


def add_schedules():
    own = keras.optimizers.schedules.PolynomialDecay(0.02, 15, 0.001)
    fast = {"learning_rate": 1.0, "epochs": 15}  # the loss soon stands still
    for name in ("constant", "exponential", "cosine", "reduce_on_plateau"):
        case(f"schedule {name}", classifier(lr_schedule=name, **fast), CANCER)
    case("schedule of epoch", classifier(lr_schedule=falling), CANCER)
    case("schedule of epoch and rate", classifier(lr_schedule=from_before), CANCER)
    case("schedule of Keras", classifier(lr_schedule=own), CANCER)
    steps = ExponentialDecay(0.7, 2, staircase=True)
    case("schedule staircase", classifier(lr_schedule=steps, learning_rate=0.01), CANCER)
    warm = CosineDecay(alpha=0.1, warmup_epochs=1.5, warmup_start=0.2)
    case("schedule warm-up", classifier(lr_schedule=warm, warm_start=True), CANCER, how=twice)
    plateau = ReduceOnPlateau(0.2, 1, 0.05, 1, 1e-5)
    watched = {"lr_schedule": plateau, "validation_fraction": 0.2, "learning_rate": 0.05}
    case("schedule plateau", classifier(**watched, epochs=8), CANCER)
    case("schedule own", classifier(lr_schedule=InverseTime(3)), CANCER)


def add_callbacks():
    rates = [keras.callbacks.LearningRateScheduler(falling), Notes()]
    case("callbacks rates", classifier(callbacks=rates), CANCER)
    early = keras.callbacks.EarlyStopping(patience=1, restore_best_weights=True)
    watched = {"validation_fraction": 0.2, "learning_rate": 0.05, "epochs": 15}
    case("callbacks early", classifier(callbacks=[early, Notes()], **watched), CANCER)
    case("callbacks set", classifier(callbacks=[Halves(), Notes()], warm_start=True), CANCER)
    both = {"callbacks": [Notes()], "refit_best_epoch": True}
    case("callbacks refit", stopping(**both), CANCER)
    case("callbacks regressor", regressor(callbacks=[Notes()]), DIABETES, how=in_parts)
    case("callbacks Ctrl-C", classifier(callbacks=[PressesCtrlC()]), CANCER, how=interrupted)
    kinds = {"plain": classifier(), "refit": stopping(refit_best_epoch=True, epochs=5)}
    for name, estimator in {**kinds, "stops": classifier()}.items():
        recorder = Recorder(1 if name == "stops" else None)
        estimator.set_callbacks(recorder)
        case(f"callbacks of scikit-learn, {name}", estimator, CANCER, recorder=recorder)
    case("callbacks logger", stopping(epochs=3), CANCER, how=logged, recorder=Records())
    case("callbacks verbose", stopping(verbose=2, lr_schedule="cosine"), CANCER)
    case("callbacks one line", classifier(verbose=1), CANCER)


def add_data():
    case("data sparse", classifier(), COUNTS)
    case("data sparse, stopping", classifier(input_dropout=0.2, early_stopping=True), COUNTS)
    case("data indicator", classifier(missing="indicator"), (GAPS, CANCER[1]))
    augment = {"missing": "augment", "early_stopping": True}
    case("data augment", classifier(**augment), (GAPS, CANCER[1]))
    case("data images", classifier(), IMAGES)
    case("data table", classifier(), (TABLE, NUMBERS))
    case("data warm start", classifier(warm_start=True, dropout=0.3), CANCER, how=twice)
    held_out = {"warm_start": True, "early_stopping": True}
    case("data warm start, stopping", classifier(**held_out), CANCER, how=twice)
    case("data parts", classifier(), (IRIS[0], NAMES), how=in_parts, classes=np.unique(NAMES))
    case("data parts, regressor", regressor(), DIABETES, how=in_parts)
    case("data after loading", classifier(dropout=0.3), CANCER, how=after_loading)
    case("data after loading, regressor", regressor(), DIABETES, how=after_loading)


def network(kind, model, **parameters):
    return kind(model, **{"epochs": 3, "random_state": 0, **parameters})


def add_networks():
    binary, several = {"loss": "binary_crossentropy"}, {"loss": "sparse_categorical_crossentropy"}
    plain = network(NetworkClassifier, plain_model, **several, model__units=6)
    case("network plain", plain, (TABLE, NUMBERS))
    options = {**binary, "optimizer": "adam", "optimizer__learning_rate": 0.01}
    regular = network(NetworkClassifier, regular_model, **options, class_weight="balanced")
    case("network regular", regular, CANCER, sample_weight=WEIGHT)
    early = {"callbacks": keras.callbacks.EarlyStopping, "callbacks__patience": 1}
    held_out = network(NetworkClassifier, plain_model, **binary, **early, validation_split=0.2)
    case("network callback", held_out.set_params(epochs=5, optimizer__learning_rate=0.1), CANCER)
    watched = network(NetworkClassifier, regular_model, **binary, validation_split=0.3)
    case("network held out", watched, CANCER)
    metrics = network(NetworkClassifier, regular_model, **binary, metrics=["accuracy"])
    case("network metrics", metrics, CANCER)
    parts = network(NetworkClassifier, plain_model, **several)
    case("network parts", parts, (IRIS[0], NAMES), how=in_parts, classes=np.unique(NAMES))
    warm = network(NetworkRegressor, number_model, loss="mse", warm_start=True, batch_size=16)
    case("network warm start", warm, DIABETES, how=twice)
    two = network(NetworkRegressor, number_model, loss=keras.losses.Huber, loss__delta=2.0)
    case("network two numbers", two, (DIABETES[0], TWO))
    kinds = network(NetworkClassifier, two_kinds, loss=["sparse_categorical_crossentropy"] * 2)
    case("network two kinds", kinds, (IRIS[0], np.column_stack([IRIS[1], LABELS[:, 2]])))
    columns = {"flower": list(TABLE.columns[2:]), "leaf": [0, 1]}
    losses = {"size": "mse", "kind": several["loss"]}
    dealt = {"inputs": columns, "outputs": {"size": [0], "kind": [1]}, "loss": losses}
    targets = np.column_stack([TABLE.iloc[:, 0], NUMBERS])
    case("network dealt", network(NetworkRegressor, two_inputs, **dealt), (TABLE, targets))


for add in (
    add_targets_of_classifier,
    add_layers,
    add_optimizers,
    add_regressors,
    add_early_stopping,
    add_schedules,
    add_callbacks,
    add_data,
    add_networks,
):
    add()

# What can be seen of an estimator ---------------------------------------------------------------

METHODS = (
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "predict_outputs",
)


def predictions(estimator, X):
    found = {}
    for dtype in ("float64", "float32"):
        rows = X.astype(dtype)
        for method in METHODS:
            if hasattr(estimator, method):
                found[f"{method} of {dtype}"] = outcome(getattr(estimator, method), rows)
        if hasattr(estimator, "hidden_output"):
            for layer in range(estimator.n_layers_ - 2):
                hidden = outcome(estimator.hidden_output, rows, layer)
                found[f"hidden_output {layer} of {dtype}"] = hidden
    return found


def attributes(estimator):
    """Give public names, and the values of those that are plain."""
    names = [name for name in dir(estimator) if not name.startswith("_")]
    found = {"public names": [name for name in names if hasattr(estimator, name)]}
    for name in names:
        if name.endswith("_"):
            with contextlib.suppress(AttributeError, NotPlain):
                value = getattr(estimator, name)
                digest_of(value)
                found[name] = value
    callbacks = getattr(estimator, "callbacks_", None) or []
    found["callbacks_"] = [[type(c).__name__, getattr(c, "seen", None)] for c in callbacks]
    return found


def of_keras(model):
    """Tell of a model what depends on nothing that was built before it."""
    shapes = [model.input_shape] if isinstance(model.input_shape, tuple) else model.input_shape
    if isinstance(shapes, dict):
        shapes = shapes.values()
    parts = [np.linspace(-2, 2, 5 * int(np.prod(s[1:]))).reshape(5, *s[1:]) for s in shapes]
    rows = [part.astype("float32") for part in parts]
    outputs = model(rows[0] if len(rows) == 1 else rows, training=False)
    outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
    settings = model.optimizer.get_config()
    del settings["name"]  # has a number: how many there were before
    return {
        "Keras weights": model.get_weights(),
        "Keras output": [np.asarray(each) for each in outputs],
        "Keras layers": [type(layer).__name__ for layer in model.layers],
        "Keras optimizer": same_text(settings),
        "Keras loss": same_text(model.loss),
    }


def members(path):
    """Give the header, without versions, and the arrays of a saved file."""
    with zipfile.ZipFile(path) as archive:
        header, *arrays = archive.namelist()
        text = json.loads(archive.read(header))
        text.pop("made_with")
        return same_text(json.dumps(text)), [[name, archive.read(name)] for name in arrays]


def saved(estimator, X):
    """Save in each way there is; give the files, and what predicts after loading."""
    found = {"saved": outcome(skdense.save, estimator, "net")}
    if found["saved"] is None:
        found["saved header"], found["saved arrays"] = members("net")
        loaded = skdense.load("net", custom_objects=CUSTOM)
        found["loaded"] = predictions(loaded, X), same_text(loaded), loaded.history_
    skdense.save_weights(estimator, "weights")
    found["weights header"], found["weights arrays"] = members("weights")
    other = skdense.load_weights(copy.deepcopy(estimator), "weights")
    found["loaded weights"] = predictions(other, X)
    if not hasattr(X, "columns"):
        found["ONNX"] = outcome(onnx_bytes, estimator)
    return found


def onnx_bytes(estimator):
    skdense.export_onnx(estimator, "net.onnx")
    # The graph's name is a random number.
    return re.sub(rb"[0-9a-f]{32}", b"0", Path("net.onnx").read_bytes())


def facts(case):
    """Train, and give all that can be seen."""
    estimator, X = case.train(), case.X
    found = {
        "repr": same_text(estimator),
        **attributes(estimator),
        **predictions(estimator, X),
        "score": outcome(estimator.score, X, case.y),
        "pickled": predictions(pickle.loads(pickle.dumps(estimator)), X),
    }
    if hasattr(estimator, "to_keras"):
        found |= {**of_keras(estimator.to_keras()), **saved(estimator, X)}
    else:
        found |= of_keras(estimator.model_)
    if case.recorder:
        found["seen"] = case.recorder.seen
    return found


# Refusals ---------------------------------------------------------------------------------------


BAD_PARAMETERS = {
    "loss": "log_loss",
    "dropout": 1.5,
    "hidden_layer_sizes": (8, -1),
    "activation": "rel",
    "optimizer": "adm",
    "learning_rate": -1.0,
    "lr_schedule": "linear",
    "refit_best_epoch": True,
    "monitor": "acc",
    "metrics": ["rmse"],
    "validation": "first",
    "validation_fraction": 0.999,
    "class_weight": {7: 1.0},
    "missing": "drop",
    "l1": [0.1],
    "callbacks": [keras.callbacks.ModelCheckpoint("a.keras", save_freq=10)],
}


def of_parameters():
    def refused(name, value):
        return lambda: classifier().set_params(**{name: value}).fit(*IRIS)

    return {name: refused(name, value) for name, value in BAD_PARAMETERS.items()}


def of_data():
    X, y = IRIS
    holes = np.where(X > 2, np.nan, X)
    log, unknown = regressor(loss="msle"), {"X_val": X, "y_val": y + 5}
    return {
        "missing values": lambda: classifier().fit(holes, y),
        "sparse with noise": lambda: classifier(input_noise=0.1).fit(*COUNTS),
        "one class": lambda: classifier().fit(X, np.zeros(len(X))),
        "other lengths": lambda: classifier().fit(X, y[:-1]),
        "numbers as classes": lambda: classifier().fit(X, X[:, 0]),
        "negative counts": lambda: log.fit(X, -10 - y),
        "weights of zero": lambda: classifier().fit(X, y, sample_weight=np.zeros(len(X))),
        "negative weights": lambda: classifier().fit(X, y, sample_weight=-np.ones(len(X))),
        "rows to watch of no class": lambda: stopping().fit(X, y, **unknown),
        "groups without splitter": lambda: stopping().fit(X, y, groups=y),
        "splitter without groups": lambda: stopping(validation=GroupKFold(3)).fit(X, y),
        "five dimensions": lambda: classifier().fit(np.zeros((4, 2, 2, 2, 2)), [0, 1, 0, 1]),
        "never finite": lambda: regressor(learning_rate=1e30, optimizer="sgd").fit(X, y),
    }


def of_fitted():
    X, y = IRIS
    fitted = classifier().fit(X, y)
    other, held_out = classifier((4,), warm_start=True), stopping()
    Path("nothing").write_bytes(b"nothing")
    skdense.save(fitted, "iris")
    skdense.save_weights(classifier((4,)).fit(X, y), "weights")
    return {
        "not fitted": lambda: classifier().predict(X),
        "other features": lambda: fitted.predict(X[:, :2]),
        "no such layer": lambda: fitted.hidden_output(X, 5),
        "no classes": lambda: classifier().partial_fit(X, y),
        "parts held out": lambda: held_out.partial_fit(X, y, classes=[0, 1, 2]),
        "other layers": lambda: other.fit(X, y).set_params(hidden_layer_sizes=(5,)).fit(X, y),
        "new classes": lambda: copy.deepcopy(fitted).partial_fit(X, y + 1),
        "saved unfitted": lambda: skdense.save(classifier(), "net"),
        "saved scaler": lambda: skdense.save(StandardScaler(), "net"),
        "no such folder": lambda: skdense.save(fitted, "folder/net"),
        "foreign file": lambda: skdense.load("nothing"),
        "weights as network": lambda: skdense.load("weights"),
        "other weights": lambda: skdense.load_weights(fitted, "weights"),
    }


def of_networks():
    def refused(kind=NetworkClassifier, model=plain_model, data=IRIS, **parameters):
        return lambda: network(kind, model, **parameters).fit(*data)

    return {
        "no model": refused(model=None, loss="mse"),
        "no function": refused(model=3, loss="mse"),
        "no loss": refused(),
        "unknown loss": refused(loss="log_loss"),
        "wrong loss": refused(loss="sparse_categorical_crossentropy", data=CANCER),
        "unknown route": refused(loss="mse", modell__units=3),
        "unknown parameter": refused(loss="mse", model__unit=3),
        "no fraction": refused(loss="sparse_categorical_crossentropy", validation_split=1.5),
        "not built": lambda: network(NetworkRegressor, number_model).predict(IRIS[0]),
        "labels for numbers": refused(NetworkRegressor, number_model, (IRIS[0], NAMES), loss="mse"),
    }


def of_tools():
    """Give no refusals, but what explains a fit and goes into a search."""
    X, y = 100 + 50 * CANCER[0], CANCER[1]
    net = classifier(validation_fraction=0.3, epochs=8, learning_rate=0.1).fit(X, y)
    return {
        "diagnosis": lambda: str(skdense.diagnose(net, X, y)),
        "small search": skdense.search_space,
        "large search": lambda: skdense.search_space("large", prefix="net__"),
        "drawn search": lambda: [*skdense.search_space(form="distributions")],
    }


CALLS = {
    "refused parameters": of_parameters,
    "refused data": of_data,
    "refused later": of_fitted,
    "refused networks": of_networks,
    "tools": of_tools,
}

# Main -------------------------------------------------------------------------------------------


def parts_of(name):
    """Compute all parts of a configuration; warnings and printed lines are parts, too."""
    printed = io.StringIO()
    with (
        warnings.catch_warnings(record=True) as caught,
        contextlib.redirect_stdout(printed),
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(folder),
    ):
        warnings.simplefilter("always")
        if name in CASES:
            found = facts(CASES[name])
        else:
            found = {part: outcome(call) for part, call in CALLS[name]().items()}
    found["warnings"] = [of_warning(each) for each in caught]
    found["printed"] = printed.getvalue()
    return {part: digest_of(value) for part, value in found.items()}


def of_warning(caught):
    """Tell what a warning says, and whether it points at its caller, which is this file."""
    return [caught.category.__name__, same_text(caught.message), caught.filename == __file__]


def compute(only):
    found = {}
    for name in (*CASES, *CALLS):
        if only in name:
            start = time.monotonic()
            found[name] = parts_of(name)
            print(f"{time.monotonic() - start:6.1f} s  {name}", file=sys.stderr, flush=True)
    return found


def differences(before, now):
    """Name the parts that are not the same; "there before" and "new" are differences, too."""
    for name in sorted({*before, *now}):
        old, new = before.get(name, {}), now.get(name, {})
        for part in sorted({*old, *new}):
            if old.get(part) != new.get(part):
                kind = "differs" if part in old and part in new else "is only in one"
                yield f"{name}: {part} {kind}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("action", choices=["write", "compare"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--only", default="", help="part of the names of configurations")
    options = parser.parse_args()
    package = Path(skdense.__file__).parent
    if package.parent != Path(__file__).resolve().parents[1]:
        parser.error(f"{package} is of another checkout: set PYTHONPATH to the one of this file.")
    start = time.monotonic()
    now = compute(options.only)
    print(f"{len(now)} configurations of {package}, {time.monotonic() - start:.0f} s")
    if options.action == "write":
        options.file.write_text(json.dumps(now, indent=1), encoding="utf-8")
        return 0
    before = json.loads(options.file.read_text(encoding="utf-8"))
    before = {name: parts for name, parts in before.items() if options.only in name}
    found = [*differences(before, now)]
    print("\n".join(found) or "No differences.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

"""A user's program that takes the whole public API: type-checked by test_typing.py, never run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, assert_type

import numpy as np
from numpy.typing import ArrayLike, NDArray

import skdense
from skdense import (
    KERAS_DEFAULTS,
    TRUSTED_TYPES,
    Comparison,
    DenseClassifier,
    DenseRegressor,
    Diagnosis,
    HistoryDisplay,
    NetworkClassifier,
    NetworkRegressor,
    OptunaPruning,
    cache_info,
    clear_cache,
    compare,
    diagnose,
    export_onnx,
    load,
    load_weights,
    save,
    save_weights,
    search_space,
)
from skdense.schedules import CosineDecay, ExponentialDecay, ReduceOnPlateau, Schedule

X: NDArray[np.float32] = np.zeros((40, 3), np.float32)
labels: list[str] = ["no", "yes"] * 20
target: NDArray[np.float64] = np.linspace(0, 1, 40)


class InverseTime(Schedule):
    def __init__(self, slowness: float = 10) -> None:
        self.slowness = slowness

    def rates(self, epochs: ArrayLike, learning_rate: float, n_epochs: int) -> NDArray[np.float64]:
        return learning_rate / (1 + np.asarray(epochs, np.float64) / self.slowness)


def build(meta: dict[str, Any], units: int = 8) -> object:
    return meta["n_features_in_"] * units


def dense_networks() -> None:
    net = DenseClassifier(
        (16, 8),
        ["relu", "tanh"],
        dropout=[0.1, 0.2],
        lr_schedule=InverseTime(5),
        early_stopping=True,
        metrics=["accuracy"],
        class_weight={"no": 1.0, "yes": 2.0},
        random_state=np.random.RandomState(0),
    )
    assert_type(net.fit(X, labels, X_val=X, y_val=labels), DenseClassifier)
    assert_type(net.partial_fit(X, labels, classes=["no", "yes"]), DenseClassifier)
    assert_type(net.set_params(epochs=3), DenseClassifier)
    for each in (net.predict, net.predict_proba, net.predict_log_proba, net.decision_function):
        outputs: NDArray[Any] = each(X)
        print(outputs.shape)
    hidden: NDArray[Any] = net.hidden_output(X, layer=0)
    print(hidden, net.score(X, labels), net.to_keras())
    net.summary()
    assert_type(net.history_["loss"], list[float])
    assert_type((net.n_layers_, net.n_outputs_, net.best_epoch_), tuple[int, int, int])
    assert_type((net.out_activation_, net.loss_curve_), tuple[str, list[float]])
    kernels: list[NDArray[Any]] = [*net.coefs_, *net.intercepts_, *net.weights_]

    schedules = [ExponentialDecay(0.9), CosineDecay(warmup_epochs=2), ReduceOnPlateau(patience=3)]
    for schedule in schedules:
        regressor = DenseRegressor(8, lr_schedule=schedule, loss="quantile", quantile=0.9)
        assert_type(regressor.fit(X, target, sample_weight=target), DenseRegressor)
        assert_type(regressor.partial_fit(X, target), DenseRegressor)
        predicted: NDArray[Any] = regressor.predict(X)
        print(predicted, kernels, schedule.rates([0, 1], 0.1, 5))

    plain = DenseRegressor(**KERAS_DEFAULTS | {"epochs": 3}, random_state=0)
    assert_type(DenseClassifier(**KERAS_DEFAULTS).set_params(**plain.get_params()), DenseClassifier)
    DenseClassifier(epochs="ten")  # type: ignore[arg-type]
    DenseRegressor(class_weight="balanced")  # type: ignore[call-arg]
    net.predict_proba(X, batch_size=32)  # type: ignore[call-arg]


def custom_models() -> None:
    net = NetworkClassifier(build, loss="binary_crossentropy", model__units=4, epochs=2)
    assert_type(net.fit(X, labels), NetworkClassifier)
    assert_type(net.initialize(X, labels), NetworkClassifier)
    assert_type(net.partial_fit(X, labels, classes=["no", "yes"]), NetworkClassifier)
    assert_type(net.set_params(model__units=8), NetworkClassifier)
    assert_type(net.score(X, labels), float)
    print(net.predict_proba(X), net.predict_log_proba(X), net.model_)
    regressor = NetworkRegressor(build, inputs={"left": [0], "right": [1, 2]}, loss="mse")
    assert_type(regressor.fit(X, target).partial_fit(X, target), NetworkRegressor)
    assert_type(regressor.score(X, target), float)
    predicted: NDArray[Any] = regressor.predict(X)
    by_name: dict[str, NDArray[Any]] = regressor.predict_outputs(X)
    print(predicted, by_name)

    NetworkClassifier(build, epochs="ten")  # type: ignore[arg-type]


def tools(path: Path) -> None:
    net = DenseClassifier(8).fit(X, labels)
    save(net, path)
    again: DenseClassifier | DenseRegressor = load(path, {"mine": abs})
    save_weights(again, str(path))
    load_weights(net, path)
    export_onnx(net, path, X)

    diagnosis = diagnose(net, X, labels)
    assert_type(diagnosis, Diagnosis)
    assert_type(diagnosis.names, list[str])
    assert_type([(each.name, each.reason) for each in diagnosis.results], list[tuple[str, str]])

    display = HistoryDisplay.from_estimator({"one": net, "other": net})
    assert_type(display, HistoryDisplay)
    assert_type(HistoryDisplay.from_cv([net, net]).plot(), HistoryDisplay)

    result = compare(X, labels, scoring="roc_auc", test_size=0.2, random_state=0)
    assert_type(result, Comparison)
    assert_type((result.ranking, result.n_folds, result.summary()), tuple[list[str], int, str])
    print(result.plot().ax_, result.plot_losses(), result.to_frame())
    print(result.differences("network", "dummy").mean())

    space: dict[str, Any] = search_space("large", form="grid", prefix="net__")
    suggest: Callable[[Any], dict[str, Any]] = search_space(form="suggest")
    print(space, suggest, OptunaPruning(None, "accuracy", interval=2).monitor)
    clear_cache()
    assert_type(cache_info().traces, int)
    assert_type(skdense.__version__, str)
    assert all(isinstance(name, str) for name in TRUSTED_TYPES)

    compare(X, labels, folds=3)  # type: ignore[call-arg]
    search_space(3)  # type: ignore[arg-type]

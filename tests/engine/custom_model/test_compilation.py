"""A model that its function compiles with something else than the parameters say."""

import keras
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from skdense import NetworkClassifier, NetworkRegressor
from tests.network_models import compiled_classifier, regressor
from tests.scikeras_reference import metric_name

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
Y = X[:, 0] - X[:, 1]
SGD, ADAM, HUBER = keras.optimizers.SGD, keras.optimizers.Adam, keras.losses.Huber


def compiled(meta, optimizer=None, loss="mse", metrics=None):
    model = regressor(meta)
    model.compile(ADAM(0.01) if optimizer is None else optimizer, loss, metrics=metrics)
    return model


def by_arguments(meta, compile_kwargs):
    model = regressor(meta)
    model.compile(**compile_kwargs)
    return model


OTHERS = {
    "loss": {"loss": "mae"},
    "loss object": {"loss": keras.losses.MeanAbsoluteError()},
    "loss by its route": {"compile__loss": "mae"},
    "optimizer": {"optimizer": "sgd"},
    "optimizer class": {"optimizer": SGD},
    "optimizer object": {"optimizer": ADAM(0.5)},
    "learning rate": {"optimizer": "adam", "optimizer__learning_rate": 0.5},
    "learning rate of the default": {"optimizer__learning_rate": 0.5},
    "metrics": {"metrics": ["mae"]},
    "weights of losses": {"loss_weights": [2.0]},
    "run_eagerly": {"run_eagerly": True},
    "routed loss": {
        "model__loss": HUBER(1.0),
        "loss": HUBER,
        "loss__delta": 2.0,
    },
    "routed metric": {
        "model__metrics": [keras.metrics.BinaryAccuracy()],
        "metrics": [keras.metrics.BinaryAccuracy],
        "metrics__0__threshold": 0.1,
    },
}


@pytest.mark.parametrize("name", OTHERS)
def test_something_else_is_an_error_that_names_both(name, monkeypatch):
    monkeypatch.setattr(
        "skdense.estimators.network_base.train_custom_model", lambda job: pytest.fail("trained")
    )
    said = next(key for key in OTHERS[name] if not key.startswith("model__"))
    with pytest.raises(ValueError, match=rf"{said}=.*, but the model .* is compiled with \w+="):
        NetworkRegressor(compiled, **OTHERS[name]).fit(X, Y)


ALIKE = {
    "nothing": {},
    "loss": {"loss": "mean_squared_error"},
    "loss class": {"loss": keras.losses.MeanSquaredError},
    "optimizer": {"optimizer": "adam"},
    "optimizer object": {"optimizer": ADAM(0.01)},
    "learning rate": {"optimizer": ADAM, "optimizer__learning_rate": 0.01},
    "metrics": {"metrics": ["mae"], "model__metrics": [keras.metrics.MeanAbsoluteError()]},
    "routed loss": {"model__loss": HUBER(2.0), "loss": HUBER, "loss__delta": 2.0},
}


@pytest.mark.parametrize("name", ALIKE)
def test_the_same_said_twice_is_none(name):
    assert NetworkRegressor(compiled, **ALIKE[name]).fit(X, Y).n_iter_ == 1


def test_a_ready_made_model_too():
    model = compiled({"n_features_in_": 3, "n_outputs_": 1})
    with pytest.raises(ValueError, match=r"loss='mae', but .* is compiled with loss='mse'"):
        NetworkRegressor(model, loss="mae").fit(X, Y)


def test_accuracy_is_what_keras_chooses():
    def build(meta):
        model = compiled_classifier(meta)
        model.compile("adam", "binary_crossentropy", metrics=[keras.metrics.BinaryAccuracy()])
        return model

    assert NetworkClassifier(build, metrics=["acc"]).fit(X, Y > 0).n_iter_ == 1


def test_a_search_compares_what_it_is_to_compare():
    grid = {"optimizer": ["adam", "sgd"], "optimizer__learning_rate": [1e-9, 0.1]}
    with pytest.raises(ValueError, match="but the model that model= gives is compiled with"):
        GridSearchCV(NetworkRegressor(compiled), grid, cv=2, error_score="raise").fit(X, Y)
    net = NetworkRegressor(by_arguments, loss="mse", epochs=5, random_state=0)
    scores = GridSearchCV(net, grid, cv=2).fit(X, Y).cv_results_["mean_test_score"]
    assert len(set(scores.round(6))) > 2


WAYS = {
    "name": {"metrics": ["mae"]},
    "longer name": {"metrics": ["mean_absolute_error"]},
    "class": {"metrics": [keras.metrics.MeanAbsoluteError]},
    "object": {"metrics": [keras.metrics.MeanAbsoluteError(name="mean_absolute_error")]},
    "alone": {"metrics": "mae"},
    "in the function": {"model": compiled, "model__metrics": ["mae"], "loss": None},
}


@pytest.mark.parametrize("name", WAYS)
def test_one_key_of_history_for_a_metric(name):
    # Without a graph, which takes half a second; a compiled model has to say so itself.
    net = NetworkRegressor(
        **{"model": regressor, "loss": "mse", **WAYS[name]}, run_eagerly="model" not in WAYS[name]
    )
    for _ in range(2):
        net.set_params(validation_split=0.25).fit(X, Y)
        full = metric_name("mae")
        assert set(net.history_) == {"loss", "val_loss", full, f"val_{full}"}


def test_metrics_of_classes_are_named_alike_in_every_fit():
    metrics = ["AUC", keras.metrics.Precision, keras.metrics.Precision]
    options = {"metrics__1__thresholds": 0.2, "metrics__2__thresholds": 0.8}
    net = NetworkClassifier(
        compiled_classifier_of_arguments, loss="mse", metrics=metrics, run_eagerly=True, **options
    )
    for _ in range(2):
        assert set(net.fit(X, Y > 0).history_) == {"loss", "auc", "precision", "precision_1"}


def compiled_classifier_of_arguments(meta, compile_kwargs):
    model = compiled_classifier(meta)
    model.compile(**compile_kwargs)
    return model

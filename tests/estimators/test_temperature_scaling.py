"""Temperature scaling of a classifier, and the metric that goes with it."""

import keras
import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.metrics import log_loss

import skdense
from skdense import DenseClassifier, DenseRegressor
from skdense.estimators.fitted_state import FittedState
from tests.helpers import plain

X, y = make_classification(n_samples=200, n_features=6, flip_y=0.2, random_state=0)
X = X.astype(np.float32)
X_VAL, Y_VAL = X[:60], y[:60]
CALIBRATED = "neg_calibrated_log_loss"
SMALL = {"hidden_layer_sizes": 16, "epochs": 25, "learning_rate": 0.02, "random_state": 0}


def fitted(data=(X[60:], y[60:]), validation=(X_VAL, Y_VAL), **parameters):
    net = plain(DenseClassifier, **SMALL | {"monitor": CALIBRATED} | parameters)
    return net.fit(*data, X_val=validation[0], y_val=validation[1])


def test_the_output_layer_is_divided_and_nothing_else_changes():
    scaled, plain_net = fitted(), fitted(monitor="val_loss")
    assert scaled.temperature_ > 1  # on data with so many wrong labels a network is too sure
    assert not hasattr(plain_net, "temperature_")
    for one, other in zip(scaled.weights_[:-2], plain_net.weights_[:-2], strict=True):
        assert np.array_equal(one, other)
    for one, other in zip(scaled.weights_[-2:], plain_net.weights_[-2:], strict=True):
        assert one * scaled.temperature_ == pytest.approx(other, rel=1e-5)
    for name in ("loss", "val_loss"):
        assert scaled.history_[name] == plain_net.history_[name]
    assert np.array_equal(scaled.predict(X), plain_net.predict(X))
    ranks = [net.decision_function(X).argsort() for net in (scaled, plain_net)]
    assert np.array_equal(*ranks)
    losses = [log_loss(Y_VAL, net.predict_proba(X_VAL)) for net in (scaled, plain_net)]
    assert losses[0] < losses[1]


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_no_other_temperature_is_better(factor):
    net = fitted()
    odds = net.decision_function(X_VAL)
    weights = np.full((60, 2), 0.5 / 61) + np.eye(2)[Y_VAL] * (1 - 1 / 61)

    def loss(odds):
        probabilities = 1 / (1 + np.exp(-np.stack([-odds, odds], axis=1)))
        return -(weights * np.log(probabilities)).sum()

    assert loss(odds) < loss(odds * factor)


def test_the_metric_of_each_epoch_is_that_of_its_network():
    """The program's, and the scorer's, which has another metric beside it that is a function."""
    inside = fitted(early_stopping=True, patience=25)
    metrics = [CALIBRATED, lambda net, X, y: 0.0]
    beside = fitted(monitor="val_loss", metrics=metrics)
    name = "val_neg_calibrated_log_loss"
    assert inside.history_[name] == pytest.approx(beside.history_[name], rel=1e-6)
    assert inside.best_epoch_ == 1 + np.argmax(inside.history_[name])
    assert inside.best_score_ == max(inside.history_[name])
    # Of the best epoch's network, once scaled: its log-loss, but for the sample that is everywhere.
    found = log_loss(Y_VAL, inside.predict_proba(X_VAL))
    assert -inside.best_score_ == pytest.approx(found, rel=0.1)


@pytest.mark.parametrize("kind", ["in place", "sparse", "scaled in place", "missing"])
def test_all_ways_of_the_data(kind):
    data, options = X, {}
    if kind == "sparse":
        data = sparse.csr_matrix(X)
    elif kind == "missing":
        data = np.where(np.random.default_rng(0).random(X.shape) < 0.1, np.nan, X)
        options = {"missing": "indicator"}
    elif kind == "scaled in place":
        data, options = np.tile(X, (40, 1)), {"scale_features": "standard", "epochs": 2}
    labels = np.resize(y, data.shape[0])
    net = plain(DenseClassifier, **SMALL | options, validation_fraction=0.25)
    net.set_params(monitor=CALIBRATED).fit(data, labels)
    other = clone(net).set_params(monitor="val_loss").fit(data, labels)
    assert net.decision_function(data) * net.temperature_ == pytest.approx(
        other.decision_function(data), rel=1e-4, abs=1e-4
    )


def test_training_goes_on_from_what_training_left():
    options = {"warm_start": True, "epochs": 3}
    scaled, other = fitted(**options), fitted(monitor="val_loss", **options)
    for net in (scaled, other):
        net.fit(X[60:], y[60:], X_val=X_VAL, y_val=Y_VAL)
    assert scaled.history_["loss"] == pytest.approx(other.history_["loss"], rel=1e-4)
    assert scaled.decision_function(X) * scaled.temperature_ == pytest.approx(
        other.decision_function(X), rel=1e-3, abs=1e-4
    )


def test_a_second_training_takes_the_temperature_of_the_first():
    options = {"early_stopping": True, "patience": 5, "validation_fraction": 0.3}
    net = plain(DenseClassifier, **SMALL | options, refit_best_epoch=True)
    net.set_params(monitor=CALIBRATED).fit(X, y)
    first = clone(net).set_params(refit_best_epoch=False).fit(X, y)
    assert net.temperature_ == first.temperature_
    other = clone(net).set_params(monitor="val_loss").fit(X, y)
    assert net.decision_function(X) * net.temperature_ == pytest.approx(
        other.decision_function(X), rel=1e-4, abs=1e-4
    )


def test_everything_that_has_been_saved_has_it(tmp_path):
    net = fitted()
    skdense.save(net, tmp_path / "net.skdense")
    loaded = skdense.load(tmp_path / "net.skdense")
    assert loaded.temperature_ == net.temperature_
    assert np.array_equal(loaded.predict_proba(X), net.predict_proba(X))
    net.to_keras().save(tmp_path / "net.keras")
    model = keras.models.load_model(tmp_path / "net.keras")
    found = model.predict(X, verbose=0)[:, 0]
    assert found == pytest.approx(net.predict_proba(X)[:, 1], abs=1e-5)


@pytest.mark.parametrize("labels", ["text", "multilabel", "three", "one-hot"])
def test_other_labels(labels):
    third = np.digitize(X[:, 0], [-0.5, 0.5])
    target = {
        "text": np.array(["no", "yes"])[y],
        "multilabel": np.stack([y, X[:, 0] > 0], axis=1).astype(int),
        "three": third,
        "one-hot": np.eye(3, dtype=int)[third],
    }[labels]
    options = {"loss": "categorical_crossentropy"} if labels == "one-hot" else {}
    net = fitted((X[60:], target[60:]), (X_VAL, target[:60]), early_stopping=True, **options)
    assert net.temperature_ > 0
    state = FittedState.of(net)
    before = state.with_temperature(None).outputs(X)
    assert before == pytest.approx(state.outputs(X) * net.temperature_, rel=1e-4, abs=1e-6)
    assert np.array_equal(net.predict(X), net._encoding.labels(before))


@pytest.mark.parametrize(
    ("typed", "monitor"),
    [
        ({}, CALIBRATED),
        ({"early_stopping": True}, CALIBRATED),
        ({"loss": "binary_focal_crossentropy"}, CALIBRATED),
        ({"monitor": "val_" + CALIBRATED}, None),
        ({"early_stopping": False}, "val_loss"),
        ({"loss": "mse"}, "val_loss"),
        ({"monitor": "val_loss"}, None),
        ({"monitor": "val_loss", "metrics": [CALIBRATED]}, None),
    ],
)
def test_automatic_values(typed, monitor):
    net = DenseClassifier(hidden_layer_sizes=4, epochs=1, n_members=1, **typed).fit(X, y)
    assert net.params_.get("monitor") == monitor
    is_scaled = CALIBRATED in (monitor or typed["monitor"])
    assert hasattr(net, "temperature_") == is_scaled


def test_regression_has_none():
    regressor = DenseRegressor(4, epochs=1, n_members=1).fit(X, y)
    assert regressor.params_["monitor"] == "val_loss"
    with pytest.raises(ValueError, match="neg_calibrated_log_loss' is unknown"):
        DenseRegressor(4, epochs=1, monitor=CALIBRATED).fit(X, y)


def test_partial_fit_holds_nothing_out():
    net = DenseClassifier(4).partial_fit(X, y, classes=[0, 1])
    assert not hasattr(net, "temperature_")
    assert net.params_["monitor"] == "val_loss"


def test_a_plot_has_a_panel_for_it_where_it_is_automatic():
    net = DenseClassifier(4, epochs=2, n_members=1, random_state=0).fit(X, y)
    display = skdense.HistoryDisplay.from_estimator(net)
    assert list(display.monitors.values()) == ["val_" + CALIBRATED]

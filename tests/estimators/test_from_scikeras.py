"""What the page on migrating says of differences from scikeras, beside Keras and scikit-learn."""

import keras
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier

import skdense
from skdense import NetworkClassifier, NetworkRegressor
from tests.network_models import compiled_classifier, regressor

X = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
Y3, Y10 = np.arange(60) % 3, np.arange(60) % 10


def network(**parameters):
    return NetworkClassifier(compiled_classifier, random_state=0, **parameters)


def test_validation_split_with_fewer_rows_than_classes(monkeypatch):
    net = network(validation_split=0.1).fit(X, Y10)
    assert np.isfinite(net.history_["val_loss"]).all()
    assert net.predict_proba(X).shape == (60, 10)
    grid = {"epochs": [1, 2]}
    scores = GridSearchCV(network(validation_split=0.1), grid, cv=2).fit(X, Y10).cv_results_
    assert np.isfinite(scores["mean_test_score"]).all()
    with_rare = np.r_[3, Y3[1:]]
    assert network(validation_split=0.2).fit(X, with_rare).n_classes_ == 4


@pytest.mark.parametrize(("shape", "given"), [((4,), (60, 4, 1)), ((4, 1), (60, 4))])
def test_a_last_axis_of_size_one_is_as_keras_takes_it(shape, given):
    def build():
        layers = [keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(1)]
        return keras.Sequential(layers)

    data = X.reshape(given)
    net = NetworkRegressor(build, loss="mse", epochs=2, random_state=0).fit(data, X[:, 0])
    assert np.allclose(net.predict(data), net.model_.predict(data, verbose=0)[:, 0], atol=1e-6)


def test_a_warm_start_with_fewer_classes_keeps_them():
    for parameters in ({}, {"validation_split": 0.2}):
        net = network(warm_start=True, **parameters).fit(X, Y3).fit(X, Y3 % 2)
        assert net.classes_.tolist() == [0, 1, 2]
        assert net.n_iter_ == len(net.history_["loss"]) == 2
    with pytest.raises(ValueError, match="has classes not in"):
        net.fit(X, Y3 + 1)


def test_another_dtype_of_y():
    net = network().partial_fit(X, Y3).partial_fit(X, Y3.astype(float))
    assert net.predict(X).dtype == Y3.dtype
    with pytest.raises(ValueError, match="has classes not in"):
        net.partial_fit(X, Y3.astype(str))


def test_a_column_of_labels_is_as_scikit_learn_takes_it():
    ours, theirs = network(), MLPClassifier(tol=1e9, random_state=0)
    for net in (ours, theirs):
        with pytest.warns(match="A column-vector y was passed"):
            net.fit(X, Y3[:, None])
    assert ours.predict(X).shape == theirs.predict(X).shape
    with pytest.raises(ValueError, match="number of classes has to be greater than one"):
        ours.fit(X, np.zeros(60))


class Counted(keras.callbacks.Callback):
    calls = []

    def on_predict_begin(self, logs=None):
        self.calls.append(1)


def test_callbacks_of_training_are_not_called_in_prediction():
    network(callbacks=Counted()).fit(X, Y3).predict(X)
    assert not Counted.calls
    network(predict__callbacks=Counted()).fit(X, Y3).predict(X)
    assert Counted.calls


def test_save_says_what_works(tmp_path):
    net = NetworkRegressor(regressor, loss="mse", random_state=0).fit(X, X[:, 0])
    with pytest.raises(TypeError, match=r"not NetworkRegressor, .* estimator.model_.save\("):
        skdense.save(net, tmp_path / "net")
    net.model_.save(tmp_path / "net.keras")
    again = keras.models.load_model(tmp_path / "net.keras")
    assert np.allclose(again(X)[:, 0], net.predict(X), atol=1e-6)

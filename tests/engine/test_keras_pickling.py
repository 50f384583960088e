"""Objects of the user's own Keras classes go through clones, copies and pickles unregistered."""

import copy
import pickle

import joblib
import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score

from skdense import DenseClassifier, DenseRegressor
from skdense.engine.keras_pickling import make_picklable
from tests.helpers import equal_bits

SMALL = {"hidden_layer_sizes": 4, "epochs": 2, "random_state": 0}


class Power(keras.losses.Loss):
    """Its configuration leaves out the power, and what is within."""

    def __init__(self, power=2.0, inner=None):
        super().__init__()
        self.power, self.inner = power, inner

    def call(self, y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred) ** self.power, axis=-1)


class Slow(keras.optimizers.SGD):
    pass


def through_joblib(estimator):
    return joblib.Parallel(n_jobs=2)(joblib.delayed(clone)(estimator) for _ in range(2))[1]


WAYS = {
    "clone": clone,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda estimator: pickle.loads(pickle.dumps(estimator)),
    "workers": through_joblib,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("is_fitted", [False, True])
def test_estimators_with_objects_of_own_classes(diabetes, way, is_fitted):
    X, y = diabetes
    options = {"loss": Power(1.5, inner=Power(3.0)), "optimizer": Slow(0.05, momentum=0.5)}
    net = DenseRegressor(**SMALL, **options)
    if is_fitted:
        net.fit(X, y)
    other = WAYS[way](net)
    assert type(other.loss) is Power
    assert (other.loss.power, other.loss.inner.power) == (1.5, 3.0)
    assert type(other.optimizer) is Slow
    assert (float(other.optimizer.learning_rate), other.optimizer.momentum) == (
        float(np.float32(0.05)),
        0.5,
    )
    if is_fitted and way not in ("clone", "workers"):
        assert np.array_equal(other.predict(X), net.predict(X))
    assert equal_bits(clone(net).fit(X, y), other.fit(X, y))


def test_classifiers_in_searches_and_cross_validation(iris):
    X, y = iris
    net = DenseClassifier(**SMALL, loss=Power(1.5))
    one_hot = np.eye(3, dtype=int)[y]
    search = GridSearchCV(net, {"l2": [0.0, 0.1]}, cv=2, n_jobs=2, error_score="raise")
    assert type(search.fit(X, one_hot).best_estimator_.loss) is Power
    assert np.isfinite(cross_val_score(net, X, one_hot, cv=2, n_jobs=2)).all()


@pytest.mark.parametrize("kind", [list, tuple, lambda each: {"loss": each[0]}])
def test_objects_in_containers(kind):
    class Local(keras.losses.Loss):
        pass

    value = kind([Local()])
    with pytest.raises(TypeError, match="Local"):
        copy.deepcopy(value)
    make_picklable(value)
    (found,) = copy.deepcopy(value).values() if isinstance(value, dict) else copy.deepcopy(value)
    assert type(found) is Local


def test_a_layer_comes_back_by_its_configuration():
    class Local(keras.layers.Dense):
        pass

    layer = Local(3, activation="relu")
    make_picklable(layer)
    assert copy.deepcopy(layer).get_config() == layer.get_config()


def test_what_a_class_says_itself_is_left_alone():
    class Own(keras.losses.Loss):
        def __reduce__(self):
            return Own, ()

    loss = Own()
    loss.mark = True
    make_picklable(loss)
    assert not hasattr(copy.deepcopy(loss), "mark")

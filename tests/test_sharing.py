"""A whole search shares a handful of programs: values are not constants."""

import keras
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdense import DenseClassifier, DenseRegressor, cache_info
from tests.helpers import plain

pytestmark = pytest.mark.usefixtures("fresh_cache")

GRID = {
    "denseclassifier__learning_rate": [1e-3, 3e-3],
    "denseclassifier__l2": [0, 1e-4, 1e-3],
    "denseclassifier__dropout": [0.1, 0.3],
}


@pytest.mark.parametrize(("rates", "most_programs"), [([0.1, 0.3], 1), ([0, 0.1], 2)])
def test_a_grid_traces_one_program_for_all_folds_and_candidates(rates, most_programs):
    X, y = load_breast_cancer(return_X_y=True)
    net = make_pipeline(StandardScaler(), plain(DenseClassifier, epochs=2, random_state=0))
    grid = {**GRID, "denseclassifier__dropout": rates}
    search = GridSearchCV(net, grid, cv=5).fit(X, y)
    info = cache_info()
    assert len(search.cv_results_["params"]) == 12
    assert info.hits + info.misses == 61
    assert info.traces == info.misses <= most_programs
    assert len(set(search.cv_results_["mean_test_score"])) > 1


def test_equal_recipes_share_and_different_ones_do_not():
    X, y = load_breast_cancer(return_X_y=True)

    def fit(**parameters):
        plain(DenseClassifier, 4, epochs=1, random_state=0, **parameters).fit(X[:60], y[:60])
        return cache_info().traces

    assert fit() == 1
    assert fit(optimizer=keras.optimizers.Adam(0.01)) == 1
    assert fit(loss=keras.losses.BinaryCrossentropy(), activation=keras.activations.relu) == 1
    assert fit(optimizer=keras.optimizers.Adam(beta_1=0.8)) == 2
    assert fit(optimizer=keras.optimizers.Adam(beta_1=0.8), learning_rate=0.1) == 2
    assert fit(loss=keras.losses.BinaryCrossentropy(label_smoothing=0.1)) == 3


class Pinball(keras.losses.Loss):
    """A loss whose configuration does not tell its quantile."""

    def __init__(self, quantile):
        super().__init__(name="pinball")
        self.quantile = quantile

    def call(self, y_true, y_pred):
        error = y_true - y_pred
        return keras.ops.mean(
            keras.ops.maximum(self.quantile * error, (self.quantile - 1) * error), axis=-1
        )


def test_a_loss_of_the_users_own_is_told_apart_by_what_it_holds():
    X = load_breast_cancer().data
    target = X[:, 0]
    low, high, low_again = (
        plain(
            DenseRegressor,
            (),
            loss=Pinball(quantile),
            epochs=150,
            learning_rate=0.05,
            random_state=0,
        ).fit(X[:, 1:2], target)
        for quantile in (0.1, 0.9, 0.1)
    )
    assert cache_info().traces == 2
    share_below = [(target < net.predict(X[:, 1:2])).mean() for net in (low, high, low_again)]
    assert share_below == pytest.approx([0.1, 0.9, 0.1], abs=0.05)

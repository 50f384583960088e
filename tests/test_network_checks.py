"""scikit-learn's own checks on the two estimators that take a custom Keras model."""

from functools import partial

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdense import NetworkClassifier, NetworkRegressor
from tests.network_models import compiled_classifier, regressor

EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": "compares float32 at 1e-7",
}
CHECKS = parametrize_with_checks(
    [
        NetworkClassifier(compiled_classifier),
        NetworkRegressor(regressor, loss="mse", optimizer="adam", epochs=8),
    ],
    expected_failed_checks=lambda estimator: EXPECTED,
)


def name(argument):
    """Name a case alike in all processes: scikit-learn's names hold the address of a function."""
    if isinstance(argument, NetworkClassifier | NetworkRegressor):
        return type(argument).__name__
    return argument.func.__name__ if isinstance(argument, partial) else argument.__name__


@pytest.mark.parametrize(*CHECKS.args, ids=name)
def test_estimator(estimator, check):
    check(estimator)

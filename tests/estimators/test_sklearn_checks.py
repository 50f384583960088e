"""scikit-learn's own checks of what an estimator has to do.

The only expected failures are the checks that a weight of n equals n copies of a row: they
compare at 1e-7, out of float32's reach. So they run once more in float64, where they pass as they
are, and in float32 at 1e-4; of the defaults, with those off that see a difference between the two.
"""

from functools import partial

import pytest
from sklearn.utils import estimator_checks, get_tags
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from skdense import KERAS_DEFAULTS, DenseClassifier, DenseRegressor
from tests.helpers import plain

_KINDS = ("dense", "sparse")
# With these the defaults, too, see no difference between a weight and copies of a row: masks are
# drawn for rows, batches and validation sets cut by their number, and epochs follow from it.
NUMBER_DOES_NOT_COUNT = {
    "dropout": 0.0,
    "batch_size": 10_000,
    "epochs": 20,
    "early_stopping": False,
}
FULL_BATCHES = KERAS_DEFAULTS | {"batch_size": 10_000}


def _expected_failures(estimator):
    is_plain = estimator.epochs != "auto"
    reason = "compares float32 at 1e-7" if is_plain else "copies of a row are more rows"
    return {f"check_sample_weight_equivalence_on_{kind}_data": reason for kind in _KINDS}


@parametrize_with_checks(
    [DenseClassifier(), DenseRegressor()], expected_failed_checks=_expected_failures
)
def test_default_estimator(estimator, check):
    check(estimator)


# No check needs the 100 epochs; after 20, rounding is too small for the expected failures.
@parametrize_with_checks(
    [plain(DenseClassifier, epochs=30), plain(DenseRegressor, epochs=30)],
    expected_failed_checks=_expected_failures,
)
def test_plain_estimator(estimator, check):
    check(estimator)


def _weight_checks(dtype, parameters=FULL_BATCHES, **options):
    return [
        pytest.param(checked, check, id=f"{estimator.__name__}-{check.func.__name__}")
        for estimator in (DenseClassifier, DenseRegressor)
        for checked, check in estimator_checks_generator(
            estimator(**{**parameters, "dtype": dtype, **options})
        )
        if check.func.__name__.startswith("check_sample_weight_equivalence")
        # scikit-learn 1.6 checks with sparse X what says that it takes none, later ones do not.
        if get_tags(checked).input_tags.sparse or "sparse" not in check.func.__name__
    ]


def test_weight_checks_are_found():
    assert len(_weight_checks("float32")) >= 2


@pytest.mark.parametrize(("estimator", "check"), _weight_checks("float64"))
def test_weight_is_repetition_in_float64(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        *_weight_checks("float64", scale_features="robust", epochs=20),
        *_weight_checks("float64", n_bins=4, epochs=20),
        *_weight_checks("float64", NUMBER_DOES_NOT_COUNT),
    ],
)
def test_weight_is_repetition_in_scaling_bins_and_members(estimator, check):
    check(estimator)


@pytest.mark.parametrize(("estimator", "check"), _weight_checks("float32"))
def test_weight_is_repetition_in_float32(estimator, check, monkeypatch):
    looser = partial(estimator_checks.assert_allclose_dense_sparse, rtol=1e-4, atol=1e-4)
    monkeypatch.setattr(estimator_checks, "assert_allclose_dense_sparse", looser)
    check(estimator)


@parametrize_with_checks(
    [plain(DenseRegressor, missing="augment", epochs=20)], expected_failed_checks=_expected_failures
)
def test_estimator_that_takes_missing_values(estimator, check):
    check(estimator)


@pytest.mark.slow  # the defaults are checked always, and `make test-peers` checks this too
@parametrize_with_checks(
    [
        plain(DenseClassifier, 32, scale_features="robust", epochs=20),
        plain(DenseRegressor, scale_features="robust", epochs=20),
    ],
    expected_failed_checks=_expected_failures,
)
def test_estimator_that_scales_features(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", [DenseClassifier, DenseRegressor])
@pytest.mark.parametrize("held_out", [{"early_stopping": True}, {"validation_fraction": 0.2}])
def test_one_sample(estimator, held_out):
    for net in (plain(estimator, epochs=2, **held_out), estimator(8, epochs=2, **held_out)):
        estimator_checks.check_fit2d_1sample(estimator.__name__, net)

"""scikit-learn's checks at 25 settings, outside of `make test`: they take many minutes.

An exclusion is of a check at a setting, and says why the check cannot pass there.
"""

import keras
import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from skdense import DenseClassifier, DenseRegressor, NetworkClassifier, NetworkRegressor
from skdense.schedules import CosineDecay
from tests.helpers import plain
from tests.network_models import compiled_classifier, regressor

WEIGHTS = tuple(f"check_sample_weight_equivalence_on_{kind}_data" for kind in ("dense", "sparse"))
ROUNDED = "a weight of two is a row twice but for float32's rounding; the check compares at 1e-7"
ROWS_COUNT = "epochs and batches follow from the number of rows, and dropout is drawn for each"
HELD_OUT = "rows are held out by number, and a row twice is two of them"
BATCHES = "with rows twice, batches are cut at other places"
DRAWN = "with rows twice, other random numbers are drawn for them"
BALANCED = "partial_fit cannot count classes that have not come yet, and says so"
PART = "partial_fit holds out no rows, and says so"
GOES_ON = "the check fits twice and compares, but the second fit goes on from the first"


def doubled(x):
    return 2 * keras.ops.relu(x)


def _of_weights(reason):
    return dict.fromkeys(WEIGHTS, reason)


# Checks that call partial_fit.
CHUNKS = (
    "check_estimators_partial_fit_n_features",
    "check_fit_score_takes_y",
    "check_n_features_in_after_fitting",
)
_HOLDS_OUT = {**_of_weights(HELD_OUT), **dict.fromkeys(CHUNKS, PART)}
SMALL = {"hidden_layer_sizes": (16,)}
# Parameters beside those of the plain network, and the checks that fail with them, each with its
# reason.
SETTINGS = {
    "plain": ({}, _of_weights(ROUNDED)),
    "early stopping": ({"early_stopping": True, "epochs": 100}, _HOLDS_OUT),
    "validation_fraction": ({"validation_fraction": 0.2}, _HOLDS_OUT),
    "refit": ({"early_stopping": True, "refit_best_epoch": True, "epochs": 100}, _HOLDS_OUT),
    "batch norm": ({"batch_norm": True, "epochs": 200}, _of_weights(BATCHES)),
    "dropout": ({"dropout": 0.2, "epochs": 100}, _of_weights(DRAWN)),
    "input dropout": ({"input_dropout": 0.1, "epochs": 100}, _of_weights(DRAWN)),
    "input noise": ({"input_noise": 0.1, "epochs": 200}, _of_weights(DRAWN)),
    "penalties": ({"l1": 1e-4, "l2": 1e-3}, _of_weights(ROUNDED)),
    "residual": (
        {"hidden_layer_sizes": (8, 8), "residual": True, "epochs": 200},
        _of_weights(ROUNDED),
    ),
    "no hidden layer": (
        {"hidden_layer_sizes": (), "epochs": 200, "learning_rate": 0.01},
        _of_weights(ROUNDED),
    ),
    "three layers": ({"hidden_layer_sizes": (8, 8, 8)}, _of_weights(ROUNDED)),
    "indicators of missing values": ({"missing": "indicator"}, _of_weights(ROUNDED)),
    "missing values by chance": ({"missing": "augment", "epochs": 50}, _of_weights(DRAWN)),
    "float64": ({"dtype": "float64"}, {}),
    "float64, full batches": ({"dtype": "float64", "batch_size": 10_000, "epochs": 200}, {}),
    "SGD": (
        {"optimizer": "sgd", "learning_rate": 0.05, "epochs": 200},
        _of_weights(ROUNDED),
    ),
    "SGD with momentum": (
        {"optimizer": keras.optimizers.SGD(0.02, momentum=0.9), "epochs": 100},
        _of_weights(ROUNDED),
    ),
    "warm start": (
        {"warm_start": True},
        {**_of_weights(ROUNDED), "check_supervised_y_2d": GOES_ON},
    ),
    "exponential decay": (
        {"lr_schedule": "exponential", "learning_rate": 0.01},
        _of_weights(ROUNDED),
    ),
    "cosine decay": ({"lr_schedule": CosineDecay(), "epochs": 200}, _of_weights(ROUNDED)),
    "two members": ({"n_members": 2}, _of_weights(ROUNDED)),
    "two members that hold out": ({"n_members": 2, "early_stopping": True}, _HOLDS_OUT),
    "robust scaling": ({"scale_features": "robust"}, _of_weights(ROUNDED)),
    "standard scaling": ({"scale_features": "standard"}, _of_weights(ROUNDED)),
    "bins": ({"n_bins": 8, "epochs": 200}, _of_weights(ROUNDED)),
    "a function as activation": ({"activation": doubled}, _of_weights(ROUNDED)),
    "one row a step": ({"batch_size": 1, "epochs": 20}, _of_weights(BATCHES)),
}
CLASSES_ONLY = {
    "warm start": (
        {"warm_start": True},
        {
            **_of_weights(ROUNDED),
            "check_supervised_y_2d": GOES_ON,
            "check_classifiers_multilabel_representation_invariance": GOES_ON,
        },
    ),
    "balanced": (
        {"class_weight": "balanced"},
        {**_of_weights(ROUNDED), **dict.fromkeys(CHUNKS, BALANCED)},
    ),
    "label smoothing": ({"label_smoothing": 0.1}, _of_weights(ROUNDED)),
}
NUMBERS_ONLY = {
    "a loss of its own": ({"loss": keras.losses.Huber(1.0)}, _of_weights(ROUNDED)),
    "target as it is": ({"scale_target": False, "epochs": 300}, _of_weights(ROUNDED)),
}
OF_KERAS = {
    **_of_weights(ROUNDED),
    "check_methods_sample_order_invariance": "Keras predicts in float32; compared at 1e-9",
    "check_methods_subset_invariance": "Keras predicts in float32; compared at 1e-7",
}


def _settings():
    for kind, own in ((DenseClassifier, CLASSES_ONLY), (DenseRegressor, NUMBERS_ONLY)):
        for name, (parameters, excluded) in {**SETTINGS, **own}.items():
            yield f"{kind.__name__}, {name}", plain(kind, **{**SMALL, **parameters}), excluded
        yield f"{kind.__name__}, defaults", kind(), _of_weights(ROWS_COUNT)
    yield "NetworkClassifier", NetworkClassifier(compiled_classifier), OF_KERAS
    network = NetworkRegressor(regressor, loss="mse", optimizer="adam", epochs=8)
    yield "NetworkRegressor", network, OF_KERAS


def _cases():
    for name, estimator, excluded in _settings():
        for checked, check in estimator_checks_generator(estimator):
            check_name = check.func.__name__
            # What rounding decides may pass on another processor.
            marks = (
                pytest.mark.xfail(reason=excluded[check_name], strict=False)
                if check_name in excluded
                else ()
            )
            yield pytest.param(checked, check, marks=marks, id=f"{name}-{check_name}")


@pytest.mark.parametrize(("estimator", "check"), list(_cases()))
def test_check(estimator, check):
    check(estimator)


def test_there_are_25_settings():
    assert len(SETTINGS | CLASSES_ONLY | NUMBERS_ONLY) >= 25


def test_exclusions_are_of_checks_that_exist():
    for name, estimator, excluded in _settings():
        there = {check.func.__name__ for _, check in estimator_checks_generator(estimator)}
        assert set(excluded) - there <= {"check_sample_weight_equivalence_on_sparse_data"}, name

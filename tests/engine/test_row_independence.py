"""A row's prediction does not depend on the rows beside it, within the bounds of the docs.

Matrix products round a row by its place among the others, each kernel of the linear algebra in its
own way. `make test-kernels` repeats this on all kernels that the processor has.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_diabetes, load_iris, make_multilabel_classification

from skdense import DenseClassifier, DenseRegressor
from tests.engine.row_independence import (
    BOUNDS,
    as_types,
    predictions,
    worst_difference,
    worst_of_many_ways,
)
from tests.helpers import plain

IRIS = load_iris(return_X_y=True)
DIABETES = load_diabetes(return_X_y=True)
COMMON = {"epochs": 2, "random_state": 0}


def made_networks():
    """Networks of every kind of layer and output, hardly trained."""
    X, y = IRIS
    labels = make_multilabel_classification(150, 4, n_classes=5, random_state=0)
    two = DIABETES[0], np.column_stack([DIABETES[1], -(DIABETES[1] ** 2)])
    residual = {"batch_norm": "before", "residual": True}
    return {
        "two classes": (plain(DenseClassifier, **COMMON).fit(X[:100], y[:100]), X),
        "three classes": (plain(DenseClassifier, (200, 60), "gelu", **COMMON).fit(X, y), X),
        "labels": (
            plain(DenseClassifier, (30, 30), "tanh", **residual, **COMMON).fit(*labels),
            labels[0],
        ),
        "regression": (
            plain(DenseRegressor, (64, 33), "silu", **COMMON).fit(*DIABETES),
            DIABETES[0],
        ),
        "linear": (plain(DenseRegressor, (3,), **COMMON).fit(*DIABETES), DIABETES[0]),
        "two numbers": (
            plain(DenseRegressor, 17, batch_norm="after", **COMMON).fit(*two),
            DIABETES[0],
        ),
        "poisson": (
            plain(DenseRegressor, 17, loss="poisson", **COMMON).fit(*DIABETES),
            DIABETES[0],
        ),
        "float64": (plain(DenseClassifier, dtype="float64", **COMMON).fit(X, y), X),
        "missing": (plain(DenseClassifier, missing="augment", **COMMON).fit(X, y), X),
    }


@pytest.fixture(scope="module")
def networks():
    return made_networks()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_any_order_subset_chunk_and_single_row(networks, dtype):
    for name, (net, X) in networks.items():
        wider = np.promote_types(dtype, net.dtype).name
        for layout, rows in as_types(X, dtype).items():
            if layout == "sparse" and net.missing != "error":
                continue
            worst = worst_of_many_ways(net, rows)
            assert worst <= BOUNDS[wider], (name, layout, worst)


@settings(deadline=None)
@given(rows=st.lists(st.integers(0, 149), min_size=1, max_size=150))
def test_rows_drawn_at_will(networks, rows):
    for name in ("two classes", "three classes"):
        net, X = networks[name]
        worst = worst_difference(net, X, np.array(rows), predictions(net, X))
        assert worst <= BOUNDS["float64"]


def test_a_row_alone_and_among_a_million(networks):
    net, X = networks["regression"]
    many = np.resize(X, (1_000_000, X.shape[1]))
    found = net.predict(many)
    for row in (0, 17, 65_536, 999_999):
        alone = net.predict(many[[row]])[0]
        assert abs(found[row] - alone) <= BOUNDS["float64"] * np.abs(found).max()


def test_the_dtype_of_predictions_is_that_of_x_unless_something_is_wider(networks):
    probabilities = ("predict_proba", "predict_log_proba")  # float32 would round many of them to 1
    for name, (net, X) in networks.items():
        for dtype in ("float64", "float32"):
            wider = np.promote_types(dtype, net.dtype)
            for method, values in predictions(net, X.astype(dtype)).items():
                expected = np.float64 if method in probabilities else wider
                assert values.dtype == expected, (name, method)
        whole = predictions(net, np.round(X).astype(int))
        for method, values in predictions(net, np.round(X)).items():
            np.testing.assert_array_equal(values, whole[method])
            assert values.dtype == np.float64


def test_float64_predictions_are_those_of_the_weights_in_float64(networks):
    net, X = networks["regression"]
    hidden = X
    for kernel, bias in zip(net.coefs_, net.intercepts_, strict=True):
        assert kernel.dtype == np.float32
        before = hidden @ kernel.astype(np.float64) + bias
        hidden = before / (1 + np.exp(-before))
    expected = before[:, 0] * DIABETES[1].std() + DIABETES[1].mean()
    np.testing.assert_allclose(net.predict(X), expected, rtol=1e-12)


def test_probabilities_keep_the_order_of_the_decision_function(networks):
    # In float32 all scores above 17 have a probability of 1.
    net, X = networks["two classes"]
    scores = net.decision_function(X)
    steep = X * (30 / np.abs(scores).max())
    order = np.argsort(net.decision_function(steep))
    assert (np.diff(net.predict_proba(steep)[order, 1]) >= 0).all()
    assert len(np.unique(net.predict_proba(steep)[:, 1])) == len(np.unique(X, axis=0))


def test_a_monitor_sees_what_the_estimator_predicts_afterwards():
    X, y = DIABETES
    given = {"X": X[:300], "y": y[:300], "X_val": X[300:], "y_val": y[300:]}

    def own_r2(estimator, X, y):
        return estimator.score(X, y)

    net = plain(DenseRegressor, 8, early_stopping=True, monitor=own_r2, patience=3, **COMMON)
    net.fit(**given)
    assert net.history_["val_own_r2"][net.best_epoch_ - 1] == net.score(X[300:], y[300:])
    net.set_params(monitor="r2").fit(**given)  # in the program, whose outputs are float32
    score = pytest.approx(net.score(X[300:], y[300:]), rel=1e-6)
    assert net.history_["val_r2"][net.best_epoch_ - 1] == score

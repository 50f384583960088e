"""Kinds of tables and arrays that go in, and copies of estimators that come out."""

import copy
import io
import pickle

import joblib
import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GroupKFold, StratifiedKFold
from sklearn.preprocessing import StandardScaler

from skdense import DenseClassifier, DenseRegressor
from tests.helpers import plain

SMALL = {"hidden_layer_sizes": 8, "epochs": 3, "random_state": 0}
NAMES = ["sepal length", "sepal width", "petal length", "petal width"]


@pytest.fixture(scope="module")
def whole():
    """Whole numbers from 0 to 16, exact in every type: 500 rows, 20 features."""
    X, y = load_digits(n_class=3, return_X_y=True)
    return X[:500, 10:30].copy(), y[:500]


def _frozen(X):
    X = X.copy()
    X.flags.writeable = False
    return X


def _every_second_column(X):
    wide = np.full((len(X), 2 * X.shape[1]), np.nan)
    wide[:, ::2] = X
    return wide[:, ::2]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda X, kind=kind: X.astype(kind), id=kind)
        for kind in ("f2", "f4", "f8", "longdouble", "i1", "u1", "i2", "i4", "i8", "object")
    ]
    + [
        pytest.param(_frozen, id="read-only"),
        pytest.param(np.asfortranarray, id="Fortran order"),
        pytest.param(_every_second_column, id="every second column"),
        pytest.param(lambda X: X[::-1].copy()[::-1], id="reversed rows"),
        pytest.param(lambda X: X.tolist(), id="lists"),
        pytest.param(lambda X: X.astype(">f8"), id="big-endian"),
        pytest.param(lambda X: np.ma.masked_array(X), id="masked array"),
    ],
)
def test_arrays_of_any_kind_give_the_same_network(whole, change):
    X, y = whole
    for estimator in (DenseClassifier, DenseRegressor):
        expected = plain(estimator, **SMALL).fit(X, y)
        given = change(X)
        found = plain(estimator, **SMALL).fit(given, y)
        is_single = getattr(given, "dtype", None) == np.float32  # and predicted in float32
        seen = X.astype(np.float32) if is_single else X
        assert np.array_equal(found.predict(given), expected.predict(seen))
        assert np.array_equal(found.coefs_[0], expected.coefs_[0])


def test_truth_values_are_numbers(whole):
    X, y = whole
    found = plain(DenseClassifier, **SMALL).fit(X > 5, y)
    expected = plain(DenseClassifier, **SMALL).fit((X > 5).astype(float), y)
    assert np.array_equal(found.predict_proba(X > 5), expected.predict_proba(1.0 * (X > 5)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_have_the_network_s_precision_and_predictions_the_wider(whole, dtype):
    X, y = whole
    net = plain(DenseClassifier, dtype=dtype, **SMALL).fit(X, y)
    assert {array.dtype for array in net.weights_} == {np.dtype(dtype)}
    regressors = [
        plain(DenseRegressor, dtype=dtype, **SMALL).fit(X, each) for each in (y, np.c_[y, -y])
    ]
    for width in ("float32", "float64"):
        rows, wider = X.astype(width), np.promote_types(width, dtype)
        assert net.decision_function(rows).dtype == wider
        assert net.predict_proba(rows).dtype == np.float64  # float32 would round many of them to 1
        assert net.hidden_output(rows).dtype == wider
        assert [each.predict(rows).dtype for each in regressors] == [wider, wider]


@pytest.mark.parametrize("estimator", [DenseClassifier, DenseRegressor])
def test_pandas(iris, estimator):
    pandas = pytest.importorskip("pandas")
    X, y = iris
    expected = plain(estimator, **SMALL).fit(X, y, sample_weight=y + 1.0)
    shuffled = np.random.default_rng(0).permutation(150)  # labels of rows must not matter
    table = pandas.DataFrame(X, columns=NAMES, index=shuffled)
    numbers, weight = pandas.Series(y), pandas.Series(y + 1.0, index=shuffled[::-1])
    net = plain(estimator, **SMALL).fit(table, numbers, sample_weight=weight)
    assert net.feature_names_in_.tolist() == NAMES
    assert np.array_equal(net.predict(table), expected.predict(X))
    mixed = table.astype({"sepal width": "Float64", "petal width": "float32"})
    assert np.allclose(net.predict(mixed), expected.predict(X))
    with pytest.raises(ValueError, match="feature names should match"):
        net.predict(table[NAMES[::-1]])
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        net.predict(X)
    assert not hasattr(plain(estimator, **SMALL).fit(pandas.DataFrame(X), y), "feature_names_in_")


def test_missing_values_of_pandas_are_refused(iris):
    pandas = pytest.importorskip("pandas")
    X, y = iris
    table = pandas.DataFrame(X, columns=NAMES).astype("Float64")
    table.iloc[3, 1] = pandas.NA
    with pytest.raises(ValueError, match="NaN"):
        plain(DenseClassifier, **SMALL).fit(table, y)


def test_labels_of_pandas(iris):
    pandas = pytest.importorskip("pandas")
    X, y = iris
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    expected = plain(DenseClassifier, **SMALL).fit(X, names).predict(X)
    for labels in (
        pandas.Series(names),
        pandas.Series(names).astype("category"),
        pandas.Series(names, dtype="string").astype(object),
    ):
        assert np.array_equal(plain(DenseClassifier, **SMALL).fit(X, labels).predict(X), expected)
    one_hot = pandas.get_dummies(names)
    net = plain(DenseClassifier, loss="categorical_crossentropy", **SMALL).fit(X, one_hot)
    assert net.predict(X).sum(axis=1).tolist() == [1] * 150


@pytest.mark.parametrize("estimator", [DenseClassifier, DenseRegressor])
def test_polars(iris, estimator):
    polars = pytest.importorskip("polars")
    X, y = iris
    expected = plain(estimator, **SMALL).fit(X, y).predict(X)
    table = polars.DataFrame(X, schema=NAMES)
    net = plain(estimator, **SMALL).fit(table, polars.Series(y))
    peer = StandardScaler().fit(table)  # scikit-learn 1.6 does not see the names of polars 2
    if hasattr(peer, "feature_names_in_"):
        assert net.feature_names_in_.tolist() == NAMES
    assert np.array_equal(net.predict(table), expected)


def test_nothing_that_is_passed_is_changed(iris):
    X, y = (array.copy() for array in iris)
    weight, class_weight = np.linspace(0, 1, 150), {0: 2.0}
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
    sizes, loss = [8], keras.losses.CategoricalCrossentropy()
    passed = [X, y, weight, class_weight, sizes]
    before = copy.deepcopy(passed)
    net = plain(
        DenseClassifier, sizes, optimizer=optimizer, class_weight=class_weight, loss=loss, epochs=2
    )
    net.fit(X, y, sample_weight=weight).predict_proba(X)
    assert str(passed) == str(before)
    assert all(np.array_equal(a, b) for a, b in zip(passed[:3], before[:3], strict=True))
    assert net.optimizer is optimizer
    assert net.loss is loss
    assert net.hidden_layer_sizes is sizes
    assert int(optimizer.iterations.numpy()) == 0
    assert not optimizer.built
    assert np.isclose(float(optimizer.learning_rate.numpy()), 0.1)


# Copies ------------------------------------------------------------------------------------------


def _through_joblib(net):
    file = io.BytesIO()
    joblib.dump(net, file)
    file.seek(0)
    return joblib.load(file)


COPIES = {
    "pickle": lambda net: pickle.loads(pickle.dumps(net)),
    "joblib": _through_joblib,
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
}


@pytest.mark.parametrize("kind", COPIES)
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"optimizer": keras.optimizers.SGD(0.05, momentum=0.9), "batch_norm": True},
        {"activation": keras.activations.silu, "loss": keras.losses.CategoricalCrossentropy()},
    ],
    ids=["default", "optimizer", "functions"],
)
def test_copies_predict_and_train_alike(iris, kind, parameters):
    X, y = iris
    net = plain(DenseClassifier, **SMALL, **parameters).fit(X, y)
    twin = COPIES[kind](net)
    assert np.array_equal(twin.predict_proba(X), net.predict_proba(X))
    assert twin.history_ == net.history_
    assert np.array_equal(twin.fit(X, y).predict_proba(X), net.predict_proba(X))


@pytest.mark.parametrize("kind", ["pickle", "deepcopy"])
def test_training_a_copy_leaves_the_original_alone(iris, kind):
    X, y = iris
    net = plain(DenseClassifier, **SMALL).fit(X, y)
    expected = net.predict_proba(X)
    twin = COPIES[kind](net)
    twin.partial_fit(X, y)
    twin.weights_[0][:] = 0
    assert np.array_equal(net.predict_proba(X), expected)
    assert net.n_iter_ == 3


def test_a_fitted_estimator_is_little_more_than_its_weights(iris):
    net = plain(DenseClassifier, (64, 64), epochs=2).fit(*iris)
    weights = sum(array.nbytes for array in net.weights_)
    # Adam keeps two more numbers a weight, for partial_fit to go on with.
    assert len(pickle.dumps(net)) < 3 * weights + 8000


def test_a_clone_is_unfitted_and_has_the_same_parameters(iris):
    optimizer = keras.optimizers.SGD(0.05, momentum=0.9)
    net = plain(
        DenseClassifier, (8, 4), ["relu", "tanh"], optimizer=optimizer, epochs=2, dropout=[0, 0.2]
    )
    twin = clone(net.fit(*iris))
    assert not [name for name in vars(twin) if name.endswith("_")]
    for name, value in net.get_params().items():
        if name != "optimizer":
            assert twin.get_params()[name] == value, name
    assert twin.optimizer is not optimizer
    assert twin.optimizer.get_config() == optimizer.get_config()


TENSORS = {
    "held out": {"early_stopping": True},
    "splitter": {"validation": StratifiedKFold(3, shuffle=True)},
    "groups": {"validation": GroupKFold(3)},
    "given": {},
    "weights": {"validation_fraction": 0.2},
}


@pytest.mark.parametrize("kind", [DenseClassifier, DenseRegressor])
@pytest.mark.parametrize("case", TENSORS)
def test_tensors_of_tensorflow_are_arrays(whole, kind, case):
    X, y = whole
    arguments = {"X": X, "y": y}
    if case == "groups":
        arguments["groups"] = np.arange(len(y)) // 10
    if case == "given":
        arguments |= {"X_val": X[:50], "y_val": y[:50]}
    if case == "weights":
        arguments["sample_weight"] = y + 1.0
    monitor = "accuracy" if kind is DenseClassifier else "r2"
    options = {**SMALL, **TENSORS[case], "monitor": monitor, "metrics": [monitor]}
    expected = plain(kind, **options).fit(**arguments)
    tensors = {name: keras.ops.convert_to_tensor(value) for name, value in arguments.items()}
    found = plain(kind, **options).fit(**tensors)
    assert found.history_ == expected.history_
    assert np.array_equal(found.predict(tensors["X"]), expected.predict(X))

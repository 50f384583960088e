"""Bad input: a clear error before any training, that leaves the estimator as it was."""

import copy

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from skdense import DenseClassifier, DenseRegressor, cache_info
from tests.helpers import plain

NAN, INF = float("nan"), float("inf")
PER_LAYER = "give one value for all layers, or 2 of them"
POSITIVE_INT = "every size has to be a positive integer"


def first_column(x):
    return x[:, :1]


# (parameter, bad value, words of the error besides the parameter's name and the value)
BAD_PARAMETERS = [
    ("hidden_layer_sizes", 0, ["int in the range [1, inf)"]),
    ("hidden_layer_sizes", -3, ["int in the range [1, inf)"]),
    ("hidden_layer_sizes", 2.5, ["int in the range [1, inf)"]),
    ("hidden_layer_sizes", None, ["int in the range [1, inf)"]),
    ("hidden_layer_sizes", "64", ["int in the range [1, inf)"]),
    ("hidden_layer_sizes", True, [POSITIVE_INT]),
    ("hidden_layer_sizes", (8, 0), ["has 0 in it", POSITIVE_INT]),
    ("hidden_layer_sizes", {8: 4}, ["is not one value, nor a sequence"]),
    ("dropout", np.array(0.2), ["is not one value, nor a sequence"]),
    ("activation", keras.layers.ReLU, ["layers are not taken"]),
    ("hidden_layer_sizes", (8, -1), ["has -1 in it", POSITIVE_INT]),
    ("hidden_layer_sizes", (8, 4.0), ["has 4.0 in it", POSITIVE_INT]),
    ("hidden_layer_sizes", ("8",), ["has '8' in it", POSITIVE_INT]),
    ("activation", np.tanh, ["cannot become part of a network", "keras.ops"]),
    ("activation", first_column, ["shape (2, 1)", "has to keep the shape"]),
    ("activation", "rleu", ["unknown", "relu", "gelu", "keras.activations.silu"]),
    ("activation", "glu", ["unknown", "Known names"]),  # it would halve the width
    ("activation", None, ["a callable"]),
    ("activation", ["relu"], ["has 1 values", "hidden_layer_sizes has 2 layers", PER_LAYER]),
    ("activation", ["relu"] * 3, ["has 3 values", "hidden_layer_sizes has 2 layers", PER_LAYER]),
    ("dropout", 1.0, ["in the range [0.0, 1.0)"]),
    ("dropout", -0.1, ["in the range [0.0, 1.0)"]),
    ("dropout", NAN, ["in the range [0.0, 1.0)"]),
    ("dropout", "0.5", ["in the range [0.0, 1.0)"]),
    ("dropout", [0.2, 1.0], ["has 1.0 in it", "in [0, 1)"]),
    ("dropout", [0.2, -0.2], ["has -0.2 in it", "in [0, 1)"]),
    ("dropout", [0.2, NAN], ["has nan in it", "in [0, 1)"]),
    ("dropout", [0.2, None], ["has None in it", "in [0, 1)"]),
    ("dropout", [0.2], ["has 1 values", "hidden_layer_sizes has 2 layers", PER_LAYER]),
    ("l1", -1e-9, ["in the range [0.0, inf)"]),
    ("l2", INF, ["in the range [0.0, inf)"]),
    ("l1", [0.1, -1.0], ["has -1.0 in it", "0 or more, and finite"]),
    ("l2", [0.1, INF], ["has inf in it", "0 or more, and finite"]),
    ("l2", [0.1] * 3, ["has 3 values", "hidden_layer_sizes has 2 layers", PER_LAYER]),
    ("learning_rate", 0, ["in the range (0.0, inf)"]),
    ("learning_rate", -0.1, ["in the range (0.0, inf)"]),
    ("learning_rate", NAN, ["in the range (0.0, inf)"]),
    ("learning_rate", INF, ["in the range (0.0, inf)"]),
    ("epochs", 0, ["int in the range [1, inf)"]),
    ("epochs", 2.5, ["int in the range [1, inf)"]),
    ("batch_size", 0, ["int in the range [1, inf)"]),
    ("batch_size", "all", ["int in the range [1, inf)"]),
    ("patience", -1, ["int in the range [0, inf)"]),
    ("min_delta", -0.1, ["in the range [0.0, inf)"]),
    ("validation_fraction", 0.0, ["in the range (0.0, 1.0)"]),
    ("validation_fraction", 1.0, ["in the range (0.0, 1.0)"]),
    ("validation_fraction", 20, ["in the range (0.0, 1.0)"]),
    ("validation_fraction", 0.999, ["leaves 0 to train on", "Use more rows, another fraction"]),
    ("validation_fraction", 0.001, ["holds out 1", "Use more rows, another fraction"]),
    ("optimizer", "adm", ["unknown", "adam", "sgd", "lion", "keras.optimizers.Optimizer"]),
    ("optimizer", None, ["pass for example 'adam'"]),
    ("optimizer", keras.optimizers.Adam, ["pass for example 'adam'"]),
    ("loss", "log_loss", ["unknown", "binary_crossentropy", "mse", "keras.losses.Loss"]),
    ("loss", "poisson", ["unknown", "binary_crossentropy"]),  # the regressor's
    ("loss", None, ["keras.losses.Loss", "pass for example"]),
    ("loss", keras.losses.MeanSquaredError(reduction="sum"), ["use reduction="]),
    ("loss", keras.losses.CategoricalCrossentropy(from_logits=True), ["use from_logits=False"]),
    ("loss", keras.losses.CategoricalHinge(), ["does not fit", "BinaryCrossentropy"]),
    ("loss", "binary_crossentropy", ["is for two classes", "y has 3 classes", "use loss='auto'"]),
    ("class_weight", {7: 1.0}, ["unknown classes [7]", "known are [0, 1, 2]"]),
    ("class_weight", {0: -1.0}, ["has -1.0 in it", "0 or more, and finite"]),
    ("class_weight", {0: NAN}, ["has nan in it", "0 or more, and finite"]),
    ("class_weight", {0: INF}, ["has inf in it", "0 or more, and finite"]),
    ("class_weight", {0: "a"}, ["has 'a' in it", "0 or more, and finite"]),
    ("class_weight", [1, 2, 3], ["does not fit y", "a dict {label: weight}"]),
    ("class_weight", "even", ["'balanced'"]),
    ("batch_norm", "during", ["'after'", "'before'"]),
    ("early_stopping", "yes", ["'bool'"]),
    ("restore_best_weights", None, ["'bool'"]),
    ("warm_start", 2, ["'bool'"]),
    ("dtype", "float16", ["'float32'", "'float64'"]),
    ("verbose", -1, ["in the range [0, inf)"]),
    ("random_state", "seed", ["RandomState", "None"]),
]
OF_REGRESSOR = [
    ("loss", "binary_crossentropy", ["unknown", "huber", "poisson", "keras.losses.Loss"]),
    ("loss", keras.losses.Huber(reduction="sum"), ["use reduction="]),
    ("loss", keras.losses.SparseCategoricalCrossentropy(), ["does not fit", "Huber"]),
    ("scale_target", "no", ["'bool'"]),
    ("validation_fraction", 0.999, ["leaves 0 to train on", "Use more rows, another fraction"]),
]


def small(estimator=DenseClassifier, **parameters):
    return plain(
        estimator, **{"hidden_layer_sizes": (4, 4), "epochs": 2, "random_state": 0, **parameters}
    )


@pytest.fixture(scope="module")
def fitted(iris):
    return {kind: small(kind).fit(*iris) for kind in (DenseClassifier, DenseRegressor)}


@pytest.fixture
def check_refused(iris, fitted):
    """Check that a fit fails with given words before any training and changes nothing."""

    def check(net, X, y, words, sample_weight=None):
        trained = fitted[type(net)]
        again = copy.deepcopy(trained).set_params(**net.get_params())
        before = cache_info()
        for candidate in (net, again):
            with pytest.raises(ValueError) as caught:  # noqa: PT011 - its words are checked
                candidate.fit(X, y, sample_weight=sample_weight)
            message = str(caught.value)
            assert not [word for word in words if word not in message], message
        assert cache_info() == before, "training began"
        with pytest.raises(NotFittedError):
            net.predict(iris[0])
        assert not [name for name in vars(net) if name.endswith("_")]
        assert vars(again).keys() == vars(trained).keys()
        assert again.history_ == trained.history_
        assert np.array_equal(again.predict(iris[0]), trained.predict(iris[0]))

    return check


def _cases():
    for estimator, table in ((DenseClassifier, BAD_PARAMETERS), (DenseRegressor, OF_REGRESSOR)):
        for name, value, words in table:
            shown = getattr(value, "__name__", repr(value))  # a function's repr holds its address
            yield pytest.param(estimator, name, value, words, id=f"{name}={shown:.40}")


@pytest.mark.parametrize(("estimator", "name", "value", "words"), list(_cases()))
def test_bad_parameters(iris, check_refused, estimator, name, value, words):
    # scikit-learn's own text is "The 'name' parameter ...", ours "name=value ...".
    check_refused(small(estimator, **{name: value}), *iris, [name, repr(value), *words])


@pytest.mark.parametrize(
    "parameters",
    [
        {"hidden_layer_sizes": np.array([4, 4])},
        {"hidden_layer_sizes": np.int64(4)},
        {"hidden_layer_sizes": [4, 4], "dropout": np.array([0.1, 0.2])},
        {"activation": np.array(["relu", "tanh"])},
        {"dropout": np.float32(0.5), "l1": np.float64(0), "l2": 1, "learning_rate": np.float32(1)},
        {"optimizer": "ADAM", "class_weight": {np.int64(1): 2}, "batch_size": np.int32(8)},
        {"batch_norm": np.True_, "validation_fraction": np.float64(0.5)},
    ],
    ids=str,
)
def test_numpys_own_numbers_are_good_parameters(iris, parameters):
    X, y = iris
    assert small(**{**parameters, "epochs": 1}).fit(X, y).n_iter_ == 1


def _with(array, value, row=3):
    changed = array.astype(float)
    changed[row] = value
    return changed


def _table(X, **first):
    """Put values into the first row of a table."""
    table = pd.DataFrame(X, columns=list("abcd")).astype(object)
    for name, value in first.items():
        table.loc[0, name] = value
    return table


RARE = np.r_[np.zeros(99), 1, np.full(50, 2)]
BAD_DATA = {
    "an unknown activation in a list": (
        {"activation": ["relu", "rleu"]},
        lambda X, y: (X, y),
        ["activation='rleu' is unknown", "Known names", "selu"],
    ),
    "NaN in X": ({}, lambda X, y: (_with(X, NAN), y), ["Input X contains NaN"]),
    "infinity in X": ({}, lambda X, y: (_with(X, INF), y), ["Input X contains infinity"]),
    "NaN in y": ({}, lambda X, y: (X, _with(y, NAN)), ["Input y contains NaN"]),
    "no y": ({}, lambda X, y: (X, None), ["requires y to be passed"]),
    "fewer y than X": ({}, lambda X, y: (X, y[:9]), ["inconsistent numbers of samples"]),
    "no rows": ({}, lambda X, y: (X[:0], y[:0]), ["0 sample"]),
    "NaN in a table": (
        {},
        lambda X, y: (_table(X, c=NAN), y),
        ["Input X contains NaN, in the columns ['c']", "missing='indicator'", "SimpleImputer"],
    ),
    "text in X": ({}, lambda X, y: (np.full(X.shape, "a"), y), ["could not convert string", "0"]),
    "text in a table": (
        {},
        lambda X, y: (_table(X, c="Berlin"), y),
        ["could not convert string", "the column 'c' of X", "'Berlin'", "OneHotEncoder"],
    ),
    "text beside missing values": (
        {"missing": "indicator"},
        lambda X, y: (_table(X, a=None, c="Berlin"), y),
        ["the column 'c' of X", "'Berlin'"],
    ),
    "text in an array of objects": (
        {},
        lambda X, y: (_table(X, b="n/a").to_numpy(), y),
        ["the column 1 of X", "'n/a'"],
    ),
    "a label is missing": (
        {},
        lambda X, y: (X, np.where(y == 2, None, "a")),
        ["y holds None, first in row", "leave rows without a label out"],
    ),
    "labels of two types": (
        {},
        lambda X, y: (X, np.array(["a", 1] * 75, dtype=object)),
        ["Unknown label type", "str such as 'a' and int such as 1", "y.astype(str)"],
    ),
    "whole numbers as objects": (
        {},
        lambda X, y: (X, y.astype(object)),
        ["Unknown label type", "dtype object", "y.astype(int)"],
    ),
    "bools as objects": (
        {},
        lambda X, y: (X, (y > 0).astype(object)),
        ["Unknown label type", "dtype object", "y.astype(bool)"],
    ),
    "columns of yes and no": (
        {},
        lambda X, y: (X, np.where(np.column_stack([y > 0, y > 1]), "yes", "no")),
        ["(150, 2)", "['no', 'yes']", "the numbers 0 and 1 only", "(y == 'yes').astype(int)"],
    ),
    "columns of 1 and 2": (
        {},
        lambda X, y: (X, np.column_stack([y > 0, y > 1]) + 1),
        ["[1, 2]", "0 and 1 only"],
    ),
    "continuous y": ({}, lambda X, y: (X, y + 0.5), ["Unknown label type: continuous"]),
    "a single class": ({}, lambda X, y: (X, 0 * y), ["greater than one; got 1 class", "[0]"]),
    "a class with one row": (
        {"early_stopping": True},
        lambda X, y: (X, RARE),
        ["validation_fraction=0.2", "the rarest class has a single row"],
    ),
    "too few rows to hold out": (
        {"early_stopping": True},
        lambda X, y: (X[:9], np.arange(9) % 3),
        ["validation_fraction=0.2", "holds out 2 and leaves 7", "at least 3 (one of each class)"],
    ),
    "several classes a row": (
        {},
        lambda X, y: (X, np.column_stack([y, y])),
        ["(150, 2)", "MultiOutputClassifier"],
    ),
    "not one-hot": (
        {"loss": "categorical_crossentropy"},
        lambda X, y: (X, np.column_stack([y > 0, y > 1]).astype(int)),
        ["takes one-hot rows", "sums to", "use loss='auto'"],
    ),
    "several labels and one dict": (
        {"class_weight": {0: 1}},
        lambda X, y: (X, np.eye(3)[y]),
        ["class_weight={0: 1} does not fit y", "a list of dicts"],
    ),
    "all classes weigh zero": (
        {"class_weight": {0: 0, 1: 0, 2: 0}},
        lambda X, y: (X, y),
        ["weight of zero", "class_weight"],
    ),
}
BAD_NUMBERS = {
    "infinity in y": ({}, lambda X, y: (X, _with(y, INF)), ["Input y contains infinity"]),
    "text in y": (
        {},
        lambda X, y: (X, np.full(150, "a")),
        ["could not convert string", "a classifier takes labels"],
    ),
    "negative counts": (
        {"loss": "poisson"},
        lambda X, y: (X, y - 1.0),
        ["loss='poisson' takes no negative targets", "-1.0", "'huber'"],
    ),
    "a single row to hold out from": (
        {"early_stopping": True},
        lambda X, y: (X[:1], y[:1]),
        ["validation_fraction=0.2", "leaves 0 to train on", "1 sample"],
    ),
    "a single row before the last": (
        {"validation": "last"},
        lambda X, y: (X[:1], y[:1]),
        ["validation='last'", "leaves 0 to train on", "1 sample"],
    ),
    "a number is missing": (
        {},
        lambda X, y: (X, np.where(y == 2, None, 1.0)),
        ["y contains NaN or None, first in row"],
    ),
}


@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data(iris, check_refused, case):
    parameters, spoil, words = BAD_DATA[case]
    check_refused(small(**parameters), *spoil(*iris), words)


@pytest.mark.parametrize(
    "case", [*BAD_NUMBERS, "NaN in X", "text in a table", "NaN in y", "fewer y than X"]
)
def test_bad_data_of_regression(iris, check_refused, case):
    parameters, spoil, words = {**BAD_DATA, **BAD_NUMBERS}[case]
    check_refused(small(DenseRegressor, **parameters), *spoil(*iris), words)


@pytest.mark.parametrize("estimator", [DenseClassifier, DenseRegressor])
@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (np.r_[-1.0, np.ones(149)], ["sample_weight", "-1.0", "0 or more"]),
        (np.zeros(150), ["weight", "zero"]),
        (np.r_[NAN, np.ones(149)], ["sample_weight contains NaN"]),
        (np.r_[INF, np.ones(149)], ["sample_weight contains infinity"]),
        (np.ones(149), ["sample_weight", "(149,)", "(150,)"]),
        (np.ones((150, 2)), ["1D array"]),
    ],
    ids=["negative", "all zero", "NaN", "infinity", "too few", "two columns"],
)
def test_bad_sample_weights(iris, check_refused, estimator, weight, words):
    check_refused(small(estimator), *iris, words, sample_weight=weight)


def test_other_features_at_predict(iris, fitted):
    X, _ = iris
    net = fitted[DenseClassifier]
    for method in ("predict", "predict_proba", "decision_function", "hidden_output"):
        with pytest.raises(ValueError, match="has 3 features, but DenseClassifier is expecting 4"):
            getattr(net, method)(X[:, :3])
    with pytest.raises(ValueError, match="contains NaN"):
        net.predict(_with(X, NAN))


@pytest.mark.parametrize("layer", [2, -3, 99])
def test_a_hidden_layer_that_is_not_there(iris, fitted, layer):
    with pytest.raises(ValueError, match=rf"layer={layer} does not exist.*2 hidden layers"):
        fitted[DenseClassifier].hidden_output(iris[0], layer=layer)

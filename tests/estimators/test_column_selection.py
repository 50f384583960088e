"""Columns of X selected to a model's inputs, those of y to its outputs, and what can go wrong."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_selector
from sklearn.model_selection import GridSearchCV

from skdense import NetworkClassifier, NetworkRegressor
from tests.network_models import classifier, regressor

RANDOM = np.random.default_rng(0)
TABLE = pd.DataFrame(
    RANDOM.normal(size=(60, 4)), columns=["Price", "Advertising", "Income", "Population"]
).assign(Shelf=["good", "bad", "medium"] * 20)
SALES = 3 - 2 * TABLE["Price"] + TABLE["Income"]
SOLD = pd.Series(np.where(SALES > 3, "yes", "no"))
COLUMNS = {"company": ["Price", "Advertising"], "region": ["Income", "Population"]}


def two_inputs(meta, units=4):
    import keras

    parts = [
        keras.Input((len(columns),), name=name) for name, columns in meta["input_columns_"].items()
    ]
    hidden = [keras.layers.Dense(units, activation="relu")(part) for part in parts]
    return keras.Model(parts, keras.layers.Dense(1)(keras.layers.concatenate(hidden)))


def two_outputs(meta):
    import keras

    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(8, activation="relu")(inputs)
    price = keras.layers.Dense(1, name="price")(hidden)
    sold = keras.layers.Dense(1, activation="sigmoid", name="sold")(hidden)
    return keras.Model(inputs, [price, sold])


def two_softmaxes(meta):
    import keras

    inputs = keras.Input((4,))
    outputs = [
        keras.layers.Dense(len(classes), activation="softmax", name=name)(inputs)
        for name, classes in zip(["size", "shelf"], meta["classes_"], strict=True)
    ]
    return keras.Model(inputs, outputs)


def network(**parameters):
    defaults = {"model": two_inputs, "inputs": COLUMNS, "loss": "mse", "random_state": 0}
    return NetworkRegressor(**{**defaults, **parameters})


def test_two_inputs_from_one_table():
    net = network(epochs=3).fit(TABLE, SALES)
    assert net.input_columns_ == {"company": [0, 1], "region": [2, 3]}
    assert list(net.feature_names_in_) == list(TABLE.columns)
    assert "several inputs" in net.engine_
    company, region = (TABLE[columns].to_numpy(np.float32) for columns in COLUMNS.values())
    assert np.allclose(net.predict(TABLE), np.array(net.model_([company, region]))[:, 0])


@pytest.mark.parametrize(
    ("company", "positions"),
    [
        ([0, -2], [0, 3]),
        (slice(0, 2), [0, 1]),
        (make_column_selector("^P"), [0, 3]),
        ("Price", [0]),
    ],
)
def test_ways_to_name_columns(company, positions):
    net = network(inputs={"company": company, "region": ["Income"]}).initialize(TABLE, SALES)
    assert net.input_columns_["company"] == positions
    assert net.predict(TABLE).shape == (60,)


def test_columns_of_arrays_are_named_by_position():
    numbers = TABLE.iloc[:, :4].to_numpy()
    net = network(inputs={"company": [0, 1], "region": [2, 3]}).initialize(numbers, SALES)
    named = network().initialize(TABLE, SALES)
    assert np.allclose(net.predict(numbers), named.predict(TABLE))


def test_columns_are_searched(monkeypatch):
    # Which training is chosen is not the point here, and Model.fit takes a second each.
    monkeypatch.setattr(
        "skdense.engine.custom_model.training._fit_with_keras", lambda job: {"loss": [0.0]}
    )
    grid = {"inputs": [COLUMNS, {"company": ["Price"], "region": ["Income"]}]}
    search = GridSearchCV(network(), grid, cv=2).fit(TABLE, SALES)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            {"company": ["Prize"], "region": ["Income"]},
            "'Prize', which does not exist; the columns",
        ),
        ({"company": [7], "region": ["Income"]}, "column 7, which does not exist: the table has 5"),
        ({"company": ["Price", 0], "region": ["Income"]}, "'Price'] twice"),
        ({"company": [], "region": ["Income"]}, "selects no column"),
        ({"company": ["Price"], "shop": ["Income"]}, "model's inputs are"),
        ({"company": ["Shelf"], "region": ["Income"]}, "could not convert string"),
        ({}, "has to be a dict of names and columns"),
    ],
)
def test_bad_inputs(inputs, message):
    build = two_inputs if "shop" not in inputs else fixed_inputs
    with pytest.raises(ValueError, match=message.replace("]", r"\]")):
        network(inputs=inputs).set_params(model=build).fit(TABLE, SALES)


def fixed_inputs():
    return two_inputs({"input_columns_": {"company": [0], "region": [2]}})


def test_several_inputs_without_columns():
    with pytest.raises(ValueError, match=r"2 inputs, .* say with inputs="):
        network(inputs=None, model=fixed_inputs).fit(TABLE.iloc[:, :2], SALES)


def test_outputs_of_different_kinds():
    y = pd.DataFrame({"cost": SALES, "bought": SOLD})
    X = TABLE.iloc[:, :4]
    net = NetworkRegressor(
        two_outputs,
        outputs={"price": "cost", "sold": "bought"},
        loss={"price": "mse", "sold": "binary_crossentropy"},
        loss_weights={"price": 1.0, "sold": 0.5},
        optimizer="adam",
        optimizer__learning_rate=0.05,
        epochs=25,
        random_state=0,
    ).fit(X, y)
    found = net.predict(X)
    assert found.shape == (60, 2)
    assert np.corrcoef(found[:, 0].astype(float), SALES)[0, 1] > 0.9
    assert np.mean(found[:, 1] == SOLD) > 0.8
    outputs = net.predict_outputs(X)
    assert outputs["price"].shape == (60, 1)
    assert np.array_equal(outputs["sold"][:, 1] > 0.5, found[:, 1] == "yes")
    assert net.score(X, y) > 0.8
    assert {"loss", "price_loss", "sold_loss"} <= set(net.history_)


def test_several_columns_of_classes():
    size = np.where(SALES > 4, "large", np.where(SALES > 2, "medium", "small"))
    y = np.column_stack([size, TABLE["Shelf"]])
    X = TABLE.iloc[:, :4]
    net = NetworkClassifier(
        two_softmaxes, loss="sparse_categorical_crossentropy", optimizer="adam", random_state=0
    ).fit(X, y)
    assert [list(each) for each in net.classes_] == [
        ["large", "medium", "small"],
        ["bad", "good", "medium"],
    ]
    probabilities = net.predict_proba(X)
    assert [each.shape for each in probabilities] == [(60, 3), (60, 3)]
    assert net.predict(X).shape == (60, 2)
    assert set(net.predict(X)[:, 1]) <= {"bad", "good", "medium"}
    assert 0 <= net.score(X, y) <= 1


def test_columns_of_numbers_for_outputs_in_order(monkeypatch):
    monkeypatch.setattr(
        "skdense.engine.custom_model.training._fit_with_keras", lambda job: {"loss": [0.0]}
    )
    y = np.column_stack([SALES, SALES > 3])
    net = NetworkRegressor(two_outputs, loss="mse").fit(TABLE.iloc[:, :4], y)
    raw = net.model_(TABLE.iloc[:, :4].to_numpy(np.float32))
    assert np.allclose(net.predict(TABLE.iloc[:, :4]), np.hstack(raw), atol=1e-6)


def nothing(meta):
    return "model"


def uncompiled(meta):
    return classifier({**meta, "n_features_in_": 4})


def no_loss(meta):
    model = uncompiled(meta)
    model.compile("sgd")
    return model


NUMBERS = TABLE.iloc[:, :4].to_numpy()
Y3 = np.arange(60) % 3
BAD = {
    "no model": (NetworkClassifier(), Y3, ValueError, "model=None: pass a function"),
    "a name": (NetworkClassifier("net"), Y3, TypeError, "model='net' is neither a function"),
    "no keras model": (NetworkClassifier(nothing), Y3, ValueError, "built 'model', a str"),
    "no loss": (NetworkClassifier(uncompiled), Y3, ValueError, "loss=None, and the function"),
    "compiled without": (NetworkClassifier(no_loss), Y3, ValueError, "compiled without a loss"),
    "unknown parameter": (
        NetworkClassifier(uncompiled, loss="mse", model__unitz=3),
        Y3,
        TypeError,
        r"model__unitz=3 is an unexpected parameter: .* takes \[\]",
    ),
    "misspelt": (NetworkClassifier(uncompiled, epoch=3), Y3, TypeError, "epoch=3 is an unexpected"),
    "loss of numbers for classes": (
        NetworkClassifier(
            lambda meta: uncompiled({**meta, "n_classes_": 2}),
            loss="binary_crossentropy",
        ),
        Y3,
        ValueError,
        r"\(None, 1\), but its part of y has shape \(60, 1\) and 3 classes",
    ),
    "columns": (
        NetworkRegressor(regressor, loss="mse", outputs={"dense": [0]}),
        np.eye(60, 2),
        ValueError,
        r"leaves out the columns \[1\] of y",
    ),
    "output names": (
        NetworkRegressor(two_outputs, loss="mse", outputs={"price": [0], "bought": [1]}),
        np.eye(60, 2),
        ValueError,
        r"model's outputs are \['price', 'sold'\]",
    ),
    "width": (
        NetworkRegressor(lambda meta: regressor({**meta, "n_outputs_": 3}), loss="mse"),
        np.arange(60.0),
        ValueError,
        r"\(None, 3\), but its part of y has shape \(60, 1\)",
    ),
    "number of outputs": (
        NetworkRegressor(two_outputs, loss="mse"),
        np.arange(60.0),
        ValueError,
        r"it has 2, .* but y has shape \(60, 1\)",
    ),
    "numbers as classes": (NetworkClassifier(uncompiled), SALES, ValueError, "NetworkRegressor"),
    "validation_split": (
        NetworkClassifier(uncompiled, loss="mse", validation_split=0.99),
        Y3,
        ValueError,
        "validation_split=0.99 of 60 samples",
    ),
    "epochs": (NetworkClassifier(uncompiled, epochs=0), Y3, ValueError, "'epochs' parameter"),
    "input shape": (
        NetworkRegressor(lambda: regressor({"n_features_in_": 9, "n_outputs_": 1}), loss="mse"),
        np.arange(60.0),
        ValueError,
        r"has shape \(None, 9\), but its part of X has shape \(1, 4\)",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_errors_before_training(name, monkeypatch):
    net, y, kind, message = BAD[name]
    monkeypatch.setattr(
        "skdense.estimators.network_base.train_custom_model", lambda job: pytest.fail("trained")
    )
    with pytest.raises(kind, match=message):
        net.fit(NUMBERS, y)
    assert not hasattr(net, "n_features_in_")


def test_scikeras_hooks_are_not_passed_over_in_silence():
    class Old(NetworkRegressor):
        @property
        def target_encoder(self):
            return None

    with pytest.raises(TypeError, match="overrides scikeras's target_encoder"):
        Old(regressor, loss="mse").fit(NUMBERS, SALES)


def test_classes_of_several_columns_for_partial_fit():
    first = np.column_stack([["a", "b"] * 30, ["u", "v"] * 30])
    both = [["a", "b", "c"], ["u", "v"]]
    X = TABLE.iloc[:, :4]
    net = NetworkClassifier(two_softmaxes, loss="sparse_categorical_crossentropy", random_state=0)
    with pytest.raises(ValueError, match="a list with the labels of each of the 2 columns"):
        net.partial_fit(X, first, classes=["a", "b", "c"])
    net.partial_fit(X, first, classes=both)
    assert [each.tolist() for each in net.classes_] == both
    net.partial_fit(X, np.where(first == "a", "c", first), classes=both)
    with pytest.raises(ValueError, match="is not the same as on the first call"):
        net.partial_fit(X, first, classes=[["a", "b"], ["u", "v"]])

"""The NumPy forward pass equals that of Keras for every activation and every kind of layer."""

import keras
import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.preprocessing import StandardScaler

from skdense import DenseClassifier, DenseRegressor
from skdense.engine.activations import activation_name
from skdense.engine.inference import ACTIVATIONS, activate, forward
from skdense.networks.architecture import Architecture
from skdense.networks.initialization import initial_weights
from tests.helpers import plain

NO_ACTIVATION = ("get", "serialize", "deserialize", "glu", "threshold")
NAMES = sorted(
    name
    for name in dir(keras.activations)
    if not name.startswith("_") and name not in NO_ACTIVATION
)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_each_activation_of_keras(name, dtype):
    x = np.linspace(-12, 12, 481, dtype=dtype).reshape(-1, 13)
    expected = np.asarray(getattr(keras.activations, name)(keras.ops.convert_to_tensor(x)))
    found = activate(activation_name(name), x.copy(), dtype)
    assert found.dtype == x.dtype
    # Keras computes the float64 gelu from a constant of less precision.
    exact = 1e-8 if name == "gelu" else 1e-12
    tolerance = 2e-6 if dtype == "float32" else exact
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def test_the_common_activations_need_no_keras():
    common = "relu gelu silu tanh sigmoid selu elu leaky_relu mish softplus softsign linear softmax"
    assert set(common.split()) <= set(ACTIVATIONS)
    assert set(ACTIVATIONS) - set(NAMES) <= {
        # Newer Keras than the oldest supported has these.
        *("celu", "hard_shrink", "hard_tanh", "log_sigmoid", "relu6", "soft_shrink"),
        *("sparse_plus", "sparse_sigmoid", "squareplus", "tanh_shrink"),
    }


def custom_activation(x):
    return keras.ops.sin(x)


@pytest.mark.parametrize("batch_norm", [False, "before", "after"])
@pytest.mark.parametrize("activation", ["tanh", custom_activation, ["gelu", custom_activation]])
def test_equals_the_keras_model(batch_norm, activation):
    X, y = load_iris(return_X_y=True)
    net = plain(
        DenseClassifier,
        (6, 5),
        activation,
        batch_norm=batch_norm,
        dropout=[0.2, 0.0],
        l2=0.01,
        epochs=3,
        random_state=0,
    ).fit(X, y)
    model = net.to_keras()
    np.testing.assert_allclose(net.predict_proba(X), model(X), atol=2e-6)
    hidden = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    up_to_last = keras.Model(model.input, hidden[-1].input)
    np.testing.assert_allclose(net.hidden_output(X), up_to_last(X), atol=2e-6)


def test_hidden_output_by_hand():
    X, y = load_diabetes(return_X_y=True)
    net = plain(DenseRegressor, (6, 5), epochs=2, random_state=0).fit(X, y)
    first = np.maximum(X.astype("float32") @ net.coefs_[0] + net.intercepts_[0], 0)
    np.testing.assert_allclose(net.hidden_output(X, layer=0), first, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(net.hidden_output(X, layer=-2), net.hidden_output(X, layer=0))
    for layer in (2, -3):
        with pytest.raises(ValueError, match=f"layer={layer} does not exist.*2 hidden layers"):
            net.hidden_output(X, layer=layer)


def test_regressor_in_its_own_unit_with_several_outputs():
    X, y = load_diabetes(return_X_y=True)
    y = np.column_stack([1000 * y, y - 200])
    net = plain(DenseRegressor, 6, epochs=3, random_state=0).fit(X, y)
    expected = net.to_keras()(X)
    np.testing.assert_allclose(net.predict(X), expected, rtol=1e-4)
    assert abs(net.predict(X)[:, 0].mean() - y[:, 0].mean()) < 0.3 * y[:, 0].std()


def test_to_keras_is_a_compiled_copy_with_standard_layers():
    X, y = load_iris(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    net = plain(
        DenseClassifier,
        (64, 64),
        batch_norm="after",
        dropout=0.2,
        l1=0.001,
        l2=(0.0, 0.01),
        optimizer=keras.optimizers.SGD(momentum=0.9),
        learning_rate=0.03,
        epochs=3,
        random_state=0,
    ).fit(X, y)
    model = net.to_keras()
    kinds = [type(layer).__name__ for layer in model.layers[1:]]
    block = ["Dense", "Activation", "BatchNormalization", "Dropout"]
    assert kinds == [*block, *block, "Dense"]
    assert [layer.count_params() for layer in model.layers if layer.count_params()] == [
        *(320, 256, 4160, 256, 195)
    ]
    regularizer = model.layers[5].kernel_regularizer
    assert (float(regularizer.l1), float(regularizer.l2)) == pytest.approx((0.001, 0.01))
    assert model.layers[4].rate == 0.2
    assert float(model.optimizer.learning_rate) == pytest.approx(0.03)
    assert model.optimizer.momentum == 0.9
    before = net.predict_proba(X)
    model.fit(X, y, epochs=1, verbose=0)
    np.testing.assert_array_equal(net.predict_proba(X), before)
    assert not np.allclose(model(X), before, atol=1e-4)


def test_summary_prints_the_table_of_the_notes(capsys):
    random = np.random.default_rng(0)
    X, y = random.normal(size=(40, 13)), random.normal(size=40)
    plain(DenseRegressor, (64, 64), "swish", epochs=1).fit(X, y).summary()
    printed = capsys.readouterr().out
    for figure in ("896", "4,160", "65", "5,121"):
        assert f" {figure} " in printed


@pytest.mark.parametrize("kind", [DenseClassifier, DenseRegressor])
def test_summary_counts_weights_alone_under_the_same_names(capsys, kind):
    X, y = np.eye(12, 8), np.arange(12) % 2
    options = {"batch_norm": "before", "dropout": 0.1}
    net = plain(kind, (5, 5), epochs=1, **options).fit(X, y)
    net.summary()
    first = capsys.readouterr().out
    plain(kind, 3, epochs=1).fit(X, y).to_keras()
    net.summary()
    assert capsys.readouterr().out == first
    n_weights = sum(array.size for array in net.weights_)
    assert f"Total params: {n_weights} " in first
    assert "Optimizer" not in first
    assert "input_layer (InputLayer)" in first
    assert "dense_1 (Dense)" in first


def test_many_rows_are_computed_in_chunks():
    architecture = Architecture(3, (512,), ("relu",), None, (False,), 2, "softmax", "float64")
    random = np.random.default_rng(0)
    weights = initial_weights(architecture, random)
    X = random.normal(size=(5000, 3))
    expected = np.maximum(X @ weights[0] + weights[1], 0) @ weights[2] + weights[3]
    np.testing.assert_allclose(forward(architecture, weights, X), expected, rtol=1e-10, atol=1e-12)


def doubled_in_float64(x):
    return x * keras.ops.convert_to_tensor(2.0, dtype="float64")


def test_an_own_activation_is_tried_in_the_networks_dtype():
    X, y = load_diabetes(return_X_y=True)
    net = plain(DenseRegressor, 4, doubled_in_float64, dtype="float64", epochs=1, random_state=0)
    assert net.fit(X, y).predict(X).dtype == np.float64

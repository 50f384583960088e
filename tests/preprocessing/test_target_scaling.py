"""Properties of the scaling of targets, which hold for any numbers."""

import keras
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skdense import DenseRegressor, export_onnx, load, save
from skdense.preprocessing.target_scaling import scale_numbers
from tests.helpers import plain


@given(
    arrays(
        np.float64,
        st.one_of(st.tuples(st.integers(2, 30)), st.tuples(st.integers(2, 30), st.integers(2, 4))),
        elements=st.floats(-1e9, 1e9, allow_subnormal=False),
    ),
    st.booleans(),
)
def test_numbers_survive_the_round_trip(y, scaled):
    encoding = scale_numbers(y, np.ones(len(y)), "mse", scaled)
    targets = encoding.targets(y, "float64")
    size = np.abs(y).max()
    assert targets.shape == (len(y), 1 if y.ndim == 1 else y.shape[1])
    assert np.isfinite(targets).all()
    back = encoding.numbers(targets)
    assert back.shape == y.shape
    assert np.allclose(back, y, rtol=1e-9, atol=1e-9 * size)
    if not scaled:
        assert np.array_equal(targets.reshape(y.shape), y)


@given(arrays(np.float64, 20, elements=st.floats(-1e6, 1e6), unique=True))
def test_scaled_numbers_are_standardized(y):
    assume(np.std(y) > 1e-6 * np.abs(y).max())
    targets = scale_numbers(y, np.ones(20), "mse", True).targets(y, "float64")
    assert np.isclose(targets.mean(), 0, atol=1e-6)
    assert np.isclose(targets.std(), 1, rtol=1e-6)


# In any unit -------------------------------------------------------------------------------------

UNITS = [1e40, 1e-42, 1e250, 1e-250, 2.0**130, 1e300]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("n_outputs", [1, 2])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_targets_outside_of_float32(diabetes, unit, n_outputs, dtype):
    X, y = diabetes
    y = y if n_outputs == 1 else np.column_stack([y, np.sin(y)])
    options = {"hidden_layer_sizes": 8, "epochs": 3, "dtype": dtype, "random_state": 0}
    expected = plain(DenseRegressor, **options).fit(X, y).predict(X) * unit
    net = plain(DenseRegressor, **options).fit(X, y * unit)
    for found in (net.predict(X), net.predict(X.astype(np.float32))):
        assert np.allclose(found / unit, expected / unit, rtol=1e-3)
    assert net.predict(X.astype(np.float32)).dtype == np.float64


@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("unit", [1e40, 1e-42])
def test_targets_that_cannot_be_held_are_refused(diabetes, scale, unit):
    X, y = diabetes
    loss = "mape" if scale else "mse"  # of its own scale, whatever scale_target is
    net = plain(DenseRegressor, 4, epochs=1, loss=loss, scale_target=scale)
    with pytest.raises(ValueError, match="outside the range of float32"):
        net.fit(X, y * unit)
    with pytest.raises(ValueError, match=r"X_val, y_val.*outside the range of float32"):
        net.fit(X, y, X_val=X, y_val=y * 1e40)


@pytest.mark.parametrize("factor", [1, 1e40])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("offset", [0.1, 1.7e9])
def test_a_keras_model_predicts_to_the_last_digits(diabetes, factor, dtype, offset, tmp_path):
    X, y = diabetes
    net = plain(DenseRegressor, 4, epochs=2, dtype=dtype, random_state=0).fit(
        X, (y + offset) * factor
    )
    model, X = net.to_keras(), X.astype(dtype)
    model.save(tmp_path / "model.keras")
    by_hand = net._raw_outputs(X)[:, 0].astype(np.float64) * np.std(y) + np.mean(y) + offset
    wide = dtype == "float64" or offset > 1e3 or factor > 1
    tolerance = 1e-13 if dtype == "float64" else 1e-6 * (250 / offset if offset > 1e3 else 1)
    for each in (model, keras.models.load_model(tmp_path / "model.keras")):
        found = np.asarray(each(X))[:, 0]  # Keras's predict makes float32 of X
        assert found.dtype == (np.float64 if wide else np.float32)
        assert np.allclose(found / factor, by_hand, rtol=tolerance, atol=200 * tolerance)


def test_a_constant_target_in_any_form(diabetes, tmp_path):
    X, y = diabetes
    both = np.column_stack([np.full(len(y), 0.1), y])
    net = plain(DenseRegressor, 4, epochs=2, random_state=0).fit(X, both)
    save(net, tmp_path / "net.skdense")
    for each in (net, load(tmp_path / "net.skdense")):
        assert (each.predict(X)[:, 0] == 0.1).all()
        assert np.std(each.predict(X)[:, 1]) > 0
    assert (np.asarray(net.to_keras()(X))[:, 0] == 0.1).all()
    export_onnx(net, tmp_path / "net.onnx")


@pytest.mark.parametrize("n_samples", [1, 9])
def test_the_first_chunk_has_to_tell_the_scale(diabetes, n_samples):
    X, y = diabetes
    net = plain(DenseRegressor, 4, random_state=0)
    with pytest.raises(ValueError, match=f"got {n_samples} sample.*: pass at least 10 samples"):
        net.partial_fit(X[:n_samples], y[:n_samples])
    for constant in (np.ones(50), np.column_stack([y[:50], np.ones(50)])):
        with pytest.raises(ValueError, match="50 samples and a constant y: pass at least 10"):
            net.partial_fit(X[:50], constant)
    assert not hasattr(net, "weights_")
    net.set_params(scale_target=False).partial_fit(X[:1], y[:1])
    net = plain(DenseRegressor, 4, loss="poisson").partial_fit(X[:1], y[:1])
    net = plain(DenseRegressor, 4, random_state=0).partial_fit(X[:10], y[:10])
    for row in range(10, 13):  # from then on, one by one
        net.partial_fit(X[[row]], y[[row]])
    assert net.n_iter_ == 4


@pytest.mark.parametrize("how", ["warm start", "partial_fit"])
def test_a_constant_target_has_no_scale_to_go_on_with(diabetes, how):
    X, y = diabetes
    net = plain(DenseRegressor, 4, epochs=2, warm_start=True).fit(X, np.full(len(y), 7.0))
    go_on = net.fit if how == "warm start" else net.partial_fit
    go_on(X, np.full(len(y), 7.0))
    with pytest.raises(ValueError, match=r"y was constant, \[7.0\].*warm_start=False"):
        go_on(X, y)

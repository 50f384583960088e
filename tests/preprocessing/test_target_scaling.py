"""Properties of the scaling of targets, which hold for any numbers."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skdense.preprocessing.target_scaling import scale_numbers


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

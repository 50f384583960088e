"""Training starts where it would start in Keras."""

import keras
import numpy as np
import pytest
from scipy.stats import kstest

from skdense.networks.initialization import initial_weights
from tests.engine.keras_reference import make_architecture


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_kernels_are_drawn_like_those_of_keras(dtype):
    architecture = make_architecture(n_features=300, hidden_layer_sizes=(200, 100), dtype=dtype)
    weights = initial_weights(architecture, np.random.default_rng(0))
    drawn = keras.initializers.GlorotUniform(seed=0)
    for spec, ours in zip(architecture.weights(), weights, strict=True):
        assert (ours.shape, ours.dtype) == (spec.shape, dtype)
        if spec.is_kernel and spec.shape[1] > 1:
            theirs = np.asarray(drawn(spec.shape))
            limit = np.sqrt(6 / sum(spec.shape))
            assert 0.999 * limit < np.abs(ours).max() <= limit * (1 + 1e-6)
            assert kstest(ours.ravel(), theirs.ravel()).pvalue > 0.01


@pytest.mark.parametrize("residual", [False, True])
def test_all_else_is_as_a_new_keras_layer_has_it(residual):
    architecture = make_architecture(batch_norm="before", residual=residual)
    normalization = keras.layers.BatchNormalization()
    normalization.build((None, 1))
    new = {array.name: float(array.numpy()[0]) for array in normalization.weights}
    weights = initial_weights(architecture, np.random.default_rng(0))
    for spec, array in zip(architecture.weights(), weights, strict=True):
        if not spec.is_kernel:
            assert (array == {"bias": 0.0, **new}[spec.role]).all(), spec


def test_a_seed_gives_the_same_weights():
    def drawn(seed):
        return initial_weights(make_architecture(), np.random.default_rng(seed))

    assert all(map(np.array_equal, drawn(1), drawn(1)))
    assert not np.array_equal(drawn(1)[0], drawn(2)[0])

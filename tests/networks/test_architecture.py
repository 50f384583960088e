"""The arrays of an architecture are those of the Keras model that it describes."""

import itertools

import pytest

from skdense.engine.model_building import fitted_model
from tests.engine.keras_reference import make_architecture, make_settings, make_weights

SIZES = [(), (4,), (6, 6), (6, 4, 4)]


@pytest.mark.parametrize(
    ("sizes", "batch_norm", "residual"),
    itertools.product(SIZES, [None, "before", "after"], [False, True]),
)
def test_weights_are_those_of_the_keras_model(sizes, batch_norm, residual):
    architecture = make_architecture(
        hidden_layer_sizes=sizes,
        activation=("relu",) * len(sizes),
        dropout=(False,) * len(sizes),
        batch_norm=batch_norm,
        residual=residual,
    )
    settings = make_settings(architecture, l2=(0.0,) * architecture.n_penalties)
    model = fitted_model(architecture, settings, make_weights(architecture))
    assert [spec.shape for spec in architecture.weights()] == [w.shape for w in model.weights]
    assert [spec.trainable for spec in architecture.weights()] == [
        any(w is each for each in model.trainable_weights) for w in model.weights
    ]
    assert architecture.n_weights == model.count_params()

"""Names of losses are Keras's, and what is said of each is true of Keras's loss."""

import keras
import numpy as np
import pytest

from skdense.networks import losses
from skdense.networks.losses import CLASSIFIER_LOSSES, REGRESSOR_LOSSES, loss_name

OURS = {"quantile"}  # Keras has none
NAMES = sorted((CLASSIFIER_LOSSES | REGRESSOR_LOSSES) - OURS)


@pytest.mark.parametrize("name", NAMES)
def test_keras_knows_the_name(name):
    assert callable(keras.losses.get(name))


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        (keras.losses.Huber, "huber"),
        (keras.losses.KLDivergence, "kl_divergence"),
        (keras.losses.MeanSquaredError, "mean_squared_error"),
        (keras.losses.SparseCategoricalCrossentropy, "sparse_categorical_crossentropy"),
    ],
)
def test_an_instance_has_the_name_of_its_function(cls, name):
    assert loss_name(cls()) == name
    assert name in NAMES


def test_groups_of_losses_are_for_their_task():
    assert losses.SOFTMAX | losses.ONE_HOT | losses.SMOOTHABLE <= CLASSIFIER_LOSSES
    assert losses.OWN_SCALE | losses.NOT_NEGATIVE <= REGRESSOR_LOSSES


@pytest.mark.parametrize("name", sorted(REGRESSOR_LOSSES - OURS))
def test_scaling_the_target_is_for_losses_of_differences(name):
    """A shift of target and prediction changes only the losses that see the target as it is."""
    y, guess = np.random.default_rng(0).uniform(10, 20, (2, 8, 3))
    loss = keras.losses.get(name)
    shifted = np.allclose(loss(y + 5, guess + 5), loss(y, guess), rtol=1e-4)
    assert shifted == (name not in losses.OWN_SCALE)

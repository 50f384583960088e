"""A Keras object's configuration is read in full, and builds an equal object."""

import keras
import numpy as np
import pytest

from skdense.engine.keras_config import KerasConfig, complete_config
from skdense.engine.keras_serialization import build, describe

OBJECTS = [
    keras.losses.Huber(delta=2.0),  # Keras's own get_config leaves delta out
    keras.losses.CosineSimilarity(axis=-2),
    keras.losses.BinaryFocalCrossentropy(gamma=3.0),
    keras.optimizers.SGD(0.3, momentum=0.5),
    keras.optimizers.Adam(beta_1=np.float32(0.5)),  # as a search may draw it
]


@pytest.mark.parametrize("thing", OBJECTS, ids=lambda thing: type(thing).__name__)
def test_it_builds_an_equal_object(thing):
    config = KerasConfig.of(thing)
    for built in (config.make(), build(describe(thing))):
        assert complete_config(built) == complete_config(thing)
        assert KerasConfig.of(built) == config


def test_another_argument_is_another_configuration():
    one, other = (KerasConfig.of(keras.losses.Huber(delta)) for delta in (1.0, 2.0))
    assert one != other
    assert "delta" in other.label

"""A Keras ``LearningRateSchedule`` as an array of rates."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdense.engine._tensorflow import keras, tf
from skdense.engine.settings import RateFunction


def keras_schedule(schedule: Any) -> RateFunction | None:
    """Give what evaluates a schedule of Keras's for many steps at once; None for other things."""
    if not isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
        return None

    def rate(step):
        return tf.reshape(tf.cast(schedule(step), tf.float32), ())

    # One by one, a thousand steps take seconds.
    rates = tf.function(
        lambda steps: tf.vectorized_map(rate, steps),
        input_signature=[tf.TensorSpec([None], tf.int64)],
        autograph=False,
    )

    def of_steps(epochs: np.ndarray, taken: np.ndarray) -> np.ndarray:
        del epochs
        try:
            return rates(tf.constant(taken.ravel(), tf.int64)).numpy().reshape(taken.shape)
        except Exception as error:  # whatever a user's schedule raises
            raise ValueError(
                f"lr_schedule={schedule!r} cannot be computed: {error}. It has to take the number "
                "of a step and give a rate, by functions of keras.ops."
            ) from error

    return of_steps

"""From rows of X to a network's inputs inside a program: scaled features, and their bins.

Formulas are those of `skdense.preprocessing.feature_scaling` and `feature_bins`.
"""

from __future__ import annotations

from skdense.engine._tensorflow import tf
from skdense.engine.program_inputs import FLAT, RowTransformation


def transform(rows: tf.Tensor, steps: RowTransformation) -> tf.Tensor:
    """Scale rows in float64, and put the inputs of their bins beside them, in the rows' dtype.

    From (n_samples, n_features) to (n_samples, n_features + n_bins * n_binned).
    """
    wide = tf.cast(rows, tf.float64)
    z = tf.clip_by_value((wide - steps.center) * steps.scale, -FLAT * steps.clip, FLAT * steps.clip)
    inputs = z / tf.sqrt(1 + (z / steps.clip) ** 2)
    n_bins, n_binned = steps.lower.shape
    if n_binned:
        passed = tf.gather(wide, steps.columns, axis=1)[:, None]
        passed = tf.clip_by_value((passed - steps.lower) * steps.inverse_width, 0.0, 1.0)
        inputs = tf.concat([inputs, tf.reshape(passed, [-1, n_bins * n_binned])], 1)
    return tf.cast(inputs, rows.dtype)

"""From X to a network's inputs, as the first layers of a Keras model.

Formulas are those of `skdense.preprocessing.feature_scaling` and `feature_bins`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from skdense.engine._tensorflow import keras
from skdense.engine.program_inputs import FLAT, RowTransformation

_WIDE: dict[str, Any] = {"dtype": "float64"}


def input_layers(x: Any, steps: RowTransformation, missing_features: np.ndarray | None) -> Any:
    """Build them from Keras's standard layers and operations, without weights.

    From a keras.KerasTensor (n_samples, n_features) in float64 to (n_samples, n_inputs).
    `missing_features` are those with an indicator; None where X has no missing values.
    """
    ops = keras.ops
    scaled = _scaled(x, steps)
    parts, is_missing = [scaled], None
    if missing_features is not None:
        is_missing = ops.isnan(x)
        parts = [ops.where(is_missing, 0.0, scaled)]
        if len(missing_features):
            marks = ops.take(is_missing, missing_features.tolist(), axis=1)
            parts.append(ops.cast(marks, "float64"))
    if steps.lower.size:
        bins = _bins(x, steps)
        parts.append(bins if is_missing is None else ops.where(ops.isnan(bins), 0.0, bins))
    return parts[0] if len(parts) == 1 else keras.layers.Concatenate(**_WIDE)(parts)


def _scaled(x: Any, steps: RowTransformation) -> Any:
    if not steps.center.any() and (steps.scale == 1).all():
        return x
    # In two layers: one would subtract the products, and lose what they have in common.
    centred = keras.layers.Rescaling(1.0, -steps.center, **_WIDE)(x)
    z = keras.layers.Rescaling(steps.scale, **_WIDE)(centred)
    clip = float(steps.clip)
    if clip == np.inf:
        return z
    z = keras.ops.clip(z, -FLAT * clip, FLAT * clip)
    return z / keras.ops.sqrt(1 + keras.ops.square(z / clip))


def _bins(x: Any, steps: RowTransformation) -> Any:
    layers, n_bins = keras.layers, steps.lower.shape[0]
    features = keras.ops.take(x, steps.columns.tolist(), axis=1)
    repeated = layers.RepeatVector(n_bins, **_WIDE)(features)
    passed = layers.Rescaling(1.0, -steps.lower, **_WIDE)(repeated)
    passed = layers.Rescaling(steps.inverse_width, **_WIDE)(passed)
    return layers.Flatten(**_WIDE)(layers.ReLU(max_value=1.0, **_WIDE)(passed))

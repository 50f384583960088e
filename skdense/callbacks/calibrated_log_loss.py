"""The log-loss after temperature scaling, as a scorer."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdense.preprocessing.temperature import fit_temperature

NAME = "neg_calibrated_log_loss"


def neg_calibrated_log_loss(estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
    """Negative log-loss on a validation set, at the temperature that is the best on it.

    A network becomes too sure long before it becomes wrong more often, and the plain log-loss
    chooses an epoch before it has learned what it could: being too sure is mended afterwards. y is
    (n_samples,) or (n_samples, n_labels).

    E. Berta, D. Holzmüller, M. Jordan and F. Bach, "Rethinking early stopping: refine, then
    calibrate", arXiv:2501.19195, 2025.
    """
    encoding = estimator._encoding
    y = np.asarray(y.toarray() if hasattr(y, "toarray") else y)
    numbers = encoding.numbers(y.ravel() if y.ndim == 2 and y.shape[1] == 1 else y)
    weight = np.broadcast_to(1.0 if sample_weight is None else sample_weight, len(numbers))
    return -fit_temperature(estimator._raw_outputs(X), numbers, weight, encoding).log_loss

"""Temperature scaling: probabilities that are neither too sure nor too unsure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from scipy import special
from scipy.optimize import minimize_scalar

from skdense.preprocessing.class_encoding import ClassEncoding

# Of the temperature's logarithm: from 1/148 to 148.
_LARGEST_LOGARITHM = 5.0
_AS_MATRIX = {"sparse_categorical_crossentropy": "categorical_crossentropy"}


class TemperatureFit(NamedTuple):
    """The temperature with the lowest log-loss, and that log-loss."""

    temperature: float
    log_loss: float


def fit_temperature(
    logits: np.ndarray, numbers: np.ndarray, weight: np.ndarray, encoding: ClassEncoding
) -> TemperatureFit:
    """Find the temperature by which dividing the logits gives the lowest log-loss.

    It is above 1 where the network was too sure. One number for all classes keeps the order of the
    scores, so that labels, AUC and ranks stay. Targets are a little less than certain, as if there
    were another sample with something of each class: then there is a lowest log-loss where all
    labels are right, too. That is an idea of J. Platt, "Probabilistic outputs for support vector
    machines", 1999.

    `logits` (n_samples, n_outputs) are those before the output's activation, of samples that were
    not trained on; `numbers` are as given by `ClassEncoding.numbers`.

    C. Guo, G. Pleiss, Y. Sun and K. Weinberger, "On calibration of modern neural networks", ICML
    2017.
    """
    logits = logits.astype(np.float64)
    with_matrix = replace(encoding, loss=_AS_MATRIX.get(encoding.loss, encoding.loss))
    smoothing = 1 / (weight.sum() + 1)
    targets = with_matrix.smooth(with_matrix.targets(numbers, "float64"), smoothing)
    weight = weight / weight.sum()

    def log_loss(logarithm: float) -> float:
        scaled = logits * np.exp(-logarithm)
        if encoding.out_activation == "softmax":
            return -float(weight @ np.sum(targets * special.log_softmax(scaled, axis=1), axis=1))
        likelihood = targets * special.log_expit(scaled)
        likelihood += (1 - targets) * special.log_expit(-scaled)
        return -float(weight @ likelihood.mean(axis=1))

    bounds = -_LARGEST_LOGARITHM, _LARGEST_LOGARITHM
    found: Any = minimize_scalar(log_loss, bounds=bounds, method="bounded")
    return TemperatureFit(float(np.exp(found.x)), float(found.fun))

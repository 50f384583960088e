"""Temperature scaling finds what scikit-learn's does."""

import numpy as np
import pytest
from scipy import optimize, special
from sklearn.metrics import log_loss

from skdense.preprocessing.class_encoding import ClassEncoding
from skdense.preprocessing.temperature import fit_temperature

CROSSENTROPIES = {
    "binary": "binary_crossentropy",
    "multiclass": "sparse_categorical_crossentropy",
    "one-hot": "categorical_crossentropy",
    "multilabel": "binary_crossentropy",
}


def drawn(kind, n_samples=4000, temperature=3.0):
    """Outputs that are too large by a factor, and labels as likely as the right ones say."""
    random = np.random.default_rng(0)
    n_outputs = 1 if kind == "binary" else 3
    logits = random.normal(size=(n_samples, n_outputs))
    if kind in ("binary", "multilabel"):
        numbers = (random.random(logits.shape) < special.expit(logits)).astype(int)
        numbers = numbers[:, 0] if kind == "binary" else numbers
    else:
        chances = special.softmax(logits, axis=1).cumsum(axis=1)
        numbers = (random.random((n_samples, 1)) > chances).sum(axis=1)
    return logits * temperature, numbers, random


@pytest.mark.parametrize("kind", CROSSENTROPIES)
def test_the_temperature_that_outputs_were_drawn_with(kind):
    logits, numbers, random = drawn(kind)
    encoding = ClassEncoding(kind, np.arange(2 if kind == "binary" else 3), CROSSENTROPIES[kind])
    fit = fit_temperature(logits, numbers, np.ones(len(logits)), encoding)
    assert fit.temperature == pytest.approx(3, rel=0.1)
    weight = random.integers(1, 4, len(logits))
    weighted = fit_temperature(logits, numbers, weight, encoding)
    repeated = fit_temperature(
        np.repeat(logits, weight, axis=0),
        np.repeat(numbers, weight, axis=0),
        np.ones(weight.sum()),
        encoding,
    )
    assert weighted == pytest.approx(repeated, rel=1e-6)


def test_the_log_loss_is_the_lowest():
    logits, numbers, _ = drawn("multiclass", n_samples=50_000)
    encoding = ClassEncoding("multiclass", np.arange(3), CROSSENTROPIES["multiclass"])
    fit = fit_temperature(logits, numbers, np.ones(len(logits)), encoding)

    def of_scikit_learn(temperature):
        return log_loss(numbers, special.softmax(logits / temperature, axis=1))

    best = optimize.minimize_scalar(of_scikit_learn, bounds=(0.1, 10), method="bounded")
    # One more sample, which has a third of each class, hardly counts.
    assert fit.temperature == pytest.approx(best.x, rel=1e-3)
    assert fit.log_loss == pytest.approx(best.fun, rel=1e-3)


def test_certain_and_right():
    encoding = ClassEncoding("binary", np.arange(2), CROSSENTROPIES["binary"])
    logits = np.array([[30.0], [-30.0], [20.0], [-20.0]])
    fit = fit_temperature(logits, np.array([1, 0, 1, 0]), np.ones(4), encoding)
    assert 1 < fit.temperature < 148
    assert 0 < fit.log_loss < 0.5

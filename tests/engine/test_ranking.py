"""Metrics of rankings: by their definition over all pairs and thresholds, and scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from skdense.engine._tensorflow import tf
from skdense.engine.ranking import average_precision, roc_auc

SIZE = 30  # of the compiled functions; what fills it has weight zero


@tf.function(jit_compile=True)
def compiled(scores, positive, negative):
    area = roc_auc(scores, positive, negative)
    several = roc_auc(scores, positive, tf.stack([negative, 2 * negative]))
    return area, several, average_precision(scores, positive, negative)


def computed(scores, y, weight):
    n_filled = SIZE - len(y)
    filled = np.append(scores, np.full(n_filled, scores[-1]))
    weight = np.append(weight, np.zeros(n_filled))
    is_positive = np.append(y, np.zeros(n_filled))
    parts = (filled, weight * is_positive, weight * (1 - is_positive))
    return [each.numpy() for each in compiled(*map(tf.constant, parts))]


@given(
    # Half of the scores or so are those of another sample.
    scores=st.lists(st.integers(-8, 8), min_size=2, max_size=SIZE),
    seed=st.integers(0, 2**32 - 1),
    weighted=st.booleans(),
)
def test_ties_and_weights(scores, seed, weighted):
    random = np.random.default_rng(seed)
    scores = np.array(scores) / 7
    y = random.integers(0, 2, len(scores))
    y[:2] = 0, 1
    weight = random.choice([0.25, 1.0, 3.7, 100.0], len(y)) if weighted else np.ones(len(y))
    area, several, precision = computed(scores, y, weight)
    order = np.sign(scores[y == 1][:, None] - scores[y == 0]) / 2 + 0.5
    pairs = weight[y == 1][:, None] * weight[y == 0]
    assert area == pytest.approx((order * pairs).sum() / pairs.sum(), rel=1e-12)
    assert area == pytest.approx(roc_auc_score(y, scores, sample_weight=weight), rel=1e-9)
    assert several == pytest.approx([area, area], rel=1e-12)  # twice the weight changes nothing
    found = average_precision_score(y, scores, sample_weight=weight)
    assert precision == pytest.approx(found, rel=1e-9)


def test_zeros_of_either_sign_tie():
    assert computed(np.array([-0.0, 0.0]), np.array([0, 1]), np.ones(2))[0] == 0.5
    assert computed(np.array([0.0, -0.0]), np.array([0, 1]), np.ones(2))[0] == 0.5


def test_neighbouring_numbers_do_not_tie():
    scores = np.array([0.1, np.nextafter(0.1, 1)])
    assert computed(scores, np.array([0, 1]), np.ones(2))[0] == 1

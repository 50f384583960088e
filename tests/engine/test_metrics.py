"""Metrics in the program equal scikit-learn's on the same outputs."""

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special
from sklearn import metrics

from skdense.engine._tensorflow import tf
from skdense.engine.metrics import METRICS, epoch_metrics
from skdense.engine.program_inputs import MetricData
from skdense.engine.settings import ProgramMetrics

SIZE = 40  # of the compiled functions; what fills it has weight zero


@functools.cache
def compiled(task, names):
    asked = ProgramMetrics(names, task)

    @tf.function(jit_compile=True)
    def compute(outputs, y, weight, center, scale):
        return epoch_metrics(asked, outputs, MetricData(y, weight, center, scale))

    return compute


def computed(task, outputs, y, weight=None, unit=(None, None)):
    """All metrics of a task, by name."""
    names = tuple(METRICS[task])
    weight = np.ones(len(y)) if weight is None else weight
    filling = SIZE - len(y)
    arrays = [
        np.concatenate([each, np.repeat(each[-1:], filling, axis=0)]) for each in (outputs, y)
    ]
    weight = np.append(weight, np.zeros(filling))
    found = compiled(task, names)(*map(tf.constant, (*arrays, weight)), *unit)
    return dict(zip(names, (each.numpy() for each in found), strict=True))


def draw(seed, n_samples, n_rows, n_columns):
    """Rows of outputs, some of them equal, and weights."""
    random = np.random.default_rng(seed)
    rows = random.normal(scale=random.choice([0.1, 1, 4]), size=(n_rows, n_columns))
    outputs = rows.astype(np.float32)[random.integers(n_rows, size=n_samples)]
    return random, outputs, random.choice([0.25, 1.0, 3.7], n_samples)


def many_cases(test):
    cases = given(
        seed=st.integers(0, 2**32 - 1),
        n_samples=st.integers(4, SIZE),
        n_rows=st.integers(1, SIZE),
        weighted=st.booleans(),
    )
    return settings(max_examples=50)(cases(test))


def labels(random, n_samples, n_classes):
    y = random.integers(n_classes, size=n_samples).astype(np.int32)
    y[:n_classes] = np.arange(n_classes)
    return y


def check(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        rel = 1e-5 if name == "neg_calibrated_log_loss" else 1e-9  # found by halving a range
        assert found[name] == pytest.approx(value, rel=rel, abs=1e-12), name


def calibrated(logits, y, weight, n_classes):
    """Of SciPy: another sample is there with a part of each class."""
    weight = np.ones(len(y)) if weight is None else weight
    part = 1 / (weight.sum() + 1) / n_classes
    of_class = weight[:, None] * (np.eye(n_classes)[y] * (1 - part * n_classes) + part)
    of_class /= of_class.sum()

    def log_loss(logarithm):
        factor = np.exp(-np.asarray(logarithm))[..., None, None]
        probabilities = np.clip(special.softmax(logits * factor, axis=-1), 1e-300, 1)
        return -(of_class * np.log(probabilities)).sum(axis=(-2, -1))

    logarithms = np.linspace(-5, 5, 101)
    best = logarithms[log_loss(logarithms).argmin()]
    bounds = max(best - 0.1, -5), min(best + 0.1, 5)
    return -optimize.minimize_scalar(log_loss, bounds=bounds, method="bounded").fun


@pytest.mark.parametrize("n_outputs", [1, 2])
@many_cases
def test_two_classes(n_outputs, seed, n_samples, n_rows, weighted):
    random, outputs, weight = draw(seed, n_samples, n_rows, n_outputs)
    y, logits = labels(random, n_samples, 2), outputs.astype(float)
    decisions = logits[:, 0] if n_outputs == 1 else logits[:, 1] - logits[:, 0]
    positive = special.expit(decisions)
    options = {"sample_weight": weight if weighted else None}
    area = metrics.roc_auc_score(y, decisions, **options)
    expected = {
        "accuracy": metrics.accuracy_score(y, decisions > 0, **options),
        "average_precision": metrics.average_precision_score(y, decisions, **options),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, decisions > 0, **options),
        "neg_brier_score": -metrics.brier_score_loss(y, positive, **options),
        "neg_calibrated_log_loss": calibrated(
            np.stack([0 * decisions, decisions], axis=1), y, options["sample_weight"], 2
        ),
        "neg_log_loss": -metrics.log_loss(y, positive, **options),
        "roc_auc": area,
    }
    ranked = {name: area for name in METRICS["binary"] if name.startswith("roc_auc_ov")}
    found = computed("binary", outputs, y, weight if weighted else None)
    check(found, expected | ranked)


@many_cases
def test_several_classes(seed, n_samples, n_rows, weighted):
    random, outputs, weight = draw(seed, n_samples, n_rows, 3)
    y, logits = labels(random, n_samples, 3), outputs.astype(float)
    probabilities, guess = special.softmax(logits, axis=1), logits.argmax(axis=1)
    options = {"sample_weight": weight if weighted else None}

    def area(multi_class, average, **options):
        ways = {"multi_class": multi_class, "average": average}
        return metrics.roc_auc_score(y, probabilities, **ways, **options)

    precision = metrics.average_precision_score(np.eye(3)[y], logits, **options)
    squares = ((np.eye(3)[y] - probabilities) ** 2).sum(axis=1)
    expected = {
        "accuracy": metrics.accuracy_score(y, guess, **options),
        "average_precision": precision,
        "balanced_accuracy": metrics.balanced_accuracy_score(y, guess, **options),
        "neg_brier_score": -np.average(squares, weights=options["sample_weight"]),
        "neg_calibrated_log_loss": calibrated(logits, y, options["sample_weight"], 3),
        "neg_log_loss": -metrics.log_loss(y, probabilities, **options),
        "roc_auc_ovo": area("ovo", "macro"),  # which knows no weights
        "roc_auc_ovo_weighted": area("ovo", "weighted"),
        "roc_auc_ovr": area("ovr", "macro", **options),
        "roc_auc_ovr_weighted": area("ovr", "weighted", **options),
    }
    found = computed("multiclass", outputs, y, weight if weighted else None)
    if weighted:
        plain = computed("multiclass", outputs, y)
        found |= {name: plain[name] for name in ("roc_auc_ovo", "roc_auc_ovo_weighted")}
    check(found, expected)


@pytest.mark.parametrize("task", ["multilabel", "one-hot"])
@many_cases
def test_a_matrix_of_labels(task, seed, n_samples, n_rows, weighted):
    random, outputs, weight = draw(seed, n_samples, n_rows, 3)
    logits = outputs.astype(float)
    if task == "one-hot":
        y = labels(random, n_samples, 3)
        matrix, guess = np.eye(3)[y], np.eye(3)[logits.argmax(axis=1)]
    else:
        y = random.integers(2, size=(n_samples, 3)).astype(np.int32)
        y[:2] = [[0, 1, 0], [1, 0, 1]]
        matrix, guess = y, logits > 0
    options = {"sample_weight": weight if weighted else None}
    if task == "one-hot":
        log_loss = calibrated(logits, y, options["sample_weight"], 3)
    else:  # each label by itself, a third of a sample
        decisions = np.stack([0 * logits.ravel(), logits.ravel()], axis=1)
        thirds = np.repeat(weight if weighted else np.ones(len(y)), 3) / 3
        log_loss = calibrated(decisions, y.ravel(), thirds, 2)
    expected = {
        "neg_calibrated_log_loss": log_loss,
        "accuracy": metrics.accuracy_score(matrix.astype(int), guess.astype(int), **options),
        "average_precision": metrics.average_precision_score(matrix, logits, **options),
        "roc_auc": metrics.roc_auc_score(matrix, logits, **options),
    }
    check(computed(task, outputs, y, weight if weighted else None), expected)


@many_cases
def test_regression(seed, n_samples, n_rows, weighted):
    random, outputs, weight = draw(seed, n_samples, n_rows, 2)
    center, scale = np.array([1e4, -3.0]), np.array([250.0, 1e-3])
    y = center + scale * random.normal(size=(n_samples, 2))
    predictions = outputs * scale + center
    options = {"sample_weight": weight if weighted else None}
    squares = metrics.mean_squared_error(y, predictions, multioutput="raw_values", **options)
    expected = {
        "neg_mean_absolute_error": -metrics.mean_absolute_error(y, predictions, **options),
        "neg_mean_squared_error": -squares.mean(),
        "neg_root_mean_squared_error": -np.sqrt(squares).mean(),
        "r2": metrics.r2_score(y, predictions, **options),
    }
    unit = tuple(map(tf.constant, (center, scale)))
    check(computed("regression", outputs, y, weight if weighted else None, unit), expected)


def test_certain_predictions():
    logits = np.array([[-800], [800], [800], [40]], np.float32)
    y = np.array([0, 1, 0, 1], np.int32)
    found = computed("binary", logits, y)
    probabilities = special.expit(logits[:, 0].astype(float))
    assert found["neg_log_loss"] == pytest.approx(-metrics.log_loss(y, probabilities), rel=1e-9)
    # Before the sigmoid the scores keep their ranks, which a probability of 1 has lost.
    assert found["roc_auc"] == metrics.roc_auc_score(y, logits[:, 0]) == 0.625
    assert found["roc_auc_ovr"] == metrics.roc_auc_score(y, probabilities)

"""Properties of labels on their way to targets and back, which hold for any labels."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import special
from sklearn.utils.multiclass import type_of_target

from skdense import DenseClassifier
from skdense.preprocessing.class_encoding import encode_classes
from tests.helpers import plain

LABELS = st.one_of(
    st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=30),
    st.lists(st.text("abcxyz é", max_size=5), min_size=2, max_size=30),
    st.lists(st.booleans(), min_size=2, max_size=30),
    st.lists(st.integers(-50, 50).map(float), min_size=2, max_size=30),
)
# All classes, with gaps between the numbers, and labels that need not have them all.
CLASSES = st.one_of(
    st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=6, unique=True),
    st.lists(st.text("abcxyz é", max_size=5), min_size=2, max_size=6, unique=True),
)
SUBSETS = CLASSES.flatmap(
    lambda classes: st.tuples(
        st.just(classes), st.lists(st.sampled_from(classes), min_size=1, max_size=30)
    )
)
MATRICES = st.tuples(st.integers(2, 20), st.integers(2, 5)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.integers(0, 1))
)


@pytest.mark.filterwarnings("ignore:The number of unique classes is greater")  # of scikit-learn
@given(LABELS)
def test_labels_survive_the_round_trip(labels):
    y = np.array(labels)
    assume(len(set(labels)) > 1)
    assume(type_of_target(y) in ("binary", "multiclass"))
    encoding = encode_classes(y, "auto")
    classes, expected = np.unique(y, return_inverse=True)
    numbers = encoding.numbers(y)
    assert np.array_equal(encoding.classes, classes)
    assert np.array_equal(numbers, expected)
    certain = np.where(np.eye(len(classes), dtype=bool)[numbers], 9.0, -9.0)
    logits = certain[:, 1:] if encoding.n_outputs == 1 else certain
    assert np.array_equal(encoding.labels(logits), y)
    assert encoding.labels(logits).dtype == y.dtype
    assert np.allclose(encoding.probabilities(logits).sum(axis=1), 1)


@given(SUBSETS)
def test_labels_of_some_of_the_classes_survive_the_round_trip(drawn):
    classes, labels = drawn
    y = np.array(labels, dtype=np.array(classes).dtype)
    encoding = encode_classes(y, "categorical_crossentropy", classes)
    assert encoding.classes.tolist() == sorted(classes)
    numbers = encoding.numbers(y)
    assert [sorted(classes)[number] for number in numbers] == labels
    targets = encoding.targets(numbers, "float64")
    assert targets.shape == (len(labels), len(classes))
    assert np.array_equal(encoding.labels(np.where(targets == 1, 9.0, -9.0)), y)


@given(CLASSES.filter(lambda classes: len(classes) > 2))
def test_a_class_that_was_not_named_is_refused(classes):
    *known, other = classes
    y = np.array(classes)
    encoding = encode_classes(y[:-1], "auto", known)
    with pytest.raises(ValueError, match=r"y. has classes not in .self.classes_") as refused:
        encoding.numbers(y)
    assert str(y[-1:]) in str(refused.value)
    assert other not in encoding.classes.tolist()


@given(MATRICES)
def test_matrices_of_labels_survive_the_round_trip(matrix):
    assume(type_of_target(matrix) == "multilabel-indicator")
    encoding = encode_classes(matrix, "auto")
    assert np.array_equal(encoding.targets(encoding.numbers(matrix), "float32"), matrix)
    assert np.array_equal(encoding.labels(np.where(matrix, 9.0, -9.0)), matrix)


@given(st.lists(st.integers(0, 3), min_size=2, max_size=20))
def test_one_hot_rows_survive_the_round_trip(numbers):
    matrix = np.eye(4, dtype=int)[numbers]
    assume(type_of_target(matrix) == "multilabel-indicator")
    encoding = encode_classes(matrix, "categorical_crossentropy")
    assert encoding.numbers(matrix).tolist() == numbers
    assert np.array_equal(encoding.targets(encoding.numbers(matrix), "float64"), matrix)
    assert np.array_equal(encoding.labels(np.where(matrix, 9.0, -9.0)), matrix)


@given(arrays(np.float64, (7, 3), elements=st.floats(-500, 500)))
def test_probabilities_are_those_of_the_textbook(logits):
    several = encode_classes(np.arange(3), "auto").probabilities(logits)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    assert np.allclose(several, powers / powers.sum(axis=1, keepdims=True))
    two = encode_classes(np.arange(2), "auto")
    column = logits[:, :1]
    found = two.probabilities(column)
    assert np.allclose(found[:, 1], 1 / (1 + np.exp(-column[:, 0])))
    assert np.allclose(found.sum(axis=1), 1)
    likely = found > 1e-300
    assert np.allclose(two.log_probabilities(column)[likely], np.log(found[likely]))
    assert np.isfinite(two.log_probabilities(column)).all()


# Probabilities -----------------------------------------------------------------------------------


@pytest.mark.parametrize("n_outputs", [1, 2, 3])
def test_probabilities_keep_the_order_of_the_decision_function(cancer, n_outputs):
    X, y = cancer[0].astype(np.float32), cancer[1]
    if n_outputs == 3:
        y = np.column_stack([y, 1 - y, y])
    loss = "categorical_crossentropy" if n_outputs == 2 else "auto"
    net = plain(DenseClassifier, (), epochs=20, learning_rate=0.1, loss=loss, random_state=0).fit(
        X, y
    )
    # As sure of everything as a network that has been trained for long.
    net.weights_ = [4 * array for array in net.weights_]
    logits = net.decision_function(X).astype(np.float64)
    found = net.predict_proba(X)
    positive = found if n_outputs == 3 else found[:, 1]
    assert logits.max() > 20
    assert np.allclose(positive, special.expit(logits), rtol=1e-4, atol=0)
    between = np.abs(logits) < 30
    assert len(np.unique(positive[between])) > 0.98 * len(np.unique(logits[between]))
    logarithms = net.predict_log_proba(X)
    assert np.allclose(
        logarithms if n_outputs == 3 else logarithms[:, 1], special.log_expit(logits)
    )
    assert net.decision_function(X).dtype == np.float32
    assert {each.dtype for each in (found, logarithms)} == {np.dtype(np.float64)}

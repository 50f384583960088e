"""Properties of a random split, which hold for any labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdense.preprocessing.random_split import hold_out

# Labels of 1 to 5 classes: numbers with gaps between them, negative ones too, or text.
CLASSES = st.one_of(
    st.just([None]),  # no labels: not stratified
    st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=5, unique=True),
    st.lists(st.text("abcxyz é", max_size=5), min_size=1, max_size=5, unique=True),
)


def enough(n_samples, fraction, n_classes):
    """Tell whether both parts get a row of each class, how large the classes ever are."""
    return n_samples >= 3 * n_classes / min(fraction, 1 - fraction)


@given(st.integers(1, 300), st.floats(0.01, 0.99), st.integers(0, 2**31 - 1), CLASSES)
def test_held_out_rows_are_a_partition(n_samples, fraction, seed, classes):
    labels = None if classes == [None] else np.array(classes)[np.arange(n_samples) % len(classes)]
    try:
        train, held_out = hold_out(n_samples, fraction, labels, seed)
    except ValueError:
        assert not enough(n_samples, fraction, len(classes))
        return
    assert sorted([*train, *held_out]) == list(range(n_samples))
    assert len(held_out) == np.ceil(fraction * n_samples)
    if labels is not None:
        assert set(labels[train]) == set(labels)
        counts = [np.sum(labels[held_out] == name) for name in set(labels)]
        assert np.ptp(counts) <= 2


@given(CLASSES.filter(lambda classes: len(classes) > 1), st.integers(0, 2**31 - 1))
def test_which_classes_there_are_does_not_matter(classes, seed):
    """Names of classes in the same order split as their numbers 0, 1, 2, ... do."""
    numbers = np.arange(60) % len(classes)
    named = np.sort(np.array(classes))[numbers]
    for part, expected in zip(
        hold_out(60, 0.25, named, seed), hold_out(60, 0.25, numbers, seed), strict=True
    ):
        assert np.array_equal(part, expected)


@pytest.mark.parametrize("names", [[0, 1], [3, 7], [-5, 2], ["a", "b"]])
def test_a_single_row_of_a_class_is_refused(names):
    labels = np.array([names[0]] * 9 + [names[1]])
    with pytest.raises(ValueError, match="the rarest class has a single row"):
        hold_out(10, 0.3, labels, 0)

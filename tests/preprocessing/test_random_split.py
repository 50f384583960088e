"""Properties of a random split, which hold for any labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedKFold

from skdense.preprocessing.random_split import hold_out, leave_out_fold

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


@given(st.integers(2, 100), st.integers(2, 12), st.integers(0, 2**32 - 1), st.data())
def test_each_row_is_in_one_fold_but_for_the_only_one_of_a_class(n_samples, n_folds, seed, data):
    labels = np.array(
        data.draw(st.lists(st.integers(0, 5), min_size=n_samples, max_size=n_samples))
    )
    names, counts = np.unique(labels, return_counts=True)
    single = np.isin(labels, names[counts == 1])
    if single.sum() > n_samples - 2:
        with pytest.raises(ValueError, match="cannot be split into folds"):
            leave_out_fold(n_samples, n_folds, labels, seed, 0)
        return
    n_used = min(n_folds, n_samples - single.sum())
    times = np.zeros(n_samples, int)
    for number in range(n_used):
        train, held_out = leave_out_fold(n_samples, n_folds, labels, seed, number)
        assert sorted([*train, *held_out]) == list(range(n_samples))
        assert set(labels[train]) == set(labels)
        times[held_out] += 1
    assert np.array_equal(times, ~single)
    for one, other in zip(
        leave_out_fold(n_samples, n_folds, labels, seed, 0),
        leave_out_fold(n_samples, n_folds, labels, seed, n_used),
        strict=True,
    ):
        assert np.array_equal(one, other)


@given(st.integers(2, 6), st.integers(1, 5), st.integers(0, 80), st.integers(0, 2**32 - 1))
def test_folds_have_as_many_rows_of_a_class_as_scikit_learns(n_folds, n_classes, n_more, seed):
    labels = np.arange(n_folds * n_classes + n_more) % n_classes
    splits = StratifiedKFold(n_folds).split(labels, labels)
    for number, (_, expected) in enumerate(splits):
        _, held_out = leave_out_fold(len(labels), n_folds, labels, seed, number)
        assert np.array_equal(
            np.bincount(labels[held_out], minlength=n_classes),
            np.bincount(labels[expected], minlength=n_classes),
        )


def test_folds_are_shuffled_by_the_seed():
    folds = [leave_out_fold(40, 4, None, seed, 0)[1].tolist() for seed in (0, 0, 1)]
    assert folds[0] == folds[1] != folds[2]
    assert folds[0] != list(range(0, 40, 4))

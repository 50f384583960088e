"""Properties that hold for any input: readers of parameters, encodings, sizes rounded up."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.utils.multiclass import type_of_target

from skdense.engine.padding import round_up
from skdense.estimators.parameters import layer_sizes, per_layer_activations, per_layer_rates
from skdense.preprocessing.class_encoding import encode_classes
from skdense.preprocessing.random_split import hold_out
from skdense.preprocessing.target_scaling import scale_numbers

SIZES = st.lists(st.integers(1, 10**6), max_size=6)
RATES = st.floats(0, 1, exclude_max=True)
LABELS = st.one_of(
    st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=30),
    st.lists(st.text("abcxyz é", max_size=5), min_size=2, max_size=30),
    st.lists(st.booleans(), min_size=2, max_size=30),
    st.lists(st.integers(-50, 50).map(float), min_size=2, max_size=30),
)
MATRICES = st.tuples(st.integers(2, 20), st.integers(2, 5)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.integers(0, 1))
)


# Parameters --------------------------------------------------------------------------------------


@given(SIZES)
def test_layer_sizes_read_any_sequence_alike(sizes):
    expected = tuple(sizes)
    for given_as in (sizes, expected, np.array(sizes, dtype=int)):
        assert layer_sizes(given_as) == expected
    assert all(type(size) is int for size in layer_sizes(np.array(sizes, dtype=int)))


@given(st.integers(1, 10**6))
def test_a_single_layer_size(size):
    assert layer_sizes(size) == layer_sizes(np.int64(size)) == layer_sizes([size]) == (size,)


@given(SIZES, st.one_of(st.integers(max_value=0), st.floats(), st.booleans(), st.text(), st.none()))
def test_layer_sizes_refuse_what_is_no_positive_integer(sizes, bad):
    with pytest.raises(ValueError, match=r"hidden_layer_sizes=.*positive integer"):
        layer_sizes([*sizes, bad])


@given(st.lists(RATES, max_size=6))
def test_rates_for_each_layer(rates):
    n_layers = len(rates)
    for given_as in (rates, tuple(rates), np.array(rates)):
        assert per_layer_rates("dropout", given_as, n_layers, below=1.0) == tuple(rates)


@given(RATES, st.integers(0, 6))
def test_one_rate_for_all_layers(rate, n_layers):
    expected = (rate,) * n_layers
    assert per_layer_rates("dropout", rate, n_layers, below=1.0) == expected
    assert per_layer_rates("dropout", np.float64(rate), n_layers, below=1.0) == expected


@given(st.lists(RATES, max_size=6), st.integers(0, 6))
def test_a_wrong_number_of_rates_names_both_lengths(rates, n_layers):
    assume(len(rates) != n_layers)
    words = f"l2=.* has {len(rates)} values, but hidden_layer_sizes has {n_layers} layers"
    with pytest.raises(ValueError, match=words):
        per_layer_rates("l2", rates, n_layers)
    activations = ["relu"] * len(rates)
    with pytest.raises(ValueError, match=words.replace("l2", "activation")):
        per_layer_activations(activations, n_layers)


@given(
    st.lists(RATES, max_size=3),
    st.one_of(st.floats(max_value=0, exclude_max=True), st.floats(1), st.just(float("nan"))),
)
def test_rates_out_of_range_are_refused(rates, bad):
    with pytest.raises(ValueError, match=r"dropout=.*it has to be in \[0, 1\)"):
        per_layer_rates("dropout", [*rates, bad], len(rates) + 1, below=1.0)


# Labels ------------------------------------------------------------------------------------------


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


# Numbers -----------------------------------------------------------------------------------------


@given(
    arrays(
        np.float64,
        st.one_of(st.tuples(st.integers(2, 30)), st.tuples(st.integers(2, 30), st.integers(2, 4))),
        elements=st.floats(-1e9, 1e9, allow_subnormal=False),
    ),
    st.booleans(),
)
def test_numbers_survive_the_round_trip(y, scaled):
    encoding = scale_numbers(y, np.ones(len(y)), "mse", scaled)
    targets = encoding.targets(y, "float64")
    size = np.abs(y).max()
    assert targets.shape == (len(y), 1 if y.ndim == 1 else y.shape[1])
    assert np.isfinite(targets).all()
    back = encoding.numbers(targets)
    assert back.shape == y.shape
    assert np.allclose(back, y, rtol=1e-9, atol=1e-9 * size)
    if not scaled:
        assert np.array_equal(targets.reshape(y.shape), y)


@given(arrays(np.float64, 20, elements=st.floats(-1e6, 1e6), unique=True))
def test_scaled_numbers_are_standardized(y):
    assume(np.std(y) > 1e-6 * np.abs(y).max())
    targets = scale_numbers(y, np.ones(20), "mse", True).targets(y, "float64")
    assert np.isclose(targets.mean(), 0, atol=1e-6)
    assert np.isclose(targets.std(), 1, rtol=1e-6)


# Rows --------------------------------------------------------------------------------------------


@given(st.integers(1, 300), st.floats(0.01, 0.99), st.integers(0, 2**31 - 1), st.integers(1, 5))
def test_held_out_rows_are_a_partition(n_samples, fraction, seed, n_classes):
    labels = np.arange(n_samples) % n_classes if n_classes > 1 else None
    if n_samples < 3 * n_classes / min(fraction, 1 - fraction):  # may be too few
        with suppress(ValueError):
            hold_out(n_samples, fraction, labels, seed)
        return
    train, held_out = hold_out(n_samples, fraction, labels, seed)
    assert sorted([*train, *held_out]) == list(range(n_samples))
    assert len(held_out) == np.ceil(fraction * n_samples)
    if labels is not None:
        assert len(np.unique(labels[train])) == len(np.unique(labels))
        counts = np.bincount(labels[held_out], minlength=n_classes)
        assert np.ptp(counts) <= 2


@given(st.integers(1, 10**9), st.sampled_from([1, 4, 8]))
def test_rounding_up_wastes_little(n, pieces):
    rounded = round_up(n, pieces)
    assert n <= rounded <= max(n * (1 + 1 / pieces), n + 1)
    assert round_up(rounded, pieces) == rounded
    assert round_up(n + 1, pieces) >= rounded

"""Properties of the readers of parameters, which hold whatever they are given."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.model_selection import GridSearchCV

from skdense import DenseClassifier, DenseRegressor
from skdense.estimators.parameters import layer_sizes, per_layer_activations, per_layer_rates
from skdense.schedules import CosineDecay
from tests.helpers import plain

SIZES = st.lists(st.integers(1, 10**6), max_size=6)
RATES = st.floats(0, 1, exclude_max=True)


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


@pytest.mark.parametrize("kind", [DenseClassifier, DenseRegressor])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("optimizer__learning_rate", "set learning_rate= instead"),
        ("optimizer__clipnorm", r"optimizer=keras\.optimizers\.Adam\(clipnorm=\.\.\.\)"),
        ("model__dropout", "set dropout= instead"),
        ("model__units", "hidden_layer_sizes.*NetworkClassifier"),
        ("fit__batch_size", "set batch_size= instead"),
        ("fit__validation_split", "set validation_fraction= instead"),
        ("validation_split", "set validation_fraction= instead"),
        ("fit__shuffle", "NetworkRegressor"),
        ("loss__delta", r"keras\.losses\.Huber\(delta="),
        ("callbacks__patience", "set patience= instead"),
        ("compile__run_eagerly", "NetworkClassifier"),
    ],
)
def test_names_of_scikeras_say_what_to_set_instead(kind, name, words):
    net = plain(kind, lr_schedule=CosineDecay())
    with pytest.raises(ValueError, match=f"{name} is no parameter of {kind.__name__}.*{words}"):
        net.set_params(**{name: 1})
    with pytest.raises(ValueError, match=words):
        GridSearchCV(net, {name: [1]}, cv=2, error_score="raise").fit(np.eye(4), [0, 1, 0, 1])
    assert net.set_params(lr_schedule__alpha=0.5).lr_schedule.alpha == 0.5
    with pytest.raises(ValueError, match="Invalid parameter 'speed'"):
        net.set_params(speed=1)

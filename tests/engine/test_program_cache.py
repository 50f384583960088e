"""Programs are built once, used again, bounded, counted and safe between threads."""

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import Mock

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework import ops

from skdense import cache_info, clear_cache
from skdense.engine import _compat, program_cache
from skdense.engine.padding import padded_sizes, worth_compiling
from skdense.engine.program import Program
from tests.engine.keras_reference import (
    engine_fit,
    largest_difference,
    make_architecture,
    make_rows,
    make_settings,
)


def test_values_share_a_program_and_constants_do_not(fresh_cache):
    architecture = make_architecture(dropout=(True, True))

    def fit(n_samples=100, optimizer="sgd", **changes):
        settings = make_settings(architecture, optimizer, **changes)
        return engine_fit(architecture, settings, make_rows(architecture, n_samples=n_samples))

    fit()
    assert cache_info()[2:5] == (0, 1, 1)
    fit(learning_rate=0.3, l1=(0.1, 0.0), l2=(0.0, 0.2), dropout=(0.5, 0.1), epochs=3, patience=3)
    fit(n_samples=97)
    assert cache_info()[2:5] == (2, 1, 1)
    fit(batch_size=16)
    fit(optimizer="adam")
    assert cache_info()[2:5] == (2, 3, 3)
    assert cache_info().programs == 3


def test_what_the_cache_held_does_not_change_the_result(fresh_cache):
    architecture = make_architecture(batch_norm="before", dropout=(True, False))
    settings = make_settings(architecture, "adam", dropout=(0.3, 0.0))
    rows = make_rows(architecture)
    cold = engine_fit(architecture, settings, rows)
    other = make_settings(architecture, "adam", dropout=(0.1, 0.0), learning_rate=0.1)
    engine_fit(architecture, other, make_rows(architecture, n_samples=90, seed=9))
    warm = engine_fit(architecture, settings, rows)
    assert largest_difference(cold.weights, warm.weights) == 0.0
    assert largest_difference(cold.slots, warm.slots) == 0.0


def test_threads_do_not_mix_weights(fresh_cache):
    architecture = make_architecture()
    settings = [make_settings(architecture, learning_rate=rate, epochs=40) for rate in (0.01, 0.3)]
    rows = make_rows(architecture)
    alone = [engine_fit(architecture, each, rows).weights for each in settings]
    found: dict[int, list] = {0: [], 1: []}

    def work(number):
        for _ in range(5):
            found[number].append(engine_fit(architecture, settings[number], rows).weights)

    threads = [threading.Thread(target=work, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in (0, 1):
        assert [largest_difference(alone[number], weights) for weights in found[number]] == [
            0.0
        ] * 5
    assert cache_info().programs <= 2


def test_the_cache_is_bounded_and_drops_the_oldest(fresh_cache, monkeypatch):
    monkeypatch.setattr(program_cache, "MAX_PROGRAMS", 2)
    built = []

    def use(key):
        with program_cache.borrow(key, lambda: built.append(key) or object()):
            pass

    for key in "abacab":
        use(key)
    # "b" was the one unused for longest when "c" came.
    assert built == ["a", "b", "c", "b"]
    assert cache_info().programs == 2


def test_a_second_borrower_gets_a_program_of_its_own(fresh_cache):
    with (
        program_cache.borrow("key", object) as first,
        program_cache.borrow("key", object) as second,
    ):
        assert first is not second
    assert cache_info().programs == 2


def test_a_program_is_dropped_after_an_error_or_when_the_cache_was_cleared(fresh_cache):
    with pytest.raises(RuntimeError), program_cache.borrow("key", object):
        raise RuntimeError
    assert cache_info().programs == 0
    with program_cache.borrow("key", object):
        clear_cache()
    assert cache_info().programs == 0


@pytest.mark.parametrize("batch_norm", [None, "before"])
def test_a_forgotten_program_gives_its_graph_back(fresh_cache, batch_norm):
    architecture = make_architecture(batch_norm=batch_norm)
    registered = ops.gradient_registry.list()
    n_registered = len(registered)
    engine_fit(architecture, make_settings(architecture), make_rows(architecture))
    ((program,),) = program_cache._idle.values()
    graph = weakref.ref(program._epochs.graph)
    del program
    assert graph() is not None
    clear_cache()
    gc.collect()
    assert graph() is None
    assert len(registered) == n_registered


def test_names_are_the_same_each_time_and_those_of_others_count_on(fresh_cache):
    def names():
        architecture = make_architecture(batch_norm="before", dropout=(True, True))
        engine_fit(architecture, make_settings(architecture), make_rows(architecture))
        ((program,),) = program_cache._idle.values()
        network = program._network
        clear_cache()
        return [each.path for each in (*network.model.variables, *network.slots)]

    def number():
        return int(keras.layers.Dense(1).name.partition("_")[2] or 0)

    before = number()
    assert names() == names()
    assert number() == before + 1


def test_custom_gradients_of_other_threads_are_kept():
    @tf.custom_gradient
    def square_with_half_gradient(x):
        return x * x, lambda upstream: upstream * x

    graph = tf.Graph()

    def square():
        with graph.as_default():
            x = tf.compat.v1.placeholder(tf.float32)
            return square_with_half_gradient(x), x

    with _compat.custom_gradients_forgotten(), ThreadPoolExecutor(1) as pool:
        y, x = pool.submit(square).result()
        square()
    with graph.as_default(), tf.compat.v1.Session() as session:
        assert session.run(tf.gradients(y, x), {x: 3.0}) == [3.0]


def test_a_program_outlives_an_error_of_a_callback_but_not_its_own(fresh_cache, monkeypatch):
    architecture = make_architecture()
    settings, rows = make_settings(architecture), make_rows(architecture)

    class Failing:
        def on_epoch_end(self, epoch):
            raise RuntimeError("a callback's")

    with pytest.raises(RuntimeError, match="a callback's"):
        engine_fit(architecture, settings, rows, callbacks=[Failing()])
    assert (cache_info().programs, cache_info().traces) == (1, 1)
    after_error = engine_fit(architecture, settings, rows)
    assert cache_info().traces == 1
    clear_cache()
    with monkeypatch.context() as patch:
        patch.setattr(Program, "_validate", Mock(side_effect=RuntimeError("the program's")))
        with pytest.raises(RuntimeError, match="the program's"):
            engine_fit(architecture, settings, rows)
    assert cache_info().programs == 0
    anew = engine_fit(architecture, settings, rows)
    assert largest_difference(anew.weights, after_error.weights) == 0.0


def test_folds_of_nearly_equal_size_share_a_program():
    assert padded_sizes(4550, 30, 32, 0) == padded_sizes(4560, 30, 32, 0)
    for n_samples, batch_size, n_validation in [(7, 32, 3), (100, 32, 0), (10**6, 32, 5000)]:
        sizes = padded_sizes(n_samples, 30, batch_size, n_validation)
        assert sizes.n_samples >= n_samples
        assert sizes.n_validation >= n_validation
        assert sizes.epochs_per_call >= 1


def test_all_fits_on_small_data_share_a_program():
    found = {
        padded_sizes(n_samples, 30, 32, n_validation=n_samples // 10)
        for n_samples in (455, 456, 569)
    }
    assert len(found) == 1
    assert padded_sizes(455, 10_000, 32, 0).n_steps < 32  # where a row is long, padding is not free


def test_long_runs_are_compiled_and_short_ones_are_not():
    architecture = make_architecture()
    assert worth_compiling(architecture, n_samples=10_000, batch_size=32, epochs=10)
    assert not worth_compiling(architecture, n_samples=100, batch_size=32, epochs=10)
    wide = make_architecture(hidden_layer_sizes=(1024, 1024))
    assert worth_compiling(wide, n_samples=10_000, batch_size=256, epochs=10)


def test_compiled_and_plain_graph_agree(monkeypatch):
    from skdense.engine import training

    architecture = make_architecture(batch_norm="after")
    settings = make_settings(architecture, learning_rate=0.1)
    rows, held_out = make_rows(architecture), make_rows(architecture, n_samples=30, seed=5)
    found = []
    for compiled in (True, False):
        monkeypatch.setattr(training, "worth_compiling", lambda *_, c=compiled: c)
        found.append(engine_fit(architecture, settings, rows, held_out))
    assert largest_difference(found[0].weights, found[1].weights) < 5e-6
    np.testing.assert_allclose(found[0].val_loss, found[1].val_loss, rtol=1e-5)

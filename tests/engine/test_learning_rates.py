"""Schedules of the learning rate equal those of plain Keras on the same rows."""

import time
from dataclasses import replace

import keras
import numpy as np
import pytest

from skdense import DenseClassifier, cache_info
from skdense.engine.learning_rates import LearningRates
from skdense.engine.padding import padded_sizes
from skdense.engine.program_key import ProgramKey
from skdense.engine.training import train
from skdense.estimators.lr_schedule import with_schedule
from skdense.schedules import CosineDecay, ExponentialDecay, ReduceOnPlateau
from tests.engine.keras_reference import (
    OnEpochEnd,
    engine_fit,
    keras_fit,
    largest_difference,
    make_architecture,
    make_orders,
    make_rows,
    make_settings,
    make_weights,
)
from tests.helpers import plain

EPOCHS, STEPS = 8, 4  # 100 rows in batches of 32
ARCHITECTURE = make_architecture()
KERAS = keras.optimizers.schedules


def settings_with(schedule, learning_rate=None, history=None, **changes):
    rate = {} if learning_rate is None else {"learning_rate": learning_rate}
    settings = make_settings(ARCHITECTURE, epochs=EPOCHS, **rate, **changes)
    net = plain(DenseClassifier, lr_schedule=schedule, learning_rate=learning_rate, epochs=EPOCHS)
    return with_schedule(settings, net, history)


def make_key(settings, n_samples):
    sizes = padded_sizes(n_samples, 5, settings.batch_size, 0)
    return ProgramKey(ARCHITECTURE, settings.optimizer, settings.loss, sizes, compiled=False)


def assert_same(settings, reference, validation=None, callbacks=()):
    rows = make_rows(ARCHITECTURE, weighted=True)
    trained = engine_fit(ARCHITECTURE, settings, rows, validation)
    model, history = keras_fit(ARCHITECTURE, reference, rows, validation, callbacks)
    assert largest_difference(trained.weights, model.get_weights()) < 2e-6
    np.testing.assert_allclose(trained.loss, history["loss"], rtol=2e-6)
    assert len(set(trained.history["learning_rate"])) > 1  # or nothing was tested
    return trained


@pytest.mark.parametrize(
    "function", [lambda epoch: 0.5 / (1 + epoch), lambda epoch, rate: rate * (0.7, 1.2)[epoch % 2]]
)
def test_a_function_of_the_epoch(function):
    watcher = keras.callbacks.LearningRateScheduler(function)
    needs_rate = function.__code__.co_argcount == 2
    settings = settings_with(function, 0.4 if needs_rate else None)
    trained = assert_same(
        settings, make_settings(ARCHITECTURE, learning_rate=0.4, epochs=EPOCHS), None, [watcher]
    )
    if not needs_rate:
        assert trained.history["learning_rate"] == pytest.approx(
            [0.5 / (1 + epoch) for epoch in range(EPOCHS)], rel=1e-6
        )


@pytest.mark.parametrize(
    "schedule",
    [
        KERAS.CosineDecay(0.0, 20, warmup_target=0.5, warmup_steps=6, alpha=0.1),
        KERAS.ExponentialDecay(0.5, 3, 0.8, staircase=True),
        KERAS.PiecewiseConstantDecay([5, 9], [0.5, 0.1, 0.3]),
        KERAS.PolynomialDecay(0.5, 8, cycle=True),
        KERAS.CosineDecayRestarts(0.5, 8),
        KERAS.InverseTimeDecay(0.5, 2, 0.5),
    ],
    ids=lambda schedule: type(schedule).__name__,
)
def test_a_schedule_of_keras(schedule):
    reference = make_settings(ARCHITECTURE, keras.optimizers.SGD(schedule), epochs=EPOCHS)
    trained = assert_same(settings_with(schedule), reference)
    ends = [float(schedule(epoch * STEPS - 1)) for epoch in range(1, EPOCHS + 1)]
    np.testing.assert_allclose(trained.history["learning_rate"], ends, rtol=1e-5)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (ExponentialDecay(0.7), KERAS.ExponentialDecay(0.5, STEPS, 0.7)),
        (ExponentialDecay(0.7, 2, True), KERAS.ExponentialDecay(0.5, 2 * STEPS, 0.7, True)),
        (CosineDecay(), KERAS.CosineDecay(0.5, EPOCHS * STEPS)),
        (CosineDecay(3, alpha=0.2), KERAS.CosineDecay(0.5, 3 * STEPS, alpha=0.2)),
        (
            CosineDecay(warmup_epochs=2, warmup_start=0.1),
            KERAS.CosineDecay(
                0.05, (EPOCHS - 2) * STEPS, warmup_target=0.5, warmup_steps=2 * STEPS
            ),
        ),
    ],
    ids=["exponential", "staircase", "cosine", "short cosine", "warm-up"],
)
def test_ours_are_those_of_keras_counted_in_epochs(ours, theirs):
    reference = make_settings(ARCHITECTURE, keras.optimizers.SGD(theirs), epochs=EPOCHS)
    assert_same(settings_with(ours, 0.5), reference)


@pytest.mark.parametrize("held_out", [True, False])
@pytest.mark.parametrize(
    "options",
    [
        {"factor": 0.5, "patience": 1, "min_delta": 0.02, "cooldown": 0},
        {"factor": 0.2, "patience": 2, "min_delta": 0.1, "cooldown": 2},
        {"factor": 0.1, "patience": 0, "min_delta": 0.05, "cooldown": 1},
    ],
    ids=lambda options: f"cooldown {options['cooldown']}",
)
def test_reducing_on_a_plateau(options, held_out):
    validation = make_rows(ARCHITECTURE, n_samples=37, seed=5) if held_out else None
    watcher = keras.callbacks.ReduceLROnPlateau(
        monitor="val_loss" if held_out else "loss", min_lr=0.01, **options
    )
    assert_same(
        settings_with(ReduceOnPlateau(min_learning_rate=0.01, **options), 0.7),
        make_settings(ARCHITECTURE, learning_rate=0.7, epochs=EPOCHS),
        validation,
        [watcher],
    )


def test_a_plateau_goes_together_with_early_stopping():
    validation = make_rows(ARCHITECTURE, n_samples=37, seed=5)
    stopping = {"patience": 3, "min_delta": 0.01}
    settings = settings_with(
        ReduceOnPlateau(0.3, patience=1, min_delta=0.01), 0.7, early_stopping=True, **stopping
    )
    watchers = [
        keras.callbacks.ReduceLROnPlateau(factor=0.3, patience=1, min_delta=0.01),
        keras.callbacks.EarlyStopping(restore_best_weights=True, **stopping),
    ]
    reference = make_settings(ARCHITECTURE, learning_rate=0.7, epochs=EPOCHS)
    trained = assert_same(settings, reference, validation, watchers)
    assert trained.best_epoch == watchers[1].best_epoch + 1 < len(trained.loss) < EPOCHS


def test_a_callback_may_set_the_rate():
    def set_rate(epoch):
        rates.append(epoch.learning_rate)
        if epoch.number == 3:
            epoch.learning_rate = np.float32(0.25)

    rates, rows = [], make_rows(ARCHITECTURE)
    settings = make_settings(ARCHITECTURE, learning_rate=0.5, epochs=6)
    arguments = (rows, None, make_weights(ARCHITECTURE), None)
    seeds = np.zeros(len(ARCHITECTURE.random_places), int)
    trained = train(
        ARCHITECTURE, settings, *arguments, make_orders(), seeds, [OnEpochEnd(set_rate)]
    )
    watcher = keras.callbacks.LearningRateScheduler(lambda epoch: 0.5 if epoch < 3 else 0.25)
    model, _ = keras_fit(ARCHITECTURE, settings, rows, callbacks=[watcher])
    assert largest_difference(trained.weights, model.get_weights()) < 1e-6
    assert trained.history["learning_rate"] == rates == [0.5] * 3 + [0.25] * 3


@pytest.mark.parametrize("rate", [0.0, -1.0, np.nan, "fast", True])
def test_a_rate_that_is_none_is_refused(rate):
    def set_rate(epoch):
        epoch.learning_rate = rate

    settings = make_settings(ARCHITECTURE, epochs=2)
    arguments = (make_rows(ARCHITECTURE), None, make_weights(ARCHITECTURE), None)
    seeds = np.zeros(len(ARCHITECTURE.random_places), int)
    with pytest.raises(ValueError, match=r"learning_rate=.* is no learning rate"):
        train(ARCHITECTURE, settings, *arguments, make_orders(), seeds, [OnEpochEnd(set_rate)])


def test_the_rate_of_an_optimizer_with_its_own_schedule_cannot_be_set():
    def set_rate(epoch):
        assert epoch.learning_rate is None
        epoch.learning_rate = 0.1

    own = keras.optimizers.SGD(KERAS.ExponentialDecay(0.1, 3, 0.8))
    settings = make_settings(ARCHITECTURE, own, epochs=2)
    arguments = (make_rows(ARCHITECTURE), None, make_weights(ARCHITECTURE), None)
    seeds = np.zeros(len(ARCHITECTURE.random_places), int)
    with pytest.raises(ValueError, match="a schedule of its own"):
        train(ARCHITECTURE, settings, *arguments, make_orders(), seeds, [OnEpochEnd(set_rate)])


def test_a_steady_rate_is_not_in_the_history():
    settings = make_settings(ARCHITECTURE, epochs=2)
    assert set(engine_fit(ARCHITECTURE, settings, make_rows(ARCHITECTURE)).history) == {"loss"}


def test_schedules_share_a_program():
    rows = make_rows(ARCHITECTURE)
    engine_fit(ARCHITECTURE, make_settings(ARCHITECTURE, epochs=EPOCHS), rows)
    before = cache_info()
    kerass = KERAS.ExponentialDecay(0.1, 3, 0.8)
    for schedule in ("cosine", "exponential", "reduce_on_plateau", lambda epoch: 0.1, kerass):
        engine_fit(ARCHITECTURE, settings_with(schedule), rows)
    after = cache_info()
    assert (after.traces, after.misses) == (before.traces, before.misses)
    assert after.hits == before.hits + 5


@pytest.mark.parametrize("steps", [1, 4])
def test_a_rate_may_become_too_small_for_a_number_but_not_zero_at_once(steps):
    settings = replace(make_settings(ARCHITECTURE, learning_rate=0.1), epochs=40_000)
    key = make_key(settings, steps * 32)

    def learning_rates(schedule):
        net = plain(DenseClassifier, lr_schedule=schedule, epochs=settings.epochs)
        return LearningRates(with_schedule(settings, net, None), key, steps * 32, 0)

    ours = learning_rates("exponential")
    theirs = learning_rates(KERAS.ExponentialDecay(0.1, steps, 0.96))
    for first in (0, 100, 18_000, 39_000):
        expected = 0.1 * 0.96 ** np.arange(first, first + 2.0, 1 / steps)
        for rates in (ours, theirs):
            rates._least = 0.0 if first >= 18_000 else np.inf
            found = rates.for_call(first, 2).numpy()[:2, :steps].ravel()
            np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-37)
    for cosine in (CosineDecay(5_000), KERAS.CosineDecay(0.1, 5_000 * steps - 1)):
        with pytest.raises(ValueError, match=r"rate of 0 in epoch (4999|5000)"):
            learning_rates(cosine)


def test_rates_are_computed_as_they_are_needed():
    asked = []

    def by_rate(epoch, rate):
        asked.append(epoch)
        return 0.5 * rate if epoch == 70_000 else rate

    settings = replace(make_settings(ARCHITECTURE, learning_rate=0.25), epochs=10**9)
    key = make_key(settings, 64)
    net = plain(DenseClassifier, lr_schedule=by_rate, learning_rate=0.25, epochs=10**9)
    start = time.monotonic()
    rates = LearningRates(with_schedule(settings, net, None), key, 64, 0)
    assert asked == list(range(2**16))
    found = [rates.for_call(first, 1).numpy()[0, 0] for first in (3, 69_999, 70_000, 70_001)]
    assert found == [0.25, 0.25, 0.125, 0.125]
    assert asked == list(range(70_002))  # once each, and in order
    for schedule in ("cosine", KERAS.CosineDecay(0.25, 2 * 10**9)):
        net = plain(DenseClassifier, lr_schedule=schedule, epochs=10**9)
        rates = LearningRates(with_schedule(settings, net, None), key, 64, 0)
        middle = rates.for_call(5 * 10**8, 1).numpy()[0, 0]
        assert middle == pytest.approx(0.125, rel=1e-4)
    assert time.monotonic() - start < 30

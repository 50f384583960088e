"""`lr_schedule` in the estimators: parameters, history, training that goes on, errors."""

import time

import keras
import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import skdense
from skdense import DenseClassifier, DenseRegressor, cache_info
from skdense.engine.archive import Damaged
from skdense.persistence.deserialization import Reader
from skdense.schedules import CosineDecay, ExponentialDecay, ReduceOnPlateau, Schedule
from tests.helpers import equal_bits, plain

FULL = {"hidden_layer_sizes": 8, "batch_size": 1000, "learning_rate": 0.02, "random_state": 0}
BY_STEP = keras.optimizers.schedules.ExponentialDecay(0.02, 2, 0.5)


def by_epoch(epoch):
    return 0.02 / (1 + epoch)


def by_rate(epoch, rate):
    return rate if epoch < 2 else 0.5 * rate


def test_settings_of_a_schedule_are_parameters():
    net = plain(DenseClassifier, lr_schedule=CosineDecay(warmup_epochs=3))
    assert net.get_params()["lr_schedule__warmup_epochs"] == 3
    copy = clone(net).set_params(lr_schedule__alpha=0.1)
    assert copy.lr_schedule.alpha == 0.1
    assert net.lr_schedule.alpha == 0.0


def test_candidates_of_a_search_over_schedules_share_a_program(iris):
    X, y = iris
    net = plain(DenseClassifier, 8, epochs=6, lr_schedule=CosineDecay(), random_state=0)
    clone(net).set_params(lr_schedule=None).fit(X, y)
    traces = cache_info().traces
    grid = {
        "lr_schedule": [None, "exponential", CosineDecay(warmup_epochs=2), ReduceOnPlateau()],
        "learning_rate": [0.01, 0.1],
    }
    search = GridSearchCV(net, grid, cv=2).fit(X, y)
    inside = GridSearchCV(net, {"lr_schedule__warmup_epochs": [0, 4]}, cv=2).fit(X, y)
    assert cache_info().traces == traces
    assert search.best_estimator_.score(X, y) > 0.8
    assert inside.best_params_["lr_schedule__warmup_epochs"] in (0, 4)


@pytest.mark.parametrize(
    ("lr_schedule", "expected"),
    [
        ("exponential", 0.02 * 0.96 ** np.arange(5)),
        ("cosine", 0.01 * (1 + np.cos(np.pi * np.arange(5) / 5))),
        (CosineDecay(warmup_epochs=2, warmup_start=0.5), [0.01, 0.015, 0.02, 0.015, 0.005]),
        (ReduceOnPlateau(0.1, patience=2, min_delta=100), [0.02, 0.02, 0.02, 0.002, 0.002]),
    ],
    ids=["exponential", "cosine", "warm-up", "plateau"],
)
def test_rates_of_each_epoch_are_in_the_history(diabetes, lr_schedule, expected):
    net = plain(DenseRegressor, epochs=5, lr_schedule=lr_schedule, **FULL).fit(*diabetes)
    # In full batches an epoch is one step, so its end is its beginning.
    np.testing.assert_allclose(net.history_["learning_rate"], expected, rtol=1e-6)
    assert "learning_rate" not in plain(DenseRegressor, epochs=2, **FULL).fit(*diabetes).history_


def test_constant_is_none(diabetes):
    without, named = (
        plain(DenseRegressor, epochs=3, lr_schedule=each, **FULL).fit(*diabetes)
        for each in (None, "constant")
    )
    assert equal_bits(without, named)
    assert without.history_ == named.history_


@pytest.mark.parametrize(
    "lr_schedule",
    [
        ExponentialDecay(0.8),
        CosineDecay(decay_epochs=6, alpha=0.1, warmup_epochs=1),
        ReduceOnPlateau(0.5, patience=1, min_delta=0.5),
        by_epoch,
        by_rate,
        BY_STEP,
    ],
    ids=["exponential", "cosine", "plateau", "by epoch", "by rate", "of Keras"],
)
def test_training_that_goes_on_goes_on_in_the_schedule(diabetes, lr_schedule):
    X, y = diabetes
    gives_rate = lr_schedule in (by_epoch, BY_STEP)
    options = {**FULL, "learning_rate": None if gives_rate else 0.02, "lr_schedule": lr_schedule}
    whole = plain(DenseRegressor, epochs=6, **options).fit(X, y)
    in_two = plain(DenseRegressor, epochs=4, warm_start=True, **options).fit(X, y)
    in_two.set_params(epochs=2).fit(X, y)
    in_parts = plain(DenseRegressor, epochs=6, **options)
    for _ in range(6):
        in_parts.partial_fit(X, y)
    assert len(set(whole.history_["learning_rate"])) > 1
    for net in (in_two, in_parts):
        assert net.history_["learning_rate"] == pytest.approx(whole.history_["learning_rate"])
        for ours, expected in zip(net.weights_, whole.weights_, strict=True):
            np.testing.assert_allclose(ours, expected, atol=2e-6)


def test_cosine_reaches_as_far_as_the_training_goes(diabetes):
    X, y = diabetes
    net = plain(DenseRegressor, epochs=4, lr_schedule="cosine", warm_start=True, **FULL).fit(X, y)
    rates = net.set_params(epochs=2).fit(X, y).history_["learning_rate"]
    np.testing.assert_allclose(rates[4:], 0.01 * (1 + np.cos(np.pi * np.arange(4, 6) / 6)))
    part = plain(DenseRegressor, epochs=3, lr_schedule="cosine", **FULL)
    for _ in range(5):
        part.partial_fit(X, y)
    expected = [0.02, 0.015, 0.005, 0.01 * (1 + np.cos(0.75 * np.pi)), None]
    np.testing.assert_allclose(part.history_["learning_rate"][:4], expected[:4])
    assert part.history_["learning_rate"][4] > 0


def test_plateau_watches_held_out_rows_if_there_are_any(diabetes):
    X, y = diabetes
    options = {**FULL, "learning_rate": 0.05, "hidden_layer_sizes": 64, "epochs": 40}
    net = plain(
        DenseRegressor, validation_fraction=0.3, lr_schedule=ReduceOnPlateau(0.1, 3), **options
    )
    history = net.fit(X, y).history_
    watcher = keras.callbacks.ReduceLROnPlateau(factor=0.1, patience=3, min_delta=1e-4)
    watcher.set_model(keras.Sequential())
    watcher.model.compile(optimizer=keras.optimizers.SGD(0.05))
    watcher.on_train_begin()
    expected = []
    for epoch, loss in enumerate(history["val_loss"]):
        expected.append(float(watcher.model.optimizer.learning_rate.numpy()))
        watcher.on_epoch_end(epoch, {"val_loss": loss})
    np.testing.assert_allclose(history["learning_rate"], expected, rtol=1e-6)
    assert len(set(expected)) > 1


class Sawtooth(Schedule):
    def __init__(self, depth=0.5):
        self.depth = depth

    def rates(self, epochs, learning_rate, n_epochs):
        return learning_rate * (1 - self.depth * (np.floor(epochs) % 2))


def test_a_schedule_of_ones_own(diabetes):
    net = plain(DenseRegressor, epochs=4, lr_schedule=Sawtooth(0.25), **FULL).fit(*diabetes)
    np.testing.assert_allclose(net.history_["learning_rate"], [0.02, 0.015] * 2)


class Broken(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.1 if int(step) < 5 else 0.01


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lr_schedule": "cosinus"}, r"lr_schedule='cosinus' is unknown.*'cosine'"),
        ({"lr_schedule": 0.5}, r"lr_schedule=0.5 is no schedule.*skdense\.schedules"),
        ({"lr_schedule": CosineDecay}, "is no schedule"),
        ({"lr_schedule": CosineDecay(alpha=2)}, "The 'alpha' parameter of CosineDecay"),
        ({"lr_schedule": ReduceOnPlateau(factor=1.0)}, "The 'factor' parameter of ReduceOnPl"),
        ({"lr_schedule": CosineDecay(warmup_epochs=5)}, "warmup_epochs=5 leaves nothing of 5"),
        ({"lr_schedule": CosineDecay(decay_epochs=2)}, "rate of 0 in epoch 2.*above zero"),
        ({"lr_schedule": lambda epoch: 0.1 - 0.05 * epoch}, r"lr_schedule\(2\)=0.0 is no learn"),
        ({"lr_schedule": lambda epoch: np.nan}, r"lr_schedule\(0\)=nan is no learning rate"),
        ({"lr_schedule": lambda epoch: "fast"}, r"lr_schedule\(0\)='fast' is no learning rate"),
        ({"lr_schedule": lambda epoch, rate: -rate}, r"lr_schedule\(0\)=-0.001\d* is no learn"),
        ({"lr_schedule": Sawtooth(depth=2.0)}, "rate of -0.001 in epoch 1"),
        ({"lr_schedule": Broken()}, "cannot be computed.*keras.ops"),
        (
            {"lr_schedule": keras.optimizers.schedules.CosineDecay(0.1, 2)},
            "rate of 0 in epoch 2",
        ),
        ({"lr_schedule": by_epoch, "learning_rate": 0.1}, "learning_rate=0.1 and .* contradict"),
        ({"lr_schedule": BY_STEP, "learning_rate": 0.1}, "contradict"),
        (
            {"lr_schedule": "cosine", "optimizer": keras.optimizers.SGD(BY_STEP)},
            "cannot be used with this optimizer, which has a schedule of its own",
        ),
    ],
)
def test_errors_come_before_any_training(diabetes, changes, words, monkeypatch):
    monkeypatch.setattr("skdense.engine.program.Program.run", None)
    net = plain(DenseRegressor, 8, batch_size=1000, epochs=5).set_params(**changes)
    with pytest.raises(ValueError, match=words):
        net.fit(*diabetes)
    assert not hasattr(net, "weights_")


def test_a_rate_of_ones_own_goes_ahead_of_the_optimizers_schedule(diabetes):
    own = keras.optimizers.Adam(BY_STEP)
    options = {**FULL, "epochs": 3, "lr_schedule": "exponential"}
    net = plain(DenseRegressor, optimizer=own, **options).fit(*diabetes)
    assert equal_bits(net, plain(DenseRegressor, **options).fit(*diabetes))


@pytest.mark.parametrize(
    "lr_schedule",
    ["cosine", CosineDecay(4, warmup_epochs=1), ReduceOnPlateau(0.3), ExponentialDecay()],
    ids=str,
)
def test_schedules_are_saved(diabetes, tmp_path, lr_schedule):
    net = plain(DenseRegressor, epochs=2, lr_schedule=lr_schedule, warm_start=True, **FULL)
    skdense.save(net.fit(*diabetes), tmp_path / "net")
    again = skdense.load(tmp_path / "net")
    assert str(again.get_params()) == str(net.get_params())
    assert again.history_ == net.history_
    assert equal_bits(again.fit(*diabetes), net.fit(*diabetes))
    assert again.history_ == net.history_


def test_schedules_of_keras_and_functions_are_saved(diabetes, tmp_path):
    options = {**FULL, "epochs": 2, "learning_rate": None, "warm_start": True}
    for lr_schedule, own in ((BY_STEP, None), (by_epoch, {"by_epoch": by_epoch})):
        net = plain(DenseRegressor, lr_schedule=lr_schedule, **options).fit(*diabetes)
        skdense.save(net, tmp_path / "net")
        again = skdense.load(tmp_path / "net", own)
        assert type(again.lr_schedule) is type(lr_schedule)
        assert equal_bits(again.fit(*diabetes), net.fit(*diabetes))
    with pytest.raises(ValueError, match="names 'by_epoch' for lr_schedule"):
        skdense.load(tmp_path / "net")
    with pytest.raises(ValueError, match=r"needs another custom_objects\['by_epoch'\]"):
        skdense.load(tmp_path / "net", {"by_epoch": 0.1})


def test_a_schedule_with_impossible_settings_is_not_saved(diabetes, tmp_path):
    net = plain(DenseRegressor, epochs=2, lr_schedule=CosineDecay(), **FULL).fit(*diabetes)
    net.set_params(lr_schedule=Sawtooth())
    skdense.save(net, tmp_path / "net")
    assert skdense.load(tmp_path / "net", {"Sawtooth": Sawtooth(0.1)}).lr_schedule.depth == 0.1
    net.set_params(lr_schedule=CosineDecay(alpha=object()))
    with pytest.raises(ValueError, match=r"lr_schedule=.* cannot be saved"):
        skdense.save(net, tmp_path / "net")


@pytest.mark.parametrize(
    "written",
    [{"class": "Evil", "settings": {}}, {"class": "CosineDecay", "settings": {"alpha": 2}}],
)
def test_a_file_with_another_schedule_is_refused(written):
    with pytest.raises((Damaged, ValueError), match=r"is not ours, 'Evil'|The 'alpha' parameter"):
        Reader([]).parameter("lr_schedule", {"schedule": written})


def test_sparse_rows_follow_the_same_schedule(diabetes):
    X, y = diabetes
    options = {"epochs": 3, "lr_schedule": CosineDecay(warmup_epochs=1), "random_state": 0}
    dense, thin = (
        plain(DenseRegressor, 8, **options).fit(each, y) for each in (X, sparse.csr_array(X))
    )
    assert thin.history_["learning_rate"] == dense.history_["learning_rate"]
    for ours, expected in zip(thin.weights_, dense.weights_, strict=True):
        np.testing.assert_allclose(ours, expected, atol=1e-5)


@pytest.mark.parametrize("lr_schedule", ["cosine", ReduceOnPlateau(0.1, patience=1)], ids=str)
def test_a_refit_on_all_rows_has_the_rates_of_the_first_training(diabetes, lr_schedule):
    options = {**FULL, "learning_rate": 0.05, "hidden_layer_sizes": 64, "epochs": 30}
    net = plain(
        DenseRegressor,
        early_stopping=True,
        refit_best_epoch=True,
        patience=4,
        lr_schedule=lr_schedule,
        **options,
    ).fit(*diabetes)
    first = net.early_stopping_history_["learning_rate"]
    assert net.history_["learning_rate"] == pytest.approx(first[: net.n_iter_], rel=1e-6)
    assert len(set(first)) > 1


def test_a_plateau_watches_the_scorer_that_early_stopping_watches(iris):
    net = plain(DenseClassifier, 
        8, epochs=8, validation_fraction=0.3, monitor="accuracy", random_state=0,
        lr_schedule=ReduceOnPlateau(0.5, patience=1, min_delta=0.9),
    ).fit(*iris)  # fmt: skip
    # The first epoch is an improvement on nothing; no other gains 0.9.
    expected = 0.001 * 0.5 ** np.array([0, 0, 1, 2, 3, 4, 5, 6])
    np.testing.assert_allclose(net.history_["learning_rate"], expected, rtol=1e-5)


@pytest.mark.parametrize("kind", [DenseClassifier, DenseRegressor])
@pytest.mark.parametrize("lr_schedule", ["cosine", "exponential", by_epoch])
def test_a_time_limit_holds_however_many_epochs_there_are(iris, kind, lr_schedule):
    start = time.monotonic()
    net = plain(kind, 8, epochs=10**9, time_limit=0.5, lr_schedule=lr_schedule, batch_size=1000)
    net.fit(*iris)
    assert net.stopped_by_ == "time_limit"
    assert time.monotonic() - start < 20

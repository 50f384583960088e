import numpy as np
import pytest

from skdense.inspection.overfitting import lowest_val_loss_epoch, overfitting_epoch

FALLS = [0.9, 0.7, 0.6, 0.5]


def history(val_loss):
    return {"loss": np.linspace(1, 0.1, len(val_loss)).tolist(), "val_loss": val_loss}


def test_best_epoch_counts_from_one():
    assert lowest_val_loss_epoch(history([0.9, 0.5, 0.7])) == 2


@pytest.mark.parametrize("val_loss", [[], [np.nan, np.nan]])
def test_without_validation_loss_there_is_no_lowest_one(val_loss):
    assert lowest_val_loss_epoch({"loss": [0.5, 0.4], "val_loss": val_loss}) is None
    assert lowest_val_loss_epoch({"loss": [0.5, 0.4]}) is None
    assert overfitting_epoch({"loss": [0.5, 0.4]}) is None


def test_overfitting_begins_where_the_validation_loss_is_best():
    assert overfitting_epoch(history([*FALLS, 0.52, 0.55, 0.6, 0.65, 0.7])) == 4


def test_epochs_that_were_not_watched_or_not_finite_do_not_count():
    val_loss = [np.nan, np.nan, *FALLS, 0.55, 0.6, 0.65, 0.7, 0.75, np.inf]
    assert lowest_val_loss_epoch(history(val_loss)) == 6
    assert overfitting_epoch(history(val_loss)) == 6


def test_many_epochs_that_were_not_watched_are_no_rise():
    assert overfitting_epoch(history([*FALLS, 0.5, 0.5, *[np.nan] * 9])) is None
    assert overfitting_epoch(history([*FALLS, 0.5, *[np.nan] * 9, 0.5])) is None
    assert overfitting_epoch(history([*FALLS, 0.6, 0.7, 0.8, *[np.nan] * 9])) == 4


@pytest.mark.parametrize(
    "after",
    [[], [0.6], [0.501, 0.502, 0.503, 0.504, 0.505], [0.6, 0.5, 0.6, 0.5, 0.6, 0.5]],
    ids=["best is last", "one epoch later", "hardly rises", "noisy"],
)
def test_no_overfitting_without_a_clear_rise(after):
    assert overfitting_epoch(history([*FALLS, *after])) is None


@pytest.mark.parametrize("seed", range(30))
def test_noise_is_no_rise(seed):
    noise = np.random.default_rng(seed).normal(scale=0.05, size=60)
    assert overfitting_epoch(history((0.5 + np.exp(-np.arange(60)) + noise).tolist())) is None

"""Pruning by Optuna, with a trial that writes down what it is told; tests/scale has Optuna."""

import os
import sys
import types
from importlib.util import find_spec

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdense import DenseClassifier, OptunaPruning
from tests.helpers import plain

pytestmark = pytest.mark.skipif(
    find_spec("sklearn.callback") is None, reason="scikit-learn before 1.9 has no callbacks"
)
FOLDS = StratifiedKFold(2, shuffle=True, random_state=0)


class FakeTrial:
    def __init__(self, direction="MINIMIZE", prune_at=None):
        self.study = types.SimpleNamespace(direction=types.SimpleNamespace(name=direction))
        self.reports, self._prune_at = {}, prune_at

    def report(self, value, step):
        assert step not in self.reports
        self.reports[step] = value

    def should_prune(self):
        return self._prune_at in self.reports


class TrialPruned(Exception):
    pass


@pytest.fixture
def optuna(monkeypatch):
    """Stand in for Optuna, of which only the exception is needed."""
    monkeypatch.setitem(sys.modules, "optuna", types.SimpleNamespace(TrialPruned=TrialPruned))


def small(**parameters):
    return plain(
        DenseClassifier,
        8,
        **{"epochs": 4, "validation_fraction": 0.2, "random_state": 0, **parameters},
    )


def losses_of_folds(net, X, y, name="val_loss"):
    fits = (clone(net).fit(X[train], y[train]) for train, _ in FOLDS.split(X, y))
    return [fitted.history_[name] for fitted in fits]


def test_epochs_of_all_folds_are_reported(iris):
    X, y = iris
    one, two = losses_of_folds(small(), X, y)
    expected = [*one, *(np.mean([one[-1], loss]) for loss in two)]
    trial = FakeTrial()
    net = small().set_callbacks(OptunaPruning(trial))
    cross_val_score(
        make_pipeline(StandardScaler(with_mean=False, with_std=False), net), X, y, cv=FOLDS
    )
    assert list(trial.reports) == list(range(8))
    assert np.allclose(list(trial.reports.values()), expected, rtol=1e-6)


def test_scores_and_an_interval(iris):
    X, y = iris
    one, _ = losses_of_folds(small(metrics=["accuracy"]), X, y, "val_accuracy")
    for direction, sign in {"MAXIMIZE": 1, "MINIMIZE": -1}.items():
        trial = FakeTrial(direction)
        net = small(metrics=["accuracy"])
        net.set_callbacks(OptunaPruning(trial, "accuracy", interval=2))
        cross_val_score(net, X, y, cv=FOLDS)
        assert list(trial.reports) == [1, 3, 5, 7]
        assert trial.reports[3] == sign * one[3]


def test_members_and_a_refit(iris):
    trial = FakeTrial()
    net = small(n_members=2, early_stopping=True, validation_fraction=None, refit_best_epoch=True)
    net.set_callbacks(OptunaPruning(trial)).fit(*iris)
    assert list(trial.reports) == list(range(8))  # of the trainings with a validation set


@pytest.mark.usefixtures("optuna")
def test_a_pruned_trial_ends_in_its_fold(iris):
    trial = FakeTrial(prune_at=5)
    net = small().set_callbacks(OptunaPruning(trial))
    with pytest.raises(TrialPruned, match=r"val_loss of \d"):
        cross_val_score(net, *iris, cv=FOLDS, error_score="raise")
    assert list(trial.reports) == list(range(6))
    assert not hasattr(net, "history_")


@pytest.mark.usefixtures("optuna")
def test_a_negative_score_is_told_as_it_is(iris):
    trial = FakeTrial("MAXIMIZE", prune_at=1)
    net = small(metrics=["neg_log_loss"])
    net.set_callbacks(OptunaPruning(trial, "neg_log_loss", interval=np.int64(2)))
    with pytest.raises(TrialPruned, match=r"val_neg_log_loss of -\d"):
        net.fit(*iris)


def test_bad_input(iris, monkeypatch):
    with pytest.raises(ValueError, match="interval=0"):
        OptunaPruning(FakeTrial(), interval=0)
    net = small(validation_fraction=None).set_callbacks(OptunaPruning(FakeTrial()))
    with pytest.raises(
        ValueError, match="monitor='val_loss' is not in the history, which has loss"
    ):
        net.fit(*iris)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with pytest.raises(RuntimeError, match="n_jobs at 1"):
        net.fit(*iris)

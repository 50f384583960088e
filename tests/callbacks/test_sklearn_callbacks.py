"""scikit-learn's callbacks: each epoch is a task of the fit."""

import pickle
from importlib.util import find_spec

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdense
from skdense import DenseClassifier, DenseRegressor
from tests.helpers import plain

HAS_CALLBACKS = find_spec("sklearn.callback") is not None
needs_callbacks = pytest.mark.skipif(
    not HAS_CALLBACKS, reason="scikit-learn before 1.9 has no callbacks"
)


def small(**parameters):
    return plain(DenseClassifier, 8, **{"epochs": 4, "random_state": 0, **parameters})


@pytest.mark.skipif(HAS_CALLBACKS, reason="scikit-learn has callbacks")
@pytest.mark.parametrize("cls", [DenseClassifier, DenseRegressor])
def test_without_scikit_learns_callbacks_there_is_no_set_callbacks(cls):
    assert not hasattr(cls, "set_callbacks")


class Recorder:
    """A callback that writes down the calls of its hooks; it may stop, or fail, at an epoch."""

    max_propagation_depth = None

    def __init__(self, stop_at=None, fail_at=None):
        self.stop_at, self.fail_at, self.calls = stop_at, fail_at, []

    def setup(self, estimator, context):
        self.calls.append("setup")

    def teardown(self, estimator, context):
        self.calls.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.calls.append(f"begin {context.task_name} {context.task_id}")

    def on_fit_task_end(self, estimator, context):
        self.calls.append(f"end {context.task_name} {context.task_id}")
        if context.task_name == "epoch" and context.task_id == self.fail_at:
            raise RuntimeError("as asked for")
        return context.task_name == "epoch" and context.task_id == self.stop_at


def epochs(*numbers):
    return [f"{end} epoch {number}" for number in numbers for end in ("begin", "end")]


@needs_callbacks
def test_epochs_are_tasks(iris):
    recorder = Recorder()
    net = small().set_callbacks(recorder).fit(*iris)
    whole = ["setup", "begin fit 0", *epochs(0, 1, 2, 3), "end fit 0", "teardown"]
    assert recorder.calls == whole
    # A second fit starts from nothing, and going on has as many epochs as asked for.
    net.set_params(warm_start=True, epochs=2).fit(*iris)
    assert recorder.calls[len(whole) :] == [*whole[:2], *epochs(0, 1), *whole[-2:]]
    recorder.calls.clear()
    net.partial_fit(*iris)
    assert recorder.calls == [*whole[:2], *epochs(0), *whole[-2:]]


@needs_callbacks
def test_without_a_callback_nothing_is_done_and_results_are_the_same(iris):
    plain, watched = small().fit(*iris), small().set_callbacks(Recorder()).fit(*iris)
    assert set(vars(watched)) - set(vars(plain)) == {"_skl_callbacks"}
    for one, other in zip(plain.weights_, watched.weights_, strict=True):
        assert np.array_equal(one, other)
    watched.set_callbacks()
    assert set(vars(watched)) == set(vars(plain))


@needs_callbacks
def test_a_callback_ends_the_training(iris):
    net = small().set_callbacks(recorder := Recorder(stop_at=1)).fit(*iris)
    assert net.n_iter_ == 2
    assert net.stopped_by_ == "callback"
    assert recorder.calls[-2:] == ["end fit 0", "teardown"]


@needs_callbacks
def test_after_an_error_everything_is_torn_down(iris):
    net = small().fit(*iris)
    before = set(vars(net))
    net.set_callbacks(recorder := Recorder(fail_at=1))
    with pytest.raises(RuntimeError, match="as asked for"):
        net.fit(*iris)
    assert recorder.calls[-2:] == ["end epoch 1", "teardown"]
    assert set(vars(net)) == {*before, "_skl_callbacks"}
    recorder.calls.clear()
    with pytest.raises(ValueError, match="label_smoothing"):
        net.set_params(label_smoothing=5).fit(*iris)
    assert recorder.calls == []


@needs_callbacks
def test_an_epoch_that_is_not_finite_is_closed_too(diabetes):
    from sklearn.exceptions import ConvergenceWarning

    recorder = Recorder()
    net = plain(
        DenseRegressor,
        (),
        batch_size=1000,
        optimizer="sgd",
        learning_rate=5.0,
        random_state=0,
        epochs=100,
    )
    with pytest.warns(ConvergenceWarning):
        net.set_callbacks(recorder).fit(*diabetes)
    n_begun = sum(call.startswith("begin") for call in recorder.calls)
    assert n_begun == sum(call.startswith("end") for call in recorder.calls) == net.n_iter_ + 1


@needs_callbacks
def test_the_refit_is_a_task_of_its_own(iris):
    recorder = Recorder()
    net = small(early_stopping=True, refit_best_epoch=True).set_callbacks(recorder).fit(*iris)
    assert recorder.calls == [
        *["setup", "begin fit 0", "begin early-stopping 0"],
        *epochs(0, 1, 2, 3),
        *["end early-stopping 0", "begin refit 1"],
        *epochs(*range(net.n_iter_)),
        *["end refit 1", "end fit 0", "teardown"],
    ]


@needs_callbacks
def test_the_score_of_each_epoch_is_that_of_a_shorter_fit(iris):
    from sklearn.callback import ScoringMonitor

    X, y = iris
    monitor = ScoringMonitor(scoring="neg_log_loss")
    small(epochs=3).set_callbacks(monitor).fit(X, y)
    scores = [row["neg_log_loss"] for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    for n_epochs, score in enumerate(scores, start=1):
        shorter = small(epochs=n_epochs).fit(X, y)
        probabilities = shorter.predict_proba(X)[np.arange(len(y)), y]
        assert np.isclose(score, np.log(probabilities).mean(), rtol=1e-5)
    assert len(scores) == 3


@needs_callbacks
def test_only_rows_that_are_trained_on_are_scored(iris):
    X, y = iris
    seen = []

    class Looks(Recorder):
        def on_fit_task_end(self, estimator, context, *, X, y, metadata, fitted_estimator):
            if context.task_name == "epoch":
                seen.append((X, y, metadata, accuracy_score(y, fitted_estimator.predict(X))))

    groups = np.arange(len(X)) % 5
    weight = 1.0 + groups
    net = small(epochs=2, validation=GroupKFold(5)).set_callbacks(Looks())
    net.fit(X, y, sample_weight=weight, groups=groups)
    train, _ = next(GroupKFold(5).split(X, y, groups))
    assert len(seen) == 2
    for X_seen, y_seen, metadata, _ in seen:
        assert np.array_equal(X_seen, X[train])
        assert np.array_equal(y_seen, y[train])
        assert np.array_equal(metadata["sample_weight"], weight[train])
    assert seen[-1][-1] == accuracy_score(y[train], net.predict(X[train]))


def search(net, **options):
    grid = {"denseclassifier__l2": [0.0, 0.1]}
    return GridSearchCV(make_pipeline(StandardScaler(), net), grid, cv=2, **options)


@needs_callbacks
@pytest.mark.parametrize("n_jobs", [None, pytest.param(2, marks=pytest.mark.slow)])
def test_a_search_shows_candidate_fold_and_epoch(iris, n_jobs):
    from sklearn.callback import ScoringMonitor

    monitor = ScoringMonitor(scoring="accuracy")
    search(small(epochs=2).set_callbacks(monitor), n_jobs=n_jobs).fit(*iris)
    paths = {row["task_id_path"] for row in monitor.get_logs().data if row["task_name"] == "epoch"}
    # The search, its evaluation (candidates times folds), the step of the pipeline, the epoch.
    of_folds = {(0, 0, fit, 1, epoch) for fit in range(4) for epoch in range(2)}
    assert paths == of_folds | {(0, 1, 1, epoch) for epoch in range(2)}


@needs_callbacks
def test_the_progress_bar_reaches_the_epochs(iris, capsys):
    from sklearn.callback import ProgressBar

    search(small(epochs=2)).set_callbacks(ProgressBar(max_propagation_depth=None)).fit(*iris)
    shown = capsys.readouterr().out
    assert "GridSearchCV - candidate-split-evaluation | Pipeline - fit #3" in shown
    assert shown.count("Pipeline - fit-final-estimator | DenseClassifier - fit #1") == 5
    assert "0%" not in shown.replace("100%", "")


@needs_callbacks
def test_callbacks_travel(iris, tmp_path):
    net = small().set_callbacks(recorder := Recorder())
    assert clone(net)._skl_callbacks == [recorder]
    net.fit(*iris)
    assert len(pickle.loads(pickle.dumps(net))._skl_callbacks) == 1
    skdense.save(net, tmp_path / "net")  # which leaves them out
    assert not hasattr(skdense.load(tmp_path / "net"), "_skl_callbacks")
    recorder.calls.clear()
    folds = cross_validate(net, *iris, cv=2, return_estimator=True)
    assert recorder.calls.count("teardown") == 2
    assert all(not hasattr(each, "_callback_fit_ctx") for each in folds["estimator"])

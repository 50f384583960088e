"""Metrics of each epoch: scorers, the time, and the epochs of the final model."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    f1_score,
    fbeta_score,
    get_scorer_names,
    log_loss,
    make_scorer,
    mean_absolute_error,
    precision_score,
    r2_score,
    roc_auc_score,
)
from sklearn.model_selection import GridSearchCV, KFold

import skdense
from skdense import DenseClassifier, DenseRegressor, HistoryDisplay, cache_info
from skdense.callbacks import scorers, time_limit
from tests.helpers import equal_bits, plain

# One architecture and batch size: the tests share a few programs.
SMALL = {"hidden_layer_sizes": 8, "epochs": 4, "learning_rate": 0.01, "random_state": 0}


def classifier(**changes):
    return plain(DenseClassifier, **{**SMALL, **changes})


def regressor(**changes):
    return plain(DenseRegressor, **{**SMALL, **changes})


@pytest.fixture
def halves(cancer):
    X, y = cancer
    return {"X": X[:300], "y": y[:300], "X_val": X[300:], "y_val": y[300:]}


# Scorers -----------------------------------------------------------------------------------------


def test_every_epoch_is_scored_as_scikit_learn_would(halves):
    X, y = halves["X_val"], halves["y_val"]
    net = classifier(metrics=["roc_auc", "balanced_accuracy", "neg_log_loss"]).fit(**halves)
    for epoch in (1, 3, 4):
        then = classifier(epochs=epoch).fit(halves["X"], halves["y"])
        figures = {name: column[epoch - 1] for name, column in net.history_.items()}
        positive = then.predict_proba(X)[:, 1]
        assert figures["val_roc_auc"] == pytest.approx(roc_auc_score(y, positive), rel=1e-6)
        assert figures["val_balanced_accuracy"] == balanced_accuracy_score(y, then.predict(X))
        assert figures["val_neg_log_loss"] == pytest.approx(-log_loss(y, positive), rel=1e-5)
        # The engine's own figure, from TensorFlow's arithmetic, says the same.
        assert figures["val_loss"] == pytest.approx(-figures["val_neg_log_loss"], rel=1e-5)


def test_scores_are_in_the_unit_of_the_target(diabetes):
    X, y = diabetes
    given = {"X_val": X[300:], "y_val": y[300:]}
    net = regressor(metrics=["neg_mean_absolute_error"]).fit(X[:300], y[:300], **given)
    found = net.history_["val_neg_mean_absolute_error"]
    assert found[-1] == pytest.approx(-mean_absolute_error(y[300:], net.predict(X[300:])))
    assert len(found) == 4


@pytest.mark.parametrize("monitor", ["average_precision", "val_average_precision"])
def test_the_best_epoch_is_that_of_the_best_score(halves, monitor):
    net = classifier(epochs=30, learning_rate=0.05, monitor=monitor, early_stopping=True)
    net.set_params(patience=3).fit(**halves)
    scores = net.history_["val_average_precision"]
    assert net.best_epoch_ == np.argmax(scores) + 1 == len(scores) - 3 < 30
    assert net.best_epoch_ != np.argmin(net.history_["val_loss"]) + 1
    assert net.best_loss_ == net.history_["val_loss"][net.best_epoch_ - 1]
    assert net.stopped_by_ == "early_stopping"
    positive = net.predict_proba(halves["X_val"])[:, 1]
    found = average_precision_score(halves["y_val"], positive)
    assert found == pytest.approx(net.best_score_, rel=1e-9)


def test_the_best_score_is_the_loss_where_no_scorer_is_monitored(halves):
    stopped = classifier(epochs=30, learning_rate=0.05, early_stopping=True, patience=3)
    stopped.fit(**halves)
    assert stopped.best_score_ == min(stopped.history_["val_loss"])
    by_loss = classifier(monitor="loss", epochs=4).fit(halves["X"], halves["y"])
    assert by_loss.best_score_ == min(by_loss.history_["loss"])


def test_after_a_refit_the_best_score_is_that_of_early_stopping(diabetes):
    X, y = diabetes
    options = {"early_stopping": True, "epochs": 20, "patience": 3, "learning_rate": 0.03}
    given = {"X_val": X[300:], "y_val": y[300:]}
    net = regressor(monitor="r2", **options).fit(X[:300], y[:300], **given)
    # Predictions of float64 X are in float64, and metrics of the program in float32.
    assert net.best_score_ == pytest.approx(r2_score(y[300:], net.predict(X[300:])), rel=1e-6)
    refitted = regressor(monitor="r2", refit_best_epoch=True, **options)
    assert refitted.fit(X[:300], y[:300], **given).best_score_ == net.best_score_


def test_an_error_is_watched_with_its_sign(diabetes):
    X, y = diabetes
    options = {"early_stopping": True, "epochs": 40, "patience": 3, "learning_rate": 0.03}
    net = regressor(monitor="neg_mean_squared_error", **options).fit(X, y)
    plain = regressor(**options).fit(X, y)  # the loss is the same error, in another unit
    assert net.best_epoch_ == plain.best_epoch_
    assert net.n_iter_ == plain.n_iter_ < 40
    for one, other in zip(net.weights_, plain.weights_, strict=True):
        assert np.allclose(one, other, atol=1e-5)


def test_the_monitor_chooses_the_best_epoch_without_early_stopping(halves):
    net = classifier(monitor="accuracy", epochs=6, learning_rate=0.05).fit(**halves)
    assert net.best_epoch_ == np.argmax(net.history_["val_accuracy"]) + 1
    assert net.n_iter_ == 6


def test_the_training_loss_needs_no_held_out_rows(iris):
    X, y = iris
    net = classifier(monitor="loss", early_stopping=True, patience=2, min_delta=0.03, epochs=30)
    net.fit(X, y)
    assert list(net.history_) == ["loss"]
    assert net.n_iter_ == net.best_epoch_ + 2 < 30
    assert net.best_loss_ == net.history_["loss"][net.best_epoch_ - 1]


def test_functions_have_their_name_in_the_history(halves):
    def recall_of_ones(estimator, X, y):
        return float(np.mean(estimator.predict(X)[y == 1]))

    half = make_scorer(fbeta_score, beta=0.5)
    net = classifier(metrics=[recall_of_ones, half], monitor=half).fit(**halves)
    assert list(net.history_) == ["loss", "val_loss", "val_recall_of_ones", "val_fbeta_score"]
    y, guess = halves["y_val"], net.predict(halves["X_val"])
    assert net.history_["val_recall_of_ones"][-1] == np.mean(guess[y == 1])
    assert net.history_["val_fbeta_score"][-1] == fbeta_score(y, guess, beta=0.5)


def test_a_function_sees_a_fitted_estimator_and_the_rows_as_they_were_given(cancer):
    X = pd.DataFrame(cancer[0], columns=[f"column {number}" for number in range(30)])
    names = pd.Series(np.array(["benign", "malignant"])[cancer[1]], index=X.index)
    seen = []

    def look(estimator, X, y):
        assert type(estimator) is DenseClassifier
        assert is_classifier(estimator)
        assert not is_regressor(estimator)
        assert estimator.classes_.tolist() == ["benign", "malignant"]
        assert estimator.coefs_[0].shape == (30, 8)
        assert estimator.hidden_output(X).shape == (len(X), 8)
        some = X[X["column 3"] > 0]  # other rows than those watched: checked and predicted anew
        everything = estimator.predict_proba(X)
        assert np.allclose(estimator.predict_proba(some), everything[X["column 3"] > 0], atol=1e-6)
        everything[:] = 0  # what a scorer does to its predictions, the next one does not see
        estimator.decision_function(X)[:] = 0
        seen.append((X, y))
        return accuracy_score(y, estimator.predict(X))

    net = classifier(validation="last", metrics=[look, "accuracy"]).fit(X, names)
    assert len(seen) == 4
    assert seen[0][0].equals(X[-114:])
    assert seen[0][1].equals(names[-114:])
    assert net.history_["val_look"] == net.history_["val_accuracy"]
    assert "_raw_outputs" not in vars(net)


def test_scorers_that_take_weights_get_those_of_the_rows(halves):
    weight = np.random.default_rng(0).uniform(0, 3, 569)
    seen = []

    def spy(estimator, X, y, sample_weight=None):
        seen.append(sample_weight)
        return 0.0

    net = classifier(metrics=["accuracy", "neg_max_error", spy], class_weight="balanced")
    net.fit(**halves, sample_weight=weight[:300], sample_weight_val=weight[300:])
    guess = net.predict(halves["X_val"])
    expected = accuracy_score(halves["y_val"], guess, sample_weight=weight[300:])
    assert net.history_["val_accuracy"][-1] == pytest.approx(expected)
    assert all(np.array_equal(each, weight[300:]) for each in seen)
    X, y = halves["X"], halves["y"]
    net.set_params(validation="last", metrics=[spy]).fit(X, y, weight[:300])
    assert np.array_equal(seen[-1], weight[240:300])
    net.fit(X, y)
    assert seen[-1] is None


def test_several_labels_a_row(iris):
    y = np.stack([iris[1] == 0, iris[1] < 2], 1) * 1
    net = classifier(metrics=["f1_macro", "roc_auc"], validation_fraction=0.3).fit(iris[0], y)
    assert np.isfinite([net.history_["val_f1_macro"], net.history_["val_roc_auc"]]).all()


@pytest.mark.parametrize("metric", ["accuracy", "f1_macro"])
def test_metrics_change_nothing_else_and_trace_nothing_new(iris, metric):
    X, y = iris
    options = {"validation_fraction": 0.2, "metrics": [metric]}
    plain = classifier(validation_fraction=0.2).fit(X, y)
    if metric == "accuracy":  # which a program of its own computes, for every later fit, too
        classifier(**options).fit(X, y)
    before = cache_info().traces
    net = classifier(**options).fit(X, y)
    assert cache_info().traces == before
    assert equal_bits(net, plain)
    assert net.history_["val_loss"] == plain.history_["val_loss"]


def test_history_goes_on_with_gaps(iris):
    X, y = iris
    net = classifier(validation_fraction=0.2, warm_start=True).fit(X, y)
    net.set_params(metrics=["accuracy"]).fit(X, y)
    assert np.isnan(net.history_["val_accuracy"][:4]).all()
    assert np.isfinite(net.history_["val_accuracy"][4:]).all()


def test_a_search_over_monitors(cancer):
    search = GridSearchCV(
        classifier(early_stopping=True, patience=2, epochs=8),
        {"monitor": ["val_loss", "roc_auc", "accuracy"]},
        cv=2,
        error_score="raise",
    ).fit(*cancer)
    assert (search.cv_results_["mean_test_score"] > 0.8).all()


# Refused -----------------------------------------------------------------------------------------


def loss(estimator, X, y):
    return 0.0


WATCHING = {"validation_fraction": 0.2}
REFUSED = {
    "close": (
        {"monitor": "roc_acu", **WATCHING},
        ["monitor='roc_acu' is unknown", "Did you mean 'roc_auc'", "val_loss, loss, accuracy,"],
    ),
    "with val": ({"monitor": "val_roc_auk", **WATCHING}, ["Did you mean 'roc_auc'"]),
    "as in Keras": ({"monitor": "val_acc", **WATCHING}, ["Did you mean 'accuracy'?"]),
    "nothing like it": (
        {"monitor": "speed of light", **WATCHING},
        ["is unknown. Known names: val_loss, loss,"],
    ),
    "in metrics": ({"metrics": ["accurcy"], **WATCHING}, ["'accurcy' in metrics is unknown"]),
    "loss in metrics": ({"metrics": ["loss"], **WATCHING}, ["'loss' in metrics is unknown"]),
    "number": ({"metrics": [3], **WATCHING}, ["3 in metrics", "has to be the name"]),
    "word": ({"metrics": "accuracy", **WATCHING}, ["'metrics' parameter", "list"]),
    "metric": (
        {"monitor": roc_auc_score, **WATCHING},
        ["monitor=<function roc_auc_score", "is a metric", "use `make_scorer`"],
    ),
    "metric in metrics": (
        {"metrics": [roc_auc_score], **WATCHING},
        ["in metrics is a metric, not a scorer"],
    ),
    "name taken": ({"metrics": [loss], **WATCHING}, ["'val_loss' in the history", "rename"]),
    "same name": (
        {"metrics": [make_scorer(fbeta_score, beta=b) for b in (1, 2)], **WATCHING},
        ["'val_fbeta_score' in the history", "rename"],
    ),
    "nothing held out": (
        {"monitor": "accuracy"},
        ["monitor='accuracy' is computed on a validation set", "early_stopping=True"],
    ),
    "metrics without rows": (
        {"metrics": ["accuracy"]},
        ["metrics=['accuracy'] is computed on a validation set"],
    ),
    "metrics beside the training loss": (
        {"metrics": ["accuracy"], "monitor": "loss", "early_stopping": True},
        ["metrics=['accuracy'] is computed on a validation set"],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_choices_are_refused_before_training(iris, name):
    parameters, words = REFUSED[name]
    net = classifier(**parameters)
    before, programs = dict(vars(net)), cache_info()
    with pytest.raises(ValueError, match=re.escape(words[0])) as caught:
        net.fit(*iris)
    for word in words[1:]:
        assert word in str(caught.value)
    assert vars(net) == before
    assert cache_info() == programs


def test_common_names_are_scorers():
    assert set(scorers._COMMON_NAMES.values()) <= set(get_scorer_names())


def test_a_scorer_of_the_other_kind_is_refused(diabetes):
    with pytest.raises(ValueError, match="monitor='roc_auc' needs decision_function or predict_pr"):
        regressor(monitor="roc_auc", early_stopping=True).fit(*diabetes)


def test_a_scorer_that_fails_leaves_the_estimator_as_it_was(iris):
    class NoMore(Exception):
        pass

    def tired(estimator, X, y):
        calls.append(1)
        if len(calls) == 3:
            raise NoMore("of this")
        return 0.5

    calls = []
    net = classifier().fit(*iris)
    net.set_params(metrics=[tired], validation_fraction=0.2)
    before = dict(vars(net))
    with pytest.raises(NoMore, match="of this") as caught:
        net.fit(*iris)
    assert "in metrics failed on the validation set, epoch 3" in caught.value.__notes__[0]
    assert vars(net) == before


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (np.nan, r"monitor=.*odd.*: the score is NaN .* epoch 1"),
        ({"a": 1.0}, "one number, not {'a': 1.0}"),
    ],
)
def test_a_figure_that_cannot_be_compared(iris, returned, words):
    def odd(estimator, X, y):
        return returned

    net = classifier(monitor=odd, early_stopping=True)
    with pytest.raises(ValueError, match=words):
        net.fit(*iris)
    assert not hasattr(net, "weights_")


def test_a_recorded_score_may_be_nan(iris):
    def unknown(estimator, X, y):
        return np.float32(np.nan)

    net = classifier(metrics=[unknown], **WATCHING).fit(*iris)
    assert np.isnan(net.history_["val_unknown"]).all()


NEEDS_POSITIVE = {
    "f1": (f1_score, "predict"),
    "precision": (precision_score, "predict"),
    "average_precision": (average_precision_score, ("decision_function", "predict_proba")),
    "neg_brier_score": (brier_score_loss, "predict_proba"),
}


@pytest.mark.parametrize("parameter", ["monitor", "metrics"])
@pytest.mark.parametrize("name", NEEDS_POSITIVE)
@pytest.mark.parametrize("labels", [("No", "Yes"), ("a", "b")])
def test_the_positive_class_of_labels_has_to_be_told(halves, name, parameter, labels):
    data = {key: each if each.ndim == 2 else np.array(labels)[each] for key, each in halves.items()}
    net = classifier(early_stopping=True)
    net.set_params(**{parameter: name if parameter == "monitor" else [name]})
    with pytest.raises(ValueError, match=f"'{name}'.*needs to know which of the classes") as caught:
        net.fit(**data)
    assert f"pos_label={labels[1]!r}" in str(caught.value)
    assert f"make_scorer({NEEDS_POSITIVE[name][0].__name__}" in str(caught.value)
    assert not hasattr(net, "weights_")
    # The cure that the message names.
    cure = re.search(r"make_scorer\(.*?\)(?= of)", str(caught.value))[0]
    functions = {function.__name__: function for function, _ in NEEDS_POSITIVE.values()}
    scorer = eval(cure, {"make_scorer": make_scorer, **functions})
    net.set_params(monitor="val_loss", metrics=[scorer]).fit(**data)
    function, method = NEEDS_POSITIVE[name]
    restored = net.best_epoch_ - 1  # the weights are those of the best epoch
    answers = net.predict(data["X_val"])
    if method != "predict":
        answers = net.predict_proba(data["X_val"])[:, 1]
    expected = function(data["y_val"], answers, pos_label=labels[1])
    expected *= -1 if name.startswith("neg_") else 1
    assert net.history_[f"val_{function.__name__}"][restored] == pytest.approx(expected, rel=1e-5)


def test_a_score_of_two_classes_is_refused_for_three_before_training(iris):
    with pytest.raises(ValueError, match=r"monitor='f1' cannot be computed for .*'f1_macro'"):
        classifier(monitor="f1", early_stopping=True).fit(*iris)


# Time and epochs ---------------------------------------------------------------------------------


def test_time_limit_ends_with_the_running_epoch(iris, monkeypatch):
    ticks = iter(range(100))  # the clock is read at the beginning and after each epoch
    monkeypatch.setattr(time_limit.time, "monotonic", lambda: 10 * next(ticks))
    net = classifier(epochs=50, time_limit=25, learning_rate=0.03).fit(*iris)
    assert net.n_iter_ == net.best_epoch_ == 3
    assert net.stopped_by_ == "time_limit"
    assert equal_bits(net, classifier(epochs=3, learning_rate=0.03).fit(*iris))
    assert net.score(*iris) > 0.8


def test_time_limit_keeps_the_best_epoch(iris, monkeypatch):
    def rises_and_falls(estimator, X, y):
        return [0.1, 0.9, 0.3, 0.2][next(calls)]

    calls, ticks = iter(range(9)), iter(range(100))
    monkeypatch.setattr(time_limit.time, "monotonic", lambda: 10 * next(ticks))
    net = classifier(epochs=50, time_limit=35, early_stopping=True, monitor=rises_and_falls)
    net.fit(*iris)
    assert (net.n_iter_, net.best_epoch_, net.stopped_by_) == (4, 2, "time_limit")


def test_one_epoch_is_always_run(iris):
    net = classifier(time_limit=1e-9).fit(*iris)
    assert (net.n_iter_, net.stopped_by_) == (1, "time_limit")
    assert classifier(time_limit=1e9).fit(*iris).stopped_by_ == "epochs"


def test_start_from_epoch(iris):
    def falls(estimator, X, y):
        return -float(next(calls))

    for start, best in ((0, 1), (3, 4)):
        calls = iter(range(99))
        net = classifier(epochs=30, monitor=falls, early_stopping=True, start_from_epoch=start)
        net.set_params(patience=2).fit(*iris)
        assert (net.best_epoch_, net.n_iter_) == (best, best + 2)


@pytest.mark.parametrize(
    ("estimator", "parameters"),
    [
        (classifier, {}),
        (classifier, {"dropout": 0.3, "batch_norm": True, "class_weight": "balanced"}),
        (regressor, {"missing": "augment", "input_noise": 0.1}),
        (regressor, {"validation": "last", "monitor": "r2", "metrics": ["neg_max_error"]}),
    ],
    ids=["plain", "dropout", "missing values", "last rows"],
)
def test_refit_is_a_plain_fit_for_the_best_epochs(iris, estimator, parameters):
    X, y = iris
    X = np.where(np.random.default_rng(0).random(X.shape) < 0.1, np.nan, X)
    X = X if "missing" in parameters else np.nan_to_num(X)
    search = {"early_stopping": True, "epochs": 12, "patience": 2, "learning_rate": 0.05}
    watched = estimator(**{**parameters, **search}).fit(X, y)
    net = estimator(**{**parameters, **search}, refit_best_epoch=True).fit(X, y)
    own = {n: v for n, v in parameters.items() if n not in ("validation", "monitor", "metrics")}
    expected = estimator(**own, epochs=watched.best_epoch_, learning_rate=0.05).fit(X, y)
    assert equal_bits(net, expected)
    assert not equal_bits(net, watched)
    assert net.history_ == expected.history_
    assert net.early_stopping_history_ == watched.history_
    assert net.n_iter_ == net.best_epoch_ == watched.best_epoch_
    assert (net.best_loss_, net.stopped_by_) == (watched.best_loss_, watched.stopped_by_)
    assert net.get_params() == {**watched.get_params(), "refit_best_epoch": True}
    assert np.array_equal(net.predict(X), expected.predict(X))
    if estimator is regressor:  # training goes on, too, as after the plain fit
        net.set_params(early_stopping=False, refit_best_epoch=False, validation=None)
        net.set_params(monitor="val_loss", metrics=None).partial_fit(X, y)
        assert equal_bits(net, expected.partial_fit(X, y))


def test_refit_leaves_given_rows_out(halves):
    options = {"early_stopping": True, "epochs": 6, "patience": 1, "learning_rate": 0.05}
    net = classifier(**options, refit_best_epoch=True).fit(**halves)
    plain = classifier(epochs=net.best_epoch_, learning_rate=0.05)
    assert equal_bits(net, plain.fit(halves["X"], halves["y"]))


def test_a_later_fit_forgets_the_refit(iris):
    net = classifier(early_stopping=True, refit_best_epoch=True).fit(*iris)
    net.set_params(refit_best_epoch=False).fit(*iris)
    assert not hasattr(net, "early_stopping_history_")
    assert "val_loss" in net.history_


# What comes of it --------------------------------------------------------------------------------


def test_pictures_take_more_figures(iris):
    net = classifier(metrics=["accuracy"], **WATCHING).fit(*iris)
    display = HistoryDisplay.from_estimator(net)
    assert len(display.ax_.get_lines()) >= 2
    assert "<svg" in net._repr_html_()
    assert net._fit_html().count("<polyline") == 2


def test_what_was_watched_comes_back_from_a_file(iris, tmp_path):
    def own_score(estimator, X, y):
        return estimator.score(X, y)

    options = {"early_stopping": True, "refit_best_epoch": True, "time_limit": 60.0}
    net = classifier(monitor=own_score, metrics=["accuracy"], **options).fit(*iris)
    skdense.save(net, tmp_path / "net.skdense")
    with pytest.raises(ValueError, match="names 'own_score' for monitor"):
        skdense.load(tmp_path / "net.skdense")
    with pytest.raises(ValueError, match="pass the function itself"):
        skdense.load(tmp_path / "net.skdense", custom_objects={"own_score": 3})
    again = skdense.load(tmp_path / "net.skdense", custom_objects={"own_score": own_score})
    assert again.get_params() == net.get_params()
    names = ("history_", "early_stopping_history_", "stopped_by_", "best_epoch_", "best_loss_")
    for name in (*names, "best_score_"):
        assert getattr(again, name) == getattr(net, name), name
    assert vars(again).keys() == vars(net).keys()
    given = classifier().fit(*iris, X_val=iris[0], y_val=iris[1])
    skdense.save(given, tmp_path / "given.skdense")
    assert skdense.load(tmp_path / "given.skdense")._validation_given


@pytest.mark.parametrize(
    "parameters",
    [{"validation": KFold()}, {"monitor": make_scorer(accuracy_score), **WATCHING}],
    ids=["splitter", "scorer"],
)
def test_what_a_file_cannot_hold_is_refused(iris, tmp_path, parameters):
    net = classifier(**parameters).fit(*iris)
    (name,) = set(parameters) - set(WATCHING)
    with pytest.raises(ValueError, match=f"{name}=.* cannot be saved"):
        skdense.save(net, tmp_path / "net.skdense")
    net.set_params(**{name: None if name == "validation" else "accuracy"})
    skdense.save(net, tmp_path / "net.skdense")

"""Metrics that training programs compute: which ones, and that they are scikit-learn's."""

import inspect
from importlib.util import find_spec

import numpy as np
import pytest
from scipy import sparse
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import brier_score_loss, get_scorer, get_scorer_names

from skdense import DenseClassifier, DenseRegressor
from skdense.callbacks import scorers
from skdense.engine import disk_cache, training
from skdense.engine.program import Program
from skdense.estimators.program_metrics import program_metrics
from skdense.preprocessing.class_encoding import encode_classes
from skdense.preprocessing.target_scaling import scale_numbers
from tests.helpers import equal_bits

SMALL = {
    "hidden_layer_sizes": (8,),
    "epochs": 8,
    "learning_rate": 0.03,
    "batch_size": 32,
    "dropout": 0.0,
    "lr_schedule": None,
    "early_stopping": False,
    "monitor": "val_loss",
    "patience": 10,
    "scale_features": None,
    "n_bins": None,
    "n_members": 1,
    "random_state": 0,
}
OF_TWO = [
    "accuracy",
    "average_precision",
    "balanced_accuracy",
    "neg_brier_score",
    "neg_log_loss",
    "roc_auc",
    "roc_auc_ovo",
    "roc_auc_ovo_weighted",
    "roc_auc_ovr",
    "roc_auc_ovr_weighted",
]
OF_SEVERAL = [name for name in OF_TWO if name != "roc_auc"]
OF_LABELS = ["accuracy", "average_precision", "roc_auc"]
OF_NUMBERS = [
    "neg_mean_absolute_error",
    "neg_mean_squared_error",
    "neg_root_mean_squared_error",
    "r2",
]
MULTICLASS_BRIER = "labels" in inspect.signature(brier_score_loss).parameters  # from 1.7 on


def classifier(**changes):
    return DenseClassifier(**{**SMALL, **changes})


def regressor(**changes):
    return DenseRegressor(**{**SMALL, **changes})


# Which ones --------------------------------------------------------------------------------------

TWO = np.array([0, 1, 1, 0, 1])
THREE = np.array([0, 1, 2, 1, 0])
LABELS = np.array([[0, 1, 0], [1, 0, 0], [0, 1, 1], [1, 1, 0]])
NUMBERS = np.array([0.5, 2.0, -1.0])


def in_program(y, y_val=None, *, metrics=None, weight=None, loss="auto", kind=classifier):
    """Names of those that a program computes if each is asked for alone."""
    y_val = y if y_val is None else y_val
    if kind is regressor:
        encoding, numbers = scale_numbers(y, np.ones(len(y)), "mse", True), y_val
    else:
        encoding = encode_classes(y, loss)
        numbers = encoding.numbers(y_val)
    found = []
    for name in metrics or get_scorer_names():
        try:
            chosen, _ = program_metrics(kind(metrics=[name]), encoding, numbers, weight)
        except ValueError:  # it needs what such an estimator does not have
            continue
        if chosen is not None:
            assert chosen.names == (name,)
            found.append(name)
    return found


@pytest.mark.parametrize(
    ("expected", "arguments"),
    [
        (OF_TWO, {"y": TWO}),
        (OF_TWO, {"y": TWO == 1}),
        (OF_TWO, {"y": TWO * 2 - 1, "weight": [1, 2, 1, 1, 3]}),
        (OF_TWO, {"y": TWO, "loss": "categorical_crossentropy"}),
        (OF_LABELS, {"y": LABELS}),
        (OF_LABELS, {"y": np.eye(3, dtype=int)[THREE], "loss": "categorical_crossentropy"}),
        (OF_NUMBERS, {"y": NUMBERS, "kind": regressor}),
        (OF_NUMBERS, {"y": np.stack([NUMBERS, NUMBERS**2], axis=1), "kind": regressor}),
    ],
    ids=["0 and 1", "bool", "-1 and 1", "softmax", "labels", "one-hot", "numbers", "two targets"],
)
def test_the_program_computes(expected, arguments):
    assert in_program(**arguments) == expected


def test_the_program_computes_of_several_classes():
    expected = [name for name in OF_SEVERAL if MULTICLASS_BRIER or name != "neg_brier_score"]
    assert in_program(THREE) == expected
    weighted = in_program(THREE, weight=np.ones(5))
    assert weighted == [name for name in expected if "ovo" not in name]


@pytest.mark.parametrize(
    ("left", "arguments"),
    [
        # Which of these is the positive class is scikit-learn's question.
        (["average_precision", "neg_brier_score"], {"y": np.array(["no", "yes"])[TWO]}),
        (["average_precision", "neg_brier_score"], {"y": TWO + 1}),
        # The validation set has one class of two, of three, or of one label.
        (OF_TWO[1:], {"y": TWO, "y_val": TWO[1:3]}),
        (OF_SEVERAL[1:], {"y": THREE, "y_val": THREE[:2]}),
        (OF_LABELS[1:], {"y": LABELS, "y_val": LABELS[:2]}),
        (["r2"], {"y": NUMBERS, "y_val": NUMBERS[:1], "kind": regressor}),
        (["r2"], {"y": NUMBERS, "y_val": np.full(3, 7.0), "kind": regressor}),
        (OF_NUMBERS, {"y": NUMBERS, "y_val": NUMBERS * 1e160, "kind": regressor}),
    ],
    ids=["text", "1 and 2", "one class", "two of three", "label", "one row", "constant", "huge"],
)
def test_scikit_learn_computes(left, arguments):
    regular = {**arguments, "y_val": None}
    if arguments.get("kind") is regressor:
        before = OF_NUMBERS
    elif arguments["y"].ndim == 2:
        before = OF_LABELS
    else:
        before = OF_SEVERAL if len(np.unique(arguments["y"])) == 3 else OF_TWO
    if "y_val" in arguments:
        assert set(in_program(**regular)) | {"neg_brier_score"} >= set(before)
    assert in_program(**arguments) == [name for name in before if name not in left]


def test_all_or_none():
    def own(estimator, X, y):
        return 0.0

    encoding = encode_classes(TWO, "auto")
    for metrics in (["accuracy", "f1"], ["accuracy", own], [get_scorer("accuracy")]):
        assert program_metrics(classifier(metrics=metrics), encoding, TWO, None) == (None, None)
    assert program_metrics(classifier(), encoding, TWO, None) == (None, None)
    found, data = program_metrics(
        classifier(metrics=["roc_auc", "val_accuracy"], monitor="accuracy"), encoding, TWO, None
    )
    assert found.names == ("roc_auc", "accuracy")
    assert data.weight.tolist() == [1.0] * 5


class Careful(DenseClassifier):
    def predict(self, X):
        return (self.predict_proba(X)[:, 1] > 0.9).astype(int)


def test_a_subclass_that_predicts_in_its_own_way_is_asked(cancer):
    net = Careful(**SMALL, metrics=["accuracy"], validation="last").fit(*cancer)
    X, y = (part[-114:] for part in cancer)
    assert net.history_["val_accuracy"][-1] == np.mean(net.predict(X) == y)
    assert net.history_["val_accuracy"][-1] != np.mean((net.decision_function(X) > 0) == y)


# They are scikit-learn's -------------------------------------------------------------------------


def by_function(name):
    """The scorer of that name as a function, which is called after each epoch."""

    def scorer(estimator, X, y, sample_weight=None):
        options = {} if sample_weight is None else {"sample_weight": sample_weight}
        return get_scorer(name)(estimator, X, y, **options)

    scorer.__name__ = name
    return scorer


@pytest.fixture
def no_scorer(monkeypatch):
    """Let fail what computes scores in Python."""

    def fail(*arguments):
        raise AssertionError("a scorer was called")

    monkeypatch.setattr(scorers.ScorerCallback, "on_epoch_end", fail)


def halves(data, y=None):
    X, given = data
    y = given if y is None else y
    return {"X": X[::2], "y": y[::2], "X_val": X[1::2], "y_val": y[1::2]}


def check_last_epoch(net, given, rel=1e-6, weight=None):
    """Compare the history with scikit-learn's scorers, called with the fitted network."""
    options = {} if weight is None else {"sample_weight": weight}
    for name in net.metrics:
        found = net.history_[f"val_{name}"]
        expected = get_scorer(name)(net, given["X_val"], given["y_val"], **options)
        assert found[-1] == pytest.approx(expected, rel=rel), name
        assert len(found) == net.n_iter_
    assert list(net.history_) == ["loss", "val_loss", *(f"val_{name}" for name in net.metrics)]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"class_weight": "balanced", "label_smoothing": 0.1},
        {"loss": "categorical_crossentropy", "class_weight": {0: 3, 1: 0.5}},
        {"dtype": "float64", "verbose": 0, "n_members": 1, "batch_norm": True},
    ],
    ids=["plain", "balanced", "softmax", "float64"],
)
def test_two_classes(cancer, no_scorer, changes):
    given = halves(cancer)
    weight = np.random.default_rng(0).uniform(0.1, 3, len(given["y_val"]))
    net = classifier(**changes, metrics=OF_TWO).fit(**given, sample_weight_val=weight)
    rel = 1e-10 if net.dtype == "float64" else 1e-6
    check_last_epoch(net, given, rel, weight)


def test_samples_of_weight_zero_do_not_count(cancer, no_scorer):
    given = halves(cancer)
    weight = np.random.default_rng(0).integers(0, 3, len(given["y_val"]))
    net = classifier(metrics=OF_TWO).fit(**given, sample_weight_val=weight)
    check_last_epoch(net, given, weight=weight)


@pytest.mark.parametrize("text", [False, True])
def test_several_classes(iris, no_scorer, text):
    given = halves(iris, np.array(["a", "b", "c"])[iris[1]] if text else None)
    names = [name for name in OF_SEVERAL if MULTICLASS_BRIER or name != "neg_brier_score"]
    if text and find_spec("sklearn.callback") is None:
        names.remove("average_precision")  # before 1.9 it looks for a positive class 1 among three
    check_last_epoch(classifier(metrics=names).fit(**given), given)


@pytest.mark.parametrize("loss", ["auto", "categorical_crossentropy"])
def test_a_matrix_of_labels(iris, no_scorer, loss):
    matrix = np.eye(3, dtype=int)[iris[1]]
    if loss == "auto":
        matrix = np.stack([iris[1] == 0, iris[1] < 2, iris[1] > 0], 1) * 1
    given = halves(iris, matrix)
    check_last_epoch(classifier(metrics=OF_LABELS, loss=loss).fit(**given), given)


@pytest.mark.parametrize(
    "changes", [{}, {"scale_target": False, "loss": "poisson"}, {"dtype": "float64"}]
)
def test_numbers(diabetes, no_scorer, changes):
    given = halves(diabetes)
    weight = np.random.default_rng(0).uniform(0.1, 3, len(given["y_val"]))
    net = regressor(**changes, metrics=OF_NUMBERS).fit(**given, sample_weight_val=weight)
    check_last_epoch(net, given, weight=weight)


def test_several_targets(diabetes, no_scorer):
    y = np.stack([diabetes[1], 1e-4 * diabetes[0][:, 0] + 5], axis=1)
    given = halves(diabetes, y)
    check_last_epoch(regressor(metrics=OF_NUMBERS).fit(**given), given)


def test_more_samples_than_one_chunk(no_scorer):
    random = np.random.default_rng(0)
    X = random.normal(size=(1600, 2))
    given = {"X": X[:64], "y": X[:64, 0] > 0, "X_val": X[64:], "y_val": X[64:, 0] > 0}
    check_last_epoch(classifier(metrics=OF_TWO, epochs=2).fit(**given), given)


def test_sparse_rows(iris, no_scorer):
    given = halves((sparse.csr_array(np.maximum(iris[0], 0)), iris[1]))
    check_last_epoch(classifier(metrics=["accuracy", "neg_log_loss"]).fit(**given), given)


# Early stopping ----------------------------------------------------------------------------------

# All of them in one program, whichever is monitored; XLA compiles it.
MONITORED = ["accuracy", "roc_auc", "neg_log_loss", "average_precision", "neg_brier_score"]
STOPPING = {"early_stopping": True, "epochs": 40, "metrics": MONITORED}


@pytest.mark.parametrize(
    "rule",
    [
        {"monitor": "accuracy", "patience": 3},
        {"monitor": "roc_auc", "patience": 2, "min_delta": 0.002},
        {"monitor": "neg_log_loss", "patience": 2, "restore_best_weights": False},
        {"monitor": "average_precision", "patience": 0, "start_from_epoch": 4},
        {"monitor": "neg_brier_score", "patience": 99},
    ],
    ids=lambda rule: rule["monitor"],
)
def test_stops_as_with_the_score_of_a_function(cancer, rule):
    inside = classifier(**{**STOPPING, **rule}).fit(*cancer)
    functions = {name: by_function(name) for name in MONITORED}
    asked = {"metrics": [*functions.values()], "monitor": functions[rule["monitor"]]}
    outside = classifier(**{**STOPPING, **rule, **asked}).fit(*cancer)
    assert equal_bits(inside, outside)
    assert inside.n_iter_ == outside.n_iter_
    assert inside.best_epoch_ == outside.best_epoch_
    assert inside.stopped_by_ == outside.stopped_by_
    assert inside.best_score_ == pytest.approx(outside.best_score_, rel=1e-6)
    assert inside.history_["val_loss"] == outside.history_["val_loss"]
    assert list(inside.history_) == list(outside.history_)
    for name in MONITORED:
        found, expected = (net.history_[f"val_{name}"] for net in (inside, outside))
        np.testing.assert_allclose(found, expected, rtol=1e-6, err_msg=name)


def test_refits_and_members(cancer, no_scorer):
    options = {"early_stopping": True, "epochs": 10, "patience": 2, "monitor": "accuracy"}
    net = classifier(**{**options, "n_members": 2}, refit_best_epoch=True).fit(*cancer)
    for member in net.members_:
        scores = member.early_stopping_history_["val_accuracy"]
        assert member.best_epoch_ == np.argmax(scores) + 1


def test_plateau_and_time_limit_see_the_metrics(cancer, no_scorer):
    options = {"monitor": "accuracy", "validation_fraction": 0.2, "time_limit": 1000.0}
    net = classifier(**options, lr_schedule="reduce_on_plateau", epochs=30).fit(*cancer)
    assert len(net.history_["val_accuracy"]) == 30
    assert net.history_["learning_rate"][-1] < 0.03


@pytest.mark.parametrize("monitor", ["val_loss", *MONITORED])
def test_no_epoch_comes_back_to_python(cancer, monkeypatch, monitor):
    calls = []
    run = Program.run
    monkeypatch.setattr(Program, "run", lambda *args: calls.append(1) or run(*args))
    classifier(**{**STOPPING, "patience": 40}, monitor=monitor).fit(*cancer)
    assert len(calls) == 1


@pytest.mark.skipif(disk_cache._cache is None, reason="TensorFlow writes what it compiles nowhere")
def test_whatever_is_monitored_is_compiled_once(cancer):
    folder = disk_cache._cache.own
    written = []
    for monitor in ("val_loss", *MONITORED):
        classifier(**STOPPING, monitor=monitor).fit(*cancer)
        written.append({path.name for path in folder.iterdir()})
    assert all(names == written[0] for names in written)


def test_only_metrics_asked_for_are_compiled(cancer, monkeypatch):
    keys = []
    borrow = training.borrow
    monkeypatch.setattr(training, "borrow", lambda key, make: keys.append(key) or borrow(key, make))
    for options in ({}, {"metrics": ["accuracy"]}, {"monitor": "accuracy"}, {"metrics": ["f1"]}):
        classifier(**options, validation_fraction=0.2).fit(*cancer)
    plain, asked_for, monitored, in_python = keys
    assert plain == in_python
    assert asked_for == monitored
    assert (plain.metrics, asked_for.metrics.names) == (None, ("accuracy",))


# Where a class is missing ------------------------------------------------------------------------


def without_ones(cancer):
    X, y = cancer
    return {
        "X": X[:300],
        "y": y[:300],
        "X_val": X[300:][y[300:] == 0],
        "y_val": y[300:][y[300:] == 0],
    }


def test_a_validation_set_of_one_class(cancer):
    given = without_ones(cancer)
    with pytest.warns(UndefinedMetricWarning, match="Only one class"):
        net = classifier(metrics=["roc_auc", "accuracy"], epochs=2).fit(**given)
    assert np.isnan(net.history_["val_roc_auc"]).all()
    assert np.isfinite(net.history_["val_accuracy"]).all()
    with pytest.raises(ValueError, match="only one label") as caught:
        classifier(metrics=["neg_log_loss"]).fit(**given)
    assert "failed on the validation set, epoch 1" in caught.value.__notes__[0]

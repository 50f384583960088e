"""Ensembles: by hand from single networks, and every row of the table in docs/ensembles.md."""

import json
import logging
import pickle
import re
import time
import zipfile
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

import keras
import numpy as np
import pytest
import sklearn
from scipy import sparse, special
from sklearn.base import clone
from sklearn.datasets import make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.model_selection import GroupKFold, KFold, PredefinedSplit, StratifiedKFold
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

import skdense
from skdense import DenseClassifier, DenseRegressor, HistoryDisplay, diagnose
from skdense.preprocessing.fit_arguments import FitArguments
from skdense.preprocessing.temperature import fit_temperature
from skdense.preprocessing.validation_split import split_indices
from tests.helpers import equal_bits, plain

ROWS = {}  # of the table: the test of each name
PAGE = Path(__file__).parents[2] / "docs" / "ensembles.md"
STOPPING = {"early_stopping": True, "validation_fraction": 1 / 3, "patience": 2}


def row(*names):
    """Note which rows of the table a test is about."""

    def note(test):
        ROWS.update(dict.fromkeys(names, test))
        return test

    return note


def classifier(n_members=3, **parameters):
    parameters = {"epochs": 4, "random_state": 0, **parameters}
    return plain(DenseClassifier, 8, n_members=n_members, **parameters)


def regressor(n_members=3, **parameters):
    parameters = {"epochs": 4, "random_state": 0, **parameters}
    return plain(DenseRegressor, 8, n_members=n_members, **parameters)


def held_out_by(member, X, y):
    labels = y if isinstance(member, DenseClassifier) else None
    split = split_indices(member, len(X), labels, FitArguments(X, y), 0)
    return None if split is None else split[1]


def alone(member, held_out, n_samples):
    """Give a plain estimator with a member's seed, which is told what to hold out."""
    fold = np.full(n_samples, -1)
    fold[held_out] = 0
    single = clone(member).set_params(validation=PredefinedSplit(fold), validation_fraction=None)
    assert single.n_members == 1
    return single


@pytest.fixture(scope="module")
def flowers(iris):
    return classifier(**STOPPING).fit(*iris)


@pytest.fixture(scope="module")
def patients(diabetes):
    return regressor(**STOPPING).fit(*diabetes)


# The whole, by hand ------------------------------------------------------------------------------


@row("members_", "random_state", "early_stopping", "validation_fraction")
@pytest.mark.parametrize("make", [classifier, regressor])
def test_members_are_what_single_estimators_with_their_seeds_and_folds_are(make, iris, diabetes):
    X, y = iris if make is classifier else diabetes
    net = make(**STOPPING).fit(X, y)
    assert len({member.random_state for member in net.members_}) == 3
    predicted = []
    for member in net.members_:
        assert type(member) is type(net)
        single = alone(member, held_out_by(member, X, y), len(X)).fit(X, y)
        assert equal_bits(single, member)
        assert single.history_ == member.history_
        assert single.best_epoch_ == member.best_epoch_
        predicted.append(single.predict_proba(X) if make is classifier else single.predict(X))
    mean = np.mean(predicted, axis=0)
    found = net.predict_proba(X) if make is classifier else net.predict(X)
    np.testing.assert_allclose(found, mean, rtol=1e-12, atol=1e-14)
    again = make(**STOPPING).fit(X, y)
    assert all(map(equal_bits, net.members_, again.members_))
    other = make(**STOPPING).set_params(random_state=1).fit(X, y)
    assert not equal_bits(net.members_[0], other.members_[0])


def test_without_held_out_rows_members_differ_by_their_seeds_alone(iris):
    X, y = iris
    net = classifier().fit(X, y)
    for member in net.members_:
        assert held_out_by(member, X, y) is None
        assert equal_bits(clone(member).fit(X, y), member)
    assert not equal_bits(*net.members_[:2])
    assert not hasattr(net, "oof_decision_function_")


@row("predict", "score")
def test_the_mean_predicts(flowers, patients, iris, diabetes):
    proba = np.mean([member.predict_proba(iris[0]) for member in flowers.members_], axis=0)
    assert np.array_equal(flowers.predict(iris[0]), proba.argmax(axis=1))
    assert flowers.score(*iris) == accuracy_score(iris[1], proba.argmax(axis=1))
    mean = np.mean([member.predict(diabetes[0]) for member in patients.members_], axis=0)
    assert patients.score(*diabetes) == pytest.approx(r2_score(diabetes[1], mean))


def kinds_of_labels():
    X, labels = make_multilabel_classification(120, 4, n_classes=3, random_state=0)
    X = StandardScaler().fit_transform(X)
    two = labels[:, 0]
    yield "binary", X, two, "auto"
    yield "two columns", X, two, "categorical_crossentropy"
    yield "multiclass", X, labels.sum(axis=1), "auto"
    yield "multilabel", X, labels, "auto"
    yield "one-hot", X, np.eye(2, dtype=int)[two], "categorical_crossentropy"


@row("predict_proba", "predict_log_proba", "decision_function")
@pytest.mark.parametrize(
    ("X", "y", "loss"),
    [each[1:] for each in kinds_of_labels()],
    ids=[k[0] for k in kinds_of_labels()],
)
def test_probabilities_and_decisions_are_those_of_the_mean(X, y, loss):
    net = classifier(2, loss=loss).fit(X, y)
    mean = np.mean([member.predict_proba(X) for member in net.members_], axis=0)
    np.testing.assert_allclose(net.predict_proba(X), mean, rtol=1e-12)
    np.testing.assert_allclose(net.predict_log_proba(X), np.log(mean), rtol=1e-11)
    decisions = net.decision_function(X)
    if net._encoding.kind == "multilabel":
        np.testing.assert_allclose(decisions, special.logit(mean), rtol=1e-9, atol=1e-12)
        assert np.array_equal(net.predict(X), mean > 0.5)
    elif net._encoding.kind == "binary":
        expected = np.log(mean[:, 1]) - np.log(mean[:, 0])
        np.testing.assert_allclose(decisions, expected, rtol=1e-9, atol=1e-12)
        assert np.array_equal(net.predict(X) == net.classes_[1], decisions > 0)
    else:
        np.testing.assert_allclose(decisions, np.log(mean), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_decisions_stay_finite_where_probabilities_are_rounded(iris, n_classes):
    X, y = iris[0] * 1e5, np.minimum(iris[1], n_classes - 1)
    net = classifier(2).fit(iris[0], y)
    with np.errstate(all="raise", under="ignore"):
        decisions = net.decision_function(X)
    assert (net.predict_proba(X) == 0).any()
    assert np.isfinite(decisions).all()
    assert np.isfinite(net.predict_log_proba(X)).all()
    order = decisions > 0 if n_classes == 2 else decisions.argmax(axis=1)
    assert np.array_equal(net.predict(X), order)


def test_a_row_is_predicted_alike_whichever_rows_stand_beside_it(patients, flowers, diabetes, iris):
    for net, (X, _) in ((patients, diabetes), (flowers, iris)):
        whole = net.predict(X) if net is patients else net.predict_proba(X)
        one = net.predict if net is patients else net.predict_proba
        single = np.concatenate([one(X[[k]]) for k in range(20)])
        np.testing.assert_allclose(single, whole[:20], rtol=1e-12, atol=1e-13)


# Rows that are left out --------------------------------------------------------------------------


@row("oof_prediction_", "oof_decision_function_")
@pytest.mark.parametrize("fraction", [1 / 3, 1 / 4])
def test_out_of_fold_predictions_are_those_of_the_member_that_left_the_row_out(
    iris, diabetes, fraction
):
    for make, name, method, (X, y) in (
        (classifier, "oof_decision_function_", "predict_proba", iris),
        (regressor, "oof_prediction_", "predict", diabetes),
    ):
        net = make(**{**STOPPING, "validation_fraction": fraction}).fit(X, y)
        found = getattr(net, name)
        expected = np.full(found.shape, np.nan)
        for member in net.members_:
            held_out = held_out_by(member, X, y)
            assert np.isnan(expected[held_out]).all()  # no row is held out twice
            expected[held_out] = getattr(member, method)(X[held_out])
        assert np.array_equal(found, expected, equal_nan=True)
        assert np.isnan(found).any() == (fraction < 1 / 3)
        assert len(found) == len(X)


def test_out_of_fold_predictions_are_of_rows_not_learned(iris):
    X, y = iris
    shuffled = np.random.default_rng(0).permutation(y)  # nothing to learn but by heart
    settings = {"validation_fraction": 1 / 3, "epochs": 60, "learning_rate": 0.01}
    net = plain(DenseClassifier, 64, n_members=3, random_state=0, **settings).fit(X, shuffled)
    out_of_fold = net.oof_decision_function_.argmax(axis=1)
    assert accuracy_score(shuffled, out_of_fold) < 0.45
    assert accuracy_score(shuffled, net.predict(X)) > 0.5
    assert log_loss(shuffled, net.oof_decision_function_) > log_loss(shuffled, net.predict_proba(X))


def test_with_a_refit_there_are_no_out_of_fold_predictions(iris):
    net = classifier(**STOPPING).fit(*iris)
    assert hasattr(net, "oof_decision_function_")
    net.set_params(refit_best_epoch=True).fit(*iris)
    assert not hasattr(net, "oof_decision_function_")
    net.set_params(n_members=1, refit_best_epoch=False).fit(*iris)
    assert not hasattr(net, "members_")


@pytest.mark.parametrize(
    "labels",
    [
        [0, 0, 1, 1],  # fewer rows than folds
        [0, 0, 0, 0, 0, 0, 1],  # a class with a single row
        [0, 0, 0, 1, 1, 2, 2],  # fewer of each class than folds
    ],
    ids=str,
)
@pytest.mark.filterwarnings("error")
def test_tiny_data_train(labels):
    X = np.arange(2.0 * len(labels)).reshape(-1, 2)
    net = classifier(5, early_stopping=True, epochs=2).fit(X, np.array(labels))
    assert len(net.members_) == 5
    known = np.array([labels.count(label) > 1 for label in labels])
    assert np.array_equal(~np.isnan(net.oof_decision_function_).any(axis=1), known)
    few = regressor(5, early_stopping=True, epochs=2).fit(X[:2], [1.0, 2.0])
    assert not np.isnan(few.oof_prediction_).any()


def test_too_few_rows_to_hold_out_are_refused_before_any_training():
    with pytest.raises(ValueError, match=r"1 sample cannot be split into folds.*Use more rows"):
        regressor(2, early_stopping=True).fit([[1.0]], [1.0])
    with pytest.raises(ValueError, match=r"2 samples cannot be split.*one class"):
        classifier(2, early_stopping=True).fit([[1.0], [2.0]], [0, 1])


def test_rows_of_weight_zero_are_nobodys(iris):
    X, y = iris
    weight = (np.arange(len(X)) >= 30).astype(float)
    weighted = classifier(**STOPPING).fit(X, y, sample_weight=weight)
    without = classifier(**STOPPING).fit(X[30:], y[30:])
    assert all(map(equal_bits, weighted.members_, without.members_))
    assert np.isnan(weighted.oof_decision_function_[:30]).all()
    assert np.array_equal(weighted.oof_decision_function_[30:], without.oof_decision_function_)


@row("validation")
def test_members_take_successive_splits_of_a_splitter(iris, diabetes):
    X, y = iris
    for splitter in (KFold(3), StratifiedKFold(3, shuffle=True, random_state=5)):
        net = classifier(4, validation=splitter, **{**STOPPING, "validation_fraction": None})
        net.fit(X, y)
        splits = [held_out for _, held_out in splitter.split(X, y)]
        for member, expected in zip(net.members_, [*splits, splits[0]], strict=True):
            assert np.array_equal(held_out_by(member, X, y), expected)
    # Without a random state, all members split by the same one: no row twice.
    net = classifier(3, validation=StratifiedKFold(3, shuffle=True)).fit(X, y)
    assert not np.isnan(net.oof_decision_function_).any()
    net = regressor(2, validation="last", validation_fraction=0.25).fit(*diabetes)
    last = np.arange(len(diabetes[0]) - 111, len(diabetes[0]))
    for member in net.members_:
        assert np.array_equal(held_out_by(member, *diabetes), last)
    mean = np.mean([member.predict(diabetes[0][last]) for member in net.members_], axis=0)
    np.testing.assert_allclose(net.oof_prediction_[last], mean, rtol=1e-12)
    assert np.isnan(net.oof_prediction_[: last[0]]).all()


@row("groups")
def test_groups_stay_together(iris):
    X, y = iris
    groups = np.arange(150) // 5
    net = classifier(3, validation=GroupKFold(3), early_stopping=True).fit(X, y, groups=groups)
    splits = GroupKFold(3).split(X, y, groups)
    for member, (train, held_out) in zip(net.members_, splits, strict=True):
        assert not set(groups[train]) & set(groups[held_out])
        single = alone(member, held_out, len(X)).fit(X, y)
        assert equal_bits(single, member)
    with pytest.raises(ValueError, match="splits by groups, but none were given"):
        net.fit(X, y)
    with sklearn.config_context(enable_metadata_routing=True):
        asks = net.set_fit_request(groups=True)
        assert clone(asks).get_metadata_routing().fit.requests["groups"] is True


@row("X_val")
def test_given_validation_data_are_those_of_every_member(iris):
    X, y = iris
    net = classifier(2, early_stopping=True).fit(X[:100], y[:100], X_val=X[100:], y_val=y[100:])
    for member in net.members_:
        single = clone(member).fit(X[:100], y[:100], X_val=X[100:], y_val=y[100:])
        assert equal_bits(single, member)
    assert "val_loss" in net.history_
    assert not hasattr(net, "oof_decision_function_")


@row("sample_weight", "class_weight")
def test_weights_are_those_of_the_rows_that_a_member_learns_from(iris):
    X, y = iris[0], np.minimum(iris[1], 1)
    weight = np.random.default_rng(0).integers(1, 4, len(X)).astype(float)
    net = classifier(2, class_weight="balanced", **STOPPING).fit(X, y, sample_weight=weight)
    for member in net.members_:
        single = alone(member, held_out_by(member, X, y), len(X))
        assert equal_bits(single.fit(X, y, sample_weight=weight), member)


@row("scale_target")
def test_each_member_scales_the_target_by_its_own_training_rows(patients, diabetes):
    X, y = diabetes
    for member in patients.members_:
        train = np.setdiff1d(np.arange(len(X)), held_out_by(member, X, y))
        assert member._encoding.mean[0] == pytest.approx(y[train].mean(), rel=1e-12)
    far = regressor(2).fit(X, y + 1e9)  # needs float64, as for one network
    assert far.predict(X.astype(np.float32)).dtype == np.float64
    two = regressor(2, **STOPPING).fit(X, np.column_stack([y, -y]))
    assert two.predict(X).shape == (len(X), 2)
    counts = regressor(2, loss="poisson").fit(X, y)
    mean = np.mean([member.predict(X) for member in counts.members_], axis=0)
    np.testing.assert_allclose(counts.predict(X), mean, rtol=1e-12)


@row("scale_features", "n_bins", "feature_scaling_", "feature_bins_")
def test_members_scale_by_their_own_training_rows_and_models_take_x_as_it_is(diabetes, tmp_path):
    X, y = diabetes[0] * 7 + 1000, diabetes[1]
    net = regressor(2, **STOPPING, scale_features="robust", n_bins=4).fit(X, y)
    for member in net.members_:
        train = np.setdiff1d(np.arange(len(X)), held_out_by(member, X, y))
        center = np.quantile(X[train], 0.5, axis=0, method="averaged_inverted_cdf")
        several = [len(np.unique(column)) > 2 for column in X.T]
        found = member.feature_scaling_.center[several]
        np.testing.assert_allclose(found, center[several], rtol=1e-12)
    assert not np.array_equal(*(member.feature_scaling_.center for member in net.members_))
    for name in ("feature_scaling_", "feature_bins_"):
        with pytest.raises(AttributeError, match=rf"members_\[0\]\.{name}"):
            getattr(net, name)
    model = net.to_keras()
    np.testing.assert_allclose(model.predict(X, verbose=0)[:, 0], net.predict(X), rtol=1e-5)
    skdense.save(net, tmp_path / "net.skdense")
    assert np.array_equal(skdense.load(tmp_path / "net.skdense").predict(X), net.predict(X))


@row("temperature_")
def test_members_are_calibrated_on_the_rows_that_they_left_out():
    random = np.random.default_rng(0)
    X = random.normal(size=(240, 3))
    y = (X[:, 0] + random.normal(size=240) > 0).astype(int)
    options = {**STOPPING, "monitor": "neg_calibrated_log_loss", "epochs": 30}
    net = classifier(2, **options, learning_rate=0.05).fit(X, y)
    for member in net.members_:
        rows = held_out_by(member, X, y)
        before = member.decision_function(X[rows])[:, None] * member.temperature_
        fit = fit_temperature(before, y[rows], np.ones(len(rows)), member._encoding)
        assert member.temperature_ == pytest.approx(fit.temperature, rel=1e-3)
    assert len({member.temperature_ for member in net.members_}) == 2
    with pytest.raises(AttributeError, match=r"members_\[0\]\.temperature_"):
        _ = net.temperature_


@row("params_")
def test_what_is_automatic_is_told_once_and_typed_in_the_members(iris):
    net = classifier(2, batch_size="auto", dropout="auto").fit(*iris)
    assert net.params_ == {"batch_size": 32, "dropout": 0.15}
    for member in net.members_:
        assert (member.batch_size, member.dropout, member.params_) == (32, 0.15, {})


@row("missing", "missing_features_")
@pytest.mark.parametrize("missing", ["indicator", "augment"])
def test_members_find_missing_values_in_their_own_rows(iris, missing):
    X, y = iris[0].copy(), iris[1]
    X[::7, 1] = np.nan
    X[3, 2] = np.nan  # in the rows of all members but one
    net = classifier(missing=missing, **STOPPING).fit(X, y)
    if missing == "indicator":
        assert sorted(len(member.missing_features_) for member in net.members_) == [1, 2, 2]
        assert net.missing_features_.tolist() == [1, 2]
    mean = np.mean([member.predict_proba(X) for member in net.members_], axis=0)
    np.testing.assert_allclose(net.predict_proba(X), mean, rtol=1e-12)
    filled = np.hstack([np.nan_to_num(X), np.isnan(X)[:, net.missing_features_]])
    np.testing.assert_allclose(net.to_keras().predict(filled, verbose=0), mean, atol=1e-6)


@row("monitor", "metrics")
def test_members_are_scored_on_the_rows_they_leave_out(iris):
    X, y = iris
    net = classifier(2, monitor="accuracy", metrics=["neg_log_loss"], **STOPPING).fit(X, y)
    for member in net.members_:
        held_out = held_out_by(member, X, y)
        assert member.best_score_ == member.score(X[held_out], y[held_out])
    assert set(net.history_) == {"loss", "val_loss", "val_accuracy", "val_neg_log_loss"}


# What a fit leaves -------------------------------------------------------------------------------


@row("coefs_", "intercepts_", "weights_", "callbacks_", "hidden_output")
def test_what_belongs_to_one_network_is_the_members(flowers, iris):
    for name in ("coefs_", "intercepts_", "weights_", "callbacks_"):
        with pytest.raises(AttributeError, match=rf"has 3 members.*members_\[0\]\.{name}$"):
            getattr(flowers, name)
        assert not hasattr(flowers, name)
    with pytest.raises(AttributeError, match=r"members_\[0\]\.hidden_output"):
        flowers.hidden_output(iris[0])
    assert flowers.members_[0].hidden_output(iris[0]).shape == (150, 8)
    with pytest.raises(
        AttributeError, match=r"'DenseClassifier' object has no attribute 'coefs_'$"
    ):
        _ = plain(DenseClassifier).coefs_


@row("classes_", "n_features_in_", "feature_names_in_", "input_shape_")
@row("architecture_", "n_layers_", "n_outputs_", "out_activation_")
def test_members_share_what_data_and_layers_are(iris):
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame(iris[0], columns=list("abcd"))
    names = np.array(["x", "y", "z"])[iris[1]]
    net = classifier(2, **STOPPING).fit(X, names)
    for member in net.members_:
        for name in ("classes_", "feature_names_in_"):
            assert np.array_equal(getattr(net, name), getattr(member, name))
        for name in ("n_features_in_", "input_shape_", "architecture_", "n_layers_"):
            assert getattr(net, name) == getattr(member, name)
    assert (net.n_outputs_, net.out_activation_) == (3, "softmax")
    assert set(net.predict(X)) <= set(names)
    assert not hasattr(net.fit(iris[0], names), "feature_names_in_")
    images = np.random.default_rng(0).normal(size=(60, 3, 4))
    seen = classifier(2, epochs=1).fit(images, iris[1][:60])
    assert seen.input_shape_ == seen.members_[0].input_shape_ == (3, 4)
    sparse_net = classifier(2, **STOPPING).fit(sparse.csr_matrix(iris[0]), iris[1])
    assert sparse_net.oof_decision_function_.shape == (150, 3)


@row("history_", "loss_curve_", "early_stopping_history_")
@row("n_iter_", "best_epoch_", "best_loss_", "best_score_", "stopped_by_")
def test_history_is_the_mean_of_the_members_still_training(diabetes):
    net = plain(
        DenseRegressor,
        32,
        n_members=3,
        epochs=40,
        early_stopping=True,
        patience=1,
        refit_best_epoch=True,
        random_state=0,
    ).fit(*diabetes)
    for name in ("history_", "early_stopping_history_"):
        histories = [getattr(member, name) for member in net.members_]
        lengths = [len(history["loss"]) for history in histories]
        assert len(set(lengths)) > 1
        for key, found in getattr(net, name).items():
            expected = [
                np.mean([each[key][epoch] for each in histories if epoch < len(each[key])])
                for epoch in range(max(lengths))
            ]
            np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert net.loss_curve_ == net.history_["loss"]
    assert net.n_iter_ == len(net.loss_curve_) == max(member.n_iter_ for member in net.members_)
    for name in ("best_loss_", "best_score_"):
        mean = np.mean([getattr(member, name) for member in net.members_])
        assert getattr(net, name) == pytest.approx(mean)
    best = [member.best_epoch_ for member in net.members_]
    assert net.best_epoch_ == round(np.mean(best))
    reasons = [member.stopped_by_ for member in net.members_]
    assert set(net.stopped_by_.split(", ")) == set(reasons)


@row("refit_best_epoch")
def test_each_member_refits_on_all_rows(iris):
    X, y = iris
    net = classifier(2, refit_best_epoch=True, **STOPPING).fit(X, y)
    for member in net.members_:
        single = alone(member, held_out_by(member, X, y), len(X)).fit(X, y)
        assert equal_bits(single, member)
        plain = clone(member).set_params(
            epochs=member.best_epoch_,
            early_stopping=False,
            validation_fraction=None,
            refit_best_epoch=False,
        )
        assert equal_bits(plain.fit(X, y), member)


@row("time_limit")
def test_the_time_is_shared(iris):
    class Waits(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            time.sleep(0.05)

    net = classifier(2, epochs=1000, time_limit=1.2, callbacks=[Waits()])
    start = time.monotonic()
    net.fit(*iris)
    assert time.monotonic() - start < 6
    assert net.stopped_by_ == "time_limit"
    first, second = (member.time_limit for member in net.members_)
    assert first <= 0.6
    assert second <= 1.2 - first
    assert net.time_limit == 1.2
    hurried = classifier(3, epochs=1000, time_limit=1e-9).fit(*iris)
    assert [member.n_iter_ for member in hurried.members_] == [1, 1, 1]


# Going on ----------------------------------------------------------------------------------------


@row("partial_fit")
def test_partial_fit_goes_on_with_every_member(iris, diabetes):
    X, y = iris
    net = classifier(2)
    for _ in range(3):
        net.partial_fit(X, y, classes=[0, 1, 2])
    for member in net.members_:
        single = clone(member)
        for _ in range(3):
            single.partial_fit(X, y, classes=[0, 1, 2])
        assert equal_bits(single, member)
        assert len(member.loss_curve_) == 3
    part = regressor(2).partial_fit(*diabetes).partial_fit(*diabetes)
    assert part.n_iter_ == 2
    with pytest.raises(ValueError, match="partial_fit holds out no rows"):
        net.set_params(early_stopping=True).partial_fit(X, y)


@row("warm_start")
def test_warm_start_goes_on_with_every_member_and_the_rows_it_left_out(iris):
    X, y = iris
    options = {"validation_fraction": 1 / 3, "warm_start": True}
    net = classifier(**options).fit(X, y)
    before = net.members_
    lost = [held_out_by(member, X, y) for member in before]
    net.set_params(epochs=2, learning_rate=0.01).fit(X, y)
    for member, earlier, held_out in zip(net.members_, before, lost, strict=True):
        assert member is not earlier
        assert (member.n_iter_, earlier.n_iter_) == (6, 4)
        assert member.random_state == earlier.random_state
        assert member.learning_rate == 0.01
        assert np.array_equal(held_out_by(member, X, y), held_out)
        single = alone(earlier, held_out, len(X)).fit(X, y)
        single.set_params(epochs=2, learning_rate=0.01).fit(X, y)
        assert equal_bits(single, member)
    assert not np.isnan(net.oof_decision_function_).any()
    for n_members in (1, 2):
        with pytest.raises(ValueError, match=rf"n_members={n_members}: there are 3.*n_members=3"):
            net.set_params(n_members=n_members).fit(X, y)
    single = classifier(1, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="n_members=2: there is 1 so far"):
        single.set_params(n_members=2).fit(X, y)


def test_a_failed_fit_leaves_what_was_there(iris):
    class Fails(keras.callbacks.Callback):
        fits = 0

        def on_train_begin(self, logs=None):
            Fails.fits += 1
            if Fails.fits == 2:
                raise RuntimeError("as asked for")

    X, y = iris
    fresh = classifier(callbacks=[Fails()])
    with pytest.raises(RuntimeError, match="as asked for"):
        fresh.fit(X, y)
    assert not [name for name in vars(fresh) if name.endswith("_")]
    net = classifier(warm_start=True).fit(X, y)
    before, proba = dict(vars(net)), net.predict_proba(X)
    Fails.fits = 0
    net.set_params(callbacks=[Fails()])
    with pytest.raises(RuntimeError, match="as asked for"):
        net.fit(X, y)
    net.set_params(callbacks=None)
    assert vars(net) == before
    assert np.array_equal(net.predict_proba(X), proba)
    with pytest.raises(ValueError, match="epochs"):
        net.set_params(epochs=0).fit(X, y)
    with pytest.raises(ValueError, match="NaN"):
        net.set_params(epochs=4, warm_start=False).fit(X * np.nan, y)
    assert np.array_equal(net.predict_proba(X), proba)


class PressesCtrlC(keras.callbacks.Callback):
    """Interrupts a fit, counted from 1, at the beginning of an epoch, counted from 0."""

    fits = 0

    def __init__(self, fit, epoch):
        super().__init__()
        self.fit, self.epoch = fit, epoch

    def on_train_begin(self, logs=None):
        PressesCtrlC.fits += 1

    def on_epoch_begin(self, epoch, logs=None):
        if (PressesCtrlC.fits, epoch) == (self.fit, self.epoch):
            raise KeyboardInterrupt


def interrupt(net, data, n_members):
    PressesCtrlC.fits = 0
    words = rf"DenseClassifier is fitted: it averages {n_members} of 3 members"
    with (
        pytest.warns(ConvergenceWarning, match=words) as caught,
        pytest.raises(KeyboardInterrupt, match=words),
    ):
        net.fit(*data)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert net.stopped_by_ == "interrupted"
    assert len(net.members_) == n_members
    return net


@row("Ctrl-C")
def test_ctrl_c_leaves_the_members_that_are_complete(iris):
    complete = classifier().fit(*iris)
    net = interrupt(classifier(callbacks=[PressesCtrlC(3, 2)]), iris, 2)
    for one, other in zip(net.members_, complete.members_[:2], strict=True):
        assert one.n_iter_ == 4
        for a, b in zip(one.weights_, other.weights_, strict=True):
            assert np.allclose(a, b, atol=1e-5)
    held = interrupt(classifier(callbacks=[PressesCtrlC(3, 0)], **STOPPING), iris, 2)
    assert np.isnan(held.oof_decision_function_).any(axis=1).sum() == 50
    first = interrupt(classifier(callbacks=[PressesCtrlC(1, 2)]), iris, 1)
    assert first.members_[0].n_iter_ == first.n_iter_ == 2
    PressesCtrlC.fits = 0
    nothing = classifier(callbacks=[PressesCtrlC(1, 0)])
    with pytest.raises(KeyboardInterrupt):
        nothing.fit(*iris)
    assert not hasattr(nothing, "members_")
    # Members that go on are all kept.
    going = classifier(warm_start=True).fit(*iris)
    interrupt(going.set_params(callbacks=[PressesCtrlC(2, 6)]), iris, 3)
    assert [member.n_iter_ for member in going.members_] == [8, 6, 4]
    with pytest.raises(ValueError, match="n_members=3: there are 2 so far"):
        net.set_params(warm_start=True).fit(*iris)


# Callbacks and progress --------------------------------------------------------------------------


@row("callbacks")
def test_each_member_has_copies_of_the_callbacks(iris):
    history = keras.callbacks.History()
    net = classifier(2, callbacks=[history]).fit(*iris)
    for member in net.members_:
        (copy,) = member.callbacks_
        assert copy is not history
        np.testing.assert_allclose(copy.history["loss"], member.loss_curve_, rtol=1e-6)


@row("checkpoint")
def test_each_member_has_a_file(iris, tmp_path):
    first = classifier(2, checkpoint=tmp_path).fit(*iris)
    kept = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert len(kept) == 2
    again = classifier(2, checkpoint=tmp_path).fit(*iris)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == kept
    for one, other in zip(first.members_, again.members_, strict=True):
        assert equal_bits(one, other)


@row("set_callbacks")
@pytest.mark.skipif(find_spec("sklearn.callback") is None, reason="scikit-learn before 1.9")
@pytest.mark.parametrize("refit", [False, True])
def test_the_fit_of_a_member_is_a_task(iris, refit):
    class Recorder:
        max_propagation_depth = None
        calls = ()

        def setup(self, estimator, context):
            self.calls = ["setup"]

        def teardown(self, estimator, context):
            self.calls.append("teardown")

        def on_fit_task_begin(self, estimator, context):
            self.calls.append(f"begin {context.task_name} {context.task_id}")

        def on_fit_task_end(self, estimator, context, *, fitted_estimator, X):
            self.calls.append(f"end {context.task_name} {context.task_id}")
            if context.task_name == "epoch":
                assert fitted_estimator.predict(X).shape == (len(X),)

    def task(name, number, *subtasks):
        return [f"begin {name} {number}", *chain(*subtasks), f"end {name} {number}"]

    epochs = [task("epoch", number) for number in (0, 1)]
    options = {"early_stopping": True, "refit_best_epoch": True} if refit else {}
    net = classifier(2, epochs=2, **options).set_callbacks(recorder := Recorder())
    net.fit(*iris)
    trainings = [task("early-stopping", 0, *epochs), None] if refit else epochs
    members = []
    for number, member in enumerate(net.members_):
        if refit:
            again = [task("epoch", n) for n in range(member.best_epoch_)]
            trainings[1] = task("refit", 1, *again)
        members.append(task("member", number, *trainings))
    assert recorder.calls == ["setup", *task("fit", 0, *members), "teardown"]


@row("verbose")
def test_progress_and_log_say_which_member(iris, capsys, caplog):
    with caplog.at_level(logging.DEBUG, "skdense"):
        classifier(2, epochs=2, verbose=2).fit(*iris)
    lines = capsys.readouterr().out.splitlines()
    starts = [" - ".join(line.split(" - ")[:2]) for line in lines]
    assert starts == [f"Member {m}/2 - Epoch {e}/2" for m in (1, 2) for e in (1, 2)]
    names = [record.skdense["estimator"] for record in caplog.records]
    of_members = [f"DenseClassifier - Member {m}/2" for m in (1, 1, 2, 2)]
    assert names == [*of_members, "DenseClassifier"]


# Pictures and words ------------------------------------------------------------------------------


@row("HistoryDisplay")
def test_members_are_drawn_as_folds(flowers):
    pytest.importorskip("matplotlib").use("agg")
    display = HistoryDisplay.from_estimator(flowers)
    (histories,) = display.histories.values()
    assert histories == [member.history_ for member in flowers.members_]
    assert list(display.best_epochs_.values()) == [[each.best_epoch_ for each in flowers.members_]]
    folds = HistoryDisplay.from_cv([flowers, flowers])
    assert list(folds.histories.values()) == [[flowers.history_] * 2]


@row("HTML view")
def test_the_html_view_has_the_mean_losses(flowers):
    assert 'aria-label="losses by epoch"' in flowers._repr_html_()


@row("diagnose")
def test_a_diagnosis_looks_at_the_first_member(cancer):
    X, y = cancer[0] * 1000, cancer[1]
    net = classifier(3, epochs=10, validation_fraction=1 / 3).fit(X, y)
    found = diagnose(net, X, y)
    assert found.results == diagnose(net.members_[0], X, y).results
    assert "unscaled features" in found.names
    assert re.search(r"Member 1 of 3 was\s+looked at", str(found))
    single = alone(net.members_[0], held_out_by(net.members_[0], X, y), len(X)).fit(X, y)
    assert found.results == diagnose(single, X, y).results


@row("summary")
def test_summary_shows_one_member_and_says_how_many(flowers, capsys):
    flowers.summary()
    text = capsys.readouterr().out
    flowers.members_[0].summary()
    assert text == capsys.readouterr().out + "One of 3 members, whose predictions are averaged.\n"


# Copies and files --------------------------------------------------------------------------------


def same_ensembles(one, other):
    for name in sorted(set(vars(one)) - {"members_", "_encoding", "optimizer"}):
        a, b = getattr(one, name), getattr(other, name)
        np.testing.assert_equal(a, b, err_msg=name)
    for first, second in zip(one.members_, other.members_, strict=True):
        assert equal_bits(first, second)
        assert first._member == second._member
        assert first.history_ == second.history_
        assert first.get_params() == second.get_params()


@row("pickle", "skops", "clone")
def test_copies(flowers, patients, iris, diabetes):
    for net, (X, y) in ((flowers, iris), (patients, diabetes)):
        copies = [pickle.loads(pickle.dumps(net))]
        if find_spec("skops"):
            import skops.io

            written = skops.io.dumps(net)
            copies.append(skops.io.loads(written, trusted=skdense.TRUSTED_TYPES))
        for copy in copies:
            same_ensembles(net, copy)
            assert np.array_equal(net.predict(X), copy.predict(X))
        fresh = clone(net)
        assert fresh.n_members == 3
        assert not hasattr(fresh, "members_")
        assert all(map(equal_bits, fresh.fit(X, y).members_, net.members_))


@row("save", "load")
def test_a_file_holds_all_members(flowers, patients, iris, diabetes, tmp_path):
    for net, (X, y) in ((flowers, iris), (patients, diabetes)):
        skdense.save(net, tmp_path / "net.skdense")
        again = skdense.load(tmp_path / "net.skdense")
        same_ensembles(net, again)
        assert np.array_equal(net.predict(X), again.predict(X))
        going_on = {"warm_start": True, "epochs": 1}
        one, other = (
            pickle.loads(pickle.dumps(each)).set_params(**going_on).fit(X, y)
            for each in (net, again)
        )
        assert all(map(equal_bits, one.members_, other.members_))
        skdense.save(net.members_[1], tmp_path / "member.skdense")
        member = skdense.load(tmp_path / "member.skdense")
        assert member._member == net.members_[1]._member


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda fitted: fitted["members"].clear(), "impossible number of members"),
        (lambda fitted: fitted["members"].reverse(), "impossible number of a member"),
        (lambda fitted: fitted["members"][0]["fitted"].update(member=[0, 1, 5]), "of a member"),
        (lambda fitted: fitted["members"][1]["fitted"].update(member=[1, 9, 5]), "belong together"),
        (lambda fitted: fitted["members"][0]["fitted"].update(member=None), "number of a member"),
        (lambda fitted: fitted.update(stopped_by=3), "reason why training ended"),
        (lambda fitted: fitted["out_of_fold"].update(oof_prediction_={"array": 0}), "prediction"),
        (
            lambda fitted: fitted["out_of_fold"].update(oof_decision_function_={"array": 0}),
            "array of out-of-fold predictions",
        ),
        (lambda fitted: fitted.pop("out_of_fold"), "damaged"),
    ],
)
def test_damaged_members_are_refused(flowers, tmp_path, change, words):
    path = tmp_path / "net.skdense"
    skdense.save(flowers, path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    header = json.loads(members["skdense.json"])
    change(header["fitted"])
    members["skdense.json"] = json.dumps(header)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(ValueError, match=words):
        skdense.load(path)


@row("save_weights", "load_weights")
def test_weights_of_all_members(flowers, iris, tmp_path):
    path = tmp_path / "weights"
    skdense.save_weights(flowers, path)
    other = classifier(random_state=1, epochs=1).fit(*iris)
    skdense.load_weights(other, path)
    assert all(map(equal_bits, other.members_, flowers.members_))
    one = classifier(1, epochs=1).fit(*iris)
    with pytest.raises(ValueError, match=r"weights of 3 networks.*consists of 1.*n_members=3"):
        skdense.load_weights(one, path)


@row("to_keras")
@pytest.mark.parametrize("dtype", ["float32", pytest.param("float64", marks=pytest.mark.slow)])
def test_one_keras_model(iris, diabetes, dtype):
    """That Keras alone can load it is seen in tests/engine/test_model_building.py."""
    nets = {
        "classes": classifier(2, dtype=dtype).fit(*iris),
        "two": classifier(2, dtype=dtype).fit(iris[0], iris[1] > 0),
        "numbers": regressor(2, dtype=dtype, l2=0.01, dropout=0.1).fit(*diabetes),
        "images": regressor(2, dtype=dtype).fit(diabetes[0].reshape(-1, 2, 5), diabetes[1]),
    }
    for name, net in nets.items():
        X = diabetes[0] if name in ("numbers", "images") else iris[0]
        X = X.astype(np.float32).astype(np.float64)  # Keras rounds what comes into a model
        X = X.reshape(-1, *net.input_shape_)
        expected = net.predict_proba(X) if hasattr(net, "classes_") else net.predict(X)[:, None]
        expected = expected[:, 1:] if name == "two" else expected
        model = net.to_keras()
        rtol = 1e-5 if dtype == "float32" else 1e-9
        np.testing.assert_allclose(model.predict(X, verbose=0), expected, rtol=rtol, atol=rtol)
        assert sum(map(np.size, model.get_weights())) >= 2 * sum(
            map(np.size, net.members_[0].weights_)
        )
        assert model.loss is not None  # is compiled
        assert not any("skdense" in type(layer).__module__ for layer in model.layers)


@row("export_onnx")
def test_onnx(iris, diabetes, tmp_path):
    pytest.importorskip("skl2onnx")
    runtime = pytest.importorskip("onnxruntime")
    X, y = iris
    gaps = X.copy()
    gaps[::7, 1] = np.nan
    gaps[3, 2] = np.nan
    nets = [
        (classifier(2).fit(X, y), X),
        (classifier(2).fit(X, y > 0), X),
        (classifier(2).fit(X, np.eye(3, dtype=int)[y]), X),  # multilabel
        (classifier(2, loss="categorical_crossentropy").fit(X, y), X),
        (classifier(3, missing="indicator", **STOPPING).fit(gaps, y), gaps),
        (regressor(2).fit(*diabetes), diabetes[0]),
        (regressor(2, loss="poisson").fit(*diabetes), diabetes[0]),
        (regressor(2).fit(diabetes[0], diabetes[1] + 1e9), diabetes[0]),
    ]
    for net, rows in nets:
        skdense.export_onnx(net, tmp_path / "net.onnx", rows[:20])
        session = runtime.InferenceSession(str(tmp_path / "net.onnx"))
        found = session.run(None, {"X": rows.astype(np.float32)})
        if isinstance(net, DenseClassifier):
            assert np.mean(found[0] == net.predict(rows)) > 0.99
            np.testing.assert_allclose(found[1], net.predict_proba(rows), atol=1e-5)
        else:
            np.testing.assert_allclose(found[0][:, 0], net.predict(rows), rtol=1e-4)


# scikit-learn's conventions ----------------------------------------------------------------------

# In float64 and full batches, a weight is repetition at the precision of the checks.
_PRECISE = {"dtype": "float64", "batch_size": 100, "epochs": 40, "learning_rate": 0.02}


@pytest.mark.slow  # `make test-peers` checks this too
@parametrize_with_checks(
    [plain(cls, 16, n_members=2, **_PRECISE) for cls in (DenseClassifier, DenseRegressor)]
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("cls", [DenseClassifier, DenseRegressor])
def test_one_sample(cls):
    net = plain(cls, n_members=2, epochs=2, early_stopping=True)
    estimator_checks.check_fit2d_1sample(cls.__name__, net)


def test_a_column_vector_is_told_once(diabetes):
    X, y = diabetes
    with pytest.warns(DataConversionWarning) as caught:
        regressor(2, epochs=1).fit(X, y[:, None])
    assert len(caught) == 1


@pytest.mark.parametrize("n_members", [0, 2.0, None, "all"])
def test_n_members_is_a_positive_integer(iris, n_members):
    with pytest.raises(ValueError, match="n_members"):
        classifier(n_members).fit(*iris)


def test_members_share_a_program(iris, fresh_cache):
    classifier(1, **STOPPING).fit(*iris)
    n_programs = skdense.cache_info().misses
    classifier(3, **STOPPING).fit(*iris)
    assert skdense.cache_info().misses == n_programs


# The table ---------------------------------------------------------------------------------------


def test_every_row_of_the_table_is_tested():
    table = PAGE.read_text(encoding="utf-8").partition("## Every attribute and parameter")[2]
    names = set()
    for line in table.splitlines()[6:]:
        first = line.split("|")[1]
        names |= set(re.findall(r"`(\w+)`", first)) or {first.strip()}
        names |= {word for word in ("pickle", "skops") if word in first}
    assert names == set(ROWS)


def test_every_fitted_attribute_has_a_row():
    for cls in (DenseClassifier, DenseRegressor):
        attributes = re.search(r"Attributes\n +-+\n(.*?)See Also", cls.__doc__, re.DOTALL)[1]
        assert set(re.findall(r"^    (\w+_) :", attributes, re.MULTILINE)) <= set(ROWS)

"""The validation set: chosen by a splitter, the last samples, or given to `fit`."""

import copy

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    PredefinedSplit,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

from skdense import DenseClassifier, DenseRegressor, HistoryDisplay, cache_info, diagnose
from skdense.engine import padded_data
from skdense.preprocessing.class_encoding import encode_classes
from skdense.preprocessing.random_split import hold_out
from skdense.preprocessing.weights import balanced_table, weight_of_class
from tests.helpers import equal_bits, plain

# One architecture and batch size: the tests share a few programs.
SMALL = {"hidden_layer_sizes": 8, "epochs": 3, "learning_rate": 0.01, "random_state": 0}


def classifier(**changes):
    return plain(DenseClassifier, **{**SMALL, **changes})


def regressor(**changes):
    return plain(DenseRegressor, **{**SMALL, **changes})


def equal_fits(one, other):
    return one.history_ == other.history_ and equal_bits(one, other)


def last_loss(net, X, y, **options):
    """The validation loss after the last epoch, from scikit-learn's metric."""
    return pytest.approx(log_loss(y, net.predict_proba(X), **options), rel=1e-5)


@pytest.fixture
def groups(iris):
    return np.arange(len(iris[0])) // 10  # 15 groups of rows that stand together


# Which rows --------------------------------------------------------------------------------------


def test_the_last_rows_are_held_out(iris):
    X, y = iris
    net = classifier(validation="last").fit(X, y)
    assert net.history_["val_loss"][-1] == last_loss(net, X[120:], y[120:])
    third = classifier(validation="last", validation_fraction=1 / 3).fit(X, y)
    assert third.history_["val_loss"][-1] == last_loss(third, X[100:], y[100:])


def test_early_stopping_watches_the_last_rows(iris):
    X, y = iris
    net = classifier(validation="last", early_stopping=True, epochs=4).fit(X, y)
    assert net.best_loss_ == last_loss(net, X[120:], y[120:])


@pytest.mark.parametrize(
    "splitter",
    [
        KFold(3),
        StratifiedKFold(4, shuffle=True, random_state=3),
        TimeSeriesSplit(2),
        ShuffleSplit(test_size=0.3, random_state=np.random.RandomState(5)),
        PredefinedSplit(np.repeat([-1, 0], [110, 40])),
    ],
    ids=lambda splitter: type(splitter).__name__,
)
def test_a_splitters_first_split(iris, splitter):
    X, y = iris
    before = copy.deepcopy(splitter)
    train, held_out = next(copy.deepcopy(splitter).split(X, y))
    net = classifier(validation=splitter).fit(X, y)
    assert net.history_["val_loss"][-1] == last_loss(net, X[held_out], y[held_out])
    # Rows in neither part are not trained on: the same network from the two parts alone.
    given = classifier().fit(X[train], y[train], X_val=X[held_out], y_val=y[held_out])
    assert equal_fits(net, given)
    if isinstance(splitter, ShuffleSplit):
        assert splitter.random_state.randint(99) == before.random_state.randint(99)  # not used up


def test_a_splitter_without_a_seed_is_seeded_by_random_state(iris):
    X, y = iris
    one, two, other = (
        classifier(validation=ShuffleSplit(), random_state=seed).fit(X, y) for seed in (0, 0, 1)
    )
    assert equal_fits(one, two)
    assert one.validation.random_state is None
    assert one.history_["val_loss"] != other.history_["val_loss"]


@pytest.mark.parametrize("validation", [ShuffleSplit(test_size=0.2), "last"])
def test_warm_start_watches_the_same_rows(iris, validation):
    X, y = iris
    # With full batches the order of the rows does not matter.
    options = {"validation": validation, "batch_size": 1000, "dtype": "float64"}
    whole = classifier(epochs=5, **options).fit(X, y)
    net = classifier(epochs=2, warm_start=True, **options).fit(X, y)
    net.set_params(epochs=3).fit(X, y)
    assert np.allclose(net.history_["val_loss"], whole.history_["val_loss"], rtol=1e-10)


def test_groups_stay_together(iris, groups):
    X, y = iris
    _, held_out = next(GroupKFold(3).split(X, y, groups))
    net = classifier(validation=GroupKFold(3)).fit(X, y, groups=groups)
    assert net.history_["val_loss"][-1] == last_loss(net, X[held_out], y[held_out])


def test_a_splitter_of_ones_own(iris, groups):
    class ByGroup:
        def split(self, X, y=None, groups=None):
            yield np.asarray(groups) < 10, np.asarray(groups) >= 10  # truth values, not numbers

    X, y = iris
    net = classifier(validation=ByGroup()).fit(X, y, groups=groups)
    assert net.history_["val_loss"][-1] == last_loss(net, X[100:], y[100:])


# Rows that are given -----------------------------------------------------------------------------


def test_given_rows_are_watched_and_not_trained_on(iris):
    X, y = iris
    given = {"X_val": X[100:], "y_val": y[100:]}
    net = classifier().fit(X[:100], y[:100], **given)
    assert net.history_["val_loss"][-1] == last_loss(net, X[100:], y[100:])
    assert equal_fits(net, classifier(validation="last", validation_fraction=1 / 3).fit(X, y))
    alone = classifier().fit(X[:100], y[:100])
    assert np.array_equal(net.predict_proba(X), alone.predict_proba(X))


def test_early_stopping_needs_no_fraction_beside_given_rows(iris):
    X, y = iris
    net = classifier(early_stopping=True, epochs=4).fit(X[:100], y[:100], X_val=X, y_val=y)
    assert net.best_loss_ == last_loss(net, X, y)


def test_given_rows_have_weights(iris):
    X, y = iris
    weight = np.random.default_rng(0).uniform(0.1, 3, 50)
    given = {"X_val": X[100:], "y_val": y[100:], "sample_weight_val": weight}
    net = classifier().fit(X[:100], y[:100], **given)
    assert net.history_["val_loss"][-1] == last_loss(net, X[100:], y[100:], sample_weight=weight)


@pytest.mark.parametrize("class_weight", ["balanced", {0: 1, 1: 5, 2: 0.5}])
def test_given_rows_weigh_what_their_class_weighs_in_training(iris, class_weight):
    X, y = iris
    X, y, X_val, y_val = X[:60], y[:60], X[60:], np.sort(y[60:])[::-1]
    net = classifier(class_weight=class_weight).fit(X, y, X_val=X_val, y_val=y_val)
    of_class = dict(zip(y, compute_sample_weight(class_weight, y), strict=True))
    weight = [of_class[label] for label in y_val]
    assert net.history_["val_loss"][-1] == last_loss(net, X_val, y_val, sample_weight=weight)


def test_balanced_weights_of_several_labels_are_counted_in_training(iris):
    y = np.stack([iris[1] == 0, iris[1] < 2], 1) * 1
    encoding = encode_classes(y, "auto")
    table = balanced_table(y, np.ones(len(y)), encoding)
    found = weight_of_class(table, y[::-1][:40])
    assert np.allclose(found, compute_sample_weight("balanced", y)[::-1][:40])


LEARNED = {
    "mean and deviation": (DenseRegressor, {}),
    "two numbers": (DenseRegressor, {}),
    "poisson": (DenseRegressor, {"loss": "poisson"}),
    "msle": (DenseRegressor, {"loss": "msle"}),
    "mape": (DenseRegressor, {"loss": "mape"}),
    "balanced": (DenseClassifier, {"class_weight": "balanced"}),
    "balanced labels": (DenseClassifier, {"class_weight": "balanced"}),
    "indicators": (DenseClassifier, {"missing": "indicator"}),
}


@pytest.fixture(scope="module")
def seed(iris):
    """What draws the validation set in the first fit with the random state of all tests."""
    return classifier().fit(*iris)._split_seed


@pytest.mark.parametrize("name", LEARNED)
@pytest.mark.parametrize("weighted", [False, True])
def test_all_that_is_learned_is_learned_from_the_training_rows(iris, seed, name, weighted):
    estimator, changes = LEARNED[name]
    X, y = iris[0].copy(), iris[1]
    if estimator is DenseRegressor:
        y = np.exp(y + X[:, 0])
        y = np.column_stack([y, -y]) if name == "two numbers" else y
    elif name == "balanced labels":
        y = np.stack([y == 0, y < 2], 1) * 1
    net = plain(estimator, **SMALL, **changes)
    labels = y if estimator is DenseClassifier and y.ndim == 1 else None
    train, held_out = hold_out(150, 0.2, labels, seed)
    if name == "indicators":
        X[held_out[0], 1] = X[train[0], 2] = np.nan
    weight = np.linspace(0, 2, 150) if weighted else None
    if weighted:  # rows of weight zero are left out before the split
        weight[0] = 0.5
    weights = [None if weight is None else weight[part] for part in (train, held_out)]
    split = plain(estimator, **SMALL, **changes, validation_fraction=0.2).fit(X, y, weight)
    given = {"X_val": X[held_out], "y_val": y[held_out], "sample_weight_val": weights[1]}
    net.fit(X[train], y[train], weights[0], **given)
    assert equal_fits(split, net)


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_numbers_are_scaled_by_the_training_rows(diabetes, n_outputs):
    X, y = diabetes
    y = y if n_outputs == 1 else np.stack([y, np.sin(y)], 1)
    net = regressor().fit(X[:300], y[:300], X_val=X[300:], y_val=y[300:])
    spread = y[:300].std(axis=0)
    expected = mean_squared_error(y[300:] / spread, net.predict(X[300:]) / spread)
    assert net.history_["val_loss"][-1] == pytest.approx(expected, rel=1e-4)


def test_labels_of_every_kind(iris):
    X, y = iris
    names = np.array(["setosa", "versicolor", "virginica"], dtype=object)[y]
    expected = classifier().fit(X[:100], y[:100], X_val=X[100:], y_val=y[100:]).history_
    text = classifier().fit(X[:100], names[:100], X_val=X[100:], y_val=list(names[100:]))
    assert text.history_ == expected
    one_hot = np.eye(3, dtype=int)[y]
    rows = classifier(loss="categorical_crossentropy")
    rows.fit(X[:100], one_hot[:100], X_val=X[100:], y_val=one_hot[100:])
    assert np.allclose(rows.history_["val_loss"], expected["val_loss"], rtol=1e-5)
    some = classifier().fit(X[:100], y[:100], X_val=X[100:], y_val=np.minimum(y[100:], 1))
    assert len(some.history_["val_loss"]) == 3  # not all classes are in the validation set


def test_images(iris):
    X, y = iris
    flat = classifier().fit(X[:100], y[:100], X_val=X[100:], y_val=y[100:])
    shape = (-1, 2, 2)
    images = classifier().fit(
        X[:100].reshape(shape), y[:100], X_val=X[100:].reshape(shape), y_val=y[100:]
    )
    assert equal_fits(flat, images)
    with pytest.raises(ValueError, match=r"X_val.*\(2, 2\)"):
        classifier().fit(X.reshape(shape), y, X_val=X, y_val=y)


@pytest.mark.parametrize("missing", ["indicator", "augment"])
def test_missing_values(iris, missing):
    X, y = iris
    X = np.where(np.random.default_rng(0).random(X.shape) < 0.2, np.nan, X)
    net = classifier(missing=missing).fit(X[:100], y[:100], X_val=X[100:], y_val=y[100:])
    assert net.history_["val_loss"][-1] == last_loss(net, X[100:], y[100:])


@pytest.mark.parametrize("kinds", [("sparse", "sparse"), ("sparse", "dense"), ("dense", "sparse")])
def test_sparse_rows(iris, kinds):
    X, y = iris
    X = np.where(np.abs(X) < 0.5, 0, X)
    parts = [X[:100], X[100:]]
    parts = [
        sparse.csc_matrix(part) if kind == "sparse" else part
        for part, kind in zip(parts, kinds, strict=True)
    ]
    net = classifier(metrics=["accuracy"]).fit(parts[0], y[:100], X_val=parts[1], y_val=y[100:])
    assert net.history_["val_loss"][-1] == last_loss(net, X[100:], y[100:])
    assert net.history_["val_accuracy"][-1] == net.score(X[100:], y[100:])


@pytest.mark.parametrize("format", ["coo", "bsr", "csr"])
def test_scorers_see_sparse_held_out_rows(iris, format):
    X, y = sparse.csr_matrix(iris[0]).asformat(format), iris[1]
    net = classifier(metrics=["accuracy"], validation="last").fit(X, y)
    assert net.history_["val_accuracy"][-1] == net.score(X.tocsr()[120:], y[120:])


def test_large_rows_are_read_where_they_are(iris, tmp_path, monkeypatch):
    X, y = iris[0].astype(np.float32), iris[1]
    np.save(tmp_path / "X.npy", X[:100])
    np.save(tmp_path / "X_val.npy", X[100:])
    mapped = [np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in ("X", "X_val")]
    options = {"metrics": ["accuracy"]}
    plain = classifier(**options).fit(X[:100], y[:100], X_val=X[100:], y_val=y[100:])
    monkeypatch.setattr(padded_data, "LEAST_BYTES_IN_PLACE", 0)
    in_place = classifier(**options).fit(mapped[0], y[:100], X_val=mapped[1], y_val=y[100:])
    copied = classifier(**options).fit(
        mapped[0], y[:100], X_val=X[100:, ::1][:, [0, 1, 2, 3]].T.copy().T, y_val=y[100:]
    )
    assert equal_fits(plain, in_place)
    assert equal_fits(plain, copied)  # training set in place, and validation data in a copy


# Inside scikit-learn's machinery -----------------------------------------------------------------


def test_a_pipeline_transforms_the_given_rows(cancer):
    X, y = cancer[0] * 100 + 5, cancer[1]
    with config_context(enable_metadata_routing=True):
        net = classifier(early_stopping=True).set_fit_request(X_val=True, y_val=True)
        model = make_pipeline(StandardScaler(), net, transform_input=["X_val"])
        model.fit(X[:400], y[:400], X_val=X[400:], y_val=y[400:])
    assert model[-1].best_loss_ == last_loss(model, X[400:], y[400:])


def test_a_search_hands_given_rows_to_every_fold(cancer):
    X, y = cancer[0] * 100 + 5, cancer[1]
    grid = {"denseclassifier__l2": [0, 0.1]}
    with config_context(enable_metadata_routing=True):
        net = classifier().set_fit_request(X_val=True, y_val=True)
        model = make_pipeline(StandardScaler(), net, transform_input=["X_val"])
        search = GridSearchCV(model, grid, cv=2, error_score="raise")
        search.fit(X[:400], y[:400], X_val=X[400:], y_val=y[400:])
    best = search.best_estimator_
    assert best[-1].history_["val_loss"][-1] > 0
    if search.best_params_["denseclassifier__l2"] == 0:
        assert best[-1].history_["val_loss"][-1] == last_loss(best, X[400:], y[400:])


def test_a_search_slices_given_rows_only_where_they_are_as_many_as_x(iris):
    X, y = iris
    seen = []

    class Spy(DenseClassifier):
        def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None):
            seen.append((len(X), len(X_val), len(y_val)))
            return super().fit(X, y, sample_weight, X_val=X_val, y_val=y_val)

    search = GridSearchCV(plain(Spy, **{**SMALL, "epochs": 1}), {"l2": [0.1]}, cv=3, refit=False)
    search.fit(X[:90], y[:90], X_val=X[90:], y_val=y[90:])
    assert seen == [(60, 60, 60)] * 3  # 60 rows given: other than 90, so handed over whole
    seen.clear()
    search.fit(X[:75], y[:75], X_val=X[75:], y_val=y[75:])
    assert seen == [(50, 50, 50)] * 3  # 75 of 75: each fold watches a part, rows and labels alike


def test_groups_by_metadata_routing(iris, groups):
    X, y = iris
    _, held_out = next(GroupKFold(3).split(X, y, groups))
    with config_context(enable_metadata_routing=True):
        net = classifier(validation=GroupKFold(3)).set_fit_request(groups=True)
        model = make_pipeline(StandardScaler(), net).fit(X, y, groups=groups)
        assert model[-1].history_["val_loss"][-1] == last_loss(model, X[held_out], y[held_out])
        splitter = GroupShuffleSplit(2, random_state=0)
        search = GridSearchCV(model, {"denseclassifier__l2": [0]}, cv=splitter)
        search.fit(X, y, groups=groups)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    best = search.best_estimator_
    assert best[-1].history_["val_loss"][-1] == last_loss(best, X[held_out], y[held_out])


# Diagnosis and pictures --------------------------------------------------------------------------


def test_diagnosis_finds_the_rows_watched(iris, groups):
    X, y = iris
    twins = {"X_val": X[:50], "y_val": y[:50]}  # all of them are among the training rows
    net = classifier().fit(X, y, **twins)
    assert "rows in training and validation" in diagnose(net, X, y, **twins).names
    with pytest.raises(ValueError, match="trained with X_val and y_val"):
        diagnose(net, X, y)
    by_groups = classifier(validation=GroupKFold(3)).fit(X, y, groups=groups)
    assert diagnose(by_groups, X, y, groups=groups).unchecked == ()
    with pytest.raises(ValueError, match="groups"):
        diagnose(by_groups, X, y)
    scaled = make_pipeline(StandardScaler(), classifier(validation="last")).fit(X * 50 + 3, y)
    assert "unscaled features" not in diagnose(scaled, X * 50 + 3, y).names


def test_pictures_show_given_rows(iris):
    X, y = iris
    net = classifier().fit(X[:100], y[:100], X_val=X[100:], y_val=y[100:])
    display = HistoryDisplay.from_estimator(net)
    assert display.best_epochs_ == {"DenseClassifier": [net.best_epoch_]}


# Refused -----------------------------------------------------------------------------------------

IN_ORDER = np.repeat([0, 1, 2], 50)
REFUSED = {
    "X_val alone": ({}, {"X_val": "X"}, "X_val was given without y_val"),
    "y_val alone": ({}, {"y_val": "y"}, "y_val was given without X_val"),
    "weights alone": ({}, {"sample_weight_val": "y"}, "sample_weight_val was given without X_val"),
    "fraction, too": (
        {"validation_fraction": 0.2},
        {"X_val": "X", "y_val": "y"},
        r"validation_fraction=0\.2 and X_val both",
    ),
    "splitter, too": (
        {"validation": KFold()},
        {"X_val": "X", "y_val": "y"},
        r"validation=KFold\(.* and X_val both",
    ),
    "last, too": (
        {"validation": "last"},
        {"X_val": "X", "y_val": "y"},
        "validation='last' and X_val both",
    ),
    "fraction of a splitter": (
        {"validation": KFold(), "validation_fraction": 0.2},
        {},
        r"validation=KFold\(.* and validation_fraction=0\.2 both",
    ),
    "class": ({"validation": KFold}, {}, r"is a class: pass an object of it, such as KFold\("),
    "word": ({"validation": "first"}, {}, "validation='first' is unknown.*'last'"),
    "groups of nobody": ({}, {"groups": "y"}, "groups were given, but validation=None"),
    "groups of the last": (
        {"validation": "last"},
        {"groups": "y"},
        "groups were given, but validation='last'",
    ),
    "groups of KFold": (
        {"validation": KFold()},
        {"groups": "y"},
        r"groups were given, but validation=KFold\(",
    ),
    "no groups": ({"validation": GroupKFold()}, {}, "splits by groups, but none were given"),
    "too few groups": (
        {"validation": GroupKFold()},
        {"groups": np.zeros(7)},
        "groups has 7 rows, but X has 150",
    ),
    "one group": (
        {"validation": GroupKFold()},
        {"groups": np.zeros(150)},
        r"validation=GroupKFold\(.*cannot split these rows",
    ),
    "more folds than rows, and a seed that is not the user's": (
        {"validation": KFold(200, shuffle=True)},
        {},
        r"validation=KFold\(n_splits=200, random_state=None.*cannot split these rows",
    ),
    "last of all": (
        {"validation": "last", "validation_fraction": 0.999},
        {},
        "validation='last' with validation_fraction=0.999 holds out 150 of 150 samples",
    ),
    "rows in both": (
        {"validation": PredefinedSplit(np.zeros(150))},
        {},
        "holds out 150 of 150 samples and leaves 0",
    ),
    "narrow": ({}, {"X_val": np.ones((9, 3)), "y_val": np.ones(9)}, "X_val.*X has 3 features"),
    "missing": ({}, {"X_val": np.full((9, 4), np.nan), "y_val": np.ones(9)}, "X_val.*NaN"),
    "too few labels": ({}, {"X_val": "X", "y_val": np.ones(9)}, "X_val, y_val.*150, 9"),
    "unseen classes": (
        {},
        {"X_val": "X", "y_val": np.arange(150) % 5},
        r"y_val has the classes \[3, 4\], which y has not: known are \[0, 1, 2\]",
    ),
    "labels of another kind": ({}, {"X_val": "X", "y_val": np.full(150, "a")}, r"\['a'\]"),
    "negative weights": (
        {},
        {"X_val": "X", "y_val": "y", "sample_weight_val": np.full(150, -1.0)},
        "sample_weight_val.*negative weights",
    ),
    "no weight": (
        {"class_weight": {0: 0.0}},
        {"X_val": "X", "y_val": np.zeros(150)},
        "All rows of X_val have a weight of zero",
    ),
    "refit without stopping": ({"refit_best_epoch": True}, {}, "but early_stopping=False"),
    "refit and warm start": (
        {"refit_best_epoch": True, "early_stopping": True, "warm_start": True},
        {},
        "warm_start=True",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_contradictions_are_refused_before_training(iris, name):
    X, y = iris
    parameters, given, words = REFUSED[name]
    given = {
        key: {"X": X, "y": y}.get(v, v) if isinstance(v, str) else v for key, v in given.items()
    }
    net = classifier(**parameters)
    before, programs = dict(vars(net)), cache_info()
    with pytest.raises(ValueError, match=words):
        net.fit(X, y, **given)
    assert vars(net) == before
    assert cache_info() == programs


def test_a_class_without_a_training_row_is_refused(iris):
    X, _ = iris
    with pytest.raises(ValueError, match=r"leaves 1 of 3 classes without a row .* row 100"):
        classifier(validation="last", validation_fraction=1 / 3).fit(X, IN_ORDER)


def test_rows_in_both_parts_are_refused(iris):
    class Careless:
        def split(self, X, y=None, groups=None):
            yield np.arange(100), np.arange(99, 150)

    with pytest.raises(ValueError, match="1 rows in both parts, such as row 99"):
        classifier(validation=Careless()).fit(*iris)


def test_labels_of_another_form_are_refused(iris):
    X, y = iris
    several = np.stack([y == 0, y < 2], 1) * 1
    with pytest.raises(ValueError, match="y_val is multiclass, but y is multilabel"):
        classifier().fit(X, several, X_val=X, y_val=y)
    with pytest.raises(ValueError, match=r"shape \(150, 3\); a 0/1 matrix with 2 columns"):
        classifier().fit(X, several, X_val=X, y_val=np.eye(3)[y])


def test_numbers_of_another_shape_are_refused(diabetes):
    X, y = diabetes
    with pytest.raises(ValueError, match=r"X_val, y_val.*shape \(442, 2\)"):
        regressor().fit(X, y, X_val=X, y_val=np.stack([y, y], 1))
    with pytest.raises(ValueError, match=r"X_val, y_val.*no negative targets"):
        regressor(loss="poisson").fit(X, y, X_val=X, y_val=-y)


def test_feature_names_are_compared(iris):
    X, y = pd.DataFrame(iris[0], columns=["one", "two", "three", "four"]), iris[1]
    with pytest.raises(ValueError, match=r"X_val.*feature names"):
        classifier().fit(X, y, X_val=X[["two", "one", "three", "four"]], y_val=y)


def test_partial_fit_takes_no_splitter(iris):
    with pytest.raises(ValueError, match=r"partial_fit holds out no rows.*validation='last'"):
        classifier(validation="last").partial_fit(*iris, classes=[0, 1, 2])


def test_rows_already_learned_from_are_not_watched(iris):
    X, y = iris
    net = classifier(epochs=2, warm_start=True, early_stopping=True)
    net.fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
    with pytest.raises(ValueError, match="would hold out rows that it has learned from"):
        net.fit(X, y)
    assert net.n_iter_ == 2
    assert net.fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2]).n_iter_ == 4
    assert net.set_params(early_stopping=False).fit(X, y).n_iter_ == 6


@pytest.mark.parametrize("kind", [classifier, regressor])
@pytest.mark.parametrize(
    "first",
    [
        {"early_stopping": True, "refit_best_epoch": True},
        {},
        {"partial_fit": True},
        {"early_stopping": True, "monitor": "loss"},
    ],
    ids=["refit", "without validation", "partial_fit", "by the training loss"],
)
@pytest.mark.parametrize(
    "then",
    [{"early_stopping": True}, {"validation_fraction": 0.2}, {"validation": "last"}],
    ids=lambda then: next(iter(then)),
)
def test_going_on_holds_out_no_rows_that_were_trained_on(iris, kind, first, then):
    X, y = iris
    first = dict(first)
    if first.pop("partial_fit", False):
        options = {"classes": [0, 1, 2]} if kind is classifier else {}
        net = kind().partial_fit(X, y, **options)
    else:
        net = kind(**first).fit(X, y)
    off = {"early_stopping": False, "refit_best_epoch": False, "monitor": "val_loss"}
    net.set_params(**off, warm_start=True)
    net.set_params(**then)
    before = net.n_iter_
    with pytest.raises(ValueError, match="would hold out rows that it has learned from"):
        net.fit(X, y)
    assert net.n_iter_ == before
    if "early_stopping" in then:  # rows of one's own may be watched
        assert "val_loss" in net.fit(X[:100], y[:100], X_val=X[100:], y_val=y[100:]).history_
    else:
        assert net.set_params(validation_fraction=None, validation=None).fit(X, y).n_iter_ > before


def test_going_on_may_hold_out_the_rows_held_out_before(iris):
    X, y = iris
    net = classifier(validation="last", warm_start=True).fit(X, y).fit(X, y)
    assert net.history_["val_loss"][-1] == last_loss(net, X[120:], y[120:])

"""NetworkClassifier and NetworkRegressor among scikit-learn's tools."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import AdaBoostClassifier, VotingClassifier, VotingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr

from skdense import DenseClassifier, NetworkClassifier, NetworkRegressor
from skdense.estimators import network_base
from tests.helpers import plain
from tests.network_models import classifier as build_classifier
from tests.network_models import compiled_classifier, regressor

COMMON = {"optimizer": "adam", "optimizer__learning_rate": 0.02, "random_state": 0}


def classifier(**parameters):
    defaults = {"model": build_classifier, "loss": "binary_crossentropy", "epochs": 5, **COMMON}
    return NetworkClassifier(**{**defaults, **parameters})


@pytest.fixture(scope="module")
def fitted(cancer):
    return classifier().fit(*cancer)


def test_known_as_what_they_are():
    assert is_classifier(classifier())
    assert is_regressor(NetworkRegressor(regressor))


def test_folds_are_stratified_and_scored(cancer, iris):
    scores = cross_val_score(classifier(), *cancer, cv=2, scoring="roc_auc")
    assert scores.min() > 0.95
    X, y = (array[np.argsort(iris[1], kind="stable")] for array in iris)
    net = NetworkClassifier(compiled_classifier, random_state=0)
    assert np.array_equal(
        cross_val_score(net, X, y, cv=3), cross_val_score(net, X, y, cv=StratifiedKFold(3))
    )
    assert cross_val_score(net, X, y, cv=KFold(3)).max() == 0


def test_grid_over_the_functions_own_parameters(cancer):
    grid = {"net__model__units": [2, 8], "net__optimizer__learning_rate": [1e-6, 0.02]}
    pipeline = make_pipeline(StandardScaler(), classifier(epochs=2))
    pipeline.steps[1] = ("net", pipeline.steps[1][1])
    X, y = (array[:200] for array in cancer)
    search = GridSearchCV(pipeline, grid, cv=2, scoring="roc_auc").fit(X, y)
    assert search.best_params_["net__optimizer__learning_rate"] == 0.02
    best = search.best_estimator_[-1]
    assert best.model_.layers[0].units == search.best_params_["net__model__units"]


def test_voting_and_calibration(cancer, diabetes):
    X, y = cancer
    labels = np.array(["benign", "malignant"])[y]
    vote = VotingClassifier([("net", classifier()), ("line", LogisticRegression())], voting="soft")
    assert vote.fit(X, labels).score(X, labels) > 0.95
    calibrated = CalibratedClassifierCV(classifier(), cv=2).fit(X, labels)
    assert calibrated.score(X, labels) > 0.9
    net = NetworkRegressor(regressor, loss="mse", **COMMON)
    assert np.isfinite(
        VotingRegressor([("n", net), ("r", Ridge())]).fit(*diabetes).predict(X[:, :10])
    ).all()


def test_boosting_gives_each_net_its_full_weight(cancer):
    # Its weights sum to one: as they are, Keras would all but stop learning.
    boosted = AdaBoostClassifier(classifier(), n_estimators=2, random_state=0).fit(*cancer)
    assert boosted.estimators_[0].score(*cancer) > 0.9


def test_one_row_stays_a_row(fitted, cancer):
    X, _ = cancer
    assert fitted.predict_proba(X[:1]).shape == (1, 2)
    assert fitted.predict(X[:1]).shape == (1,)
    assert np.allclose(fitted.predict_proba(X[:1]), fitted.predict_proba(X)[:1], atol=1e-6)
    assert np.allclose(np.exp(fitted.predict_log_proba(X)), fitted.predict_proba(X), atol=1e-6)


def test_float64_after_float32(cancer):
    X, y = (array[:100] for array in cancer)
    net = classifier(epochs=1).fit(X.astype(np.float32), y)
    assert np.array_equal(net.predict(X), net.predict(X.astype(np.float32)))
    assert np.array_equal(net.predict(np.eye(30, dtype=int)), net.predict(np.eye(30)))


def test_names_of_features_are_kept_and_checked():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(np.eye(20, 3), columns=["a", "b", "c"])
    net = NetworkRegressor(regressor, loss="mse").fit(table, np.arange(20.0))
    assert list(net.feature_names_in_) == ["a", "b", "c"]
    with pytest.raises(ValueError, match="feature names"):
        net.predict(table[["b", "a", "c"]])


def test_the_callers_weights_are_left_alone(cancer):
    X, y = cancer
    weight = np.linspace(0.5, 2, len(X))
    before = weight.copy()
    net = classifier(epochs=1, class_weight={0: 5.0, 1: 0.1}).fit(X, y, sample_weight=weight)
    assert np.array_equal(weight, before)
    even = classifier(epochs=1).fit(X, y, sample_weight=weight)
    assert net.predict_proba(X)[:, 0].mean() > even.predict_proba(X)[:, 0].mean() + 0.05


def test_rows_of_weight_zero_do_not_count(iris):
    X, y = iris
    net = classifier(loss="sparse_categorical_crossentropy", shuffle=False, epochs=2)
    weight = np.ones(len(X))
    weight[100:] = 0
    weighted = net.fit(X, y, sample_weight=weight).predict_proba(X)
    assert np.array_equal(weighted, net.fit(X[:100], y[:100]).predict_proba(X))


def test_a_class_of_weight_zero_is_no_class_with_a_single_row(iris):
    X, y = iris
    net = classifier(loss="sparse_categorical_crossentropy", epochs=1, validation_split=0.2)
    net.fit(X, y, sample_weight=(y != 1).astype(float))
    assert np.isfinite(net.history_["val_loss"]).all()


@pytest.mark.parametrize("dense", [False, True])
def test_a_warm_start_without_rows_of_a_class_holds_out(iris, dense):
    X, y = iris
    if dense:
        net = plain(DenseClassifier, 4, epochs=1, warm_start=True, early_stopping=True)
    else:
        loss = "sparse_categorical_crossentropy"
        net = classifier(loss=loss, epochs=1, validation_split=0.2, warm_start=True)
    few = np.flatnonzero(y == 2)[1:]
    net.fit(X, y).fit(X[y != 2], y[y != 2])
    left = np.delete(np.arange(150), few)  # one row of the class, which does not count
    net.fit(X[left], y[left], sample_weight=(y[left] != 2) * 1.0)
    assert net.n_iter_ == 3
    assert np.isfinite(net.history_["val_loss"]).all()


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_numbers_have_one_dtype(iris, n_outputs):
    X, y = iris
    y = np.column_stack([y, -y])[:, :n_outputs].squeeze()
    net = NetworkRegressor(regressor, loss="mse", epochs=1).fit(X, 1.0 * y)
    for each in (X, X.astype(np.float32)):
        assert net.predict(each).dtype == np.float64


def test_missing_and_mixed_targets_are_refused(iris):
    X, y = iris
    net = classifier(loss="sparse_categorical_crossentropy")
    with pytest.raises(ValueError, match="y holds None, first in row"):
        net.fit(X, np.where(y == 2, None, "a"))
    with pytest.raises(ValueError, match="str such as 'a' and int such as 1"):
        net.fit(X, np.array(["a", 1] * 75, dtype=object))
    for bad, words in (
        (np.where(y == 2, None, 1.0), "y contains NaN or None"),
        (1e40 * (y + 1), "size 3e.40, outside the range of float32"),
        (np.where(y == 2, "a", "b"), "values that are not numeric"),
    ):
        with pytest.raises(ValueError, match=words):
            NetworkRegressor(regressor, loss="mse").fit(X, bad)


def test_text_and_missing_values_in_a_table_are_named(iris):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(iris[0], columns=list("abcd")).astype(object)
    net = classifier(loss="sparse_categorical_crossentropy", epochs=1)
    table.loc[3, "b"] = None
    with pytest.raises(ValueError, match=r"NaN, in the columns \['b'\]. Fill them beforehand"):
        net.fit(table, iris[1])
    table.loc[3, "b"] = "Berlin"
    with pytest.raises(ValueError, match="the column 'b' of X holds text"):
        net.fit(table, iris[1])


def test_random_state(cancer):
    X, y = (array[:100] for array in cancer)

    def proba(state):
        return classifier(epochs=1, random_state=state).fit(X, y).predict_proba(X)

    assert np.array_equal(proba(3), proba(3))
    assert not np.array_equal(proba(3), proba(4))
    state = np.random.RandomState(3)
    first = proba(state)
    assert not np.array_equal(first, proba(state)), "a generator goes on"
    assert np.array_equal(first, proba(np.random.RandomState(3)))
    before = np.random.get_state()[1]  # noqa: NPY002
    proba(5)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_validation_set_is_stratified_and_shuffled(iris, monkeypatch):
    jobs = []
    train = network_base.train_custom_model
    monkeypatch.setattr(
        network_base, "train_custom_model", lambda job: (jobs.append(job), train(job))[1]
    )
    X, y = (array[np.argsort(iris[1], kind="stable")] for array in iris)
    net = classifier(loss="sparse_categorical_crossentropy", validation_split=0.2, epochs=1)
    net.fit(X, y)
    assert np.bincount(jobs[0].validation[1]).tolist() == [10, 10, 10]
    assert np.bincount(jobs[0].y).tolist() == [40, 40, 40]
    assert set(net.history_) == {"loss", "val_loss"}


def test_early_stopping_by_the_validation_set_and_callbacks_are_copied(iris):
    import keras

    stop = keras.callbacks.EarlyStopping(patience=0, min_delta=1e6, restore_best_weights=True)
    net = classifier(
        loss="sparse_categorical_crossentropy", validation_split=0.2, callbacks=[stop], epochs=9
    ).fit(*iris)
    assert net.n_iter_ == 1 or net.n_iter_ == 2
    assert net.engine_.startswith("keras: callbacks")
    assert getattr(stop, "model", None) is None
    by_class = {"callbacks": keras.callbacks.EarlyStopping, "callbacks__min_delta": 1e6}
    assert clone(classifier(**by_class)).get_params()["callbacks__min_delta"] == 1e6


class Sized(NetworkClassifier):
    """scikeras's way to fix a model in a class."""

    def __init__(self, units=3, *, extra=None, **others):
        super().__init__(**others)
        self.units = units
        self.extra = extra

    def _keras_build_fn(self, meta):
        return compiled_classifier(meta, self.units)


def test_clone_keeps_a_subclasss_parameters(iris):
    net = clone(Sized(units=5, extra="kept", epochs=2, predict__batch_size=64))
    assert (net.units, net.extra, net.epochs) == (5, "kept", 2)
    net.fit(*iris)
    assert net.model_.layers[0].units == 5
    again = pickle.loads(pickle.dumps(net))
    assert np.allclose(again.predict_proba(iris[0]), net.predict_proba(iris[0]), atol=1e-6)


def test_parameters_in_and_out():
    net = classifier(model__units=3)
    assert net.get_params()["model__units"] == 3
    net.set_params(model__units=4, callbacks__patience=2, epochs=7)
    copied = clone(net)
    assert copied.get_params() == net.get_params()
    assert (copied.epochs, copied.get_params()["callbacks__patience"]) == (7, 2)
    assert "model__units=4" in repr(copied)
    assert "NetworkClassifier" in estimator_html_repr(net)
    with pytest.raises(ValueError, match="Invalid parameter 'epoch'"):
        net.set_params(epoch=3)


@pytest.mark.parametrize("way", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_predict_and_go_on_alike(way, cancer, fitted):
    X, y = cancer
    copied = way(fitted)
    assert np.array_equal(copied.predict_proba(X), fitted.predict_proba(X))
    original = copy.deepcopy(fitted)
    for net in (copied, original):
        net.partial_fit(X, y)
    assert copied.n_iter_ == 6
    assert np.array_equal(copied.predict_proba(X), original.predict_proba(X))


def test_warm_start_goes_on_with_the_optimizers_state(cancer):
    X, y = cancer
    net = classifier(epochs=2, warm_start=True, shuffle=False).fit(X, y).fit(X, y)
    whole = classifier(epochs=4, shuffle=False).fit(X, y)
    assert np.allclose(net.history_["loss"], whole.history_["loss"], rtol=1e-4)


def test_partial_fit_learns_classes_it_has_not_seen(iris):
    X, y = iris
    net = classifier(loss="sparse_categorical_crossentropy")
    net.partial_fit(X[y < 2], y[y < 2], classes=[0, 1, 2]).partial_fit(X, y)
    assert net.predict_proba(X).shape == (150, 3)
    with pytest.raises(ValueError, match="classes"):
        net.partial_fit(X, y + 1)


def test_a_ready_made_model_is_copied(iris):
    import keras

    X, y = iris
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    before = [array.copy() for array in model.get_weights()]
    net = NetworkClassifier(model, loss="sparse_categorical_crossentropy", epochs=2)
    first = net.fit(X, y).history_["loss"][0]
    assert all(map(np.array_equal, before, model.get_weights()))
    own = keras.losses.SparseCategoricalCrossentropy()(y, model(X.astype("float32")))
    assert abs(first - float(own)) < 0.2, "training starts from the model's own weights"


def test_a_model_that_was_never_trained_comes_out_of_a_pickle(iris):
    X, y = iris
    net = NetworkClassifier(compiled_classifier, random_state=0, warm_start=True).initialize(X, y)
    again = pickle.loads(pickle.dumps(net))
    assert np.array_equal(again.predict_proba(X), net.predict_proba(X))
    assert np.array_equal(again.fit(X, y).predict_proba(X), net.fit(X, y).predict_proba(X))


def test_a_failed_fit_leaves_the_features_that_scikit_learn_keeps():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(np.eye(20, 3), columns=["a", "b", "c"])
    net = NetworkRegressor(regressor, loss="mse").fit(table, np.arange(20.0))
    with pytest.raises(ValueError, match="does not fit"):
        net.set_params(model=lambda: regressor({"n_features_in_": 2, "n_outputs_": 5})).fit(
            np.eye(20, 2), np.arange(20.0)
        )
    assert net.n_features_in_ == 3
    assert list(net.feature_names_in_) == ["a", "b", "c"]
    assert net.predict(table).shape == (20,)
    unfitted = NetworkRegressor(regressor).set_params(loss=None)
    with pytest.raises(ValueError, match="loss=None"):
        unfitted.fit(table, np.arange(20.0))
    assert not [name for name in vars(unfitted) if name.endswith("_")]


class BuildsByItself(NetworkClassifier):
    """scikeras's way again: the method reads parameters, and what fit has found out, on self."""

    def __init__(self, units=3, **others):
        super().__init__(**others)
        self.units = units

    def _keras_build_fn(self):
        return compiled_classifier(
            {
                "n_features_in_": self.n_features_in_,
                "n_classes_": self.n_classes_,
                "target_type_": self.target_type_,
            },
            self.units,
        )


def test_a_method_that_builds_the_model_finds_everything_on_self(iris):
    net = BuildsByItself(units=5, random_state=0).fit(*iris)
    assert net.model_.layers[0].units == 5
    with pytest.raises(ValueError, match="sample_weight"):
        net.set_params(units=4).fit(*iris, sample_weight=-np.ones(150))
    again = pickle.loads(pickle.dumps(net))
    assert again.model_.layers[0].units == 5, "built as it was fitted"
    assert np.array_equal(again.predict_proba(iris[0]), net.predict_proba(iris[0]))


def test_a_failed_fit_leaves_what_was_there(diabetes):
    X, y = diabetes
    net = NetworkRegressor(regressor, loss="mse", **COMMON).fit(X, y)
    before = net.predict(X)
    net.set_params(optimizer="sgd", optimizer__learning_rate=1e30)
    with pytest.raises(ValueError, match="finite"):
        net.fit(X, y)
    assert np.array_equal(net.predict(X), before)


def test_logits_become_probabilities(iris):
    import keras

    def build(meta):
        return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    net = NetworkClassifier(build, loss=loss, epochs=2).fit(*iris)
    assert net.engine_ == "compiled epochs"
    assert np.allclose(net.predict_proba(iris[0]).sum(axis=1), 1, atol=1e-6)


def test_one_hot_and_several_labels(iris):
    X, y = iris
    matrix = np.eye(3, dtype=int)[y]
    several = classifier(epochs=1).fit(X, matrix)
    assert several.predict(X).shape == several.predict_proba(X).shape == (150, 3)
    one_hot = classifier(loss="categorical_crossentropy", model=compiled_softmax).fit(X, matrix)
    assert (one_hot.predict(X).sum(axis=1) == 1).all()
    labels = classifier(loss="categorical_crossentropy", epochs=1).fit(X, y)
    assert set(labels.predict(X)) <= {0, 1, 2}


def compiled_softmax(meta):
    import keras

    units = meta["n_classes_"]
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, activation="softmax")])


def test_classes_of_partial_fit_are_compared_with_y_and_with_the_first_call(iris):
    X, y = iris
    matrix = np.eye(3, dtype=int)[y]
    net = classifier()
    with pytest.raises(ValueError, match=r"classes=\[0, 1\] does not fit y, a 0/1 matrix with 3"):
        net.partial_fit(X, matrix, classes=[0, 1])
    net.partial_fit(X, matrix, classes=[0, 1, 2]).partial_fit(X, matrix, classes=np.arange(3))
    with pytest.raises(ValueError, match=r"classes=\[0, 1, 2, 3\] is not the same"):
        net.partial_fit(X, matrix, classes=[0, 1, 2, 3])
    labels = np.array(["a", "b", "c"])[y]
    net = classifier(loss="sparse_categorical_crossentropy").partial_fit(X, labels)
    with pytest.raises(ValueError, match=r"classes=\['a', 'b'\] is not the same"):
        net.partial_fit(X, labels, classes=["a", "b"])
    assert net.partial_fit(X[:1], labels[:1], classes=["c", "b", "a"]).n_iter_ == 2


def test_batch_size_of_all_samples_in_every_form(cancer, monkeypatch):
    import keras

    given = {}
    for method in ("fit", "predict"):
        original = getattr(keras.Model, method)

        def recorded(self, *args, _method=method, _original=original, **arguments):
            given[_method] = arguments
            return _original(self, *args, **arguments)

        monkeypatch.setattr(keras.Model, method, recorded)
    X, y = (array[:100] for array in cancer)
    routes = {"fit__batch_size": -1, "fit__validation_batch_size": -1, "predict__batch_size": -1}
    plain = {"batch_size": -1, "validation_batch_size": -1, "predict__batch_size": -1}
    for ways in (routes, plain):
        net = classifier(epochs=1, metrics=["mae"], validation_split=0.2, **ways).fit(X, y)
        assert (given["fit"]["batch_size"], given["fit"]["validation_batch_size"]) == (80, 20)
        net.predict(X[:7])
        assert given["predict"]["batch_size"] == 7


@pytest.mark.parametrize(
    "name", ["fit__batch_size", "predict__batch_size", "fit__validation_batch_size", "fit__epochs"]
)
def test_routed_numbers_are_checked_as_plain_ones(name, cancer):
    with pytest.raises(ValueError, match=f"The '{name}' parameter of NetworkClassifier must be"):
        classifier(**{name: 0}).fit(*cancer)


def test_no_optimizer(cancer):
    with pytest.raises(ValueError, match="optimizer=None: pass the name of one of Keras's"):
        NetworkClassifier(build_classifier, loss="mse", optimizer=None).fit(*cancer)


def test_a_model_beside_a_method_that_builds_one(iris):
    with pytest.raises(
        ValueError, match="passed to BuildsByItself, which builds its model by _ker"
    ):
        BuildsByItself(model=compiled_classifier).fit(*iris)


def test_best_epoch_is_that_of_the_weights(iris):
    import keras

    X, y = iris
    options = {"loss": "sparse_categorical_crossentropy", "epochs": 3, "validation_split": 0.2}
    net = classifier(**options).fit(X, y)
    assert net.best_epoch_ == net.n_iter_ == 3
    stop = keras.callbacks.EarlyStopping(mode="max", patience=9, restore_best_weights=True)
    net = classifier(callbacks=stop, warm_start=True, **options)
    assert net.fit(X, y).best_epoch_ == np.argmax(net.history_["val_loss"]) + 1
    net.fit(X, y)
    assert net.best_epoch_ == 4 + np.argmax(net.history_["val_loss"][3:])

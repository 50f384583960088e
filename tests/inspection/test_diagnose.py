"""Data made to have each disease, and healthy data, on which diagnose stays silent."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.datasets import make_circles, make_classification, make_friedman1
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

from skdense import DenseClassifier, DenseRegressor, NetworkClassifier, diagnose
from skdense.inspection import check_inputs
from skdense.inspection.check_inputs import gather_check_inputs
from skdense.inspection.checks import CheckResult
from skdense.inspection.diagnose import Diagnosis
from skdense.preprocessing.fit_arguments import FitArguments
from skdense.preprocessing.validation_split import split_indices
from tests.helpers import plain

SEEDS = range(2)


@cache
def classes(seed, n_samples=600):
    """Rows that a network learns well, with a tenth of the labels wrong."""
    X, y = make_classification(n_samples, 10, n_informative=6, flip_y=0.1, random_state=seed)
    return StandardScaler().fit_transform(X), y


@cache
def numbers(seed):
    X, y = make_friedman1(600, noise=2.0, random_state=seed)
    return StandardScaler().fit_transform(X), y


def found(net, X, y):
    return diagnose(net.fit(X, y), X, y).names


def classifier(seed, **parameters):
    settings = {"hidden_layer_sizes": (32,), "epochs": 60, "validation_fraction": 0.25}
    return plain(DenseClassifier, **(settings | parameters), random_state=seed)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "parameters",
    [{}, {"dropout": 0.3}, {"batch_norm": True}, {"l2": 0.01}],
    ids=str,
)
@pytest.mark.parametrize("kind", [DenseClassifier, DenseRegressor])
def test_silent_on_healthy_fits(kind, parameters, seed):
    X, y = classes(seed) if kind is DenseClassifier else numbers(seed)
    settings = {"early_stopping": True, "epochs": 74, "batch_size": 64, "learning_rate": 0.01}
    net = plain(kind, (32,), **settings, **parameters, random_state=seed).fit(X, y)
    diagnosis = diagnose(net, X, y)
    assert diagnosis.results == diagnosis.unchecked == ()
    assert repr(diagnosis) == "Nothing looks wrong with this fit."


def test_silent_on_healthy_fits_of_other_shapes(iris):
    X, y = iris
    settings = {"early_stopping": True, "epochs": 140, "learning_rate": 0.01}
    assert found(classifier(0, **settings), X, y) == []
    labels = np.column_stack([X[:, 0] > 0, X[:, 1] + X[:, 2] > 0]).astype(int)
    assert found(classifier(0, **settings), X, labels) == []
    two = plain(DenseRegressor, 32, **settings, random_state=0)
    assert found(two, X[:, :2], X[:, 2:]) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_under_fitting_of_a_network_too_small(seed):
    X, y = make_circles(600, noise=0.1, factor=0.4, random_state=seed)
    names = found(classifier(seed, hidden_layer_sizes=(), epochs=39), X, y)
    assert names[0] == "under-fitting"


@pytest.mark.parametrize("seed", SEEDS)
def test_under_fitting_under_a_heavy_penalty(seed):
    X, y = numbers(seed)
    net = plain(DenseRegressor, 32, l2=50.0, epochs=60, random_state=seed).fit(X, y)
    result = diagnose(net, X, y).results[0]
    assert result.name == "under-fitting"
    assert "set l2 to 0 until then" in result.advice


@pytest.mark.parametrize("seed", SEEDS)
def test_over_fitting(seed):
    X, y = classes(seed, n_samples=200)
    net = classifier(seed, hidden_layer_sizes=(128, 64), epochs=80).fit(X, y)
    result = next(f for f in diagnose(net, X, y).results if f.name == "over-fitting")
    assert f"since epoch {net.best_epoch_} of 80" in result.reason
    assert result.advice.startswith("In this order: early_stopping=True; more data; a smaller")


def test_over_fitting_does_not_matter_where_the_best_weights_were_restored():
    X, y = classes(0, n_samples=200)
    settings = {"hidden_layer_sizes": (128, 64), "early_stopping": True, "patience": 40}
    assert "over-fitting" not in found(classifier(0, **settings), X, y)
    last = classifier(0, **settings, restore_best_weights=False).fit(X, y)
    result = diagnose(last, X, y).results[0]
    assert result.advice.startswith("In this order: restore_best_weights=True; more data")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("make", [classes, numbers])
@pytest.mark.parametrize("parameters", [{"learning_rate": 0.3}, {"learning_rate": 3.0}], ids=str)
def test_learning_rate_too_high(make, parameters, seed):
    X, y = make(seed)
    kind = DenseClassifier if make is classes else DenseRegressor
    net = plain(kind, 32, epochs=39, validation_fraction=0.25, random_state=seed, **parameters)
    assert "learning rate too high" in found(net, X, y)


def test_units_that_have_died():
    X, y = numbers(0)
    net = plain(DenseRegressor, 32, epochs=10, random_state=0).fit(X, y)
    net.weights_[1][:] = -1e6  # no row lifts a unit over zero
    result = next(f for f in diagnose(net, X, y).results if f.name == "learning rate too high")
    assert result.reason.endswith("the same output: its units have died")


def test_loss_that_is_no_longer_finite():
    X, y = numbers(0)
    net = plain(DenseRegressor, 32, epochs=10, random_state=0).fit(X, y)
    net.history_["loss"][-1] = np.inf
    result = next(f for f in diagnose(net, X, y).results if f.name == "learning rate too high")
    assert result.reason == "the training loss stopped being finite in epoch 10"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("make", [classes, numbers])
@pytest.mark.parametrize("fraction", [None, 0.25])
def test_learning_rate_too_low(make, fraction, seed):
    X, y = make(seed)
    kind = DenseClassifier if make is classes else DenseRegressor
    net = plain(
        kind, 32, epochs=39, learning_rate=1e-5, validation_fraction=fraction, random_state=seed
    )
    assert "learning rate too low, or too few epochs" in found(net, X, y)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scale", [1000.0, 0.001])
def test_unscaled_features(scale, seed):
    X, y = classes(seed)
    X = X * scale if scale < 1 else X * np.array([scale, *[1] * 9])
    assert "unscaled features" in found(classifier(seed, epochs=5), X, y)
    behind_a_scaler = make_pipeline(StandardScaler(), classifier(seed, epochs=5))
    assert "unscaled features" not in found(behind_a_scaler, X, y)


def test_a_feature_far_from_zero_is_unscaled():
    X, y = classes(0)
    assert "unscaled features" in found(classifier(0, epochs=5), X * 0.1 + 5, y)


def test_columns_of_two_values_need_no_scaling():
    X, y = classes(0)
    X = np.column_stack([X, np.arange(len(X)) < 3, np.ones(len(X))])
    assert "unscaled features" not in found(classifier(0, epochs=5), X, y)


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_in_training_and_validation(seed):
    X, y = classes(seed, n_samples=200)
    X, y = np.vstack([X, X[:60]]), np.append(y, y[:60])
    net = classifier(seed, epochs=5).fit(X, y)
    result = next(f for f in diagnose(net, X, y).results if f.name.startswith("rows in"))
    _, held_out = split_indices(net, len(X), y, FitArguments(X, y), net._split_seed)
    others = {tuple(row) for row in np.delete(X, held_out, axis=0)}
    n_twins = sum(tuple(row) in others for row in X[held_out])
    assert result.reason.startswith(f"{n_twins} of {len(held_out)} rows of the validation set")


@pytest.mark.parametrize("seed", SEEDS)
def test_no_better_than_the_dummy(seed):
    X, y = classes(seed)
    shuffled = np.random.default_rng(seed).permutation(y)
    assert "no better than the dummy" in found(classifier(seed, epochs=10), X, shuffled)
    X, y = numbers(seed)
    shuffled = np.random.default_rng(seed).permutation(y)
    net = plain(DenseRegressor, 32, epochs=39, validation_fraction=0.25, random_state=seed)
    assert "no better than the dummy" in found(net, X, shuffled)


def test_without_held_out_rows_it_says_what_it_cannot_see():
    X, y = classes(0)
    diagnosis = diagnose(classifier(0, validation_fraction=None).fit(X, y), X, y)
    assert "Over-fitting was not looked for" in repr(diagnosis)
    assert "Over-fitting was not looked for" in diagnosis._repr_html_()


def test_it_does_not_advise_what_is_done_already():
    X, y = classes(0)
    settings = {"early_stopping": True, "validation_fraction": None, "epochs": 20}
    (refitted,) = diagnose(
        classifier(0, refit_best_epoch=True, **settings).fit(X, y), X, y
    ).unchecked
    assert "early_stopping_history_" in refitted
    (by_loss,) = diagnose(classifier(0, monitor="loss", **settings).fit(X, y), X, y).unchecked
    assert by_loss.endswith("as X_val and y_val here, or fit with validation_fraction=0.2.")


def test_epochs_that_were_not_watched_are_not_judged():
    X, y = classes(0, n_samples=200)
    net = classifier(0, hidden_layer_sizes=(128, 64)).fit(X, y)
    assert "over-fitting" in diagnose(net, X, y).names
    net.set_params(validation_fraction=None).partial_fit(X, y)
    diagnosis = diagnose(net, X, y)
    assert "over-fitting" not in diagnosis.names
    assert diagnosis.unchecked == (
        "Over-fitting was not looked for, as the last epochs were trained without a validation "
        "set.",
    )


def test_pipeline_on_a_table_and_search():
    X, y = classes(0)
    X = pd.DataFrame(X * 100, columns=[f"x{k}" for k in range(10)])
    scaler = StandardScaler().set_output(transform="pandas")
    model = make_pipeline(scaler, classifier(0, early_stopping=True, epochs=200))
    labels = np.array(["no", "yes"])[y]
    assert found(model, X, labels) == []
    search = GridSearchCV(model, {"denseclassifier__patience": [10]}, cv=2)
    assert found(search, X, labels) == []


def test_words_are_escaped_and_numbered():
    diagnosis = Diagnosis((CheckResult("a<b", "1 < 2", "Try x & y."),))
    assert repr(diagnosis) == "1. A<b: 1 < 2.\n   Try x & y."
    assert "<b>a&lt;b</b>: 1 &lt; 2.<br>Try x &amp; y." in diagnosis._repr_html_()


def test_errors_say_what_to_pass():
    X, y = classes(0)
    net = classifier(0, epochs=2).fit(X, y)
    with pytest.raises(TypeError, match=r"estimator=LogisticRegression\(\) is not a network"):
        diagnose(LogisticRegression().fit(X, y), X, y)
    with pytest.raises(NotFittedError):
        diagnose(plain(DenseClassifier), X, y)
    with pytest.raises(ValueError, match="X has 9 features, but DenseClassifier is expecting 10"):
        diagnose(net, X[:, :9], y)
    with pytest.raises(ValueError, match="y has 5 rows, but X has 600"):
        diagnose(net, X, y[:5])
    with pytest.raises(ValueError, match=r"X has 19 rows, .* takes at least 20"):
        diagnose(net, X[:19], y[:19])
    with pytest.raises(ValueError, match=r"y has shape \(600, 2\), but the network was trained on"):
        diagnose(net, X, np.column_stack([y, y]))
    with pytest.raises(ValueError, match="`y` has classes not in"):
        diagnose(net, X, y + 5)
    regressor = plain(DenseRegressor, 32, epochs=2, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match="y has 2 columns, but the network predicts 1"):
        diagnose(regressor, X, np.column_stack([y, y]))


@pytest.mark.parametrize("kind", ["images", "missing", "sparse", "sparse pipeline"])
def test_it_sees_rows_of_every_kind_as_the_network_did(kind):
    random = np.random.default_rng(0)
    X = random.normal(size=(300, 12)) * (random.random((300, 12)) < 0.5)
    y = (X.sum(axis=1) > 0).astype(int)
    options = {"validation_fraction": 0.3, "epochs": 15, "random_state": 0}
    if kind == "images":
        net, X = plain(DenseClassifier, 8, **options), X.reshape(300, 3, 4)
    elif kind == "missing":
        net, X = (
            plain(DenseClassifier, 8, missing="indicator", **options),
            np.where(X == 0, np.nan, X),
        )
    elif kind == "sparse":
        net, X = plain(DenseClassifier, 8, **options), sparse.csr_matrix(X)
    else:
        net, X = (
            make_pipeline(MaxAbsScaler(), plain(DenseClassifier, 8, **options)),
            sparse.csr_matrix(X),
        )
    net.fit(X, y)
    inputs = gather_check_inputs(net, FitArguments(X, y))
    assert inputs.training_score == pytest.approx(
        roc_auc_score(y[inputs.train], net.predict_proba(X)[inputs.train, 1])
    )
    assert "unscaled features" not in diagnose(net, X, y).names


def text_like(n_samples, n_columns, seed=0):
    """Rows of ten words each, the first hundred words telling the class."""
    random = np.random.default_rng(seed)
    y = random.integers(2, size=n_samples)
    words = random.integers(100, n_columns, size=(n_samples, 10))
    words[:, 0] = random.integers(50, size=n_samples) + 50 * y
    rows = np.repeat(np.arange(n_samples), 10)
    return sparse.csr_matrix((np.ones(words.size), (rows, words.ravel()))), y


@pytest.mark.parametrize("options", [{}, {"validation_fraction": 0.2}], ids=str)
def test_of_a_large_sparse_table_rows_are_drawn(options, monkeypatch):
    monkeypatch.setattr(check_inputs, "_MAX_DENSE_SIZE", 500_000)
    monkeypatch.setattr(check_inputs, "_SAMPLED_SIZE", 200_000)
    X, y = text_like(800, 975)
    net = plain(DenseClassifier, 4, epochs=2, **options, random_state=0).fit(X, y)
    inputs = gather_check_inputs(net, FitArguments(X, y))
    assert len(inputs.X) <= 200_000 / 975 < len(inputs.X) + 3
    parts = [inputs.train] if not options else [inputs.train, inputs.validation]
    assert np.concatenate(parts).tolist() == list(range(len(inputs.X)))
    if options:
        assert len(inputs.train) / len(inputs.X) == pytest.approx(0.8, abs=0.01)
    truth = np.flatnonzero(inputs.targets) % 2  # the class of each row that was drawn
    assert np.mean(truth == inputs.X[:, 50:100].any(axis=1)) == 1
    assert "were checked, drawn at random" in diagnose(net, X, y).unchecked[-1]


def test_a_sparse_table_too_wide_to_look_at_says_so():
    X = sparse.csr_matrix((np.ones(100), (np.arange(100), np.arange(100))), shape=(100, 1_500_000))
    net = plain(DenseClassifier, (), epochs=1, random_state=0).fit(X, np.arange(100) % 2)
    with pytest.raises(ValueError, match="has 1,500,000 columns, are too large"):
        diagnose(net, X, np.arange(100) % 2)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("make", [classes, numbers])
@pytest.mark.parametrize("held_out", [None, 0.2])
def test_rows_that_fit_has_not_seen_show_over_fitting(make, held_out, seed):
    X, y = make(seed)
    kind = DenseClassifier if make is classes else DenseRegressor
    options = {"validation_fraction": held_out, "random_state": seed}
    net = plain(kind, (128, 64), epochs=149, **options).fit(X[:100], y[:100])
    others = {"X_val": X[100:], "y_val": y[100:]}
    (result,) = (
        f for f in diagnose(net, X[:100], y[:100], **others).results if f.name == "over-fitting"
    )
    if held_out is None:
        train, test = net.score(X[:100], y[:100]), net.score(X[100:], y[100:])
        assert train - test > 0.1
        assert f"is {train:.3f} on the rows that the network learned from" in result.reason
        assert f"and {test:.3f} on the 500 of the validation set" in result.reason
        assert diagnose(net, X[:100], y[:100], **others).unchecked == ()
    sound = plain(kind, 8, epochs=60, learning_rate=0.003, l2=0.01, random_state=seed)
    sound.fit(X[:450], y[:450])
    unseen = {"X_val": X[450:], "y_val": y[450:]}
    assert "over-fitting" not in diagnose(sound, X[:450], y[:450], **unseen).names


def test_rows_given_beside_a_split_do_not_hide_its_rising_loss():
    X, y = classes(0, n_samples=200)
    net = classifier(0, hidden_layer_sizes=(128, 64), epochs=80).fit(X, y)
    (alone,), (beside,) = (
        [f for f in found.results if f.name == "over-fitting"]
        for found in (diagnose(net, X, y), diagnose(net, X, y, X_val=X[:20], y_val=y[:20]))
    )
    assert alone == beside


def test_after_a_refit_rows_that_stayed_out_are_used():
    X, y = numbers(0)
    net = plain(
        DenseRegressor, 16, epochs=10, early_stopping=True, refit_best_epoch=True, random_state=0
    )
    net.fit(X[:400], y[:400], X_val=X[400:], y_val=y[400:])
    inputs = gather_check_inputs(net, FitArguments(X[:400], y[:400], None, X[400:], y[400:]))
    assert inputs.validation_score == pytest.approx(net.score(X[400:], y[400:]))
    assert diagnose(net, X[:400], y[:400], X_val=X[400:], y_val=y[400:]).unchecked == ()


def test_what_could_not_be_looked_at_comes_first():
    diagnosis = Diagnosis((), ("Over-fitting was not looked for.",))
    assert repr(diagnosis).splitlines() == [
        "Over-fitting was not looked for.",
        "Otherwise, nothing looks wrong with this fit.",
    ]
    html = diagnosis._repr_html_()
    assert html.index("not looked for") < html.index("Otherwise, nothing")
    diagnosis = Diagnosis((CheckResult("a", "b", "c."),), ("Not looked at.",))
    assert repr(diagnosis) == "Not looked at.\n1. A: b.\n   c."


def test_custom_models_are_refused_with_what_works_for_them():
    import keras

    def build():
        model = keras.Sequential([keras.Input((10,)), keras.layers.Dense(1, "sigmoid")])
        model.compile("adam", "binary_crossentropy")
        return model

    X, y = classes(0)
    net = make_pipeline(StandardScaler(), NetworkClassifier(build, random_state=0)).fit(X, y)
    with pytest.raises(TypeError, match=r"is a NetworkClassifier: .* HistoryDisplay.from_estim"):
        diagnose(net, X, y)


@pytest.mark.parametrize("name", ["X_val", "y_val"])
def test_validation_rows_need_their_targets(name):
    X, y = classes(0)
    net = classifier(0, validation_fraction=None, epochs=2).fit(X, y)
    with pytest.raises(ValueError, match=f"{name} was given without"):
        diagnose(net, X, y, **{name: X if name == "X_val" else y})

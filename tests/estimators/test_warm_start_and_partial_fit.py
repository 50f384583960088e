"""Training that goes on, with warm_start and partial_fit."""

import pickle

import keras
import numpy as np
import pytest
from sklearn.base import clone

from skdense import DenseClassifier, DenseRegressor
from tests.helpers import equal_bits, plain, same_weights

# With full batches the order of the rows does not matter: n calls must equal n epochs.
EXACT = {"hidden_layer_sizes": 8, "batch_size": 1000, "dtype": "float64", "random_state": 0}
OPTIMIZERS = {
    "adam": "adam",
    "momentum": keras.optimizers.SGD(0.05, momentum=0.9),
    "schedule": keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.01, 2, 0.5)),
}


@pytest.fixture(params=[DenseClassifier, DenseRegressor])
def estimator(request):
    return request.param


@pytest.fixture(params=list(OPTIMIZERS))
def optimizer(request):
    return OPTIMIZERS[request.param]


def test_calls_of_partial_fit_are_epochs_of_fit(iris, estimator, optimizer):
    X, y = iris
    options = {**EXACT, "optimizer": optimizer, "l2": 0.01, "batch_norm": True}
    whole = plain(estimator, epochs=5, **options).fit(X, y)
    net = plain(estimator, **options)
    first = {"classes": [0, 1, 2]} if estimator is DenseClassifier else {}
    for call in range(5):
        net.partial_fit(X, y, **(first if call == 0 else {}))
        assert net.n_iter_ == call + 1
    assert same_weights(net, whole, rtol=1e-8, atol=1e-10)
    assert np.allclose(net.history_["loss"], whole.history_["loss"])
    assert net.best_epoch_ == net.n_iter_ == 5


def test_fits_with_warm_start_are_one_fit(iris, estimator, optimizer):
    X, y = iris
    options = {**EXACT, "optimizer": optimizer, "validation_fraction": 0.2}
    whole = plain(estimator, epochs=5, **options).fit(X, y)
    net = plain(estimator, epochs=2, warm_start=True, **options).fit(X, y)
    earlier = net.history_["loss"]
    net.set_params(epochs=3).fit(X, y)
    assert same_weights(net, whole, rtol=1e-8, atol=1e-10)
    assert net.history_["loss"][:2] == earlier
    assert np.allclose(net.history_["val_loss"], whole.history_["val_loss"])
    assert net.n_iter_ == len(net.loss_curve_) == 5


def test_partial_fit_goes_on_from_fit(iris):
    X, y = iris
    whole = plain(DenseClassifier, epochs=4, **EXACT).fit(X, y)
    net = plain(DenseClassifier, epochs=3, **EXACT).fit(X, y).partial_fit(X, y)
    assert same_weights(net, whole, rtol=1e-8, atol=1e-10)


def test_fit_starts_afresh_without_warm_start(iris):
    X, y = iris
    net = plain(DenseClassifier, 8, epochs=3, random_state=0).fit(X, y)
    once = pickle.loads(pickle.dumps(net))
    net.fit(X, y)
    assert equal_bits(net, once)
    assert net.history_ == once.history_
    assert net.n_iter_ == 3


def test_another_optimizer_starts_with_a_fresh_state(iris):
    X, y = iris
    net = plain(DenseClassifier, epochs=3, warm_start=True, **EXACT).fit(X, y)
    before = [array.copy() for array in net.weights_]
    net.set_params(optimizer="sgd", learning_rate=1e-9).fit(X, y)
    assert all(np.allclose(a, b, atol=1e-7) for a, b in zip(net.weights_, before, strict=True))
    assert net.n_iter_ == 6


def test_a_new_learning_rate_keeps_the_optimizer_state(iris):
    X, y = iris
    net = plain(DenseClassifier, epochs=20, warm_start=True, **EXACT).fit(X, y)
    fresh = pickle.loads(pickle.dumps(net))
    fresh.set_params(optimizer=keras.optimizers.Adam(epsilon=1e-6))  # another optimizer
    for other in (net, fresh):
        other.set_params(epochs=1, learning_rate=0.01).fit(X, y)
    assert not same_weights(net, fresh, rtol=1e-3)


def test_partial_fit_keeps_the_first_mean_and_standard_deviation(diabetes):
    X, y = diabetes
    net = plain(DenseRegressor, 8, learning_rate=1e-12, random_state=0).partial_fit(X, y)
    before = net.predict(X)
    net.partial_fit(X, 1000 * y - 5)
    assert np.allclose(net.predict(X), before, rtol=1e-5)


def test_partial_fit_knows_classes_that_have_not_come_yet(iris):
    X, y = iris
    net = plain(DenseClassifier, 8, learning_rate=0.01, random_state=0)
    names = np.array(["c", "a", "b"])[y]
    net.partial_fit(X[y == 0], names[y == 0], classes=["b", "c", "a"])  # one class only
    assert net.classes_.tolist() == ["a", "b", "c"]
    assert net.predict_proba(X).shape == (150, 3)
    for _ in range(60):
        net.partial_fit(X, names, classes=["a", "b", "c"])
    assert net.score(X, names) > 0.9


def test_partial_fit_asks_for_the_classes(iris):
    X, y = iris
    net = plain(DenseClassifier, 8, random_state=0)
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        net.partial_fit(X, y)
    net.partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="is not the same as on the last call to partial_fit"):
        net.partial_fit(X, y, classes=[0, 1])
    with pytest.raises(ValueError, match="has classes not in"):
        net.partial_fit(X, y + 1)


@pytest.mark.parametrize("parameters", [{"early_stopping": True}, {"validation_fraction": 0.2}])
def test_partial_fit_holds_out_no_rows(iris, estimator, parameters):
    X, y = iris
    classes = {"classes": [0, 1, 2]} if estimator is DenseClassifier else {}
    with pytest.raises(ValueError, match="partial_fit holds out no rows"):
        plain(estimator, 8, **parameters).partial_fit(X, y, **classes)


def test_partial_fit_takes_weights(iris):
    X, y = iris
    weight = 1.0 * (y != 2)
    net = plain(DenseClassifier, 8, learning_rate=0.01, random_state=0)
    for _ in range(30):
        net.partial_fit(X, y, classes=[0, 1, 2], sample_weight=weight)
    assert not (net.predict(X) == 2).any()
    with pytest.raises(ValueError, match="'balanced' cannot be used with partial_fit"):
        net.set_params(class_weight="balanced").partial_fit(X, y)


def test_partial_fit_takes_class_weights_whatever_classes_come(iris):
    X, y = iris
    net = plain(DenseClassifier, class_weight={1: 4.0, 2: 0.5}, **EXACT)
    for rows in (y == 0, y < 2, y > 0):
        net.partial_fit(X[rows], y[rows], classes=[0, 1, 2])
    by_hand = plain(DenseClassifier, **EXACT)
    for rows in (y == 0, y < 2, y > 0):
        weight = np.array([1, 4, 0.5])[y[rows]]
        by_hand.partial_fit(X[rows], y[rows], classes=[0, 1, 2], sample_weight=weight)
    assert equal_bits(net, by_hand)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hidden_layer_sizes": (8, 8)}, r"other layers.*\(8,\).*\(8, 8\)"),
        ({"batch_norm": True}, r"other layers.*batch_norm"),
    ],
)
def test_warm_start_refuses_other_layers(iris, change, words):
    X, y = iris
    net = plain(DenseClassifier, 8, epochs=2, warm_start=True, random_state=0).fit(X, y)
    expected = net.predict_proba(X)
    with pytest.raises(ValueError, match=words):
        net.set_params(**change).fit(X, y)
    assert np.array_equal(net.predict_proba(X), expected)
    assert net.n_iter_ == 2


ONE_LABEL, MATRIX = np.arange(150) % 2, np.eye(3, dtype=int)[np.arange(150) % 3]


@pytest.mark.parametrize(
    ("first", "then", "words"),
    [
        ((ONE_LABEL, "auto"), (MATRIX, "auto"), "binary.*1 sigmoid.*multilabel.*3 sigmoid"),
        ((MATRIX, "auto"), (ONE_LABEL, "auto"), "multilabel.*3 sigmoid.*need 3 softmax"),
        ((MATRIX, "auto"), (MATRIX[:, :2], "auto"), "with 3 sigmoid.*need 2 sigmoid"),
        ((MATRIX, "auto"), (2 * MATRIX, "auto"), "has to hold 0 and 1 only"),
        ((MATRIX, "auto"), (MATRIX, "categorical_crossentropy"), "multilabel.*one-hot.*softmax"),
        ((ONE_LABEL, "auto"), (ONE_LABEL, "kl_divergence"), "1 sigmoid.*need 2 softmax"),
        ((ONE_LABEL, "auto"), (ONE_LABEL + 0.5, "auto"), "Unknown label type: continuous"),
    ],
)
def test_warm_start_refuses_another_kind_of_target(iris, first, then, words):
    X, _ = iris
    net = plain(DenseClassifier, 8, epochs=2, warm_start=True, loss=first[1], random_state=0)
    expected = net.fit(X, first[0]).predict_proba(X)
    with pytest.raises(ValueError, match=words):
        net.set_params(loss=then[1]).fit(X, then[0])
    assert np.array_equal(net.predict_proba(X), expected)


def test_warm_start_takes_another_loss_of_the_same_output(iris):
    X, y = iris
    net = plain(DenseClassifier, epochs=2, warm_start=True, **EXACT).fit(X, y)
    other = clone(net).set_params(loss="categorical_crossentropy").fit(X, y)
    for loss in ("mse", "categorical_crossentropy", "auto"):
        net.set_params(loss=loss).fit(X, y)
        other.set_params(loss=loss).fit(X, y)
    assert same_weights(net, other, rtol=1e-6)
    assert np.allclose(net.loss_curve_, other.loss_curve_)


@pytest.mark.parametrize(
    ("first", "then"), [("auto", "poisson"), ("poisson", "auto"), ("auto", "mape")]
)
def test_warm_start_refuses_another_scale_of_numbers(diabetes, first, then):
    X, y = diabetes
    net = plain(DenseRegressor, 8, epochs=2, warm_start=True, loss=first, random_state=0).fit(X, y)
    expected = net.predict(X)
    with pytest.raises(ValueError, match=f"cannot go on with loss='{then}'"):
        net.set_params(loss=then).fit(X, y)
    assert np.array_equal(net.predict(X), expected)
    net.set_params(loss=first).fit(X, y)
    if first == "poisson":
        with pytest.raises(ValueError, match="takes no negative targets"):
            net.fit(X, -y)
    else:
        net.set_params(loss="huber").fit(X, y)
        assert net.n_iter_ == 6


def test_a_pickled_estimator_goes_on_like_the_original(iris):
    X, y = iris
    net = plain(DenseClassifier, 8, dropout=0.3, batch_size=32, random_state=0)
    net.partial_fit(X, y, classes=[0, 1, 2]).partial_fit(X, y)
    twin = pickle.loads(pickle.dumps(net))
    assert equal_bits(net.partial_fit(X, y), twin.partial_fit(X, y))


def test_an_interrupted_call_leaves_no_trace(iris, monkeypatch):
    X, y = iris
    net = plain(DenseClassifier, 8, dropout=0.3, random_state=0).partial_fit(
        X, y, classes=[0, 1, 2]
    )
    expected = pickle.loads(pickle.dumps(net)).partial_fit(X, y)
    with monkeypatch.context() as patch:
        patch.setattr("skdense.engine.training.padded_sizes", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            net.partial_fit(X, y)
    assert equal_bits(net.partial_fit(X, y), expected)


def _interrupt(*arguments):
    raise KeyboardInterrupt


def test_each_call_of_partial_fit_has_its_own_order_and_masks(iris):
    X, y = iris
    net = plain(
        DenseClassifier, 8, dropout=0.5, learning_rate=1e-12, batch_size=1000, random_state=0
    )
    for _ in range(3):
        net.partial_fit(X, y, classes=[0, 1, 2])
    assert len(set(net.loss_curve_)) == 3  # the same weights under other masks


def test_a_warm_start_watches_rows_it_has_never_learned_from():
    random = np.random.default_rng(0)
    X, y = random.normal(size=(200, 20)), random.integers(0, 2, 200)  # nothing to be learned
    net = plain(
        DenseClassifier,
        64,
        early_stopping=True,
        warm_start=True,
        epochs=40,
        patience=40,
        learning_rate=0.01,
        random_state=0,  # forty coins fall well for a network now and then
    )
    best = [net.fit(X, y).best_loss_ for _ in range(3)]
    # The loss of a coin is 0.693; rows once learned by heart would bring it far below.
    assert min(best) > 0.62


@pytest.mark.parametrize("loss", ["auto", "categorical_crossentropy"])
def test_classes_of_a_matrix_are_its_columns(iris, loss):
    X, y = iris
    matrix = np.eye(3, dtype=int)[y]
    net = plain(DenseClassifier, loss=loss, **EXACT)
    with pytest.raises(ValueError, match=r"classes=\['a', 'b', 'c'\] does not fit y, a 0/1 matrix"):
        net.partial_fit(X, matrix, classes=["a", "b", "c"])
    net.partial_fit(X, matrix, classes=[2, 1, 0]).partial_fit(X, matrix, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="is not the same as on the last call"):
        net.partial_fit(X, matrix, classes=[0, 1])

"""Parameters that are "auto": what they become, and that the user's own values win."""

import html

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.preprocessing import StandardScaler

import skdense
from skdense import DenseClassifier, DenseRegressor
from skdense.estimators import automatic
from tests.helpers import equal_bits, plain

NAMES = [
    "hidden_layer_sizes",
    "activation",
    "dropout",
    "optimizer",
    "learning_rate",
    "lr_schedule",
    "batch_size",
    "epochs",
    "early_stopping",
    "monitor",
    "patience",
    "n_bins",
    "n_members",
]
SMALL = {"hidden_layer_sizes": (8,), "epochs": 3, "random_state": 0}
KINDS = [DenseClassifier, DenseRegressor]


def data(kind, n_samples=120):
    random = np.random.default_rng(0)
    X = random.normal(size=(n_samples, 3))
    y = X[:, 0] + 0.1 * random.normal(size=n_samples)
    return X, y > 0 if kind is DenseClassifier else y


@pytest.mark.parametrize("kind", KINDS)
def test_they_are_the_values_that_could_have_been_typed(kind):
    X, y = data(kind)
    net = kind(**SMALL).fit(X, y)
    assert set(net.params_) == {*NAMES, "validation_fraction"} - set(SMALL)
    typed = kind(**SMALL, **net.params_).fit(X, y)
    assert typed.params_ == {}
    for one, other in zip(net.members_, typed.members_, strict=True):
        assert equal_bits(one, other)
        assert one.history_ == other.history_
    assert np.array_equal(net.predict(X), typed.predict(X))


def values(kind, n_samples, *, earlier=None, one_epoch=False, validation=False, **typed):
    given = automatic.Given(n_samples, kind is DenseClassifier, True, validation, one_epoch)
    return automatic.automatic_values(kind(**typed), given, earlier or {})


@pytest.mark.parametrize(
    ("n_samples", "batch_size", "epochs", "n_members"),
    [
        (10, 32, 128, 4),
        (300, 32, 128, 4),
        (1000, 64, 128, 4),
        (4000, 256, 128, 4),
        (20_000, 256, 128, 4),
        (80_000, 256, 64, 4),
        (320_000, 256, 32, 1),
        (10_000_000, 256, 16, 1),
    ],
)
def test_they_follow_from_the_number_of_samples(n_samples, batch_size, epochs, n_members):
    found = values(DenseRegressor, n_samples)
    assert (found["batch_size"], found["epochs"]) == (batch_size, epochs)
    assert found["n_members"] == n_members


def test_weights_decay_in_long_training():
    few, many = (values(DenseRegressor, n_samples)["optimizer"] for n_samples in (100_000, 100_001))
    assert few == {"class_name": "Adam", "config": {"beta_2": 0.95}}
    assert many == {"class_name": "AdamW", "config": {"beta_2": 0.95, "weight_decay": 0.02}}
    assert keras.optimizers.deserialize(many).weight_decay == 0.02


def test_steps_are_no_fewer_for_more_samples_but_where_batches_double():
    before = 0
    for n_samples in np.unique(np.geomspace(2, 2_000_000, 300).astype(int)):
        found = values(DenseClassifier, n_samples, n_members=4)
        n_trained = n_samples * (1 - found.get("validation_fraction", 0))
        steps = found["epochs"] * np.ceil(n_trained / found["batch_size"])
        assert steps > 0.5 * before
        before = max(steps, before)


def test_what_is_typed_wins_and_what_depends_on_it_follows():
    found = values(DenseClassifier, 1000, batch_size=10, n_members=2, optimizer="sgd")
    assert not {"batch_size", "n_members", "optimizer"} & set(found)
    assert found["validation_fraction"] == 1 / 2
    assert found["learning_rate"] is None  # that of SGD
    assert values(DenseClassifier, 1000, epochs=7)["patience"] == 7
    assert values(DenseClassifier, 1000, early_stopping=True)["patience"] == 10
    assert values(DenseRegressor, 1000, n_bins=None).get("n_bins", "typed") == "typed"
    assert values(DenseRegressor, 1000)["n_bins"] == 8
    assert values(DenseClassifier, 1000)["n_bins"] is None
    one = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.1, 10))
    assert values(DenseClassifier, 1000, optimizer=one)["lr_schedule"] is None


def test_layers_are_narrow_where_there_are_few_samples():
    assert values(DenseRegressor, 99)["hidden_layer_sizes"] == (64, 64, 64)
    assert values(DenseRegressor, 100)["hidden_layer_sizes"] == (256, 256, 256)
    assert values(DenseRegressor, 99, one_epoch=True)["hidden_layer_sizes"] == (256, 256, 256)


def test_what_is_held_out():
    assert not values(DenseClassifier, 99)["early_stopping"]
    assert values(DenseClassifier, 99, monitor="roc_auc")["early_stopping"]
    assert values(DenseClassifier, 99, metrics=["accuracy"])["early_stopping"]
    assert values(DenseClassifier, 99, validation_fraction=0.3)["early_stopping"]
    assert not values(DenseClassifier, 1000, monitor="loss")["early_stopping"]
    with_data = values(DenseClassifier, 99, validation=True)
    assert with_data["early_stopping"]
    assert "validation_fraction" not in with_data
    assert values(DenseClassifier, 1000, n_members=1)["validation_fraction"] == 0.15
    assert "validation_fraction" not in values(DenseClassifier, 1000, early_stopping=False)


@pytest.mark.parametrize(
    "typed", [{"warm_start": True}, {"callbacks": [keras.callbacks.TerminateOnNaN()]}]
)
def test_one_member_where_several_make_no_sense(typed):
    assert values(DenseClassifier, 1000, **typed)["n_members"] == 1


@pytest.mark.parametrize("kind", KINDS)
def test_chunk_by_chunk(kind):
    X, y = data(kind)
    net = kind((8,))
    net.partial_fit(X, y, **({"classes": [False, True]} if kind is DenseClassifier else {}))
    assert net.params_["n_members"] == 1
    assert net.params_["early_stopping"] is False
    assert net.params_["lr_schedule"] is None
    batch_size = net.params_["batch_size"]
    net.partial_fit(X[:10], y[:10])
    assert net.n_iter_ == 2
    assert net.params_["batch_size"] == batch_size


def test_chunks_after_a_fit_hold_nothing_out():
    X, y = data(DenseRegressor)
    net = DenseRegressor(**SMALL, n_members=1).fit(X, y)
    assert np.isfinite(net.history_["val_loss"]).all()
    assert np.isnan(net.partial_fit(X[:50], y[:50]).history_["val_loss"][-1])


def test_the_rate_of_chunks_is_that_of_the_optimizer_where_it_was_typed():
    assert values(DenseClassifier, 1000, one_epoch=True)["learning_rate"] == 0.001
    assert values(DenseClassifier, 1000, one_epoch=True, optimizer="sgd")["learning_rate"] is None


def test_training_goes_on_with_the_values_of_before():
    X, y = data(DenseClassifier, 400)
    net = DenseClassifier(**SMALL, warm_start=True).fit(X, y)
    before = dict(net.params_)
    net.fit(X[:200], y[:200])
    assert net.params_ == before
    assert net.n_iter_ == 6


@pytest.mark.parametrize("kind", KINDS)
def test_they_are_kept_by_clones_files_and_keras(kind, tmp_path):
    X, y = data(kind)
    net = kind(**SMALL, n_members=2).fit(X, y)
    assert clone(net).get_params() == net.get_params()
    skdense.save(net, tmp_path / "net.skdense")
    loaded = skdense.load(tmp_path / "net.skdense")
    assert loaded.params_ == net.params_
    assert loaded.get_params() == net.get_params()
    assert loaded.members_[0].batch_size == net.params_["batch_size"]
    assert np.array_equal(loaded.predict(X), net.predict(X))
    optimizer = net.to_keras().optimizer
    assert float(optimizer.learning_rate) == pytest.approx(0.004)
    assert optimizer.beta_2 == 0.95


def test_an_optimizer_as_keras_writes_it_down(iris):
    X, y = iris
    one = {"class_name": "Adam", "config": {"beta_2": 0.95}}
    nets = [
        plain(DenseClassifier, 4, epochs=2, random_state=0, optimizer=optimizer).fit(X, y)
        for optimizer in (one, keras.optimizers.Adam(beta_2=0.95), "adam")
    ]
    assert equal_bits(nets[0], nets[1])
    assert not equal_bits(nets[0], nets[2])


def test_a_failed_fit_leaves_the_values_too():
    X, y = data(DenseClassifier)
    net = DenseClassifier(**SMALL).fit(X, y)
    before, predicted = dict(net.params_), net.predict_proba(X)
    with pytest.raises(ValueError, match="NaN"):
        net.fit(np.full((500, 3), np.nan), np.arange(500) % 2)
    assert net.params_ == before
    assert np.array_equal(net.predict_proba(X), predicted)


def test_samples_without_weight_do_not_count():
    X, y = data(DenseClassifier, 600)
    weight = np.arange(600) < 200
    net = DenseClassifier(**SMALL).fit(X, y, sample_weight=weight)
    assert net.params_ == DenseClassifier(**SMALL).fit(X[:200], y[:200]).params_


def test_sparse_x_and_images_have_no_bins():
    from scipy import sparse

    X, y = data(DenseRegressor)
    for other in (sparse.csr_matrix(X), np.repeat(X[:, :, None], 2, axis=2)):
        assert DenseRegressor(**SMALL).fit(other, y).params_["n_bins"] is None


def test_all_at_once_beats_the_plain_network(diabetes):
    X, y = diabetes
    recipe = DenseRegressor(epochs=30, n_members=2, random_state=0)
    usual = plain(DenseRegressor, random_state=0)
    train, test = slice(300), slice(300, None)
    X_scaled = StandardScaler().fit(X[train]).transform(X)
    better = recipe.fit(X[train], y[train]).score(X[test], y[test])
    assert better > usual.fit(X_scaled[train], y[train]).score(X_scaled[test], y[test])


def test_a_summary_and_a_diagnosis_know_them(capsys):
    X, y = data(DenseClassifier)
    net = DenseClassifier(**SMALL, n_members=2).fit(X, y)
    net.summary()
    printed = capsys.readouterr().out.splitlines()[-1]
    assert printed.startswith("Automatic values: activation='selu', dropout=0.15")
    for view in (net._repr_html_(), net._repr_mimebundle_()["text/html"]):
        assert html.unescape(view).endswith(f"<p>{printed}</p>")
    assert skdense.diagnose(net, X, y)
    single = DenseClassifier(**SMALL, n_members=1).fit(X, y)
    assert skdense.diagnose(single, X, y)

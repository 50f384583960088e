"""Save and load: what comes back, how files are written, what is refused."""

import copy
import json
import os
import pickle
import zipfile
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdense
from skdense import DenseClassifier, DenseRegressor
from tests.helpers import plain

SMALL = {"hidden_layer_sizes": 6, "epochs": 2, "random_state": 0}
RARE = "sparsemax" if hasattr(keras.activations, "sparsemax") else "relu"  # not in Keras 3.6
METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function", "hidden_output")


def squared_relu(x):
    return keras.ops.square(keras.ops.relu(x))


class OwnLoss(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)


def through_file(net, folder, **options):
    skdense.save(net, folder / "net.skdense")
    return skdense.load(folder / "net.skdense", **options)


def same(one, other):
    """Equal to the last bit, types included."""
    if isinstance(one, keras.Variable | keras.losses.Loss | keras.optimizers.Optimizer):
        return type(one) is type(other) and one.get_config() == other.get_config()
    if isinstance(one, np.random.RandomState):
        return same(one.get_state(), other.get_state())
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray | np.generic):
        if one.dtype == object:
            return same(one.tolist(), other.tolist())
        return (
            one.dtype == other.dtype
            and one.shape == other.shape
            and (one.tobytes() == other.tobytes())
        )
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if hasattr(one, "__dict__") and not callable(one):
        return same(vars(one), vars(other))
    return one == other or one != one


LABELS = {
    "text": np.array(["a", "bb", "c"]),
    "objects": np.array(["a", "bb", "c"], dtype=object),
    "whole": np.array([-5, 0, 2**40]),
    "short": np.array([0, 1, 255], dtype=np.uint8),
    "floating": np.array([0.0, 1.0, 7.0]),
    "two": np.array(["no", "yes", "yes"]),
    "truth": np.array([False, True, True]),
}


def classes_of(kind, y):
    if kind in LABELS:
        return LABELS[kind][y]
    return np.eye(3, dtype=int)[y] if kind == "one-hot" else np.stack([y == 0, y < 2], 1) * 1


@pytest.mark.parametrize("kind", [*LABELS, "one-hot", "multilabel"])
def test_classifiers_come_back(iris, tmp_path, kind):
    X, y = iris
    y = classes_of(kind, y)
    loss = "categorical_crossentropy" if kind == "one-hot" else "auto"
    net = plain(DenseClassifier, **SMALL, loss=loss).fit(X, y)
    again = through_file(net, tmp_path)
    assert vars(again).keys() == vars(net).keys()
    for name, value in vars(net).items():
        assert same(value, vars(again)[name]), name
    for method in METHODS:
        assert same(getattr(net, method)(X), getattr(again, method)(X)), method
    assert same(net.partial_fit(X, y).weights_, again.partial_fit(X, y).weights_)


@pytest.mark.parametrize("kind", ["one", "two", "counts", "far", "single column"])
def test_regressors_come_back(diabetes, tmp_path, kind):
    X, y = diabetes
    y = {
        "one": y,
        "two": np.stack([y, -y], 1),
        "counts": y,
        "far": y + 1.7e9,
        "single column": y,
    }[kind]
    options = {"loss": "poisson"} if kind == "counts" else {"dtype": "float64"}
    net = plain(DenseRegressor, **SMALL, **options).fit(X, y)
    again = through_file(net, tmp_path)
    assert same(vars(net), vars(again))
    assert same(net.predict(X), again.predict(X))
    net.set_params(warm_start=True).fit(X, y)
    again.set_params(warm_start=True).fit(X, y)
    assert same(vars(net), vars(again))


PARAMETERS = {
    "every layer": {
        "hidden_layer_sizes": [6, 5],
        "activation": ("gelu", "tanh"),
        "dropout": [0.0, 0.2],
        "l1": np.array([0.1, 0.0]),
        "l2": np.array([0.1, 0.0], dtype=object),
        "batch_norm": "after",
    },
    "held out": {"early_stopping": True, "patience": 1, "min_delta": 1e300, "epochs": 3},
    "drawn by a search": {
        "learning_rate": np.float64(0.1),
        "epochs": np.int64(2),
        "l2": np.float32(0.1),
        "early_stopping": np.bool_(False),
        "optimizer": np.str_("sgd"),
    },
    "class weights": {"class_weight": {0: 1, 1: 2.5, 2: np.float64(1)}},
    "random state": {"random_state": np.random.RandomState(7)},
    "only in Keras": {"activation": RARE},
    "another name": {"activation": "swish"},
    "function of Keras": {"activation": keras.activations.mish},
    "functions of Keras": {
        "hidden_layer_sizes": (3, 3),
        "activation": [keras.activations.silu, "relu"],
    },
    "optimizer": {"optimizer": keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True)},
    "schedule": {
        "optimizer": keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.1, 9))
    },
    "loss": {"loss": keras.losses.CategoricalFocalCrossentropy(gamma=3.0)},
}


@pytest.mark.parametrize("kind", PARAMETERS)
def test_parameters_come_back(iris, tmp_path, kind):
    X, y = iris
    net = plain(DenseClassifier, **{**SMALL, **PARAMETERS[kind]}).fit(X, y)
    again = through_file(net, tmp_path)
    assert same(vars(net), vars(again))
    assert same(net.fit(X, y).weights_, again.fit(X, y).weights_)


@pytest.mark.parametrize(
    "name",
    [
        "SGD",
        "RMSprop",
        "Adagrad",
        "Adadelta",
        "AdamW",
        "Adamax",
        "Nadam",
        "Lion",
        "Ftrl",
        "Adafactor",
        "Lamb",
        "Muon",
    ],
)
def test_every_optimizer_of_keras_comes_back(iris, tmp_path, name):
    if not hasattr(keras.optimizers, name):
        pytest.skip(f"this Keras has no {name}")
    X, y = iris
    optimizer = getattr(keras.optimizers, name)(0.03, clipvalue=0.5)
    net = plain(DenseClassifier, **SMALL, optimizer=optimizer).fit(X, y)
    again = through_file(net, tmp_path)
    assert same(vars(net), vars(again))
    assert same(net.partial_fit(X, y).weights_, again.partial_fit(X, y).weights_)


def test_figures_of_a_loss_come_back(diabetes, tmp_path):
    X, y = diabetes
    net = plain(DenseRegressor, **SMALL, loss=keras.losses.Huber(delta=0.01)).fit(X, y)
    again = through_file(net, tmp_path)
    assert same(net.fit(X, y).weights_, again.fit(X, y).weights_)
    assert not same(net.weights_, plain(DenseRegressor, **SMALL, loss="huber").fit(X, y).weights_)


def test_feature_names_and_requests_come_back(iris, tmp_path):
    X, y = pd.DataFrame(iris[0], columns=["one", "two", "three", "four"]), iris[1]
    with config_context(enable_metadata_routing=True):
        net = plain(DenseClassifier, **SMALL).set_fit_request(sample_weight="weight").fit(X, y)
        net.set_score_request(sample_weight=False)
        again = through_file(net, tmp_path)
        assert repr(again.get_metadata_routing()) == repr(net.get_metadata_routing())
    assert same(again.feature_names_in_, net.feature_names_in_)
    with pytest.raises(ValueError, match="feature names"):
        again.predict(X[["two", "one", "three", "four"]])


def test_loading_needs_no_tensorflow(iris, tmp_path, run_python):
    X, y = iris
    net = plain(DenseClassifier, 6, "gelu", epochs=2, batch_norm=True, dropout=0.1).fit(X, y)
    skdense.save(net, tmp_path / "net.skdense")
    np.savez(tmp_path / "data.npz", X=X, expected=net.predict_proba(X))
    run_python(
        """
        import sys
        sys.modules["tensorflow"] = sys.modules["keras"] = None  # importing them fails
        import numpy as np, skdense
        data = np.load("data.npz")
        net = skdense.load("net.skdense")
        assert np.array_equal(net.predict_proba(data["X"]), data["expected"])
        skdense.save(net, "again.skdense")
        assert open("again.skdense", "rb").read() == open("net.skdense", "rb").read()
        """,
        folder=tmp_path,
    )


# The file ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def net(iris):
    return plain(DenseClassifier, 6, epochs=2, random_state=0).fit(*iris)


@pytest.fixture
def path(net, tmp_path):
    path = tmp_path / "net.skdense"
    skdense.save(net, path)
    return path


def test_the_file_is_json_and_arrays_for_anyone(net, path):
    with zipfile.ZipFile(path) as archive:
        header = json.loads(archive.read("skdense.json"))
        assert archive.testzip() is None
    arrays = np.load(path, allow_pickle=False)
    assert header["version"] == 2
    assert header["made_with"]["numpy"] == np.__version__
    assert header["parameters"]["hidden_layer_sizes"] == 6
    for reference, weights in zip(header["fitted"]["weights"], net.weights_, strict=True):
        assert np.array_equal(arrays[str(reference["array"])], weights)


def test_the_file_is_little_more_than_its_arrays(iris, tmp_path):
    net = plain(DenseClassifier, (64, 64), epochs=1).fit(*iris)
    skdense.save(net, tmp_path / "net")
    assert (tmp_path / "net").stat().st_size < 3 * sum(w.nbytes for w in net.weights_) + 12_000


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
@pytest.mark.parametrize("step", ["write_array", "fsync", "replace"])
def test_an_interrupted_save_leaves_the_earlier_file(net, path, iris, monkeypatch, step, error):
    def fail(*_, **__):
        raise error

    earlier, other = path.read_bytes(), copy.deepcopy(net)
    other.partial_fit(*iris)
    with monkeypatch.context() as patched:
        patched.setattr(np.lib.format if step == "write_array" else os, step, fail)
        with pytest.raises(type(error) if isinstance(error, OSError) else error):
            skdense.save(other, path)
    assert path.read_bytes() == earlier
    assert list(path.parent.iterdir()) == [path]
    skdense.save(other, path)
    assert path.read_bytes() != earlier


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows cannot fork")
def test_a_process_killed_while_saving_leaves_the_earlier_file(path, run_python):
    earlier = path.read_bytes()
    run_python(
        """
        import os, numpy as np, skdense
        net = skdense.load("net.skdense")
        pid = os.fork()
        if pid == 0:
            np.lib.format.write_array = lambda *_, **__: os._exit(9)
            skdense.save(net, "net.skdense")
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
        """,
        folder=path.parent,
    )
    assert path.read_bytes() == earlier


@pytest.mark.skipif(os.name != "posix", reason="links and permissions of POSIX")
def test_links_and_permissions_are_those_of_ordinary_files(net, tmp_path):
    (tmp_path / "real").touch()
    (tmp_path / "link").symlink_to("real")
    skdense.save(net, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    (tmp_path / "plain").write_text("")
    real, plain = (tmp_path / name for name in ("real", "plain"))
    assert real.stat().st_mode == plain.stat().st_mode
    assert same(skdense.load(str(tmp_path / "real")).weights_, net.weights_)


def test_missing_files_and_folders(net, tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        skdense.load(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        skdense.save(net, tmp_path / "nowhere" / "net")
    with pytest.raises(IsADirectoryError):
        skdense.save(net, tmp_path)


# What cannot be saved ----------------------------------------------------------------------------


def test_unfitted_estimators_and_other_objects(net, iris, tmp_path):
    path = tmp_path / "net"
    pipeline = make_pipeline(StandardScaler(), plain(DenseClassifier, **SMALL)).fit(*iris)
    mine = type("Mine", (DenseClassifier,), {})
    for function in (skdense.save, skdense.save_weights, skdense.load_weights):
        with pytest.raises(NotFittedError):
            function(plain(DenseClassifier), path)
        for other in (pipeline, GridSearchCV(pipeline, {}), mine(), DenseClassifier, None):
            with pytest.raises(TypeError, match=r"skops\.io\.dump\(pipeline.*TRUSTED_TYPES"):
                function(other, path)
    assert not path.exists()


def test_objects_of_the_users_own_are_named_and_handed_over(iris, tmp_path):
    X, y = iris
    parameters = {"hidden_layer_sizes": (4, 4), "activation": [squared_relu, "relu"], "epochs": 2}
    net = plain(DenseRegressor, **parameters, loss=OwnLoss(), random_state=0).fit(X, y)
    with pytest.raises(
        ValueError, match=r"net\.skdense.*'squared_relu' for activation.*custom_obj"
    ):
        through_file(net, tmp_path)
    loss = OwnLoss()
    own = {"squared_relu": squared_relu, "OwnLoss": loss}
    again = through_file(net, tmp_path, custom_objects=own)
    assert again.activation[0] is squared_relu
    assert again.loss is loss
    assert same(net.predict(X), again.predict(X))
    for wrong in ({"squared_relu": 3}, {"OwnLoss": OwnLoss}):
        with pytest.raises(ValueError, match=r"custom_objects\['(squared_relu|OwnLoss)'\]"):
            through_file(net, tmp_path, custom_objects={**own, **wrong})


def named_alike(x):
    return x


named_alike.__name__ = "squared_relu"


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"activation": lambda x: x}, ["activation=", "lambda", "def"]),
        (
            {"activation": [squared_relu, named_alike], "hidden_layer_sizes": (4, 4)},
            ["activation=", "'squared_relu'", "Rename"],
        ),
    ],
    ids=["no name", "same names"],
)
def test_functions_without_a_name_of_their_own_are_refused(iris, tmp_path, parameters, words):
    net = plain(DenseClassifier, **{**SMALL, **parameters}).fit(*iris)
    with pytest.raises(ValueError, match=".*".join(words)):
        skdense.save(net, tmp_path / "net")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"class_weight": {0: pd.Timestamp("2020-01-01")}}, ["class_weight=", "Timestamp"]),
        ({"l2": np.array([1j])}, ["l2=array", "1.?j"]),
        ({"dropout": np.longdouble(0.1)}, ["dropout=", "0.1"]),
        ({"epochs": -1}, ["'epochs' parameter", "-1"]),
        ({"random_state": np.random.RandomState(np.random.PCG64(0))}, ["random_state=", "PCG64"]),
        ({"comment_": "mine"}, ["attribute 'comment_'", "delete"]),
    ],
)
def test_what_a_file_cannot_hold_is_refused(net, tmp_path, changes, words):
    net = copy.deepcopy(net)
    vars(net).update(changes)
    with pytest.raises(ValueError, match=".*".join(words)):
        skdense.save(net, tmp_path / "net")
    assert not list(tmp_path.iterdir())


# Weights alone -----------------------------------------------------------------------------------


def test_weights_go_into_the_same_network(net, iris, tmp_path):
    X, y = iris
    other = plain(DenseClassifier, 6, epochs=1, dropout=0.5, random_state=1).fit(X, y)
    history = copy.deepcopy(other.history_)
    skdense.save_weights(net, tmp_path / "weights")
    assert skdense.load_weights(other, tmp_path / "weights") is other
    assert same(other.predict_proba(X), net.predict_proba(X))
    assert other.history_ == history
    # Training goes on from there, with the optimizer's state of a first step.
    fresh = copy.deepcopy(other)
    fresh._optimizer_state = ("another", [])
    assert same(other.partial_fit(X, y).weights_, fresh.partial_fit(X, y).weights_)
    assert skdense.load(save_and_path(other, tmp_path)).n_iter_ == other.n_iter_


def save_and_path(net, folder):
    skdense.save(net, folder / "net")
    return folder / "net"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hidden_layer_sizes": 5}, [r"\(4, 6\), \(6,\), \(6, 3\)", r"\(4, 5\), \(5,\), \(5, 3\)"]),
        ({"hidden_layer_sizes": (6, 6)}, ["shapes are"]),
        ({"batch_norm": True}, ["shapes are"]),
        ({"activation": "tanh"}, ["activation", "'relu'", "'tanh'"]),
        ({"activation": squared_relu}, ["activation", "'relu'", "'squared_relu'"]),
        ({"dtype": "float64"}, ["dtype", "'float32'", "'float64'"]),
    ],
)
def test_weights_of_another_network_are_refused(net, iris, tmp_path, changes, words):
    other = plain(DenseClassifier, **{**SMALL, **changes}).fit(*iris)
    before = pickle.dumps(vars(other)["weights_"])
    skdense.save_weights(net, tmp_path / "weights")
    with pytest.raises(ValueError, match=".*".join(["weights", *words])):
        skdense.load_weights(other, tmp_path / "weights")
    assert pickle.dumps(vars(other)["weights_"]) == before


def test_each_kind_of_file_says_which_function_reads_it(net, path, tmp_path):
    with pytest.raises(ValueError, match=r"skdense\.load reads whole"):
        skdense.load_weights(net, path)
    skdense.save_weights(net, tmp_path / "weights")
    with pytest.raises(ValueError, match=r"skdense\.load_weights reads"):
        skdense.load(tmp_path / "weights")


# Files of earlier versions ------------------------------------------------------------------------


def test_a_file_of_the_first_version_of_the_format_is_read(iris):
    # Never to be written anew: it stands for the files that people have.
    path = Path(__file__).parent / "files" / "version-1.skdense"
    net, arrays = skdense.load(path), np.load(path, allow_pickle=False)
    kernel, bias, out_kernel, out_bias = (arrays[str(number)] for number in range(4))
    X = iris[0].astype(np.float32)
    logits = np.maximum(X @ kernel + bias, 0) @ out_kernel + out_bias
    assert np.allclose(net.decision_function(X), logits, rtol=1e-5)
    assert net.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert (
        net.get_params()
        == plain(DenseClassifier, 5, epochs=3, l2=0.01, random_state=0).get_params()
    )
    assert (net.scale_features, net.n_bins) == (None, None)  # off, whatever the defaults are
    assert not hasattr(net, "best_score_")  # which that version did not have
    assert net.partial_fit(X, net.predict(X)).n_iter_ == 4

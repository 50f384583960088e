"""Checkpoints: a fit that was cut off, or has been done, is taken up with the same bits."""

import errno
import functools
import os
import pickle
from collections import defaultdict
from contextlib import contextmanager

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, f1_score, make_scorer
from sklearn.model_selection import GridSearchCV

import skdense
from skdense import DenseClassifier, DenseRegressor
from skdense.engine import checkpoint, training
from skdense.engine.content_key import NoContent, content_key
from skdense.engine.padded_data import EpochData
from skdense.engine.training_record import TrainingRecord
from tests.helpers import plain


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder that is written to at every chance, and troubles that nobody was told of."""
    monkeypatch.setattr(checkpoint, "EPOCHS", 1)
    monkeypatch.setattr(checkpoint, "SECONDS", 0.0)
    monkeypatch.setattr(checkpoint, "_BETWEEN_LOOKS", 0.0)
    monkeypatch.setattr(checkpoint, "_told", set())
    return tmp_path / "runs"


def net(kind=DenseClassifier, **parameters):
    return plain(kind, 8, **{"epochs": 12, "random_state": 0, **parameters})


def trained(estimator):
    """Give what training has left, of each member."""
    members = getattr(estimator, "members_", [estimator])
    names = ("history_", "best_epoch_", "stopped_by_", "best_loss_", "n_iter_")
    return [
        [content_key([each.weights_, each._optimizer_state]), *(getattr(each, n) for n in names)]
        for each in members
    ]


class PowerCut(Exception):
    pass


@contextmanager
def cut_off(error, epoch):
    """Let trainings fail in an epoch, counted from 0."""
    update = TrainingRecord.update

    def failing(self, *args, **options):
        if self.n_epochs == epoch:
            raise error
        update(self, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TrainingRecord, "update", failing)
        yield


def count_epochs(monkeypatch):
    """Count the epochs that are trained from now on."""
    counts, following = [], EpochData.next
    monkeypatch.setattr(
        EpochData, "next", lambda self, orders, n: (counts.append(n), following(self, orders, n))[1]
    )
    return counts


STOPPING = {"early_stopping": True, "learning_rate": 0.05, "patience": 4}
RESUMED = {
    "plain": {"dropout": 0.2, "batch_norm": True, "lr_schedule": "cosine"},
    "stopping": {**STOPPING, "metrics": ["accuracy"], "monitor": "accuracy"},
    "in Python": {**STOPPING, "metrics": ["f1_macro"], "lr_schedule": "reduce_on_plateau"},
    "not the best": {**STOPPING, "restore_best_weights": False, "verbose": 2},
    "refit": {**STOPPING, "refit_best_epoch": True, "lr_schedule": lambda epoch: 0.1 / (1 + epoch)},
    "members": {**STOPPING, "n_members": 2, "monitor": "neg_calibrated_log_loss"},
    "averages": {"optimizer": keras.optimizers.SGD(0.05, momentum=0.9, use_ema=True)},
}
RESUMED["refit"]["learning_rate"] = None


@pytest.mark.parametrize("kind", RESUMED)
def test_a_fit_that_was_cut_off_goes_on_with_the_same_bits(iris, folder, monkeypatch, kind):
    undisturbed = net(**RESUMED[kind]).fit(*iris)
    monkeypatch.setattr("skdense.engine.padding._MOST_EPOCHS_PER_CALL", 2)
    with cut_off(PowerCut, epoch=4), pytest.raises(PowerCut):
        net(**RESUMED[kind], checkpoint=folder).fit(*iris)
    counts = count_epochs(monkeypatch)
    resumed = net(**RESUMED[kind], checkpoint=folder).fit(*iris)
    n_trained = sum(member.n_iter_ for member in getattr(resumed, "members_", [resumed]))
    if kind == "refit":
        n_trained += len(resumed.early_stopping_history_["loss"])
    assert sum(counts) == n_trained - 4
    assert trained(resumed) == trained(undisturbed)
    assert np.array_equal(resumed.predict_proba(iris[0]), undisturbed.predict_proba(iris[0]))
    monkeypatch.setattr(training, "borrow", None)  # no program is needed any more
    again = clone(resumed).fit(*iris)
    assert trained(again) == trained(undisturbed)
    assert not list(folder.glob(".*"))


def test_ctrl_c_leaves_a_checkpoint(diabetes, folder, monkeypatch):
    monkeypatch.setattr(checkpoint, "SECONDS", 30.0)
    undisturbed = net(DenseRegressor, verbose=2).fit(*diabetes)
    stopped = net(DenseRegressor, verbose=2, checkpoint=folder)
    told = pytest.warns(ConvergenceWarning, match="interrupted after epoch 7")
    with cut_off(KeyboardInterrupt, epoch=7), told, pytest.raises(KeyboardInterrupt):
        stopped.fit(*diabetes)
    counts = count_epochs(monkeypatch)
    assert trained(net(DenseRegressor, checkpoint=folder).fit(*diabetes)) == trained(undisturbed)
    assert sum(counts) == 5


def test_a_search_takes_up_what_another_has_done(iris, folder, monkeypatch):
    search = GridSearchCV(net(checkpoint=folder), {"l2": [0.0, 0.1]}, cv=2)
    first = clone(search).fit(*iris)
    counts = count_epochs(monkeypatch)
    again = clone(search).set_params(param_grid={"l2": [0.1, 0.0, 0.2]}).fit(*iris)
    assert sum(counts) == 2 * 12  # the new candidate
    scores = first.cv_results_["mean_test_score"]
    assert np.array_equal(again.cv_results_["mean_test_score"][:2], scores[::-1])
    assert trained(again.best_estimator_) == trained(first.best_estimator_)


def f1_of_first(estimator, X, y):
    return f1_score(y, estimator.predict(X), average="macro", labels=[0])


def f1_of_second(estimator, X, y):
    return f1_score(y, estimator.predict(X), average="macro", labels=[1])


def test_whatever_changes_a_result_has_another_file(iris, folder):
    X, y = iris
    held_out = {**STOPPING, "checkpoint": folder, "epochs": 2}
    scorers = [make_scorer(f1_score, average=how) for how in ("macro", "micro")]
    cases = [
        (net(**held_out), X, y, {}),
        (net(**held_out), X, np.where(np.arange(150) == 7, 2 - y, y), {}),
        (net(**held_out), X.astype(np.float32) + np.float32(1e-6), y, {}),
        (net(**held_out), X, y, {"sample_weight": np.arange(1.0, 151)}),
        (net(**held_out), X, y, {"X_val": X[:50], "y_val": y[:50]}),
        (net(**held_out), X, y, {"X_val": X[:50], "y_val": y[50:100]}),
        (net(**{**held_out, "random_state": 1}), X, y, {}),
        (net(**{**held_out, "patience": 5}), X, y, {}),
        (net(**held_out, l2=0.1), X, y, {}),
        (net(**held_out, lr_schedule="cosine"), X, y, {}),
        (net(**held_out, optimizer=keras.optimizers.SGD(momentum=0.9)), X, y, {}),
        (net(**held_out, loss=keras.losses.CategoricalFocalCrossentropy()), X, y, {}),
        *((net(**held_out, monitor=each), X, y, {}) for each in (*scorers, f1_of_first)),
        (net(**held_out, metrics=[f1_of_second]), X, y, {}),
    ]
    for number, (estimator, *data, options) in enumerate(cases, start=1):
        estimator.fit(*data, **options)
        assert len(list(folder.iterdir())) == number
    net(**held_out, warm_start=True).fit(X, y).fit(X, y)  # the first is there
    assert len(list(folder.iterdir())) == number + 1
    net(**held_out, verbose=2).fit(X, y)  # which changes nothing
    assert len(list(folder.iterdir())) == number + 1


class Own:
    def __call__(self, estimator, X, y):
        return f1_of_first(estimator, X, y)


@keras.saving.register_keras_serializable()
class Halved(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.01 / (1 + keras.ops.cast(step, "float32"))

    def get_config(self):
        return {}


def imports(estimator, X, y):
    from math import exp

    return exp(len(y))


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"callbacks": [keras.callbacks.TerminateOnNaN()]}, "what callbacks do"),
        ({"time_limit": 100}, "the clock"),
        ({**STOPPING, "monitor": Own()}, "Own object"),
        ({"optimizer": keras.optimizers.SGD(Halved())}, "optimizer's Halved"),
        ({**STOPPING, "monitor": imports}, "imports"),
    ],
)
def test_what_has_no_content_is_not_taken_up(iris, folder, parameters, reason):
    with pytest.warns(UserWarning, match=f"is not used in this fit.*{reason}") as caught:
        net(**{**parameters, "epochs": 2}, checkpoint=folder).fit(*iris)
    assert len(caught) == 1
    assert not folder.exists()


@pytest.mark.parametrize("seed", [None, np.random.RandomState(0)])
def test_it_needs_a_random_state(iris, folder, monkeypatch, seed):
    monkeypatch.setattr("skdense.estimators.checkpoint.content_key", None)
    with pytest.raises(ValueError, match=r"needs an int as random_state, not .*random_state=0"):
        net(random_state=seed, checkpoint=folder).fit(*iris)
    assert not folder.exists()
    net(random_state=seed, checkpoint=folder).partial_fit(*iris, classes=[0, 1, 2])


def test_an_empty_name_is_no_folder(iris, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"checkpoint='' names no folder.*checkpoint='\.'"):
        net(checkpoint="").fit(*iris)
    assert not list(tmp_path.iterdir())


def is_file(folder):
    folder.write_text("a file")


def cut_short(folder):
    (path,) = folder.iterdir()
    path.write_bytes(path.read_bytes()[:-400])


def changed_byte(folder):
    (path,) = folder.iterdir()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def foreign(folder):
    (path,) = folder.iterdir()
    path.write_bytes(pickle.dumps({}))


def from_the_future(folder):
    """Let the zip archive's directory ask for a version of the format that nobody knows."""
    (path,) = folder.iterdir()
    content = path.read_bytes()
    place = content.index(b"PK\x01\x02")
    path.write_bytes(content[: place + 6] + b"\xff" + content[place + 7 :])


def of_another_fit(folder):
    path, other = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    other.replace(path)


TROUBLES = [is_file, cut_short, changed_byte, foreign, from_the_future, of_another_fit]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_is_one_warning_and_the_fit_goes_on(iris, folder, trouble):
    small = {"epochs": 2, "checkpoint": folder}
    undisturbed = trained(net(epochs=2).fit(*iris))
    if trouble is not is_file:
        net(**small).fit(*iris)
    if trouble is of_another_fit:
        net(**small, l2=0.1).fit(*iris)
    trouble(folder)
    before = folder.stat().st_mtime
    with pytest.warns(UserWarning, match=r"The fit goes on without") as caught:
        found = [trained(net(**small).fit(*iris)) for _ in range(2)]
    assert found == [undisturbed, undisturbed]
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert str(folder) in str(caught[0].message)
    assert folder.stat().st_mtime == before


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_a_folder_that_cannot_be_written_is_one_warning(iris, folder, monkeypatch, code):
    def refuse(descriptor):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    members = {"epochs": 2, "n_members": 2}
    with pytest.warns(UserWarning, match=f"{os.strerror(code)}.*Make room") as caught:
        found = trained(net(**members, checkpoint=folder).fit(*iris))
    assert len(caught) == 1
    assert found == trained(net(**members).fit(*iris))
    assert not list(folder.iterdir())


def test_other_versions_are_told_and_not_used(iris, folder, monkeypatch):
    small = {"epochs": 2, "checkpoint": folder}
    with monkeypatch.context() as patch:
        other = {**checkpoint.environment(), "tensorflow": "2.0.0"}
        patch.setattr(checkpoint, "environment", lambda: other)
        net(**small).fit(*iris)
    with pytest.warns(UserWarning, match=r"made with tensorflow 2\.0\.0 \(here 2\.[1-9]") as caught:
        net(**small).fit(*iris)
    assert len(caught) == 1
    assert len(list(folder.iterdir())) == 2


def test_a_folder_may_hold_damaged_files_and_those_of_others(iris, folder, monkeypatch):
    small = {"epochs": 2, "checkpoint": folder}
    net(**small).fit(*iris)
    from_the_future(folder)
    (path,) = folder.iterdir()
    path.rename(path.with_name(f"{path.name[:65]}{'0' * 16}.checkpoint"))  # of another version
    half = folder / f".{path.name}.0.part"
    half.write_text("not ours to delete")
    os.utime(half, (0, 0))

    def refuse(path, missing_ok=False):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(checkpoint.Path, "unlink", refuse)
    net(**small).fit(*iris)  # without a warning
    headers = [header for _, _, header in checkpoint.checkpoints(folder)]
    assert [header is None for header in headers] == [False, True]


def test_what_was_not_used_for_longest_goes_first(iris, folder, monkeypatch):
    small = {"epochs": 1, "checkpoint": folder}
    for l2 in (0.0, 0.1):
        net(**small, l2=l2).fit(*iris)
    first, second = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    os.utime(second, (0, 0))
    half = folder / f".{first.name}.0.part"
    half.write_text("of a process that was killed long ago")
    of_others = folder / "model.checkpoint"
    of_others.write_text("of another program")
    for path in (half, of_others):
        os.utime(path, (0, 0))
    monkeypatch.setattr(checkpoint, "MAX_BYTES", int(2.5 * first.stat().st_size))
    net(**small, l2=0.2).fit(*iris)
    assert first.exists()
    assert not second.exists()
    assert not half.exists()
    of_others.unlink()  # is there
    assert checkpoint.clear_checkpoints(folder) == 2


def test_another_process_that_is_done_is_not_undone(iris, folder, monkeypatch):
    done, write = [], checkpoint.write_file

    def overtaken(path, header, arrays, **options):
        if not done:
            done.append(path)
            net(checkpoint=folder).fit(*iris)  # as another process would, meanwhile
            raise FileNotFoundError(errno.ENOENT, "cleared away", str(path))
        write(path, header, arrays, **options)

    monkeypatch.setattr("skdense.engine.padding._MOST_EPOCHS_PER_CALL", 2)
    monkeypatch.setattr(checkpoint, "write_file", overtaken)
    found = net(checkpoint=folder).fit(*iris)
    assert trained(found) == trained(net().fit(*iris))
    assert checkpoint.Checkpoint(folder, done[0].name.partition("-")[0], {}).result is not None


def test_it_stays_in_clones_and_pickles_but_not_in_files(iris, folder):
    fitted = net(epochs=2, n_members=2, checkpoint=folder).fit(*iris)
    assert pickle.loads(pickle.dumps(clone(fitted))).checkpoint == folder
    skdense.save(fitted, folder / "net")
    loaded = skdense.load(folder / "net")
    assert loaded.checkpoint is None
    assert np.array_equal(loaded.predict_proba(iris[0]), fitted.predict_proba(iris[0]))


KEYS = """
import functools, math
import numpy as np
from sklearn.metrics import f1_score, make_scorer
from skdense.engine.content_key import content_key

SHARE = 0.5

def helper(x):
    return x in {"a", "b", "c"} and SHARE

def own(x, power=2):
    return [math.sqrt(helper(each)) for each in x] if x else own(x)

things = [
    own, functools.partial(own, power=3), lambda x: np.tanh(x), {"a", "b", "c"}, np.eye(3),
    make_scorer(f1_score, average="macro", pos_label=1), np.array(["a", 1, None], object), 1.5, "x",
]
"""


def test_keys_are_those_of_every_other_process(run_python):
    found = {}
    exec(KEYS, found)
    keys = [content_key([thing]) for thing in found["things"]]
    printed = run_python(KEYS + "print(*(content_key([thing]) for thing in things))").stdout
    assert printed.split() == keys
    assert len({*keys}) == len(keys)
    changed = {}
    exec(KEYS.replace("SHARE = 0.5", "SHARE = 0.6"), changed)
    others = [content_key([thing]) for thing in changed["things"]]
    assert [one == other for one, other in zip(keys, others, strict=True)] == [False] * 2 + [
        True
    ] * 7


def times(factor, metric):
    @functools.wraps(metric)
    def wrapped(y, predicted):
        return factor * metric(y[..., :], predicted)

    return wrapped


def test_a_wrapper_is_not_what_it_wraps():
    things = [accuracy_score, times(1, accuracy_score), times(2, accuracy_score)]
    assert len({content_key([thing]) for thing in things}) == 3


def test_an_attribute_is_no_variable_of_the_module():
    found = {"np": np, "mean": object()}
    exec("def own(x): return np.mean(x)", found)
    alone = {"np": np}  # as cloudpickle sends it to a worker
    exec("def own(x): return np.mean(x)", alone)
    assert content_key([found["own"]]) == content_key([alone["own"]])


def recursive():
    def inner():
        return inner()

    return inner


@pytest.mark.parametrize(
    "thing",
    [
        *(Own(), Own, pytest, iter([1]), imports, recursive(), np.zeros(2, "i4,f4"), object()),
        defaultdict(lambda: 1),
    ],
    ids=[
        *("instance", "class", "module", "iterator", "imports", "recursive", "records", "object"),
        "default",
    ],
)
def test_what_has_no_content_is_refused(thing):
    with pytest.raises(NoContent):
        content_key([[1, thing]])

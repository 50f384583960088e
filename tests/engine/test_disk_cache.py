"""Compiled programs on disk: the same bits in the next process, and never a damaged one."""

import json
import logging
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from importlib import metadata

import pytest

import skdense
from skdense.engine import disk_cache

KEEPS_PROGRAMS = disk_cache.loads_programs(metadata.version("tensorflow"))
FLAGS = "--tf_xla_max_cluster_size=7"  # of the user's own
TRAIN = """
import hashlib
import json
import logging
import os
import sys

import skdense

records = []
handler = logging.Handler()
handler.emit = lambda record: records.append(record.getMessage())
logging.getLogger("skdense").addHandler(handler)
logging.getLogger("skdense").setLevel(logging.INFO)
BEFORE

import numpy as np
from skdense import KERAS_DEFAULTS, DenseClassifier

X = np.random.default_rng(0).normal(size=(200, 3)).astype("float32")
y = X[:, 0] + X[:, 1] > 0


def fit(*layers):
    net = DenseClassifier(**KERAS_DEFAULTS | {"hidden_layer_sizes": layers, "random_state": 0})
    net.fit(X, y)  # long enough to be compiled
    return hashlib.sha256(b"".join(each.tobytes() for each in net.coefs_)).hexdigest()


found = {str(layers): fit(*layers) for layers in LAYERS}
result = {"weights": found, "log": records, "flags": os.environ.get("TF_XLA_FLAGS")}
print(json.dumps({**result, **skdense.cache_info()._asdict()}))
"""


@pytest.fixture(scope="module")
def train(run_python):
    """Fit networks in a fresh process, with programs kept in a folder, or what is given there."""

    def run(folder, layers, before=""):
        code = TRAIN.replace("LAYERS", layers).replace("BEFORE", before)
        variables = {disk_cache.VARIABLE: str(folder), "TF_XLA_FLAGS": FLAGS}
        done = run_python(code, environment=variables)
        return json.loads(done.stdout.splitlines()[-1])

    return run


@pytest.fixture(scope="module")
def trained(tmp_path_factory, train):
    """What a first process found, and its folder."""
    if not KEEPS_PROGRAMS:  # to go with support for them
        pytest.skip("TensorFlow before 2.21 hangs in what it has loaded, or reports errors")
    folder = tmp_path_factory.mktemp("a folder" if os.name == "nt" else "a 'folder\" of\\its own")
    return {"folder": folder, **train(folder, "[(4,), (5,)]")}


@pytest.mark.parametrize(
    ("version", "loads"),
    [("2.18.1", False), ("2.19.0", False), ("2.20.0", False), ("2.21.0rc1", True), ("3.0.0", True)],
)
def test_which_tensorflow_loads_programs(version, loads):
    assert disk_cache.loads_programs(version) == loads


@pytest.mark.skipif(KEEPS_PROGRAMS, reason="TensorFlow 2.21 or later keeps programs on disk")
def test_an_older_tensorflow_keeps_nothing(train, tmp_path):
    found = train(tmp_path, "[(4,)]")
    assert (found["disk_hits"], found["disk_programs"]) == (0, 0)
    assert not list(tmp_path.rglob("*.p*"))
    assert any("is older than 2.21: no programs on disk" in line for line in found["log"])


def programs(folder):
    return sorted(folder.glob("skdense-programs/tensorflow-*/*.program"))


def test_the_next_process_compiles_nothing_whatever_it_trains_first(trained, train):
    assert (trained["disk_hits"], trained["disk_programs"]) == (0, 2)
    folder = trained["folder"]
    times = [path.stat().st_mtime_ns for path in programs(folder)]
    second = train(folder, "[(5,), (4,)]")
    assert second["weights"] == trained["weights"]
    assert (second["disk_hits"], second["disk_programs"]) == (2, 2)
    assert all(new > old for new, old in zip(used(folder), times, strict=True))
    assert second["disk_bytes"] == sum(path.stat().st_size for path in programs(folder))
    assert second["flags"] == FLAGS  # child processes have folders of their own


def used(folder):
    return [path.stat().st_mtime_ns for path in programs(folder)]


def test_it_can_be_switched_off(monkeypatch):
    for value in ("off", ""):
        monkeypatch.setenv(disk_cache.VARIABLE, value)
        assert disk_cache.folder() is None
        assert disk_cache._own_folder() is None


def test_files_are_the_users_own(trained):
    for path in [*programs(trained["folder"]), *trained["folder"].glob("skdense-programs")]:
        assert os.name == "nt" or not stat.S_IMODE(path.stat().st_mode) & 0o077
    assert not list(trained["folder"].glob("skdense-programs/process-*"))


def damaged(content, how):
    half = len(content) // 2
    return {
        "emptied": b"",
        "truncated": content[:half],
        "zeroed": bytes(len(content)),
        "flipped": content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :],
    }[how]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache in this process, which TensorFlow knows nothing of."""
    monkeypatch.setenv(disk_cache.VARIABLE, str(tmp_path))
    own = disk_cache._own_folder()
    return disk_cache.DiskCache(own.parent / "tensorflow-0", own)


def written(cache, label, size=100):
    """Let TensorFlow have written a program; give what it wrote."""
    content = b"before skdense_%s after" % label.encode() + bytes(size)
    (cache.own / f"cache__{label}.pb").write_bytes(content)
    return content


def test_what_was_kept_comes_back(cache):
    content = written(cache, "a")
    (cache.own / "foreign.pb").write_bytes(b"of another library")
    assert cache.keep("a")
    assert not list(cache.own.iterdir())
    cache.take("b")
    assert not list(cache.own.iterdir())
    cache.take("a")
    assert (cache.own / "cache__a.pb").read_bytes() == content
    assert not cache.keep("a")
    assert skdense.cache_info().disk_programs == 1


def test_another_threads_program_is_left_to_it(cache):
    written(cache, "a"), written(cache, "b")
    assert cache.keep("a")
    assert [path.name for path in cache.own.iterdir()] == ["cache__b.pb"]


@pytest.mark.parametrize("how", ["emptied", "truncated", "zeroed", "flipped"])
def test_tensorflow_never_sees_a_damaged_program(cache, how, caplog):
    caplog.set_level(logging.INFO, "skdense")
    written(cache, "a")
    cache.keep("a")
    (path,) = cache.folder.iterdir()
    path.write_bytes(damaged(path.read_bytes(), how))
    cache.take("a")
    assert not list(cache.own.iterdir())
    assert not path.exists()
    assert "damaged" in caplog.text


def test_the_oldest_are_dropped(cache, monkeypatch):
    monkeypatch.setattr(disk_cache, "MAX_BYTES", 500)
    for number, label in enumerate("abc"):
        written(cache, label)
        cache.keep(label)
        (path,) = cache.folder.glob(f"{label}.*")
        os.utime(path, (number, number))
    cache.take("a")  # used again: "b" is now the oldest
    (cache.own / "cache__a.pb").unlink()
    written(cache, "d")
    cache.keep("d")
    assert sorted(path.name[0] for path in cache.folder.iterdir()) == ["a", "c", "d"]


def test_clear_cache_empties_the_folder_where_it_is_asked_to(cache):
    written(cache, "a")
    cache.keep("a")
    (cache.folder.parent.parent / "of mine").write_text("stays")
    skdense.clear_cache()
    assert skdense.cache_info().disk_programs == 1
    skdense.clear_cache(disk=True)
    assert skdense.cache_info()[5:8] == (str(cache.folder.parent), 0, 0)
    assert (cache.folder.parent.parent / "of mine").exists()
    written(cache, "a")
    assert cache.keep("a")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o705])
def test_a_folder_that_is_open_to_others_is_not_used(tmp_path, monkeypatch, caplog, mode):
    monkeypatch.setenv(disk_cache.VARIABLE, str(tmp_path))
    root = tmp_path / "skdense-programs"
    root.mkdir()
    root.chmod(mode)
    assert disk_cache._own_folder() is None
    assert len(caplog.records) == 1
    assert "open to others" in caplog.text


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_a_folder_that_others_may_replace_is_not_used(tmp_path, monkeypatch):
    folder = tmp_path / "shared"
    folder.mkdir()
    monkeypatch.setenv(disk_cache.VARIABLE, str(folder))
    folder.chmod(0o777)
    assert disk_cache._own_folder() is None
    folder.chmod(0o1777)  # sticky, as /tmp is
    assert disk_cache._own_folder() is not None


@pytest.mark.skipif(os.name == "nt", reason="Windows has no owners")
def test_a_folder_of_somebody_else_is_not_used(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv(disk_cache.VARIABLE, str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert disk_cache._own_folder() is None
    assert "somebody else" in caplog.text


def test_a_folder_that_cannot_be_made_switches_the_cache_off(tmp_path, monkeypatch, caplog):
    caplog.set_level(logging.INFO, "skdense")
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(disk_cache.VARIABLE, str(tmp_path / "file"))
    assert disk_cache._own_folder() is None
    assert len(caplog.records) == 1


def test_without_a_home_nothing_is_written_to_the_working_directory(monkeypatch):
    platformdirs = pytest.importorskip("platformdirs")
    monkeypatch.delenv(disk_cache.VARIABLE)
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_, **__: "~/.cache/skdense")
    assert disk_cache.folder() is None


def test_the_default_folder_is_the_users_cache_folder(monkeypatch):
    platformdirs = pytest.importorskip("platformdirs")
    monkeypatch.delenv(disk_cache.VARIABLE)
    assert str(disk_cache.folder().parent) == platformdirs.user_cache_dir("skdense", False)


def test_what_killed_processes_left_is_removed_after_a_day(tmp_path, monkeypatch):
    monkeypatch.setenv(disk_cache.VARIABLE, str(tmp_path))
    root = tmp_path / "skdense-programs"
    for name, days in {"process-old": 2, "process-new": 0.5}.items():
        (root / name).mkdir(parents=True, mode=0o700)
        (root / name / "cache.pb").write_text("half")
        then = time.time() - days * 86_400
        os.utime(root / name, (then, then))
    root.chmod(0o700)
    disk_cache._own_folder()
    assert not (root / "process-old").exists()
    assert (root / "process-new").exists()


def test_whatever_changes_the_machine_code_has_a_folder_of_its_own(monkeypatch):
    names = [disk_cache._folder_name("2.18.0 threads=0"), disk_cache._folder_name("2.19.0")]
    names.append(disk_cache._folder_name("2.18.0 threads=1"))
    for variable in ("XLA_FLAGS", "TF_XLA_FLAGS", "TF_NUM_INTRAOP_THREADS"):
        monkeypatch.setenv(variable, "1")
        names.append(disk_cache._folder_name("2.18.0 threads=0"))
    monkeypatch.setattr(disk_cache, "processor", lambda: "another one")
    names.append(disk_cache._folder_name("2.18.0 threads=0"))
    assert len({*names}) == len(names)
    assert names[0].startswith("tensorflow-2.18.0-")


@pytest.mark.parametrize(
    ("flags", "used"),
    [
        ("--tf_xla_max_cluster_size=7", True),
        ("--tf_xla_persistent_cache_directory=of_mine", False),
        ("of_mine/flags.txt", False),
    ],
)
def test_flags_that_nothing_can_be_added_to_switch_the_cache_off(cache, monkeypatch, flags, used):
    monkeypatch.setenv("TF_XLA_FLAGS", flags)
    assert (disk_cache._own_folder() is not None) == used


def test_where_tensorflow_has_started_nothing_is_kept(cache, caplog):
    from skdense.engine import _tensorflow

    called = []
    before, flags = disk_cache._cache, os.environ.get("TF_XLA_FLAGS")
    disk_cache.connect(lambda: called.append(1), _tensorflow._description, obstacle=None)
    assert called == [1]
    assert disk_cache._cache is before
    assert os.environ.get("TF_XLA_FLAGS") == flags


def test_where_tensorflow_was_imported_before_nothing_is_kept_or_printed(
    request, run_python, tmp_path
):
    """It would write messages about what it loads. And the networks do without scikeras."""
    trained = request.getfixturevalue("trained") if KEEPS_PROGRAMS else {"folder": tmp_path}
    before = """
import sys

import tensorflow  # it announces itself, and not by our doing
print("begins", file=sys.stderr)
sys.modules["scikeras"] = None
"""
    after = """
from skdense import DenseRegressor, NetworkRegressor
from tests.network_models import regressor

short = KERAS_DEFAULTS | {"hidden_layer_sizes": 4, "epochs": 2, "dropout": 0.1}
DenseRegressor(**short).fit(X, X[:, 0]).predict(X)  # a plain graph
net = NetworkRegressor(regressor, loss="mse", model__units=3).fit(X, X[:, 0])
assert net.model_.layers[1].units == 3
"""
    environment = {disk_cache.VARIABLE: str(trained["folder"]), "TF_CPP_MIN_LOG_LEVEL": None}
    code = TRAIN.replace("LAYERS", "[(4,)]").replace("BEFORE", "")
    done = run_python(before + code + after, environment=environment)
    (line,) = done.stdout.splitlines()  # our own
    found = json.loads(line)
    assert found["disk_hits"] == 0
    assert any("no programs on disk" in line for line in found["log"])
    if KEEPS_PROGRAMS:
        assert found["weights"]["(4,)"] == trained["weights"]["(4,)"]
    assert done.stderr.partition("begins\n")[2] == ""


def test_what_tensorflow_cannot_write_or_load_does_not_end_a_fit(trained, train, tmp_path):
    """There is a file where its folder was; then a whole file, with its digest, is of nothing."""
    before = """
import shutil
from skdense.engine import disk_cache

def fill(self, label):
    shutil.rmtree(self.own)
    self.own.write_text("in the way")
    disk_cache.DiskCache.take = swap

def swap(self, label):
    take(self, label)
    for path in self.own.glob("*.pb"):
        path.write_bytes(b"skdense_")

take, disk_cache.DiskCache.take = disk_cache.DiskCache.take, fill
"""
    shutil.copytree(trained["folder"], tmp_path, dirs_exist_ok=True)
    found = train(tmp_path, "[(5,), (4,)]", before)
    assert found["weights"] == trained["weights"]
    assert (found["disk_hits"], found["disk_programs"]) == (0, 0)
    assert sum("compiled once more" in line for line in found["log"]) == 2


def test_two_processes_at_once_and_one_that_is_killed(trained, tmp_path):
    """Whatever they leave, the next process finds it whole or not at all."""
    code = TRAIN.replace("LAYERS", "[(4,), (5,)]").replace("BEFORE", "")
    environment = {**os.environ, disk_cache.VARIABLE: str(tmp_path)}
    environment["PYTHONPATH"] = os.path.dirname(os.path.dirname(skdense.__file__))

    def start():
        command = [sys.executable, "-c", code]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    doomed, whole = start(), start()
    while doomed.poll() is None and not list(tmp_path.rglob("*.tmp")) + programs(tmp_path):
        time.sleep(0.001)
    doomed.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    doomed.communicate()
    found = json.loads(whole.communicate(timeout=600)[0].splitlines()[-1])
    assert found["weights"] == trained["weights"]
    assert found["disk_programs"] == 2
    assert found["flags"] is None

"""The scripts of docs/scale.md, each in a process of its own."""

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import skdense
from tests.helpers import BLOCK
from tests.scale.searches import LIMIT

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
SCRIPTS = {block[2:].partition("\n")[0]: block for block in BLOCK.findall(TEXT)}


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    """Give a function that starts a script of the page, in a folder with all of them."""
    folder = tmp_path_factory.mktemp("scripts")
    for name, text in SCRIPTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    path = str(Path(skdense.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "error:::skdense"}
    started = []

    def start(*command):
        process = subprocess.Popen(
            [sys.executable, *map(str, command)],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        end(process)


def end(process):
    """End a process and, where it is asked politely, those that it has started."""
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()


def best(process):
    """Wait for a script, and give its last line: the best candidate."""
    printed, _ = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, printed
    (line,) = re.findall(r"^best: .*", printed, flags=re.MULTILINE)
    return line


@pytest.fixture(scope="module")
def expected(script):
    return best(script("loky_search.py"))


def test_the_page_has_no_other_scripts():
    tried = set(re.findall(r'script\("(\w+\.py)"', Path(__file__).read_text(encoding="utf-8")))
    assert set(SCRIPTS) == tried


@pytest.mark.limit(2)
def test_dask_on_this_machine(script, expected):
    assert best(script("dask_local.py")) == expected


@pytest.mark.limit(2)
def test_dask_on_hosts(script, expected):
    """With the commands of the page, but for the host."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    dask = "-m", "dask"
    local = "--host", "127.0.0.1", "--no-dashboard"
    hosts = [script(*dask, "scheduler", "--port", address.rpartition(":")[2], *local)]
    for _ in range(2):
        hosts.append(script(*dask, "worker", address, "--nworkers", "1", "--nthreads", "1", *local))
    assert best(script("dask_hosts.py", address)) == expected
    for process in reversed(hosts):
        end(process)


@pytest.mark.limit(2)
def test_ray(script, expected):
    assert best(script("ray_search.py")) == expected


@pytest.mark.limit(3)
def test_optuna(script, tmp_path):
    """One of two processes is killed in a trial: it is tried again, and none stays running."""
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    address = f"sqlite:///{tmp_path / 'study.db'}"
    storage = optuna.storages.RDBStorage(address)
    study = optuna.create_study(study_name="net", storage=storage)
    one, two = script("optuna_search.py", address), script("optuna_search.py", address)

    def states():
        return [trial.state for trial in study.get_trials(deepcopy=False)]

    running = optuna.trial.TrialState.RUNNING

    def reporting():
        trials = study.get_trials(deepcopy=False, states=[running])
        return sum(len(trial.intermediate_values) > 0 for trial in trials)

    # A trial whose process dies before its first heartbeat is not seen as dead, by Optuna 5.0.
    while reporting() < 2:
        assert one.poll() is two.poll() is None
        time.sleep(0.05)
    time.sleep(1)
    one.kill()
    assert best(two)
    storage.remove_session()
    found = states()
    assert running not in found or best(script("optuna_search.py", address))  # it was the last one
    trials = study.get_trials()
    assert running not in states()
    failed = [trial for trial in trials if trial.state == optuna.trial.TrialState.FAIL]
    retried = [trial.system_attrs.get("failed_trial") for trial in trials]
    assert failed
    assert all(trial.number in retried for trial in failed)
    finished = [trial for trial in trials if trial.state.is_finished()]
    assert len(finished) - len(failed) >= 20

"""Searches with checkpoints, killed by SIGKILL at random moments, end with the undisturbed bits.

SKDENSE_KILLS says how many kills there are. A search that comes to its end between them is checked,
and another one, with another random state, begins in an empty folder.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from skdense.engine.archive import read_file

N_KILLS = int(os.environ.get("SKDENSE_KILLS", "3"))
LIMIT = 300  # seconds of one search
ROOT = Path(__file__).parents[2]

SEARCH = """
import json, sys
from hashlib import sha256
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skdense import KERAS_DEFAULTS, DenseClassifier
from skdense.engine import checkpoint, training

folder, seed, n_jobs, ready = sys.argv[1:]
checkpoint.EPOCHS, checkpoint.SECONDS = 5, 0.05  # in this process; n_jobs=2 waits its 30 s
own = dict(hidden_layer_sizes=(16, 8), epochs=150, dropout=0.1, random_state=int(seed))
own |= dict(early_stopping=True, patience=150, n_members=2, checkpoint=folder or None)
net = make_pipeline(StandardScaler(), DenseClassifier(**KERAS_DEFAULTS | own))
grid = {"denseclassifier__l2": [0.0, 1e-4, 1e-3], "denseclassifier__learning_rate": [0.001, 0.01]}
search = GridSearchCV(net, grid, cv=3, n_jobs=int(n_jobs))
import skdense.engine._tensorflow
open(ready, "w").close()
search.fit(*load_breast_cancer(return_X_y=True))
best = search.best_estimator_[-1]
digest = sha256()
for member in best.members_:
    for array in (*member.weights_, *member._optimizer_state[1]):
        digest.update(np.asarray(array).tobytes())
scores = [search.cv_results_[f"split{fold}_test_score"].tolist() for fold in range(3)]
print(json.dumps([scores, best.history_, digest.hexdigest()]))
"""


class Search:
    """A process that searches, with all that it starts in a session of its own."""

    def __init__(self, folder, seed, n_jobs, ready):
        ready.unlink(missing_ok=True)
        self._ready = ready
        arguments = [sys.executable, "-c", SEARCH, folder, seed, n_jobs, ready]
        self._process = subprocess.Popen(
            [str(argument) for argument in arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )

    def wait_for(self, condition):
        end = time.monotonic() + LIMIT
        while not condition() and self._process.poll() is None:
            assert time.monotonic() < end
            time.sleep(0.005)

    def wait_for_files(self, folder, n_files):
        self.wait_for(lambda: len(list(folder.glob("*.checkpoint"))) >= n_files)

    def kill(self):
        """Kill it and its workers; tell whether it was alive."""
        was_alive = self._process.poll() is None
        with suppress(ProcessLookupError):  # all has come to its end
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate(timeout=LIMIT)
        return was_alive

    def result(self):
        out, err = self._process.communicate(timeout=LIMIT)
        assert self._process.returncode == 0, err.decode()
        return json.loads(out)


def finished(folder):
    """Give the finished trainings, by name, with what becomes another number if one is repeated."""
    found = {}
    for path in folder.glob("*.checkpoint"):
        with open(path, "rb") as file:  # also none may be damaged
            if read_file(file)[0]["finished"]:
                found[path.name] = path.stat().st_ino
    return found


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="kills a group of processes, on POSIX")
def test_searches_that_are_killed_end_with_the_same_bits(tmp_path):
    if hasattr(signal, "alarm"):
        signal.alarm(0)  # every wait has a limit of its own
    moments = random.Random(0)
    ready, n_kills, seed, n_finished = tmp_path / "ready", 0, 0, 0
    while n_kills < N_KILLS:
        undisturbed = Search("", seed, 1, ready).result()
        folder = tmp_path / f"of-{seed}"
        done = {}
        for _ in range(min(moments.randint(2, 6), N_KILLS - n_kills)):
            search = Search(folder, seed, moments.choice([1, 2]), ready)
            search.wait_for(ready.exists)
            search.wait_for_files(folder, len(done) + moments.randint(0, 10))
            time.sleep(moments.uniform(0, 0.5))
            n_kills += search.kill()
            now = finished(folder) if folder.exists() else {}
            assert done.items() <= now.items()  # nothing is lost, and nothing is done twice
            done = now
        n_finished += len(done)
        assert Search(folder, seed, moments.choice([1, 2]), ready).result() == undisturbed
        last = finished(folder)
        assert done.items() <= last.items()
        assert len(last) == (6 * 3 + 1) * 2
        assert not list(folder.glob(".*"))
        assert len(list(folder.iterdir())) == len(last)
        seed += 1
    print(f"{n_kills} kills in {seed} searches; {n_finished} trainings were done before the last")

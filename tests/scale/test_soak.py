"""Threads and Dask workers fit networks of many kinds, while workers are killed and caches emptied.

SKDENSE_SOAK_MINUTES says for how long.
"""

import hashlib
import itertools
import os
import pickle
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from sklearn.base import clone

from skdense import DenseClassifier, clear_cache
from tests.helpers import plain
from tests.scale.searches import data

MINUTES = float(os.environ.get("SKDENSE_SOAK_MINUTES", 0.5))
IS_LONG = MINUTES >= 5
NETS = [
    plain(DenseClassifier, layers, dropout=dropout, batch_norm=norm, epochs=epochs, random_state=0)
    for layers, norm, dropout, epochs in itertools.product(
        [(8,), (16,), (16, 8), (12, 12), (8, 8, 8)], (False, True), (0.0, 0.2), (5, 30)
    )
]
NETS = NETS if IS_LONG else NETS[::13]


def weights_of(place):
    """Fit one of the networks, and give the digest of its weights."""
    net = pickle.loads(pickle.dumps(clone(NETS[place]).fit(*data())))
    digest = hashlib.sha256()
    for array in net.weights_:
        digest.update(array.tobytes())
    return place, digest.hexdigest()


def interrupt_a_fit():
    """Press Ctrl-C in the middle of a fit."""
    timer = threading.Timer(1.5, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt), pytest.warns(UserWarning, match="interrupted"):
        clone(NETS[0]).set_params(epochs=10**7).fit(*data())
    timer.join()


def megabytes():
    return psutil.Process().memory_info().rss / 2**20


@pytest.mark.limit(int(MINUTES * 60) + 600)
def test_soak(dask_cluster):
    alone = dict(weights_of(place) for place in range(len(NETS)))
    process = psutil.Process()
    n_files = process.num_fds()
    client = dask_cluster(2)
    choice, stop, found = random.Random(0), threading.Event(), []
    end = time.monotonic() + 60 * MINUTES

    def fit_on(seed):
        mine = random.Random(seed)
        while not stop.is_set():
            found.append(weights_of(mine.randrange(len(NETS))))

    settled, n_kills, waiting = 0.0, 0, []
    with ThreadPoolExecutor(4) as pool:
        fits = [pool.submit(fit_on, seed) for seed in range(4)]
        try:
            while time.monotonic() < end and not any(fit.done() for fit in fits):
                place = choice.randrange(len(NETS))
                waiting.append(client.submit(weights_of, place, pure=False))
                event = choice.random()
                if event < 0.05 or n_kills == 0:
                    pids = [pid for pid in client.run(os.getpid, on_error="return").values()]
                    os.kill(choice.choice([pid for pid in pids if isinstance(pid, int)]), 9)
                    n_kills += 1
                elif event < 0.1:
                    clear_cache()
                elif event < 0.2:
                    interrupt_a_fit()
                if len(waiting) > 4:
                    found.append(waiting.pop(0).result(timeout=100))
                if not settled and time.monotonic() > end - 30 * MINUTES:
                    settled = megabytes()
        finally:
            stop.set()
        for fit in fits:
            fit.result()
    found += client.gather(waiting)
    grown = megabytes() - settled
    client.cluster.close()
    client.close()
    print(f"\n{len(found)} fits, {n_kills} kills, {grown:.0f} MB more than half-way")
    assert all(alone[place] == digest for place, digest in found)
    assert grown < (100 if IS_LONG else 300)
    assert not [child for child in process.children() if child.status() == psutil.STATUS_ZOMBIE]
    assert process.num_fds() <= n_files + 5

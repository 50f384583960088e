"""Threads and Dask workers fit networks of many kinds, while workers are killed and caches emptied.

SKDENSE_SOAK_MINUTES says for how long.
"""

import ctypes
import gc
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
from tests.scale.searches import IS_LONG, MINUTES, data

NETS = [
    plain(DenseClassifier, layers, dropout=dropout, batch_norm=norm, epochs=epochs, random_state=0)
    for layers, norm, dropout, epochs in itertools.product(
        [(8,), (16,), (16, 8), (12, 12), (8, 8, 8)], (False, True), (0.0, 0.2), (5, 30)
    )
]
NETS = NETS if IS_LONG else NETS[::13]
# MB: TensorFlow keeps 11 to 15 of each program that XLA compiles, whatever we let go (row K of the
# benchmarks).
MACHINE_CODE = 20


def weights_of(place):
    """Fit one of the networks, and give the digest of its weights."""
    net = pickle.loads(pickle.dumps(clone(NETS[place]).fit(*data())))
    digest = hashlib.sha256()
    for array in net.weights_:
        digest.update(array.tobytes())
    return place, digest.hexdigest()


def interrupt_a_fit():
    """Press Ctrl-C every few seconds, until a fit ends, whose program is there already."""
    clone(NETS[0]).set_params(epochs=40).fit(*data())
    has_ended = threading.Event()

    def press():
        while not has_ended.wait(3):
            signal.raise_signal(signal.SIGINT)

    presses = threading.Thread(target=press)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background
    presses.start()
    with pytest.raises(KeyboardInterrupt), pytest.warns(UserWarning, match="interrupted"):
        clone(NETS[0]).set_params(epochs=10**7).fit(*data())
    has_ended.set()
    presses.join()
    signal.signal(signal.SIGINT, before)


def megabytes():
    """Say how much memory this process holds without programs, and without what malloc keeps."""
    clear_cache()
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's
    if trim is not None:
        trim(0)
    return psutil.Process().memory_info().rss / 2**20


class Soak:
    """What goes on, and what came of it."""

    def __init__(self, client):
        self.client, self.choice = client, random.Random(0)
        self.found, self.waiting, self.n_kills = [], [], 0
        self.n_compiled, self._is_compiled = 0, False  # of the fits to be interrupted
        self._stop = threading.Event()

    def fit_in_threads(self, seed):
        choice = random.Random(seed)
        while not self._stop.is_set():
            self.found.append(weights_of(choice.randrange(len(NETS))))

    def run_until(self, end):
        """Fit in threads and on workers until then, with all that may come between."""
        with ThreadPoolExecutor(4) as pool:
            fits = [pool.submit(self.fit_in_threads, seed) for seed in range(4)]
            try:
                while time.monotonic() < end and not any(fit.done() for fit in fits):
                    self._step()
            finally:
                self._stop.set()
        for fit in fits:
            fit.result()
        self._stop.clear()
        self.found += self.client.gather(self.waiting)
        self.waiting.clear()

    def _step(self):
        place, event = self.choice.randrange(len(NETS)), self.choice.random()
        self.waiting.append(self.client.submit(weights_of, place, pure=False))
        if event < 0.05 or not self.n_kills:
            self._kill_a_worker()
        elif event < 0.1:
            clear_cache()
            self._is_compiled = False
        elif event < 0.2:
            self.n_compiled += not self._is_compiled
            self._is_compiled = True
            interrupt_a_fit()
        if len(self.waiting) > 4:
            self.found.append(self.waiting.pop(0).result(timeout=100))

    def _kill_a_worker(self):
        """Kill one and wait for its successor: Dask gives up a worker that is lost at its start."""
        nanny = self.choice.choice(list(self.client.cluster.workers.values()))
        pid, end = nanny.pid, time.monotonic() + 100
        os.kill(pid, signal.SIGKILL)
        while nanny.pid in (None, pid) or nanny.status.name != "running":
            assert time.monotonic() < end, f"no new worker; the nanny is {nanny.status.name}"
            time.sleep(0.1)
        self.n_kills += 1


@pytest.mark.limit(2 + MINUTES)
def test_soak(dask_cluster):
    alone = dict(weights_of(place) for place in range(len(NETS)))
    process = psutil.Process()
    n_files = process.num_fds()
    soak, start = Soak(dask_cluster(2)), time.monotonic()
    soak.run_until(start + 30 * MINUTES)
    settled, n_compiled = megabytes(), soak.n_compiled
    soak.run_until(start + 60 * MINUTES)
    grown, n_compiled = megabytes() - settled, soak.n_compiled - n_compiled
    soak.client.cluster.close()
    soak.client.close()
    print(
        f"\n{len(soak.found)} fits, {soak.n_kills} kills, {grown:.0f} MB more than half-way, with "
        f"{n_compiled} programs compiled by XLA"
    )
    assert all(alone[place] == digest for place, digest in soak.found)
    assert grown < 100 + MACHINE_CODE * n_compiled
    assert not [child for child in process.children() if child.status() == psutil.STATUS_ZOMBIE]
    assert process.num_fds() <= n_files + 5

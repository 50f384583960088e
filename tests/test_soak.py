"""Long runs: memory stays where it is, and many threads mix nothing up. Run by `make test-slow`."""

import itertools
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes

from skdense import DenseClassifier, DenseRegressor, cache_info, clear_cache
from tests.helpers import plain

pytestmark = pytest.mark.slow


def resident_megabytes():
    with open("/proc/self/statm", encoding="ascii") as figures:
        return int(figures.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_after_hundreds_of_fits_is_that_after_the_first():
    X, y = load_breast_cancer(return_X_y=True)
    shapes = [(8,), (8, 8), (16,), (16, 8)]
    nets = [
        plain(DenseClassifier, shape, batch_norm=norm, epochs=3, learning_rate=rate)
        for shape, norm, rate in itertools.product(shapes, (False, True), (1e-3, 1e-2))
    ]
    clear_cache()
    for net in nets * 3:
        clone(net).fit(X, y)
    settled, traced = resident_megabytes(), cache_info().traces
    for net in nets * 20:
        clone(net).fit(X, y)
    assert cache_info().traces == traced == len(nets) / 2
    assert resident_megabytes() - settled < 30


def test_many_threads_fit_as_one_does():
    X, y = load_diabetes(return_X_y=True)
    nets = [
        plain(DenseRegressor, (12,), dropout=dropout, epochs=epochs, random_state=seed)
        for dropout, epochs, seed in itertools.product((0.0, 0.2), (3, 60), range(4))
    ]
    alone = [clone(net).fit(X, y).predict(X) for net in nets]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda net: clone(net).fit(X, y).predict(X), nets * 10))
    for one, other in zip(alone * 10, together, strict=True):
        np.testing.assert_array_equal(one, other)

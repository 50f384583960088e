"""One search on every engine: the same bits, also when workers are killed."""

import functools
import os
import random
import signal
import threading
import time

import numpy as np
import pytest
from joblib import Parallel, delayed, parallel_config
from sklearn.model_selection import cross_val_score

from skdense.cluster import ray_options, register_dask
from tests.scale.searches import (
    IS_LONG,
    N_KILLS,
    bits,
    data,
    make_search,
    processes,
    run_with_a_kill,
    seconds,
)

ENGINES = [
    ("sequential", 1),
    ("loky", 2),
    ("threading", 2),
    ("dask", 2, 1),
    ("dask", 1, 2),
    ("ray", 2),
]
# Seconds from the start of a search on fresh workers, which import TensorFlow first.
MOMENTS = [0.3, *(random.Random(1).uniform(0.5, 12) for _ in range(N_KILLS - 1))]


@functools.cache
def expected():
    """Give the result of one process."""
    return bits(make_search().fit(*data()))


@pytest.mark.parametrize("engine", ENGINES, ids=str, indirect=True)
def test_every_engine_gives_the_same_bits(engine):
    with engine:
        search = make_search().fit(*data())
    assert bits(search) == expected()


@pytest.mark.parametrize("kill", range(N_KILLS))
def test_dask_survives_a_lost_worker(dask_cluster, kill, caplog):
    client = dask_cluster(2)
    register_dask()

    def run():
        with parallel_config("skdense-dask"):
            return make_search().fit(*data())

    def find():
        return list(client.run(os.getpid).values())

    assert bits(run_with_a_kill(run, find, MOMENTS[kill], kill)) == expected()
    assert "is lost" in caplog.text


@pytest.mark.parametrize("kill", range(N_KILLS))
def test_ray_survives_a_lost_worker(ray_of_two, kill):
    def run():
        with parallel_config("ray", **ray_options(2)):
            return make_search().fit(*data())

    def find():
        return processes("ray::PoolActor")

    assert bits(run_with_a_kill(run, find, MOMENTS[kill], kill)) == expected()


def test_loky_says_that_a_worker_is_lost():
    def run():
        with parallel_config("loky", n_jobs=2), pytest.raises(Exception, match="terminated"):
            make_search(epochs=5000).fit(*data())

    def find():
        return processes("loky.backend.popen_loky")

    run_with_a_kill(run, find, 3)


def test_joblibs_own_backend_still_loses_the_search(dask_cluster):
    """When this fails, joblib has been repaired, and `register_dask` may go."""
    client = dask_cluster(2)

    def run():
        with parallel_config("dask"), pytest.raises(Exception, match=r"forgotten|lost|ancelled"):
            make_search(epochs=1000).fit(*data())

    run_with_a_kill(run, lambda: list(client.run(os.getpid).values()), 3)


def end_this_process():
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_kills_every_worker_is_an_error_on_dask(dask_cluster):
    dask = pytest.importorskip("dask")
    with dask.config.set({"distributed.scheduler.allowed-failures": 1}):  # each takes seconds
        dask_cluster(2)
    register_dask()
    with (
        parallel_config("skdense-dask"),
        pytest.raises(Exception, match="all those workers died while running it"),
    ):
        Parallel()(delayed(end_this_process)() for _ in range(2))


def fill_memory():
    ones = np.ones(10**8)  # 800 MB
    time.sleep(100)
    return ones.sum()


def test_too_little_memory_is_an_error_on_dask(dask_cluster):
    dask = pytest.importorskip("dask")
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        dask_cluster(1, memory_limit="500MB")
    register_dask()
    words = "all those workers died while running it"
    with parallel_config("skdense-dask"), pytest.raises(Exception, match=words):
        Parallel()(delayed(fill_memory)() for _ in range(2))


def test_what_kills_every_worker_is_an_error_on_ray(ray_of_two):
    options = ray_options(2)
    options["ray_remote_args"]["max_task_retries"] = 2  # each takes seconds
    words = r"died|dead|crashed|unavailable"
    with parallel_config("ray", **options), pytest.raises(Exception, match=words):
        Parallel()(delayed(end_this_process)() for _ in range(2))


def test_an_error_of_a_fit_is_that_error(dask_cluster):
    dask_cluster(1)
    register_dask()
    with parallel_config("skdense-dask"), pytest.raises(ZeroDivisionError):
        Parallel()(delayed(divmod)(1, divisor) for divisor in (1, 0, 2))


def test_a_search_that_loses_all_workers_ends(dask_cluster):
    client = dask_cluster(1)
    register_dask()
    timer = threading.Timer(2, client.cluster.scale, [0])
    timer.start()
    context = parallel_config("skdense-dask", wait_for_workers_timeout=4)
    with context, pytest.raises(TimeoutError, match="no worker for 4 seconds"):
        Parallel()(delayed(time.sleep)(1) for _ in range(60))
    timer.join()


def test_a_cluster_without_workers_is_an_error(dask_cluster):
    client = dask_cluster(1)
    client.cluster.scale(0)
    while client.ncores():
        time.sleep(0.1)
    register_dask()
    context = parallel_config("skdense-dask", wait_for_workers_timeout=2)
    with context, pytest.raises(TimeoutError, match="no worker after 2 seconds"):
        Parallel()(delayed(time.sleep)(1) for _ in range(2))


def test_a_cluster_of_one_core_does_the_work(dask_cluster):
    dask_cluster(1)
    register_dask()
    with parallel_config("skdense-dask"):
        pids = Parallel()(delayed(os.getpid)() for _ in range(4))
    assert os.getpid() not in pids


def inner():
    """Run joblib on a worker."""
    return sum(Parallel(n_jobs=2)(delayed(abs)(number) for number in range(5)))


def test_calls_inside_of_calls(dask_cluster):
    dask_cluster(2)
    register_dask()
    with parallel_config("skdense-dask"):
        assert Parallel()(delayed(inner)() for _ in range(4)) == [10] * 4


def test_nested_cross_validation(dask_cluster):
    X, y = data()
    search = make_search(epochs=2)
    alone = cross_val_score(search, X, y, cv=2)
    dask_cluster(2)
    register_dask()
    with parallel_config("skdense-dask"):
        assert (cross_val_score(search, X, y, cv=2) == alone).all()


def first_of_row(X, row):
    return X[row, 0]


def test_a_large_argument_is_sent_once(dask_cluster):
    client = dask_cluster(2)
    register_dask()
    X = np.random.default_rng(0).normal(size=(100, 25_000))  # 20 MB
    with parallel_config("skdense-dask"):
        found = Parallel()(delayed(first_of_row)(X, row) for row in range(18))
    assert (found == X[:18, 0]).all()
    logs = client.run(lambda dask_worker: list(dask_worker.transfer_incoming_log))
    arrived = sum(entry["total"] for log in logs.values() for entry in log)
    assert arrived <= 1.5 * X.nbytes  # from one worker to the other


@pytest.mark.skipif("SKDENSE_SOAK_MINUTES" not in os.environ, reason="a minute of two cores alone")
@pytest.mark.limit(5)
def test_two_workers_are_faster_than_one(dask_cluster):
    client = dask_cluster(2)
    register_dask()
    search = make_search(epochs=20_000 if IS_LONG else 3000).set_params(refit=False)
    X, y = data()

    def run():
        with parallel_config("skdense-dask"):
            search.fit(X, y)

    run()  # imports and compilation
    with_two = seconds(run)
    client.retire_workers(list(client.ncores())[:1])
    with_one = seconds(run)
    print(f"\none worker {with_one:.1f} s, two {with_two:.1f} s: {with_one / with_two:.2f} times")
    assert with_one > 1.6 * with_two

"""Limits for every wait, and the engines."""

import faulthandler
import logging
import signal

import pytest
from joblib import parallel_config

from skdense.cluster import ray_options, register_dask
from tests.scale.searches import LIMIT


@pytest.fixture(autouse=True)
def _limit(request):
    """End a test that hangs, and show where each thread is."""

    def strike(*_):
        faulthandler.dump_traceback(all_threads=True)
        raise TimeoutError(f"{request.node.name} has taken {seconds} seconds")

    marker = request.node.get_closest_marker("limit")
    seconds = int(LIMIT * (marker.args[0] if marker else 1))
    before = signal.signal(signal.SIGALRM, strike)
    signal.alarm(seconds)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def dask_cluster(tmp_path):
    """Give a function that starts a Dask cluster on this machine and connects to it."""
    distributed = pytest.importorskip("distributed")
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # workers are killed all the time
    started = []

    def start(n_workers=2, threads_per_worker=1, **options):
        cluster = distributed.LocalCluster(
            n_workers=n_workers,
            threads_per_worker=threads_per_worker,
            dashboard_address=None,
            local_directory=str(tmp_path),
            **options,
        )
        client = distributed.Client(cluster)
        started[:0] = client, cluster
        client.wait_for_workers(n_workers, timeout=60)
        return client

    yield start
    for each in started:
        each.close(timeout=20)


@pytest.fixture(scope="session")
def ray_of_two():
    """Start Ray on this machine with two cores."""
    ray = pytest.importorskip("ray")
    from ray.util.joblib import register_ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, _node_ip_address="127.0.0.1")
    register_ray()
    yield ray
    ray.shutdown()


@pytest.fixture
def engine(request, dask_cluster):
    """Give a context in which joblib runs on the engine that the test is parametrized with."""
    name, *shape = request.param
    if name == "dask":
        dask_cluster(*shape)
        register_dask()
        return parallel_config("skdense-dask")
    if name == "ray":
        request.getfixturevalue("ray_of_two")
        return parallel_config("ray", **ray_options(*shape))
    return parallel_config(name, n_jobs=shape[0])

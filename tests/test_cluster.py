"""`skdense.cluster` without a cluster; `make test-scale` has Dask's and Ray's, and kills."""

import asyncio
import re

import pytest

import skdense
from skdense import cluster


class FakeClient:
    """Answers as a Dask client does, from a table; None is a worker that never does."""

    def __init__(self, **answers):
        self.answers = answers

    def sync(self, function, callback_timeout):
        return asyncio.run(asyncio.wait_for(function(), callback_timeout))

    async def wait_for_workers(self, n_workers, timeout):
        if not self.answers:
            raise TimeoutError

    async def ncores(self):
        return dict.fromkeys(self.answers, 1)

    async def run_on_scheduler(self, function):
        return function()

    async def run(self, function, workers):
        answer = self.answers[workers[0]]
        if answer is None:
            await asyncio.sleep(60)
        return {workers[0]: {**function(), **answer}}


def test_the_table_has_a_row_for_each_process():
    table = cluster.check(FakeClient(one={}, two={"cores": 7}))
    assert [row["where"] for row in table.rows] == ["here", "scheduler", "worker one", "worker two"]
    lines = repr(table).splitlines()
    assert len({line.index(skdense.__version__) for line in lines[1:]}) == 1
    assert "7" in lines[4].split()


@pytest.mark.parametrize(
    ("version", "words"), [(None, "is missing"), ("0.0.1", "0.0.1")], ids=["missing", "older"]
)
def test_another_skdense_is_named_with_its_host(version, words):
    client = FakeClient(one={}, two={"skdense": version, "host": "node7"})
    message = f"worker two @ node7: skdense {words}, here {skdense.__version__}"
    with pytest.raises(RuntimeError, match=re.escape(message)):
        cluster.check(client)


@pytest.mark.parametrize("name", ["processor", "tensorflow"])
def test_a_difference_that_may_change_bits_is_a_warning(name):
    with pytest.warns(UserWarning, match=f"worker one @ node7: {name} other, here"):
        cluster.check(FakeClient(one={name: "other", "host": "node7"}))


def test_silence_is_an_error(monkeypatch):
    monkeypatch.setattr(cluster, "_LIMIT", 0.1)
    with pytest.raises(TimeoutError, match="No answer in time from\nworker two"):
        cluster.check(FakeClient(one={}, two=None))
    with pytest.raises(TimeoutError, match="has no worker"):
        cluster.check(FakeClient())


def test_options_of_ray():
    options = cluster.ray_options(3, num_gpus=0.5)
    assert options["n_jobs"] == 3
    given = options["ray_remote_args"]
    assert (given["num_cpus"], given["num_gpus"], given["max_restarts"]) == (1, 0.5, -1)

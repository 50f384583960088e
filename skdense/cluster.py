"""Searches on several machines: what each of them has, and engines that survive lost workers.

Neither Dask nor Ray is imported before it is used.
"""

from __future__ import annotations

import asyncio
import logging
import time
import warnings
import weakref
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any
from uuid import uuid4

from joblib import parallel_config
from joblib.parallel import BACKENDS, EXTERNAL_BACKENDS, register_parallel_backend

_LOGGER = logging.getLogger("skdense")
_LIMIT = 25.0  # seconds for the answers; with what comes before and after, less than 30
_MOST_RETRIES = 10
_LARGE = 1000  # bytes of an argument, from which on it is sent once: joblib's own limit
_VERSIONS = ("python", "skdense", "scikit-learn", "numpy", "tensorflow")
_COLUMNS = ("where", "host", *_VERSIONS, "cores", "threads", "processor")


class ClusterTable:
    """What each process of a cluster has: the answer of `check`.

    Parameters
    ----------
    rows : list of dict
        One for each process, this one first, with the values of the columns by their names:
        `where`, `host`, `python`, `skdense`, `scikit-learn`, `numpy`, `tensorflow` (all versions),
        `cores`, `threads` (of a fit) and `processor`.

    Attributes
    ----------
    rows : list of dict
    """

    def __init__(self, rows: list[dict[str, Any]]):
        self.rows = rows

    def __repr__(self) -> str:
        lines = [list(_COLUMNS)]
        lines += [[str(row[name] or "missing") for name in _COLUMNS] for row in self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        padded = (map(str.ljust, line, widths) for line in lines)
        return "\n".join("  ".join(line).rstrip() for line in padded)


def check(client: Any) -> ClusterTable:
    """Ask every process of a cluster for its versions and its processor, within 30 seconds.

    Fits have the same results to the last bit where these are the same. Where skdense is missing,
    a search might wait for ever.

    .. versionadded:: 0.1

    Parameters
    ----------
    client : distributed.Client or module
        Dask's client, or the module `ray` after ``ray.init()``.

    Returns
    -------
    ClusterTable
        A row for this process, Dask's scheduler and each of its workers, or each of Ray's nodes.

    Raises
    ------
    RuntimeError
        If skdense is missing somewhere, or has another version than here; the message names host
        and version.
    TimeoutError
        If there is no worker, or one does not answer in time.

    Warns
    -----
    UserWarning
        Of other processors, and other versions of TensorFlow, NumPy, scikit-learn or Python.

    See Also
    --------
    register_dask : A backend of joblib for Dask that survives lost workers.
    ray_options : Options of joblib's backend for Ray with which it survives them, too.

    Examples
    --------
    >>> from skdense.cluster import check
    >>> from distributed import Client  # doctest: +SKIP
    >>> check(Client("tcp://node1:8786"))  # doctest: +SKIP
    """
    describe = _describer()
    answers = (_ask_ray if hasattr(client, "remote") else _ask_dask)(client, describe)
    rows = [{"where": "here", **describe()}]
    rows += [{"where": name, **row} for name, row in answers.items() if isinstance(row, dict)]
    here = rows[0]["skdense"]
    if wrong := _differences(rows, "skdense"):
        raise RuntimeError(f"{wrong}\nInstall skdense {here} there, and restart it.")
    if len(rows) <= len(answers):
        silent = [f"{name}: {row!r}" for name, row in answers.items() if not isinstance(row, dict)]
        raise TimeoutError("\n".join(["No answer in time from", *silent]))
    fitting = [row for row in rows if row["where"] != "scheduler"]
    found = _differences(fitting, "processor", "tensorflow", "numpy", "scikit-learn", "python")
    if found:
        words = "Results may differ in their last bits, and pickles may fail to load."
        warnings.warn(f"{found}\n{words}", stacklevel=2)
    return ClusterTable(rows)


def _differences(rows: list[dict[str, Any]], *names: str) -> str:
    """Say where something is not as here, a line for each."""
    here = rows[0]
    return "\n".join(
        f"{row['where']} @ {row['host']}: {name} {row[name] or 'is missing'}, here {here[name]}"
        for row in rows
        for name in names
        if row[name] != here[name]
    )


def _describer() -> Callable[[], dict[str, Any]]:
    """Give what describes a process; nested, it is sent as code and runs without skdense, too."""

    def describe() -> dict[str, Any]:
        import os
        import platform
        import socket
        from importlib import import_module, metadata

        def version(*names: str) -> str | None:
            for name in names:
                try:
                    return metadata.version(name)
                except metadata.PackageNotFoundError:
                    pass
            return None

        found: dict[str, Any] = {"host": socket.gethostname(), "python": platform.python_version()}
        found |= {name: version(name) for name in ("scikit-learn", "numpy")}
        found["tensorflow"] = version("tensorflow", "tensorflow-cpu", "tensorflow-intel")
        try:  # what a fit would import
            found["skdense"] = import_module("skdense").__version__
            found["cores"] = import_module("joblib").cpu_count()  # knows the quotas of containers
        except ImportError:
            found["skdense"], found["cores"] = None, os.cpu_count()
        limits = ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS")
        given = [os.environ[name] for name in limits if os.environ.get(name)]
        found["threads"] = given[0] if given else found["cores"]
        found["processor"] = platform.processor() or platform.machine()
        if os.path.exists("/proc/cpuinfo"):
            with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
                models = [line for line in lines if line.startswith("model name")]
            if models:
                found["processor"] = models[0].partition(":")[2].strip()
        return found

    return describe


def _ask_dask(client: Any, describe: Callable) -> dict[str, Any]:
    """Ask scheduler and workers at the same time; an error stands for the answer of some."""

    async def of_worker(address: str) -> Any:
        return (await client.run(describe, workers=[address]))[address]

    async def ask() -> dict[str, Any]:
        end = time.monotonic() + _LIMIT
        await client.wait_for_workers(1, timeout=_LIMIT)
        calls = {f"worker {address}": of_worker(address) for address in await client.ncores()}
        calls = {"scheduler": client.run_on_scheduler(describe), **calls}
        left = max(end - time.monotonic(), 1)
        waiting = (asyncio.wait_for(call, left) for call in calls.values())
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        return dict(zip(calls, answers, strict=True))

    try:
        found: dict[str, Any] = client.sync(ask, callback_timeout=_LIMIT + 3)
    except TimeoutError as error:
        words = f"{client!r} has no worker, or no scheduler that answers, after {_LIMIT:g} seconds."
        raise TimeoutError(words) from error
    return found


def _ask_ray(ray: Any, describe: Callable) -> dict[str, Any]:
    """Ask one process of each node; an error stands for the answer of some."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    end = time.monotonic() + _LIMIT
    task = ray.remote(num_cpus=0)(describe)
    calls = {}
    for node in ray.nodes():
        if node["Alive"]:
            there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            name = f"node {node['NodeManagerAddress']}"
            calls[name] = task.options(scheduling_strategy=there).remote()
    answers: dict[str, Any] = {}
    for name, call in calls.items():
        try:
            answers[name] = ray.get(call, timeout=max(end - time.monotonic(), 0.1))
        except Exception as error:
            answers[name] = error
    return answers


def ray_options(
    n_jobs: int | None = None, *, num_cpus: float = 1, num_gpus: float = 0
) -> dict[str, Any]:
    """Give the options with which joblib's backend for Ray survives lost workers.

    By default Ray gives up when a worker dies, and joblib runs everything in this process unless
    it is told a number of jobs.

    .. versionadded:: 0.1

    Parameters
    ----------
    n_jobs : int, default=None
        Fits at the same time; None is as many as Ray's cluster has room for.
    num_cpus : float, default=1
        Cores of each, which is also the number of its threads.
    num_gpus : float, default=0
        GPUs of each.

    Returns
    -------
    dict
        For ``joblib.parallel_config("ray", **ray_options())``, after
        ``ray.util.joblib.register_ray()``.

    See Also
    --------
    register_dask : The same for Dask.

    Examples
    --------
    >>> from skdense.cluster import ray_options
    >>> ray_options(2)["ray_remote_args"]["max_restarts"]
    -1
    """
    if n_jobs is None:
        import ray

        room = ray.cluster_resources()
        fits = [room.get("CPU", 0) // num_cpus] if num_cpus else []
        fits += [room.get("GPU", 0) // num_gpus] if num_gpus else []
        n_jobs = max(1, int(min(fits, default=1)))
    # A fit that ends its worker each time is an error after some retries, not a search for ever.
    retries = {"max_restarts": -1, "max_task_retries": _MOST_RETRIES}
    return {
        "n_jobs": n_jobs,
        "ray_remote_args": {**retries, "num_cpus": num_cpus, "num_gpus": num_gpus},
    }


def register_dask() -> None:
    """Register ``"skdense-dask"``, a backend of joblib for Dask that survives lost workers.

    It is joblib's own, but for four repairs:

    - Large arguments are sent as tasks, which Dask computes again elsewhere when a worker is lost.
      joblib 1.6 scatters them, and what was scattered to a lost worker cannot be had again.
    - A task that ended in an error is told to joblib, and so ends the search. joblib 1.6 goes on
      waiting for it (``_collect`` in ``joblib/_dask.py``).
    - A search that has had no worker for `wait_for_workers_timeout` seconds (60, which
      ``parallel_config`` can change) ends with an error, whether it has begun or not.
    - A cluster with one core runs the fits, instead of this process.

    It can go when joblib's own backend passes ``tests/scale/test_engines.py``, which says so.

    .. versionadded:: 0.1

    See Also
    --------
    check : What each process of a cluster has; to be called before a search.
    ray_options : The same for Ray.

    Examples
    --------
    >>> from skdense.cluster import register_dask
    >>> from joblib import parallel_config
    >>> register_dask()  # doctest: +SKIP
    >>> with parallel_config("skdense-dask"):  # doctest: +SKIP
    ...     search.fit(X, y)
    """
    EXTERNAL_BACKENDS["dask"]()
    backend = type("DaskBackend", (_Repairs, BACKENDS["dask"]), {})
    register_parallel_backend("skdense-dask", backend)


class _Repairs:
    """What `register_dask` changes in joblib's backend."""

    client: Any
    call_data_futures: Any
    submit_kwargs: dict[str, Any]
    waiting_futures: Any

    def __init__(
        self,
        client: Any = None,
        wait_for_workers_timeout: float = 60,
        nesting_level: int | None = None,
        **submit_kwargs: Any,
    ):
        options = {"wait_for_workers_timeout": wait_for_workers_timeout, **submit_kwargs}
        super().__init__(client=client, **options)  # type: ignore[call-arg]
        self.nesting_level = nesting_level
        self._limit = wait_for_workers_timeout
        self._ends: dict[Any, Callable[[Any], None]] = {}
        self._continue = False

    def get_nested_backend(self) -> tuple[Any, int]:
        return type(self)(self.client), -1

    def effective_n_jobs(self, n_jobs: int) -> int:
        return max(2, super().effective_n_jobs(n_jobs))  # type: ignore[misc]  # 1 is this process

    def start_call(self) -> None:
        super().start_call()  # type: ignore[misc]
        self.client.loop.add_callback(self._watch, self.call_data_futures)

    def submit(self, func: Any, callback: Callable[[Any], None]) -> Any:
        job: Any = Future()
        job.get = job.result  # as joblib calls it

        def end(result: Any) -> None:
            is_error = isinstance(result, BaseException)
            (job.set_exception if is_error else job.set_result)(result)
            callback(result)

        self.client.loop.add_callback(self._send, func.items, end)
        return job

    def _send(self, calls: list, end: Callable[[Any], None]) -> None:
        name = getattr(calls[0][0], "__name__", "calls")
        try:
            tasks = [
                (
                    function,
                    [self._sent(argument) for argument in args],
                    {key: self._sent(argument) for key, argument in kwargs.items()},
                )
                for function, args, kwargs in calls
            ]
            key = f"batch_of_{name}_{len(tasks)}_calls-{uuid4().hex}"  # for Dask's dashboard
            future = self.client.submit(_run, tasks, key=key, **self.submit_kwargs)
        except Exception as error:  # it cannot be pickled, or the client is closed
            end(error)
            return
        self._ends[future] = end
        self.waiting_futures.add(future)

    def _sent(self, argument: Any) -> Any:
        """Give a large argument's task, which is made once in each call of joblib."""
        import dask
        from dask.sizeof import sizeof

        try:
            weakref.ref(argument)
        except TypeError:
            return argument
        if sizeof(argument) <= _LARGE:
            return argument
        try:
            return self.call_data_futures[argument]
        except KeyError:
            with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 PB"}):
                future = self.client.submit(_itself, argument, pure=False)
            self.call_data_futures[argument] = future
            return future

    async def _collect(self) -> None:
        while self._continue:
            async for future, result in self.waiting_futures:
                if future.status != "finished":
                    result = result[1] if isinstance(result, tuple) else result
                    if not isinstance(result, BaseException):
                        result = RuntimeError(f"Dask gave up a task: {future.status}, {result!r}")
                if end := self._ends.pop(future, None):
                    end(result)
            await asyncio.sleep(0.01)

    async def _watch(self, call: Any) -> None:
        """Tell of lost workers, and give up where there are none for too long."""
        known: set[str] = set()
        waited = 0.0
        while self._continue and self.call_data_futures is call:
            start, workers = time.monotonic(), None
            try:
                workers = set(await asyncio.wait_for(self.client.ncores(), 5))
            except Exception:  # the scheduler is busy, or gone
                pass
            else:
                for address in sorted(known - workers):
                    _LOGGER.warning("Worker %s is lost: its fits run again elsewhere.", address)
                known = workers
            await asyncio.sleep(1)
            # Where this process itself was held up, time says nothing about the cluster.
            waited = 0.0 if workers else waited + min(time.monotonic() - start, 6)
            if waited >= self._limit:
                words = f"The Dask cluster has had no worker for {self._limit:g} seconds."
                while self._ends:
                    self._ends.popitem()[1](TimeoutError(words))


def _run(calls: Iterable) -> list:
    """Run some calls on a worker; calls of joblib inside of them run on this backend, too."""
    register_dask()
    with parallel_config("skdense-dask"):
        return [function(*args, **kwargs) for function, args, kwargs in calls]


def _itself(argument: Any) -> Any:
    return argument

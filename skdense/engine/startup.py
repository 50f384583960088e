"""How TensorFlow is started: quietly, and with no more threads than its process was given."""

from __future__ import annotations

import gc
import logging
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import joblib

_logger = logging.getLogger("skdense")
_CHATTER = re.compile(
    rb"^(WARNING: All log messages before absl::InitializeLog"
    rb"|To enable the following instructions:"
    rb"|[IWE]\d{4} \d\d:"
    rb"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWE] )"
)


def limit_threads(threading: Any, has_started: bool) -> None:
    """Let TensorFlow's arithmetic have the threads that are this process's own.

    loky, Dask and Ray set OMP_NUM_THREADS in their workers, so that all of them together do not ask
    for more cores than there are; TensorFlow does not read it. Else joblib counts the cores, and
    knows a container's share of them. What the user has set is left alone. No environment variable
    is set, which workers would inherit.
    """
    if os.environ.get("TF_NUM_INTRAOP_THREADS") or threading.get_intra_op_parallelism_threads():
        return
    limit = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()  # of the outermost level
    number = int(limit) if limit.isdecimal() and int(limit) else joblib.cpu_count()
    if has_started:
        _logger.info("TensorFlow had started before skdense: not limited to %d threads", number)
    else:
        threading.set_intra_op_parallelism_threads(number)


@contextmanager
def quiet_tensorflow_import() -> Iterator[None]:
    """Hold back what TensorFlow's libraries write to standard error while they are loaded.

    TensorFlow logs from C++ before any of its settings are read, so the file descriptor itself
    is redirected. Lines that are not start-up chatter are written out afterwards.
    """
    # Read by TensorFlow at import; on machines without a GPU it logs at error level later on.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        stderr = os.dup(2)
    except OSError:  # no standard error, nothing to keep quiet
        yield
        return
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            held_back.seek(0)
            for line in held_back:
                if not _CHATTER.match(line):
                    os.write(2, line)


@contextmanager
def paused_garbage_collection() -> Iterator[None]:
    """Look for no garbage while a large package is imported, whose objects stay.

    Looking through them again and again takes a twentieth of the time of TensorFlow's import.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()

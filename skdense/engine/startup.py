"""How TensorFlow is started: quietly, and with no more threads than its process was given."""

from __future__ import annotations

import gc
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_CHATTER = re.compile(
    rb"^(WARNING: All log messages before absl::InitializeLog"
    rb"|To enable the following instructions:"
    rb"|[IWE]\d{4} \d\d:"
    rb"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWE] )"
)


def limit_threads() -> None:
    """Let TensorFlow's arithmetic use as many threads as OpenMP may, where that is limited.

    joblib's workers set OMP_NUM_THREADS so that all of them together do not ask for more cores
    than there are. TensorFlow does not read it, but TF_NUM_INTRAOP_THREADS, before its first
    operation. What the user has set there is left alone.
    """
    limit = os.environ.get("OMP_NUM_THREADS", "")
    if limit.isdecimal():
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", limit)


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

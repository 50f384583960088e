"""The one import of TensorFlow and Keras: quiet, with the process's own share of threads.

Every module that needs them takes them from here, so that threads, silence and backend are settled
before the first operation; modules that do not need them can be imported without TensorFlow.
"""

import os
import sys

from skdense.engine import _compat
from skdense.engine.disk_cache import connect, loads_programs
from skdense.engine.startup import (
    limit_threads,
    paused_garbage_collection,
    quiet_tensorflow_import,
)


def _start() -> None:
    # TensorFlow reads its flags when it is asked for its threads: not before the cache set them.
    limit_threads(tf.config.threading, _compat.tensorflow_has_run())
    # The first compiled call starts XLA, which announces itself; so does its first exponential.
    tf.function(tf.exp, jit_compile=True)(tf.zeros(8))


def _description() -> str:
    version = tf.version
    threads = tf.config.threading.get_intra_op_parallelism_threads()
    return f"{version.VERSION} {version.GIT_VERSION} {version.COMPILER_VERSION} threads={threads}"


def _obstacle() -> str | None:
    """What speaks against programs on disk."""
    if not loads_programs(tf.version.VERSION):
        return f"TensorFlow {tf.version.VERSION} is older than 2.21"
    if _is_loud:
        return "TensorFlow was imported before, and writes messages"
    return None


# What was imported before keeps its own level of messages; it reports each program that it loads,
# as an error, which is none.
_is_loud = "tensorflow" in sys.modules and os.environ.get("TF_CPP_MIN_LOG_LEVEL", "0") < "3"

with quiet_tensorflow_import(), paused_garbage_collection():
    import keras
    import tensorflow as tf

    connect(_start, _description, _obstacle())

if keras.backend.backend() != "tensorflow":
    raise ImportError(
        f"skdense trains on Keras's TensorFlow backend, but Keras was loaded with the "
        f"{keras.backend.backend()!r} backend. Set the environment variable "
        "KERAS_BACKEND=tensorflow before Python starts."
    )

__all__ = ["keras", "tf"]

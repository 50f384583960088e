"""Processes forked after TensorFlow has run, where it would wait for its threads for ever."""

from __future__ import annotations

import os

from skdense.engine import _compat

_is_useless = False  # whether TensorFlow had run before this process was forked off


def _note() -> None:
    global _is_useless
    _is_useless = _is_useless or _compat.tensorflow_has_run()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_note)


def check_not_forked() -> None:
    """Raise RuntimeError in a process forked after TensorFlow had run, where it would hang."""
    if _is_useless:
        raise RuntimeError(
            "This process was forked after TensorFlow had run in its parent, and TensorFlow, whose "
            "threads a fork does not copy, would wait here for ever. Start processes by "
            "multiprocessing.get_context('spawn') or joblib's default backend, 'loky', or fork "
            "before anything is trained. predict of a fitted DenseClassifier or DenseRegressor "
            "works here, too."
        )

"""Warnings that point at the line of the user's that called, however deep the call came in."""

from __future__ import annotations

import inspect
import warnings

# Between the user's line and a warning: this package, and those that call it for the user.
_PASSED_OVER = frozenset(("skdense", "sklearn", "scikeras", "joblib", "contextlib", "functools"))


def warn(message: str, category: type[Warning]) -> None:
    """Warn at the innermost line that is neither ours nor scikit-learn's.

    Python 3.11 has no ``skip_file_prefixes``.
    """
    frame, level = inspect.currentframe(), 1
    while frame is not None and frame.f_back is not None and _is_passed_over(frame.f_globals):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _is_passed_over(module: dict) -> bool:
    return str(module.get("__name__")).partition(".")[0] in _PASSED_OVER

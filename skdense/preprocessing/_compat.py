"""Private names of scikit-learn that the package leans on, all in one place.

scikit-learn's own third-party developers use them; a new release that moves one breaks this file
and nothing else.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from sklearn.base import _fit_context as _untyped_fit_context
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    Options,
    StrOptions,
    validate_parameter_constraints,
)
from sklearn.utils.validation import _check_sample_weight, _num_samples

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # scikit-learn before 1.9 has no callbacks; `verbose` shows progress there

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing: there is no `set_callbacks`."""


_Method = TypeVar("_Method", bound=Callable[..., Any])


def _fit_context(*, prefer_skip_nested_validation: bool) -> Callable[[_Method], _Method]:
    """Check the parameters before a method runs; the method's types stay known."""
    return _untyped_fit_context(prefer_skip_nested_validation=prefer_skip_nested_validation)


__all__ = [
    "BaseSearchCV",
    "CallbackSupportMixin",
    "HasMethods",
    "Interval",
    "Options",
    "StrOptions",
    "_check_sample_weight",
    "_fit_context",
    "_num_samples",
    "_safe_indexing",
    "validate_parameter_constraints",
]

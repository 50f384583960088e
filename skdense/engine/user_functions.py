"""Functions and objects of the user's own: equal ones count as one, so that programs are shared."""

from __future__ import annotations

import copy
import functools
import pickle
import types
from collections.abc import Callable, Hashable
from typing import Any

from skdense.engine.user_warnings import warn

_first: dict[Hashable, Any] = {}
_not_comparable: dict[Hashable, int] = {}  # by kind, the first one's id
_warned: set[Hashable] = set()


class NotComparable(Exception):
    """Nothing tells whether a thing equals another one."""


def first_equal(parameter: str, function: Callable) -> Callable:
    """Give the first of all functions that equal this one: copies of one another, as a rule.

    A function, a ``functools.partial``, a method or an object of the user's own class; as it was
    when it first came, if it has been changed since. Warns once for each kind of which several came
    that cannot be compared.
    """
    try:
        key = comparable(function)
    except NotComparable:
        warn_of_copies(parameter, function)
        return function
    if key not in _first:
        try:
            _first[key] = copy.deepcopy(function)
        except Exception:  # whatever a user's object raises
            _first[key] = function
    return _first[key]


def comparable(thing: Any) -> Hashable:
    """Give what is equal for equal things, and no others; raise NotComparable where nothing is."""
    if isinstance(thing, functools.partial):
        parts = (thing.func, thing.args, thing.keywords)
        return functools.partial, *map(comparable, parts)
    if isinstance(thing, types.MethodType):
        return types.MethodType, comparable(thing.__func__), comparable(thing.__self__)
    if isinstance(thing, types.FunctionType):
        cells = [cell.cell_contents for cell in thing.__closure__ or ()]
        values = (thing.__defaults__, thing.__kwdefaults__, cells)
        return thing.__code__, id(thing.__globals__), *map(comparable, values)
    if isinstance(thing, tuple | list):
        return type(thing), *map(comparable, thing)
    if isinstance(thing, dict):
        return dict, *((name, comparable(value)) for name, value in thing.items())
    if isinstance(thing, type | types.BuiltinFunctionType | types.ModuleType):
        return thing
    return _by_content(thing)


def _by_content(thing: Any) -> Hashable:
    kind: Any = type(thing)
    try:
        return kind, pickle.dumps(thing.__getstate__() or thing)
    except Exception as error:  # whatever a user's object raises
        if kind.__eq__ is not object.__eq__ and kind.__hash__ is not None:
            return thing
        raise NotComparable from error


def warn_of_copies(parameter: str, function: Any) -> None:
    """Warn, once for each kind, of the second thing that cannot be compared with the first."""
    kind: Any = getattr(function, "__code__", type(function))
    if _not_comparable.setdefault(kind, id(function)) == id(function) or kind in _warned:
        return
    _warned.add(kind)
    warn(
        f"{parameter}={function!r} cannot be compared with others of its kind, so that each of "
        "them, such as each clone in a search, compiles a training program of its own, whose "
        "memory does not come back. Use a function defined by def in a module, or let it be an "
        "object that can be pickled or has __eq__ and __hash__.",
        UserWarning,
    )

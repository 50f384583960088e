"""Keys of what things hold: equal in every process for equal content, and for no other."""

from __future__ import annotations

import dataclasses
import dis
import functools
import hashlib
import types
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from scipy import sparse

# What these hold under a name follows from their versions.
_PACKAGES = frozenset(
    ("builtins", "keras", "math", "numpy", "scipy", "skdense", "sklearn", "tensorflow")
)
# All but names for the user's eyes and line numbers.
_OF_CODE = (
    *("co_code", "co_exceptiontable", "co_consts", "co_names", "co_varnames", "co_flags"),
    *("co_argcount", "co_posonlyargcount", "co_kwonlyargcount"),
)
_FROM_MODULE = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
_PLAIN = (types.NoneType, types.EllipsisType, bool, int, float, complex, str, bytes)


class NoContent(ValueError):
    """What cannot be told by its content; the text says why."""


def content_key(parts: Iterable[Any]) -> str:
    """Give the SHA-256 digest of all that some things hold, 64 hexadecimal digits.

    They are numbers, text, arrays, sparse matrices, records, functions, objects of scikit-learn's,
    and containers of these. Raises NoContent if something has none that can be told.

    Examples
    --------
    >>> from skdense.engine.content_key import content_key
    >>> content_key([1, "a"]) == content_key([1, "a"]), content_key([1]) == content_key([1.0])
    (True, False)
    """
    digest = hashlib.sha256()
    try:
        for part in parts:
            _feed(digest, part)
    except RecursionError as error:
        raise NoContent("a function or container leads back to itself") from error
    return digest.hexdigest()


def _feed(digest: Any, thing: Any) -> None:
    """Add a thing to a digest: first what it is and how large, then its parts."""
    if isinstance(thing, np.ndarray) and thing.dtype.kind not in "OV":
        digest.update(f"array {thing.dtype.str} {thing.shape};".encode())
        digest.update(np.ascontiguousarray(thing).reshape(-1).view(np.uint8).data)
        return
    if isinstance(thing, _PLAIN):
        text = repr(thing).encode()
        digest.update(b"%s %d;%s" % (type(thing).__name__.encode(), len(text), text))
        return
    name, parts = _taken_apart(thing)
    digest.update(f"{name} {len(parts)};".encode())
    for part in parts:
        _feed(digest, part)


def _taken_apart(thing: Any) -> tuple[str, list[Any]]:
    """Give the kind of a thing, in words, and its parts."""
    kind = type(thing)
    if isinstance(thing, np.ndarray | np.generic):
        if thing.dtype.kind == "V":
            raise NoContent(f"{thing!r} is a structured array")
        return f"{kind.__name__} {thing.dtype} {thing.shape}", thing.ravel().tolist()
    if sparse.issparse(thing):
        matrix = thing.tocsr()
        return "sparse", [matrix.shape, matrix.data, matrix.indices, matrix.indptr]
    if isinstance(thing, dict | list | tuple | set | frozenset) and _is_known(kind):
        return kind.__name__, _parts_of_container(thing)
    if isinstance(thing, types.CodeType):
        return "code", [getattr(thing, name) for name in _OF_CODE]
    if _is_known(thing):
        return f"{thing.__module__}.{thing.__qualname__}", []
    if isinstance(thing, types.FunctionType):
        return "function", list(_parts_of_function(thing))
    return _taken_apart_object(thing)


def _taken_apart_object(thing: Any) -> tuple[str, list[Any]]:
    kind = type(thing)
    if isinstance(thing, types.ModuleType) and thing.__name__.partition(".")[0] in _PACKAGES:
        return f"module {thing.__name__}", []
    if kind is functools.partial:
        return "partial", [thing.func, thing.args, thing.keywords]
    if isinstance(thing, types.MethodType):
        return "method", [thing.__func__, thing.__self__]
    if isinstance(thing, np.ufunc):
        return f"ufunc {thing.__name__}", []
    if isinstance(thing, type | types.ModuleType) or not _is_known(kind):
        raise NoContent(f"nothing tells whether another object has the same content as {thing!r}")
    if dataclasses.is_dataclass(thing):
        fields = [field.name for field in dataclasses.fields(thing) if field.compare]
        return kind.__qualname__, [[name, getattr(thing, name)] for name in fields]
    try:
        state = thing.__getstate__()
    except Exception as error:  # of locks, open files and the like
        raise NoContent(f"nothing tells what {thing!r} holds") from error
    if not isinstance(state, dict):
        raise NoContent(f"nothing tells what {thing!r} holds")
    return f"{kind.__module__}.{kind.__qualname__}", [state]


def _is_known(thing: Any) -> bool:
    """Tell whether a function or class is of a package whose version is known."""
    named = isinstance(thing, type | types.FunctionType | types.BuiltinFunctionType)
    module = getattr(thing, "__module__", None) or ""
    # functools.wraps gives a function of the user's the module of the one that it wraps.
    defined_in = getattr(thing, "__globals__", {}).get("__name__", module)
    are_known = all(each.partition(".")[0] in _PACKAGES for each in (module, defined_in))
    is_local = "<" in getattr(thing, "__qualname__", "<")  # its name does not tell it
    return named and are_known and not is_local


def _parts_of_container(thing: Any) -> list[Any]:
    if isinstance(thing, dict):
        return [part for item in thing.items() for part in item]
    if isinstance(thing, set | frozenset):
        return sorted(content_key([part]) for part in thing)
    return list(thing)


def _parts_of_function(function: types.FunctionType) -> Iterator[Any]:
    """Give what a function of the user's is made of, and what it finds in its module."""
    yield from (function.__code__, function.__defaults__, function.__kwdefaults__, vars(function))
    yield [cell.cell_contents for cell in function.__closure__ or ()]
    for code in _codes(function.__code__):
        steps = list(dis.get_instructions(code))
        if any(step.opname == "IMPORT_NAME" for step in steps):
            raise NoContent(f"{function!r} imports, and what it finds there is not known")
        for name in sorted({step.argval for step in steps if step.opname in _FROM_MODULE}):
            found = function.__globals__.get(name)
            if found is not function:  # which may call itself
                yield from (name, found)


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)

"""Docstrings: their examples run, and what they list is what there is."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest

import skdense

MODULES = [
    name
    for _, name, _ in pkgutil.walk_packages(skdense.__path__, "skdense.")
    if not name.startswith("skdense.__")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.testmod(module, optionflags=flags).failed == 0


def sections(docstring: str) -> dict[str, str]:
    """Split a numpydoc docstring at its underlined titles."""
    pieces = re.split(r"^(\w[\w ]*)\n-{3,}$", docstring, flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def names(section: str) -> list[str]:
    found = re.findall(r"^([*\w, ]+?)(?: :.*)?$", section, flags=re.MULTILINE)
    return [name.strip().lstrip("*") for line in found if line for name in line.split(",")]


def parameters(thing: Any) -> list[str]:
    found = [name for name in inspect.signature(thing).parameters if name != "self"]
    return [] if found in (["args", "kwargs"], ["kwargs"]) else found


def returns_a_value(function: Any) -> bool:
    tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(function)))
    return any(
        isinstance(node, ast.Yield) or (isinstance(node, ast.Return) and node.value is not None)
        for node in ast.walk(tree)
    )


def documented() -> Iterator[Any]:
    """Yield every class, function and method of the package without a leading underscore."""
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        for name, thing in vars(module).items():
            is_ours = getattr(thing, "__module__", None) == module_name
            if name.startswith("_") or not is_ours or not callable(thing):
                continue
            yield pytest.param(thing, id=f"{module_name}.{name}")
            for method, function in vars(thing).items() if inspect.isclass(thing) else ():
                if inspect.isfunction(function) and not method.startswith("_"):
                    yield pytest.param(function, id=f"{module_name}.{name}.{method}")


@pytest.mark.parametrize("thing", list(documented()))
def test_parameters_and_returns_are_those_of_the_signature(thing):
    found = sections(inspect.getdoc(thing) or "")
    if "Parameters" in found:
        assert sorted(names(found["Parameters"])) == sorted(parameters(thing))
        if inspect.isfunction(thing) and returns_a_value(thing):
            assert {"Returns", "Yields"} & set(found)


@pytest.mark.parametrize("name", [n for n in skdense.__all__ if callable(getattr(skdense, n))])
def test_public_names_are_documented_in_full(name):
    thing = getattr(skdense, name)
    functions = [thing]
    if inspect.isclass(thing):
        functions += [f for n, f in inspect.getmembers(thing, inspect.isfunction) if n[0] != "_"]
    for function in functions:
        if function.__module__.startswith("skdense."):
            found = sections(inspect.getdoc(function))
            assert "Parameters" in found or not parameters(function), function
    assert "Examples" in sections(inspect.getdoc(thing))

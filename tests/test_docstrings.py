"""Docstrings: their examples run, and what they list is what there is."""

import ast
import doctest
import functools
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import skdense
import skdense.cluster
import skdense.schedules
from skdense.cli import main
from skdense.engine.program_cache import CacheInfo
from skdense.inspection.checks import CheckResult
from skdense.inspection.comparison_display import ComparisonDisplay
from skdense.persistence.onnx import register
from skdense.preprocessing.feature_bins import FeatureBins
from skdense.preprocessing.feature_scaling import FeatureScaling

MODULES = [
    name
    for _, name, _ in pkgutil.walk_packages(skdense.__path__, "skdense.")
    if not name.startswith("skdense.__")
]
RETURNS = {"Returns", "Yields"}


def has_examples(name: str) -> bool:
    path = Path(skdense.__path__[0], *name.split(".")[1:])
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ">>> " in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in MODULES if has_examples(name)])
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
    found = re.findall(r"^(\*{0,2}\w[*\w, ]*?)(?: :.*)?$", section, flags=re.MULTILINE)
    return [name.strip().lstrip("*") for line in found if line for name in line.split(",")]


def parameters(thing: Any) -> list[str]:
    found = [name for name in inspect.signature(thing).parameters if name not in ("self", "cls")]
    return [] if found in (["args", "kwargs"], ["kwargs"]) else found


def returns_a_value(function: Any) -> bool:
    tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(function)))
    return any(
        isinstance(node, ast.Yield) or (isinstance(node, ast.Return) and node.value is not None)
        for node in ast.walk(tree)
    )


def functions_of(cls: type) -> Iterator[tuple[str, Any]]:
    """Yield the public methods of a class, properties too, that it does not inherit."""
    for name, member in vars(cls).items():
        if isinstance(member, property | functools.cached_property):
            member = member.fget if isinstance(member, property) else member.func
        elif isinstance(member, classmethod | staticmethod):
            member = member.__func__
        if inspect.isfunction(member) and not name.startswith("_"):
            yield name, member


def public() -> Iterator[Any]:
    """Yield every class, function and method of the package without a leading underscore."""
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        for name, thing in vars(module).items():
            is_ours = getattr(thing, "__module__", None) == module_name
            if name.startswith("_") or not is_ours or not callable(thing):
                continue
            yield thing
            for _, function in functions_of(thing) if inspect.isclass(thing) else ():
                yield function


def test_modules_say_what_they_hold():
    assert not [name for name in MODULES if not importlib.import_module(name).__doc__]


def mistake(thing: Any) -> str | None:
    """Say what is wrong with a docstring, or nothing."""
    text = inspect.getdoc(thing)
    if not text:
        return "no docstring"
    found = sections(text)
    if "Parameters" in found:
        if sorted(names(found["Parameters"])) != sorted(parameters(thing)):
            return "other parameters than those of the signature"
        if inspect.isfunction(thing) and returns_a_value(thing) and not RETURNS & set(found):
            return "a value is returned, and not documented"
    return None


def test_parameters_and_returns_are_those_of_the_signature():
    things = list(public())
    assert len(things) > 300  # or there is nothing to look at
    assert not [(thing, text) for thing in things if (text := mistake(thing))]


# What users import from skdense and its public modules.
USERS = [getattr(skdense, name) for name in skdense.__all__ if not name.isupper()]
USERS += [skdense.schedules.Schedule, *skdense.schedules.NAMED.values()]
USERS += [skdense.cluster.check, skdense.cluster.ray_options, skdense.cluster.register_dask]
# What else they come to see: results, fitted attributes, the command line.
SEEN = [CacheInfo, CheckResult, ComparisonDisplay, FeatureBins, FeatureScaling, main, register]
SEEN += [skdense.cluster.ClusterTable]


def methods_by_name(thing: Any) -> dict[str, list[Any]]:
    """Group what a user sees of a public name: by method, with those it overrides behind it."""
    found = {"": [thing]}
    for cls in inspect.getmro(thing) if inspect.isclass(thing) else ():
        if cls.__module__.startswith("skdense."):
            for name, function in functions_of(cls):
                found.setdefault(name, []).append(function)
    return found


@pytest.mark.parametrize("thing", USERS, ids=lambda thing: thing.__name__)
def test_public_names_are_documented_in_full(thing):
    assert "Examples" in sections(inspect.getdoc(thing))
    for name, functions in methods_by_name(thing).items():
        assert all(function.__doc__ for function in functions), name
        # A method that overrides another has its parameters, too.
        found = set().union(*(sections(inspect.getdoc(function)) for function in functions))
        if parameters(functions[0]):
            assert "Parameters" in found, name
            if inspect.isfunction(functions[0]) and returns_a_value(functions[0]):
                assert RETURNS & found, name


def test_internal_names_have_sentences_and_no_sections():
    seen = [each for thing in USERS + SEEN for each in methods_by_name(thing).values()]
    internal = set(public()).difference(*seen)
    assert len(internal) > 300  # or there is nothing to look at
    lists = {"Parameters", "Attributes", "Raises", *RETURNS}
    assert not [thing for thing in internal if lists & set(sections(inspect.getdoc(thing)))]

"""Public docstrings in numpydoc's form, as scikit-learn checks its own."""

import inspect
import re
from collections.abc import Iterator

import pytest

import skdense
import skdense.cluster
import skdense.schedules
from skdense.engine.program_cache import CacheInfo
from skdense.inspection.comparison_display import ComparisonDisplay

# What users import from skdense and its public modules, and the class of what they are given.
PUBLIC = [getattr(skdense, name) for name in skdense.__all__ if not name.isupper()]
PUBLIC += [skdense.schedules.Schedule, *skdense.schedules.NAMED.values(), ComparisonDisplay]
PUBLIC += [skdense.cluster.check, skdense.cluster.ray_options, skdense.cluster.register_dask]
# Fewer than scikit-learn's own test leaves out.
NOT_CHECKED = {"RT02"}  # a name for what is returned
NOT_OF_METHODS = {"ES01", "SA01", "EX01"}  # extended summary, See Also, Examples


def methods(thing: object) -> Iterator[str]:
    """Yield the names of public methods and properties that a class has from this package."""
    for cls in inspect.getmro(thing) if inspect.isclass(thing) else ():
        is_ours = cls.__module__.startswith("skdense.")
        for name, member in vars(cls).items() if is_ours else ():
            is_method = inspect.isfunction(member) or isinstance(member, property | classmethod)
            if is_method and not name.startswith("_"):
                yield name


def test_public_docstrings_are_valid():
    validate = pytest.importorskip("numpydoc.validate").validate
    errors = []
    for thing in PUBLIC:
        path = f"{thing.__module__}.{thing.__name__}"
        for name in ["", *sorted(set(methods(thing)))]:
            ignored = NOT_CHECKED | (NOT_OF_METHODS if name else set())
            found = validate(f"{path}.{name}".rstrip("."))["errors"]
            errors += [(path, name, *each) for each in found if each[0] not in ignored]
    assert not errors


def test_public_docstrings_say_since_when():
    since = re.compile(r"^\.\. versionadded:: \d+\.\d+$", re.MULTILINE)
    assert not [thing.__name__ for thing in PUBLIC if not since.search(inspect.getdoc(thing))]


def test_each_field_of_what_cache_info_gives_is_documented():
    section = inspect.getdoc(CacheInfo).partition("Attributes\n----------\n")[2]
    assert tuple(re.findall(r"^(\w+) : ", section, re.MULTILINE)) == CacheInfo._fields

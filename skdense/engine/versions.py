"""Versions: of skdense and what it works with here, and which ones of skdense are newer."""

import platform
import re
import sys
from importlib import metadata


def own_version() -> str:
    """Give the version of this skdense."""
    version: str = sys.modules[__name__.partition(".")[0]].__version__
    return version


def versions(*packages: str) -> dict[str, str | None]:
    """Give those of Python, skdense and some packages; None where frozen programs hide one."""
    found: dict[str, str | None] = {"python": platform.python_version(), "skdense": own_version()}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = None
    return found


def is_newer(version: str) -> bool:
    """Tell whether a version is of a later minor release; patches change nothing that is kept.

    Examples
    --------
    >>> is_newer("0.0.9"), is_newer(own_version()), is_newer("1000.0.0.dev0")
    (False, False, True)
    """
    theirs, ours = ([int(n) for n in re.findall(r"\d+", v)[:2]] for v in (version, own_version()))
    return theirs > ours

"""Versions of skdense: which one this is, and which ones are newer."""

import re
import sys


def own_version() -> str:
    """Give the version of this skdense."""
    version: str = sys.modules[__name__.partition(".")[0]].__version__
    return version


def is_newer(version: str) -> bool:
    """Tell whether a version is of a later minor release; patches change nothing that is kept.

    Examples
    --------
    >>> is_newer("0.0.9"), is_newer(own_version()), is_newer("1000.0.0.dev0")
    (False, False, True)
    """
    theirs, ours = ([int(n) for n in re.findall(r"\d+", v)[:2]] for v in (version, own_version()))
    return theirs > ours

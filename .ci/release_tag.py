"""Compares a tag with the version, the changelog and the addresses: release_tag.py v1.2.3."""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ADDRESSES = {"Changelog", "Documentation", "Issues", "Source"}
HEADING = re.compile(r"^## (.*)$", flags=re.MULTILINE)
RELEASE = re.compile(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})")


def version(root: Path = ROOT) -> str:
    """Read the version from the one place that has it."""
    text = (root / "skdense" / "__init__.py").read_text("utf-8")
    return re.search(r'^__version__ = "(.+)"$', text, flags=re.MULTILINE)[1]


def changelog(root: Path = ROOT) -> tuple[bool, list[tuple[str, str]]]:
    """Read the changelog's headings: is there an unreleased section, and versions with dates."""
    headings = HEADING.findall((root / "CHANGELOG.md").read_text("utf-8"))
    unreleased = headings[:1] == ["[Unreleased]"]
    releases = [RELEASE.fullmatch(heading) for heading in headings[unreleased:]]
    if not all(releases):
        raise ValueError(f"CHANGELOG.md has a heading that is no '[1.2.3] - date': {headings}")
    return unreleased, [match.groups() for match in releases]


def complaints(tag: str, root: Path = ROOT) -> list[str]:
    """Say what speaks against releasing under a tag."""
    found = []
    if tag != f"v{version(root)}":
        found.append(f"the tag {tag!r} is not that of version {version(root)!r}")
    unreleased, releases = changelog(root)
    if unreleased:
        found.append("CHANGELOG.md still has an [Unreleased] section; give it version and date")
    if not releases or releases[0][0] != version(root):
        found.append(f"the newest release in CHANGELOG.md is not {version(root)!r}")
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    if missing := ADDRESSES - set(project.get("urls", {})):
        found.append(f"[project.urls] in pyproject.toml lacks {', '.join(sorted(missing))}")
    return found


if __name__ == "__main__":
    if found := complaints(sys.argv[1]):
        sys.exit("\n".join(f"release_tag: {text}" for text in found))
    print(f"{sys.argv[1]}: version, changelog and addresses agree")

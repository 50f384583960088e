"""README and docs: every Python block runs, every link leads somewhere."""

import logging
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@pytest.fixture
def quiet_afterwards():
    yield
    logging.getLogger("skdense").setLevel(logging.NOTSET)
    logging.basicConfig(force=True, handlers=[])


@pages
@pytest.mark.usefixtures("quiet_afterwards")
def test_code_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    text = page.read_text(encoding="utf-8")
    namespace = {"__name__": "__main__"}
    for match in BLOCK.finditer(text):
        if "sklearn.callback" in match[1] and find_spec("sklearn.callback") is None:
            continue  # scikit-learn before 1.9
        # Empty lines ahead, so that an error names the line of the page.
        code = "\n" * (text[: match.start()].count("\n") + 1) + match[1]
        exec(compile(code, str(page), "exec"), namespace)


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pages
def test_links_lead_somewhere(page):
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"https?:|mailto:", link):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_pictures_are_small_and_used():
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for picture in (ROOT / "docs" / "images").glob("*"):
        assert picture.stat().st_size < 100_000, picture.name
        assert f"images/{picture.name}" in text, picture.name

"""README and docs: every Python block runs, every link leads somewhere."""

import logging
import re
from pathlib import Path

import pytest

from skdense.estimators import automatic
from tests.helpers import run_page

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
# Their code needs packages of its own: tests/integrations runs it.
INTEGRATIONS = sorted((ROOT / "docs" / "integrations").glob("*.md"))
TABLE = "age,town,target\n" + "31,north,yes\n,south,no\n58,south,yes\n40,east,no\n" * 20
# Its scripts start processes and need packages of their own: tests/scale runs them.
SCRIPTS = ROOT / "docs" / "scale.md"
pages = pytest.mark.parametrize(
    "page", [page for page in PAGES if page != SCRIPTS], ids=lambda page: page.name
)


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
    # An eighth: a page that promises a result types its parameters.
    monkeypatch.setattr(automatic, "EPOCHS", automatic.FEWEST_EPOCHS)
    Path("table.csv").write_text(TABLE, encoding="utf-8")  # the reader's own
    run_page(page)


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", [*PAGES, *INTEGRATIONS], ids=lambda page: page.name)
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

from html.parser import HTMLParser
from importlib import metadata

import pytest

from skdense.model_selection import report


class Tags(HTMLParser):
    """Notes what a page refers to, and whether its tags are closed."""

    def __init__(self, html):
        super().__init__()
        self.open, self.links = [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "br", "img"):
            self.open.append(tag)
        self.links += [v for k, v in attributes if k in ("src", "href") and not v.startswith("#")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_a_page_is_closed_and_escaped():
    page = report.page("<i>", report.styled(report.paragraphs(["a < b"], "verdict")))
    tags = Tags(page)
    assert not tags.open
    assert not tags.links
    assert page.startswith("<!DOCTYPE html>")
    assert '<meta name="viewport"' in page
    assert "<h1>&lt;i&gt;</h1>" in page
    assert '<p class="verdict">a &lt; b</p>' in page


def test_tables_align_numbers_and_mark_a_row():
    html = report.table(["model", "mean"], [["ridge", "-0.5"], ["net", "0.7"]], strong="net")
    assert "<th class=number>mean</th>" in html
    assert "<td>ridge</td><td class=number>-0.5</td>" in html
    assert "<tr class=network><td>net</td>" in html
    assert report.table(["a"], []) == ""


def test_a_section_without_content_is_left_out():
    assert report.section("Columns", "") == ""
    assert report.section("Columns", "<p>x</p>") == "<h2>Columns</h2><p>x</p>"


def test_what_can_be_run_is_code():
    html = report.facts({"data": "3 < 4", "to repeat": "compare('x')"})
    assert html == (
        "<p><b>data</b>: 3 &lt; 4</p><p><b>to repeat</b>: <code>compare(&#x27;x&#x27;)</code></p>"
    )


def test_a_picture_is_svg_with_letters():
    pytest.importorskip("matplotlib")
    svg = report.picture(lambda ax: ax.set_xlabel("roc auc"), 2.0)
    assert svg.startswith("<svg")
    assert ">roc auc</text>" in svg
    assert svg == report.picture(lambda ax: ax.set_xlabel("roc auc"), 2.0)


def test_no_picture_without_matplotlib(monkeypatch):
    monkeypatch.setattr(report, "find_spec", lambda name: None)
    assert report.picture(pytest.fail, 2.0) == ""


def test_versions():
    assert f"scikit-learn {metadata.version('scikit-learn')}" in report.versions()

"""A comparison as HTML: in a notebook, and as a file that needs nothing else."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from io import StringIO
from platform import platform, python_version
from typing import Any

_PACKAGES = (
    *("skdense", "scikit-learn", "skrub", "numpy", "pandas", "keras", "tensorflow"),
    *("lightgbm", "catboost"),
)
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
_STYLE = """
.skdense{max-width:60em;margin:auto;line-height:1.5}
.skdense .wide{overflow-x:auto}
.skdense table{border-collapse:collapse;font-size:.9em;margin:0}
.skdense th,.skdense td{padding:.3em .8em .3em 0;text-align:left;vertical-align:top;
border-bottom:1px solid #8884;overflow-wrap:break-word;min-width:3.5em}
.skdense .number{text-align:right;white-space:nowrap}
.skdense .network td{font-weight:bold}
.skdense .verdict{font-size:1.15em}
.skdense svg{width:100%;max-width:42em;height:auto;background:#fff}
.skdense code{overflow-wrap:anywhere}
"""
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>body{{font-family:sans-serif;margin:1em}}</style></head>
<body><div class="skdense"><h1>{title}</h1></div>{body}</body></html>
"""


def page(title: str, body: str) -> str:
    """Make a whole HTML page of a report."""
    return _PAGE.format(title=escape(title), body=body)


def section(title: str, *parts: str) -> str:
    """Put a title above parts of HTML; nothing where all of them are empty."""
    return f"<h2>{escape(title)}</h2>{''.join(parts)}" if any(parts) else ""


def table(header: Sequence[str], rows: Sequence[Sequence[str]], strong: str = "") -> str:
    """Make an HTML table; numbers are aligned, and the row that begins with `strong` stands out."""
    if not rows:
        return ""

    def cells(tag: str, row: Sequence[str]) -> str:
        return "".join(
            f"<{tag}{' class=number' * is_number}>{escape(cell)}</{tag}>"
            for cell, is_number in zip(row, numeric, strict=True)
        )

    numeric = [cell.replace(".", "").removeprefix("-").isdigit() for cell in rows[0]]
    lines = [
        f"<tr{' class=network' * (bool(strong) and row[0] == strong)}>{cells('td', row)}</tr>"
        for row in rows
    ]
    return (
        f'<div class="wide"><table><thead><tr>{cells("th", header)}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def paragraphs(lines: Sequence[str], kind: str = "") -> str:
    """Make an HTML paragraph of each line."""
    attribute = f' class="{kind}"' if kind else ""
    return "".join(f"<p{attribute}>{escape(line)}</p>" for line in lines)


def facts(about: Mapping[str, str]) -> str:
    """List facts by name, as code where they can be run."""
    return "".join(
        f"<p><b>{escape(name)}</b>: "
        + (f"<code>{escape(text)}</code></p>" if name == "to repeat" else f"{escape(text)}</p>")
        for name, text in about.items()
    )


def picture(draw: Callable[[Any], Any], height: float) -> str:
    """Draw a plot, by `draw(ax)`, as SVG of that height in inches; nothing without matplotlib."""
    if find_spec("matplotlib") is None:
        return ""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    # Not through pyplot, which would choose a window system where there may be none.
    figure, file = Figure(figsize=(6.5, height), layout="constrained"), StringIO()
    draw(figure.add_subplot())
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "skdense"}):
        figure.savefig(file, format="svg", metadata=_NO_METADATA)
    svg = file.getvalue()
    return svg[svg.index("<svg") :]


def styled(*parts: str) -> str:
    """Join parts of HTML under the style of a report."""
    return f'<style>{_STYLE}</style><div class="skdense">{"".join(parts)}</div>'


def versions() -> str:
    """Name the versions that a comparison depends on, and the machine."""
    found = [f"Python {python_version()}"]
    for name in _PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return f"{', '.join(found)}; {platform()}"

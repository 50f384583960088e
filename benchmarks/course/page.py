"""The page of the course: code from the modules and figures from the runs, between marks."""

import inspect
import re
from pathlib import Path

from benchmarks.course import columns, evaluation, images, losses, tables, texts
from benchmarks.course.entries import imports, source

# Read once, together with the modules: who edits one while they run gets the code that ran.
TEXTS = {
    module.__name__.rpartition(".")[2]: inspect.getsource(module)
    for module in (tables, losses, images, texts, columns, evaluation)
}
# A part of the page is: what it shows, of what name, then anything, then the end mark.
PART = re.compile(r"<!-- (imports|code|entry|machine) (\w+) -->\n(.*?)<!-- end -->", re.DOTALL)
NOT_YET = "Reached: not measured yet."


def parts(text: str) -> list[tuple[str, str, str]]:
    """Give each part of the page between marks: kind, name, and what stands there."""
    return PART.findall(text)


def code(kind: str, name: str) -> str:
    """Give the code block of a part, as the modules have it now.

    Raises
    ------
    ValueError
        If no module of the course has something of that name.
    """
    if kind == "imports":
        found = imports(TEXTS[name])
    else:
        found = next(filter(None, (source(text, name) for text in TEXTS.values())), None)
    if found is None:
        raise ValueError(f"No module of the course has a function or constant {name!r}.")
    return f"```python\n{found}\n```\n"


def fill(page: Path, figures: dict[str, str], machine: str | None = None) -> None:
    """Write code and figures into the page.

    Parameters
    ----------
    page : Path
        Markdown with marks.
    figures : dict of str to str
        By entry, what `reached` gave. Other entries keep theirs, and their code with them,
        so that no figure stands below code that it was not made with.
    machine : str, default=None
        What all figures were made on; None leaves what is there.
    """

    def part(match: re.Match) -> str:
        kind, name, before = match.groups()
        body = before
        if kind == "machine":
            body = before if machine is None else f"{machine}\n"
        elif kind != "entry":
            body = code(kind, name)
        elif name in figures:
            body = f"{code(kind, name)}\n{figures[name]}\n"
        elif not before.strip():
            body = f"{code(kind, name)}\n{NOT_YET}\n"
        return f"<!-- {kind} {name} -->\n{body}<!-- end -->"

    page.write_text(PART.sub(part, page.read_text(encoding="utf-8")), encoding="utf-8")

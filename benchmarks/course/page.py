"""The page of the course: code of the modules and results of the runs, between marks."""

import inspect
import re
from pathlib import Path

from benchmarks.course import columns, evaluation, images, losses, tables, texts
from benchmarks.course.entries import imports, source

# Read once, when the modules are imported: the page gets the code that ran.
TEXTS = {
    module.__name__.rpartition(".")[2]: inspect.getsource(module)
    for module in (tables, losses, images, texts, columns, evaluation)
}
# A part of the page: its kind and name, its content, and the end mark.
PART = re.compile(r"<!-- (imports|code|entry|machine) (\w+) -->\n(.*?)<!-- end -->", re.DOTALL)
NOT_YET = "Reached: not measured yet."


def parts(text: str) -> list[tuple[str, str, str]]:
    """Give the parts of the page between marks: kind, name and content of each."""
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


def fill(page: Path, results: dict[str, str], machine: str | None = None) -> None:
    """Write code and results into the page.

    Parameters
    ----------
    page : Path
        Markdown with marks.
    results : dict of str to str
        By entry, what `reached` returned. Other entries keep their results and their code, so that
        no result stands below code that did not produce it.
    machine : str, default=None
        Machine and versions of all results; None leaves what is there.
    """

    def part(match: re.Match) -> str:
        kind, name, before = match.groups()
        body = before
        if kind == "machine":
            body = before if machine is None else f"{machine}\n"
        elif kind != "entry":
            body = code(kind, name)
        elif name in results:
            body = f"{code(kind, name)}\n{results[name]}\n"
        elif not before.strip():
            body = f"{code(kind, name)}\n{NOT_YET}\n"
        return f"<!-- {kind} {name} -->\n{body}<!-- end -->"

    page.write_text(PART.sub(part, page.read_text(encoding="utf-8")), encoding="utf-8")

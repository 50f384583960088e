"""The notebooks: stripped of results, public names only, and they run."""

import ast
import json
from pathlib import Path

import pytest

import skdense

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
notebooks = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def test_every_notebook_is_listed():
    page = (ROOT / "docs" / "notebooks.md").read_text(encoding="utf-8")
    assert {path.name for path in NOTEBOOKS} == {
        "start.ipynb",
        "compare.ipynb",
        "over-fitting.ipynb",
    }
    assert all(f"(notebooks/{path.name})" in page for path in NOTEBOOKS)


@notebooks
def test_results_and_traces_of_a_machine_are_stripped(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert notebook["metadata"]["language_info"] == {"name": "python"}
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    for cell in notebook["cells"]:
        assert cell["metadata"] == {}
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


@notebooks
def test_public_names_only(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert cells[0]["source"][0].startswith("# ")
    code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] == "skdense":
            assert node.module == "skdense"
            assert {alias.name for alias in node.names} <= set(skdense.__all__)
        elif isinstance(node, ast.Attribute):
            assert not node.attr.startswith("_")


@pytest.mark.slow
@notebooks
def test_it_runs(path, tmp_path, monkeypatch):
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    nbclient.NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    streams = [out for cell in cells for out in cell.outputs if out.output_type == "stream"]
    assert not [out.text for out in streams if out.name == "stderr"]
    assert any("image/png" in out.get("data", {}) for cell in cells for out in cell.outputs)

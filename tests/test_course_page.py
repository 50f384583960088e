"""The page of the course: its code is that of the functions measured, and these work."""

import builtins
import dis
import gzip
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

pytest.importorskip("matplotlib")
from benchmarks.course import __main__ as course
from benchmarks.course.entries import ENTRIES, Entry, reached
from benchmarks.course.images import fashion, fashion_saved
from benchmarks.course.page import NOT_YET, code, fill, parts
from benchmarks.course.tables import boston, boston_swish, spam_early_stopping, spambase
from benchmarks.course.texts import multi_hot

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "course.md"
PARTS = parts(PAGE.read_text(encoding="utf-8"))
RANDOM = np.random.default_rng(0)
LESSONS = {
    "three hidden layers": "spam_plain",
    "early stopping": "spam_early_stopping",
    "L1, L2": "spam_penalties",
    "history": "spam_history",
    "swish regression": "boston_swish",
    "batch norm, going on": "iris_batch_norm",
    "Poisson": "bike_poisson",
    "Huber": "wages_huber",
    "quantile": "wages_quantiles",
    "focal": "machines_focal",
    "optimizers": "fashion_optimizers",
    "784-10, one against the rest": "fashion_logistic",
    "28 x 28 arrays": "fashion_images",
    "dropout": "fashion_dropout",
    "checkpoint": "fashion_checkpoint",
    "patience": "fashion_patience",
    "saved and loaded": "fashion_saved",
    "two units": "mnist_plane",
    "sizes on reviews": "imdb_sizes",
    "penalties on reviews": "imdb_penalties",
    "dropout on reviews": "imdb_dropout",
    "best epochs on reviews": "imdb_retrained",
    "35 topics": "reuters_64_64",
    "two inputs": "carseats_two_inputs",
    "vector regression": "mnist_lower_half",
    "multilabel": "telephone_services",
    "hold-out": "boston_hold_out",
    "folds, once and repeated": "boston_folds",
    "in order of time": "bike_time_order",
    "missing values": "credit_missing",
    "PCA": "mnist_pca",
    "forest, stacking": "magic_forest_and_stack",
}


def test_every_lesson_is_measured_and_shown_once():
    shown = [name for kind, name, _ in PARTS if kind == "entry"]
    assert sorted(shown) == sorted(ENTRIES) == sorted(LESSONS.values())


@pytest.mark.parametrize(("kind", "name", "body"), PARTS, ids=[name for _, name, _ in PARTS])
def test_the_page_shows_what_was_measured(kind, name, body):
    if kind == "machine":
        assert "scikit-learn" in body
        assert " cores" in body
        return
    now = code(kind, name)
    assert body.startswith(now), (
        f"{name} has changed: "
        f"python -m benchmarks.course --data FOLDER --only {name} --write docs/{PAGE.name}"
    )
    if kind == "entry":
        assert body[len(now) :].startswith("\nReached")
        assert NOT_YET not in body


def global_names(function):
    """Give the names that a function looks up outside itself, in its inner functions too."""
    found = {step.argval for step in dis.get_instructions(function) if step.opname == "LOAD_GLOBAL"}
    inner = [constant for constant in function.co_consts if hasattr(constant, "co_code")]
    return found.union(*map(global_names, inner))


def test_the_page_is_complete():
    """Whoever copies its blocks from top to bottom has every name they use."""
    blocks = [code(kind, name) for kind, name, _ in PARTS if kind != "machine"]
    namespace = {"__name__": "page"}
    exec("\n".join(block.removeprefix("```python").rstrip("`\n") for block in blocks), namespace)
    known = set(namespace) | set(dir(builtins))
    functions = [each for each in namespace.values() if getattr(each, "__module__", "") == "page"]
    assert len(functions) > len(LESSONS)
    for function in functions:
        assert not global_names(function.__code__) - known, function.__name__


def test_a_run_fills_its_own_part_of_the_page_and_no_other(tmp_path):
    page = tmp_path / "page.md"
    empty = "# A\n<!-- entry {} -->\n{}<!-- end -->\n"
    page.write_text(
        empty.format("spam_plain", "") + empty.format("boston_swish", "as it was\n") + "the end\n"
    )
    fill(page, {"spam_plain": "Reached: accuracy **0.9**."})
    text = page.read_text()
    assert "def spam_plain(X_train, X_test, y_train, y_test):" in text
    assert "@entry" not in text
    assert "Reached: accuracy **0.9**.\n<!-- end -->" in text
    assert "<!-- entry boston_swish -->\nas it was\n<!-- end -->\nthe end\n" in text
    fill(page, {"spam_plain": "Reached: accuracy **0.9**."})
    assert page.read_text() == text


def test_figures_become_a_line_or_a_table():
    line = reached({"accuracy": np.float64(0.9455), "epochs": 12, "same": True})
    assert line == "Reached: accuracy **0.946**, epochs **12**, same **yes**."
    table = reached({"a": {"error": 9.5, "n": 7}, "b": {"error": 1234.56}})
    assert table.splitlines() == [
        "Reached:",
        "",
        "|  | error | n |",
        "| --- | --- | --- |",
        "| a | 10 | 7 |",
        "| b | 1,235 |  |",
    ]


def test_one_failure_does_not_end_the_run_and_is_told(tmp_path, monkeypatch, capsys):
    def bad():
        raise ValueError("no such thing")

    entries = {
        "bad": Entry(bad, lambda folder: ()),
        "no_data": Entry(len, lambda folder: (folder / "none").read_text()),
        "good": Entry(lambda: {"epochs": 3}, lambda folder: ()),
    }
    monkeypatch.setattr(course, "ENTRIES", entries)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["course.py", "--data", str(tmp_path)])
    with pytest.raises(SystemExit, match=r"bad, no_data\.$") as ended:
        course.main()
    assert ended.value.code  # text: status 1
    printed = capsys.readouterr()
    assert "Reached: epochs **3**" in printed.out
    assert "no such thing" in printed.err


def test_sparse_words():
    words, lengths = np.array([5, 9, 5, 0, 7], "uint16"), np.array([3, 0, 2], "uint16")
    table = multi_hot(words, lengths)
    assert table.shape == (3, 10_000)
    assert [list(row.nonzero()[0]) for row in table.toarray()] == [[5, 9], [], [0, 7]]
    assert table.max() == 1


def test_images_are_read(tmp_path):
    pixels = {"train": RANDOM.integers(0, 256, (6, 28, 28), "uint8")}
    pixels["t10k"] = pixels["train"][:2]
    (tmp_path / "fashion").mkdir()
    for part, images in pixels.items():
        files = {
            f"{part}-images-idx3-ubyte.gz": bytes(16) + images.tobytes(),
            f"{part}-labels-idx1-ubyte.gz": bytes(8) + images[:, 0, 0].tobytes(),
        }
        for name, content in files.items():
            (tmp_path / "fashion" / name).write_bytes(gzip.compress(content))
    X_train, X_test, y_train, y_test = fashion(tmp_path)
    assert np.allclose(X_train * 255, pixels["train"])
    assert X_test.shape == (2, 28, 28)
    assert y_train.tolist() == pixels["train"][:, 0, 0].tolist()
    assert y_test.tolist() == y_train[:2].tolist()


def made_table(path, n_samples=120):
    X = pd.DataFrame(RANDOM.normal(size=(n_samples, 13)), columns=[f"x{i}" for i in range(13)])
    X.assign(target=(X["x0"] > 0).astype(int)).to_csv(path, index=False)


def test_tables_are_read_and_learned_from(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made_table(tmp_path / "spambase.csv.gz")
    made_table(tmp_path / "boston.csv.gz")
    data = spambase(tmp_path)
    assert [len(part) for part in data] == [90, 30, 90, 30]
    results = spam_early_stopping(*data)
    assert 0 < results["best epoch"] <= results["stopped after"]
    results = boston_swish(*boston(tmp_path))
    assert results["weights"] == 13 * 64 + 64 + 64 * 64 + 64 + 64 + 1
    assert results["test R²"] > 0


def test_a_saved_network_of_the_course_is_the_same_network(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    X = RANDOM.random((80, 28, 28), "float32")
    data = train_test_split(X, np.arange(80) % 10, random_state=0)
    results = fashion_saved(*data)
    assert results["same probabilities, bit by bit"] is True
    assert results["kilobytes"] > 400

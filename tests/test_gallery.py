"""The gallery: every story is one, runs, and says what is true; every page is found."""

import ast
import re
import runpy
import tomllib
from pathlib import Path

import numpy as np
import pytest

import skdense

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
STORIES = sorted((DOCS / "gallery").glob("*.py"))
stories = pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)


def test_stories_are_numbered():
    numbers = [re.fullmatch(r"plot_(\d\d)_\w+", path.stem)[1] for path in STORIES]
    assert [int(number) for number in numbers] == list(range(1, len(STORIES) + 1))
    assert (DOCS / "gallery" / "GALLERY_HEADER.rst").exists()


@stories
def test_a_story_has_title_prose_code_and_pictures(path):
    text = path.read_text(encoding="utf-8")
    title, line, blank, *idea = ast.get_docstring(ast.parse(text)).splitlines()
    assert line == "=" * len(title)
    assert not blank
    assert idea
    cells = text.split("\n# %%\n")[1:]
    assert len(cells) >= 2
    assert all(cell.startswith("# ") for cell in cells), "a cell begins with prose"
    assert "plt.show()" in text
    assert "print(" in text, "figures are printed, never written into the prose"
    assert 40 <= len(text.splitlines()) <= 95


@stories
def test_a_story_uses_public_names_only(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] == "skdense":
            assert node.module == "skdense"
            assert {alias.name for alias in node.names} <= set(skdense.__all__)
        elif isinstance(node, ast.Import):
            assert all("skdense." not in alias.name for alias in node.names)
        elif isinstance(node, ast.Attribute):
            assert not node.attr.startswith("_")


@pytest.fixture
def conf(monkeypatch):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")  # conf.py would leave it set
    return runpy.run_path(str(DOCS / "conf.py"))


def test_what_conf_names_exists(conf):
    gallery = conf["sphinx_gallery_conf"]
    assert (DOCS / gallery["examples_dirs"]).is_dir()
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert {f"docs/{gallery['gallery_dirs']}/", "docs/_build/"} <= set(ignored)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extra = " ".join(project["optional-dependencies"]["docs"]).replace("-", "_")
    used = {name.partition(".")[0] for name in conf["extensions"]}
    assert all(name in extra for name in {*used, conf["html_theme"]})


def test_members_of_other_libraries_stay_out_of_the_reference(conf):
    def is_left_out(name):
        member = getattr(skdense.DenseClassifier, name)
        return conf["is_foreign"](None, "class", name, member, False, {})

    assert not is_left_out("fit")
    assert is_left_out("get_params")


def contents(index):
    """Pages in the tables of contents of a page."""
    text = index.read_text(encoding="utf-8")
    trees = re.findall(r"```\{toctree\}\n(.*?)```", text, flags=re.DOTALL)
    return {line for tree in trees for line in tree.split("\n") if line and line[0] != ":"}


def pages(folder):
    return {path.stem for path in [*folder.glob("*.md"), *folder.glob("*.rst")]} - {"index"}


def test_every_page_is_in_the_contents():
    below = {"auto_gallery/index", "integrations/index"}
    assert contents(DOCS / "index.md") == pages(DOCS) | below
    assert contents(DOCS / "integrations" / "index.md") == pages(DOCS / "integrations")


def test_the_reference_has_every_public_name():
    text = (DOCS / "reference.rst").read_text(encoding="utf-8")
    found = re.findall(r"^\.\. (?:auto(?:class|function)|py:data):: (\w+)$", text, re.MULTILINE)
    assert sorted(found) == sorted(skdense.__all__)


def falls(values):
    return bool(np.all(np.diff(values) < 0))


def too_many_epochs(s):
    train, held_out = s["train"], s["held_out"]
    assert s["best"] < 30
    assert train[-1] == min(train) < 0.1
    assert held_out[-1] > 1.3 * held_out[s["best"] - 1]
    assert "over-fitting" in s["diagnose"](s["model"], s["X"], s["y"]).names


def early_stopping(s):
    assert all(model[-1].n_iter_ < 100 for model in s["stopped_models"])
    assert (s["stopped"] < s["all_epochs"]).mean() >= 0.9
    assert s["stopped"].mean() < 0.95 * s["all_epochs"].mean()


def capacity(s):
    assert falls(s["train"])
    assert 0 < s["test"].argmin() < len(s["SIZES"]) - 1
    assert s["test"][-1] > 1.3 * s["test"].min()


def l1_and_l2(s):
    none, l2, l1 = s["penalties"]
    assert s["near_zero"][l1] > 0.7 > 0.4 > s["near_zero"][l2] > s["near_zero"][none]
    assert s["train"][none] > max(s["train"][l1], s["train"][l2])
    assert s["test"][none] < min(s["test"][l1], s["test"][l2])
    lengths = {name: np.linalg.norm(net.coefs_[0], axis=1) for name, net in s["nets"].items()}
    assert (lengths[l2] < lengths[none]).all()
    assert lengths[l1][4:].max() < lengths[l1][:4].min()


def dropout(s):
    rates = s["RATES"]
    assert falls([-s["last"](rate, "loss") for rate in rates])
    assert falls([s["last"](rate, "val_loss") for rate in rates])
    assert falls([-s["results"][rate]["test_score"].mean() for rate in rates])


def batch_norm(s):
    last = {key: net.loss_curve_[-1] for key, net in s["nets"].items()}
    assert abs(last[2, True] - last[2, False]) < 0.1
    assert falls([-last[depth, False] for depth in s["DEPTHS"]])
    assert min(s["nets"][8, False].loss_curve_[:4]) > 2.25
    assert max(last[depth, True] for depth in s["DEPTHS"]) < 0.3
    assert s["accuracy"][8, False] < 0.5 < 0.9 < s["accuracy"][8, True]


def batch_size(s):
    assert falls([s["mean_change"][size] for size in s["BATCHES"]])
    assert s["mean_change"][2] > 5 * s["mean_change"][16]
    assert falls([-s["nets"][size].loss_curve_[-1] for size in s["BATCHES"]])


def activations(s):
    assert s["error"]["linear"] > 0.5 > 0.15 > s["error"]["relu"] > s["error"]["tanh"]
    assert min(s["deep"]["sigmoid"].loss_curve_[:35]) > 0.95
    assert s["deep"]["relu"].loss_curve_[-1] < 0.15
    assert np.ptp(np.diff(s["nets"]["linear"].predict(s["grid"]))) < 1e-5


def optimizers(s):
    low = {
        name: np.array([losses[rate].min() for rate in s["RATES"]])
        for name, losses in s["losses"].items()
    }
    table = np.array(list(low.values()))
    at_best, at_one_rate = table.min(axis=1), table.max(axis=0) / table.min(axis=0)
    assert s["best"]["SGD"] >= 10 * max(s["best"]["RMSprop"], s["best"]["Adam"])
    assert at_best.max() / at_best.min() < 0.6 * at_one_rate.min()


def learning_rates(s):
    slow, good, fast = (model[-1].history_ for model in s["models"].values())
    for key in ("loss", "val_loss"):
        assert good[key][-1] < fast[key][-1] < slow[key][-1]
        assert np.abs(np.diff(fast[key][10:])).mean() > 5 * np.abs(np.diff(good[key][10:])).mean()
    mean = s["test"].mean(axis=1)
    assert 1e-4 < s["best"] < 1e-2
    assert max(mean[0], mean[-1]) < 0.3 < mean.max()


def folds_and_seeds(s):
    seeds, rows, folds, repeated = s["spread"].values()
    assert rows > seeds > folds > repeated > 0
    assert rows > 3 * folds


def nested_cross_validation(s):
    search, nested, test = s["results"].T
    assert search.min() > 0.5
    assert search.mean() > 0.55 > nested.mean()
    assert nested.min() < 0.5 < nested.max()
    assert np.abs(test - 0.5).max() < 0.06 < np.ptp(nested)


def clock_hands(s):
    line, network, with_angles, line_with_angles = s["errors"].values()
    assert min(line) > 60
    assert network[0] > 60 > 10 > network[-1]
    assert all(np.array(with_angles) < np.array(network) / 3)
    assert max(line_with_angles) < 0.01


def drift(s):
    last = {name: np.mean(values[-3:]) for name, values in s["accuracy"].items()}
    assert s["accuracy"]["frozen"][-1] < 0.5
    assert last["frozen"] < last["partial_fit"] < last["all months"] < last["warm_start"]
    assert min(s["accuracy"]["warm_start"]) > 0.78


# What the prose of each story says, in its own variables.
CLAIMS = (
    too_many_epochs,
    early_stopping,
    capacity,
    l1_and_l2,
    dropout,
    batch_norm,
    batch_size,
    activations,
    optimizers,
    learning_rates,
    folds_and_seeds,
    nested_cross_validation,
    clock_hands,
    drift,
)


def test_every_story_has_claims():
    assert [path.stem[8:] for path in STORIES] == [claim.__name__ for claim in CLAIMS]


@pytest.mark.slow
@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.__name__)
def test_a_story_runs_and_its_prose_is_true(claim, monkeypatch):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    pictures = []

    def show():
        pictures.extend(plt.get_fignums())
        plt.close("all")

    monkeypatch.setattr(plt, "show", show)
    (path,) = (DOCS / "gallery").glob(f"plot_??_{claim.__name__}.py")
    namespace = runpy.run_path(str(path), run_name="__main__")
    assert pictures
    assert not plt.get_fignums(), "a picture was not shown"
    claim(namespace)

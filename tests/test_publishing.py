"""What a release rests on: one version, a changelog in form, workflows that pin what they run."""

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

import skdense

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
workflows = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def load_script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


release_tag = load_script("release_tag")


def test_the_version_has_one_place():
    assert "version" not in PROJECT["project"]
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["hatch"]["version"] == {"path": "skdense/__init__.py"}
    assert release_tag.version() == skdense.__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev0|rc\d+)?", skdense.__version__)


def test_the_changelog_has_one_unreleased_section_on_top_and_dates_below():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert text.lower().count("## [unreleased]") <= 1
    unreleased, releases = release_tag.changelog()
    versions = [tuple(map(int, version.split("."))) for version, _ in releases]
    dates = [date for _, date in releases]
    assert unreleased or versions
    assert versions == sorted(set(versions), reverse=True)
    assert dates == sorted(dates, reverse=True)
    kinds = set(re.findall(r"^### (.+)$", text, flags=re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


@pytest.fixture
def release(tmp_path):
    """Make the files of a release 1.2.3, on which nothing is to be said against."""
    (tmp_path / "skdense").mkdir()
    files = {
        "skdense/__init__.py": '__version__ = "1.2.3"\n',
        "CHANGELOG.md": "# Changelog\n\n## [1.2.3] - 2030-01-02\n\n## [1.2.2] - 2030-01-01\n",
        "pyproject.toml": "[project.urls]\n"
        + "".join(f'{name} = "x"\n' for name in release_tag.ADDRESSES),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_tag_that_agrees_with_everything(release):
    assert release_tag.complaints("v1.2.3", release) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("skdense/__init__.py", "1.2.3", "1.2.4", ["tag 'v1.2.3'", "newest release"]),
        ("CHANGELOG.md", "## [1.2.3] - 2030-01-02", "## [Unreleased]", ["still has", "newest"]),
        ("CHANGELOG.md", "[1.2.3]", "[1.2.4]", ["newest release"]),
        ("pyproject.toml", 'Issues = "x"\n', "", ["lacks Issues"]),
    ],
)
def test_a_tag_that_disagrees(release, file, old, new, words):
    text = (release / file).read_text(encoding="utf-8")
    assert old in text
    (release / file).write_text(text.replace(old, new), encoding="utf-8")
    found = release_tag.complaints("v1.2.3", release)
    assert len(found) == len(words)
    assert all(word in text for word, text in zip(words, found, strict=True))


def test_an_undated_release_is_none(release):
    (release / "CHANGELOG.md").write_text("## [1.2.3] - unreleased\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"no '\[1\.2\.3\] - date'"):
        release_tag.complaints("v1.2.3", release)


def test_licence_and_authors_are_the_same_everywhere():
    project = PROJECT["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert project["license"] == citation["license"] == "BSD-3-Clause"
    assert project["license-files"] == ["LICENSE"]
    assert project["authors"] == citation["authors"] == [{"name": "the skdense developers"}]
    assert "the skdense developers" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert not [text for text in project["classifiers"] if text.startswith("License ::")]


def test_the_citation_has_what_its_format_asks_for():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    # The version has one place, and this file would be a second.
    assert not {"version", "date-released"} & set(citation)


@workflows
def test_workflows_pin_actions_and_may_only_read(path):
    text = path.read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        assert job.get("permissions", {"id-token": "write"}) == {"id-token": "write"}
        assert ("permissions" in job) == ((path.stem, name) == ("release", "publish"))
        assert job["timeout-minutes"] <= 180
        assert not str(job["runs-on"]).endswith("latest")
    used = re.findall(r"uses: (.*)", text)
    assert used
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_one_hash_for_each_action():
    text = "".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    pins = set(re.findall(r"uses: (\S+)@(\S+)", text))
    assert len({name for name, _ in pins}) == len(pins)


@workflows
def test_what_workflows_make_exists(path):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for line in re.findall(r"run: make (.*)", path.read_text(encoding="utf-8")):
        for target in (word for word in line.split() if "=" not in word):
            assert re.search(rf"^{re.escape(target)}:", makefile, flags=re.MULTILINE), target


def test_each_python_has_a_job():
    job = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text(encoding="utf-8"))["jobs"]
    classifiers = re.findall(r"Python :: (3\.\d+)", " ".join(PROJECT["project"]["classifiers"]))
    assert job["linux"]["strategy"]["matrix"]["python"] == classifiers
    assert PROJECT["project"]["requires-python"] == ">=3.11,<3.14"
    assert classifiers == ["3.11", "3.12", "3.13"]


def test_each_lower_bound_is_in_the_oldest_versions():
    extras = PROJECT["project"]["optional-dependencies"]
    bounded = {
        name for name, needs in extras.items() if any(">=" in requirement for requirement in needs)
    }
    text = (ROOT / ".ci" / "oldest.py").read_text(encoding="utf-8")
    assert bounded == set(re.findall(r'"(\w+)"', re.search(r"EXTRAS = \((.*)\)", text)[1]))
    assert f"skdense[{','.join(sorted(bounded))}]" == "skdense[compare,onnx,parquet,plot]"
    (all_of_them,) = [each for each in extras["dev"] if each.startswith("skdense[")]
    assert set(re.findall(r"\w+", all_of_them)) - {"skdense"} == bounded


@pytest.mark.parametrize("name", ["SECURITY.md", "CODE_OF_CONDUCT.md", "RELEASING.md"])
def test_links_of_the_other_pages_lead_somewhere(name):
    links = re.findall(r"\]\(([^)\s]+)\)", (ROOT / name).read_text(encoding="utf-8"))
    assert all(link.startswith("https://") or (ROOT / link).exists() for link in links)


@pytest.mark.parametrize("path", sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("[!c]*.yml")))
def test_issue_forms_are_forms(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {"name", "description", "body"} <= set(form)
    kinds = {"checkboxes", "dropdown", "input", "markdown", "textarea"}
    assert {part["type"] for part in form["body"]} <= kinds
    identifiers = [part["id"] for part in form["body"] if part["type"] != "markdown"]
    assert len(set(identifiers)) == len(identifiers)


def test_hooks_are_local_and_run_what_make_check_runs():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    (repository,) = config["repos"]
    assert repository["repo"] == "local"
    entries = [hook["entry"].removeprefix("python -m ").split()[0] for hook in repository["hooks"]]
    check = re.search(r"^check:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text("utf-8"), re.M)[1]
    assert list(dict.fromkeys(entries)) == list(
        dict.fromkeys(re.findall(r"\$\(BIN\)/(\w+)", check))
    )
    assert all(hook["language"] == "system" for hook in repository["hooks"])

"""The house rules, read from the source: who may import whom, how long a file may be."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import skdense

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "skdense"
LOBBY = {"skdense.architecture", "skdense.program_cache", "skdense.startup"}
ENGINE_ONLY = {"keras", "tensorflow"}
# Extras: never needed to import the package.
LAZY = {"matplotlib", "onnx", "pyarrow", "scikeras", "skl2onnx"}
# The one door to scikeras. Its classes inherit from scikeras's, so it imports that at once, and
# TensorFlow with it; the package makes its names when they are asked for.
SCIKERAS_DOOR = "skdense.networks"
# The modules behind that door. They start the engine when they are imported.
STARTS_THE_ENGINE = {SCIKERAS_DOOR, "skdense.own_network"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def in_engine(module: str) -> bool:
    return f"{module}.".startswith("skdense.engine.")


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def imports(node: ast.AST, lazy: bool = True) -> Iterator[str]:
    """Yield full names of what is imported at run time; with `lazy`, inside functions too."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "relative import"
            assert child.module is not None
            for alias in child.names:
                full = f"{child.module}.{alias.name}"
                yield full if full in MODULES else child.module
        elif is_type_checking(child):
            yield from (name for other in child.orelse for name in imports(other, lazy))
        elif lazy or not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from imports(child, lazy)


def third_party(module: str, lazy: bool = True) -> set[str]:
    return {name.partition(".")[0] for name in imports(TREES[module], lazy)}


def own(module: str) -> set[str]:
    return {name for name in imports(TREES[module]) if name.partition(".")[0] == "skdense"}


@pytest.mark.parametrize("module", MODULES)
def test_only_the_engine_speaks_keras(module):
    if not in_engine(module):
        assert not third_party(module) & ENGINE_ONLY


@pytest.mark.parametrize("module", [name for name in MODULES if in_engine(name)])
def test_the_engine_knows_nothing_above_it(module):
    assert "sklearn" not in third_party(module)
    assert {name for name in own(module) if not in_engine(name)} <= LOBBY


@pytest.mark.parametrize("module", MODULES)
def test_optional_packages_are_imported_where_they_are_used(module):
    allowed = {"scikeras"} if module == SCIKERAS_DOOR else set()
    assert not (third_party(module, lazy=False) & LAZY) - allowed


@pytest.mark.parametrize("module", MODULES)
def test_one_door_to_scikeras(module):
    assert ("scikeras" in third_party(module)) == (module == SCIKERAS_DOOR)


@pytest.mark.parametrize("module", [name for name in MODULES if not in_engine(name)])
def test_the_engine_is_started_when_needed(module):
    at_once = set(imports(TREES[module], lazy=False))
    starts = any(in_engine(name) for name in at_once) or at_once & STARTS_THE_ENGINE
    assert bool(starts) == (module in STARTS_THE_ENGINE)


@pytest.mark.parametrize("module", MODULES)
def test_nobody_imports_from_the_front_door(module):
    assert "skdense" not in own(module)


def test_no_import_cycle():
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module not in done:
            for other in sorted(own(module)):
                visit(other, (*path, module))
            done.add(module)

    for module in MODULES:
        visit(module, ())


def code_lines(module: str) -> int:
    """Count the lines that are neither blank nor part of a docstring."""
    lines = MODULES[module].read_text(encoding="utf-8").splitlines()
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            text = node.body[0]
            lines[text.lineno - 1 : text.end_lineno] = [""] * (text.end_lineno - text.lineno + 1)
    return sum(bool(line.strip()) for line in lines)


@pytest.mark.parametrize("module", MODULES)
def test_files_stay_short(module):
    assert code_lines(module) <= 260


@pytest.mark.parametrize(
    "path", sorted((ROOT / "benchmarks").glob("[!_]*.py")), ids=lambda p: p.name
)
def test_benchmarks_fit_on_a_page(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 100


def test_public_names_exist_and_are_documented():
    assert all(hasattr(skdense, name) for name in skdense.__all__)
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    # The order of __all__ is ruff's to check (RUF022): constants first, so not that of sorted().
    assert sorted(re.findall(r"^### `(\w+)`", text, flags=re.MULTILINE)) == sorted(skdense.__all__)


def parameter_texts(cls: type) -> dict[str, str]:
    """Split the section Parameters of a class docstring: name -> type line and text."""
    section = re.search(
        r"Parameters\n-+\n(.*?)\n\nAttributes", inspect.getdoc(cls), flags=re.DOTALL
    )
    pieces = re.split(r"^(\w+) : ", section[1], flags=re.MULTILINE)[1:]
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


# Where the two estimators differ, they have to.
DIFFERENT = {"hidden_layer_sizes", "loss", "validation_fraction"}


def test_shared_parameters_have_one_text():
    ours = parameter_texts(skdense.DenseClassifier)
    others = parameter_texts(skdense.DenseRegressor)
    shared = [name for name in ours if name in others]
    assert set(ours) ^ set(others) == {
        "class_weight",
        "label_smoothing",
        "quantile",
        "scale_target",
    }
    assert {name for name in shared if ours[name].strip() != others[name].strip()} <= DIFFERENT


def test_shared_parameters_of_the_networks_have_one_text():
    ours = parameter_texts(skdense.NetworkClassifier)
    others = parameter_texts(skdense.NetworkRegressor)
    assert set(ours) ^ set(others) == {"class_weight"}
    different = {name for name in others if ours[name].strip() != others[name].strip()}
    assert different <= {"model", "outputs", "validation_split"}


@pytest.mark.parametrize("name", ["NetworkClassifier", "NetworkRegressor"])
def test_parameters_of_the_networks_are_documented_in_order(name):
    cls = getattr(skdense, name)
    texts = parameter_texts(cls)
    named = [p for p in inspect.signature(cls).parameters.values() if p.kind is not p.VAR_KEYWORD]
    assert list(texts) == [parameter.name for parameter in named]
    for parameter in named:
        quote = '"' if isinstance(parameter.default, str) else ""
        assert f"default={quote}{parameter.default}{quote}\n" in texts[parameter.name], parameter


@pytest.mark.parametrize("cls", [skdense.DenseClassifier, skdense.DenseRegressor])
def test_parameters_are_documented_in_order_with_their_defaults(cls):
    signature = inspect.signature(cls)
    texts = parameter_texts(cls)
    assert list(texts) == list(signature.parameters)
    for name, parameter in signature.parameters.items():
        shown = (
            f'"{parameter.default}"' if isinstance(parameter.default, str) else parameter.default
        )
        assert f"default={shown}\n" in texts[name], name


def test_the_table_of_parameters_shows_the_defaults():
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", text, flags=re.MULTILINE))
    defaults = {
        name: f'"{parameter.default}"'
        if isinstance(parameter.default, str)
        else repr(parameter.default)
        for cls in (skdense.DenseClassifier, skdense.DenseRegressor)
        for name, parameter in inspect.signature(cls).parameters.items()
    }
    assert shown == defaults


def test_no_path_of_somebodys_machine():
    mark = re.compile(r"(?<![\w.])/(?:home|Users|root|work|tmp|opt|mnt)/\w")
    kinds = {".py", ".md", ".toml", ".yml", ".yaml", ".txt", ".cfg", ".sh", ""}
    folders = [ROOT / name for name in ("skdense", "tests", "docs", "benchmarks", ".ci")]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    files += [path for path in ROOT.iterdir() if path.is_file()]
    found = []
    for path in files:
        if path.suffix in kinds and "__pycache__" not in path.parts:
            found += [f"{path}: {m}" for m in mark.findall(path.read_text(encoding="utf-8"))]
    assert not found

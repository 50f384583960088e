"""The rules of the package's structure, read from the source: who may import whom."""

import ast
import functools
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

import skdense

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "skdense"
# From the lowest to the highest: each imports from those before it and from itself.
ORDER = (
    "networks",
    "engine",
    "preprocessing",
    "callbacks",
    "schedules",
    "estimators",
    "inspection",
    "persistence",
    "model_selection",
    "cluster",
    "cli",
    "__main__",
    "__init__",
)
ENGINE_ONLY = {"keras", "tensorflow"}
TENSORFLOW = "skdense.engine._tensorflow"
# Extras: never needed to import the package.
LAZY = {"dask", "distributed", "matplotlib", "onnx", "onnxruntime", "optuna", "pandas", "pyarrow"}
LAZY |= {"ray", "skl2onnx", "skrub"}
# Who fits a custom model has imported Keras to build it; the package makes these names when they
# are asked for.
NEEDS_TENSORFLOW = {
    f"skdense.estimators.{name}"
    for name in (
        "fitted_model",
        "network_base",
        "network_classifier",
        "network_regressor",
        "parameter_routing",
    )
}
COMPAT = {"skdense.preprocessing._compat", "skdense.engine._compat"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@functools.cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def part_of(module: str) -> str:
    """Name the entry of the package that a module is in."""
    return module.split(".")[1] if "." in module else "__init__"


ENGINE = [name for name in MODULES if part_of(name) == "engine"]


def offenders(
    found_in: Callable[[str], set[str]], modules: Iterable[str] = MODULES
) -> dict[str, set[str]]:
    """Name the modules that break a rule, each with what breaks it there."""
    found = {module: found_in(module) for module in modules}
    return {module: names for module, names in found.items() if names}


def imports(node: ast.AST, lazy: bool = True, typing: bool = True) -> Iterator[str]:
    """Yield full names of what is imported.

    With `lazy`, also inside functions; with `typing`, for type checking, too. Without both, what
    happens when the module is imported.
    """
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "relative import"
            assert child.module is not None
            for alias in child.names:
                full = f"{child.module}.{alias.name}"
                yield full if full in MODULES else child.module
        elif isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            if typing:
                yield from imports(child, lazy, typing)
        elif lazy or not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from imports(child, lazy, typing)


def third_party(module: str, lazy: bool = True) -> set[str]:
    names = imports(tree_of(module), lazy, typing=lazy)
    return {name.partition(".")[0] for name in names}


def own(module: str, lazy: bool = True) -> set[str]:
    names = imports(tree_of(module), lazy, typing=lazy)
    return {name for name in names if name.partition(".")[0] == "skdense"}


def test_a_dozen_entries_and_the_cluster():
    entries = {path.name for path in PACKAGE.iterdir()} - {"__pycache__", "py.typed"}
    assert {entry.removesuffix(".py") for entry in entries} == set(ORDER)
    assert len(entries) <= 13


def test_imports_go_downwards():
    def upwards(module: str) -> set[str]:
        place = ORDER.index(part_of(module))
        return {name for name in own(module) if ORDER.index(part_of(name)) > place}

    assert not offenders(upwards)


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


def test_nobody_imports_from_the_package_itself():
    packages = {name for name, path in MODULES.items() if path.name == "__init__.py"}
    assert not offenders(lambda module: own(module) & packages)


def test_keras_and_tensorflow_come_through_one_module():
    allowed = {TENSORFLOW: ENGINE_ONLY, "skdense.engine._compat": {"tensorflow", "keras"}}

    def besides(module: str) -> set[str]:
        found = {name.partition(".")[0] for name in imports(tree_of(module), typing=False)}
        return found & ENGINE_ONLY - allowed.get(module, set())

    assert not offenders(besides)
    assert not offenders(lambda module: own(module) & {TENSORFLOW}, MODULES.keys() - set(ENGINE))


def test_the_engine_knows_no_scikit_learn():
    assert not offenders(lambda module: third_party(module) & {"sklearn"}, ENGINE)


def starts_tensorflow(module: str) -> bool:
    """Tell whether importing a module imports TensorFlow."""
    reached, waiting = set(), [module]
    while waiting:
        current = waiting.pop()
        reached.add(current)
        waiting += own(current, lazy=False) - reached
    return TENSORFLOW in reached


def test_tensorflow_is_imported_when_it_is_needed():
    starting = {name for name in MODULES.keys() - set(ENGINE) if starts_tensorflow(name)}
    assert starting == NEEDS_TENSORFLOW


def test_optional_packages_are_imported_where_they_are_used():
    assert not offenders(lambda module: third_party(module, lazy=False) & LAZY)


def test_scikeras_is_an_oracle_only():
    assert not offenders(lambda module: third_party(module) & {"scikeras"})


def private_imports(module: str) -> set[str]:
    """Private names of other packages that a module imports."""
    found = set()
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.ImportFrom) and not node.module.startswith("skdense"):
            names = [*node.module.split("."), *(alias.name for alias in node.names)]
            if node.module != "__future__" and any(name.startswith("_") for name in names):
                found.add(ast.unparse(node))
    return found


def test_private_names_of_other_packages_stand_in_one_place():
    assert not offenders(private_imports, MODULES.keys() - COMPAT)


def private_names(module: str) -> set[str]:
    """Private attributes of other objects that a module uses, by a dot or as a text."""
    found = set()
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) not in ("self", "cls"):
            found.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return {name for name in found if re.fullmatch(r"_[a-z]\w*", name)}


def test_private_attributes_of_keras_stand_in_one_place():
    # A named tuple's _replace is public.
    assert not offenders(lambda module: private_names(module) - {"_replace"}, set(ENGINE) - COMPAT)


def test_every_module_has_its_tests():
    """The tests of skdense/engine/padding.py are in tests/engine/test_padding.py, or listed."""
    listed = [name for names in TESTED_ELSEWHERE.values() for name in names.split()]
    paths = {path.relative_to(PACKAGE).with_suffix("") for path in MODULES.values()}
    modules = {".".join(path.parts) for path in paths if path.name != "__init__"}
    without = {name for name in modules if not mirrored(name).exists()}
    assert sorted(listed) == sorted(without)
    assert all((ROOT / "tests" / file).exists() for file in TESTED_ELSEWHERE)


def mirrored(module: str) -> Path:
    *folders, name = module.split(".")
    return ROOT.joinpath("tests", *folders, f"test_{name}.py")


# Modules without a test file of their own, by the file that tests them: parts of a whole that has
# a meaning, and an oracle to compare it with, only as a whole.
TESTED_ELSEWHERE = {
    "test_cli.py": "__main__ model_selection.input_error",
    "test_structure.py": "preprocessing._compat",
    "callbacks/test_scorers.py": "callbacks.time_limit estimators.fit_callbacks",
    "callbacks/test_sklearn_callbacks.py": "callbacks.fit_logging",
    "engine/custom_model/test_model.py": "engine.custom_model.description "
    "engine.custom_model.keras_objects engine.custom_model.output networks.network_description "
    "engine.custom_model.program engine.custom_model.training",
    "engine/test_padded_data.py": "engine.batch_slicing engine.row_transformation",
    "engine/test_early_stopping.py": "engine.training_record engine.callback_list engine.epoch",
    "engine/test_inference.py": "engine.activations",
    "engine/test_keras_pickling.py": "estimators.keras_parameters",
    "engine/test_metrics.py": "engine.validation_outputs",
    "engine/test_learning_rates.py": "engine.plateau",
    "engine/test_losses.py": "engine.quantile_loss",
    "engine/test_program_cache.py": "engine.program_key",
    "engine/test_residual.py": "engine.layers",  # and test_dropout.py, test_input_noise.py
    "engine/test_startup.py": "engine._tensorflow",
    "engine/test_training.py": "engine.optimizers engine.penalties "
    "engine.program engine.program_inputs engine.settings engine.trainable_network "
    "engine.training_result",
    "estimators/test_checkpoint.py": "engine.checkpoint engine.content_key",
    "estimators/test_column_selection.py": "estimators.network_data estimators.outputs",
    "estimators/test_html_view.py": "estimators.losses_view",
    "estimators/test_lr_schedule.py": "schedules",
    "estimators/test_members.py": "estimators.ensemble persistence.members",
    "estimators/test_networks.py": "estimators.network_classifier estimators.network_regressor "
    "estimators.scikeras_names "
    "estimators.fitted_model estimators.match_outputs engine._compat estimators.network_base ",
    "estimators/test_scale_features.py": "engine.input_layers preprocessing.input_transformation",
    "estimators/test_sklearn_checks.py": "estimators.base estimators.classifier "
    "estimators.regressor",
    "estimators/test_warm_start_and_partial_fit.py": "estimators.fitted_state "
    "estimators.prepared_data",
    "preprocessing/test_feature_scaling.py": "preprocessing.chunks preprocessing.sorted_columns",
    "preprocessing/test_validation_split.py": "preprocessing.fit_arguments",
    "inspection/test_diagnose.py": "inspection.check_inputs inspection.checks "
    "inspection.fitted_network",
    "persistence/test_damaged_files.py": "engine.archive persistence.fitted_state",
    "persistence/test_releases.py": "engine.versions",
    "persistence/test_onnx.py": "persistence.onnx_graph",
    "persistence/test_save_load.py": "engine.keras_serialization persistence.deserialization "
    "persistence.history persistence.inputs persistence.serialization",
}


def test_one_public_class_to_a_file():
    several = {module: names for module in MODULES if len(names := public_classes(module)) > 1}
    assert several.keys() == SEVERAL_CLASSES.keys(), several


def public_classes(module: str) -> list[str]:
    return [
        node.name
        for node in tree_of(module).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not is_record(node)
    ]


def is_record(node: ast.ClassDef) -> bool:
    """Tell whether a class only holds values, or is an error: small, and at home beside others."""
    bases = {ast.unparse(base) for base in node.bases}
    return bool(node.decorator_list) or bool(bases & {"NamedTuple", "Exception", "RuntimeError"})


# Modules with several public classes, and why.
SEVERAL_CLASSES = {
    "skdense.schedules": "three small ones of one kind, public under this name",
    "skdense.callbacks.sklearn_callbacks": "the task of a fit, and the tasks of its epochs",
    "skdense.engine.layers": "the layers of the training model",
    "skdense.engine.custom_model.program": "the program of a model and its layers",
}


SCRIPTS = [
    *sorted((ROOT / "benchmarks").glob("[!_]*.py")),
    ROOT / "benchmarks" / "course" / "__main__.py",
]


def test_benchmarks_fit_on_a_page():
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in SCRIPTS}
    assert not {name: length for name, length in lengths.items() if length > 100}


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
DIFFERENT = {"dtype", "hidden_layer_sizes", "loss", "monitor", "validation_fraction"}


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
    made = {".git", ".coverage"}
    files += [path for path in ROOT.iterdir() if path.is_file() and path.name not in made]
    found = []
    for path in files:
        if path.suffix in kinds and not {"__pycache__", "_build"} & set(path.parts):
            found += [f"{path}: {m}" for m in mark.findall(path.read_text(encoding="utf-8"))]
    assert not found

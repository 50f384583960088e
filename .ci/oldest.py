"""Prints the lower bounds in pyproject.toml as exact versions, for pip's --constraint."""

import re
import tomllib
from pathlib import Path

EXTRAS = ("compare", "onnx", "plot", "parquet")
PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"

project = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]
requirements = list(project["dependencies"])
for extra in EXTRAS:
    requirements += project["optional-dependencies"][extra]
for requirement in requirements:
    name, version = re.fullmatch(r"([\w-]+)>=([\d.]+)", requirement).groups()
    print(f"{name}=={version}")

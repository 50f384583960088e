"""Types: a program that takes the public API from outside passes mypy's strictest checks."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import skdense
import skdense.schedules

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / "tests" / "user_code.py"


def test_the_program_takes_every_public_name():
    used = set(re.findall(r"\w+", PROGRAM.read_text(encoding="utf-8")))
    schedules = {cls.__name__ for cls in skdense.schedules.NAMED.values()} | {"Schedule"}
    assert {*skdense.__all__, *schedules} <= used


def test_the_program_passes_strict_mypy(tmp_path):
    pytest.importorskip("mypy")
    # As an installed package: what mypy thinks of the package itself is `make check`'s business.
    command = ["--strict", "--follow-imports=silent", "--config-file=", f"--cache-dir={tmp_path}"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *command, str(PROGRAM)],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr

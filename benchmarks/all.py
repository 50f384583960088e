"""Runs the benchmarks one after the other and prints their tables.

    python benchmarks/all.py                              # every row, within half an hour
    python benchmarks/all.py --quick                      # its main rows, without scikeras
    python benchmarks/all.py --write docs/benchmarks.md   # into the page, between its marks

Nothing else should run on the machine meanwhile.
"""

import argparse
import ast
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from _machine import describe

FOLDER = Path(__file__).parent
THRICE = ["--runs", "3"]
QUICK = {"grid_search": ["--runs", "2"], "cold_fit": THRICE, "step": THRICE, "prediction": THRICE}
ROWS = {
    "grid_search": THRICE,
    "grid_search_early_stopping": ["--runs", "2", "--quick"],
    "cold_fit": [],
    "second_process": THRICE,
    "step": [],
    "wide": [],
    "long": [],
    "prediction": [],
    "fresh_process": [],
    "workers": [],
    "growth": [],
    "memory": [],
    "sparse": [],
    "custom_model": [],
}
BEGIN, END = "<!-- BEGIN TABLES: written by benchmarks/all.py -->", "<!-- END TABLES -->"


def title(script: str) -> str:
    """Give the first sentence of a script's docstring, which names the row."""
    tree = ast.parse((FOLDER / f"{script}.py").read_text(encoding="utf-8"))
    return ast.get_docstring(tree).splitlines()[0].rstrip(".")


def run(script: str, arguments: list[str]) -> str:
    command = [sys.executable, "-W", "ignore", str(FOLDER / f"{script}.py"), "--bare", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{script} failed: {' '.join(command)}")
    repeat = " ".join(["python", f"benchmarks/{script}.py", *arguments])
    return f"## {title(script)}\n\n{done.stdout.strip()}\n\n`{repeat}`\n"


def write(path: Path, tables: list[str]) -> None:
    before, rest = path.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    body = "\n".join(tables)
    path.write_text(f"{before}{BEGIN}\n\n{body}\n{END}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the main rows only")
    parser.add_argument("--write", type=Path, help="a Markdown page to put the tables into")
    options = parser.parse_args()
    if options.write and BEGIN not in options.write.read_text(encoding="utf-8"):
        sys.exit(f"{options.write} has no line {BEGIN!r} to write after.")
    start, tables = perf_counter(), [f"{describe()}\n"]
    print(tables[0], flush=True)
    for script, arguments in (QUICK if options.quick else ROWS).items():
        tables.append(run(script, [*arguments, "--quick"] if options.quick else arguments))
        print(tables[-1], flush=True)
    print(f"{(perf_counter() - start) / 60:.0f} minutes")
    if options.write:
        write(options.write, tables)
        picture = options.write.parent / "images" / "growth.png"
        run("growth", ["--picture", str(picture)])


if __name__ == "__main__":
    main()

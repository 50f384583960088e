"""Fit models on the tables of a suite, one process for each table and split.

    python -m tabular run --data FOLDER --ledger FILE --half B --models skdense CatBoost
    python -m tabular report --ledger FILE --base HistGradientBoosting
    python -m tabular run --data FOLDER --ledger FILE --half AB --sets magic pol --rows 100 200

(in the folder benchmarks). FOLDER holds index.json and the tables it lists. Each fit adds a line
to the ledger as soon as it is done; what is there is not fitted again, so that a stopped run goes
on. --rows limits the training rows, 10,000 unless told. Options of a candidate, to compare
recipes, follow its name: "skdense:dropout=0.1,n_members=1".
"""

import argparse
import json
import subprocess
import sys
from itertools import product
from pathlib import Path

from tabular.evaluation import evaluate
from tabular.report import print_report
from tabular.sets import suite


def run(options: argparse.Namespace) -> None:
    """Fit what the ledger does not have yet."""
    for entry in suite(options.data):
        if options.half not in (entry["half"], "AB"):
            continue
        if options.task and (entry["task"] == "regression") != (options.task == "regression"):
            continue
        if options.sets and entry["name"] not in options.sets:
            continue
        for rows, split in product(options.rows, options.splits):
            key = (entry["name"], split, rows)
            models = options.models or ["skdense", "HistGradientBoosting"]
            missing = [model for model in models if (*key, model) not in done(options)]
            if missing:
                task = json.dumps([entry, split, rows, missing])
                command = [sys.executable, "-m", "tabular", "one", "--data", str(options.data)]
                command += ["--ledger", str(options.ledger), "--job", task]
                subprocess.run(command, check=False)  # the next table does not depend on it


def done(options: argparse.Namespace) -> set[tuple]:
    """List what the ledger has."""
    if not options.ledger.exists():
        return set()
    lines = map(json.loads, options.ledger.read_text(encoding="utf-8").splitlines())
    return {(line["set"], line["split"], line["rows"], line["model"]) for line in lines}


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["run", "one", "report"])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--half", choices=["A", "B", "AB"], default="A")
    parser.add_argument("--splits", type=int, nargs="+", default=[0])
    parser.add_argument("--models", nargs="+")
    parser.add_argument("--task", choices=["classification", "regression"])
    parser.add_argument("--sets", nargs="+")
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000])
    parser.add_argument("--base", default="HistGradientBoosting")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.command == "run":
        run(options)
    elif options.command == "one":
        evaluate(options.data, options.ledger, *json.loads(options.job))
    else:
        print_report(
            options.ledger,
            options.base,
            options.half,
            options.rows,
            options.models,
            options.markdown,
        )


if __name__ == "__main__":
    main()

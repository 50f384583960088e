"""The script that a newcomer writes: read a table, `skrub.tabular_pipeline`, cross-validate.

    python -m tabular.newcomer --data FOLDER --ledger FILE --half B --rows 3000

(in the folder benchmarks). The network and a random forest, both at their defaults and behind
skrub's own preparation, on the same folds of each table; at most as many rows as --rows says. Each
table adds a line to the ledger, and what is there is not computed again; at the end it prints on
how many tables the network has the better score.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from time import process_time

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.model_selection import cross_val_score
from skrub import tabular_pipeline

from skdense import DenseClassifier, DenseRegressor
from tabular.sets import suite

MODELS = {
    "skdense": (DenseClassifier, DenseRegressor),
    "random forest": (RandomForestClassifier, RandomForestRegressor),
}


def one(options: argparse.Namespace, name: str) -> None:
    """Cross-validate both models on one table: accuracy, or R2."""
    entry = next(entry for entry in suite(options.data) if entry["name"] == name)
    table = pd.read_csv(options.data / entry["file"]).sample(frac=1, random_state=0)
    table = table.head(options.rows)
    X, y = table.drop(columns="target"), table["target"]
    is_regression = entry["task"] == "regression"
    line = {"set": name, "task": entry["task"], "rows": options.rows}
    for model, kinds in MODELS.items():
        start = process_time()
        pipeline = tabular_pipeline(kinds[is_regression](random_state=0))
        line[model] = float(np.mean(cross_val_score(pipeline, X, y, cv=3, error_score="raise")))
        line[f"{model}, seconds"] = process_time() - start
    with options.ledger.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    print(line, flush=True)


def report(ledger: Path) -> None:
    """Say on how many tables the network has the better score."""
    lines = pd.DataFrame(map(json.loads, ledger.read_text(encoding="utf-8").splitlines()))
    lines["better"] = lines["skdense"] > lines["random forest"]
    print(lines.to_string(index=False, float_format="%.4f".__mod__))
    print(f"skdense is better on {lines['better'].sum()} of {len(lines)} tables")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--half", choices=["A", "B"], default="B")
    parser.add_argument("--rows", type=int, default=3000)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(options, options.one)
        return
    text = options.ledger.read_text(encoding="utf-8") if options.ledger.exists() else ""
    done = {json.loads(line)["set"] for line in text.splitlines()}
    for entry in suite(options.data):
        if entry["half"] == options.half and entry["name"] not in done:
            command = [sys.executable, "-m", "tabular.newcomer", "--data", str(options.data)]
            command += ["--ledger", str(options.ledger), "--rows", str(options.rows)]
            subprocess.run([*command, "--one", entry["name"]], check=False)
    report(options.ledger)


if __name__ == "__main__":
    main()

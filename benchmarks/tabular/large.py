"""Time, memory and error on many rows, each fit in a process of its own.

    python -m tabular.large --data FOLDER

(in the folder benchmarks). Four real tables of about 50,000 rows, and two made ones of 500,000
training rows and 20 columns, of which 5 or 10 matter. A fifth of each is for testing. The memory is
the peak of the whole process: libraries and the table are in it, too.
"""

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import make_classification, make_friedman1
from sklearn.model_selection import train_test_split

from tabular.evaluation import fit_and_score
from tabular.models import MODELS
from tabular.sets import Table, read, suite

REAL = ["give-me-some-credit", "hr-promotion", "shuttle", "metro-traffic"]
MADE = ["made classes", "made regression"]
N_MADE = 625_000


def made(name: str) -> Table:
    """Make a table: Friedman's first function, or 4 classes of 2 clusters each."""
    if name == "made regression":
        X, y = make_friedman1(N_MADE, 20, noise=1.0, random_state=0)
    else:
        X, y = make_classification(
            N_MADE,
            20,
            n_informative=10,
            n_redundant=0,
            n_classes=4,
            n_clusters_per_class=2,
            flip_y=0.05,
            random_state=0,
        )
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])
    X_train, X_test, y_train, y_test = train_test_split(frame, y, test_size=0.2, random_state=0)
    task = "regression" if name == "made regression" else "multiclass"
    return Table(X_train, X_test, y_train, y_test, list(frame), [], task)


def one(data: Path, name: str, model: str) -> None:
    """Fit one model, and print what it came to."""
    entry = next((entry for entry in suite(data) if entry["name"] == name), None)
    table = made(name) if entry is None else read(data, entry, 0, 10**9)
    line = {"set": name, "rows": len(table.y_train), "model": model}
    line |= fit_and_score(MODELS[model], table, 0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    line["peak_mebibytes"] = peak / (1024 if sys.platform != "darwin" else 1024**2)
    n_columns = len(table.numeric) + len(table.categorical)
    data = len(table.y_train) * n_columns * np.dtype(np.float64).itemsize
    print(json.dumps({**line, "data_mebibytes": data / 1024**2}), flush=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", nargs="+", default=["skdense", "HistGradientBoosting"])
    parser.add_argument("--sets", nargs="+", default=REAL + MADE)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(options.data, *options.one)
        return
    for name in options.sets:
        for model in options.models:
            command = [sys.executable, "-m", "tabular.large", "--data", str(options.data)]
            subprocess.run([*command, "--one", name, model], check=True)


if __name__ == "__main__":
    main()

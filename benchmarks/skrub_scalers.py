"""Four ways to scale what skrub has prepared: docs/integrations/skrub.md has the result.

    python benchmarks/skrub_scalers.py FOLDER TABLE...

(in the environment of `make test-integrations`). FOLDER holds index.json and the tables it lists;
TABLE are names of them.
"""

import argparse
import json
import warnings
from pathlib import Path

import numpy as np
from _machine import describe
from sklearn.preprocessing import StandardScaler
from skrub import tabular_pipeline
from tabular.sets import Table, read

from skdense import DenseClassifier, DenseRegressor

NETWORK = {
    "hidden_layer_sizes": (64, 32),
    "epochs": 30,
    "batch_size": 64,
    "n_members": 1,
    "early_stopping": False,
    "random_state": 0,
}
# The step in skrub's pipeline, where it is another one, and `scale_features` of the network.
WAYS = {
    "skrub's": ({}, None),
    "ours": ({"squashingscaler": "passthrough"}, "robust"),
    "both": ({}, "robust"),
    "StandardScaler": ({"squashingscaler": StandardScaler()}, None),
}
SPLITS = range(3)


def score(table: Table, way: str) -> float:
    """Fit on the training set; accuracy or R² on the test set."""
    step, scale_features = WAYS[way]
    kind = DenseRegressor if table.task == "regression" else DenseClassifier
    pipeline = tabular_pipeline(kind(**NETWORK, scale_features=scale_features)).set_params(**step)
    return pipeline.fit(table.X_train, table.y_train).score(table.X_test, table.y_test)


def main() -> None:
    """Print a row for each table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("tables", nargs="+")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    entries = json.loads((options.folder / "index.json").read_text(encoding="utf-8"))
    entries = {entry["name"]: entry for entry in entries}
    print("| table | score |", " | ".join(WAYS), "|\n|---|---|" + "---|" * len(WAYS))
    for name in options.tables:
        tables = [read(options.folder, entries[name], split) for split in SPLITS]
        means = [np.mean([score(table, way) for table in tables]) for way in WAYS]
        metric = "R²" if entries[name]["task"] == "regression" else "accuracy"
        print(
            f"| {name} | {metric} |", " | ".join(f"{mean:.3f}" for mean in means), "|", flush=True
        )
    print(f"\n{describe()}")


if __name__ == "__main__":
    main()

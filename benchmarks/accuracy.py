"""Three accuracies on well-known data, with sensible settings and no search.

    python benchmarks/accuracy.py --data FOLDER

FOLDER holds `boston.csv.gz` and `iris.csv.gz` (with a header; the last column is `target`)
and `fashion/` with the four original files of Fashion-MNIST. What is missing is skipped. Only the
test set of Fashion-MNIST is its own; the other two results are means over five shuffled folds.
"""

import argparse
import gzip
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from _machine import describe
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdense import KERAS_DEFAULTS, DenseClassifier, DenseRegressor

SEED = 0
BOSTON = dict(hidden_layer_sizes=(64, 64), epochs=200, l2=1e-3, dropout=0.1)
IRIS = dict(hidden_layer_sizes=(64, 64), epochs=100, batch_norm=True)
FASHION = dict(hidden_layer_sizes=(128, 64), epochs=20, dropout=0.2, batch_size=128)


def read_table(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Give the features, (n_samples, n_features), and the target, (n_samples,)."""
    table = pd.read_csv(path)
    return table.drop(columns="target").to_numpy(float), table["target"].to_numpy()


def read_idx(path: Path, header: int) -> np.ndarray:
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=header)


def boston(folder: Path) -> tuple[str, float, str]:
    X, y = read_table(folder / "boston.csv.gz")
    net = make_pipeline(
        StandardScaler(), DenseRegressor(**KERAS_DEFAULTS).set_params(**BOSTON, random_state=SEED)
    )
    folds = KFold(5, shuffle=True, random_state=SEED)
    scores = -cross_val_score(net, X, y, cv=folds, scoring="neg_mean_absolute_error")
    return "Boston housing, 64-64, mean absolute error", scores.mean(), "2.4 or less"


def iris(folder: Path) -> tuple[str, float, str]:
    X, y = read_table(folder / "iris.csv.gz")
    net = make_pipeline(
        StandardScaler(), DenseClassifier(**KERAS_DEFAULTS).set_params(**IRIS, random_state=SEED)
    )
    folds = StratifiedKFold(5, shuffle=True, random_state=SEED)
    scores = cross_val_score(net, X, y, cv=folds)
    return "iris, 64-64 with batch norm, accuracy", scores.mean(), "0.95 or more"


def fashion(folder: Path) -> tuple[str, float, str]:
    images, labels = {}, {}
    for part in ("train", "t10k"):
        pixels = read_idx(folder / "fashion" / f"{part}-images-idx3-ubyte.gz", header=16)
        images[part] = pixels.reshape(-1, 784).astype(np.float32) / 255
        labels[part] = read_idx(folder / "fashion" / f"{part}-labels-idx1-ubyte.gz", header=8)
    net = (
        DenseClassifier(**KERAS_DEFAULTS)
        .set_params(**FASHION, random_state=SEED)
        .fit(images["train"], labels["train"])
    )
    score = net.score(images["t10k"], labels["t10k"])
    return "Fashion-MNIST, 784-128-64, dropout 0.2, test accuracy", score, "0.88 or more"


def main(folder: Path) -> None:
    print(describe())
    print("\n| data and network | found | expected | seconds |\n|---|---|---|---|", flush=True)
    for task in (boston, iris, fashion):
        start = perf_counter()
        try:
            name, score, expected = task(folder)
        except FileNotFoundError as error:
            print(f"| {task.__name__}: skipped, no {error.filename} | | | |")
            continue
        seconds = perf_counter() - start
        print(f"| {name} | {score:.3f} | {expected} | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    main(parser.parse_args().data)

"""A grid search of 61 fits with skdense, scikit-learn's MLPClassifier and scikeras.

Each peer runs in a fresh process, so nothing is compiled beforehand: compilation is in its time,
imports are not. Same rows, folds, layers, batches and epochs; no early stopping; one process.
MLPClassifier has no dropout: it gets six penalties instead of three and two rates.
"""

import argparse
import json
import os
import subprocess
import sys
from time import perf_counter

from _machine import describe

LAYERS, BATCH, EPOCHS, FOLDS = (128, 64, 32), 32, 50, 5
RATES, L2, DROPOUT = [1e-3, 3e-3], [0.0, 1e-4, 1e-3], [0.1, 0.3]
ALPHAS = [0.0, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1]  # for MLPClassifier, in place of L2 x DROPOUT
ENVIRONMENT = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
PEERS = {"skdense": "skdense", "mlp": "scikit-learn MLPClassifier", "scikeras": "scikeras"}
COLUMNS = ("peer", "seconds", "times skdense", "fits", "ms per fit", "best accuracy", "traces")


def skdense_net():
    __import__("keras")  # brings TensorFlow; imports are not timed
    from skdense import DenseClassifier

    net = DenseClassifier(LAYERS, batch_size=BATCH, epochs=EPOCHS, random_state=0)
    return net, {"learning_rate": RATES, "l2": L2, "dropout": DROPOUT}


def mlp_net():
    from sklearn.neural_network import MLPClassifier

    net = MLPClassifier(LAYERS, batch_size=BATCH, max_iter=EPOCHS, random_state=0)
    net.set_params(solver="adam", n_iter_no_change=EPOCHS + 1)
    return net, {"learning_rate_init": RATES, "alpha": ALPHAS}


def scikeras_net():
    import keras
    from scikeras.wrappers import KerasClassifier

    def build(l2, dropout, meta):
        model = keras.Sequential([keras.Input((meta["n_features_in_"],))])
        for units in LAYERS:
            penalty = keras.regularizers.L2(l2) if l2 else None
            model.add(keras.layers.Dense(units, activation="relu", kernel_regularizer=penalty))
            model.add(keras.layers.Dropout(dropout))
        model.add(keras.layers.Dense(1, activation="sigmoid"))
        return model

    net = KerasClassifier(build, l2=0.0, dropout=0.1, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    net.set_params(loss="binary_crossentropy", optimizer="adam", random_state=0)
    return net, {"optimizer__learning_rate": RATES, "l2": L2, "dropout": DROPOUT}


def run(peer: str) -> tuple:
    from sklearn.datasets import load_breast_cancer
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    net, grid = {"skdense": skdense_net, "mlp": mlp_net, "scikeras": scikeras_net}[peer]()
    model = Pipeline([("scale", StandardScaler()), ("net", net)])
    grid = {f"net__{name}": values for name, values in grid.items()}
    search = GridSearchCV(model, grid, cv=StratifiedKFold(FOLDS), scoring="accuracy")
    X, y = load_breast_cancer(return_X_y=True)
    start = perf_counter()
    search.fit(X, y)
    seconds = perf_counter() - start
    best = search.best_estimator_["net"]
    epochs = len(best.history_["loss"]) if peer == "scikeras" else best.n_iter_
    assert epochs == EPOCHS, f"{peer} ran {epochs} epochs"
    fits, score = len(search.cv_results_["params"]) * FOLDS + 1, search.best_score_
    traces = sys.modules["skdense"].cache_info().traces if peer == "skdense" else "-"
    return seconds, fits, score, traces


def main(peers: list[str]) -> None:
    print(describe() + "\n\n| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS), flush=True)
    base = float("nan")
    for peer in sorted(peers, key=list(PEERS).index):
        command = [sys.executable, "-W", "ignore", __file__, "--run", peer]
        done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr)
        seconds, fits, score, traces = json.loads(done.stdout.splitlines()[-1])
        base = seconds if peer == "skdense" else base
        figures = f"{seconds:.1f} | {seconds / base:.1f} | {fits} | {1000 * seconds / fits:.0f}"
        print(f"| {PEERS[peer]} | {figures} | {score:.3f} | {traces} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    parser.add_argument("--run", choices=PEERS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    print(json.dumps(run(args.run))) if args.run else main(args.peers)

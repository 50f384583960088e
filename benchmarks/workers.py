"""I. The grid search of A with one worker, two threads and two processes, cold and warm.

Cold includes compilation and, for processes, their start and imports; once more without these. The
notes count threads of TensorFlow's arithmetic in each process that trains.
"""

import time
from functools import partial

from _networks import skdense_net
from _pairs import Case, main, seconds_of

LAYERS, BATCH, EPOCHS, FOLDS = (128, 64, 32), 32, 50, 5
GRID = {
    "net__learning_rate": [1e-3, 3e-3],
    "net__l2": [0.0, 1e-4, 1e-3],
    "net__dropout": [0.1, 0.3],
}


def arithmetic_threads():
    """Count this process's threads for TensorFlow's arithmetic; None without /proc."""
    from pathlib import Path

    names = [path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")]
    return names.count("tf_XLAEigen")


def start():
    """Import TensorFlow, and leave the next call to another worker."""
    __import__("skdense.engine._tensorflow")
    time.sleep(1)


def run(backend, n_jobs, started=False):
    from joblib import Parallel, delayed, parallel_config
    from sklearn.datasets import load_breast_cancer
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    X, y = load_breast_cancer(return_X_y=True)
    net = skdense_net(LAYERS, BATCH, EPOCHS)
    __import__("skdense.engine._tensorflow")
    model = Pipeline([("scale", StandardScaler()), ("net", net)])
    search = GridSearchCV(model, GRID, cv=FOLDS, n_jobs=n_jobs)
    with parallel_config(backend):
        if started:
            Parallel(n_jobs)(delayed(start)() for _ in range(n_jobs))
        cold = seconds_of(search.fit, X.astype("float32"), y)
        warm = seconds_of(search.fit, X.astype("float32"), y)
        here = delayed(arithmetic_threads)
        threads = set(Parallel(n_jobs)(here() for _ in range(4)))
    text = " or ".join(str(count) for count in sorted(threads))
    return {"cold": cold, "warm": warm, "notes": f"{text} arithmetic thread(s) in each process"}


if __name__ == "__main__":
    cases = {
        "skdense, one worker": partial(run, "threading", 1),
        "two threads": partial(run, "threading", 2),
        "two processes": partial(run, "loky", 2),
        "two processes that have started": partial(run, "loky", 2, started=True),
    }
    main({name: Case(case) for name, case in cases.items()}, runs=2)

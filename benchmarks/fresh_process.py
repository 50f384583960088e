"""H. A fresh process that loads a trained network and predicts 1,000 rows, everything included."""

import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from _networks import keras_model, made_data, skdense_net
from _pairs import Case, main, seconds_of

FEATURES, LAYERS, REPEATS = 50, (128, 64, 32), 2
READ = "import sys, numpy; X = numpy.load(sys.argv[2]); "
UNPICKLE = READ + "import pickle; pickle.load(open(sys.argv[1], 'rb')).predict_proba(X)"
LOAD = READ + "import keras; keras.saving.load_model(sys.argv[1]).predict(X, verbose=0)"


def process(code, model, X):
    command = [sys.executable, "-W", "ignore", "-c", code, str(model), str(X)]
    run = lambda: subprocess.run(command, check=True, capture_output=True)  # noqa: E731
    return {"the process": min(seconds_of(run) for _ in range(REPEATS))}


def skdense():
    X, y = made_data(1000, FEATURES)
    with tempfile.TemporaryDirectory() as folder:
        np.save(rows := Path(folder, "X.npy"), X)
        file = Path(folder, "net.pickle")
        file.write_bytes(pickle.dumps(skdense_net(LAYERS, 32, 2).fit(X, y)))
        return process(UNPICKLE, file, rows)


def keras():
    X, _ = made_data(1000, FEATURES)
    with tempfile.TemporaryDirectory() as folder:
        np.save(rows := Path(folder, "X.npy"), X)
        file = Path(folder, "net.keras")
        keras_model(FEATURES, LAYERS).save(file)
        return process(LOAD, file, rows)


if __name__ == "__main__":
    main({"skdense": Case(skdense), "Keras": Case(keras)})

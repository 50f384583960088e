"""F. Long: 1,000,000 x 50 float32 (0.2 GB), 256-256 units, batches of 1,024, 2 epochs.

The memory is the peak of the process during the fit, above what it held before the data were made.
"""

import resource

from _networks import keras_model, made_data, mlp_net, skdense_net
from _pairs import Case, main, seconds_of

ROWS, FEATURES, LAYERS, BATCH, EPOCHS = 1_000_000, 50, (256, 256), 1024, 2
DATA = ROWS * FEATURES * 4


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # kilobytes on Linux


def measured(fit):
    """Time `fit(X, y)`, with the memory it took in units of the data."""
    before = peak()
    X, y = made_data(ROWS, FEATURES)
    seconds = seconds_of(fit, X, y)
    return {"the fit": seconds, "notes": f"peak: import + {(peak() - before) / DATA:.1f} x data"}


def skdense():
    net = skdense_net(LAYERS, BATCH, EPOCHS)
    __import__("skdense.engine._tensorflow")
    return measured(net.fit)


def keras():
    model = keras_model(FEATURES, LAYERS)
    return measured(lambda X, y: model.fit(X, y, batch_size=BATCH, epochs=EPOCHS, verbose=0))


def mlp():
    return measured(mlp_net(LAYERS, BATCH, EPOCHS).fit)


if __name__ == "__main__":
    cases = {"skdense": Case(skdense), "Keras fit": Case(keras)}
    main({**cases, "scikit-learn MLPClassifier": Case(mlp, most_runs=2)}, runs=3)

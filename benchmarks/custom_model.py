"""N. A Keras model of one's own: breast cancer, two layers of 16 and a skip connection, 20 epochs.

Batches of 32. Building, compiling and tracing are in the times, imports are not; a further fit is
the mean of three.
"""

from functools import partial

from _pairs import Case, main, seconds_of
from cold_fit import data

TRAINING = {"batch_size": 32, "epochs": 20}


def build(meta):
    import keras

    inputs = keras.Input((meta["n_features_in_"],))
    skip = x = keras.layers.Dense(16, activation="relu")(inputs)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Add()([skip, keras.layers.Dense(16, activation="relu")(x)])
    return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(x))


def skdense():
    from skdense import NetworkClassifier

    __import__("skdense.engine._tensorflow")
    loss = "binary_crossentropy"
    return NetworkClassifier(build, loss=loss, optimizer="adam", random_state=0, **TRAINING).fit


def keras():
    __import__("keras")

    def fit(X, y):
        model = build({"n_features_in_": X.shape[1]})
        model.compile("adam", "binary_crossentropy")
        model.fit(X, y, verbose=0, **TRAINING)

    return fit


def scikeras():
    from scikeras.wrappers import KerasClassifier

    fixed = {"optimizer": "adam", "loss": "binary_crossentropy", "verbose": 0, "random_state": 0}
    return KerasClassifier(build, **fixed, **TRAINING).fit


def run(make):
    X, y = data()
    fit = make()
    first = seconds_of(fit, X, y)
    return {"first fit": first, "further fit": sum(seconds_of(fit, X, y) for _ in range(3)) / 3}


if __name__ == "__main__":
    cases = {"skdense": skdense, "Keras fit": keras, "scikeras": scikeras}
    main({name: Case(partial(run, make)) for name, make in cases.items()}, runs=3)

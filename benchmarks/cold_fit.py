"""C. One fit in a fresh process, breast cancer, 128-64-32 units, batches of 32, 50 epochs, float32.

Building the network, tracing and compiling are in the time, imports are not.
"""

from _networks import keras_model, mlp_net, skdense_net
from _pairs import Case, main, seconds_of

LAYERS, BATCH, EPOCHS = (128, 64, 32), 32, 50


def data():
    from sklearn.datasets import load_breast_cancer
    from sklearn.preprocessing import scale

    X, y = load_breast_cancer(return_X_y=True)
    return scale(X).astype("float32"), y


def skdense():
    X, y = data()
    net = skdense_net(LAYERS, BATCH, EPOCHS)
    # Starts XLA, as importing TensorFlow does for the others.
    __import__("skdense.engine._tensorflow")
    first = seconds_of(net.fit, X, y)
    return {"first fit": first, "second fit": seconds_of(net.fit, X, y)}


def keras():
    X, y = data()
    __import__("keras")

    def fit():
        model = keras_model(X.shape[1], LAYERS)
        model.fit(X, y, batch_size=BATCH, epochs=EPOCHS, verbose=0)

    return {"first fit": seconds_of(fit), "second fit": seconds_of(fit)}


def mlp():
    X, y = data()
    net = mlp_net(LAYERS, BATCH, EPOCHS)
    return {"first fit": seconds_of(net.fit, X, y), "second fit": seconds_of(net.fit, X, y)}


if __name__ == "__main__":
    cases = {"skdense": skdense, "Keras fit": keras, "scikit-learn MLPClassifier": mlp}
    main({name: Case(run) for name, run in cases.items()})

"""E. Wide: 100,000 x 50, three layers of 512 units, batches of 256, 3 epochs, float32.

The matrix-product rate is that of TensorFlow's own product of two 2,048 x 2,048 matrices, the
programs' rates count the products of forward and backward pass alone.
"""

from itertools import pairwise

from _networks import keras_model, made_data, mlp_net, skdense_net, skorch_net
from _pairs import Case, main, seconds_of

ROWS, FEATURES, LAYERS, BATCH, EPOCHS = 100_000, 50, (512, 512, 512), 256, 3
WIDTHS = (FEATURES, *LAYERS, 1)
# Forward, gradient of the kernels and, but for the first layer, gradient of the inputs.
OPERATIONS = (
    2 * ROWS * EPOCHS * (3 * sum(a * b for a, b in pairwise(WIDTHS)) - FEATURES * LAYERS[0])
)


def with_rate(seconds):
    return {"the fit": seconds, "notes": f"{OPERATIONS / seconds / 1e9:.0f} GFLOP/s"}


def skdense():
    X, y = made_data(ROWS, FEATURES)
    net = skdense_net(LAYERS, BATCH, EPOCHS)
    __import__("skdense.engine._tensorflow")
    return with_rate(seconds_of(net.fit, X, y))


def keras():
    X, y = made_data(ROWS, FEATURES)
    model = keras_model(FEATURES, LAYERS)
    fit = dict(batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return with_rate(seconds_of(lambda: model.fit(X, y, **fit)))


def mlp():
    X, y = made_data(ROWS, FEATURES)
    return with_rate(seconds_of(mlp_net(LAYERS, BATCH, EPOCHS).fit, X, y))


def skorch():
    X, y = made_data(ROWS, FEATURES)
    net = skorch_net(FEATURES, LAYERS, BATCH, EPOCHS)
    return with_rate(seconds_of(net.fit, X, y.astype("float32")))


def products():
    import tensorflow as tf

    matrix = tf.random.normal((2048, 2048))
    tf.matmul(matrix, matrix).numpy()
    seconds = min(seconds_of(lambda: tf.matmul(matrix, matrix).numpy()) for _ in range(20))
    return {"notes": f"{2 * 2048**3 / seconds / 1e9:.0f} GFLOP/s"}


if __name__ == "__main__":
    cases = {
        "skdense": Case(skdense),
        "Keras fit": Case(keras),
        "scikit-learn MLPClassifier": Case(mlp, most_runs=2),
        "skorch": Case(skorch, most_runs=2, needs=("skorch", "torch")),
        "matrix product alone": Case(products),
    }
    main(cases, runs=3)

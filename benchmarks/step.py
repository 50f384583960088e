"""D. One warm training step: 7,200 x 20, 128-64-32 units, batches of 32, Adam, float32.

"TensorFlow alone" is the same arithmetic without skdense and Keras, compiled by XLA, whole epochs
in one call: no penalty, no loss to report, no padding, nothing checked.
"""

from functools import partial
from itertools import pairwise

from _networks import made_data, mlp_net, skdense_net
from _pairs import Case, main, seconds_of

ROWS, FEATURES, LAYERS, BATCH, EPOCHS, REPEATS = 7200, 20, (128, 64, 32), 32, 10, 5
STEPS = EPOCHS * ROWS // BATCH


def fits(net):
    X, y = made_data(ROWS, FEATURES)
    net.fit(X, y)
    return {"a step": min(seconds_of(net.fit, X, y) for _ in range(REPEATS)) / STEPS}


def skdense(**more):
    return fits(skdense_net(LAYERS, BATCH, EPOCHS, **more))


def mlp():
    return fits(mlp_net(LAYERS, BATCH, EPOCHS))


def tensorflow_alone():
    import numpy as np
    import tensorflow as tf

    X, y = made_data(ROWS, FEATURES)
    rng = np.random.default_rng(0)
    widths = (FEATURES, *LAYERS, 1)
    weights = []
    for fan_in, fan_out in pairwise(widths):
        weights.append(tf.constant(rng.normal(size=(fan_in, fan_out)) / fan_in**0.5, tf.float32))
        weights.append(tf.zeros(fan_out))

    def step(number, X, y, weights, first, second):
        with tf.GradientTape() as tape:
            tape.watch(weights)
            x = X
            for layer in range(0, len(weights), 2):
                x = x @ weights[layer] + weights[layer + 1]
                x = tf.nn.relu(x) if layer + 2 < len(weights) else x
            loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(y, x))
        gradients = tape.gradient(loss, weights)
        t = tf.cast(number + 1, tf.float32)
        rate = 1e-3 * tf.sqrt(1 - tf.pow(0.999, t)) / (1 - tf.pow(0.9, t))
        first = [m + 0.1 * (g - m) for m, g in zip(first, gradients, strict=True)]
        second = [v + 0.001 * (g * g - v) for v, g in zip(second, gradients, strict=True)]
        moved = zip(weights, first, second, strict=True)
        return [w - rate * m / (tf.sqrt(v) + 1e-7) for w, m, v in moved], first, second

    @tf.function(jit_compile=True, autograph=False)
    def train(X, y, orders, weights):
        zeros = [tf.zeros_like(w) for w in weights]

        def epoch(number, *state):
            rows, targets = tf.gather(X, orders[number]), tf.gather(y, orders[number])

            def one(i, *state):
                batch = tf.slice(rows, [i * BATCH, 0], [BATCH, FEATURES])
                wanted = tf.slice(targets, [i * BATCH, 0], [BATCH, 1])
                return i + 1, *step(number * (ROWS // BATCH) + i, batch, wanted, *state)

            _, *state = tf.while_loop(lambda i, *_: i < ROWS // BATCH, one, (0, *state))
            return number + 1, *state

        return tf.while_loop(lambda n, *_: n < EPOCHS, epoch, (0, weights, zeros, zeros))[1]

    orders = np.stack([rng.permutation(ROWS) for _ in range(EPOCHS)]).astype(np.int32)
    given = [tf.constant(a) for a in (X, y.astype("float32")[:, None], orders)]

    def run():
        train(*given, weights)[0].numpy()

    run()
    return {"a step": min(seconds_of(run) for _ in range(REPEATS)) / STEPS}


if __name__ == "__main__":
    cases = {
        "skdense": skdense,
        "skdense, batch norm and dropout": partial(skdense, batch_norm=True, dropout=0.2),
        "scikit-learn MLPClassifier": mlp,
        "TensorFlow alone": tensorflow_alone,
    }
    main({name: Case(run) for name, run in cases.items()})

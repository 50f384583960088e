"""A prototype: ten networks trained as one program, along a leading axis, and one at a time.

The same arithmetic as "TensorFlow alone" in `step.py`, with the same data and batches for all
networks of a program. It is no part of skdense: the question is how much a search could gain.
"""

from functools import partial
from itertools import pairwise

from _networks import made_data, skdense_net
from _pairs import Case, main, seconds_of

ROWS, FEATURES, LAYERS, BATCH, EPOCHS, REPEATS = 450, 30, (128, 64, 32), 32, 50, 5
STEPS = ROWS // BATCH


def skdense():
    X, y = made_data(STEPS * BATCH, FEATURES)
    net = skdense_net(LAYERS, BATCH, EPOCHS)
    net.fit(X, y)
    return {"a network": min(seconds_of(net.fit, X, y) for _ in range(REPEATS))}


def prototype(networks):
    import numpy as np
    import tensorflow as tf

    X, y = made_data(STEPS * BATCH, FEATURES)
    rng = np.random.default_rng(0)
    weights = []
    for fan_in, fan_out in pairwise((FEATURES, *LAYERS, 1)):
        kernels = rng.normal(size=(networks, fan_in, fan_out)) / fan_in**0.5
        weights += [tf.constant(kernels, tf.float32), tf.zeros((networks, 1, fan_out))]

    def one_step(number, X, y, state):
        weights, first, second = state
        with tf.GradientTape() as tape:
            tape.watch(weights)
            x = tf.repeat(X[None], networks, 0)
            for layer in range(0, len(weights), 2):
                x = tf.matmul(x, weights[layer]) + weights[layer + 1]
                x = tf.nn.relu(x) if layer + 2 < len(weights) else x
            losses = tf.nn.sigmoid_cross_entropy_with_logits(tf.repeat(y[None], networks, 0), x)
            loss = tf.reduce_sum(tf.reduce_mean(losses, (1, 2)))
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

        def epoch(number, state):
            rows, targets = tf.gather(X, orders[number]), tf.gather(y, orders[number])

            def one(i, state):
                batch = tf.slice(rows, [i * BATCH, 0], [BATCH, FEATURES])
                wanted = tf.slice(targets, [i * BATCH, 0], [BATCH, 1])
                return i + 1, one_step(number * STEPS + i, batch, wanted, state)

            return number + 1, tf.while_loop(lambda i, _: i < STEPS, one, (0, state))[1]

        return tf.while_loop(lambda n, _: n < EPOCHS, epoch, (0, (weights, zeros, zeros)))[1]

    orders = np.stack([rng.permutation(STEPS * BATCH) for _ in range(EPOCHS)]).astype(np.int32)
    given = [tf.constant(array) for array in (X, y.astype("float32")[:, None], orders)]

    def run():
        train(*given, weights)[0][0].numpy()

    run()
    return {"a network": min(seconds_of(run) for _ in range(REPEATS)) / networks}


if __name__ == "__main__":
    cases = {"skdense": skdense}
    cases |= {f"prototype, {n} at once": partial(prototype, n) for n in (1, 5, 10, 60)}
    main({name: Case(run) for name, run in cases.items()}, runs=3)

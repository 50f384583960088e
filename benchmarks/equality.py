"""How far the engine's weights are from those of ``keras.Model.fit`` after the same five epochs.

Same initial weights, same order of the rows, sample weights, L1 and L2, and a last batch that is
not full. Left out under batch norm: biases ahead of it and the moving means that follow them. Their
gradient is zero but for rounding, which Adam's family and Lion turn into steps of full size.
"""

import numpy as np
from _machine import describe

LAYERS, ROWS, FEATURES, BATCH, EPOCHS = (64, 32), 1000, 10, 32, 5
OPTIMIZERS = (
    "sgd nesterov adagrad adadelta rmsprop adam adamw adamax nadam lion ftrl adafactor lamb"
)


def optimizer(name: str):
    import keras

    return keras.optimizers.SGD(momentum=0.9, nesterov=True) if name == "nesterov" else name


def both(name: str, batch_norm: str | None) -> float:
    """Train with both; the largest difference of any weight."""
    from skdense.engine.losses import loss_config
    from skdense.engine.model_building import fitted_model
    from skdense.engine.optimizers import optimizer_config
    from skdense.engine.program_inputs import Rows
    from skdense.engine.settings import Settings
    from skdense.engine.training import train
    from skdense.networks.architecture import Architecture
    from skdense.networks.initialization import initial_weights

    random = np.random.default_rng(0)
    X = random.normal(size=(ROWS, FEATURES)).astype("float32")
    y = (X @ random.normal(size=(FEATURES, 1)) > 0).astype("float32")
    weight = random.uniform(0.5, 2.0, ROWS).astype("float32")
    net = Architecture(FEATURES, LAYERS, ("tanh",) * 2, batch_norm, (False,) * 2, 1, "sigmoid")
    config, rate = optimizer_config(optimizer(name), False)
    loss = loss_config("binary_crossentropy", ["binary_crossentropy"])
    settings = Settings(config, loss, rate, BATCH, EPOCHS, (1e-4, 0.0), (0.0, 1e-3), (0.0, 0.0))
    weights = initial_weights(net, random)
    orders = [random.permutation(ROWS) for _ in range(EPOCHS)]
    rows = Rows(X, y, weight / weight.mean())
    ours = train(net, settings, rows, None, weights, None, iter(orders), np.zeros(2, int)).weights
    model = fitted_model(net, settings, weights)
    for order in orders:
        rows_now = (array[order] for array in rows)
        X_now, y_now, weight_now = rows_now
        model.fit(
            X_now, y_now, sample_weight=weight_now, batch_size=BATCH, shuffle=False, verbose=0
        )
    skipped = ("bias", "moving_mean") if batch_norm else ()
    return max(
        float(np.abs(a - b).max())
        for spec, a, b in zip(net.weights(), ours, model.get_weights(), strict=True)
        if spec.role not in skipped or spec.layer == net.n_hidden
    )


def main() -> None:
    """Print the table."""
    print(f"| optimizer (its own rate) | {LAYERS} | with batch norm |")
    print("|---|---|---|")
    for name in OPTIMIZERS.split():
        print(f"| {name} | {both(name, None):.1e} | {both(name, 'before'):.1e} |", flush=True)
    print(f"\n{describe()}")


if __name__ == "__main__":
    main()

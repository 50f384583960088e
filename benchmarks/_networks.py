"""The same dense network in each program: relu layers, one sigmoid output, Adam, no penalty."""

from __future__ import annotations


def skdense_net(layers, batch_size, epochs, **more):
    __import__("keras")  # brings TensorFlow; imports are not timed
    from skdense import KERAS_DEFAULTS, DenseClassifier

    return DenseClassifier(**KERAS_DEFAULTS).set_params(
        hidden_layer_sizes=layers, batch_size=batch_size, epochs=epochs, random_state=0, **more
    )


def mlp_net(layers, batch_size, epochs, **more):
    from sklearn.neural_network import MLPClassifier

    fixed = {"solver": "adam", "random_state": 0, "n_iter_no_change": epochs + 1, "alpha": 0.0}
    return MLPClassifier(layers, batch_size=batch_size, max_iter=epochs, **{**fixed, **more})


def keras_model(n_features, layers, dropout=0.0, l2=0.0):
    """Give a compiled `keras.Model`."""
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((n_features,))])
    for units in layers:
        penalty = keras.regularizers.L2(l2) if l2 else None
        model.add(keras.layers.Dense(units, activation="relu", kernel_regularizer=penalty))
        if dropout:
            model.add(keras.layers.Dropout(dropout))
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    model.compile(optimizer="adam", loss="binary_crossentropy")
    return model


def scikeras_net(layers, batch_size, epochs, **more):
    from scikeras.wrappers import KerasClassifier

    def build(l2, dropout, meta):
        return keras_model(meta["n_features_in_"], layers, dropout, l2)

    fixed = {"l2": 0.0, "dropout": 0.1, "optimizer": "adam", "loss": "binary_crossentropy"}
    fixed |= {"batch_size": batch_size, "epochs": epochs, "verbose": 0, "random_state": 0}
    return KerasClassifier(build, **{**fixed, **more})


def skorch_net(n_features, layers, batch_size, epochs, **more):
    import torch
    from skorch import NeuralNetBinaryClassifier

    class Network(torch.nn.Module):
        def __init__(self, dropout=0.0):
            super().__init__()
            steps, width = [], n_features
            for units in layers:
                steps += [torch.nn.Linear(width, units), torch.nn.ReLU()]
                steps += [torch.nn.Dropout(dropout)] if dropout else []
                width = units
            self.steps = torch.nn.Sequential(*steps, torch.nn.Linear(width, 1))

        def forward(self, X):
            return self.steps(X).squeeze(-1)

    torch.manual_seed(0)
    fixed = {"optimizer": torch.optim.Adam, "lr": 1e-3, "batch_size": batch_size, "verbose": 0}
    fixed |= {"max_epochs": epochs, "train_split": None, "iterator_train__shuffle": True}
    return NeuralNetBinaryClassifier(Network, **{**fixed, **more})


def made_data(n_samples, n_features):
    """Give standard normal float32 features and a binary target that depends on them."""
    import numpy as np

    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_samples, n_features), dtype=np.float32)
    return X, (X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(np.int64)

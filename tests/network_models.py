"""Functions that build Keras models, as a user writes them; in a module, so that they pickle."""


def classifier(meta, units=8):
    import keras

    n_classes, matrix = meta["n_classes_"], meta["target_type_"] == "multilabel-indicator"
    sigmoid = n_classes == 2 or matrix
    return keras.Sequential(
        [
            keras.Input((meta["n_features_in_"],)),
            keras.layers.Dense(units, activation="tanh"),
            keras.layers.Dense(
                1 if n_classes == 2 and not matrix else n_classes,
                activation="sigmoid" if sigmoid else "softmax",
            ),
        ]
    )


def compiled_classifier(meta, units=8, learning_rate=0.01):
    """Choose the loss as well, for targets of any kind."""
    import keras

    model = classifier(meta, units)
    binary = model.output_shape[-1] == 1 or meta["target_type_"] == "multilabel-indicator"
    model.compile(
        keras.optimizers.Adam(learning_rate),
        "binary_crossentropy" if binary else "sparse_categorical_crossentropy",
    )
    return model


def regressor(meta, units=8):
    import keras

    inputs = keras.Input((meta["n_features_in_"],))
    hidden = keras.layers.Dense(units, activation="tanh")(inputs)
    return keras.Model(inputs, keras.layers.Dense(meta["n_outputs_"])(hidden))

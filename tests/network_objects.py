"""Keras objects of a user's own classes, none of them registered; in a module, to be pickled."""

import keras


class Scaled(keras.losses.Loss):
    """Squared error times a factor, without a configuration."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def call(self, y_true, y_pred):
        return self.factor * keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


class Times(keras.layers.Layer):
    def __init__(self, factor, **others):
        super().__init__(**others)
        self.factor = factor

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, inputs):
        return inputs * self.scale * self.factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


class Absolute(keras.regularizers.Regularizer):
    def __init__(self, rate):
        self.rate = rate

    def __call__(self, weights):
        return self.rate * keras.ops.sum(keras.ops.abs(weights))

    def get_config(self):
        return {"rate": self.rate}


class Doubled:
    """An activation that Keras cannot describe."""

    def __call__(self, x):
        return 2 * keras.ops.relu(x)


def tripled(x):
    return 3 * keras.ops.relu(x)


class Halving(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, first):
        self.first = first

    def __call__(self, step):
        return self.first * 0.5**step

    def get_config(self):
        return {"first": self.first}


class Descent(keras.optimizers.SGD):
    pass


class Off(keras.metrics.MeanAbsoluteError):
    def __init__(self, factor=1.0, name="off", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.factor = factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


def build(meta, activation="relu", penalty=None, layer=None):
    inputs = keras.Input((meta["n_features_in_"],))
    x = keras.layers.Dense(4, kernel_regularizer=penalty)(inputs)
    x = keras.layers.Activation(activation)(x)
    x = x if layer is None else layer(x)
    return keras.Model(inputs, keras.layers.Dense(1, name="out")(x))


def ready_made(is_compiled=False):
    inputs = keras.Input((3,))
    x = keras.layers.Activation(tripled)(Times(3.0)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(1, kernel_regularizer=Absolute(0.1))(x))
    if is_compiled:
        model.compile("sgd", "mse", metrics=[Off(2.0)])
    return model

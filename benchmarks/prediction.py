"""G. Prediction with 128-64-32 units and 50 features: probabilities of one row, of 100,000 rows."""

from _networks import keras_model, made_data, mlp_net, skdense_net
from _pairs import Case, main, seconds_of

FEATURES, LAYERS, MANY, REPEATS, MANY_REPEATS = 50, (128, 64, 32), 100_000, 300, 10


def measured(predict, repeats=REPEATS, convert=lambda rows: rows):
    """Time predict(rows), the median of many calls after some to warm up."""
    import numpy as np

    X, _ = made_data(MANY, FEATURES)
    one, many = convert(X[:1]), convert(X)
    for _ in range(20):
        predict(one)
    singles = [seconds_of(predict, one) for _ in range(repeats)]
    predict(many)
    return {
        "one row": float(np.median(singles)),
        "100,000 rows": float(np.median([seconds_of(predict, many) for _ in range(MANY_REPEATS)])),
    }


def trained(net):
    return net.fit(*made_data(1000, FEATURES))


def skdense():
    return measured(trained(skdense_net(LAYERS, 32, 2)).predict_proba)


def skdense_in_float64():
    return measured(
        trained(skdense_net(LAYERS, 32, 2)).predict_proba, convert=lambda rows: rows.astype(float)
    )


def mlp():
    return measured(trained(mlp_net(LAYERS, 32, 2)).predict_proba)


def keras_predict():
    model = keras_model(FEATURES, LAYERS)
    return measured(lambda X: model.predict(X, verbose=0, batch_size=8192), repeats=50)


def keras_call():
    model = keras_model(FEATURES, LAYERS)
    return measured(lambda X: model(X).numpy())


if __name__ == "__main__":
    cases = {
        "skdense": skdense,
        "skdense on float64 X": skdense_in_float64,
        "scikit-learn MLPClassifier": mlp,
        "Keras predict": keras_predict,
        "Keras model(X)": keras_call,
    }
    main({name: Case(run) for name, run in cases.items()})

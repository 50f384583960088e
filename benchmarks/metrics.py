"""What a monitor costs: a warm fit of row D's network, a fifth held out, all epochs run.

The last program computes the same accuracy by a function in Python.
"""

from functools import partial

from _networks import made_data, skdense_net
from _pairs import Case, main, seconds_of

ROWS, FEATURES, LAYERS, BATCH, EPOCHS, REPEATS = 7200, 20, (128, 64, 32), 32, 10, 5


def accuracy(estimator, X, y):
    return estimator.score(X, y)


def fit(monitor):
    net = skdense_net(LAYERS, BATCH, EPOCHS, early_stopping=True, patience=EPOCHS, monitor=monitor)
    X, y = made_data(ROWS, FEATURES)
    net.fit(X, y)
    return {"a fit": min(seconds_of(net.fit, X, y) for _ in range(REPEATS))}


if __name__ == "__main__":
    names = ("val_loss", "accuracy", "roc_auc", "neg_calibrated_log_loss")
    cases = {name: Case(partial(fit, name)) for name in names}
    main({**cases, "a function of your own": Case(partial(fit, accuracy))})

"""A. A grid search of 61 fits, cold: compilation is in the time, imports are not.

12 candidates, 5 folds, refit; breast cancer, 128-64-32 units, batches of 32, 50 epochs, float32.
MLPClassifier has no dropout: it gets six penalties instead of three and two rates.
"""

import sys
from functools import partial
from time import perf_counter

from _networks import mlp_net, scikeras_net, skdense_net, skorch_net
from _pairs import Case, main

LAYERS, BATCH, EPOCHS, FOLDS, PATIENCE = (128, 64, 32), 32, 50, 5, 5
RATES, L2, DROPOUT = [1e-3, 3e-3], [0.0, 1e-4, 1e-3], [0.1, 0.3]
ALPHAS = [0.0, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1]  # for MLPClassifier, in place of L2 x DROPOUT


def skdense(stop):
    net = skdense_net(LAYERS, BATCH, EPOCHS)
    if stop:
        net.set_params(early_stopping=True, validation_fraction=0.1, patience=PATIENCE)
    return net, {"learning_rate": RATES, "l2": L2, "dropout": DROPOUT}, lambda net: net.n_iter_


def mlp(stop):
    net = mlp_net(LAYERS, BATCH, EPOCHS)
    if stop:
        net.set_params(early_stopping=True, n_iter_no_change=PATIENCE, tol=0.0)
    return net, {"learning_rate_init": RATES, "alpha": ALPHAS}, lambda net: net.n_iter_


def scikeras(stop):
    import keras

    net = scikeras_net(LAYERS, BATCH, EPOCHS)
    if stop:
        stopping = keras.callbacks.EarlyStopping(patience=PATIENCE, restore_best_weights=True)
        net.set_params(callbacks=[stopping], validation_split=0.1)
    grid = {"optimizer__learning_rate": RATES, "l2": L2, "dropout": DROPOUT}
    return net, grid, lambda net: len(net.history_["loss"])


def skorch(stop):
    net = skorch_net(30, LAYERS, BATCH, EPOCHS)
    if stop:
        from skorch.callbacks import EarlyStopping
        from skorch.dataset import ValidSplit

        stopping = [("stop", EarlyStopping(patience=PATIENCE, load_best=True))]
        net.set_params(callbacks=stopping, train_split=ValidSplit(10, stratified=True))
    grid = {"lr": RATES, "optimizer__weight_decay": L2, "module__dropout": DROPOUT}
    return net, grid, lambda net: len(net.history)


def run(make, stop):
    from sklearn.datasets import load_breast_cancer
    from sklearn.metrics import accuracy_score
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    net, grid, epochs_of = make(stop)
    epochs = []

    def accuracy(model, X, y):
        epochs.append(epochs_of(model["net"]))
        return accuracy_score(y, model.predict(X))

    model = Pipeline([("scale", StandardScaler()), ("net", net)])
    grid = {f"net__{name}": values for name, values in grid.items()}
    search = GridSearchCV(model, grid, cv=StratifiedKFold(FOLDS), scoring=accuracy)
    X, y = load_breast_cancer(return_X_y=True)
    X, y = X.astype("float32"), y.astype("float32") if make is skorch else y
    start = perf_counter()
    search.fit(X, y)
    seconds = perf_counter() - start
    epochs.append(epochs_of(search.best_estimator_["net"]))
    assert len(epochs) == 61
    assert stop or set(epochs) == {EPOCHS}
    notes = f"accuracy {search.best_score_:.3f}"
    if make is skdense:
        notes += f", {sys.modules['skdense'].cache_info().traces} program(s) traced"
    if stop:
        notes += f", {sum(epochs)} epochs"
        return {"an epoch": seconds / sum(epochs), "the search": seconds, "notes": notes}
    return {"the search": seconds, "notes": notes}


def cases(stop):
    return {
        "skdense": Case(partial(run, skdense, stop)),
        "scikit-learn MLPClassifier": Case(partial(run, mlp, stop)),
        "skorch": Case(partial(run, skorch, stop), most_runs=1, needs=("skorch", "torch")),
        "scikeras": Case(partial(run, scikeras, stop), most_runs=1, in_quick=False),
    }


if __name__ == "__main__":
    main(cases(stop=False))

"""How far a row's prediction moves with the rows beside it: used in this process and in others."""

import numpy as np
from scipy import sparse

METHODS = ("predict", "decision_function", "predict_proba", "predict_log_proba", "hidden_output")
# Of the largest number in the column. Float32's is what the products of three layers of some
# hundred units may add up to; scikit-learn allows 1e-7, for float64 X.
BOUNDS = {"float64": 1e-12, "float32": 1e-5}


def predictions(net, X):
    """Give what each method but a classifier's `predict` says, (n_samples, n_columns) each."""
    found = {}
    for name in METHODS:
        if hasattr(net, name) and not (name == "predict" and hasattr(net, "classes_")):
            values = getattr(net, name)(X)
            found[name] = values.reshape(len(values), -1)
    return found


def worst_difference(net, X, rows, whole):
    """Predict some rows by themselves, and give the largest difference to `whole`.

    `whole` holds the predictions of all rows; differences are relative to each column's largest
    number there.
    """
    worst = 0.0
    for name, found in predictions(net, X[rows]).items():
        largest = np.abs(whole[name]).max(axis=0)
        largest[largest == 0] = 1  # a unit that no row wakes
        worst = max(worst, float((np.abs(found - whole[name][rows]) / largest).max()))
    return worst


def worst_of_many_ways(net, X, seed=0):
    """Give the largest difference over orders, subsets of any size, chunks and single rows."""
    random = np.random.default_rng(seed)
    n_samples = X.shape[0]
    ways = [random.permutation(n_samples), np.arange(n_samples)[::-1]]
    ways += [np.array([row]) for row in random.integers(n_samples, size=10)]
    ways += [random.permutation(n_samples)[: 1 + random.integers(n_samples)] for _ in range(10)]
    ways += [np.arange(n_samples)[start : start + 7] for start in range(0, n_samples, 50)]
    whole = predictions(net, X)
    return max(worst_difference(net, X, rows, whole) for rows in ways)


def as_types(X, dtype):
    """Give X as a float array or sparse matrix of a dtype, in the orders that users have."""
    X = np.asarray(X, dtype)
    return {"rows": X, "columns": np.asfortranarray(X), "sparse": sparse.csr_matrix(X)}

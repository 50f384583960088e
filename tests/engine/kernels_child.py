"""Run by test_kernels.py in a process of its own, whose linear algebra runs on another kernel."""

import json
import pickle
import sys
from pathlib import Path

from sklearn.utils.estimator_checks import estimator_checks_generator
from threadpoolctl import threadpool_info

from skdense import DenseClassifier, DenseRegressor
from tests.engine.row_independence import as_types, worst_of_many_ways
from tests.helpers import plain

CHECKED = {
    "check_methods_sample_order_invariance",
    "check_methods_subset_invariance",
    "check_estimators_pickle",
}


def checks():
    """Give scikit-learn's checks that compare predictions, each with its estimator."""
    for estimator in (
        plain(DenseClassifier),
        plain(DenseRegressor),
        plain(DenseRegressor, missing="augment", epochs=20),
    ):
        for checked, check in estimator_checks_generator(estimator):
            if check.func.__name__ in CHECKED:
                yield checked, check


def run_checks(fits):
    """Run them with fits made elsewhere, in the same order; give the names of those that fail."""

    def fit(self, *data, **more):
        self.__dict__.update(pickle.loads(next(fits)))
        return self

    DenseClassifier.fit = DenseRegressor.fit = fit
    failed = []
    for estimator, check in checks():
        try:
            check(estimator)
        except AssertionError as error:
            failed.append(f"{check.func.__name__} of {estimator}: {error}")
    return failed


def main(path):
    """Print what was found as JSON."""
    networks, fits = pickle.loads(Path(path).read_bytes())
    blas = next(each for each in threadpool_info() if each["user_api"] == "blas")
    worst = {"float64": 0.0, "float32": 0.0}
    for dtype, so_far in list(worst.items()):
        for net, X in networks.values():
            if net.dtype != "float32":
                continue
            for layout, rows in as_types(X, dtype).items():
                if layout != "sparse" or net.missing == "error":
                    so_far = max(so_far, worst_of_many_ways(net, rows))
        worst[dtype] = so_far
    found = {
        "kernel": blas["architecture"],
        "threads": blas["num_threads"],
        "worst": worst,
        "failed": run_checks(iter(fits)),
        "tensorflow": "tensorflow" in sys.modules,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])

"""Writes files and pickles of this release, for `test_releases.py` of all later ones.

Run `python -m tests.persistence.release_files` once for each release, as RELEASING.md says; what
a release has written is never changed afterwards. Only what all supported versions of NumPy and
Keras read is in it: no `RandomState`, optimizers by name, and pickles of protocol 4, for NumPy 1.26
cannot read NumPy 2's of protocol 5.
"""

import json
import pickle
from pathlib import Path

import numpy as np

import skdense
from skdense import DenseClassifier, DenseRegressor, NetworkClassifier
from tests.helpers import plain
from tests.network_models import compiled_classifier

FOLDER = Path(__file__).parent / "files"
X = np.sin(np.arange(120.0)).reshape(40, 3)
LABELS = np.array(["high", "low", "middle"])[np.digitize(X[:, 0], [-0.5, 0.5])]
TARGET = X @ [1.0, -2.0, 3.0] + 100


def estimators():
    """Give fitted estimators by name, small ones with much in them."""
    return {
        "classifier": plain(
            DenseClassifier,
            (5, 4),
            epochs=2,
            n_members=2,
            dropout=0.1,
            residual=True,
            early_stopping=True,
            scale_features="robust",
            metrics=["accuracy"],
            random_state=0,
        ).fit(X, LABELS),
        "regressor": plain(
            DenseRegressor,
            (5,),
            "gelu",
            epochs=2,
            batch_norm=True,
            n_bins=3,
            lr_schedule="cosine",
            missing="indicator",
            random_state=0,
        ).fit(np.where(X < -0.9, np.nan, X), TARGET),
        "network": NetworkClassifier(compiled_classifier, epochs=2, random_state=0).fit(X, LABELS),
    }


def predictions(estimator):
    """Give what an estimator predicts for X, as lists."""
    method = "predict_proba" if hasattr(estimator, "predict_proba") else "predict"
    return getattr(estimator, method)(X).tolist()


def main():
    """Write them, and what they predict."""
    folder = FOLDER / skdense.__version__
    folder.mkdir()
    expected = {}
    for name, estimator in estimators().items():
        expected[name] = predictions(estimator)
        (folder / f"{name}.pickle").write_bytes(pickle.dumps(estimator, protocol=4))
        if name != "network":
            skdense.save(estimator, folder / f"{name}.skdense")
    (folder / "expected.json").write_text(json.dumps(expected, indent=1))


if __name__ == "__main__":
    main()

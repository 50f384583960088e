"""Saved files that several test files need."""

import keras
import numpy as np
import pytest

import skdense
from skdense import DenseClassifier, DenseRegressor
from tests.helpers import plain


@pytest.fixture(scope="session")
def files(iris, diabetes, tmp_path_factory):
    """The bytes of four saved estimators, with something of every kind in them."""
    folder = tmp_path_factory.mktemp("files")
    X, y = iris
    nets = [
        plain(
            DenseClassifier,
            4,
            keras.activations.silu,
            optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.1, 9)),
            loss=keras.losses.CategoricalCrossentropy(),
            random_state=np.random.RandomState(0),
            epochs=2,
        ).fit(X, np.array(["a", "b", "c"], dtype=object)[y]),
        plain(DenseClassifier, (4, 3), batch_norm=True, dropout=(0.0, 0.5), epochs=1).fit(X, y),
        plain(
            DenseRegressor,
            [4],
            ("gelu",),
            l2=np.float64(0.1),
            early_stopping=True,
            epochs=2,
            scale_features="robust",
            n_bins=2,
        ).fit(*diabetes),
        plain(DenseClassifier, (4, 3), residual=True, n_members=2, epochs=1).fit(X, y),
    ]
    found = []
    for net in nets:
        skdense.save(net, folder / "net")
        found.append((folder / "net").read_bytes())
    return found

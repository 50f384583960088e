"""The Keras models that networks are turned into, in a process that has Keras and not skdense."""

from itertools import chain

import numpy as np
import pytest

from skdense import DenseRegressor
from tests.estimators.test_members import classifier, regressor
from tests.estimators.test_scale_features import KINDS, SMALL, load_raw
from tests.helpers import plain

KERAS_ALONE = """
import sys
from pathlib import Path

import keras
import numpy as np

for path in Path().glob("*.keras"):
    model, X = keras.saving.load_model(path), np.load(path.with_suffix(".npy"))
    np.savez(path.with_suffix(".npz"), called=model(X), predicted=model.predict(X, verbose=0))
assert "skdense" not in sys.modules
"""


def scaled(capsys):
    """Give networks that scale their features themselves."""
    X, y = load_raw()
    for options in KINDS:
        for dtype in ("float32", "float64"):
            net = plain(
                DenseRegressor, **SMALL, **options, dtype=dtype, input_dropout=0.1, input_noise=0.1
            ).fit(X, y)
            net.summary()
            assert f"{net.architecture_.n_weights:,}" in capsys.readouterr().out
            yield f"{'_'.join(map(str, options.values()))}_{dtype}", net, X, net.predict(X)


def ensembles(iris, diabetes, dtype):
    """Give networks of two members."""
    X, y = (array.astype(np.float32).astype(array.dtype) for array in iris)  # as Keras rounds X
    net = classifier(2, dtype=dtype).fit(X, y)
    yield f"classes_{dtype}", net, X, net.predict_proba(X)
    net = classifier(2, dtype=dtype).fit(X, y > 0)
    yield f"two_{dtype}", net, X, net.predict_proba(X)[:, 1]
    X, y = diabetes[0].astype(np.float32).astype(np.float64), diabetes[1]
    net = regressor(2, dtype=dtype, l2=0.01, dropout=0.1).fit(X, y)
    yield f"numbers_{dtype}", net, X, net.predict(X)
    X = X.reshape(-1, 2, 5)
    net = regressor(2, dtype=dtype).fit(X, y)
    yield f"images_{dtype}", net, X, net.predict(X)


@pytest.fixture
def cases(iris, diabetes, capsys):
    both = (ensembles(iris, diabetes, dtype) for dtype in ("float32", "float64"))
    return [*scaled(capsys), *chain.from_iterable(both)]


def test_keras_alone_loads_and_predicts(cases, tmp_path, run_python):
    for name, net, X, _ in cases:
        model = net.to_keras()
        assert all(type(layer).__module__.startswith("keras.") for layer in model.layers), name
        model.save(tmp_path / f"{name}.keras")
        np.save(tmp_path / f"{name}.npy", X)
    run_python(KERAS_ALONE, folder=tmp_path)
    for name, net, _, expected in cases:
        found = np.load(tmp_path / f"{name}.npz")
        expected = expected.reshape(found["called"].shape)
        rtol = 1e-10 if net.dtype == "float64" else 1e-5
        assert np.allclose(found["called"], expected, rtol=rtol, atol=rtol), name
        # Keras's predict gives float32.
        assert np.allclose(found["predicted"], expected, rtol=1e-4, atol=1e-4), name

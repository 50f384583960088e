"""What has to work where TensorFlow and Keras are missing: everything except training.

One process does it all, in which importing TensorFlow or Keras fails.
"""

import json
import pickle

import joblib
import numpy as np
import pytest

from skdense import DenseClassifier, DenseRegressor
from tests.helpers import plain

LOADED = """
import joblib
import numpy as np

data, expected = np.load("data.npz"), np.load("expected.npz")
X, y, X_number, y_number = (data[name] for name in ("X", "y", "X_number", "y_number"))
several, two, number = (
    joblib.load(name + "." + FORMAT) for name in ("several", "two", "number")
)
"""
PREDICT = """
for name, net in {"several": several, "two": two}.items():
    for method in ("predict", "predict_proba", "decision_function", "hidden_output"):
        found = getattr(net, method)(X)
        assert np.array_equal(found, expected[name + "_" + method]), (name, method)
    assert np.allclose(np.log(net.predict_proba(X)), net.predict_log_proba(X))
assert np.array_equal(number.predict(X_number), expected["number_predict"])
assert np.array_equal(several.hidden_output(X, layer=0), expected["first_hidden"])
scores = [several.score(X, y), number.score(X_number, y_number)]
assert scores == expected["scores"].tolist()
"""
SHOW = """
import copy, pickle
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

for net in (several, two, number):
    check_is_fitted(net)
    assert "epochs=3" in repr(net)
    assert type(net).__name__ in net._repr_html_()
    assert type(net).__name__ in make_pipeline(StandardScaler(), net)._repr_html_()
    for public in dir(net):  # as an editor's completion or an HTML view does
        getattr(net, public, None)
    assert len(net.coefs_) == net.n_layers_ - 1
    assert clone(net).get_params() == net.get_params()
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert np.array_equal(twin.coefs_[0], net.coefs_[0])
"""
ACTIVATIONS = """
import dataclasses
from skdense.engine.inference import ACTIVATIONS

seen = set()
for name in sorted(ACTIVATIONS):
    two.architecture_ = dataclasses.replace(two.architecture_, activation=(name,))
    seen.add(two.decision_function(X)[:5].tobytes())
assert len(seen) > len(ACTIVATIONS) - 4, "activations give different outputs"
"""
UNFITTED = """
import pickle
import skdense
from sklearn.base import clone, is_classifier, is_regressor
from skdense import DenseClassifier, DenseRegressor

for kind in (DenseClassifier, DenseRegressor):
    net = kind(8, dropout=0.5)
    assert repr(net) == f"{kind.__name__}(dropout=0.5, hidden_layer_sizes=8)"
    assert kind.__name__ in net._repr_html_()
    assert net.get_params()["dropout"] == 0.5
    assert net.set_params(l2=0.25).l2 == 0.25
    twin = pickle.loads(pickle.dumps(clone(net)))
    assert twin.get_params() == net.get_params()
    assert not hasattr(net, "coefs_") and not hasattr(net, "loss_curve_")
    try:
        net.predict([[0.0]])
    except Exception as error:
        assert type(error).__name__ == "NotFittedError", error
    else:
        raise AssertionError("an unfitted estimator predicts")
assert is_classifier(DenseClassifier()) and is_regressor(DenseRegressor())
assert skdense.cache_info().programs == 0
skdense.clear_cache()
"""
ERRORS = """
from skdense import DenseClassifier

def error_of(net):
    try:
        net.fit([[0.0], [1.0]], [0, 1])
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError("trained without TensorFlow")

assert "is blocked" in error_of(DenseClassifier())
assert "The 'dropout' parameter" in error_of(DenseClassifier(dropout=2.0))
"""
PARTS = {
    "unfitted estimators": UNFITTED,
    "a pickle of another process predicts": "FORMAT = 'pickle'" + LOADED + PREDICT,
    # joblib reads files of the pickle module, too.
    "a joblib file of another process predicts": "FORMAT = 'joblib'" + LOADED + PREDICT,
    "fitted estimators show themselves": "FORMAT = 'pickle'" + LOADED + SHOW,
    "every named activation predicts": "FORMAT = 'joblib'" + LOADED + ACTIVATIONS,
    "errors": ERRORS,
}
PROGRAM = """
import json, sys, traceback

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("tensorflow", "keras", "jax", "torch"):
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
errors = {}
for name, code in json.load(open("parts.json")).items():
    try:
        exec(code, {})
        assert not {"tensorflow", "keras"} & set(sys.modules)
        errors[name] = ""
    except Exception:
        errors[name] = traceback.format_exc()
print(json.dumps(errors))
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory, iris, diabetes):
    """A folder with files of fitted estimators, and what they predict."""
    (X, y), (X_number, y_number) = iris, diabetes
    folder = tmp_path_factory.mktemp("trained")
    several = plain(
        DenseClassifier,
        (8, 6),
        ["relu", "gelu"],
        batch_norm=True,
        dropout=0.2,
        epochs=3,
        random_state=0,
    ).fit(X, y)
    two = plain(DenseClassifier, 8, epochs=3, random_state=0, scale_features="robust", n_bins=3)
    two.fit(X, np.where(y == 0, "yes", "no"))
    number = plain(DenseRegressor, 8, epochs=3, random_state=0).fit(X_number, y_number)
    expected = {
        "scores": [several.score(X, y), number.score(X_number, y_number)],
        "number_predict": number.predict(X_number),
        "first_hidden": several.hidden_output(X, layer=0),
    }
    for name, net in {"several": several, "two": two}.items():
        for method in ("predict", "predict_proba", "decision_function", "hidden_output"):
            expected[f"{name}_{method}"] = getattr(net, method)(X)
    for name, net in {"several": several, "two": two, "number": number}.items():
        (folder / f"{name}.pickle").write_bytes(pickle.dumps(net))
        joblib.dump(net, folder / f"{name}.joblib")
    np.savez(folder / "data.npz", X=X, y=y, X_number=X_number, y_number=y_number)
    np.savez(folder / "expected.npz", **expected)
    return folder


@pytest.fixture(scope="module")
def errors(run_python, trained):
    """What went wrong in each part."""
    (trained / "parts.json").write_text(json.dumps(PARTS), encoding="utf-8")
    return json.loads(run_python(PROGRAM, folder=trained).stdout)


@pytest.mark.parametrize("part", PARTS)
def test_it_works_without_tensorflow(part, errors):
    assert not errors[part], errors[part]

"""What has to work where TensorFlow and Keras are missing: everything except training.

Each test runs in a fresh process. In those that must do without, importing TensorFlow or Keras
fails.
"""

import pickle
from textwrap import dedent

import joblib
import numpy as np
import pytest

from skdense import DenseClassifier, DenseRegressor
from skdense.engine.inference import ACTIVATIONS

BLOCK = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("tensorflow", "keras", "jax", "torch"):
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
"""
CHECK = """
assert not {"tensorflow", "keras"} & set(sys.modules)
"""


@pytest.fixture(scope="module")
def without_tensorflow(run_python):
    def run(code, **options):
        return run_python(BLOCK + dedent(code) + CHECK, **options)

    return run


@pytest.fixture(scope="module")
def trained(tmp_path_factory, iris, diabetes):
    """A folder with files of fitted estimators, and what they predict."""
    (X, y), (X_number, y_number) = iris, diabetes
    folder = tmp_path_factory.mktemp("trained")
    several = DenseClassifier(
        (8, 6), ["relu", "gelu"], batch_norm=True, dropout=0.2, epochs=3, random_state=0
    ).fit(X, y)
    two = DenseClassifier(8, epochs=3, random_state=0, scale_features="robust", n_bins=3)
    two.fit(X, np.where(y == 0, "yes", "no"))
    number = DenseRegressor(8, epochs=3, random_state=0).fit(X_number, y_number)
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


LOADED = """
import joblib
import numpy as np

data, expected = np.load("data.npz"), np.load("expected.npz")
X, y, X_number, y_number = (data[name] for name in ("X", "y", "X_number", "y_number"))
several, two, number = (
    joblib.load(name + "." + FORMAT) for name in ("several", "two", "number")
)
"""


@pytest.mark.parametrize("file_format", ["pickle", "joblib"])
def test_files_of_another_process_predict(without_tensorflow, trained, file_format):
    code = """
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
    # joblib reads files of the pickle module, too.
    without_tensorflow(f"FORMAT = {file_format!r}" + LOADED + dedent(code), folder=trained)


def test_fitted_estimators_show_themselves(without_tensorflow, trained):
    code = """
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
    without_tensorflow("FORMAT = 'pickle'" + LOADED + dedent(code), folder=trained)


def test_unfitted_estimators(without_tensorflow):
    without_tensorflow(
        """
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
    )


def test_every_named_activation_predicts(without_tensorflow, trained):
    names = sorted(ACTIVATIONS)
    code = f"""
    import dataclasses

    seen = set()
    for name in {names}:
        architecture = dataclasses.replace(two.architecture_, activation=(name,))
        two.architecture_ = architecture
        seen.add(two.decision_function(X)[:5].tobytes())
    assert len(seen) > {len(names)} - 4, "activations give different outputs"
    """
    without_tensorflow("FORMAT = 'joblib'" + LOADED + dedent(code), folder=trained)


def test_errors_without_tensorflow(without_tensorflow):
    without_tensorflow(
        """
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
    )


@pytest.mark.parametrize("imported_first", [False, True])
def test_training_prints_nothing(run_python, imported_first):
    done = run_python(
        """
        import sys

        if IMPORTED_FIRST:
            import tensorflow  # it announces itself, and not by our doing
        print("begins", file=sys.stderr)
        import numpy as np
        from skdense import DenseClassifier, DenseRegressor

        X = np.random.default_rng(0).normal(size=(80, 3))
        DenseClassifier(4, epochs=2).fit(X, X[:, 0] > 0).predict(X)
        DenseRegressor(4, epochs=300, dropout=0.1).fit(X, X[:, 0]).predict(X)  # compiled
        """.replace("IMPORTED_FIRST", str(imported_first)),
        environment={"TF_CPP_MIN_LOG_LEVEL": None},
    )
    assert done.stdout == ""
    assert done.stderr.partition("begins\n")[2] == ""
    assert imported_first or done.stderr == "begins\n"

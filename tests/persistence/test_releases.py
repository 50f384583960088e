"""Files and pickles of other versions: earlier ones are read, newer ones are named."""

import json
import pickle

import numpy as np
import pytest

import skdense
from skdense import DenseClassifier, NetworkClassifier
from skdense.engine import versions
from skdense.estimators import keras_parameters
from tests.helpers import plain
from tests.network_models import compiled_classifier
from tests.persistence.mutations import with_header
from tests.persistence.release_files import FOLDER, LABELS, TARGET, X, predictions

KEPT = sorted(path for path in FOLDER.glob("*/*") if path.suffix in (".pickle", ".skdense"))


@pytest.mark.parametrize("path", KEPT, ids=[f"{path.parent.name}/{path.name}" for path in KEPT])
def test_what_a_release_has_written_is_read(path):
    expected = json.loads((path.parent / "expected.json").read_text())[path.stem]
    is_file = path.suffix == ".skdense"
    estimator = skdense.load(path) if is_file else pickle.loads(path.read_bytes())
    np.testing.assert_allclose(predictions(estimator), expected, rtol=1e-4, atol=1e-6)
    n_epochs = estimator.n_iter_
    if path.stem == "classifier":
        estimator.set_params(warm_start=True).fit(X, LABELS)
    else:
        estimator.partial_fit(X, TARGET if path.stem == "regressor" else LABELS)
    assert estimator.n_iter_ > n_epochs
    assert np.isfinite(predictions(estimator)).all()


@pytest.fixture(scope="module")
def net():
    return plain(DenseClassifier, 4, epochs=1, random_state=0).fit(X, LABELS)


@pytest.fixture(scope="module")
def network():
    return NetworkClassifier(compiled_classifier, random_state=0).fit(X, LABELS)


def pickled_by(version, estimator, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(keras_parameters, "own_version", lambda: version)
        return pickle.dumps(estimator)


@pytest.mark.parametrize("name", ["net", "network"])
def test_a_pickle_of_a_newer_version_is_refused(name, request, monkeypatch):
    estimator, ours = request.getfixturevalue(name), skdense.__version__
    data = pickled_by("1000.2.0", estimator, monkeypatch)
    words = rf"This \w+ was pickled by skdense 1000\.2\.0, and skdense {ours} .*install"
    with pytest.raises(ValueError, match=words):
        pickle.loads(data)
    major, minor, *_ = ours.split(".")
    for same in (f"{major}.{minor}.999", f"{major}.{minor}.0.dev0", "0.0.1"):
        again = pickle.loads(pickled_by(same, estimator, monkeypatch))
        assert predictions(again) == predictions(estimator)
        assert vars(again).keys() == vars(estimator).keys()  # the version is in the pickle alone


def test_versions_are_compared_as_numbers(monkeypatch):
    monkeypatch.setattr(versions, "own_version", lambda: "0.9.3")
    assert [versions.is_newer(v) for v in ("0.10.0", "0.9.10", "0.9.3rc1", "1.0", "0.8.20")] == [
        *(True, False, False, True, False)
    ]


def without(estimator, *names):
    """Unpickle what an earlier version would have pickled, which did not know some parameters."""
    state = {name: value for name, value in estimator.__getstate__().items() if name not in names}
    again = object.__new__(type(estimator))
    again.__setstate__({**state, "_skdense_version": "0.0.1"})
    return again


def test_what_an_earlier_pickle_does_not_know_is_off(net, network):
    again = without(net, "residual", "scale_features", "n_members", "early_stopping")
    assert again.get_params() == net.get_params()  # the plain network's, not the defaults
    assert predictions(again) == predictions(net)
    assert predictions(again.fit(X, LABELS)) == predictions(net)
    again = without(network, "validation_split", "shuffle")
    assert again.get_params() == network.get_params()
    assert predictions(again.fit(X, LABELS)) == predictions(network)


def test_a_parameter_of_a_newer_file_is_named_with_both_versions(net, tmp_path):
    skdense.save(net, tmp_path / "net")

    def newer(header):
        header["parameters"]["cells"] = 1
        header["made_with"]["skdense"] = "1000.2.0"

    (tmp_path / "net").write_bytes(with_header((tmp_path / "net").read_bytes(), newer))
    words = rf"parameter 'cells', which skdense {skdense.__version__} .*by skdense '1000\.2\.0'"
    with pytest.raises(ValueError, match=words):
        skdense.load(tmp_path / "net")

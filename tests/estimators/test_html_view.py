from email.message import Message
from xml.etree import ElementTree

import numpy as np
import pytest
from sklearn import config_context
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr

from skdense import DenseClassifier, NetworkRegressor
from skdense.estimators import html_view
from skdense.estimators.html_view import losses_svg
from tests.helpers import plain

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def net(iris):
    return plain(DenseClassifier, 4, epochs=4, validation_fraction=0.3, random_state=0).fit(*iris)


def test_fitted_estimator_shows_its_losses_below_scikit_learns_view(net):
    view = losses_svg(net.history_, net.best_epoch_)
    assert view.startswith("<svg")
    assert net._repr_html_().endswith(view)
    assert net._repr_html_().startswith("<style>")
    bundle = net._repr_mimebundle_()
    assert bundle["text/html"].endswith(view)
    assert bundle["text/plain"] == repr(net)


def test_unfitted_estimator_shows_none():
    assert 'aria-label="losses by epoch"' not in plain(DenseClassifier)._repr_html_()
    assert (
        'aria-label="losses by epoch"'
        not in plain(DenseClassifier)._repr_mimebundle_()["text/html"]
    )


def test_text_display_stays_text(net):
    with config_context(display="text"):
        assert not hasattr(net, "_repr_html_")
        assert list(net._repr_mimebundle_()) == ["text/plain"]


def test_scikit_learns_own_views_still_work(net, iris):
    assert "DenseClassifier" in estimator_html_repr(net)
    pipe = make_pipeline(StandardScaler(), plain(DenseClassifier, 4, epochs=1, random_state=0))
    assert "DenseClassifier" in pipe.fit(*iris)._repr_html_()


def marked(view):
    """Give the epoch that a picture marks, by the points of its curve; and what it says of it."""
    tree = ElementTree.fromstring(view[view.index("<svg xmlns") :])
    curve = tree.findall(f"{SVG}polyline")[1].get("points").split()
    circles = [f"{circle.get('cx')},{circle.get('cy')}" for circle in tree.findall(f"{SVG}circle")]
    words = [text.text for text in tree.iter(f"{SVG}text") if "best" in text.text]
    return [curve.index(place) + 1 for place in circles if place in curve], words


@pytest.mark.parametrize("options", [{"monitor": "accuracy"}, {"min_delta": 0.5}], ids=str)
def test_the_best_epoch_by_the_monitor_is_marked(iris, options):
    options |= {"epochs": 20, "early_stopping": True, "patience": 3, "random_state": 0}
    net = plain(DenseClassifier, 4, **options).fit(*iris)
    assert net.best_epoch_ != np.argmin(net.history_["val_loss"]) + 1
    assert marked(net._fit_html()) == ([net.best_epoch_], [f"best epoch: {net.best_epoch_}"])


def test_no_best_epoch_is_named_without_its_validation_loss(iris):
    net = plain(DenseClassifier, 4, epochs=3, early_stopping=True, warm_start=True, random_state=0)
    net.fit(*iris).set_params(early_stopping=False).fit(*iris)  # goes on without a validation set
    assert net.best_epoch_ > 3
    assert marked(net._fit_html()) == ([], [])


def test_picture_is_well_formed_and_marks_the_best_epoch():
    history = {"loss": [4, 2, 1], "val_loss": [4, 3, 3.5]}
    tree = ElementTree.fromstring(losses_svg(history, 2))
    training, held_out = tree.findall(f"{SVG}polyline")
    heights = [float(point.split(",")[1]) for point in training.get("points").split()]
    assert heights == sorted(heights)  # SVG counts downwards
    best = held_out.get("points").split()[1].split(",")
    circle = tree.find(f"{SVG}circle")
    assert [circle.get("cx"), circle.get("cy")] == best
    assert "best epoch: 2" in [text.text for text in tree.iter(f"{SVG}text")]


@pytest.mark.parametrize(
    "history",
    [
        {"loss": [1.0, 1.0, 1.0]},
        {"loss": [1.0, 0.5, np.inf], "val_loss": [np.nan, np.nan, np.nan]},
        {"loss": [1.0, 0.5, 0.4], "val_loss": [np.nan, 0.7, 0.6]},
        {"loss": [-1.0, -2.0]},
    ],
)
def test_every_number_in_the_picture_is_finite(history):
    picture = losses_svg(history)
    ElementTree.fromstring(picture)
    assert "nan" not in picture
    assert "inf" not in picture


def test_a_single_epoch_is_no_curve():
    assert losses_svg({"loss": [1.0]}) == losses_svg({"loss": [1.0, np.nan]}) == ""


@pytest.mark.parametrize("estimator", [plain(DenseClassifier), NetworkRegressor(len)])
def test_the_question_mark_leads_to_the_api(estimator, monkeypatch):
    name = type(estimator).__name__
    monkeypatch.setattr(html_view, "documentation_address", lambda: "https://docs.example/stable")
    link = f"https://docs.example/stable/reference.html#skdense.{name}"
    assert f'href="{link}"' in estimator._repr_html_()
    assert "docs.example" not in type("Mine", (type(estimator),), {})(len)._repr_html_()
    monkeypatch.setattr(html_view, "documentation_address", lambda: "")
    assert "reference.html" not in estimator._repr_html_()


@pytest.mark.parametrize(
    ("entries", "address"),
    [
        (
            ["Source, https://a.example", "Documentation, https://b.example/x/"],
            "https://b.example/x",
        ),
        (["Source, https://a.example"], ""),
        (None, ""),
    ],
)
def test_the_address_is_that_of_the_installed_package(entries, address, monkeypatch):
    message = Message()
    for entry in entries or []:
        message["Project-URL"] = entry
    monkeypatch.setattr(html_view, "metadata", lambda name: {"skdense": message}[name])
    assert html_view.documentation_address.__wrapped__() == address

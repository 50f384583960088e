import numpy as np
import pytest
from matplotlib.figure import Figure

from skdense.inspection.comparison_display import ComparisonDisplay, decimals


@pytest.fixture
def ax():
    return Figure().add_subplot()


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_scores_are_drawn_where_asked(ax):
    scores = {"network": np.array([0.9, 0.8]), "ridge": np.array([0.7, 0.9])}
    display = ComparisonDisplay(scores=scores, metric="accuracy", highlight="network")
    assert display.plot(ax) is display
    assert display.ax_ is ax
    assert display.figure_ is ax.figure
    assert texts(ax) == ["0.8500", "0.8000"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["network", "ridge"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]


def test_every_fold_and_its_spread_lie_inside(ax):
    scores = {"a": np.array([0.9, 0.2]), "b": np.array([0.5, 0.9])}
    ComparisonDisplay(scores=scores, metric="accuracy").plot(ax)
    low, high = ax.get_xlim()
    spread = np.std([0.9, 0.2], ddof=1)
    assert low < 0.55 - spread
    assert high > 0.55 + spread


def test_model_far_behind_becomes_an_arrow(ax):
    scores = {
        "network": np.array([0.99, 0.98]),
        "forest": np.array([0.98, 0.97]),
        "dummy": np.array([0.5, 0.5]),
    }
    ComparisonDisplay(scores=scores, metric="roc auc").plot(ax)
    assert texts(ax)[-1] == "\N{LEFTWARDS ARROW} 0.5000"
    assert ax.get_xlim()[0] > 0.9


def test_error_far_behind_points_to_the_right(ax):
    scores = {
        "network": np.array([1.0, 1.1]),
        "forest": np.array([1.1, 1.2]),
        "dummy": np.array([9.0, 9.1]),
    }
    ComparisonDisplay(scores=scores, metric="error", greater_is_better=False).plot(ax)
    assert texts(ax)[-1] == "9.050 \N{RIGHTWARDS ARROW}"
    assert ax.get_xlabel() == "error (lower is better)"


def test_equal_scores_still_have_an_axis(ax):
    scores = {name: np.array([1.0, 1.0]) for name in "abc"}
    ComparisonDisplay(scores=scores, metric="accuracy").plot(ax)
    low, high = ax.get_xlim()
    assert low < 1.0 < high


def test_rows_set_aside_are_diamonds(ax):
    scores = {"a": np.array([0.9, 0.8]), "b": np.array([0.8, 0.7])}
    display = ComparisonDisplay(scores=scores, metric="accuracy", test_scores={"a": 0.85, "b": 0.1})
    display.plot(ax)
    diamonds = [line for line in ax.lines if line.get_marker() == "D"]
    assert [float(line.get_xdata()[0]) for line in diamonds] == [0.85, 0.1]
    assert "diamonds" in ax.get_title(loc="left")
    assert ax.get_xlim()[0] < 0.1


@pytest.mark.parametrize(
    ("best", "expected"),
    [(0.99, 4), (1.0, 3), (-45.1, 2), (182_000, 0), (0.0, 4), (1e-9, 6)],
)
def test_decimals(best, expected):
    assert decimals(best) == expected

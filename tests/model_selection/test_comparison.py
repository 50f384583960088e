import dataclasses

import matplotlib as mpl
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification

from skdense import DenseClassifier
from skdense.model_selection.columns import Column
from skdense.model_selection.comparison import Comparison


@pytest.fixture(autouse=True)
def no_windows():
    mpl.use("agg")


def a_comparison(*, network=(0.9, 0.8), greater_is_better=True, test_scores=None, **others):
    scores = {"dummy": (0.5, 0.5), "ridge": (0.6, 0.7), "network": network} | others
    return Comparison(
        task="classification",
        metric="roc auc",
        greater_is_better=greater_is_better,
        scores={name: np.array(values) for name, values in scores.items()},
        fit_times={name: np.array([1.0, 2.0]) for name in scores},
        predict_times={name: np.array([0.1, 0.3]) for name in scores},
        test_scores=test_scores or {},
        n_test=7 if test_scores else 0,
        histories={"network": [{"loss": [1.0, 0.5]}, {"loss": [1.0, 0.4]}]},
    )


def test_frame_holds_everything_best_first():
    table = a_comparison().to_frame()
    assert table.index.name == "model"
    assert table.index.tolist() == ["network", "ridge", "dummy"]
    assert table.columns.tolist() == [
        "mean",
        "spread",
        "fit_time",
        "predict_time",
        "fold_1",
        "fold_2",
    ]
    network = table.loc["network"]
    assert network["mean"] == pytest.approx(0.85)
    assert network["spread"] == pytest.approx(np.std([0.9, 0.8], ddof=1))
    assert network["fit_time"] == 1.5
    assert network["predict_time"] == pytest.approx(0.2)
    assert network["fold_2"] == 0.8


def test_errors_rank_from_the_least():
    result = a_comparison(greater_is_better=False)
    assert result.ranking == ["dummy", "ridge", "network"]
    np.testing.assert_allclose(result.differences("network", "dummy"), [-0.4, -0.3])
    assert "(lower is better)" in repr(result)


def test_table_as_text_lines_up():
    heading, empty, *table = repr(a_comparison()).splitlines()
    assert heading == "roc auc over 2 folds (higher is better)"
    assert empty == ""
    assert [line.split()[0] for line in table] == ["model", "network", "ridge", "dummy"]
    assert len({len(line) for line in table}) == 1


def test_scores_on_rows_set_aside_are_a_column():
    result = a_comparison(test_scores={"dummy": 0.5, "ridge": 0.65, "network": 0.77})
    assert result.to_frame()["test"].to_dict() == result.test_scores
    assert "0.7700" in repr(result)
    words = "On the test set of 7 samples, the network has 0.7700 and ridge 0.6500."
    assert words in result.summary()


def test_notebook_view_escapes_names():
    view = a_comparison(**{"<b>": (0.1, 0.1)})._repr_html_()
    assert "<td>&lt;b&gt;</td>" in view
    assert "<td><b></td>" not in view
    assert "The network beats the dummy" in view


def test_the_report_has_everything():
    columns = [Column("day <1>", "dates", "year, month, day", "dates: in order of time?")]
    result = dataclasses.replace(
        a_comparison(),
        columns=columns,
        warnings=["few rows"],
        about={"to repeat": "compare(X, y)", "versions": "skdense 9.9"},
    )
    page = result.to_html("Houses", "skdense compare houses.csv")
    assert "<title>Houses</title>" in page
    parts = [
        "The network beats",
        "few rows",
        "Folds",
        "Columns",
        "day &lt;1&gt;",
        "year, month, day",
    ]
    parts += ["larger than their standard deviation", "skdense compare houses.csv", "skdense 9.9"]
    assert [part for part in parts if part not in page] == []
    assert page.count("<svg") == 2
    assert "compare(X, y)" not in page
    assert "compare(X, y)" in result._repr_html_()
    assert page.count("http") == page.count("http://www.w3.org/")  # nothing from elsewhere


@pytest.mark.parametrize(
    ("network", "dummy_words", "ridge_words"),
    [
        ((0.90, 0.95), "beats the dummy", "beats ridge, the best of the others"),
        ((0.58, 0.75), "beats the dummy", "is within the folds' spread of ridge"),
        ((0.60, 0.70), "beats the dummy", "ties with ridge"),
        ((0.52, 0.54), "beats the dummy", "falls behind ridge"),
        ((0.40, 0.45), "falls behind the dummy", "falls behind ridge"),
        ((0.50, 0.50), "ties with the dummy", "falls behind ridge"),
    ],
)
def test_words(network, dummy_words, ridge_words):
    first, second, judged = a_comparison(network=network).summary().splitlines()
    assert dummy_words in first
    assert ridge_words in second
    assert "larger than their standard deviation" in judged


def test_words_for_errors():
    first = a_comparison(network=(0.1, 0.2), greater_is_better=False).summary().splitlines()[0]
    assert first == (
        "The network beats the dummy: roc auc 0.1500 against 0.5000, on average 0.3500 better, "
        "more than the differences' spread of 0.0707; better in 2 of 2 folds."
    )


def test_best_other_model_may_be_the_users():
    assert "within the folds' spread of mine, the best" in a_comparison(mine=(0.8, 0.9)).summary()


def test_unknown_model():
    with pytest.raises(ValueError, match="no model is named 'forest'"):
        a_comparison().differences("network", "forest")


def test_pictures():
    result = a_comparison()
    scores = result.plot()
    assert [label.get_text() for label in scores.ax_.get_yticklabels()] == result.ranking
    losses = result.plot_losses()
    assert losses.figure_ is losses.ax_.figure
    with pytest.raises(ValueError, match="name='ridge' has no loss curves"):
        result.plot_losses(name="ridge")


def test_best_epochs_are_those_of_the_default_monitor():
    net = DenseClassifier((8,), epochs=12, n_members=1, learning_rate=0.1, random_state=0)
    X, y = make_classification(120, 4, flip_y=0.3, random_state=0)
    fits = [clone(net).set_params(random_state=seed).fit(X, y) for seed in (0, 1)]
    histories = {"network": [fit.history_ for fit in fits]}
    display = dataclasses.replace(a_comparison(), histories=histories).plot_losses()
    assert display.best_epochs_["network"] == [fit.best_epoch_ for fit in fits]
    assert display.monitor_axes_[0] is not None
    lowest = [int(np.argmin(fit.history_["val_loss"])) + 1 for fit in fits]
    assert lowest != display.best_epochs_["network"]


@pytest.mark.parametrize(
    ("network", "said"),
    [
        (
            (0.6, 0.7),
            "The network ties with ridge, the best of the others: roc auc 0.6500 for",
        ),
        (
            (0.7, 0.6),
            "is within the folds' spread of ridge, the best of the others: roc auc",
        ),
        ((0.6, 0.7 * (1 + 1e-15)), "ties with ridge"),
        ((0.6, 0.8), "better in 1, equal in 1 of 2 folds."),
        ((0.7, 0.8), "on average 0.1000 better, more than the differences' spread of 0.0000;"),
    ],
)
def test_a_tie_is_worded_as_a_tie(network, said):
    words = a_comparison(network=network).summary().splitlines()[1]
    assert said in words
    if network == (0.7, 0.6):
        assert "on average the same, no more than the differences' spread of 0.1414;" in words
    assert "0.0000 worse" not in words

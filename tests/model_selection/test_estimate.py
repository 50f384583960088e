import re

import numpy as np
import pandas as pd
import pytest

from skdense import DenseClassifier, DenseRegressor
from skdense.model_selection import estimate as module
from skdense.model_selection.baselines import default_models
from skdense.model_selection.estimate import estimate


@pytest.fixture(autouse=True)
def small_network(monkeypatch):
    net = DenseClassifier((64,), batch_size=32, epochs=20, n_members=1, early_stopping=False)
    monkeypatch.setattr(module, "network", lambda task, random_state: net)


def seconds(names, n_rows=1000, n_columns=10, *, table=False, task="classification", n_folds=5):
    X = np.zeros((n_rows, n_columns))
    y = np.arange(n_rows) % 2 if task == "classification" else np.arange(float(n_rows))
    words = estimate(names, pd.DataFrame(X) if table else X, y, task, n_folds)
    number, unit = re.search(r"about ([\d.]+) (second|minute|hour)", words).groups()
    return float(number) * {"second": 1, "minute": 60, "hour": 3600}[unit]


ALL = ("dummy", "logistic regression", "random forest", "gradient boosting", "network")


def test_more_work_takes_longer():
    times = [seconds(ALL, n_rows) for n_rows in (1000, 30_000, 300_000, 3_000_000)]
    assert times == sorted(times)
    assert times[0] < 90 < 3600 < times[-1]
    assert seconds(ALL, 30_000, n_folds=20) > seconds(ALL, 30_000)
    assert seconds(ALL, 30_000, 50, table=True) >= seconds(ALL, 30_000, 50)


def test_the_network_counts_its_steps():
    net = DenseClassifier((1000,), batch_size=100, epochs=250, n_members=2, early_stopping=False)
    n_steps = 10_000 // 100 * 250 * 2
    one_fold = n_steps * (module.SECONDS_PER_STEP + 6 * 100 * 10 * 1000 / module.FLOPS)
    found = module._network_seconds(net, 10_000, 10)
    assert found == pytest.approx(one_fold)


def test_the_default_network_of_a_regression_has_bins_and_leaves_out_a_quarter():
    net = DenseRegressor()
    n_steps = 3000 // 256 * 128 * 4  # batch size, epochs, members
    flops = 6 * 256 * (256 * (10 * 9 + 5) + 2 * 256**2)
    expected = n_steps * (module.SECONDS_PER_STEP + flops / module.FLOPS)
    assert module._network_seconds(net, 4000, 10, 5) == pytest.approx(expected, rel=0.1)


def test_inputs_are_about_those_that_skrub_makes():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "size": rng.normal(size=100),
            "town": rng.choice(list("abcdefgh"), 100),
            "street": [f"street {k} of {k % 7}, {k % 3} north" for k in range(100)],
            "day": pd.date_range("2020-01-01", periods=100, freq="31h"),
        }
    )
    vectorizer = default_models("regression", 0, are_numbers=False)["network"][0]
    assert sum(module._count_inputs(table)) == pytest.approx(
        vectorizer.fit_transform(table).shape[1], rel=0.2
    )


def test_a_sample_is_suggested_where_all_takes_long():
    few, many = (np.zeros((n, 20)) for n in (10_000, 1_000_000))
    words = estimate(ALL, few, np.arange(len(few)) % 2, "classification", 5)
    assert "--rows" not in words
    words = estimate(ALL, many, np.arange(len(many)) % 2, "classification", 5)
    all_rows, sample = words.split("; with --rows 10000, a random sample, about ")
    assert "minutes" in all_rows
    assert "seconds" in sample


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_models_of_the_user_are_not_counted(task):
    assert seconds(("dummy", "mine"), 10**6, task=task) == 10

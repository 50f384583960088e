import re

import numpy as np
import pandas as pd
import pytest

from skdense import DenseClassifier
from skdense.model_selection import estimate as module
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


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_models_of_the_user_are_not_counted(task):
    assert seconds(("dummy", "mine"), 10**6, task=task) == 10

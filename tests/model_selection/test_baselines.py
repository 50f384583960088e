import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.linear_model import LogisticRegression, Ridge

from skdense.model_selection import baselines
from skdense.model_selection.baselines import default_models
from skdense.model_selection.tables import as_table

N = 60


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "size": np.where(np.arange(N) % 7 == 0, np.nan, rng.normal(50, 10, N)),
            "empty": np.full(N, np.nan),
            "colour": np.where(np.arange(N) % 5 == 0, None, rng.choice(["red", "blue"], N)),
            "flag": np.arange(N) % 2 == 0,
            "size [m], {x}": [f"row {i}" for i in range(N)],
            "day": pd.date_range("2020-01-01", periods=N),
        }
    )


@pytest.fixture
def linear_network(monkeypatch):
    def network(task, random_state):
        return LogisticRegression() if task == "classification" else Ridge()

    monkeypatch.setattr(baselines, "network", network)


@pytest.fixture
def nothing_else_installed(monkeypatch):
    monkeypatch.setattr(baselines, "find_spec", lambda name: None)


def fit_and_predict(models, table, task):
    y = np.arange(N) % 3 if task == "classification" else np.linspace(0, 1, N)
    right_kind = is_classifier if task == "classification" else is_regressor
    for model in models.values():
        assert right_kind(model)
        predicted = clone(model).fit(table[:40], y[:40]).predict(table[40:])
        assert np.isfinite(np.asarray(predicted, dtype=float)).all()


def quick(models):
    models["random forest"][-1].set_params(n_estimators=3)
    models["gradient boosting"][-1].set_params(max_iter=3)
    return models


@pytest.mark.filterwarnings("ignore:The matrix shape is:UserWarning")
@pytest.mark.parametrize("kind", ["pandas", "polars", "numpy"])
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_every_baseline_takes_a_messy_table(table, task, kind, nothing_else_installed):
    if kind == "polars":
        polars = pytest.importorskip("polars")
        columns = {name: table[name].astype(object) for name in table}
        table = polars.DataFrame({n: c.where(c.notna(), None).tolist() for n, c in columns.items()})
    elif kind == "numpy":
        table = table.to_numpy(dtype=object)
    models = quick(default_models(task, 0, are_numbers=False))
    models["network"][-1].set_params(
        hidden_layer_sizes=(8,), epochs=2, batch_size=32, n_members=1, early_stopping=False
    )
    assert len(models) == 5
    fit_and_predict(models, as_table(table)[0], task)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_arrays_need_no_skrub(task, linear_network, nothing_else_installed, monkeypatch):
    monkeypatch.setitem(sys.modules, "skrub", None)
    X = np.random.default_rng(0).normal(size=(N, 3))
    models = default_models(task, 0, are_numbers=True)
    models["random forest"].set_params(n_estimators=3)
    models["gradient boosting"].set_params(max_iter=3)
    fit_and_predict(models, X, task)


@pytest.mark.filterwarnings("ignore:Found unknown categories:UserWarning")
def test_values_not_seen_in_training_pass(linear_network, nothing_else_installed):
    train = pd.DataFrame({"colour": ["red", "blue", "green"] * 10})
    for name, model in quick(default_models("regression", 0, are_numbers=False)).items():
        model.fit(train, np.arange(30.0))
        assert np.isfinite(model.predict(pd.DataFrame({"colour": ["black"]}))).all(), name


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize(("package", "name"), [("lightgbm", "LightGBM"), ("catboost", "CatBoost")])
def test_other_boosting_where_it_is_installed(package, name, task, table, linear_network):
    pytest.importorskip(package)
    model = default_models(task, 0, are_numbers=False)[name]
    model[-1].set_params(n_estimators=3)
    fit_and_predict({name: model}, as_table(table)[0], task)


def test_other_boosting_gets_the_seed(monkeypatch):
    monkeypatch.setattr(baselines, "find_spec", lambda name: True)
    for package, names in {"lightgbm": ("LGBM",), "catboost": ("CatBoost",)}.items():
        kinds = {f"{name}{kind}": dict for name in names for kind in ("Classifier", "Regressor")}
        monkeypatch.setitem(sys.modules, package, SimpleNamespace(**kinds))
    for task in ("classification", "regression"):
        models = default_models(task, 7, are_numbers=True)
        assert list(models)[-3:] == ["LightGBM", "CatBoost", "network"]
        assert models["LightGBM"]["random_state"] == models["CatBoost"]["random_seed"] == 7


def test_models_have_no_state_from_building(nothing_else_installed):
    models = default_models("classification", 7, are_numbers=False)
    for name in ("random forest", "gradient boosting", "network"):
        assert models[name][-1].random_state == 7
    for name in ("logistic regression", "random forest", "gradient boosting", "network"):
        assert models[name][0].high_cardinality.random_state == 7

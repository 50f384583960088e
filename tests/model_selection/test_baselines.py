import numpy as np
import pandas as pd
import pytest
from sklearn.base import is_classifier, is_regressor

from skdense.model_selection import baselines
from skdense.model_selection.baselines import MAX_CATEGORIES, default_models, preparation
from skdense.model_selection.column_types import column_types

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
            "identifier": [f"row {i}" for i in range(N)],
        }
    )


def test_numbers_are_filled_marked_and_scaled(table):
    columns = table[["size"]]
    out = preparation(column_types(columns), impute=True, scale=True).fit_transform(columns)
    assert out.shape == (N, 2)
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(out.std(axis=0), 1)


def test_gaps_stay_where_the_model_takes_them(table):
    columns = table[["size"]]
    out = preparation(column_types(columns), impute=False, scale=False).fit_transform(columns)
    np.testing.assert_array_equal(out[:, 0], columns["size"])


def test_text_becomes_one_column_per_value(table):
    columns = table[["colour", "flag"]]
    out = preparation(column_types(columns), impute=True, scale=True).fit_transform(columns)
    assert out.shape == (N, 5)
    np.testing.assert_array_equal(out.sum(axis=1), 2)


def test_rare_values_share_a_column(table):
    columns = table[["identifier"]]
    out = preparation(column_types(columns), impute=True, scale=True).fit_transform(columns)
    assert out.shape == (N, MAX_CATEGORIES)


def test_values_not_seen_in_training_pass():
    columns = pd.DataFrame({"colour": ["red", "blue", "red"]})
    transformer = preparation(column_types(columns), impute=True, scale=True).fit(columns)
    out = transformer.transform(pd.DataFrame({"colour": ["green"]}))
    np.testing.assert_array_equal(out, [[0, 0]])


@pytest.mark.parametrize("kind", ["pandas", "polars", "numpy"])
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_every_baseline_takes_a_messy_table(table, task, kind, monkeypatch):
    if kind == "polars":
        polars = pytest.importorskip("polars")
        columns = {name: table[name].astype(object) for name in table}
        table = polars.DataFrame({n: c.where(c.notna(), None).tolist() for n, c in columns.items()})
    elif kind == "numpy":
        table = table.to_numpy(dtype=object)
    monkeypatch.setattr(baselines, "network", lambda task, random_state: None)
    models = default_models(table, task, random_state=0)
    models.pop("network")
    models["random forest"][-1].set_params(n_estimators=3)
    models["gradient boosting"][-1].set_params(max_iter=3)
    y = np.arange(N) % 3 if task == "classification" else np.linspace(0, 1, N)
    right_kind = is_classifier if task == "classification" else is_regressor
    for model in models.values():
        assert right_kind(model)
        predicted = model.fit(table[:40], y[:40]).predict(table[40:])
        assert np.isfinite(predicted).all()


def test_models_have_no_state_from_building(table, monkeypatch):
    monkeypatch.setattr(baselines, "network", lambda task, random_state: None)
    models = default_models(table, "classification", random_state=7)
    assert models["random forest"][-1].random_state == 7
    assert models["gradient boosting"][-1].random_state == 7

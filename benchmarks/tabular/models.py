"""The models that are compared, each at its defaults behind the preparation that it needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from skdense import KERAS_DEFAULTS, DenseClassifier, DenseRegressor
from tabular.sets import Table


def one_hot(table: Table, scale: bool) -> ColumnTransformer:
    """Numeric columns with missing values filled, categories as columns of 0 and 1."""
    numeric = [SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)]
    numeric += [StandardScaler()] if scale else []
    categories = OneHotEncoder(
        handle_unknown="ignore", min_frequency=5, drop="if_binary", sparse_output=False
    )
    return ColumnTransformer(
        [("n", make_pipeline(*numeric), table.numeric), ("c", categories, table.categorical)]
    )


def ordinal(table: Table) -> ColumnTransformer:
    """Numeric columns as they are, categories as whole numbers."""
    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
        max_categories=254,
    )
    return ColumnTransformer([("c", codes, table.categorical), ("n", "passthrough", table.numeric)])


def behind_one_hot(classifier: Any, regressor: Any, scale: bool = True) -> Callable:
    """Make a model that takes prepared columns, of a table and a seed."""

    def make(table: Table, seed: int) -> Any:
        model = regressor if table.task == "regression" else classifier
        model = model() if "random_state" not in model().get_params() else model(random_state=seed)
        return make_pipeline(one_hot(table, scale), model)

    return make


def skdense(scale: bool, **parameters: Any) -> Callable:
    """Make a network with some parameters."""

    def make(table: Table, seed: int) -> Any:
        kind = DenseRegressor if table.task == "regression" else DenseClassifier
        known = kind().get_params()
        own = {name: value for name, value in parameters.items() if name in known}
        return make_pipeline(one_hot(table, scale), kind(**own, random_state=seed))

    return make


def boosting(table: Table, seed: int) -> Any:
    """Histogram gradient boosting, which knows categories and missing values itself."""
    kind = (
        HistGradientBoostingRegressor
        if table.task == "regression"
        else HistGradientBoostingClassifier
    )
    places = list(range(len(table.categorical)))
    return make_pipeline(ordinal(table), kind(categorical_features=places, random_state=seed))


class OfFrames(BaseEstimator):
    """A model that takes a DataFrame with categories as text: RealMLP, CatBoost."""

    def __init__(self, model: Any, categorical: list[str], options: dict[str, Any]):
        self.model, self.categorical, self.options = model, categorical, options

    def __sklearn_is_fitted__(self) -> bool:
        """Tell the pipeline to leave that question to the model."""
        return True

    def fit(self, X: Any, y: Any) -> OfFrames:
        """Fit on a table."""
        self.model.fit(self._with_text(X), y, **self.options)
        return self

    def predict(self, X: Any) -> Any:
        """Predict; CatBoost gives a column for each target."""
        return np.asarray(self.model.predict(self._with_text(X))).ravel()

    def predict_proba(self, X: Any) -> Any:
        """Probabilities, (n_samples, n_classes)."""
        return self.model.predict_proba(self._with_text(X))

    def _with_text(self, X: Any) -> Any:
        X = X.copy()
        X[self.categorical] = X[self.categorical].fillna("missing").astype(str)
        return X


def real_mlp(table: Table, seed: int) -> Any:
    """Pytabkit's RealMLP-TD-S, which needs numeric columns without missing values."""
    from pytabkit import RealMLP_TD_S_Classifier, RealMLP_TD_S_Regressor

    kind = RealMLP_TD_S_Regressor if table.task == "regression" else RealMLP_TD_S_Classifier
    model = OfFrames(
        kind(device="cpu", random_state=seed, verbosity=0),
        table.categorical,
        {"cat_col_names": table.categorical},
    )
    imputer = ColumnTransformer(
        [("n", SimpleImputer(strategy="median", keep_empty_features=True), table.numeric)],
        remainder="passthrough",
        verbose_feature_names_out=False,
    )
    return make_pipeline(imputer.set_output(transform="pandas"), model)


def catboost(table: Table, seed: int) -> Any:
    """CatBoost at its defaults."""
    from catboost import CatBoostClassifier, CatBoostRegressor

    kind = CatBoostRegressor if table.task == "regression" else CatBoostClassifier
    model = kind(random_seed=seed, verbose=False, allow_writing_files=False)
    return OfFrames(model, table.categorical, {"cat_features": table.categorical})


MODELS: dict[str, Callable] = {
    "skdense": skdense(scale=False),
    "skdense, plain": skdense(scale=True, **KERAS_DEFAULTS),
    "HistGradientBoosting": boosting,
    "random forest": behind_one_hot(RandomForestClassifier, RandomForestRegressor),
    "MLPClassifier, MLPRegressor": behind_one_hot(MLPClassifier, MLPRegressor),
    "linear": behind_one_hot(LogisticRegression, Ridge),
    "RealMLP-TD-S": real_mlp,
    "CatBoost": catboost,
}

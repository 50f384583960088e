"""The models of a comparison: baselines and the network, each with its preparation."""

from importlib.util import find_spec
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skdense.estimators.classifier import DenseClassifier
from skdense.estimators.regressor import DenseRegressor
from skdense.model_selection.task import Task

DUMMY = "dummy"
NETWORK = "network"


def default_models(task: Task, random_state: int, are_numbers: bool) -> dict[str, Any]:
    """Build the models of a comparison, with what prepares a table for each; none is fitted.

    An array of finite numbers (`are_numbers`) is taken as it is, and standardized for the linear
    model. Other tables are prepared by skrub, inside each fold: dates become several numbers,
    categories a column for each or, for gradient boosting, stay categories; text of many values
    becomes numbers that say how alike it is; missing values stay missing where the model takes
    them.
    """
    if task == "classification":
        dummy, linear_name = DummyClassifier(strategy="prior"), "logistic regression"
        linear = LogisticRegression(max_iter=1000)
        forest = RandomForestClassifier(random_state=random_state)
        boosting = HistGradientBoostingClassifier(random_state=random_state)
    else:
        dummy, linear_name = DummyRegressor(strategy="mean"), "ridge"
        linear = Ridge()
        forest = RandomForestRegressor(random_state=random_state)
        boosting = HistGradientBoostingRegressor(random_state=random_state)
    others = {**_other_boosting(task, random_state), NETWORK: network(task, random_state)}
    if are_numbers:
        linear = make_pipeline(StandardScaler(), linear)
    else:
        from skrub import tabular_pipeline

        linear, forest, boosting = (
            tabular_pipeline(model).set_params(
                tablevectorizer__high_cardinality__random_state=random_state
            )
            for model in (linear, forest, boosting)
        )
        others = {
            name: make_pipeline(*_as_array(random_state), model) for name, model in others.items()
        }
    return {
        DUMMY: dummy,
        linear_name: linear,
        "random forest": forest,
        "gradient boosting": boosting,
        **others,
    }


def network(task: Task, random_state: int) -> Any:
    """Build the dense network of a comparison: its defaults, and missing values are allowed."""
    cls = DenseClassifier if task == "classification" else DenseRegressor
    return cls(missing="indicator", random_state=random_state)


def _other_boosting(task: Task, random_state: int) -> dict[str, Any]:
    """Build LightGBM and CatBoost where they are installed."""
    kind = "Classifier" if task == "classification" else "Regressor"
    models = {}
    if find_spec("lightgbm"):
        import lightgbm

        models["LightGBM"] = getattr(lightgbm, f"LGBM{kind}")(random_state=random_state, verbose=-1)
    if find_spec("catboost"):
        import catboost

        models["CatBoost"] = getattr(catboost, f"CatBoost{kind}")(
            random_seed=random_state, verbose=False, allow_writing_files=False
        )
    return models


def _as_array(random_state: int) -> tuple[Any, Any]:
    """Build what turns a table into an array of numbers, in which values may be missing."""
    from skrub import DatetimeEncoder, StringEncoder, TableVectorizer

    vectorizer = TableVectorizer(
        datetime=DatetimeEncoder(periodic_encoding="spline"),
        high_cardinality=StringEncoder(random_state=random_state),
    )
    return vectorizer, FunctionTransformer(np.asarray)  # LightGBM refuses some names of columns

"""The models of a comparison: baselines and the network, each with its preprocessing."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from skdense.estimators.classifier import DenseClassifier
from skdense.estimators.regressor import DenseRegressor
from skdense.model_selection.column_types import ColumnTypes, as_numbers, as_text, column_types
from skdense.model_selection.task import Task

DUMMY = "dummy"
NETWORK = "network"
MAX_CATEGORIES = 30


def default_models(X: Any, task: Task, random_state: int) -> dict[str, Any]:
    """Build the five models of a comparison, ready for the columns of one table.

    All of them one-hot encode text, categories and booleans; where a column has more than 30
    values, the rarest ones share one column. All but gradient boosting, which takes missing
    values, impute the median and add an indicator. The linear model also scales; the network does
    so itself.

    Parameters
    ----------
    X : ndarray, pandas.DataFrame or polars.DataFrame of shape (n_samples, n_columns)
        Read for the types of its columns only.
    task : {"classification", "regression"}
    random_state : int
        Seed of the forest, boosting and the network.

    Returns
    -------
    models : dict of str to estimator
        `"dummy"`, `"logistic regression"` or `"ridge"`, `"random forest"`, `"gradient boosting"`
        and `"network"`, none of them fitted.

    Examples
    --------
    >>> import numpy as np
    >>> from skdense.model_selection.baselines import default_models
    >>> list(default_models(np.eye(3), "regression", random_state=0))
    ['dummy', 'ridge', 'random forest', 'gradient boosting', 'network']
    """
    types = column_types(X)
    imputed = preparation(types, impute=True, scale=False)
    scaled = preparation(types, impute=True, scale=True)
    not_imputed = preparation(types, impute=False, scale=False)
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
    return {
        DUMMY: dummy,
        linear_name: make_pipeline(scaled, linear),
        "random forest": make_pipeline(imputed, forest),
        "gradient boosting": make_pipeline(not_imputed, boosting),
        NETWORK: make_pipeline(imputed, network(task, random_state)),
    }


def network(task: Task, random_state: int) -> Any:
    """Build the dense network of a comparison, with its defaults.

    Parameters
    ----------
    task : {"classification", "regression"}
    random_state : int

    Returns
    -------
    model : DenseClassifier or DenseRegressor
    """
    cls = DenseClassifier if task == "classification" else DenseRegressor
    return cls(random_state=random_state)


def preparation(types: ColumnTypes, *, impute: bool, scale: bool) -> ColumnTransformer:
    """Build what turns a table with these columns into an array of numbers.

    Parameters
    ----------
    types : ColumnTypes
    impute : bool
        Whether missing numbers are replaced by the column's median, with a missing-value
        indicator.
    scale : bool
        Whether numeric columns get mean 0 and variance 1.

    Returns
    -------
    transformer : ColumnTransformer
    """
    steps: list[Any] = [FunctionTransformer(as_numbers, feature_names_out="one-to-one")]
    if impute:
        steps.append(SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True))
    else:
        steps.append(EmptyColumnFiller())
    if scale:
        steps.append(StandardScaler())
    parts: list[tuple[str, Pipeline, list[int]]] = []
    if types.numeric:
        parts.append(("numbers", make_pipeline(*steps), types.numeric))
    if types.categorical:
        parts.append(("text", _one_hot(), types.categorical))
    return ColumnTransformer(parts)


class EmptyColumnFiller(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Put 0 into columns that are empty in the training set, and leave all others as they are.

    Gradient boosting takes missing values, but cannot bin a column in which all are missing.

    Attributes
    ----------
    empty_ : ndarray of bool, of shape (n_columns,)
    n_features_in_ : int

    Examples
    --------
    >>> import numpy as np
    >>> from skdense.model_selection.baselines import EmptyColumnFiller
    >>> EmptyColumnFiller().fit_transform(np.array([[np.nan, np.nan], [np.nan, 1.0]]))
    array([[ 0., nan],
           [ 0.,  1.]])
    """

    def fit(self, X: NDArray[np.float64], y: Any = None) -> Self:
        """Note which columns are empty.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_columns)
        y : None
            Ignored.

        Returns
        -------
        self : EmptyColumnFiller
        """
        self.empty_ = np.isnan(X).all(axis=0)
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Fill the columns that were empty.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_columns)

        Returns
        -------
        filled : ndarray of shape (n_samples, n_columns)
        """
        return np.where(self.empty_, 0.0, X)


def _one_hot() -> Pipeline:
    return make_pipeline(
        FunctionTransformer(as_text, feature_names_out="one-to-one"),
        OneHotEncoder(
            handle_unknown="infrequent_if_exist",
            max_categories=MAX_CATEGORIES,
            sparse_output=False,
        ),
    )

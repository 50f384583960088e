"""Where the network is: in a pipeline's last step, in a search's best estimator."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skdense.estimators.base import DenseEstimator
from skdense.preprocessing._compat import BaseSearchCV

if TYPE_CHECKING:
    from skdense.estimators.network_base import NetworkBase


def fitted_network(estimator: Any, name: str = "estimator") -> DenseEstimator | NetworkBase:
    """Find the fitted network that an estimator consists of, a pipeline ends in or a search found.

    Raises TypeError if there is none, NotFittedError if it is not fitted, and ValueError if a
    search kept no best estimator.
    """
    found = estimator
    while not isinstance(found, DenseEstimator) and not has_custom_model(found):
        if isinstance(found, Pipeline):
            found = found.steps[-1][1]
        elif isinstance(found, BaseSearchCV) or hasattr(found, "best_estimator_"):
            found = _best_of(found, name)
        else:
            raise TypeError(
                f"{name}={_shown(estimator)} is not a network: pass a fitted DenseClassifier or "
                "DenseRegressor (or a Network estimator), a Pipeline that ends in one, or a search "
                "over one."
            )
    check_is_fitted(found)
    return found


def has_custom_model(estimator: Any) -> bool:
    """Tell whether an estimator is a NetworkClassifier or NetworkRegressor."""
    # Not imported for the question: it imports TensorFlow.
    module = sys.modules.get("skdense.estimators.network_base")
    return module is not None and isinstance(estimator, module.NetworkBase)


def _best_of(search: Any, name: str) -> Any:
    check_is_fitted(search)
    if not hasattr(search, "best_estimator_"):
        raise ValueError(
            f"{name}={_shown(search)} kept no best_estimator_: fit the search with refit=True."
        )
    return search.best_estimator_


def _shown(estimator: Any) -> str:
    text = repr(estimator)
    return text if len(text) <= 60 else f"{text[:57]}..."

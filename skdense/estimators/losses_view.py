"""The HTML view of a dense estimator, with its losses and automatic values below scikit-learn's."""

from __future__ import annotations

import html
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from skdense.estimators.automatic import described
from skdense.estimators.html_view import DocumentationLink, losses_svg


class LossesView(DocumentationLink, BaseEstimator):
    """Adds what a fit has come to, to scikit-learn's view of an estimator in a notebook."""

    history_: dict[str, list[float]]
    best_epoch_: int
    params_: dict[str, Any]

    @property
    def _repr_html_(self) -> Any:
        scikit_learns = super()._repr_html_  # no such attribute under set_config(display="text")
        return lambda: scikit_learns() + self._fit_html()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        bundle = super()._repr_mimebundle_(**kwargs)
        if "text/html" in bundle:
            bundle["text/html"] += self._fit_html()
        return bundle

    def _fit_html(self) -> str:
        try:
            check_is_fitted(self)
        except NotFittedError:
            return ""
        best = self.best_epoch_ if "val_loss" in self.history_ else None
        values = f"<p>{html.escape(described(self.params_))}</p>" if self.params_ else ""
        return losses_svg(self.history_, best) + values

"""What looks wrong with a fit, in words."""

import html
import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np

from skdense.inspection.check_inputs import CheckInputs, gather_check_inputs
from skdense.inspection.checks import CHECKS, CheckResult
from skdense.preprocessing.fit_arguments import FitArguments


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """The result of `diagnose`.

    Printed, it says in words what looks wrong with a fit.

    .. versionadded:: 0.1

    Parameters
    ----------
    results : tuple of CheckResult
        Each with `name`, `reason` and `advice`, in the order in which to act on them.
    unchecked : tuple of str, default=()
        What could not be checked, and why; printed first.

    See Also
    --------
    diagnose : Makes the diagnosis.

    Examples
    --------
    >>> from skdense.inspection.diagnose import Diagnosis
    >>> from skdense.inspection.checks import CheckResult
    >>> Diagnosis((CheckResult("over-fitting", "since epoch 3", "Try early_stopping=True."),))
    1. Over-fitting: since epoch 3.
       Try early_stopping=True.
    """

    results: tuple[CheckResult, ...]
    unchecked: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Names of the results."""
        return [result.name for result in self.results]

    @property
    def _all_clear(self) -> str:
        first = "Otherwise, nothing" if self.unchecked else "Nothing"
        return f"{first} looks wrong with this fit."

    def __repr__(self) -> str:
        lines = [*map(_filled, self.unchecked), *([] if self.results else [self._all_clear])]
        for number, result in enumerate(self.results, start=1):
            name = result.name[0].upper() + result.name[1:]
            lines.append(_filled(f"{number}. {name}: {result.reason}."))
            lines.append(_filled(f"   {result.advice}"))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        parts = [f"<p><i>{html.escape(line)}</i></p>" for line in self.unchecked]
        parts += [] if self.results else [f"<p>{self._all_clear}</p>"]
        items = [
            f"<li><b>{html.escape(result.name)}</b>: {html.escape(result.reason)}."
            f"<br>{html.escape(result.advice)}</li>"
            for result in self.results
        ]
        parts += ["<ol>", *items, "</ol>"] if items else []
        return "".join(parts)


def _filled(text: str) -> str:
    return textwrap.fill(text, width=88, subsequent_indent="   ", break_on_hyphens=False)


def diagnose(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    sample_weight: Any = None,
    X_val: Any = None,
    y_val: Any = None,
    groups: Any = None,
) -> Diagnosis:
    """Say what looks wrong with a fit, what shows it, and what to try next.

    The checks are for under-fitting, over-fitting, unscaled features, a learning rate that is too
    high or too low, samples that are in the training and in the validation set, and a network that
    is no better than a dummy. Ridge regression and a small random forest are trained on at most
    2000 samples, to see what can be learned from them; the network is not trained again. Of sparse
    X that would be large when dense, samples are drawn at random; of several members, the first is
    checked.

    .. versionadded:: 0.1

    Parameters
    ----------
    estimator : DenseClassifier, DenseRegressor, Pipeline or search, fitted
        A pipeline has to end in one of the first two, and its other steps must not drop rows.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The X of `fit`, with the rows in the same order: the validation set is found again.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The y of `fit`.
    sample_weight : array-like of shape (n_samples,), default=None
        That of `fit`; samples of weight zero are left out.
    X_val : {array-like, sparse matrix} of shape (n_samples_val, n_features), default=None
        That of `fit`. If `fit` had no validation set, other data that the network has not learned
        from: over-fitting shows in the difference of the scores.
    y_val : array-like of shape (n_samples_val,) or (n_samples_val, n_outputs), default=None
        The targets of `X_val`.
    groups : array-like of shape (n_samples,), default=None
        Those of `fit`, where the validation set was chosen by groups.

    Returns
    -------
    diagnosis : Diagnosis
        Its `results` each have `name`, `reason` and `advice`. Print it to read them.

    Raises
    ------
    TypeError
        If the estimator is not a network and does not end in one, or the network is a custom model.
    ValueError
        If X or y are not of the shape that the network was trained on, there are fewer than 20
        rows, or what `fit` was given to choose the validation set is missing.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.

    See Also
    --------
    HistoryDisplay : The loss curves of a fit.

    References
    ----------
    Chollet, "Deep Learning with Python", 2nd ed., Manning 2021, chapter 5: first over-fit, then
    regularize.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from skdense import KERAS_DEFAULTS, DenseClassifier, diagnose
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> net = DenseClassifier(**KERAS_DEFAULTS | {"epochs": 20, "random_state": 0}).fit(X, y)
    >>> "unscaled features" in diagnose(net, X, y).names
    True
    """
    given = FitArguments(X, y, sample_weight, X_val, y_val, None, groups)
    inputs = gather_check_inputs(estimator, given)
    results = [check(inputs) for check in CHECKS]
    return Diagnosis(tuple(each for each in results if each is not None), _unchecked(inputs))


def _unchecked(inputs: CheckInputs) -> tuple[str, ...]:
    """Say what could not be checked, and why."""
    unchecked = (*_of_other_members(inputs), *_without_validation(inputs))
    if inputs.n_given is None:
        return unchecked
    return (
        *unchecked,
        f"Of {inputs.n_given} rows {len(inputs.X)} were checked, drawn at random, as X is sparse "
        "and would be large when dense: rows that are in both the training and the validation set "
        "are seldom found.",
    )


def _of_other_members(inputs: CheckInputs) -> tuple[str, ...]:
    if inputs.network._member is None:
        return ()
    number, n_members, _ = inputs.network._member
    return (
        f"Member {number + 1} of {n_members} was looked at: the others differ from it by their "
        "random numbers, and by the rows that they leave out.",
    )


def _without_validation(inputs: CheckInputs) -> tuple[str, ...]:
    """Say why over-fitting could not be checked, if so."""
    network = inputs.network
    val_losses = inputs.history.get("val_loss", [])
    if inputs.validation is not None and not inputs.is_monitored:
        return ()
    if val_losses and np.isnan(val_losses[-1]) and np.isfinite(inputs.history["loss"][-1]):
        why = "the last epochs were trained without a validation set"
    elif inputs.validation is not None:
        return ()
    elif network.early_stopping and network.refit_best_epoch:
        why = (
            "refit_best_epoch=True has trained on all rows: early_stopping_history_ has the losses "
            "of the training before; or pass rows that it has not seen as X_val and y_val"
        )
    else:
        remedy = "" if network.early_stopping else "early_stopping=True or "
        why = (
            "no rows were held out: pass others as X_val and y_val here, or fit with "
            f"{remedy}validation_fraction=0.2"
        )
    return (f"Over-fitting was not looked for, as {why}.",)

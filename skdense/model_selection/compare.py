"""Compare several models on the same folds of one table."""

import sys
from collections.abc import Mapping
from numbers import Integral
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import check_random_state
from sklearn.utils.parallel import Parallel, delayed

from skdense.model_selection.baselines import default_models
from skdense.model_selection.column_types import as_numbers, column_types
from skdense.model_selection.comparison import Comparison, Floats
from skdense.model_selection.fit_and_score import (
    FoldResult,
    Metric,
    Scorer,
    check_metric,
    fit_and_score,
)
from skdense.model_selection.input_error import InputError
from skdense.model_selection.splits import make_folds, set_aside
from skdense.model_selection.task import Task, check_target
from skdense.preprocessing._compat import _safe_indexing


def compare(
    X: Any,
    y: Any,
    *,
    models: Mapping[str, Any] | None = None,
    cv: Any = 5,
    scoring: str | Scorer | None = None,
    test_size: float | None = None,
    random_state: Any = None,
    n_jobs: int | None = None,
    task: Task | None = None,
    verbose: bool = False,
) -> Comparison:
    """Compare a dense network with the usual models on one table.

    A dummy, logistic or ridge regression, a random forest, gradient boosting and a dense network
    are scored on the same folds, all with their defaults. Each has the preprocessing that it needs:
    text, categories and booleans are one-hot encoded; missing numbers are imputed, except for
    gradient boosting; numeric features are scaled for the linear model.

    .. versionadded:: 0.1

    Parameters
    ----------
    X : array-like, pandas.DataFrame or polars.DataFrame of shape (n_samples, n_columns)
        Features; text and missing values are allowed.
    y : array-like of shape (n_samples,)
        One target: labels of any kind, or numbers.
    models : dict of str to estimator, default=None
        Further models, used as they are. One with the name of a model above replaces it.
    cv : int, splitter or iterable of (train, test), default=5
        An int is the number of shuffled folds, stratified for classification; anything else is
        used as it is.
    scoring : str or callable, default=None
        A scikit-learn scorer. None is `"roc_auc"` for two classes, `"accuracy"` for more, `"r2"`
        for regression. Scorers of a positive class, such as `"f1"`, take 1 for it or, if no class
        is called 1, the second of the two classes in sorted order.
    test_size : float or int, default=None
        Fraction or number of samples to set aside as the test set, stratified for classification.
        At the end each model is fitted once more, on all other samples, and scored on these.
    random_state : int, RandomState or None, default=None
        Seeds the folds, the test set and the models. With an int, scores are reproducible.
    n_jobs : int, default=None
        Number of folds that run at the same time; None is 1. Times are comparable only with 1.
    task : {"classification", "regression"}, default=None
        None takes text, booleans and at most 20 different integers for classes.
    verbose : bool, default=False
        Whether to write a line to standard error when a model is done.

    Returns
    -------
    comparison : Comparison
        Scores and times of all models.

    Raises
    ------
    ValueError
        If a parameter is out of range, or X or y cannot be used.
    ModelError
        If a model fails in a fold; the error names the model.
    KeyboardInterrupt
        On Ctrl-C, with the `Comparison` of the models that are finished as its argument.

    See Also
    --------
    Comparison : What it returns.
    search_space : Ranges for tuning the network.

    References
    ----------
    Grinsztajn, Oyallon and Varoquaux, "Why do tree-based models still outperform deep
    learning on typical tabular data?", NeurIPS 2022.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skdense.model_selection.compare import compare
    >>> X, y = load_iris(return_X_y=True)
    >>> mine = {"network": MLPClassifier(solver="lbfgs", random_state=0)}
    >>> result = compare(X, y, models=mine, cv=3, random_state=0)
    >>> result.metric, sorted(result.scores)[0]
    ('accuracy', 'dummy')
    """
    y, task = check_target(y, task)
    X = _check_table(X, len(y))
    seed = _check_seed(random_state)
    if n_jobs == 0:
        raise InputError("n_jobs=0 must be None, a number of jobs, or -1 for all processors")
    metric = check_metric(scoring, y, task)
    candidates = default_models(X, task, seed) | _check_models(models)
    rest, test = set_aside(test_size, y, task, seed)
    folds = make_folds(cv, X, y, task, rest, seed)

    parallel = Parallel(n_jobs=n_jobs)
    results: dict[str, list[FoldResult]] = {}
    test_results: list[FoldResult] = []
    try:
        for name, model in candidates.items():
            results[name] = parallel(
                delayed(fit_and_score)(name, model, X, y, fold, metric, f"fold {k} of {len(folds)}")
                for k, fold in enumerate(folds, start=1)
            )
            if verbose:
                _report(f"[{len(results)}/{len(candidates)}] {name}", metric, results[name])
        if len(test):
            test_results = parallel(
                delayed(fit_and_score)(name, model, X, y, (rest, test), metric, "the test set")
                for name, model in candidates.items()
            )
    except KeyboardInterrupt as interrupt:
        if results:
            raise KeyboardInterrupt(_collect(results, [], task, metric, 0)) from interrupt
        raise
    return _collect(results, test_results, task, metric, len(test))


def _check_table(X: Any, n_samples: int) -> Any:
    if issparse(X):
        raise InputError("X is a sparse matrix; compare takes dense tables: X.toarray()")
    if not hasattr(X, "shape"):
        values = np.asarray(X)
        # NumPy would turn the numbers of a mixed list into text.
        X = np.asarray(X, dtype=object) if values.dtype.kind in "US" else values
    if len(X.shape) != 2 or X.shape[1] == 0:
        raise InputError(f"X has shape {X.shape}; it must be a table of rows and columns")
    if X.shape[0] != n_samples:
        raise InputError(f"X has {X.shape[0]} rows and y has {n_samples}; they must be as many")
    names = getattr(X, "columns", range(X.shape[1]))
    numeric = column_types(X).numeric
    infinite = np.isinf(as_numbers(_safe_indexing(X, numeric, axis=1))).any(axis=0)
    if infinite.any():
        worst = names[numeric[int(infinite.argmax())]]
        raise InputError(f"X holds infinity in column {worst!r}; make those cells missing")
    return X


def _check_models(models: Mapping[str, Any] | None) -> dict[str, Any]:
    if models is None:
        return {}
    if not isinstance(models, Mapping):
        raise TypeError(f"models={models!r} must be a dict of names and estimators")
    for name, model in models.items():
        if not isinstance(name, str) or not name:
            raise InputError(f"models has the name {name!r}; names must be texts")
        if isinstance(model, type) or not (hasattr(model, "fit") and hasattr(model, "get_params")):
            raise InputError(
                f"models[{name!r}]={model!r} is not an estimator; give an instance, such as "
                "KNeighborsClassifier()"
            )
    return dict(models)


def _check_seed(random_state: Any) -> int:
    if isinstance(random_state, Integral):
        seed = int(random_state)
        if not 0 <= seed < 2**32:
            raise InputError(f"random_state={seed} must be between 0 and 2**32 - 1")
        return seed
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def _report(done: str, metric: Metric, results: list[FoldResult]) -> None:
    scores = np.array([result.score for result in results])
    seconds = sum(result.fit_time + result.predict_time for result in results)
    print(
        f"{done}: {metric.name} {scores.mean():.4g}, spread {scores.std(ddof=1):.2g} "
        f"({seconds:.1f} s)",
        file=sys.stderr,
        flush=True,
    )


def _collect(
    results: dict[str, list[FoldResult]],
    test_results: list[FoldResult],
    task: Task,
    metric: Metric,
    n_test: int,
) -> Comparison:
    def column(field: str) -> dict[str, Floats]:
        return {
            name: np.array([getattr(result, field) for result in done])
            for name, done in results.items()
        }

    return Comparison(
        task=task,
        metric=metric.name,
        greater_is_better=metric.sign > 0,
        scores=column("score"),
        fit_times=column("fit_time"),
        predict_times=column("predict_time"),
        test_scores={n: each.score for n, each in zip(results, test_results, strict=False)},
        n_test=n_test,
        histories={
            name: [result.history for result in done if result.history is not None]
            for name, done in results.items()
            if done[0].history is not None
        },
    )

"""Compare several models on the same folds of one table."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.utils import check_random_state
from sklearn.utils.parallel import Parallel, delayed

from skdense.model_selection import report
from skdense.model_selection.baselines import default_models
from skdense.model_selection.columns import describe_columns
from skdense.model_selection.comparison import Comparison, Floats
from skdense.model_selection.estimate import estimate
from skdense.model_selection.fit_and_score import (
    FoldResult,
    Metric,
    Scorer,
    check_metric,
    fit_and_score,
)
from skdense.model_selection.input_error import InputError
from skdense.model_selection.progress import Progress
from skdense.model_selection.splits import Split, make_folds, set_aside
from skdense.model_selection.tables import as_table
from skdense.model_selection.task import Task, check_target

FEWEST_ROWS = 10  # of a class in a fold; with fewer, a warning


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

    A dummy, logistic or ridge regression, a random forest, gradient boosting (LightGBM's and
    CatBoost's, too, where they are installed) and a dense network are scored on the same folds. An
    array of finite numbers is taken as it is. Other tables are prepared by skrub (extra
    `compare`): once for what the cells hold, such as dates and numbers written as text, and inside
    the folds for all that is learned from data. The result says what was done to each column.

    .. versionadded:: 0.1

    Parameters
    ----------
    X : array-like, pandas.DataFrame or polars.DataFrame of shape (n_samples, n_columns)
        Features: numbers, text, categories, dates, durations; values may be missing.
    y : array-like of shape (n_samples,)
        One target: labels of any kind, or numbers.
    models : dict of str to estimator, default=None
        Further models, used as they are, on X as it is. One with the name of a model above
        replaces it.
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
        Whether to write to standard error: what is suspicious in the table, about how long it will
        take, and a line for each model, which grows with its folds.

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
    X = _check_shape(X, len(y))
    table, numbers = as_table(X)
    seed = _check_seed(random_state)
    if n_jobs == 0:
        raise InputError("n_jobs=0 must be None, a number of jobs, or -1 for all processors")
    metric = check_metric(scoring, y, task)
    own_models = _check_models(models)
    rest, test = set_aside(test_size, y, task, seed)
    folds = make_folds(cv, X, y, task, rest, seed)
    columns = [] if table is X else describe_columns(table, numbers, y, task)
    candidates = default_models(task, seed, table is X) | own_models
    warnings = [f"Column {each.name!r}: {each.warning}" for each in columns if each.warning]
    warnings += _few_rows(y[rest], task, len(folds))
    progress = Progress(verbose)
    for line in (*warnings, estimate(candidates.keys() - own_models, table, y, task, len(folds))):
        progress.line(line)

    def run(tasks: list[tuple[str, Split, str]]) -> Iterator[FoldResult]:
        return Parallel(n_jobs=n_jobs, return_as="generator")(
            delayed(fit_and_score)(
                name, candidates[name], X if name in own_models else table, y, split, metric, where
            )
            for name, split, where in tasks
        )

    given = dict(cv=cv, scoring=scoring, test_size=test_size, random_state=seed)
    about = _about(X, task, folds, given)
    collect = partial(_collect, task, metric, columns=columns, warnings=warnings, about=about)
    results: dict[str, list[FoldResult]] = {}
    try:
        for name in candidates:
            tasks = [(name, fold, f"fold {k} of {len(folds)}") for k, fold in enumerate(folds, 1)]
            label = f"[{len(results) + 1}/{len(candidates)}] {name}, fold"
            results[name] = list(progress.follow(label, run(tasks)))
            _report(progress, metric, results[name])
        tasks = [(name, (rest, test), "the test set") for name in candidates] if len(test) else []
        test_results = list(progress.follow("Test set, model", run(tasks))) if tasks else []
        if tasks:
            progress.line("")
    except KeyboardInterrupt as interrupt:
        if results:
            raise KeyboardInterrupt(collect(results)) from interrupt
        raise
    return collect(results, test_results, len(test))


def _check_shape(X: Any, n_samples: int) -> Any:
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
    return X


def _few_rows(y: NDArray[Any], task: Task, n_folds: int) -> list[str]:
    """Warn of classes with fewer than ten rows in a fold."""
    if task == "regression":
        return []
    counts = {label: n for label, n in Counter(y.tolist()).items() if n < FEWEST_ROWS * n_folds}
    rows = ", ".join(f"{label!r} ({n} rows)" for label, n in sorted(counts.items(), key=str))
    few = f"Fewer than {FEWEST_ROWS} rows in a fold, so that scores depend on chance: class {rows}"
    return [few] if counts else []


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


def _about(X: Any, task: Task, folds: list[Split], given: dict[str, Any]) -> dict[str, str]:
    """Say what a report says about the making of a comparison."""
    arguments = "".join(f", {name}={value!r}" for name, value in given.items())
    sizes = [len(test) for _, test in folds]
    return {
        "data": f"{X.shape[0]} rows, {X.shape[1]} columns",
        "task": task,
        "folds": f"{len(folds)}, of {min(sizes)} to {max(sizes)} rows",
        "to repeat": f"skdense.compare(X, y{arguments}, task={task!r})",
        "versions": report.versions(),
    }


def _report(progress: Progress, metric: Metric, results: list[FoldResult]) -> None:
    scores = np.array([result.score for result in results])
    seconds = sum(result.fit_time + result.predict_time for result in results)
    progress.line(
        f": {metric.name} {scores.mean():.4g}, spread {scores.std(ddof=1):.2g} ({seconds:.1f} s)"
    )


def _collect(
    task: Task,
    metric: Metric,
    results: dict[str, list[FoldResult]],
    test_results: Sequence[FoldResult] = (),
    n_test: int = 0,
    **details: Any,
) -> Comparison:
    def column(name: str) -> dict[str, Floats]:
        return {
            model: np.array([getattr(result, name) for result in done])
            for model, done in results.items()
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
        **details,
    )

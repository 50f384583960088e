"""Search spaces: the usual ranges of the parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scipy import stats

# Most parameters need no new program. Dropout needs two, one for zero and one for all other rates;
# each tuple of layers and each batch size needs one of its own.
_GRIDS: dict[str, dict[str, list]] = {
    "small": {
        "learning_rate": [0.0003, 0.001, 0.003, 0.01],
        "l2": [0.0, 0.001, 0.01],
        "dropout": [0.0, 0.3],
    },
    "large": {
        "learning_rate": [0.0001, 0.0003, 0.001, 0.003, 0.01],
        "lr_schedule": [None, "cosine"],
        "l2": [0.0, 0.001, 0.01, 0.1],
        "dropout": [0.0, 0.2, 0.5],
        "hidden_layer_sizes": [(32,), (64, 32), (128, 64, 32)],
    },
}
# (lowest, highest, whether on a log scale), or choices.
_RANGES: dict[str, dict[str, Any]] = {
    "small": {
        "learning_rate": (0.0001, 0.01, True),
        "l2": (0.0001, 0.1, True),
        "dropout": (0.0, 0.5, False),
    },
    "large": {
        "learning_rate": (0.0001, 0.03, True),
        "lr_schedule": [None, "cosine", "exponential"],
        "l1": (0.00001, 0.01, True),
        "l2": (0.00001, 0.4, True),
        "dropout": (0.0, 0.5, False),
        "input_noise": (0.0, 0.3, False),
        "batch_size": [16, 32, 64, 128],
        "hidden_layer_sizes": [(32,), (64, 32), (128, 64, 32), (256, 128, 64)],
    },
}
_FORMS = ("grid", "distributions", "suggest")


def search_space(size: str = "small", *, form: str = "grid", prefix: str = "") -> Any:
    """Return parameters to search, with their usual ranges.

    All candidates of the small space share one or two compiled programs; the large one also varies
    the layers, and each choice of them is compiled once.

    .. versionadded:: 0.1

    Parameters
    ----------
    size : {"small", "large"}, default="small"
        How many parameters to search; as a grid, there are 24 or 360 candidates.
    form : {"grid", "distributions", "suggest"}, default="grid"
        Lists for ``GridSearchCV``; lists and SciPy distributions for ``RandomizedSearchCV``; or a
        function for Optuna, which takes a trial and returns what ``set_params`` takes.
    prefix : str, default=""
        Prefix of every name, where the network is a step of a pipeline: ``"denseclassifier__"``.

    Returns
    -------
    space : dict of str to (list or distribution), or callable
        A new dict in each call, which you may change.

    Raises
    ------
    ValueError
        If `size` or `form` is none of these, or `prefix` does not end with two underscores.

    See Also
    --------
    sklearn.model_selection.RandomizedSearchCV : A search over distributions.

    References
    ----------
    Bergstra and Bengio, "Random search for hyper-parameter optimization", JMLR 13, 2012.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import RandomizedSearchCV
    >>> from sklearn.impute import SimpleImputer
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdense import DenseClassifier, search_space
    >>> net = DenseClassifier(16, epochs=10, n_members=1, random_state=0)
    >>> net = make_pipeline(SimpleImputer(), net)
    >>> space = search_space("small", form="distributions", prefix="denseclassifier__")
    >>> search = RandomizedSearchCV(net, space, n_iter=3, cv=2, random_state=0)
    >>> sorted(search.fit(*load_iris(return_X_y=True)).best_params_)
    ['denseclassifier__dropout', 'denseclassifier__l2', 'denseclassifier__learning_rate']

    With Optuna::

        suggest = search_space("large", form="suggest")

        def objective(trial):
            net = DenseClassifier(n_members=1).set_params(**suggest(trial))
            return cross_val_score(net, X, y).mean()

        optuna.create_study(direction="maximize").optimize(objective, n_trials=50)
    """
    for name, value, known in (("size", size, tuple(_GRIDS)), ("form", form, _FORMS)):
        if value not in known:
            raise ValueError(f"{name}={value!r} is unknown: it is one of {', '.join(known)}.")
    if prefix and not prefix.endswith("__"):
        raise ValueError(
            f"prefix={prefix!r} would give names such as '{prefix}l2': it has to end with two "
            f"underscores, as in {prefix.rstrip('_') + '__'!r}."
        )
    if form == "suggest":
        return _suggest(_RANGES[size], prefix)
    if form == "grid":
        return {prefix + name: list(values) for name, values in _GRIDS[size].items()}
    return {prefix + name: _distribution(where) for name, where in _RANGES[size].items()}


def _distribution(where: Any) -> Any:
    if isinstance(where, list):
        return list(where)
    low, high, is_log = where
    return stats.loguniform(low, high) if is_log else stats.uniform(low, high - low)


def _suggest(ranges: dict[str, Any], prefix: str) -> Callable[[Any], dict[str, Any]]:
    def suggest(trial: Any) -> dict[str, Any]:
        chosen = {}
        for name, where in ranges.items():
            if isinstance(where, list):
                # Optuna wants plain choices, which a tuple is not.
                by_name = {_shown(each): each for each in where}
                name_chosen = trial.suggest_categorical(prefix + name, list(by_name))
                chosen[prefix + name] = by_name[name_chosen]
            else:
                low, high, is_log = where
                chosen[prefix + name] = trial.suggest_float(prefix + name, low, high, log=is_log)
        return chosen

    return suggest


def _shown(choice: Any) -> Any:
    return "-".join(map(str, choice)) if isinstance(choice, tuple) else choice

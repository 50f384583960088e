"""The columns of a table in words: what each holds, what is done to it, what is suspicious."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdense.model_selection.task import Task

if TYPE_CHECKING:
    import pandas

# Samples to look at for a column that alone predicts the target, and the score that is suspicious.
N_LOOKED_AT = 2000
SUSPICIOUS_SCORE = 0.999


class Column(NamedTuple):
    """A column of a table, in words."""

    name: str
    holds: str  # such as "numbers, 12 missing"
    preparation: str  # what models get of it
    warning: str  # what is suspicious; empty for most columns


def describe_columns(
    table: "pandas.DataFrame", numbers: dict[str, str], y: NDArray[Any], task: Task
) -> list[Column]:
    """Say what the columns of a table hold, what is done to them, and what is suspicious.

    The table is as `as_table` returns it; `numbers` has, by column, a cell of text that was read as
    a number.
    """
    from skrub import TableVectorizer

    as_is = dict.fromkeys(("low_cardinality", "high_cardinality", "datetime"), "passthrough")
    kinds = TableVectorizer(**as_is).fit(table).column_to_kind_
    columns = []
    for name, column in table.items():
        kind, n_values = kinds.get(name, "empty"), column.nunique()
        holds, preparation = _KINDS[kind]
        n_missing = int(column.isna().sum())
        if n_missing and kind != "empty":
            holds = f"{holds}, {n_missing} missing"
        warnings = _warnings(name, column, kind, n_values)
        if name in numbers:
            warnings.append(f"read as numbers: text such as {numbers[name]!r}")
        if n_values > 1 and score_alone(column, y, task) > SUSPICIOUS_SCORE:
            warnings.append("alone predicts the target: would it be known beforehand?")
        holds, preparation = (text.format(n=n_values) for text in (holds, preparation))
        columns.append(Column(name, holds, preparation, "; ".join(warnings)))
    return columns


_KINDS = {
    "numeric": ("numbers", "as they are"),
    "datetime": ("dates", "year, month, day, hour where there is one, and seconds since 1970"),
    "low_cardinality": (
        "{n} categories",
        "a column for each; gradient boosting takes them as categories, the forest numbered",
    ),
    "high_cardinality": (
        "text, {n} different",
        "30 numbers, from the letters that occur together (skrub.StringEncoder)",
    ),
    "empty": ("nothing", "left out"),
}


def _warnings(name: str, column: "pandas.Series", kind: str, n_values: int) -> list[str]:
    """Say what is suspicious in a column, whatever the target."""
    if kind == "empty":
        return ["no value in any row"]
    if n_values == 1 and not column.isna().any():
        return ["a single value, which tells nothing"]
    all_differ = n_values == len(column)
    if kind == "high_cardinality":
        often = "all different: an identifier?" if all_differ else "more than get a column each"
        return [f"{n_values} texts, {often}"]
    if kind == "datetime":
        return ["dates: to predict the future, use folds in order of time (cv=TimeSeriesSplit())"]
    if kind == "numeric" and all_differ and _looks_like_id(name, column):
        return ["all different: an identifier, or the number of the row?"]
    return []


def _looks_like_id(name: str, column: "pandas.Series") -> bool:
    """Tell whether different numbers look like an identifier: whole, and sorted or named so."""
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    is_named = name.lower().endswith("id") or name.startswith("Unnamed:")
    return bool((values % 1 == 0).all()) and (is_named or bool((np.diff(values) > 0).all()))


def score_alone(column: "pandas.Series", y: NDArray[Any], task: Task) -> float:
    """Score how well one column alone predicts the target: a tree on half of a sample of the rows.

    It is the ROC AUC (the mean over one class against the others), or the R² of the ranks of y.
    """
    rows = np.random.default_rng(0).permutation(len(y))[:N_LOOKED_AT]
    values, y = _as_numbers(column.iloc[rows]), y[rows]
    train, test = slice(None, None, 2), slice(1, None, 2)
    if task == "regression":
        y = rankdata(y)
        tree = DecisionTreeRegressor(random_state=0).fit(values[train], y[train])
        return float(tree.score(values[test], y[test]))
    tree = DecisionTreeClassifier(min_samples_leaf=5, random_state=0).fit(values[train], y[train])
    alone = values[test].ravel()
    scores = [
        # By its order alone where that is better: the tree errs close to a limit.
        max(roc_auc_score(y[test] == label, ranks) for ranks in (probability, alone, -alone))
        for label, probability in zip(
            tree.classes_, tree.predict_proba(values[test]).T, strict=True
        )
        if len(np.unique(y[test] == label)) == 2
    ]
    return float(np.mean(scores)) if scores else 0.0


def _as_numbers(column: "pandas.Series") -> NDArray[np.float64]:
    """Give numbers as they are and other values by their order; missing ones are very low."""
    if column.dtype.kind not in "biuf":
        column = column.astype(str).rank() if column.dtype == object else column.rank()
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.nan_to_num(values, nan=-1e30)[:, None]

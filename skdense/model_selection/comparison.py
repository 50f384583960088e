"""The result of a comparison: scores and times, as a table, as plots and in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skdense.callbacks.scorers import CALIBRATED_LOG_LOSS
from skdense.inspection.comparison_display import ComparisonDisplay, decimals
from skdense.inspection.history_display import HistoryDisplay
from skdense.model_selection import report
from skdense.model_selection.baselines import DUMMY, NETWORK
from skdense.model_selection.columns import Column
from skdense.model_selection.task import Task

if TYPE_CHECKING:
    import pandas

Floats = NDArray[np.float64]

_HOW_COMPARED = (
    "How the models are compared: in each fold, by the difference between the network's score and "
    "the other model's. The network beats the other, or falls behind, if the mean of these "
    "differences is larger than their standard deviation, the spread. The folds share training "
    "samples, so this is a rule of thumb and not a test of significance. Times are means over the "
    "folds; the network's first fit in a process includes the import of TensorFlow and the "
    "compilation."
)


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Scores and times of several models on the same folds; what `compare` returns.

    Scores have the sign of the metric: with `scoring="neg_mean_absolute_error"` they are mean
    absolute errors, positive, and `greater_is_better` is False.

    .. versionadded:: 0.1

    Parameters
    ----------
    task : {"classification", "regression"}
        Kind of the target.
    metric : str
        Name of the metric, such as `"roc auc"` or `"mean absolute error"`.
    greater_is_better : bool
        Whether a greater score is better.
    scores : dict of str to ndarray of shape (n_folds,)
        Score of each model in each fold.
    fit_times : dict of str to ndarray of shape (n_folds,)
        Seconds to fit.
    predict_times : dict of str to ndarray of shape (n_folds,)
        Seconds to predict and score the fold.
    test_scores : dict of str to float
        Scores on the test set; empty where there is none.
    n_test : int
        Number of samples in the test set.
    histories : dict of str to list of dict
        For each model with a `history_`, that of each fold.
    columns : list of Column
        What each column of the table holds (`name`, `holds`), what models get of it
        (`preparation`) and what is suspicious (`warning`); empty for an array of numbers, which
        is taken as it is.
    warnings : list of str
        What is suspicious in the columns and in the whole.
    about : dict of str to str
        Data, folds and versions, in words, for a report.

    See Also
    --------
    compare : Makes the comparison.

    Examples
    --------
    >>> import numpy as np
    >>> from skdense.model_selection.comparison import Comparison
    >>> scores = {"dummy": np.array([0.5, 0.5]), "network": np.array([0.9, 0.8])}
    >>> times = {"dummy": np.array([0.0, 0.0]), "network": np.array([1.0, 1.0])}
    >>> result = Comparison("classification", "roc auc", True, scores, times, times, {}, 0, {})
    >>> result
    roc auc over 2 folds (higher is better)
    <BLANKLINE>
    model       mean   spread   fit s   predict s
    network   0.8500   0.0707   1.000       1.000
    dummy     0.5000   0.0000   0.000       0.000
    """

    task: Task
    metric: str
    greater_is_better: bool
    scores: dict[str, Floats]
    fit_times: dict[str, Floats]
    predict_times: dict[str, Floats]
    test_scores: dict[str, float]
    n_test: int
    histories: dict[str, list[dict[str, list[float]]]]
    columns: list[Column] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def n_folds(self) -> int:
        """Number of folds."""
        return len(next(iter(self.scores.values())))

    @property
    def ranking(self) -> list[str]:
        """Names of the models, the best mean score first."""
        sign = -1.0 if self.greater_is_better else 1.0
        return sorted(self.scores, key=lambda name: sign * float(self.scores[name].mean()))

    def to_frame(self) -> "pandas.DataFrame":
        """Return the table as a pandas DataFrame, the best model first.

        Returns
        -------
        table : pandas.DataFrame of shape (n_models, n_folds + 4 or n_folds + 5)
            Index `model`; columns `mean`, `spread` (standard deviation over the folds), `test`
            if there is a test set, `fit_time` and `predict_time` (mean seconds), and the score
            in each fold as `fold_1`, `fold_2` and so on.
        """
        import pandas as pd

        rows = []
        for name in self.ranking:
            row = {"mean": self.scores[name].mean(), "spread": self.scores[name].std(ddof=1)}
            if self.test_scores:
                row["test"] = self.test_scores[name]
            row["fit_time"] = self.fit_times[name].mean()
            row["predict_time"] = self.predict_times[name].mean()
            row |= {f"fold_{k}": score for k, score in enumerate(self.scores[name], start=1)}
            rows.append(row)
        return pd.DataFrame(rows, index=pd.Index(self.ranking, name="model"))

    def differences(self, name: str, other: str) -> Floats:
        """Compute how much better one model is than another, fold by fold.

        Parameters
        ----------
        name : str
            Name of a model.
        other : str
            Name of the model to compare it with.

        Returns
        -------
        differences : ndarray of shape (n_folds,)
            Positive where `name` is the better one, whether greater scores are better or not.

        Raises
        ------
        ValueError
            If there is no model of that name.
        """
        for asked in (name, other):
            if asked not in self.scores:
                raise ValueError(f"no model is named {asked!r}; there are {list(self.scores)}")
        gain = self.scores[name] - self.scores[other]
        return gain if self.greater_is_better else -gain

    def summary(self) -> str:
        """Say in words whether the network beats the dummy and the best of the other models.

        Returns
        -------
        words : str
            Sentences, one to a line; the last one says how the models are compared.
        """
        best_other = next(name for name in self.ranking if name not in (DUMMY, NETWORK))
        lines = [
            self._verdict(DUMMY, "the dummy"),
            self._verdict(best_other, f"{best_other}, the best of the others"),
        ]
        if self.test_scores:
            network, other = (self._format(self.test_scores[n]) for n in (NETWORK, best_other))
            lines.append(
                f"On the test set of {self.n_test} samples, the network has {network} and "
                f"{best_other} {other}."
            )
        return "\n".join([*lines, _HOW_COMPARED])

    def _verdict(self, other: str, described: str) -> str:
        differences = self.differences(NETWORK, other)
        # Rounding apart: equal predictions may be averaged in another order.
        differences[np.isclose(self.scores[NETWORK], self.scores[other], rtol=1e-12, atol=0)] = 0
        mean, spread = float(differences.mean()), float(differences.std(ddof=1))
        network, others = (self._format(self.scores[name].mean()) for name in (NETWORK, other))
        if not differences.any():
            return (
                f"The network ties with {described}: {self.metric} {network} for both, equal in "
                f"all {self.n_folds} folds."
            )
        if abs(mean) <= spread:
            verdict, relation = "is within the folds' spread of", "no more than"
        else:
            verdict, relation = ("beats" if mean > 0 else "falls behind"), "more than"
        size, n_equal = self._format(abs(mean)), int((differences == 0).sum())
        is_same = size == self._format(0.0) and relation == "no more than"
        average = "the same" if is_same else f"{size} {'better' if mean > 0 else 'worse'}"
        return (
            f"The network {verdict} {described}: {self.metric} {network} against {others}, on "
            f"average {average}, {relation} the differences' spread of {self._format(spread)}; "
            f"better in {int((differences > 0).sum())}{f', equal in {n_equal}' * (n_equal > 0)} "
            f"of {self.n_folds} folds."
        )

    def plot(self, ax: Any = None) -> ComparisonDisplay:
        """Draw the fold scores of every model.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None is a new figure.

        Returns
        -------
        display : ComparisonDisplay
            With `ax_` and `figure_`.
        """
        scores = {name: self.scores[name] for name in self.ranking}
        return ComparisonDisplay(
            scores=scores,
            metric=self.metric,
            greater_is_better=self.greater_is_better,
            test_scores=self.test_scores,
            highlight=NETWORK,
        ).plot(ax=ax)

    def plot_losses(self, ax: Any = None, *, name: str = NETWORK) -> HistoryDisplay:
        """Draw the loss curves of a network, one for each fold.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None is a new figure.
        name : str, default="network"
            Name of the model.

        Returns
        -------
        display : HistoryDisplay
            With `ax_` and `figure_`. The best epoch of each fold is marked: of the default
            classifier by its monitor, which has a panel, else that of the lowest validation loss.

        Raises
        ------
        ValueError
            If that model has no loss curves.
        """
        if name not in self.histories:
            raise ValueError(f"name={name!r} has no loss curves; {list(self.histories)} have")
        fits, key = self.histories[name], f"val_{CALIBRATED_LOG_LOSS}"
        chosen: dict[str, Any] = {}
        if all(key in fit for fit in fits):
            best = [int(np.argmax(np.nan_to_num(fit[key], nan=-np.inf))) + 1 for fit in fits]
            chosen = {"best_epochs": {name: best}, "monitors": {name: key}}
        return HistoryDisplay(histories={name: fits}, **chosen).plot(ax=ax)

    def _format(self, score: float) -> str:
        return f"{score:.{decimals(self.scores[self.ranking[0]].mean())}f}"

    def _heading(self) -> str:
        way = "higher" if self.greater_is_better else "lower"
        return f"{self.metric} over {self.n_folds} folds ({way} is better)"

    def _cells(self) -> list[list[str]]:
        """Header and rows of the table, as text."""
        header = ["model", "mean", "spread", "fit s", "predict s"]
        rows = []
        for name in self.ranking:
            scores = self.scores[name]
            cells = [name, self._format(scores.mean()), self._format(scores.std(ddof=1))]
            times = self.fit_times[name].mean(), self.predict_times[name].mean()
            cells += [f"{time:.3f}" for time in times]
            rows.append(cells)
        if self.test_scores:
            header.insert(3, "test")
            for row in rows:
                row.insert(3, self._format(self.test_scores[row[0]]))
        return [header, *rows]

    def __repr__(self) -> str:
        cells = self._cells()
        widths = [max(len(row[j]) for row in cells) for j in range(len(cells[0]))]
        lines = [self._heading(), ""]
        for name, *numbers in cells:
            right = [number.rjust(width) for number, width in zip(numbers, widths[1:], strict=True)]
            lines.append("   ".join([name.ljust(widths[0]), *right]))
        return "\n".join(lines)

    def to_html(self, title: str = "Comparison", repeat: str = "") -> str:
        """Write a report: the verdict, scores, plots, folds, columns and versions.

        Parameters
        ----------
        title : str, default="Comparison"
            Its heading.
        repeat : str, default=""
            The command that makes the comparison again, where it was not `compare`.

        Returns
        -------
        html : str
            A whole page, which needs no other file and no network.
        """
        return report.page(title, self._report(repeat))

    def _report(self, repeat: str = "") -> str:
        *verdicts, how_compared = self.summary().splitlines()
        header, *rows = self._cells()
        folds = [[name, *map(self._format, self.scores[name])] for name in self.ranking]
        plots = [report.picture(self.plot, 1.5 + 0.5 * len(rows))]
        if NETWORK in self.histories:
            plots.append(report.picture(self.plot_losses, 4.0))
        about = {**self.about, **({"to repeat": repeat} if repeat else {})}
        return report.styled(
            report.paragraphs(verdicts, "verdict"),
            report.paragraphs([self._heading()]),
            report.table(header, rows, strong=NETWORK),
            *plots,
            report.paragraphs([how_compared]),
            report.section(
                "Folds",
                report.table(["model", *map(str, range(1, self.n_folds + 1))], folds, NETWORK),
            ),
            report.section("Suspicious", report.paragraphs(self.warnings)),
            report.section(
                "Columns", report.table(Column._fields[:3], [c[:3] for c in self.columns])
            ),
            report.section("How it was made", report.facts(about)),
        )

    def _repr_html_(self) -> str:
        return self._report()

"""scikit-learn's callbacks (`sklearn.callback`, from 1.9 on): each epoch is a task of the fit."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skdense.engine.epoch import Epoch
    from skdense.preprocessing.fit_arguments import FitArguments


from skdense.preprocessing._compat import _safe_indexing


class FitTask:
    """The fit of a network as a task; its subtasks are epochs or, with a refit, two trainings.

    The fit of an ensemble has the fits of its members as subtasks. `context` is scikit-learn's
    `CallbackContext` of this task.
    """

    def __init__(self, estimator: Any, given: FitArguments, context: Any):
        self.estimator, self.given, self._context = estimator, given, context
        self._two_trainings = estimator.refit_best_epoch
        self._n_trainings = 0
        self._context.call_on_fit_task_begin(estimator=estimator, **self.data(None))

    def of_member(self, member: Any, epochs: int) -> FitTask:
        """Begin the fit of a member of the ensemble that this is the fit of."""
        most = n_subtasks(member, epochs)
        context = self._context.subcontext(task_name="member", max_subtasks=most)
        return FitTask(member, self.given, context)

    def data(self, rows: Any) -> dict[str, Any]:
        """X, y and metadata of a task: all rows, or those of `rows`; chosen when asked for."""
        given = self.given

        @cache
        def part(name: str) -> Any:
            values = getattr(given, name)
            return values if rows is None or values is None else _safe_indexing(values, rows)

        def metadata() -> dict[str, Any] | None:
            weight = part("sample_weight")
            return None if weight is None else {"sample_weight": weight}

        return {"X": lambda: part("X"), "y": lambda: part("y"), "metadata": metadata}

    def training(self, epochs: int) -> Any:
        """Give the context that a training's epochs belong to, and whether it is one of two."""
        if not self._two_trainings:
            return self._context, False
        self._n_trainings += 1
        name = "early-stopping" if self._n_trainings == 1 else "refit"
        return self._context.subcontext(task_name=name, max_subtasks=epochs), True

    def end(self) -> None:
        """Tell that the estimator is fitted."""
        self._context.call_on_fit_task_end(
            estimator=self.estimator, reconstruction_attributes={}, **self.data(None)
        )


def begin_fit_task(estimator: Any, given: FitArguments, most_subtasks: int) -> FitTask | None:
    """Tell the callbacks of scikit-learn, if there are any, that a fit begins."""
    if not getattr(estimator, "_skl_callbacks", None):
        return None
    context = estimator._init_callback_context(max_subtasks=most_subtasks)
    return FitTask(estimator, given, context)


def n_subtasks(estimator: Any, epochs: int) -> int:
    """Count the subtasks of a fit: members of an ensemble, two trainings, or epochs."""
    if estimator.n_members > 1:
        return int(estimator.n_members)
    return 2 if estimator.refit_best_epoch else epochs


class EpochTasks:
    """Tells scikit-learn's callbacks about the epochs; one that returns True ends the training.

    `fitted` gives, for an `Epoch` and the logs of all epochs so far, the attributes that make an
    estimator fitted; `rows` are the indices of the training samples, None is all.
    """

    def __init__(self, task: FitTask, fitted: Any, rows: Any, epochs: int):
        self._estimator, self._fitted, self._data = task.estimator, fitted, task.data(rows)
        self._task, self._epochs = task, epochs
        self._open: list[Any] = []  # contexts that have begun and not ended
        self._logs: list[dict[str, float]] = []

    def on_fit_begin(self, epoch: Epoch) -> None:
        """Find the task of this training."""
        self._training, is_own = self._task.training(self._epochs)
        if is_own:
            self._begin(self._training, epoch)

    def on_epoch_begin(self, epoch: Epoch) -> None:
        """Begin an epoch."""
        self._begin(self._training.subcontext(task_name="epoch"), epoch)

    def on_epoch_end(self, epoch: Epoch) -> None:
        """End an epoch."""
        self._logs.append(epoch.logs)
        if self._end(epoch):
            epoch.stop = True

    def on_fit_end(self, epoch: Epoch) -> None:
        """End what is still open: an epoch that did not end well, and the training."""
        while self._open:
            self._end(epoch)

    def _begin(self, context: Any, epoch: Epoch) -> None:
        context.call_on_fit_task_begin(**self._told(epoch))
        self._open.append(context)

    def _end(self, epoch: Epoch) -> bool:
        return self._open.pop().call_on_fit_task_end(**self._told(epoch))

    def _told(self, epoch: Epoch) -> dict[str, Any]:
        return {
            "estimator": self._estimator,
            "reconstruction_attributes": lambda: self._fitted(epoch, self._logs),
            **self._data,
        }

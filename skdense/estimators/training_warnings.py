"""Trainings that end before their time: not finite any more, or interrupted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.exceptions import ConvergenceWarning

from skdense.engine.user_warnings import warn

if TYPE_CHECKING:
    from skdense.engine.training_result import TrainingResult

_REMEDY = "Try a smaller learning_rate, scaled features, or an optimizer with clipnorm=1.0."


def report_not_finite(trained: TrainingResult) -> None:
    """Warn that a training ended there; raise ValueError if no epoch ended well."""
    epoch = len(trained.loss)
    if trained.best_epoch == 0:
        raise ValueError(
            f"The loss or a weight stopped being finite in epoch {epoch} of this training, before "
            f"any epoch had ended well, so nothing was learned. {_REMEDY}"
        )
    warn(
        f"The loss or a weight stopped being finite in epoch {epoch} and training ended there; the "
        f"weights of an earlier epoch, the best or the last finite one, were kept. {_REMEDY}",
        ConvergenceWarning,
    )


def warn_and_raise_interrupt(estimator: Any) -> None:
    """Warn that Ctrl-C ended a fit, and raise KeyboardInterrupt, so that a search ends, too."""
    members = getattr(estimator, "members_", None)
    if members is None:
        when, what = f" after epoch {estimator.n_iter_}", f"has the weights of {_kept(estimator)}"
    else:
        of_members = f"{len(members)} of {estimator.n_members} members"
        when, what = "", f"averages {of_members}, as far as they had been trained"
    words = f"Training was interrupted{when}. {type(estimator).__name__} is fitted: it {what}."
    try:
        warn(words, ConvergenceWarning)
    finally:
        raise KeyboardInterrupt(words)


def _kept(estimator: Any) -> str:
    if not (estimator.early_stopping and estimator.restore_best_weights):
        return f"epoch {estimator.n_iter_}"
    return f"epoch {estimator.best_epoch_}, the best so far"

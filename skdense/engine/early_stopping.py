"""The rule of early stopping: when an epoch is the best so far, and when patience runs out."""

from __future__ import annotations

from typing import Any, NamedTuple


class Decision(NamedTuple):
    """What early stopping decides after an epoch.

    Attributes
    ----------
    better : bool or tensor
        Whether the epoch is the best so far.
    keep : bool or tensor
        Whether its weights are those to give back.
    best : float or tensor
        The best value of the monitored metric so far.
    wait : int or tensor
        Epochs since then.
    stop : bool or tensor
        Whether patience has run out.
    """

    better: Any
    keep: Any
    best: Any
    wait: Any
    stop: Any


def after_epoch(metric, epoch, finite, best, wait, rule: Any, where: Any) -> Decision:
    """Apply the rule to one epoch, as Keras's ``EarlyStopping`` does.

    It is written for the tensors of a program and for numbers in Python alike.

    Parameters
    ----------
    metric : float or float64 tensor
        What is monitored; lower is better.
    epoch : int or int32 tensor
        From 0, in this training.
    finite : bool or bool tensor
        Whether loss and weights are.
    best : float or float64 tensor
        Lowest metric so far, infinity before the first epoch that counts.
    wait : int or int32 tensor
        Epochs since then.
    rule : Settings or ProgramInputs
        Its `early_stopping`, `patience`, `min_delta`, `start_from_epoch`, `restore_best_weights`.
    where : callable
        Chooses between two values by a condition: ``tf.where``, or `choose`.

    Returns
    -------
    Decision

    References
    ----------
    L. Prechelt, "Early stopping - but when?", in Neural Networks: Tricks of the Trade, 1998.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from skdense.engine.early_stopping import after_epoch, choose
    >>> rule = SimpleNamespace(
    ...     early_stopping=True,
    ...     patience=2,
    ...     min_delta=0.0,
    ...     start_from_epoch=0,
    ...     restore_best_weights=True,
    ... )
    >>> after_epoch(0.5, 4, True, 0.6, 1, rule, choose)
    Decision(better=True, keep=True, best=0.5, wait=0, stop=False)
    >>> after_epoch(0.7, 4, True, 0.6, 1, rule, choose)
    Decision(better=False, keep=False, best=0.6, wait=2, stop=True)
    """
    counts = epoch >= rule.start_from_epoch
    better = (metric + rule.min_delta < best) & finite & counts
    best = where(better, metric, best)
    # Above zero after an epoch that counts and is not better, hence zero before the first.
    wait = where(counts, where(better, 0, wait + 1), 0)
    restore = rule.early_stopping & rule.restore_best_weights
    keep = finite & where(restore, wait == 0, True)
    stop = rule.early_stopping & (wait > 0) & (wait >= rule.patience)
    return Decision(better, keep, best, wait, stop)


def choose(condition, one, other):
    """Do with numbers in Python what ``tf.where`` does with tensors."""
    return one if condition else other

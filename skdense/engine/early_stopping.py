"""The rule of early stopping: when an epoch is the best so far, and when patience runs out."""

from __future__ import annotations

from typing import Any, NamedTuple


class Decision(NamedTuple):
    """What early stopping decides after an epoch, in Python's numbers or in tensors."""

    better: Any  # bool: the epoch is the best so far
    keep: Any  # bool: its weights are those to give back
    best: Any  # float: the best value of the monitored metric so far
    wait: Any  # int: epochs since then
    stop: Any  # bool: patience has run out


def after_epoch(metric, epoch, finite, best, wait, rule: Any, where: Any) -> Decision:
    """Apply the rule to one epoch, as Keras's ``EarlyStopping`` does.

    It is written for the tensors of a program and for numbers in Python alike, between which
    `where` chooses: ``tf.where``, or `choose`. Lower is better of `metric`; `epoch` counts from 0
    in this training; `best` is infinity and `wait` 0 before the first epoch that counts. `rule` is
    a Settings or ProgramInputs.

    L. Prechelt, "Early stopping - but when?", in Neural Networks: Tricks of the Trade, 1998.
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

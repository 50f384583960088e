"""When to keep an epoch's weights and when to stop: one rule, for numbers and for tensors."""

from __future__ import annotations


def improved(loss, best, min_delta):
    """Whether `loss` beats `best` by more than `min_delta`, as Keras's ``EarlyStopping`` judges.

    Parameters
    ----------
    loss, best, min_delta : float or float64 tensor

    Returns
    -------
    bool or bool tensor

    Examples
    --------
    >>> improved(0.5, 0.6, 0.0), improved(0.5, 0.5, 0.0), improved(0.55, 0.6, 0.1)
    (True, False, False)

    References
    ----------
    L. Prechelt, "Early stopping - but when?", in Neural Networks: Tricks of the Trade, 1998.
    """
    return loss + min_delta < best

"""The final model of the course's recipe: as long as early stopping said, on all the rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdense.estimators.lr_schedule import with_rates, with_schedule
from skdense.preprocessing.validation_split import FitArguments

# What the second training does without: it only has to run for so many epochs.
_WITHOUT = {
    "early_stopping": False,
    "validation_fraction": None,
    "validation": None,
    "monitor": "val_loss",
    "metrics": None,
    "time_limit": None,
}


def refit_on_all_rows(network: Any, X: np.ndarray, targets: Any) -> bool:
    """Train anew on all the rows, for as many epochs as early stopping has found best.

    The second training draws the same random numbers as the first one: fresh weights, and all that
    follows, are those of a plain fit with ``epochs=best_epoch_`` and the same random state.

    Parameters
    ----------
    network : DenseClassifier or DenseRegressor
        Fitted with early stopping. It gets the new weights and history; `best_loss_` and
        `stopped_by_` stay those of early stopping, and its history becomes
        `early_stopping_history_`.
    X : array of shape (n_samples, n_features)
        All the rows given to `fit`, checked.
    targets : Targets
        Of these rows.

    Returns
    -------
    bool
        Whether it was done; an interruption leaves the network that early stopping has found.
    """
    final = object.__new__(type(network))
    vars(final).update(vars(network), **_WITHOUT)
    final._seeds = (network._seeds[0], 0)
    settings = with_schedule(final._settings(network.best_epoch_), final, None)
    if settings.plateau is not None:  # the rows that it watched are now learned from
        settings = with_rates(settings, network.history_["learning_rate"])
    architecture = final._architecture(network.n_features_in_, settings.dropout)
    try:
        trained = final._train(architecture, settings, X, targets, FitArguments(None, None), False)
    except KeyboardInterrupt:
        return False
    if trained[1].stopped_by == "interrupted":
        return False
    final._store(settings, *trained, continuing=False)
    kept = {
        "early_stopping_history_": network.history_,
        "best_loss_": network.best_loss_,
        "stopped_by_": network.stopped_by_,
        **{name: getattr(network, name) for name in _WITHOUT},
    }
    vars(network).update(vars(final))
    vars(network).update(kept)
    return True

"""Training of an ensemble: its members, one after the other."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import DataConversionWarning

from skdense.callbacks.sklearn_callbacks import FitTask
from skdense.estimators.ensemble import ensemble_attributes, networks_of, out_of_fold_predictions
from skdense.estimators.fitted_state import FittedState, replace_attributes
from skdense.preprocessing.fit_arguments import FitArguments


def check_same_number(estimator: Any) -> None:
    """Raise ValueError where training would go on with another number of members."""
    n_fitted = len(networks_of(estimator))
    if estimator.n_members != n_fitted:
        raise ValueError(
            f"Training cannot go on with n_members={estimator.n_members}: there "
            f"{'is' if n_fitted == 1 else 'are'} {n_fitted} so far. Set n_members={n_fitted}, or "
            "fit anew with warm_start=False."
        )


def fit_members(
    estimator: Any,
    given: FitArguments,
    task: FitTask | None,
    continuing: bool,
    one_epoch: bool,
    classes: Any,
) -> bool:
    """Train the members of an ensemble, or go on with them; all or nothing.

    Each is an estimator of the same class, with a random state of its own, that `fit` would train
    to the same network. Ctrl-C leaves those that are complete, and of a first one what there is;
    True where it came. `one_epoch` is whether this is `partial_fit`, of which `classes` are.
    """
    members = _continued(estimator) if continuing else _fresh(estimator)
    held_out = _held_out(members, given, continuing, one_epoch, classes)
    end = None if estimator.time_limit is None else time.monotonic() + estimator.time_limit
    interrupted = False
    for number, member in enumerate(members):
        if end is not None:
            n_left = len(members) - number
            member.time_limit = max(end - time.monotonic(), 0.001) / n_left  # one epoch is run
        try:
            interrupted = _fit_member(member, given, task, continuing, one_epoch, classes)
        except KeyboardInterrupt:  # it is as it was before
            if number == 0:
                raise
            interrupted = True
        if interrupted:
            # Members that go on are all there; of new ones, those that are complete.
            members = members if continuing else members[: max(number, 1)]
            break
    attributes = ensemble_attributes(members)
    if not estimator.refit_best_epoch and given.X_val is None:
        attributes.update(out_of_fold_predictions(members, held_out, given))
    if interrupted:
        attributes["stopped_by_"] = "interrupted"
    vars(estimator).pop("feature_names_in_", None)
    replace_attributes(estimator, attributes)
    return interrupted


def _fresh(estimator: Any) -> list[Any]:
    n_members = int(estimator.n_members)
    entropy, _ = estimator._draw_seeds()
    sequence = np.random.SeedSequence(entropy)
    split_seed, *seeds = (int(seed) for seed in sequence.generate_state(n_members + 1))
    members = [_with_parameters_of(estimator, seed) for seed in seeds]
    for number, member in enumerate(members):
        member._member = (number, n_members, split_seed)
    return members


def _continued(estimator: Any) -> list[Any]:
    """Copy the members that there are, so that they stay where training fails."""
    members = []
    for earlier in estimator.members_:
        member = _with_parameters_of(estimator, earlier.random_state)
        parameters = member.get_params(deep=False)
        fitted = {name: each for name, each in vars(earlier).items() if name not in parameters}
        vars(member).update(fitted)
        members.append(member)
    return members


def _with_parameters_of(estimator: Any, seed: int) -> Any:
    parameters = estimator.get_params(deep=False)
    return type(estimator)(**{**parameters, "n_members": 1, "random_state": seed})


def _held_out(
    members: list[Any], given: FitArguments, continuing, one_epoch, classes
) -> list[np.ndarray | None]:
    """Give the samples that each member holds out; what is wrong with them is told here."""
    first = members[0]
    earlier = FittedState.of(first) if continuing else None
    first._check_parameters(given, earlier)
    data = first._check_data(given, earlier, classes, one_epoch)
    if given.X_val is not None:
        return [None] * len(members)
    return [member._split_indices(data, given, 0)[1] for member in members]


def _fit_member(
    member: Any, given: FitArguments, task: FitTask | None, continuing, one_epoch, classes
) -> bool:
    epochs = 1 if one_epoch else int(member.epochs)
    member_task = None if task is None else task.of_member(member, epochs)
    with warnings.catch_warnings():  # told once, of the whole
        warnings.simplefilter("ignore", DataConversionWarning)
        interrupted: bool = member._fit_network(given, member_task, continuing, one_epoch, classes)
    if member_task is not None and not interrupted:
        member_task.end()
    return interrupted

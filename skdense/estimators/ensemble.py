"""An ensemble: the members that several networks are, and what it has from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special
from sklearn.base import is_classifier

from skdense.estimators.fitted_state import FittedState
from skdense.preprocessing._compat import _num_samples
from skdense.preprocessing.class_encoding import ClassEncoding
from skdense.preprocessing.fit_arguments import FitArguments
from skdense.preprocessing.target_scaling import TargetScale

if TYPE_CHECKING:
    import keras

# What a network has, and an ensemble has not.
_OF_A_NETWORK = frozenset(
    (
        "callbacks_",
        "coefs_",
        "feature_bins_",
        "feature_scaling_",
        "hidden_output",
        "intercepts_",
        "temperature_",
        "weights_",
    )
)
History = dict[str, list[float]]


def networks_of(estimator: Any) -> list[Any]:
    """Give the networks that a fitted estimator consists of: its members, or itself."""
    members: list[Any] = getattr(estimator, "members_", [estimator])
    return members


def not_of_an_ensemble(estimator: Any, name: str) -> AttributeError:
    """Say that there is no such attribute and, of an ensemble, where it is."""
    words = f"{type(estimator).__name__!r} object has no attribute {name!r}"
    members = vars(estimator).get("members_")
    if members is not None and name in _OF_A_NETWORK:
        words += f": it has {len(members)} members, each with its own, such as members_[0].{name}"
    return AttributeError(words, name=name, obj=estimator)


def average_outputs(members: Sequence[Any], X: Any) -> np.ndarray:
    """Give what an output layer before its activation would be, for the mean of the predictions.

    So all that is computed from a network's output can be computed from this, (n_samples,
    n_outputs) in float64: log-odds or, where the output's activation is softmax, logarithms of
    probabilities; of a regressor, predictions in the target's own unit. The mean of probabilities
    is taken of their logarithms, which stay finite where they would round to 0. X is checked.
    """
    outputs = [member._network_outputs(X) for member in members]
    encoding = members[0]._encoding
    if isinstance(encoding, TargetScale):
        pairs = zip(members, outputs, strict=True)
        numbers = np.array([member._encoding.numbers(each) for member, each in pairs])
        mean: np.ndarray = numbers.mean(axis=0).reshape(numbers.shape[1], -1)
        return mean
    logits = np.array(outputs, dtype=np.float64)
    if encoding.out_activation == "softmax":
        return _log_mean(special.log_softmax(logits, axis=-1))
    return _log_mean(special.log_expit(logits)) - _log_mean(special.log_expit(-logits))


def _log_mean(logarithms: np.ndarray) -> np.ndarray:
    mean: np.ndarray = np.logaddexp.reduce(logarithms, axis=0) - np.log(len(logarithms))
    return mean


def averaged_keras_model(ensemble: Any) -> keras.Model:
    """Build a model with the layers of every member, whose output is the mean of theirs."""
    from skdense.engine.model_building import averaged_model

    settings = ensemble._settings(ensemble.epochs, ensemble._encoding)
    models: list[keras.Model] = []
    for member in ensemble.members_:
        state = FittedState.of(member)
        if state.missing_features is not None and not state.transformation.is_scaled:
            known = np.isin(ensemble.missing_features_, state.missing_features)
            state = _with_inputs(state, ensemble.n_features_in_, known)
        inputs = models[0].input if models else None
        models.append(member._keras_model(state, settings, inputs))
    return averaged_model(models, settings)


def _with_inputs(state: FittedState, n_features: int, known: np.ndarray) -> FittedState:
    """Give a network an input for each indicator of another member's, without effect in it."""
    kernel = state.weights[0]
    n_others = len(kernel) - n_features - known.sum()
    is_there = np.concatenate([np.ones(n_features, bool), known, np.ones(n_others, bool)])
    wide = np.zeros((len(is_there), kernel.shape[1]), kernel.dtype)
    wide[is_there] = kernel
    return replace(
        state,
        architecture=replace(state.architecture, n_features=len(wide)),
        weights=[wide, *state.weights[1:]],
    )


def ensemble_attributes(members: list[Any]) -> dict[str, Any]:
    """Give the attributes of an ensemble that follow from its fitted members."""
    first = members[0]
    encoding = first._encoding
    if isinstance(encoding, TargetScale):  # each member has its own; what they predict has none
        plain = np.zeros(encoding.n_outputs), np.ones(encoding.n_outputs)
        encoding = TargetScale(*plain, encoding.one_dimensional, "linear")
    reasons = dict.fromkeys(member.stopped_by_ for member in members)
    found = {
        "_encoding": encoding,
        "architecture_": first.architecture_,
        "best_epoch_": round(float(np.mean([member.best_epoch_ for member in members]))),
        "best_loss_": float(np.mean([member.best_loss_ for member in members])),
        "best_score_": float(np.mean([member.best_score_ for member in members])),
        "history_": _mean_history([member.history_ for member in members]),
        "input_shape_": first.input_shape_,
        "members_": members,
        "n_features_in_": first.n_features_in_,
        "n_iter_": max(member.n_iter_ for member in members),
        "stopped_by_": ", ".join(reasons),
    }
    if isinstance(encoding, ClassEncoding):
        found["classes_"] = encoding.classes
    if hasattr(first, "feature_names_in_"):
        found["feature_names_in_"] = first.feature_names_in_
    if hasattr(first, "missing_features_"):
        each = [member.missing_features_ for member in members]
        found["missing_features_"] = np.unique(np.concatenate(each))
    if hasattr(first, "early_stopping_history_"):
        each = [member.early_stopping_history_ for member in members]
        found["early_stopping_history_"] = _mean_history(each)
    return found


def _mean_history(histories: Sequence[History]) -> History:
    """Average each metric, in each epoch, over the members that have one."""
    n_epochs = max(len(history["loss"]) for history in histories)
    means = {}
    for name in dict.fromkeys(name for history in histories for name in history):
        table = np.full((len(histories), n_epochs), np.nan)
        for row, history in zip(table, histories, strict=True):
            row[: len(history.get(name, []))] = history.get(name, [])
        known = np.ma.masked_invalid(table)
        means[name] = np.ma.filled(known.mean(axis=0), np.nan).tolist()
    return means


def out_of_fold_predictions(
    members: Sequence[Any], held_out: Sequence[np.ndarray | None], given: FitArguments
) -> dict[str, np.ndarray]:
    """Predict each sample by the members that held it out, if any did: attribute and value.

    The value is the mean over those members, NaN where there is none.
    """
    if held_out[0] is None:
        return {}
    by_class = is_classifier(members[0])
    total: Any = 0
    count = np.zeros(_num_samples(given.X))
    for member, rows in zip(members, held_out, strict=False):  # fewer members after Ctrl-C
        X = given.at(rows).X
        predicted = member.predict_proba(X) if by_class else member.predict(X)
        table = np.zeros((len(count), *predicted.shape[1:]))
        table[rows] = predicted
        total = total + table
        count[rows] += 1
    with np.errstate(invalid="ignore"):  # none is NaN
        mean = (total.T / count).T
    return {"oof_decision_function_" if by_class else "oof_prediction_": mean}

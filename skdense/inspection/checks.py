"""The checks of `diagnose`, one function for each thing that may be wrong with a fit.

A new check is a function from the inputs to a result, or None where nothing looks wrong, and an
entry in `CHECKS`. The limits were chosen on fits that are known to be sound and on ones made to
fail, and so that a doubtful case is not reported: a false alarm costs more trust than a fault that
is missed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from skdense.inspection.check_inputs import CheckInputs, Floats
from skdense.inspection.overfitting import overfitting_epoch

_LARGE = 10.0  # a standardized feature has size 1
_SMALL = 0.1
_COMMON = 0.05  # share of the validation set that is also in the training set
_SHORTFALL = {"ROC AUC": 0.05, "R2": 0.1}
_GAP = 0.1  # between the scores on the training set and on other samples


@dataclass(frozen=True)
class CheckResult:
    """One thing that looks wrong with a fit.

    Parameters
    ----------
    name : str
        What it is called, such as `"over-fitting"`.
    reason : str
        What shows it, with the values of the metrics.
    advice : str
        What to try next, first things first.

    Examples
    --------
    >>> from skdense.inspection.checks import CheckResult
    >>> CheckResult("over-fitting", "since epoch 3", "early_stopping=True").name
    'over-fitting'
    """

    name: str
    reason: str
    advice: str


def under_fitting(inputs: CheckInputs) -> CheckResult | None:
    """Look whether a simple model does better on new samples than the network on its training set.

    Because of noise, nobody knows the best score that is possible. But a training set is easier to
    predict than new samples: a network that scores lower on the former than another model on the
    latter has not learned what can be learned.
    """
    others = {name: s for name, s in inputs.reference_scores.items() if name != "dummy"}
    best = max(others, key=lambda name: others[name])
    score = inputs.training_score
    doubt = 1 + 5 / np.sqrt(inputs.n_reference_samples)  # few rows tell little
    if not others[best] - score > _SHORTFALL[inputs.metric] * doubt:  # NaN, from one row, too
        return None
    network = inputs.network
    regularized = [name for name in ("l1", "l2", "dropout") if _is_on(getattr(network, name))]
    release = f"set {', '.join(regularized)} to 0 until then; " if regularized else ""
    return CheckResult(
        "under-fitting",
        f"{inputs.metric} is {_score(score)} on the rows that the network learned from; a {best} "
        f"reaches {_score(others[best])} on rows that it has not seen",
        "First make the network big enough to over-fit: more units and layers (hidden_layer_sizes="
        f"{network.hidden_layer_sizes!r} now); {release}more epochs ({network.n_iter_} now); "
        "a better learning_rate. Only then work against over-fitting.",
    )


def over_fitting(inputs: CheckInputs) -> CheckResult | None:
    """Look whether the validation loss has risen, or new samples are predicted much worse.

    The scores are compared where the validation set is not the one that was monitored in training:
    early stopping may have ended at the lowest loss, and the network may have over-fitted even so.
    """
    found = _rising_validation_loss(inputs)
    return _score_gap(inputs) if found is None and not inputs.is_monitored else found


def _rising_validation_loss(inputs: CheckInputs) -> CheckResult | None:
    """Look whether the validation loss has risen, and the weights are not the best epoch's."""
    network, history = inputs.network, inputs.history
    since = overfitting_epoch(history)
    is_best = network.early_stopping and network.restore_best_weights
    if since is None or (is_best and network.monitor != "loss"):
        return None
    val_losses, losses = np.asarray(history["val_loss"]), np.asarray(history["loss"])
    last = np.flatnonzero(np.isfinite(val_losses))[-1]
    if np.isfinite(losses[last + 1 :]).any():
        return None  # these epochs had no validation set, and the weights are theirs
    return CheckResult(
        "over-fitting",
        f"since epoch {since} of {network.n_iter_}: from there the validation loss rose from "
        f"{_short(val_losses[since - 1])} to {_short(val_losses[last])}, while the training loss "
        f"went from {_short(losses[since - 1])} to {_short(losses[last])}",
        _against_overfitting(inputs),
    )


def _score_gap(inputs: CheckInputs) -> CheckResult | None:
    """Look whether the score on the validation set is far below that on the training set."""
    if inputs.validation is None:
        return None
    score, new = map(inputs.accuracy_or_r2, (inputs.train, inputs.validation))
    doubt = 1 + 5 / np.sqrt(len(inputs.validation))  # few rows tell little
    if not score - new > _GAP * doubt:  # NaN, from one row, too
        return None
    metric = "R2" if inputs.metric == "R2" else "accuracy"
    return CheckResult(
        "over-fitting",
        f"{metric} is {_score(score)} on the rows that the network learned from, and "
        f"{_score(new)} on the {len(inputs.validation)} of the validation set",
        f"{_against_overfitting(inputs)} Rows of another time or place than the training rows are "
        "predicted worse in any case.",
    )


def _against_overfitting(inputs: CheckInputs) -> str:
    network = inputs.network
    first = "early_stopping=True; " if not network.early_stopping else ""
    if network.early_stopping and not network.restore_best_weights:
        first = "restore_best_weights=True; "
    return (
        f"In this order: {first}more data; a smaller network; dropout (0.2 to 0.5); l2 or l1; "
        "batch_norm=True."
    )


def unscaled_features(inputs: CheckInputs) -> CheckResult | None:
    """Look whether features, as the network gets them, are far from mean 0 and size 1.

    Columns of two values, such as one-hot columns, are not checked.
    """
    if inputs.network.scale_features is not None:
        return None
    bins = getattr(inputs.network, "feature_bins_", None)  # beside the features, and from 0 to 1
    n_columns = inputs.X.shape[1] - (0 if bins is None else bins.n_inputs)
    X = inputs.X[inputs.train, :n_columns].astype(np.float64)
    not_binary = np.array([len(np.unique(column)) > 2 for column in X.T])
    if not not_binary.any():
        return None
    columns = np.flatnonzero(not_binary)
    size = np.sqrt(np.mean(X[:, not_binary] ** 2, axis=0))
    spread = X[:, not_binary].std(axis=0)
    is_off = (size > _LARGE) | (np.abs(X[:, not_binary].mean(axis=0)) > _LARGE * spread)
    if not is_off.any() and size.max() >= _SMALL:
        return None
    low, high = columns[size.argmin()], columns[size.argmax()]
    return CheckResult(
        "unscaled features",
        f"the network wants features of mean 0 and size 1, but {int(is_off.sum()) or len(columns)} "
        f"of {X.shape[1]} are far from it: sizes (root mean square) go from {size.min():.3g} "
        f"(column {low}) to {size.max():.3g} (column {high})",
        'Set scale_features="robust" or "standard", or put a StandardScaler in front: '
        "make_pipeline(StandardScaler(), network).",
    )


def learning_rate_too_high(inputs: CheckInputs) -> CheckResult | None:
    """Look whether the training loss exploded, rose overall, or went up and down in jumps."""
    losses = np.asarray(inputs.history["loss"], dtype=np.float64)
    reason = _instability(losses, inputs)
    if reason is None:
        return None
    return CheckResult(
        "learning rate too high",
        reason,
        f"A tenth of learning_rate ({_rate(inputs)} now), or an optimizer with clipnorm=1.0; "
        "features have to be scaled first.",
    )


def _instability(losses: Floats, inputs: CheckInputs) -> str | None:
    """Say what is unstable about the training losses, if anything."""
    if not np.isfinite(losses).all():
        return f"the training loss stopped being finite in epoch {len(losses)}"
    last, chance = float(np.median(losses[-5:])), _chance_loss(inputs)
    if last > 1.2 * losses[0] > 0:
        return f"the training loss rose from {_short(losses[0])} to {_short(last)}"
    if chance is not None and losses.max() > 3 * chance:
        return (
            f"the training loss was up to {_short(losses.max())}, where guessing costs "
            f"{_short(chance)}"
        )
    if _is_dead(inputs):
        return "the network gives every row the same output: its units have died"
    steps = np.diff(losses)
    rises = steps[steps > 0]
    network = inputs.network
    # Dropout and batch norm make the training loss noisy at any rate.
    is_noisy = bool(network.batch_norm) or _is_on(network.dropout)
    share = rises.sum() / max(np.abs(steps).sum(), np.finfo(float).tiny)
    if len(rises) < 3 or share < (0.45 if is_noisy else 0.3) or rises.max() < 0.05 * losses[0]:
        return None
    return (
        f"the training loss jumps: it rose in {len(rises)} of {len(steps)} epochs, once by "
        f"{_short(rises.max())}, and {share:.0%} of all its movement was upwards"
    )


def _is_dead(inputs: CheckInputs) -> bool:
    """Tell whether all samples get the same output, though no penalty drives weights to zero."""
    network, outputs = inputs.network, inputs.outputs
    is_penalized = _is_on(network.l1) or _is_on(network.l2)
    return not is_penalized and bool(
        np.ptp(outputs, axis=0).max() <= 1e-6 * max(1.0, np.abs(outputs).max())
    )


def _chance_loss(inputs: CheckInputs) -> float | None:
    """Give the loss of guessing, where it is known: loss="auto" and no penalties."""
    network = inputs.network
    if network.loss != "auto" or _is_on(network.l1) or _is_on(network.l2):
        return None
    if inputs.metric == "R2":
        return 1.0 if getattr(network, "scale_target", False) else None
    n_classes = network.n_outputs_ if network.out_activation_ == "softmax" else 2
    return float(np.log(n_classes))


def learning_rate_too_low(inputs: CheckInputs) -> CheckResult | None:
    """Look whether the training loss was still on its way down when training ended.

    Where the loss falls in a straight line, the last fifth of the epochs makes a fifth of the
    descent; where training has converged, it makes next to nothing.
    """
    losses = np.asarray(inputs.history["loss"], dtype=np.float64)
    n_epochs = len(losses)
    if n_epochs < 10 or not np.isfinite(losses).all():
        return None
    n_last = n_epochs // 5
    end = losses[-n_last - 1 :]
    share = (end[0] - end[-1]) / max(losses[0] - losses[-1], np.finfo(float).tiny)
    is_steady = losses[-1] < losses[0] and np.mean(np.diff(end) > 0) <= 0.25
    is_past_best = inputs.validation is not None and inputs.network.best_epoch_ < 0.9 * n_epochs
    if share < 0.12 or not is_steady or is_past_best:
        return None
    return CheckResult(
        "learning rate too low, or too few epochs",
        f"the training loss was still falling steadily at the end: the last {n_last} of {n_epochs} "
        f"epochs brought {share:.0%} of its whole fall from {_short(losses[0])} to "
        f"{_short(losses[-1])}",
        f"Three to ten times the learning_rate ({_rate(inputs)} now), or more epochs with "
        "early_stopping=True.",
    )


def training_rows_in_validation(inputs: CheckInputs) -> CheckResult | None:
    """Look whether samples of the validation set are in the training set, too."""
    if inputs.validation is None:
        return None
    rows = np.hstack([inputs.X, inputs.targets])
    _, unique_row = np.unique(rows, axis=0, return_inverse=True)
    unique_row = unique_row.ravel()  # NumPy 2.0 gave it another shape
    twins = np.isin(unique_row[inputs.validation], unique_row[inputs.train])
    if twins.mean() <= _COMMON or twins.sum() < 3:
        return None
    return CheckResult(
        "rows in training and validation",
        f"{int(twins.sum())} of {len(twins)} rows of the validation set ({twins.mean():.0%}) are "
        "also in the training set, with the same features and target: the validation loss looks "
        "better than it is",
        "Drop duplicates before the split (pandas: drop_duplicates). Where they are different "
        "cases that happen to be alike, because features take few values, leave them.",
    )


def no_better_than_the_dummy(inputs: CheckInputs) -> CheckResult | None:
    """Look whether the network predicts better than the same guess for every row."""
    rows = inputs.train if inputs.validation is None else inputs.validation
    score = inputs.training_score if inputs.validation is None else inputs.validation_score
    dummy = inputs.reference_scores["dummy"]
    if len(rows) < 10 or score is None or score > dummy + _chance_score(inputs, len(rows)):
        return None
    where = "training" if inputs.validation is None else "held-out"
    kind = "DummyRegressor" if inputs.metric == "R2" else "DummyClassifier"
    return CheckResult(
        "no better than the dummy",
        f"{inputs.metric} is {_score(score)} on the {where} rows; {kind}, which gives the same "
        f"guess for every row, has {_score(dummy)}",
        "Follow the other results first. If there are none, the features may say nothing about the "
        "target: look at how they were made, and whether the rows of X and y belong together.",
    )


def _chance_score(inputs: CheckInputs, n_samples: int) -> float:
    """Compute by how much a score may exceed the dummy's by chance: two standard errors."""
    if inputs.metric == "R2":
        return 2 / n_samples
    positives = np.clip(inputs.targets.mean(axis=0) * n_samples, 1, n_samples - 1)
    errors = np.sqrt((n_samples + 1) / (12 * positives * (n_samples - positives)))
    return 2 * float(np.mean(errors))


def _is_on(rates: float | Sequence[float]) -> bool:
    return bool(np.any(np.asarray(rates) > 0))


def _rate(inputs: CheckInputs) -> str:
    rate = inputs.network.learning_rate
    return "the optimizer's own" if rate is None else f"{rate:g}"


def _score(score: float) -> str:
    return f"{round(score, 3) + 0.0:.3f}"  # adding 0 takes the sign off -0


def _short(loss: float) -> str:
    return f"{loss:.3g}"


# In the order in which to act on them.
CHECKS: tuple[Callable[[CheckInputs], CheckResult | None], ...] = (
    under_fitting,
    over_fitting,
    unscaled_features,
    learning_rate_too_high,
    learning_rate_too_low,
    training_rows_in_validation,
    no_better_than_the_dummy,
)

"""What parameters that are ``"auto"`` become, and the sources of these values.

The pieces are those of RealMLP (D. Holzmüller, L. Grinsztajn and I. Steinwart, "Better by default:
strong pre-tuned MLPs and boosted trees on tabular data", NeurIPS 2024, arXiv:2407.04491), but for
the metric that chooses a classifier's epoch (E. Berta et al., "Rethinking early stopping: refine,
then calibrate", arXiv:2501.19195, 2025), weight decay (I. Loshchilov and F. Hutter, "Decoupled
weight decay regularization", ICLR 2019), the schedule (I. Loshchilov and F. Hutter, "SGDR:
stochastic gradient descent with warm restarts", ICLR 2017), the bins (Y. Gorishniy et al., "On
embeddings for numerical features in tabular deep learning", NeurIPS 2022) and the members (A. Krogh
and J. Vedelsby, "Neural network ensembles, cross validation, and active learning", NeurIPS 1994).
benchmarks/tabular compares them with other models.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from sklearn.base import is_classifier

from skdense.callbacks.scorers import CALIBRATED_LOG_LOSS, LOSSES
from skdense.preprocessing._compat import _num_samples
from skdense.preprocessing.fit_arguments import FitArguments

HIDDEN_LAYER_SIZES = (256, 256, 256)
HIDDEN_LAYER_SIZES_OF_FEW = (64, 64, 64)  # in `fit`, below FEWEST_TO_HOLD_OUT
DROPOUT = 0.15
LEARNING_RATE = 0.004
BETA_2 = 0.95  # of Adam
N_BINS = 8  # of a regressor
N_MEMBERS = 4
PATIENCE = 10  # where early stopping was asked for
FRACTION_OF_ONE = 0.15  # held out where there is one member; of several, each holds out a fold
# Batches are a sixteenth of the samples, within these bounds.
SMALLEST_BATCH, LARGEST_BATCH = 32, 256
EPOCHS = 128
# From here on the number of steps grows with the square root of the samples.
LARGE = 20_000
FEWEST_EPOCHS = 16
# From here on there is one network. Did its weights not decay, they would become so large in its
# many steps that single predictions go astray.
VERY_LARGE = 100_000
WEIGHT_DECAY = 0.02
# Below, a fold is too small to choose an epoch by: the last epoch is kept, members differ by seed.
FEWEST_TO_HOLD_OUT = 100


class Given(NamedTuple):
    """What the values depend on."""

    n_samples: int  # of a weight above zero
    for_classes: bool
    takes_bins: bool  # X is a dense table
    has_validation_data: bool  # `fit` was given X_val
    one_epoch: bool  # this is `partial_fit`


def what_is_given(estimator: Any, given: FitArguments, one_epoch: bool) -> Given:
    """Look at the data of a fit, which are not checked yet."""
    n_samples = _number_of_samples(given)
    return Given(
        n_samples,
        is_classifier(estimator),
        not sparse.issparse(given.X) and _n_dimensions(given.X) == 2,
        given.X_val is not None,
        one_epoch,
    )


def _number_of_samples(given: FitArguments) -> int:
    try:
        weight = np.asarray(given.sample_weight, dtype=np.float64)
        if weight.shape == (_num_samples(given.X),):
            return int(np.count_nonzero(weight))
        return int(_num_samples(given.X))
    except (TypeError, ValueError):  # the checks will say what is wrong
        return 1


def _n_dimensions(X: Any) -> int:
    shape = getattr(X, "shape", None)  # not of a list, nor of what turns into an array
    return np.ndim(np.asarray(X)) if shape is None else len(shape)


def automatic_values(estimator: Any, given: Given, earlier: dict[str, Any]) -> dict[str, Any]:
    """Give the values of all parameters that are ``"auto"``, `loss` excepted.

    What the user typed always wins: the values depend on it, and it on none of them. `earlier` has
    those of the training that goes on, nothing for fresh weights.
    """
    typed = estimator.get_params(deep=False)
    fresh = _fresh_values(typed, given)
    values = {name: each for name, each in {**fresh, **earlier}.items() if _is_open(typed, name)}
    if given.one_epoch:  # no end is known of training chunk by chunk
        nothing = {"early_stopping": False, "lr_schedule": None, "monitor": "val_loss"}
        values.update(_where_automatic(typed, **nothing))
        values.pop("validation_fraction", None)  # of an earlier fit
        if is_automatic(typed["optimizer"]):
            values.update(_where_automatic(typed, learning_rate=LEARNING_RATE / 4))
    return values


def is_automatic(value: Any) -> bool:
    """Tell whether a parameter is ``"auto"``."""
    return isinstance(value, str) and value == "auto"


def described(values: dict[str, Any]) -> str:
    """Say what parameters that are ``"auto"`` came to."""
    return "Automatic values: " + ", ".join(f"{name}={each!r}" for name, each in values.items())


def with_values(estimator: Any, values: dict[str, Any]) -> Any:
    """Copy an estimator, as it is fitted, with other values of parameters; itself without any."""
    if not values:
        return estimator
    typed = estimator.get_params(deep=False)
    copy = type(estimator)(**{**typed, **values})
    vars(copy).update({name: each for name, each in vars(estimator).items() if name not in typed})
    return copy


def values_of_fit(estimator: Any) -> Any:
    """Give a fitted estimator with the values that its ``"auto"`` parameters had in `fit`."""
    typed = estimator.get_params(deep=False)
    values = {name: each for name, each in estimator.params_.items() if _is_open(typed, name)}
    return with_values(estimator, values)


def _is_open(typed: dict[str, Any], name: str) -> bool:
    """Tell whether the user has left a parameter to its automatic value."""
    value = typed[name]
    return is_automatic(value) or (name == "validation_fraction" and value is None)


def _where_automatic(typed: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if is_automatic(typed[name])}


def _fresh_values(typed: dict[str, Any], given: Given) -> dict[str, Any]:
    """Give a value for each parameter that may be ``"auto"``, also where it is not."""
    is_few = given.n_samples < FEWEST_TO_HOLD_OUT and not given.one_epoch
    values: dict[str, Any] = {
        "hidden_layer_sizes": HIDDEN_LAYER_SIZES_OF_FEW if is_few else HIDDEN_LAYER_SIZES,
        "activation": "selu" if given.for_classes else "mish",
        "dropout": DROPOUT,
        "optimizer": _optimizer(given.n_samples),
        "learning_rate": LEARNING_RATE if is_automatic(typed["optimizer"]) else None,
        "lr_schedule": "cosine" if isinstance(typed["optimizer"], str) else None,
        "n_bins": N_BINS if given.takes_bins and not given.for_classes else None,
        "n_members": _n_members(typed, given),
    }
    n_members = values["n_members"] if is_automatic(typed["n_members"]) else typed["n_members"]
    values["early_stopping"] = _holds_out(typed, given)
    if is_automatic(typed["early_stopping"]) and values["early_stopping"]:
        is_chosen = (typed["validation"], typed["validation_fraction"]) != (None, None)
        if not is_chosen and not given.has_validation_data:
            values["validation_fraction"] = 1 / n_members if n_members > 1 else FRACTION_OF_ONE
    values["batch_size"] = _batch_size(given.n_samples)
    values["epochs"] = _epochs(given.n_samples)
    epochs = values["epochs"] if is_automatic(typed["epochs"]) else typed["epochs"]
    values["monitor"] = _monitor(typed, given, values["early_stopping"])
    # The cycle of the learning rate is to reach its end.
    values["patience"] = epochs if is_automatic(typed["early_stopping"]) else PATIENCE
    return values


def _optimizer(n_samples: int) -> dict[str, Any]:
    if n_samples > VERY_LARGE:
        config = {"beta_2": BETA_2, "weight_decay": WEIGHT_DECAY}
        return {"class_name": "AdamW", "config": config}
    return {"class_name": "Adam", "config": {"beta_2": BETA_2}}


def _n_members(typed: dict[str, Any], given: Given) -> int:
    one = given.one_epoch or typed["warm_start"] or typed["callbacks"]
    return 1 if one or given.n_samples > VERY_LARGE else N_MEMBERS


def _holds_out(typed: dict[str, Any], given: Given) -> bool:
    if given.one_epoch or (isinstance(typed["monitor"], str) and typed["monitor"] == "loss"):
        return False
    asked_for = (typed["validation"], typed["validation_fraction"]) != (None, None)
    asked_for |= given.has_validation_data or typed["refit_best_epoch"] or bool(typed["metrics"])
    asked_for |= not (isinstance(typed["monitor"], str) and typed["monitor"] in (*LOSSES, "auto"))
    return bool(asked_for or given.n_samples >= FEWEST_TO_HOLD_OUT)


def _monitor(typed: dict[str, Any], given: Given, holds_out: bool) -> str:
    stops = holds_out if is_automatic(typed["early_stopping"]) else typed["early_stopping"]
    loss = typed["loss"]
    is_likelihood = isinstance(loss, str) and (loss == "auto" or loss.endswith("crossentropy"))
    calibrates = stops and given.for_classes and is_likelihood
    return CALIBRATED_LOG_LOSS if calibrates else "val_loss"


def _batch_size(n_samples: int) -> int:
    power = round(np.log2(max(n_samples / 16, 1)))
    return int(np.clip(2**power, SMALLEST_BATCH, LARGEST_BATCH))


def _epochs(n_samples: int) -> int:
    fewer = EPOCHS * (LARGE / max(n_samples, LARGE)) ** 0.5
    return max(round(fewer), FEWEST_EPOCHS)

"""What training leaves in a dense estimator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from skdense.engine.inference import forward
from skdense.engine.program_inputs import Selected
from skdense.networks.architecture import Architecture
from skdense.preprocessing.chunks import row_chunks
from skdense.preprocessing.class_encoding import ClassEncoding
from skdense.preprocessing.feature_bins import FeatureBins
from skdense.preprocessing.feature_scaling import FeatureScaling
from skdense.preprocessing.input_transformation import InputTransformation
from skdense.preprocessing.target_scaling import TargetScale

# The field of each attribute; those that are None are not set.
_FIELDS = {
    "_encoding": "encoding",
    "_optimizer_state": "optimizer_state",
    "_seeds": "seeds",
    "_split_seed": "split_seed",
    "_validation_given": "validation_given",
    "architecture_": "architecture",
    "best_epoch_": "best_epoch",
    "best_loss_": "best_loss",
    "best_score_": "best_score",
    "callbacks_": "callbacks",
    "classes_": "classes",
    "early_stopping_history_": "early_stopping_history",
    "feature_bins_": "feature_bins",
    "feature_scaling_": "feature_scaling",
    "history_": "history",
    "input_shape_": "input_shape",
    "missing_features_": "missing_features",
    "n_iter_": "n_iter",
    "stopped_by_": "stopped_by",
    "temperature_": "temperature",
    "weights_": "weights",
}
# What an ensemble has besides.
OF_ENSEMBLES = frozenset(("members_", "oof_decision_function_", "oof_prediction_"))
ATTRIBUTES = frozenset(_FIELDS) | OF_ENSEMBLES | {"params_"}


@dataclass(frozen=True)
class FittedState:
    """All that training leaves in an estimator, but for what scikit-learn itself keeps of X.

    Training goes on from it, a file holds it, and callbacks and scorers see one for each epoch.
    """

    encoding: ClassEncoding | TargetScale  # from y to targets and back
    architecture: Architecture
    weights: list[np.ndarray]  # in the architecture's order
    history: dict[str, list[float]]
    n_iter: int  # epochs run
    best_epoch: int  # from 1
    best_loss: float
    stopped_by: str | None  # why training ended; None where a file does not know
    input_shape: tuple[int, ...]  # of one sample
    # those with an indicator of missing values; None where `missing` is "error"
    missing_features: np.ndarray | None
    optimizer_state: tuple[str, list[np.ndarray]]  # the optimizer's label, and its variables
    seeds: tuple[int, int]  # entropy, and how many generators have been spawned from it
    split_seed: int  # of the validation set
    validation_given: bool = False  # whether the first fit was given its validation data
    early_stopping_history: dict[str, list[float]] | None = None  # of the training before a refit
    callbacks: list[Any] | None = None  # the copies of Keras's that this fit used
    # what `monitor` came to in the best epoch; None where a file does not know
    best_score: float | None = None
    feature_scaling: FeatureScaling | None = None
    feature_bins: FeatureBins | None = None
    temperature: float | None = None  # what the output layer has been divided by after training

    @property
    def transformation(self) -> InputTransformation:
        """From X to the network's inputs."""
        return InputTransformation(self.feature_scaling, self.missing_features, self.feature_bins)

    @property
    def classes(self) -> np.ndarray | None:
        """Labels of a classifier."""
        return self.encoding.classes if isinstance(self.encoding, ClassEncoding) else None

    @property
    def has_learned_all_rows(self) -> bool:
        """Whether an epoch held out none of the rows given to `fit`, a refit's for one."""
        losses, val_losses = self.history["loss"], self.history.get("val_loss")
        if self.validation_given or val_losses is None:
            return True
        pairs = zip(losses, val_losses, strict=True)  # NaN both where training diverged
        return any(np.isnan(val_loss) and np.isfinite(loss) for loss, val_loss in pairs)

    def outputs(self, inputs: Any) -> np.ndarray:
        """Compute the network's output before its activation, (n_samples, n_outputs).

        `inputs` are as `InputTransformation.for_training` gives them: array, CSR matrix or
        Selected.
        """
        if not isinstance(inputs, Selected):
            return forward(self.architecture, self.weights, inputs)
        make = partial(forward, self.architecture, self.weights, transformation=self.transformation)
        chunks = row_chunks(inputs, self.architecture.n_features)
        return np.concatenate([make(rows) for _, rows in chunks])

    def with_temperature(self, temperature: float | None) -> FittedState:
        """Divide the output layer by another temperature than before; None is that of training."""
        if temperature == self.temperature:
            return self
        factor = (self.temperature or 1.0) / (temperature or 1.0)
        output = self.architecture.n_hidden
        pairs = zip(self.architecture.weights(), self.weights, strict=True)
        weights = [
            (array * factor).astype(array.dtype) if spec.layer == output else array
            for spec, array in pairs
        ]
        return replace(self, weights=weights, temperature=temperature)

    @classmethod
    def of(cls, estimator: Any) -> FittedState:
        """Read the state of a fitted estimator."""
        found: dict[str, Any] = {
            field: getattr(estimator, name, None)
            for name, field in _FIELDS.items()
            if field != "classes"
        }
        found["validation_given"] = bool(found["validation_given"])
        return cls(**found)

    def attributes(self) -> dict[str, Any]:
        """Give the attributes of an estimator that has this state."""
        found = {name: getattr(self, field) for name, field in _FIELDS.items()}
        fitted = {name: value for name, value in found.items() if value is not None}
        return {**fitted, "params_": {}}  # the estimator whose fit this was sets its own

    def put_into(self, estimator: Any) -> None:
        """Make an estimator have this state, and nothing of an earlier one."""
        replace_attributes(estimator, self.attributes())


def extended_history(earlier: dict[str, list], new: dict[str, list]) -> dict[str, list]:
    """Join two histories, both with ``"loss"``; NaN where a metric was not recorded."""
    n_earlier, n_new = len(earlier["loss"]), len(new["loss"])
    return {
        name: [*earlier.get(name, [np.nan] * n_earlier), *new.get(name, [np.nan] * n_new)]
        for name in {**earlier, **new}
    }


def replace_attributes(estimator: Any, attributes: dict[str, Any]) -> None:
    """Make an estimator have what training left, and nothing of an earlier one."""
    for name in ATTRIBUTES & set(vars(estimator)):
        delattr(estimator, name)
    vars(estimator).update(attributes)


def take_fitted_attributes(estimator: Any, trained: Any) -> None:
    """Make an estimator fitted as another one of its class is; they may be the same."""
    if estimator is trained:
        return
    vars(estimator).pop("feature_names_in_", None)
    parameters = trained.get_params(deep=False)
    fitted = {name: each for name, each in vars(trained).items() if name not in parameters}
    replace_attributes(estimator, fitted)


@contextmanager
def input_attributes_kept_on_failure(estimator: Any) -> Iterator[None]:
    """Put back what scikit-learn notes of X while it checks it, if the fit then fails."""
    names = ("n_features_in_", "feature_names_in_")
    found = vars(estimator)
    before = {name: found[name] for name in names if name in found}
    try:
        yield
    except BaseException:
        for name in names:
            found.pop(name, None)
        found.update(before)
        raise

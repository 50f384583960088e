"""What each kind of estimator learns from: the hooks in which classifier and regressor differ."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import column_or_1d

from skdense.estimators.base import DenseNetwork, Targets
from skdense.networks.losses import CLASSIFIER_LOSSES, REGRESSOR_LOSSES, check_smoothing
from skdense.preprocessing.class_encoding import ClassEncoding, encode_classes
from skdense.preprocessing.target_scaling import TargetScale, best_constant, scale_numbers
from skdense.preprocessing.weights import class_weights

if TYPE_CHECKING:
    from skdense.engine.settings import Settings


class LearnsClasses(DenseNetwork):
    """The classifier's half: labels become class numbers or 0/1 rows."""

    _known_losses = CLASSIFIER_LOSSES
    _encoding: ClassEncoding
    class_weight: Any
    classes_: np.ndarray
    label_smoothing: float

    def _loss(self) -> Any:
        return self._encoding.loss if self._loss_is("auto") else self.loss

    def _settings(self, epochs: int) -> Settings:
        settings = super()._settings(epochs)
        if self._encoding.loss != "sparse_categorical_crossentropy":
            return settings
        # Class numbers cannot be smoothed, so the loss has to do it.
        return replace(settings, label_smoothing=float(self.label_smoothing))

    def _targets(self, y, sample_weight, continuing, classes, part_only) -> Targets:
        y = y.toarray() if hasattr(y, "toarray") else y
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if not continuing:
            self._encoding = encode_classes(y, self.loss, classes)
            self.classes_ = self._encoding.classes
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"classes={classes!r} is not the same as on the last call to partial_fit, which "
                f"was {self.classes_.tolist()}."
            )
        else:
            self._encoding = self._encoding.followed_by(encode_classes(y, self.loss, self.classes_))
        numbers = self._encoding.numbers(y)
        by_class = class_weights(self.class_weight, y, self._encoding, part_only)
        weight = sample_weight * by_class
        labels = None if self._encoding.kind == "multilabel" else numbers
        values = self._encoding.targets(numbers, self.dtype)
        if self.label_smoothing:
            check_smoothing(self.label_smoothing, self._loss())
            values = self._encoding.smooth(values, self.label_smoothing)
        return Targets(values, weight, labels, None)

    def _validation_targets(self, y_val, y) -> tuple[np.ndarray, np.ndarray]:
        y_val, y = _labels(y_val), _labels(y)
        several = self._encoding.kind in ("multilabel", "one-hot")
        if not several and len(unseen := np.setdiff1d(y_val, self.classes_)):
            raise ValueError(
                f"y_val has the classes {unseen.tolist()}, which y has not: known are "
                f"{self.classes_.tolist()}. Leave such rows out of the validation data, or put "
                "some among the rows to train on."
            )
        kind = encode_classes(y_val, self.loss, None if several else self.classes_).kind
        if kind != self._encoding.kind:
            raise ValueError(f"y_val is {kind}, but y is {self._encoding.kind}.")
        numbers = self._encoding.numbers(y_val)
        by_class = class_weights(self.class_weight, y_val, self._encoding, False, counted=y)
        values = self._encoding.targets(numbers, self.dtype)
        return self._encoding.smooth(values, self.label_smoothing), by_class


def _labels(y) -> np.ndarray:
    y = np.asarray(y.toarray() if hasattr(y, "toarray") else y)
    return y.ravel() if y.ndim == 2 and y.shape[1] == 1 else y


class LearnsNumbers(DenseNetwork):
    """The regressor's half: numbers are standardized where the loss allows it."""

    _known_losses = REGRESSOR_LOSSES
    _encoding: TargetScale
    scale_target: bool
    quantile: float

    def _loss(self) -> Any:
        return "mse" if self._loss_is("auto") else self.loss

    def _loss_options(self) -> dict[str, float]:
        return {"quantile": float(self.quantile)} if self._loss_is("quantile") else {}

    def _targets(self, y, sample_weight, continuing, classes, part_only) -> Targets:
        del classes, part_only
        y = np.asarray(y, dtype=np.float64)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        encoding = scale_numbers(y, sample_weight, self.loss, self.scale_target)
        if continuing:
            self._encoding.check_loss(self.loss)
        else:
            self._encoding = encoding
        start = best_constant(y, sample_weight, self.loss)
        return Targets(self._encoding.targets(y, self.dtype), sample_weight, None, start)

    def _validation_targets(self, y_val, y) -> tuple[np.ndarray, np.ndarray]:
        del y
        y_val = np.asarray(y_val, dtype=np.float64)
        if y_val.ndim == 2 and y_val.shape[1] == 1:
            y_val = y_val.ravel()
        weight = np.ones(len(y_val))
        scale_numbers(y_val, weight, self.loss, self.scale_target)  # refuses what the loss cannot
        return self._encoding.targets(y_val, self.dtype), weight

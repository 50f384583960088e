"""From X to the inputs of a network: scaled features, indicators of missing values, bins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from skdense.engine.program_inputs import RowTransformation, Selected
from skdense.preprocessing.chunks import row_chunks
from skdense.preprocessing.feature_bins import FeatureBins, learn_bins
from skdense.preprocessing.feature_scaling import FeatureScaling, learn_scaling
from skdense.preprocessing.missing_values import columns_to_indicate, fill

LEAST_FIRST_CHUNK = 10  # samples that partial_fit learns the scale of features from


@dataclass(frozen=True)
class InputTransformation:
    """How X becomes a network's inputs: features, then indicators, then bins."""

    scaling: FeatureScaling | None = None  # None leaves features as they are
    # those with an indicator of missing values, in whose place the scaled feature is 0; None where
    # there are no missing values
    missing_features: np.ndarray | None = None
    bins: FeatureBins | None = None

    @property
    def is_scaled(self) -> bool:
        """Whether it does more than to fill missing values."""
        return self.scaling is not None or self.bins is not None

    @property
    def is_identity(self) -> bool:
        """Whether X is the inputs."""
        return not self.is_scaled and self.missing_features is None

    @property
    def keeps_zeros(self) -> bool:
        """Whether a sparse X stays sparse."""
        is_centred = self.scaling is not None and not self.scaling.keeps_zeros
        return not is_centred and self.missing_features is None and self.bins is None

    def for_missing(self, missing: str) -> InputTransformation:
        """Fill missing values, without further indicators, unless they are an error."""
        if self.missing_features is not None or missing == "error":
            return self
        return replace(self, missing_features=np.arange(0))

    def inputs(self, X: Any, dtype: Any) -> Any:
        """Give the inputs, (n_samples, n_inputs), in `dtype`; the arithmetic is float64.

        X is an array or CSR matrix (n_samples, n_features), or Selected, NaN where a value is
        missing, and given back where it is the inputs. A sparse one stays sparse where its zeros
        stay zeros.
        """
        if self.is_identity:
            return X
        if sparse.issparse(X):
            if self.scaling is not None and self.keeps_zeros:
                return self.scaling.transform(X).astype(dtype)
            X = X.toarray()
        inputs = np.empty((X.shape[0], self._n_inputs(X.shape[1])), dtype)
        for chunk, rows in row_chunks(X, inputs.shape[1]):
            inputs[chunk] = self._of_rows(rows)
        return inputs

    def for_training(self, X: Any, dtype: Any) -> Any:
        """Give the inputs, or rows of a large array that become inputs inside the program.

        `dtype` is the network's. Raises ValueError if X is sparse, and its zeros would not stay
        zeros.
        """
        if sparse.issparse(X) and not self.keeps_zeros:
            raise ValueError(
                "X is sparse, but the network was made from dense X, and its scaling subtracts a "
                "center from each feature (feature_scaling_): pass X.toarray()."
            )
        if self.is_scaled and isinstance(X, Selected) and X.values.dtype == dtype:
            return X._replace(transformation=self.steps(X.shape[1]))
        return self.inputs(X, dtype)

    def steps(self, n_features: int) -> RowTransformation:
        """Give its numbers; without scaling or bins those that change nothing."""
        scaling, bins = self.scaling, self.bins
        if scaling is None:
            scaling = FeatureScaling("", np.zeros(n_features), np.ones(n_features), clip=None)
        if bins is None:
            bins = FeatureBins(np.arange(0), np.zeros((0, 2)))
        clip = np.float64(np.inf if scaling.clip is None else scaling.clip)
        columns = bins.columns.astype(np.int32)
        return RowTransformation(
            scaling.center, scaling.scale, clip, columns, bins.lower, bins.inverse_width
        )

    def _n_inputs(self, n_features: int) -> int:
        n_indicators = 0 if self.missing_features is None else len(self.missing_features)
        return n_features + n_indicators + (0 if self.bins is None else self.bins.n_inputs)

    def _of_rows(self, rows: np.ndarray) -> np.ndarray:
        inputs = rows if self.scaling is None else self.scaling.transform(rows)
        if self.missing_features is not None:
            inputs = fill(inputs, self.missing_features)
        return inputs if self.bins is None else np.hstack([inputs, self.bins.encode(rows)])


def learn_transformation(
    estimator: Any, X: Any, weight: np.ndarray, input_shape: tuple[int, ...]
) -> InputTransformation:
    """Find out from the training set how X becomes inputs, by the estimator's parameters."""
    kind, n_bins, missing = estimator.scale_features, estimator.n_bins, estimator.missing
    is_image = len(input_shape) > 1
    return InputTransformation(
        scaling=None if kind is None else learn_scaling(X, weight, kind, is_image),
        missing_features=None if missing == "error" else columns_to_indicate(X, missing),
        bins=None if n_bins is None else learn_bins(X, weight, int(n_bins)),
    )


def check_transformation(
    estimator: Any, n_samples: int, input_shape: tuple[int, ...], one_epoch: bool
) -> None:
    """Refuse data that tell no scale of features, or take no bins.

    Raises ValueError if X holds images and there would be bins; or if the first call of
    `partial_fit` (`one_epoch`) has too few samples.
    """
    kind, n_bins = estimator.scale_features, estimator.n_bins
    if n_bins is not None and len(input_shape) > 1:
        raise ValueError(
            f"n_bins={n_bins} makes bins of the features of a table, but X holds images of shape "
            f"{input_shape}: set n_bins=None, or pass X.reshape(len(X), -1)."
        )
    if one_epoch and (kind, n_bins) != (None, None) and n_samples < LEAST_FIRST_CHUNK:
        raise ValueError(
            f"The first call of partial_fit learns the scale of features that serves all calls, "
            f"but got {n_samples} sample{'s'[: n_samples != 1]}: pass at least "
            f"{LEAST_FIRST_CHUNK}, or scale X yourself and set scale_features=None and n_bins=None "
            f"(now {kind!r} and {n_bins})."
        )


def check_same_transformation(estimator: Any, earlier: InputTransformation) -> None:
    """Raise ValueError where training would go on with other scaling or bins than it began with."""
    scaling, bins = earlier.scaling, earlier.bins
    before = {
        "scale_features": None if scaling is None else scaling.kind,
        "n_bins": None if bins is None else bins.n_bins,
    }
    for name, fitted in before.items():
        value = getattr(estimator, name)
        if value != fitted:
            raise ValueError(
                f"Training cannot go on with {name}={value!r}: the network was made with "
                f"{fitted!r}. Set it back, or fit anew with warm_start=False."
            )

"""What a trained network can do: compute, show its weights, turn into a Keras model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_is_fitted, validate_data

from skdense.engine.inference import forward
from skdense.networks.architecture import Architecture
from skdense.preprocessing.images import check_same_shape, flatten_images
from skdense.preprocessing.missing_values import fill, nan_for_none
from skdense.preprocessing.target_scaling import TargetScale

if TYPE_CHECKING:
    import keras

    from skdense.engine.settings import Settings


_FLOATS = [np.float64, np.float32]  # X in another dtype is converted to the first


class FittedNetwork:
    """The fitted half of the dense estimators: arrays and NumPy only, until Keras is asked for."""

    architecture_: Architecture
    weights_: list[np.ndarray]
    n_features_in_: int
    history_: dict[str, list[float]]
    input_shape_: tuple[int, ...]
    epochs: int
    input_noise: float
    missing: str
    missing_features_: np.ndarray
    _encoding: Any

    def _settings(self, epochs: int) -> Settings:
        raise NotImplementedError

    @property
    def coefs_(self) -> list[np.ndarray]:
        """Kernels, one for each layer: (n_units before, n_units)."""
        return self._of_role("kernel")

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """Biases, one for each layer: (n_units,)."""
        return self._of_role("bias")

    @property
    def loss_curve_(self) -> list[float]:
        """Training loss of each epoch."""
        return self.history_["loss"]

    @property
    def n_layers_(self) -> int:
        """Number of layers, input and output included."""
        return self.architecture_.n_hidden + 2

    @property
    def n_outputs_(self) -> int:
        """Number of units in the output layer."""
        return self.architecture_.n_outputs

    @property
    def out_activation_(self) -> str:
        """Activation of the output layer."""
        return self.architecture_.out_activation

    def _of_role(self, role: str) -> list[np.ndarray]:
        pairs = zip(self.architecture_.weights(), self.weights_, strict=True)
        return [array for spec, array in pairs if spec.role == role]

    def _raw_outputs(self, X) -> np.ndarray:
        """The output layer before its activation, (n_samples, n_outputs)."""
        check_is_fitted(self)
        return forward(self.architecture_, self.weights_, self._prediction_input(X))

    def _prediction_input(self, X) -> np.ndarray:
        """X as predictions are computed from it, (n_samples, n_features), in float64 or float32."""
        return self._fill_missing(self._check_input(X, dtype=_FLOATS, reset=False))

    def _check_input(self, X, *y, reset: bool, **options) -> Any:
        """X as rows of numbers, and y if there is one; missing values are still in it."""
        if sparse.issparse(X):
            self._check_takes_sparse()
        X, shape = flatten_images(X)
        if not reset:
            check_same_shape(self.input_shape_, shape)
        if self.missing != "error":
            X = nan_for_none(X)
            options["ensure_all_finite"] = "allow-nan"
        checked = validate_data(self, X, *y, accept_sparse="csr", reset=reset, **options)
        if reset:
            self.input_shape_ = shape or (self.n_features_in_,)
        return checked

    def _check_takes_sparse(self) -> None:
        for name, off in (("missing", "error"), ("input_noise", 0)):
            value = getattr(self, name)
            if value != off:
                raise ValueError(
                    f"{name}={value!r} cannot take sparse X, whose zeros it would have to fill: "
                    f"set {name}={off!r}, or pass X.toarray() where it fits into memory."
                )

    def _fill_missing(self, X: np.ndarray) -> np.ndarray:
        columns = getattr(self, "missing_features_", None)
        if columns is None and self.missing == "error":
            return X
        return fill(X, np.arange(0) if columns is None else columns)

    def hidden_output(self, X, layer: int = -1) -> np.ndarray:
        """Compute what a hidden layer gives to the next one.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        layer : int, default=-1
            Which hidden layer: 0 is the first, -1 the last.

        Returns
        -------
        array of shape (n_samples, n_units)
            After activation and batch norm; dropout is off.

        Raises
        ------
        ValueError
            If there is no such hidden layer.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skdense import DenseClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> net = DenseClassifier((8, 2), epochs=2, random_state=0).fit(X, y)
        >>> net.hidden_output(X).shape
        (150, 2)
        """
        check_is_fitted(self)
        n_hidden = self.architecture_.n_hidden
        if not -n_hidden <= layer < n_hidden:
            raise ValueError(
                f"layer={layer!r} does not exist: the network has {n_hidden} hidden layers, "
                "counted from 0."
            )
        X = self._prediction_input(X)
        return forward(self.architecture_, self.weights_, X, n_layers=layer % n_hidden + 1)

    def to_keras(self) -> keras.Model:
        """Build the same network as a compiled ``keras.Model`` with the trained weights.

        It consists of Keras's standard layers, its regularizers and dropout rates included, of
        ``Flatten`` at the beginning where it was trained on images, and of ``Rescaling`` at the
        end where a regressor's target was standardized: it predicts in the target's own unit. It
        is a copy: training it leaves the estimator as it is.

        It takes numbers only: missing values as zeros, with their indicators in the columns after
        the features.

        The copy is compiled with the estimator's optimizer and loss. Behind ``Rescaling`` that loss
        is in the target's unit, too: compile it anew, with rates to match, before training it on.

        Returns
        -------
        keras.Model

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skdense import DenseClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> model = DenseClassifier(8, epochs=2, random_state=0).fit(X, y).to_keras()
        >>> model.predict(X, verbose=0).shape
        (150, 3)
        """
        check_is_fitted(self)
        return self._keras_model(self.architecture_, self._settings(self.epochs), self.weights_)

    def _keras_model(self, architecture: Architecture, settings: Settings, weights) -> keras.Model:
        from skdense.engine.model_building import fitted_model

        scale = self._encoding if isinstance(self._encoding, TargetScale) else None
        rescaling = (scale.scale, scale.mean) if scale is not None and scale.is_active else None
        # Indicators of missing values go beside the pixels: then there is no image any more.
        shape = self.input_shape_ if architecture.n_features == self.n_features_in_ else None
        return fitted_model(architecture, settings, weights, rescaling, shape)

    def summary(self) -> None:
        """Print Keras's table of the network: its layers, their shapes and numbers of weights.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skdense import DenseClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> DenseClassifier(8, epochs=2, random_state=0).fit(X, y).summary()  # doctest: +SKIP
        """
        self.to_keras().summary()

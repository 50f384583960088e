"""The loss of quantile regression, which Keras does not ship."""

from __future__ import annotations

from skdense.engine._tensorflow import keras


@keras.saving.register_keras_serializable(package="skdense")
class QuantileLoss(keras.losses.Loss):
    """Pinball loss: its best constant is a quantile, between 0 and 1, of the targets.

    R. Koenker and G. Bassett, "Regression quantiles", Econometrica 46, 1978.
    """

    def __init__(self, quantile=0.5, reduction="sum_over_batch_size", name="quantile", dtype=None):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.quantile = quantile

    def call(self, y_true, y_pred):
        """Compute the loss of each row of (n_samples, n_outputs), the mean over its outputs."""
        short = y_true - y_pred
        loss = keras.ops.maximum(self.quantile * short, (self.quantile - 1) * short)
        return keras.ops.mean(loss, axis=-1)

    def get_config(self) -> dict:
        """Give what the class takes."""
        return {**super().get_config(), "quantile": self.quantile}

"""The parameters of the plain Keras network."""

from types import MappingProxyType
from typing import Any, cast

# What Keras itself has as its defaults, or leaves out; three hidden layers, and 100 epochs. All
# other parameters do nothing by default, but for `scale_target` of a regressor. It is read-only;
# type checkers take it for a dict, and then accept ``KERAS_DEFAULTS | {"epochs": 20}``.
KERAS_DEFAULTS = cast(
    "dict[str, Any]",
    MappingProxyType(
        {
            "hidden_layer_sizes": (128, 64, 32),
            "activation": "relu",
            "dropout": 0.0,
            "optimizer": "adam",
            "learning_rate": None,
            "lr_schedule": None,
            "batch_size": 32,
            "epochs": 100,
            "early_stopping": False,
            "monitor": "val_loss",
            "patience": 10,
            "scale_features": None,
            "n_bins": None,
            "n_members": 1,
        }
    ),
)

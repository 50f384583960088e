"""Which losses fit which task, by Keras's names, and what each asks of the target."""

from __future__ import annotations

from typing import Any

CLASSIFIER_LOSSES = frozenset(
    (
        "binary_crossentropy",
        "binary_focal_crossentropy",
        "categorical_crossentropy",
        "categorical_focal_crossentropy",
        "sparse_categorical_crossentropy",
        "kl_divergence",
        "mae",
        "mean_absolute_error",
        "mean_squared_error",
        "mse",
    )
)
REGRESSOR_LOSSES = frozenset(
    (
        "cosine_similarity",
        "huber",
        "log_cosh",
        "mae",
        "mape",
        "mean_absolute_error",
        "mean_absolute_percentage_error",
        "mean_squared_error",
        "mean_squared_logarithmic_error",
        "mse",
        "msle",
        "poisson",
        "quantile",
    )
)
SOFTMAX = {
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "kl_divergence",  # compares distributions: a single sigmoid unit is none
    "sparse_categorical_crossentropy",
}
ONE_HOT = {"categorical_crossentropy", "categorical_focal_crossentropy"}
# Losses of counts and ratios: their scale means something, so the target is left as it is.
OWN_SCALE = {
    "cosine_similarity",
    "mape",
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
    "msle",
    "poisson",
}
# Cross-entropies, whose targets may lie between 0 and 1.
SMOOTHABLE = {
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "sparse_categorical_crossentropy",
}
NOT_NEGATIVE = {"poisson", "mean_squared_logarithmic_error", "msle"}


def loss_name(loss: Any) -> str:
    """Name of a loss as Keras spells it, for an instance that of its class."""
    if isinstance(loss, str):
        return loss
    name = "".join("_" + c.lower() if c.isupper() else c for c in type(loss).__name__)
    return name.lstrip("_").replace("k_l_", "kl_")


def check_smoothing(label_smoothing: float, loss: Any) -> None:
    """Raise ValueError if a loss, ``"auto"`` resolved, takes no smooth labels or makes its own."""
    by_keras = isinstance(loss, str) or type(loss).__module__.partition(".")[0] == "keras"
    if not by_keras or loss_name(loss) not in SMOOTHABLE:
        raise ValueError(
            f"label_smoothing={label_smoothing!r} cannot be used with loss={loss!r}: it takes one "
            f"of {', '.join(sorted(SMOOTHABLE))}, or 'auto'. Set label_smoothing=0.0."
        )
    own = 0.0 if isinstance(loss, str) else loss.get_config().get("label_smoothing", 0.0)
    if own:
        raise ValueError(
            f"label_smoothing={label_smoothing!r} would come on top of that of loss={loss!r}, "
            f"{own!r}: set one of the two to 0."
        )

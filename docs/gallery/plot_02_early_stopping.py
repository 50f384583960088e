"""
Early stopping
==============

The best number of epochs is not known in advance. Early stopping finds it during training: it
monitors the loss on a validation set, stops when that has not improved for some epochs, and
restores the weights of the best epoch.
"""

# %%
# Two networks that are otherwise the same. Each is given 80% of the samples; the other 20% are the
# test set, which neither sees. The second network makes a fifth of its own samples its validation
# set, so it learns from fewer.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import ShuffleSplit, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdense import KERAS_DEFAULTS, DenseRegressor, HistoryDisplay

X, y = load_diabetes(return_X_y=True)
splits = ShuffleSplit(n_splits=10, test_size=0.2, random_state=0)


def networks_and_errors(**settings):
    """Train one network on each split, and measure its error on the test set."""
    net = DenseRegressor(**KERAS_DEFAULTS).set_params(
        hidden_layer_sizes=(128, 64), epochs=100, random_state=0, **settings
    )
    model = make_pipeline(StandardScaler(), net)
    metric = "neg_root_mean_squared_error"
    result = cross_validate(model, X, y, cv=splits, scoring=metric, return_estimator=True)
    return result["estimator"], -result["test_score"]


_, all_epochs = networks_and_errors()
stopped_models, stopped = networks_and_errors(early_stopping=True, patience=10)
print("epochs run: ", [model[-1].n_iter_ for model in stopped_models])
print("best epochs:", [model[-1].best_epoch_ for model in stopped_models])

# %%
# Left, the first of the ten splits: after the best epoch, training goes on for ten more
# (``patience``), in case a better one follows, and then stops. Right, each line is one split: the
# error on its test set after all epochs, and with early stopping.

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
HistoryDisplay.from_estimator({"early_stopping=True, the first split": stopped_models[0]}, ax=left)
ends = np.array([all_epochs, stopped])
right.plot([0, 1], ends, color="#6F6F6F", linewidth=0.8)
right.plot([0] * 10, all_epochs, "o", color="#0072B2")
right.plot([1] * 10, stopped, "s", color="#D55E00")
right.set_xticks([0, 1], ["100 epochs", "early stopping"])
right.set(xlim=(-0.4, 1.4), ylabel="test error (root mean squared)")
right.set_title("Ten splits", loc="left", fontsize="medium")
right.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# The lines go down: early stopping gained more than the samples of its validation set cost. And
# training was shorter.

print(f"mean error after 100 epochs:    {all_epochs.mean():.1f}")
print(f"mean error with early stopping: {stopped.mean():.1f}")
print(f"better with early stopping: {(stopped < all_epochs).sum()} splits of {len(stopped)}")

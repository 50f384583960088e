"""
Cross-validation and seeds against one hold-out
===============================================

A score that is measured once is one random draw. It depends on which samples are in the test set
and on the initial weights, and often varies by more than the difference that one wanted to measure.
"""

# %%
# One network on the data of 442 patients, evaluated in four ways, each of them twelve times with
# another random state. The network's parameters and the data do not change.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import KFold, RepeatedKFold, ShuffleSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdense import KERAS_DEFAULTS, DenseRegressor

X, y = load_diabetes(return_X_y=True)


def score(splits, seed):
    """Average R2 over the splits."""
    net = DenseRegressor(**KERAS_DEFAULTS).set_params(
        hidden_layer_sizes=32, epochs=20, random_state=seed
    )
    return cross_val_score(make_pipeline(StandardScaler(), net), X, y, cv=splits).mean()


DRAWS = range(12)
scores = {
    "one hold-out,\nother seeds of the network": [
        score(ShuffleSplit(1, test_size=0.2, random_state=0), seed) for seed in DRAWS
    ],
    "one hold-out,\nother test samples": [
        score(ShuffleSplit(1, test_size=0.2, random_state=draw), 0) for draw in DRAWS
    ],
    "5 folds,\nother folds": [
        score(KFold(5, shuffle=True, random_state=draw), 0) for draw in DRAWS
    ],
    "5 folds, 3 times,\nother folds": [
        score(RepeatedKFold(n_splits=5, n_repeats=3, random_state=draw), 0) for draw in DRAWS
    ],
}

# %%
# Each dot is a score that somebody might have reported. With a single hold-out the network looks
# good or poor, depending on the split. Five folds use every sample once for testing, and their
# means lie much closer together; those of repeated cross-validation lie closer still. The network's
# seed alone (first row) matters less here, but it does matter.

figure, ax = plt.subplots(figsize=(8, 3.8), layout="constrained")
jitter = np.random.default_rng(0).uniform(-0.15, 0.15, len(DRAWS))
for height, values in enumerate(scores.values()):
    ax.plot(values, height + jitter, "o", color="#0072B2", alpha=0.6, markersize=5)
    ax.plot([np.mean(values)] * 2, [height - 0.3, height + 0.3], color="#D55E00", linewidth=2)
ax.set_yticks(range(len(scores)), scores)
ax.invert_yaxis()
ax.set_xlabel("R2 on the test sets (bar: mean of the twelve)")
ax.grid(axis="x", alpha=0.3)
ax.spines[["top", "right", "left"]].set_visible(False)
plt.show()

spread = {name: np.std(values, ddof=1) for name, values in scores.items()}
for name, values in scores.items():
    label = name.replace("\n", " ")
    print(f"{label:41} {min(values):.2f} to {max(values):.2f}, spread {spread[name]:.3f}")

# %%
# Repetition makes the estimate less noisy, not the network better. And all repetitions use the same
# 442 patients: what is particular to this sample, no number of folds averages out. To compare two
# models, use the same folds for both, as ``skdense.compare`` does.

"""
Folds and seeds against one hold-out
====================================

A score measured once is a draw. Which rows were held out, and which weights training began with,
move it, and often by more than the difference one wanted to see.
"""

# %%
# One network on 442 patients, judged in four ways, each of them a dozen times with other random
# numbers. Nothing about the network or the data changes.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import KFold, RepeatedKFold, ShuffleSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdense import DenseRegressor

X, y = load_diabetes(return_X_y=True)


def score(splits, seed):
    """Average R2 over the splits."""
    net = DenseRegressor(32, epochs=20, random_state=seed)
    return cross_val_score(make_pipeline(StandardScaler(), net), X, y, cv=splits).mean()


DRAWS = range(12)
scores = {
    "one hold-out,\nother seeds of the network": [
        score(ShuffleSplit(1, test_size=0.2, random_state=0), seed) for seed in DRAWS
    ],
    "one hold-out,\nother rows": [
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
# Each dot is what somebody would have reported. A single hold-out can make the network look good
# or poor, as the rows fall. Five folds use every row once for testing, and their means lie much
# closer together; repeated with other folds, closer still. The seed of the network alone matters
# less here, but the first row of dots is no single point either.

figure, ax = plt.subplots(figsize=(8, 3.8), layout="constrained")
jitter = np.random.default_rng(0).uniform(-0.15, 0.15, len(DRAWS))
for height, values in enumerate(scores.values()):
    ax.plot(values, height + jitter, "o", color="#0072B2", alpha=0.6, markersize=5)
    ax.plot([np.mean(values)] * 2, [height - 0.3, height + 0.3], color="#D55E00", linewidth=2)
ax.set_yticks(range(len(scores)), scores)
ax.invert_yaxis()
ax.set_xlabel("R2 on rows held out (bar: mean of the twelve)")
ax.grid(axis="x", alpha=0.3)
ax.spines[["top", "right", "left"]].set_visible(False)
plt.show()

spread = {name: np.std(values, ddof=1) for name, values in scores.items()}
for name, values in scores.items():
    label = name.replace("\n", " ")
    print(f"{label:41} {min(values):.2f} to {max(values):.2f}, spread {spread[name]:.3f}")

# %%
# Repetition makes the figure steadier, not the network better, and all repetitions share the same
# 442 patients: what they have in common, no number of folds will average out. Two models are
# compared on the same folds, as ``skdense.compare`` does.

"""
Tuning leaks into the validation score
======================================

A search reports the best of many scores. The best of many noisy scores lies above their mean, even
where all candidates are equally good. So the score by which the parameters were chosen is too
optimistic as an estimate of how good they are.
"""

# %%
# The simplest case: random labels. No model can be expected to have an accuracy above 0.5 on new
# samples. The search tries nine candidates, and the test set is used once, at the end.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split

from skdense import KERAS_DEFAULTS, DenseClassifier

GRID = {"learning_rate": [0.001, 0.01, 0.1], "dropout": [0.1, 0.3, 0.5]}
net = DenseClassifier(**KERAS_DEFAULTS).set_params(
    hidden_layer_sizes=16, epochs=20, batch_size=20, random_state=0
)


def evaluate(seed):
    """Search on random labels, and evaluate the result in three ways."""
    random = np.random.default_rng(seed)
    X, y = random.normal(size=(280, 10)), random.permutation([0, 1] * 140)
    X, X_test, y, y_test = train_test_split(X, y, test_size=200, stratify=y, random_state=seed)
    search = GridSearchCV(net, GRID, cv=3)
    # Nested: the whole search is repeated in each outer fold, and scored on data it never saw.
    nested = cross_val_score(search, X, y, cv=3).mean()
    search.fit(X, y)
    return search.best_score_, nested, search.score(X_test, y_test)


results = np.array([evaluate(seed) for seed in range(6)])

# %%
# Six such experiments. The best score of each search lies above 0.5, as if something had been
# learned. Nested cross-validation repeats the search inside each outer fold, so that the choice of
# the parameters is part of what is evaluated: its scores lie on both sides of 0.5, far apart
# because eighty samples are few. The scores on the two hundred test samples lie close to 0.5.

NAMES = ("best score of the search", "nested cross-validation", "test set, used once")
figure, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
for height, (values, marker) in enumerate(zip(results.T, "o^s", strict=True)):
    ax.plot(values, np.full(6, height), marker, color="#0072B2", alpha=0.6, markersize=8)
    ax.plot([values.mean()] * 2, [height - 0.3, height + 0.3], color="#D55E00", linewidth=2)
ax.axvline(0.5, color="#6F6F6F", linestyle=":")
ax.set_yticks(range(3), NAMES)
ax.set_ylim(2.5, -0.5)
ax.set_xlabel("accuracy (bar: mean; dotted: chance)")
ax.spines[["top", "right", "left"]].set_visible(False)
plt.show()

for name, mean in zip(NAMES, results.mean(axis=0), strict=True):
    print(f"{name:25} {mean:.3f}")

# %%
# The bias is largest with few samples and many candidates. So choose by a search, evaluate by
# nested cross-validation or on a test set, and use the test set once. Looking at its score,
# changing something and looking again is a search on the test set.

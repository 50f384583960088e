"""
Tuning leaks into the validation score
======================================

A search reports the best of many scores. The best of many draws lies above the average draw, even
where there is nothing to find. So the score that chose the parameters is no estimate of how good
they are.
"""

# %%
# The plainest case: labels thrown with a coin. No model can do better than 0.5 on new rows. The
# search tries nine settings of a network, and the test rows lie untouched in a drawer.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split

from skdense import DenseClassifier

GRID = {"learning_rate": [0.001, 0.01, 0.1], "dropout": [0.1, 0.3, 0.5]}
net = DenseClassifier(16, epochs=20, batch_size=20, random_state=0)


def judge(seed):
    """Search on coins, and judge the result in three ways."""
    random = np.random.default_rng(seed)
    X, y = random.normal(size=(280, 10)), random.permutation([0, 1] * 140)
    X, X_test, y, y_test = train_test_split(X, y, test_size=200, stratify=y, random_state=seed)
    search = GridSearchCV(net, GRID, cv=3)
    # Nested: the whole search is repeated within each outer fold, and judged on rows it never saw.
    nested = cross_val_score(search, X, y, cv=3).mean()
    search.fit(X, y)
    return search.best_score_, nested, search.score(X_test, y_test)


results = np.array([judge(seed) for seed in range(6)])

# %%
# Six such experiments. The best validation score of each search lies right of 0.5, as though
# something had been learned. Nested cross-validation repeats the search inside each outer fold,
# so that the choosing is part of what is judged: its scores lie to both sides of 0.5, far apart
# because eighty rows are few. Those of the two hundred test rows lie close to 0.5.

NAMES = ("best score of the search", "nested cross-validation", "test rows, used once")
figure, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
for height, (values, marker) in enumerate(zip(results.T, "o^s", strict=True)):
    ax.plot(values, np.full(6, height), marker, color="#0072B2", alpha=0.6, markersize=8)
    ax.plot([values.mean()] * 2, [height - 0.3, height + 0.3], color="#D55E00", linewidth=2)
ax.axvline(0.5, color="#6F6F6F", linestyle=":")
ax.set_yticks(range(3), NAMES)
ax.set_ylim(2.5, -0.5)
ax.set_xlabel("accuracy (bar: mean; dotted: coin)")
ax.spines[["top", "right", "left"]].set_visible(False)
plt.show()

for name, mean in zip(NAMES, results.mean(axis=0), strict=True):
    print(f"{name:25} {mean:.3f}")

# %%
# The leak is widest where rows are few and settings many. The rule that follows: the search
# chooses, nested cross-validation or test rows judge, and the test rows are used once. Whoever
# looks at them, changes something and looks again, has begun to search on them.

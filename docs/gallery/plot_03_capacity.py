"""
Capacity: from too small to too large
=====================================

The capacity of a network grows with its units. With too few, it cannot follow the pattern in the
data; with too many, it can fit single samples.
"""

# %%
# Two half-moons that overlap: 150 training samples and 3000 test samples. The networks have two
# hidden layers of 1 to 128 units each. Four of each size, with different initial weights, because
# the result of a single one may be chance.

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap
from sklearn.base import clone
from sklearn.datasets import make_moons
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.metrics import log_loss

from skdense import KERAS_DEFAULTS, DenseClassifier

X, y = make_moons(150, noise=0.35, random_state=0)
X_test, y_test = make_moons(3000, noise=0.35, random_state=1)
SIZES = (1, 2, 4, 8, 32, 128)


def train_four(size):
    """Train four networks of one size, alike but for their seeds."""
    net = DenseClassifier(**KERAS_DEFAULTS).set_params(
        hidden_layer_sizes=(size, size),
        activation="tanh",
        learning_rate=0.01,
        batch_size=50,
        epochs=400,
    )
    return [clone(net).set_params(random_state=seed).fit(X, y) for seed in range(4)]


nets = {size: train_four(size) for size in SIZES}

# %%
# The decision boundaries of three of them. That of the smallest is a straight line, that of the
# medium one a curve; the largest bends its boundary around samples that are on the wrong side by
# chance.

figure, axes = plt.subplots(1, 3, figsize=(10, 3.4), layout="constrained")
sides = ListedColormap(["#FFFFFF", "#EFCFB8"])  # of different lightness, for prints in grey
for ax, size in zip(axes, (1, 8, 128), strict=True):
    net = nets[size][0]
    DecisionBoundaryDisplay.from_estimator(
        net, X, response_method="predict", cmap=sides, grid_resolution=200, eps=0.3, ax=ax
    )
    ax.plot(*X[y == 0].T, "o", color="#0072B2", markersize=4)
    ax.plot(*X[y == 1].T, "^", color="#D55E00", markersize=4)
    ax.set_title(f"2 x {size} unit{'s' * (size > 1)}", loc="left", fontsize="medium")
    ax.set(xticks=[], yticks=[])
plt.show()

# %%
# The cross-entropy, averaged over the four networks of each size. On the training set it falls with
# every size. On the test set it falls at first, too, and then rises again: the best size is neither
# the smallest nor the largest.


def mean_loss(size, X, y):
    """Average the cross-entropy over the networks of one size."""
    return np.mean([log_loss(y, net.predict_proba(X)) for net in nets[size]])


train = np.array([mean_loss(size, X, y) for size in SIZES])
test = np.array([mean_loss(size, X_test, y_test) for size in SIZES])
figure, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
ax.plot(SIZES, train, "o-", color="#0072B2", label="training set")
ax.plot(SIZES, test, "s--", color="#D55E00", label="test set")
ax.set(xlabel="units in each of two layers", ylabel="cross-entropy", xscale="log")
ax.set_xticks(SIZES, SIZES)
ax.set_xticks([], minor=True)
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)
plt.show()

for row in zip(SIZES, train, test, strict=True):
    print("{:4d} units: training {:.3f}, test {:.3f}".format(*row))

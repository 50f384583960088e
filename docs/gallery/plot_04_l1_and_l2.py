"""
L1 and L2 penalties, and what they do to the weights
====================================================

Both add a penalty for the size of the weights to the loss. L2 adds their squares: a large weight
costs much, a small one next to nothing, so all become small but few vanish. L1 adds their absolute
values: a weight costs in proportion to its size however small it is, so those that do not help
shrink to nearly zero.
"""

# %%
# Twenty features, of which only four influence the target.

import matplotlib.pyplot as plt
import numpy as np

from skdense import KERAS_DEFAULTS, DenseRegressor

random = np.random.default_rng(0)


def draw(n_samples):
    """Draw twenty features and a target that depends on the first four."""
    X = random.normal(size=(n_samples, 20))
    signal = 2 * X[:, 0] - 2 * X[:, 1] + 2 * np.abs(X[:, 2]) + 2 * np.maximum(X[:, 3], 0)
    return X, signal + random.normal(size=n_samples)


X, y = draw(300)
X_test, y_test = draw(2000)
penalties = {"no penalty": {}, "L2 (l2=0.02)": {"l2": 0.02}, "L1 (l1=0.01)": {"l1": 0.01}}
nets = {
    name: DenseRegressor(**KERAS_DEFAULTS)
    .set_params(hidden_layer_sizes=32, epochs=200, random_state=0, **penalty)
    .fit(X, y)
    for name, penalty in penalties.items()
}

# %%
# The norm of each feature's weights in the first layer. Black bars are the four features that
# matter. Without a penalty the other sixteen are used as well, to learn the noise. L2 makes all
# bars lower. L1 nearly removes the sixteen.

figure, axes = plt.subplots(1, 3, figsize=(10, 3.2), sharey=True, layout="constrained")
for ax, (name, net) in zip(axes, nets.items(), strict=True):
    lengths = np.linalg.norm(net.coefs_[0], axis=1)
    ax.bar(np.arange(1, 21), lengths, color=["#3A3A3A"] * 4 + ["#8CBEDD"] * 16)
    ax.set_title(name, loc="left", fontsize="medium")
    ax.set(xlabel="feature", xticks=[1, 4, 8, 12, 16, 20])
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("norm of its weights")
plt.show()

# %%
# All 640 weights of the first layer, sorted by size. On the logarithmic axis, L2 shifts the curve
# down; with L1 it drops steeply, because most weights are nearly zero.

STYLES = (("#6F6F6F", ":"), ("#0072B2", "-"), ("#D55E00", "--"))
figure, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
for (name, net), (color, linestyle) in zip(nets.items(), STYLES, strict=True):
    sizes = np.sort(np.abs(net.coefs_[0]).ravel())[::-1]
    ax.plot(np.arange(1, 641), sizes, color=color, linestyle=linestyle, label=name)
ax.set(yscale="log", ylim=(1e-5, 3), xlabel="weights, largest first", ylabel="size")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)
plt.show()

# %%
# Both penalties lower R2 on the training set a little, and raise it on the test set by more.

near_zero, train, test = {}, {}, {}
for name, net in nets.items():
    near_zero[name] = np.mean(np.abs(net.coefs_[0]) < 0.01)
    train[name], test[name] = net.score(X, y), net.score(X_test, y_test)
    print(
        f"{name:13} weights below 0.01: {near_zero[name]:4.0%}   "
        f"R2 on the training set {train[name]:.3f}, on the test set {test[name]:.3f}"
    )

"""
Activations
===========

Without activations between them, any number of dense layers is equivalent to a single linear one.
The choice of the activation decides what the learned function looks like, and how well a deep
network learns at all.
"""

# %%
# A smooth function without noise, learned by the same small network with four activations.

import matplotlib.pyplot as plt
import numpy as np

from skdense import KERAS_DEFAULTS, DenseRegressor

ACTIVATIONS = ("linear", "relu", "tanh", "silu")
x = np.linspace(-3, 3, 200)[:, None]
y = np.sin(2 * x[:, 0]) + 0.3 * x[:, 0]
nets = {
    name: DenseRegressor(**KERAS_DEFAULTS)
    .set_params(
        hidden_layer_sizes=(12, 12), activation=name, learning_rate=0.01, epochs=300, random_state=0
    )
    .fit(x, y)
    for name in ACTIVATIONS
}

# %%
# ``linear`` means no activation: the network can only learn a straight line. ``relu`` is piecewise
# linear, and so is what the network learns: there are visible corners. ``tanh`` and ``silu`` are
# smooth, and so are the learned functions.

figure, axes = plt.subplots(1, 4, figsize=(12, 3.2), sharey=True, layout="constrained")
grid = np.linspace(-3, 3, 1000)[:, None]
for ax, (name, net) in zip(axes, nets.items(), strict=True):
    ax.plot(x, y, color="#6F6F6F", linestyle=":", linewidth=2, label="target")
    ax.plot(grid, net.predict(grid), color="#D55E00", label="network")
    ax.set_title(f'activation="{name}"', loc="left", fontsize="medium")
    ax.spines[["top", "right"]].set_visible(False)
axes[0].legend(frameon=False, fontsize=8)
plt.show()

error = {name: np.sqrt(np.mean((net.predict(x) - y) ** 2)) for name, net in nets.items()}
for name in ACTIVATIONS:
    print(f"{name:7} root mean squared error {error[name]:.3f}")

# %%
# Now six layers. ``sigmoid`` is nearly flat unless its input is near zero, and even there its slope
# is only a quarter. So the gradient shrinks with each layer that it passes, and the first layers
# learn next to nothing: for many epochs the loss stays at 1, that of predicting the mean for every
# sample. The slope of ``relu`` is one for every positive input.

STYLES = {"relu": ("#0072B2", "-"), "sigmoid": ("#D55E00", "--")}
figure, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
deep = {}
for name, (color, linestyle) in STYLES.items():
    deep[name] = (
        DenseRegressor(**KERAS_DEFAULTS)
        .set_params(hidden_layer_sizes=(32,) * 6, activation=name, epochs=50, random_state=0)
        .fit(x, y)
    )
    curve = deep[name].loss_curve_
    ax.plot(range(1, 51), curve, color=color, linestyle=linestyle, label=name)
ax.set(xlabel="epoch", ylabel="training loss", ylim=(0, None))
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)
plt.show()

for name, net in deep.items():
    print(f"{name:7} training loss after 50 epochs {net.loss_curve_[-1]:.3f}")

"""
Activations
===========

Without an activation between them, any number of layers is one linear layer. Which function bends
the network decides what its curves look like, and how well a deep one learns at all.
"""

# %%
# A smooth curve without noise, and the same small network with four activations.

import matplotlib.pyplot as plt
import numpy as np

from skdense import DenseRegressor

ACTIVATIONS = ("linear", "relu", "tanh", "silu")
x = np.linspace(-3, 3, 200)[:, None]
y = np.sin(2 * x[:, 0]) + 0.3 * x[:, 0]
nets = {
    name: DenseRegressor((12, 12), name, learning_rate=0.01, epochs=300, random_state=0).fit(x, y)
    for name in ACTIVATIONS
}

# %%
# ``linear`` is no activation, and a straight line is all it gives. ``relu`` is two straight
# pieces, and so is whatever is built from it: a polygon, with visible corners. ``tanh`` and
# ``silu`` are smooth, and so are their curves.

figure, axes = plt.subplots(1, 4, figsize=(12, 3.2), sharey=True, layout="constrained")
grid = np.linspace(-3, 3, 1000)[:, None]
for ax, (name, net) in zip(axes, nets.items(), strict=True):
    ax.plot(x, y, color="#6F6F6F", linestyle=":", linewidth=2, label="to be learned")
    ax.plot(grid, net.predict(grid), color="#D55E00", label="network")
    ax.set_title(f'activation="{name}"', loc="left", fontsize="medium")
    ax.spines[["top", "right"]].set_visible(False)
axes[0].legend(frameon=False, fontsize=8)
plt.show()

error = {name: np.sqrt(np.mean((net.predict(x) - y) ** 2)) for name, net in nets.items()}
for name in ACTIVATIONS:
    print(f"{name:7} root mean squared error {error[name]:.3f}")

# %%
# StepContext six layers. ``sigmoid``, the oldest of them, is nearly flat wherever its input is not
# near
# zero, and even there its slope is a quarter. The gradient shrinks with each layer it passes, and
# the first layers learn next to nothing: the loss stays for long where it began, at 1, which is
# the mean as a guess for every row. ``relu`` has slope one wherever it is on at all.

STYLES = {"relu": ("#0072B2", "-"), "sigmoid": ("#D55E00", "--")}
figure, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
deep = {}
for name, (color, linestyle) in STYLES.items():
    deep[name] = DenseRegressor((32,) * 6, name, epochs=50, random_state=0).fit(x, y)
    curve = deep[name].loss_curve_
    ax.plot(range(1, 51), curve, color=color, linestyle=linestyle, label=name)
ax.set(xlabel="epoch", ylabel="training loss", ylim=(0, None))
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)
plt.show()

for name, net in deep.items():
    print(f"{name:7} training loss after 50 epochs {net.loss_curve_[-1]:.3f}")

"""
Batch size, and the trembling of the loss
=========================================

Each step follows the gradient of one batch of rows, and that gradient is an estimate. The fewer
rows, the cruder the estimate, and the more the loss trembles on its way down. In return, there
are more steps in an epoch.
"""

# %%
# The same network, the same learning rate, plain gradient descent; only the rows of a step
# differ.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import StandardScaler

from skdense import DenseRegressor

X, y = load_diabetes(return_X_y=True)
X = StandardScaler().fit_transform(X)
BATCHES = (2, 16, 128)
EPOCHS = 60


def train(batch_size):
    """Train for 60 epochs on two thirds of the rows, and watch the others."""
    net = DenseRegressor(
        32,
        optimizer="sgd",
        learning_rate=0.02,
        batch_size=batch_size,
        epochs=EPOCHS,
        validation_fraction=1 / 3,
        random_state=0,
    )
    return net.fit(X, y)


nets = {batch_size: train(batch_size) for batch_size in BATCHES}

# %%
# With two rows a step the curves are rough; with sixteen they tremble a little; with 128 they are
# smooth, and slow: after all epochs the training loss is still the highest of the three.

figure, axes = plt.subplots(1, 3, figsize=(11, 3.5), sharey=True, layout="constrained")
epochs = np.arange(1, EPOCHS + 1)
for ax, (batch_size, net) in zip(axes, nets.items(), strict=True):
    ax.plot(epochs, net.history_["loss"], color="#0072B2", label="training rows")
    ax.plot(epochs, net.history_["val_loss"], "--", color="#D55E00", label="held-out rows")
    ax.set_title(f"batch_size={batch_size}", loc="left", fontsize="medium")
    ax.set_xlabel("epoch")
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set(ylabel="loss", ylim=(0, None))
axes[2].legend(frameon=False)
plt.show()

# %%
# In figures: how many steps an epoch has, how far the held-out loss moves from one epoch to the
# next on average over the second half, and where the training loss ends.

tremble = {
    batch_size: np.abs(np.diff(net.history_["val_loss"][EPOCHS // 2 :])).mean()
    for batch_size, net in nets.items()
}
for batch_size, net in nets.items():
    steps = -(-294 // batch_size)
    print(
        f"batch_size={batch_size:<3}  steps in an epoch: {steps:3}, "
        f"trembles by {tremble[batch_size]:.4f}, training loss {net.loss_curve_[-1]:.3f}"
    )

# %%
# A larger batch bears a larger learning rate, which makes up for some of its slowness. So the two
# are searched together, or the batch is left as it is and the rate is searched.

"""
Batch size, and the noise of the loss
=====================================

Each step follows the gradient of one batch, which is an estimate of the gradient over all samples.
The smaller the batch, the noisier the estimate, and the more the loss goes up and down from epoch
to epoch. In return, an epoch has more steps.
"""

# %%
# The same network, the same learning rate, plain gradient descent; only the batch size differs.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import StandardScaler

from skdense import KERAS_DEFAULTS, DenseRegressor

X, y = load_diabetes(return_X_y=True)
X = StandardScaler().fit_transform(X)
BATCHES = (2, 16, 128)
EPOCHS = 60


def train(batch_size):
    """Train for 60 epochs on two thirds of the samples, and validate on the others."""
    net = DenseRegressor(**KERAS_DEFAULTS).set_params(
        hidden_layer_sizes=32,
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
# With two samples a batch the curves are rough; with sixteen they are a little noisy; with 128 they
# are smooth, but fall slowly: after all epochs the training loss is still the highest of the three.

figure, axes = plt.subplots(1, 3, figsize=(11, 3.5), sharey=True, layout="constrained")
epochs = np.arange(1, EPOCHS + 1)
for ax, (batch_size, net) in zip(axes, nets.items(), strict=True):
    ax.plot(epochs, net.history_["loss"], color="#0072B2", label="training set")
    ax.plot(epochs, net.history_["val_loss"], "--", color="#D55E00", label="validation set")
    ax.set_title(f"batch_size={batch_size}", loc="left", fontsize="medium")
    ax.set_xlabel("epoch")
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set(ylabel="loss", ylim=(0, None))
axes[2].legend(frameon=False)
plt.show()

# %%
# The number of steps in an epoch; the mean change of the validation loss from one epoch to the
# next, over the second half of training; and the last training loss.

mean_change = {
    batch_size: np.abs(np.diff(net.history_["val_loss"][EPOCHS // 2 :])).mean()
    for batch_size, net in nets.items()
}
for batch_size, net in nets.items():
    steps = -(-294 // batch_size)
    print(
        f"batch_size={batch_size:<3}  steps in an epoch: {steps:3}, "
        f"mean change {mean_change[batch_size]:.4f}, training loss {net.loss_curve_[-1]:.3f}"
    )

# %%
# A larger batch allows a larger learning rate, which makes up for some of its slowness. So search
# over both together, or over the learning rate alone.

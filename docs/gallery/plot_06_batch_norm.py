"""
Batch normalization
===================

Between a dense layer and its activation, the output of each unit is standardized: by its mean and
variance over the batch in training, by running averages in prediction. So, however many layers came
before, the activation's inputs stay where it is not flat, and gradients reach the first layer.
"""

# %%
# Handwritten digits, and networks of two, four and eight hidden layers with ``sigmoid``, an
# activation that is flat nearly everywhere. Each is trained with and without batch normalization.

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from skdense import KERAS_DEFAULTS, DenseClassifier

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
scaler = StandardScaler().fit(X_train)
X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
DEPTHS = (2, 4, 8)


def train(depth, batch_norm):
    """Train some layers of 64 units for 20 epochs."""
    net = DenseClassifier(**KERAS_DEFAULTS).set_params(
        hidden_layer_sizes=(64,) * depth,
        activation="sigmoid",
        batch_norm=batch_norm,
        epochs=20,
        random_state=0,
    )
    return net.fit(X_train, y_train)


nets = {(depth, norm): train(depth, norm) for depth in DEPTHS for norm in (False, True)}

# %%
# With two layers, both networks learn, and end at nearly the same loss. Each time the number of
# layers doubles, the plain network (solid) learns more slowly. With eight layers its loss stays for
# some epochs at that of guessing (dotted), and ends not far below. The curve with batch
# normalization (dashed) is nearly the same in all three.

figure, axes = plt.subplots(1, 3, figsize=(11, 3.5), sharey=True, layout="constrained")
for ax, depth in zip(axes, DEPTHS, strict=True):
    plain, normed = nets[depth, False], nets[depth, True]
    ax.plot(range(1, 21), plain.loss_curve_, color="#0072B2", label="plain")
    ax.plot(range(1, 21), normed.loss_curve_, "--", color="#D55E00", label="batch_norm=True")
    ax.axhline(2.303, color="#6F6F6F", linestyle=":", label="guessing: ln 10")
    ax.set_title(f"{depth} hidden layers", loc="left", fontsize="medium")
    ax.set(xlabel="epoch", xticks=[1, 5, 10, 15, 20], ylim=(0, None))
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("training loss")
axes[1].legend(frameon=False, fontsize=8)
plt.show()

# %%
# And on the test set:

accuracy = {key: net.score(X_test, y_test) for key, net in nets.items()}
for depth in DEPTHS:
    print(
        f"{depth} layers  test accuracy: plain {accuracy[depth, False]:.3f}, "
        f"batch_norm=True {accuracy[depth, True]:.3f}"
    )

# %%
# There are other ways to keep gradients from vanishing: ``activation="relu"`` and
# ``residual=True``. And batch normalization has a price: the mean and variance of a small batch are
# noisy estimates.

"""
Optimizers side by side
=======================

An optimizer turns gradients into steps. Comparing two of them at the same learning rate says
little, because a rate that suits one may be far too large for the other. So each is tried at
several rates, and compared at its best one.
"""

# %%
# Four optimizers at seven learning rates, from 0.0001 to 0.3, on handwritten digits. ``momentum``
# adds a part of the previous steps to each step; RMSprop and Adam divide each weight's step by the
# usual size of its gradient. The learning rate is an input of the compiled program, so the 28 fits
# share four programs.

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.preprocessing import StandardScaler

from skdense import KERAS_DEFAULTS, DenseClassifier

X, y = load_digits(return_X_y=True)
X = StandardScaler().fit_transform(X)
RATES = (0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
OPTIMIZERS = {
    "SGD": "sgd",
    "SGD, momentum": keras.optimizers.SGD(momentum=0.9, nesterov=True),
    "RMSprop": "rmsprop",
    "Adam": "adam",
}
STYLES = {
    "SGD": ("#6F6F6F", ":", "o"),
    "SGD, momentum": ("#E69F00", "-.", "s"),
    "RMSprop": ("#0072B2", "-", "^"),
    "Adam": ("#D55E00", "--", "D"),
}


def validation_loss(optimizer, rate):
    """Train for 15 epochs and give the validation loss after each."""
    net = DenseClassifier(**KERAS_DEFAULTS).set_params(
        hidden_layer_sizes=(64, 32),
        optimizer=optimizer,
        learning_rate=rate,
        epochs=15,
        validation_fraction=0.3,
        random_state=0,
    )
    return np.array(net.fit(X, y).history_["val_loss"])


losses = {
    name: {rate: validation_loss(optimizer, rate) for rate in RATES}
    for name, optimizer in OPTIMIZERS.items()
}
best = {name: min(RATES, key=lambda rate: losses[name][rate].min()) for name in OPTIMIZERS}

# %%
# Left: the lowest validation loss at each learning rate. Each optimizer has a best rate of its own;
# that of plain SGD is many times that of RMSprop and Adam, and may be larger still than those tried
# here. Right: each optimizer at its best rate. Their losses end much closer together than at any
# rate that all of them share.

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
for name, (color, linestyle, marker) in STYLES.items():
    style = {"color": color, "linestyle": linestyle}
    left.plot(RATES, [losses[name][rate].min() for rate in RATES], marker=marker, **style)
    curve = losses[name][best[name]]
    right.plot(range(1, 16), curve, label=f"{name}, {best[name]:g}", **style)
left.set(xscale="log", yscale="log", xlabel="learning rate", ylabel="validation loss")
right.set(xlabel="epoch", xticks=[1, 5, 10, 15])
right.legend(frameon=False)
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)
plt.show()

for name in OPTIMIZERS:
    low, low_at_thousandth = losses[name][best[name]].min(), losses[name][0.001].min()
    print(f"{name:13} best rate {best[name]:<6g} loss {low:.3f}, at 0.001 {low_at_thousandth:.3f}")

"""
Optimizers side by side
=======================

An optimizer turns gradients into steps. To set two of them side by side at the same learning rate
says little: a rate that suits one may be far too large for the other. So each is given several,
and judged at its best.
"""

# %%
# Four optimizers at seven learning rates, from 0.0001 to 0.3, on handwritten digits. ``momentum``
# goes on in the direction of the steps before; RMSprop and Adam measure each weight's step by the
# usual size of its gradient. The rate is a value: 28 trainings, four compiled programs.

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.preprocessing import StandardScaler

from skdense import DenseClassifier

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


def held_out_loss(optimizer, rate):
    """Train for 15 epochs and give the loss on held-out rows after each."""
    net = DenseClassifier(
        (64, 32),
        optimizer=optimizer,
        learning_rate=rate,
        epochs=15,
        validation_fraction=0.3,
        random_state=0,
    )
    return np.array(net.fit(X, y).history_["val_loss"])


losses = {
    name: {rate: held_out_loss(optimizer, rate) for rate in RATES}
    for name, optimizer in OPTIMIZERS.items()
}
best = {name: min(RATES, key=lambda rate: losses[name][rate].min()) for name in OPTIMIZERS}

# %%
# Left: the lowest held-out loss at each rate. Each optimizer has a valley of its own, and that of
# plain SGD may lie further right still: it wants a rate many times that of RMSprop and Adam.
# Right: each at its own best rate. There they end much closer together than at any one rate for
# all.

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
for name, (color, linestyle, marker) in STYLES.items():
    style = {"color": color, "linestyle": linestyle}
    left.plot(RATES, [losses[name][rate].min() for rate in RATES], marker=marker, **style)
    curve = losses[name][best[name]]
    right.plot(range(1, 16), curve, label=f"{name}, {best[name]:g}", **style)
left.set(xscale="log", yscale="log", xlabel="learning rate", ylabel="loss on held-out rows")
right.set(xlabel="epoch", xticks=[1, 5, 10, 15])
right.legend(frameon=False)
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)
plt.show()

for name in OPTIMIZERS:
    low, low_at_thousandth = losses[name][best[name]].min(), losses[name][0.001].min()
    print(f"{name:13} best rate {best[name]:<6g} loss {low:.3f}, at 0.001 {low_at_thousandth:.3f}")

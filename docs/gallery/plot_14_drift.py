"""
Concept drift
=============

A model learns from data of the past. If the relation between features and target changes over time,
its predictions become worse, and it has to be trained on newer data.
"""

# %%
# Fifteen months of generated customers. What makes them buy changes slowly from the first feature
# to the second, by nine degrees a month. Each month the models predict a thousand new customers;
# then the targets of sixty others become known, and the models can be trained on these.

import matplotlib.pyplot as plt
import numpy as np

from skdense import KERAS_DEFAULTS, DenseClassifier

random = np.random.default_rng(0)
MONTHS, FIRST = 15, 4


def customers(month, n_samples):
    """Draw customers of a month; what they do depends on a direction that turns."""
    X = random.normal(size=(n_samples, 5))
    angle = np.deg2rad(9 * month)
    signal = np.cos(angle) * X[:, 0] + np.sin(angle) * X[:, 1] + 0.3 * X[:, 2] ** 2 - 0.3
    return X, (signal + 0.4 * random.normal(size=n_samples) > 0).astype(int)


known = [customers(month, 60) for month in range(MONTHS)]


def rows_until(month):
    """Put the known customers of all months up to this one into one table."""
    return tuple(np.concatenate(part) for part in zip(*known[: month + 1], strict=True))


# %%
# Four ways to go on after the first four months: no further training; one epoch on each new month,
# with ``partial_fit``; twenty epochs on each new month from the present weights, with
# ``warm_start``; and training from scratch each month, on all months so far.

NAMES = ("frozen", "partial_fit", "warm_start", "all months")
nets = {
    name: DenseClassifier(**KERAS_DEFAULTS)
    .set_params(
        hidden_layer_sizes=(32, 16),
        epochs=20,
        batch_size=16,
        warm_start=name == "warm_start",
        random_state=0,
    )
    .fit(*rows_until(FIRST - 1))
    for name in NAMES
}
accuracy = {name: [] for name in NAMES}
for month in range(FIRST, MONTHS):
    new = customers(month, 1000)
    for name, net in nets.items():
        accuracy[name].append(net.score(*new))
    nets["partial_fit"].partial_fit(*known[month])
    nets["warm_start"].fit(*known[month])
    nets["all months"].fit(*rows_until(month))

# %%
# Without further training, the accuracy falls month by month and ends below 0.5. Training on all
# months only slows that down, because the old months teach what no longer holds. ``warm_start``,
# which trains on the newest samples alone, follows the drift; with ``partial_fit``, a single epoch
# a month, the network follows too slowly.

STYLES = (("#6F6F6F", ":"), ("#0072B2", "-"), ("#D55E00", "--"), ("#E69F00", "-."))
figure, ax = plt.subplots(figsize=(8, 3.8), layout="constrained")
for (name, values), (color, linestyle) in zip(accuracy.items(), STYLES, strict=True):
    ax.plot(range(FIRST + 1, MONTHS + 1), values, color=color, linestyle=linestyle, label=name)
ax.axhline(0.5, color="black", linewidth=0.6)
ax.set(xlabel="month", ylabel="accuracy on the new customers", ylim=(0, 1))
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False, loc="lower left")
plt.show()

for name, values in accuracy.items():
    first, last = np.mean(values[:3]), np.mean(values[-3:])
    print(f"{name:15} first three months {first:.2f}, last three months {last:.2f}")

# %%
# Where nothing drifts, the opposite holds: training on all months is best, and a network that goes
# on with few samples forgets. The accuracy on each month's new samples, measured before they are
# used for training, shows which is the case.

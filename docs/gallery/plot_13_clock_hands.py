"""
Reading a clock: coordinates or angles
======================================

Good features matter more than the network. F. Chollet's example is a clock ("Deep Learning with
Python", 2nd edition, section 5.4): telling the time is hard from the pixels of its face, easier
from the coordinates of its hands, and simple arithmetic from their angles.
"""

# %%
# A thousand random times between 0 and 12 o'clock, and the coordinates of the tips of both hands.
# The angles are computed from these coordinates, so they contain the same information.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skdense import KERAS_DEFAULTS, DenseRegressor

random = np.random.default_rng(0)
hours = random.uniform(0, 12, size=1000)
turns = np.column_stack([hours / 12, hours % 1])  # of the short and of the long hand
tips = np.hstack([np.sin(2 * np.pi * turns), np.cos(2 * np.pi * turns)])


def to_angles(tips):
    """Turn the tips of the hands, x and y of each, into angles clockwise from the top."""
    return np.arctan2(tips[:, :2], tips[:, 2:]) % (2 * np.pi)


figure, axes = plt.subplots(1, 3, figsize=(7, 2.5), layout="constrained")
for ax, (x_short, x_long, y_short, y_long), hour in zip(axes, tips, hours, strict=False):
    ax.add_patch(plt.Circle((0, 0), 1.1, fill=False, color="#6F6F6F"))
    ax.plot([0, 0.6 * x_short], [0, 0.6 * y_short], color="#D55E00", linewidth=5)
    ax.plot([0, x_long], [0, y_long], color="#0072B2", linewidth=2)
    ax.set_title(f"{int(hour)}:{int(hour % 1 * 60):02d}")
    ax.set(xlim=(-1.2, 1.2), ylim=(-1.2, 1.2), aspect="equal")
    ax.axis("off")
plt.show()

# %%
# A network and linear regression, on coordinates and on angles, with 20 to 700 training samples.
# The error is measured on 300 other times, in minutes.

train, test = train_test_split(np.arange(1000), test_size=300, random_state=0)
SIZES = (20, 50, 100, 200, 400, 700)


def network():
    """Make a network of two layers."""
    return DenseRegressor(**KERAS_DEFAULTS).set_params(
        hidden_layer_sizes=(64, 64), learning_rate=0.003, epochs=200, random_state=0
    )


def minutes_off(model, use_angles):
    """Train on more and more samples, and measure the mean error in minutes."""
    steps = [FunctionTransformer(to_angles)] if use_angles else []
    model = make_pipeline(*steps, StandardScaler(), model)
    fits = (model.fit(tips[train[:n]], hours[train[:n]]) for n in SIZES)
    return [60 * np.mean(np.abs(fit.predict(tips[test]) - hours[test])) for fit in fits]


CASES = {
    "linear, coordinates": (LinearRegression(), False, "#6F6F6F", ":", "o"),
    "network, coordinates": (network(), False, "#0072B2", "-", "s"),
    "network, angles": (network(), True, "#D55E00", "--", "^"),
    "linear, angles": (LinearRegression(), True, None, None, None),
}
errors = {name: minutes_off(model, angles) for name, (model, angles, *_) in CASES.items()}

# %%
# On coordinates, linear regression is more than an hour off however many samples it has, and the
# network needs many samples to read the clock. On angles it needs few. Linear regression on angles
# is not in the plot, because its error is zero: the hour is the angle of the short hand, divided by
# 30 degrees. The hard part was done when the features were computed.

figure, ax = plt.subplots(figsize=(7, 3.8), layout="constrained")
for name, (*_, color, linestyle, marker) in list(CASES.items())[:3]:
    ax.plot(SIZES, errors[name], color=color, linestyle=linestyle, marker=marker, label=name)
ax.set(xscale="log", yscale="log", xlabel="training samples", ylabel="mean error in minutes")
ax.set_xticks(SIZES, SIZES)
ax.set_xticks([], minor=True)
ax.set_ylim(0.2, 2000)
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False, loc="upper right")
plt.show()

for name, values in errors.items():
    print(f"{name:21} {values[0]:7.2f} minutes off with 20 samples, {values[-1]:7.2f} with 700")

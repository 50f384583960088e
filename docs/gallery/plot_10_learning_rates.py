"""
Learning rates
==============

How far one step goes. Too small, and the epochs run out before anything is learned. Too large,
and the steps jump over what they are looking for. It is the first number to search, on a log
scale.
"""

# %%
# Three trainings that differ in nothing else. The rate is a value, so they share one compiled
# program.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import validation_curve
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdense import DenseRegressor, HistoryDisplay, diagnose

X, y = load_diabetes(return_X_y=True)


def model_with(rate):
    """Make a pipeline of a scaler and a network with this learning rate."""
    net = DenseRegressor(
        32, learning_rate=rate, epochs=40, validation_fraction=1 / 3, random_state=0
    )
    return make_pipeline(StandardScaler(), net)


models = {f"learning_rate={rate:g}": model_with(rate).fit(X, y) for rate in (1e-5, 1e-3, 0.1)}

# %%
# The first hardly moves. The second falls and settles. The third jumps up and down all the way,
# and ends higher than the second.

figure, axes = plt.subplots(1, 3, figsize=(12, 3.8), sharey=True, layout="constrained")
HistoryDisplay.from_estimator(models, ax=axes)
plt.show()

for name, model in models.items():
    print(f"{name}: {', '.join(diagnose(model, X, y).names) or 'nothing looks wrong'}")

# %%
# Eleven rates, five folds each. The best ones lie on a plateau, and to both sides of it the score
# falls away, which on a linear axis would not be seen at all.

rates = np.logspace(-5, 0, 11)
train, test = validation_curve(
    model_with(None), X, y, param_name="denseregressor__learning_rate", param_range=rates, cv=5
)
figure, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
for scores, color, linestyle, label in (
    (train, "#0072B2", "-", "training rows"),
    (test, "#D55E00", "--", "test rows"),
):
    mean, spread = scores.mean(axis=1), scores.std(axis=1)
    ax.plot(rates, mean, color=color, linestyle=linestyle, marker="o", label=label)
    ax.fill_between(rates, mean - spread, mean + spread, color=color, alpha=0.15, linewidth=0)
ax.set(xscale="log", xlabel="learning rate", ylabel="R2", ylim=(-1, 1))
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)
plt.show()

best = rates[test.mean(axis=1).argmax()]
print(f"best rate on the test rows: {best:.2g}")

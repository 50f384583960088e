"""
Learning rates
==============

The learning rate is the size of a step. If it is too small, the epochs run out before anything is
learned. If it is too large, the steps jump over the minimum. It is the first hyper-parameter to
tune, on a logarithmic scale.
"""

# %%
# Three fits that differ in nothing else. The learning rate is an input of the compiled program, so
# they share one.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import validation_curve
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdense import KERAS_DEFAULTS, DenseRegressor, HistoryDisplay, diagnose

X, y = load_diabetes(return_X_y=True)


def model_with(rate):
    """Make a pipeline of a scaler and a network with this learning rate."""
    net = DenseRegressor(**KERAS_DEFAULTS).set_params(
        hidden_layer_sizes=32,
        learning_rate=rate,
        epochs=40,
        validation_fraction=1 / 3,
        random_state=0,
    )
    return make_pipeline(StandardScaler(), net)


models = {f"learning_rate={rate:g}": model_with(rate).fit(X, y) for rate in (1e-5, 1e-3, 0.1)}

# %%
# The first loss hardly falls. The second falls and levels off. The third jumps up and down all the
# way, and ends higher than the second.

figure, axes = plt.subplots(1, 3, figsize=(12, 3.8), sharey=True, layout="constrained")
HistoryDisplay.from_estimator(models, ax=axes)
plt.show()

for name, model in models.items():
    print(f"{name}: {', '.join(diagnose(model, X, y).names) or 'nothing looks wrong'}")

# %%
# Eleven learning rates, five folds each. Several neighbouring rates score about as well as the best
# one, and on both sides of them the score falls, which a linear axis would not show.

rates = np.logspace(-5, 0, 11)
train, test = validation_curve(
    model_with(None), X, y, param_name="denseregressor__learning_rate", param_range=rates, cv=5
)
figure, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
for scores, color, linestyle, label in (
    (train, "#0072B2", "-", "training set"),
    (test, "#D55E00", "--", "test set"),
):
    mean, spread = scores.mean(axis=1), scores.std(axis=1)
    ax.plot(rates, mean, color=color, linestyle=linestyle, marker="o", label=label)
    ax.fill_between(rates, mean - spread, mean + spread, color=color, alpha=0.15, linewidth=0)
ax.set(xscale="log", xlabel="learning rate", ylabel="R2", ylim=(-1, 1))
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)
plt.show()

best = rates[test.mean(axis=1).argmax()]
print(f"best rate on the test sets: {best:.2g}")

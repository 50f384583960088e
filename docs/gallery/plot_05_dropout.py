"""
Dropout
=======

In each training step a random part of the units is left out, a different one each time. So no unit
can rely on particular other ones, and each has to learn something that is useful by itself. In
prediction all units take part.
"""

# %%
# The same network without dropout, with a fifth and with half of its units left out. Each is
# trained on five folds, because a single curve would be mostly chance.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdense import KERAS_DEFAULTS, DenseRegressor, HistoryDisplay

X, y = load_diabetes(return_X_y=True)
RATES = (0.0, 0.2, 0.5)


def folds(rate):
    """Train on five folds, with a third of each fold's training set for validation."""
    net = DenseRegressor(**KERAS_DEFAULTS).set_params(
        hidden_layer_sizes=(128, 64),
        dropout=rate,
        epochs=100,
        validation_fraction=1 / 3,
        random_state=0,
    )
    model = make_pipeline(StandardScaler(), net)
    return cross_validate(model, X, y, cv=5, return_estimator=True)


results = {rate: folds(rate) for rate in RATES}

# %%
# Thin lines are folds, thick ones their mean. The larger the dropout rate, the less the training
# loss (solid) falls, and the less the validation loss (dashed) rises after its best epoch: the two
# stay close together. Dropout does not end over-fitting, it slows it down.

figure, axes = plt.subplots(1, 3, figsize=(12, 3.8), sharey=True, layout="constrained")
for ax, rate in zip(axes, RATES, strict=True):
    HistoryDisplay.from_cv(results[rate], ax=ax)
    ax.set_title(f"dropout={rate:g}", loc="left", fontsize="medium")
    ax.label_outer()
plt.show()

# %%
# The losses of the last epoch, as means over the folds, and R2 on each fold's test set.


def last(rate, key):
    """Average the loss of the last epoch over the folds."""
    return np.mean([model[-1].history_[key][-1] for model in results[rate]["estimator"]])


for rate in RATES:
    score = results[rate]["test_score"].mean()
    losses = f"training {last(rate, 'loss'):.2f}, validation {last(rate, 'val_loss'):.2f}"
    print(f"dropout={rate:g}: {losses}, R2 {score:5.2f}")

# %%
# The training loss is computed with dropout, the validation loss without. With much dropout the
# validation loss may therefore be the lower one for a while, which is no mistake.

"""
Too many epochs
===============

With every epoch a network fits its training set better. On data that it does not learn from, its
predictions improve only up to some epoch. From there on it over-fits: it learns what is particular
to the training set.
"""

# %%
# 442 patients, ten features each, and how far their disease had progressed a year later. That is
# little data for the almost ten thousand weights of this network. ``validation_fraction`` makes a
# third of the samples the validation set: their loss is computed after each epoch, and the network
# does not learn from them.

import matplotlib.pyplot as plt
from sklearn.datasets import load_diabetes
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdense import KERAS_DEFAULTS, DenseRegressor, HistoryDisplay, diagnose

X, y = load_diabetes(return_X_y=True)
net = DenseRegressor(**KERAS_DEFAULTS).set_params(
    hidden_layer_sizes=(128, 64), epochs=100, validation_fraction=1 / 3, random_state=0
)
model = make_pipeline(StandardScaler(), net).fit(X, y)

net = model[-1]
print("weights:", sum(weights.size for weights in net.weights_))

# %%
# The training loss (solid) never stops falling. The validation loss (dashed) falls, reaches its
# lowest point early, and then rises. From that point on the network over-fits, and every further
# epoch makes it worse.

HistoryDisplay.from_estimator({"100 epochs on 294 samples": model})
plt.show()

train, held_out = net.history_["loss"], net.history_["val_loss"]
best = net.best_epoch_
print("epoch        training  validation")
print(f"{best:5d} (best) {train[best - 1]:.3f}     {held_out[best - 1]:.3f}")
print(f"{net.n_iter_:5d} (last) {train[-1]:.3f}     {held_out[-1]:.3f}")

# %%
# The loss is the mean squared error of the standardized target: predicting the mean for every
# patient gives a loss of 1. By the training loss, the network of the last epoch is nearly perfect.
# By the validation loss, it is of little use.
#
# ``diagnose`` reads the same curves, and says in words what they show.

print(diagnose(model, X, y))

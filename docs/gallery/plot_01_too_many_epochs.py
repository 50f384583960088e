"""
Too many epochs
===============

With every epoch a network fits its training rows better. Rows that it does not learn from are
another matter: up to some epoch they gain as well; from there on, the network learns what is
particular to the rows it sees.
"""

# %%
# 442 patients, ten measurements each, and how ill they were a year later. That is few rows for
# the almost ten thousand weights of this network. ``validation_fraction`` holds out a third of
# the rows: they are only watched, not learned from.

import matplotlib.pyplot as plt
from sklearn.datasets import load_diabetes
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdense import DenseRegressor, HistoryDisplay, diagnose

X, y = load_diabetes(return_X_y=True)
net = DenseRegressor((128, 64), epochs=100, validation_fraction=1 / 3, random_state=0)
model = make_pipeline(StandardScaler(), net).fit(X, y)

net = model[-1]
print("weights:", sum(weights.size for weights in net.weights_))

# %%
# The solid line is the loss on the training rows, and it never stops falling. The dashed one is
# the loss on the held-out rows: it falls, has its lowest point early, and then climbs. What lies
# right of that point is over-fitting, and every further epoch makes it worse.

HistoryDisplay.from_estimator({"100 epochs on 294 rows": model})
plt.show()

train, held_out = net.history_["loss"], net.history_["val_loss"]
best = net.best_epoch_
print("epoch        training  held out")
print(f"{best:5d} (best) {train[best - 1]:.3f}     {held_out[best - 1]:.3f}")
print(f"{net.n_iter_:5d} (last) {train[-1]:.3f}     {held_out[-1]:.3f}")

# %%
# Losses are mean squared errors of the standardized target: 1 is what the mean of all patients,
# as a guess for each, would get. Judged by the training loss, the last network is the best of
# all, and nearly perfect. Judged by the others, it is no longer much use.
#
# ``diagnose`` reads the same curves, and says in words what one sees in them.

print(diagnose(model, X, y))

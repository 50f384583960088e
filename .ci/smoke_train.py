"""Part of `make release-check`, in an environment that holds the wheel alone: train and save."""

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdense

assert Path(skdense.__file__).is_relative_to(sys.prefix), skdense.__file__
assert not [name for name in ("pandas", "matplotlib", "scikeras") if find_spec(name)]

X, y = load_iris(return_X_y=True)
net = skdense.DenseClassifier(random_state=0).fit(X, y)
assert net.score(X, y) > 0.9
skdense.save(net, "iris.skdense")
np.savez("expected.npz", X=X, probabilities=net.predict_proba(X))

plain = skdense.DenseRegressor(**skdense.KERAS_DEFAULTS)
plain.set_params(hidden_layer_sizes=16, epochs=30, random_state=0)
regressor = make_pipeline(StandardScaler(), plain)
assert cross_val_score(regressor, *load_diabetes(return_X_y=True), cv=3).mean() > 0.2

comparison = skdense.compare(X, y, cv=2, random_state=0)  # arrays need no pandas
assert comparison.ranking[-1] == "dummy"
print(f"trained and saved with skdense {skdense.__version__}")

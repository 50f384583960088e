"""Part of `make release-check`, after smoke_train.py: load and predict without TensorFlow."""

import sys

import numpy as np

import skdense
from skdense.cli import main

expected = np.load("expected.npz")
net = skdense.load("iris.skdense")
np.testing.assert_array_equal(net.predict_proba(expected["X"]), expected["probabilities"])
assert not {"tensorflow", "keras"} & set(sys.modules)
print("loaded, and predicts the same to the last bit without TensorFlow")

assert main(["compare", "iris"]) == 2  # says on standard error which extra to install

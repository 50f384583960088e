"""What the checks are given: a network, the rows it was trained on, and how well it does."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_array

from skdense.engine.inference import forward
from skdense.estimators.base import DenseEstimator
from skdense.inspection.fitted_network import fitted_network
from skdense.inspection.overfitting import History
from skdense.preprocessing.fit_arguments import FitArguments
from skdense.preprocessing.validation_split import split_indices
from skdense.preprocessing.weights import (
    check_sample_weight,
    class_weight_table,
    weight_of_class,
)

Floats = NDArray[np.float64]

_MAX_DENSE_SIZE = 50_000_000  # 200 MB
_MIN_SAMPLES = 20
_MAX_REFERENCE_SAMPLES = 2000  # enough to tell, and quick


@dataclass(frozen=True, eq=False)
class CheckInputs:
    """A fitted network with the rows it was trained on, as it saw them.

    Parameters
    ----------
    network : DenseClassifier or DenseRegressor, fitted
    X : ndarray of shape (n_samples, n_features)
        After the earlier steps of a pipeline.
    targets : ndarray of shape (n_samples, n_outputs)
        In a classifier 0 and 1 for each class or label.
    train : int array
        Indices of the training rows.
    validation : int array or None
        Indices of the validation set, if there is one.
    """

    network: DenseEstimator
    X: Floats
    targets: Floats
    train: NDArray[np.int64]
    validation: NDArray[np.int64] | None

    @property
    def history(self) -> History:
        """Losses by epoch."""
        return self.network.history_

    @property
    def metric(self) -> str:
        """Name of the metric of all the scores."""
        return "ROC AUC" if is_classifier(self.network) else "R2"

    @cached_property
    def outputs(self) -> Floats:
        """The output layer before its activation; not by `predict`, which wants column names."""
        return forward(self.network.architecture_, self.network.weights_, self.X)

    @cached_property
    def training_score(self) -> float:
        """Score of the network on its training rows."""
        return self._score(self.train)

    @cached_property
    def validation_score(self) -> float | None:
        """Score of the network on the validation set."""
        return None if self.validation is None else self._score(self.validation)

    @cached_property
    def reference_scores(self) -> dict[str, float]:
        """Scores of other models on rows that they have not seen, quickly made."""
        train, test = self._reference_split()
        models = {
            "dummy": DummyRegressor(),
            "ridge regression": make_pipeline(StandardScaler(), Ridge()),
            "random forest": RandomForestRegressor(50, min_samples_leaf=2, random_state=0),
        }
        X, targets = self.X.astype(np.float64), self.targets
        scores = {}
        for name, model in models.items():
            predicted = model.fit(X[train], np.squeeze(targets[train])).predict(X[test])
            scores[name] = self._metric_of(targets[test], predicted.reshape(len(test), -1))
        return scores

    @property
    def n_reference_samples(self) -> int:
        """Number of rows that those scores come from."""
        return len(self._reference_split()[1])

    def _reference_split(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        if self.validation is None:
            train, test = train_test_split(self.train, test_size=1 / 3, random_state=0)
        else:
            train, test = self.train, self.validation
        draw = np.random.default_rng(0).permutation
        return draw(train)[:_MAX_REFERENCE_SAMPLES], draw(test)[:_MAX_REFERENCE_SAMPLES]

    def _score(self, rows: NDArray[np.int64]) -> float:
        network, outputs = self.network, self.outputs[rows]
        encoding = network._encoding
        of_classes = is_classifier(network)
        predicted = encoding.probabilities(outputs) if of_classes else encoding.numbers(outputs)
        return self._metric_of(self.targets[rows], predicted.reshape(len(rows), -1))

    def _metric_of(self, targets: Floats, predicted: Floats) -> float:
        if len(targets) < 2:
            return np.nan
        if self.metric == "R2":
            return float(r2_score(targets, predicted))
        both = [k for k in range(targets.shape[1]) if len(np.unique(targets[:, k])) > 1]
        areas = [roc_auc_score(targets[:, k], predicted[:, k]) for k in both]
        return float(np.mean(areas)) if areas else 0.5


def gather_check_inputs(estimator: Any, given: FitArguments) -> CheckInputs:
    """Find the network, give it the rows as `fit` did, and find its validation set again.

    Parameters
    ----------
    estimator : DenseClassifier, DenseRegressor, Pipeline or search, fitted
    given : FitArguments
        What was given to `fit`, rows in the same order.

    Returns
    -------
    inputs : CheckInputs

    Raises
    ------
    ValueError
        If X or y are not of the shape that the network was trained on, there are fewer than 20
        rows, or what chooses the validation set is missing.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdense import DenseClassifier
    >>> from skdense.inspection.check_inputs import gather_check_inputs
    >>> from skdense.preprocessing.fit_arguments import FitArguments
    >>> X, y = load_iris(return_X_y=True)
    >>> net = DenseClassifier(4, epochs=2, validation_fraction=0.2, random_state=0).fit(X, y)
    >>> len(gather_check_inputs(net, FitArguments(X, y)).validation)
    30
    """
    network = fitted_network(estimator)
    given = _without_zero_weights(network, given)
    estimator = getattr(estimator, "best_estimator_", estimator)
    steps = estimator[:-1] if isinstance(estimator, Pipeline) else None
    X, targets, labels = _prepared(network, steps, given.X, given.y, "X", "y")
    if len(X) < _MIN_SAMPLES:
        raise ValueError(
            f"X has {len(X)} rows, on which anything can be chance: a diagnosis takes at least "
            f"{_MIN_SAMPLES}."
        )
    if "val_loss" not in network.history_:
        return CheckInputs(network, X, targets, np.arange(len(X)), None)
    if network._validation_given:
        if given.X_val is None or given.y_val is None:
            raise ValueError(
                "The network was trained with X_val and y_val, which a diagnosis needs, too: pass "
                "them as they were."
            )
        X_val, targets_val, _ = _prepared(
            network, steps, given.X_val, given.y_val, "X_val", "y_val"
        )
        rows = np.arange(len(X) + len(X_val))
        X, targets = np.concatenate([X, X_val]), np.concatenate([targets, targets_val])
        return CheckInputs(network, X, targets, rows[: -len(X_val)], rows[-len(X_val) :])
    split = split_indices(network, len(X), labels, given, network._split_seed)
    train, validation = split if split is not None else (np.arange(len(X)), None)
    return CheckInputs(network, X, targets, train, validation)


def _without_zero_weights(network: DenseEstimator, given: FitArguments) -> FitArguments:
    """Leave out the samples that `fit` left out."""
    by_class = getattr(network, "class_weight", None)
    if given.sample_weight is None and not isinstance(by_class, dict | list):
        return given
    weight = check_sample_weight(given.sample_weight, given.X)
    if isinstance(by_class, dict | list):
        encoding, y = network._encoding, given.y
        numbers = encoding.numbers(y.toarray() if hasattr(y, "toarray") else np.asarray(y))
        weight = weight * weight_of_class(class_weight_table(by_class, encoding, False), numbers)
    return given if weight.all() else given.at(np.flatnonzero(weight))


def _prepared(network: DenseEstimator, steps: Any, X: Any, y: Any, name: str, name_y: str) -> tuple:
    """Give the rows as the network takes them, their targets, and what to stratify by."""
    if steps is not None:
        X = steps.transform(X)
    X = _dense(network._prediction_input(X), name)
    targets, labels = _targets(network, y)
    if len(targets) != len(X):
        raise ValueError(
            f"{name_y} has {len(targets)} rows, but {name} has {len(X)}: pass those that the "
            "network was trained on."
        )
    return X, targets, labels


def _dense(X: Any, name: str) -> Floats:
    if not sparse.issparse(X):
        return X
    if X.shape[0] * X.shape[1] > _MAX_DENSE_SIZE:
        raise ValueError(
            f"A diagnosis looks at dense rows, and {name} of shape {X.shape} would have "
            f"{X.shape[0] * X.shape[1]:,} numbers: fit and diagnose on fewer rows or columns (a "
            "vectorizer's max_features)."
        )
    return X.toarray()


def _targets(network: DenseEstimator, y: Any) -> tuple[Floats, NDArray[np.int64] | None]:
    """Give a column for each class, label or output, and what to stratify by."""
    if not is_classifier(network):
        y = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
        targets, labels = y.reshape(len(y), -1), None
        if targets.shape[1] != network.n_outputs_:
            raise ValueError(
                f"y has {targets.shape[1]} columns, but the network predicts "
                f"{network.n_outputs_}: pass the targets that it was trained on."
            )
        return targets, labels
    y = y.toarray() if hasattr(y, "toarray") else np.asarray(y)
    encoding = network._encoding
    is_matrix = encoding.kind in ("multilabel", "one-hot")
    if not is_matrix and y.ndim != 1:
        if y.ndim != 2 or y.shape[1] != 1:
            raise ValueError(
                f"y has shape {y.shape}, but the network was trained on one label a row: pass "
                "the labels that it was trained on."
            )
        y = y[:, 0]
    encoded = encoding.numbers(y)
    if encoding.kind == "multilabel":
        return encoded.astype(np.float64), None
    return np.eye(len(encoding.classes))[encoded], encoded

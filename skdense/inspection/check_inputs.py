"""The inputs of the checks: a network, the data it was trained on, and its scores."""

from dataclasses import dataclass, replace
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
from skdense.estimators.automatic import values_of_fit
from skdense.estimators.base import DenseEstimator
from skdense.estimators.ensemble import networks_of
from skdense.inspection.fitted_network import fitted_network, has_custom_model
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
_SAMPLED_SIZE = 20_000_000  # what is drawn of larger sparse data
_MIN_SAMPLES = 20
_MAX_REFERENCE_SAMPLES = 2000  # enough to tell, and quick
_MAX_FOREST_FEATURES = 300  # that a split looks at


@dataclass(frozen=True, eq=False)
class CheckInputs:
    """A fitted network with the data it was trained on, as it was given them."""

    network: DenseEstimator  # of an ensemble its first member
    X: Floats  # (n_samples, n_features), after the earlier steps of a pipeline
    targets: Floats  # (n_samples, n_outputs); in a classifier 0 and 1 for each class or label
    train: NDArray[np.int64]  # indices, as those of `validation`
    validation: NDArray[np.int64] | None
    # whether the validation set is the one whose losses are in the history
    is_monitored: bool = True
    n_given: int | None = None  # number of rows that these are a sample of; None where they are all

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
        """Score of the network on its training set."""
        return self._score(self.train)

    @cached_property
    def validation_score(self) -> float | None:
        """Score of the network on the validation set."""
        return None if self.validation is None else self._score(self.validation)

    @cached_property
    def reference_scores(self) -> dict[str, float]:
        """Scores of other models, trained quickly, on samples that they have not seen."""
        train, test = self._reference_split()
        models = {
            "dummy": DummyRegressor(),
            "ridge regression": make_pipeline(StandardScaler(), Ridge()),
            "random forest": RandomForestRegressor(
                50,
                min_samples_leaf=2,
                max_features=min(1.0, _MAX_FOREST_FEATURES / self.X.shape[1]),
                random_state=0,
            ),
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

    def accuracy_or_r2(self, rows: NDArray[np.int64]) -> float:
        """Give what an estimator's `score` is: of several labels a row, the share that is right."""
        predicted, targets = self._predicted(rows), self.targets[rows]
        if self.metric == "R2":
            return self._metric_of(targets, predicted)
        if self.network._encoding.kind == "multilabel":
            return float(np.mean((predicted > 0.5) == targets))
        return float(np.mean(predicted.argmax(axis=1) == targets.argmax(axis=1)))

    def _score(self, rows: NDArray[np.int64]) -> float:
        return self._metric_of(self.targets[rows], self._predicted(rows))

    def _predicted(self, rows: NDArray[np.int64]) -> Floats:
        network, outputs = self.network, self.outputs[rows]
        encoding = network._encoding
        of_classes = is_classifier(network)
        predicted = encoding.probabilities(outputs) if of_classes else encoding.numbers(outputs)
        return predicted.reshape(len(rows), -1)

    def _metric_of(self, targets: Floats, predicted: Floats) -> float:
        if len(targets) < 2:
            return np.nan
        if self.metric == "R2":
            return float(r2_score(targets, predicted))
        both = [k for k in range(targets.shape[1]) if len(np.unique(targets[:, k])) > 1]
        areas = [roc_auc_score(targets[:, k], predicted[:, k]) for k in both]
        return float(np.mean(areas)) if areas else 0.5


def gather_check_inputs(estimator: Any, given: FitArguments) -> CheckInputs:
    """Find the network, prepare the data as `fit` did, and find its validation set again.

    The estimator is a network, or a pipeline or search with one. `given` is what was given to
    `fit`, rows in the same order; X_val and y_val may be other rows that the network has not
    learned from. Raises TypeError if the network is a custom model; ValueError if X or y are not of
    the shape that it was trained on, there are fewer than 20 rows, or what chooses the validation
    set is missing.
    """
    network = _dense_network(estimator)
    given = _without_zero_weights(network, given)
    estimator = getattr(estimator, "best_estimator_", estimator)
    steps = estimator[:-1] if isinstance(estimator, Pipeline) else None
    X, targets, labels = _prepared(network, steps, given.X, given.y, "X", "y")
    n_samples = X.shape[0]
    if n_samples < _MIN_SAMPLES:
        raise ValueError(
            f"X has {n_samples} rows, on which anything can be chance: a diagnosis takes at least "
            f"{_MIN_SAMPLES}."
        )
    _check_validation_data(network, given)
    split = None
    if "val_loss" in network.history_ and not network._validation_given:
        split = split_indices(network, n_samples, labels, given, network._split_seed)
    train, validation = split if split is not None else (np.arange(n_samples), None)
    if given.X_val is not None:
        X_val, targets_val, _ = _prepared(
            network, steps, given.X_val, given.y_val, "X_val", "y_val"
        )
        X = (sparse.vstack if sparse.issparse(X) else np.concatenate)([X, X_val])
        targets = np.concatenate([targets, targets_val])
        validation = np.arange(n_samples, len(targets))
    is_monitored = "val_loss" in network.history_ and (
        network._validation_given or given.X_val is None
    )
    if sparse.issparse(X):
        return _dense_sample(CheckInputs(network, X, targets, train, validation, is_monitored))
    return CheckInputs(network, X, targets, train, validation, is_monitored)


def _dense_network(estimator: Any) -> DenseEstimator:
    network = fitted_network(estimator)
    if has_custom_model(network):
        raise TypeError(
            f"estimator is a {type(network).__name__}: a diagnosis reads layers, learning rate and "
            "penalties from the parameters of a DenseClassifier or DenseRegressor, which a custom "
            "model has in its own code. HistoryDisplay.from_estimator draws its losses."
        )
    first: DenseEstimator = networks_of(network)[0]
    trained: DenseEstimator = values_of_fit(first)
    return trained


def _check_validation_data(network: DenseEstimator, given: FitArguments) -> None:
    if (given.X_val is None) != (given.y_val is None):
        names = ("X_val", "y_val") if given.y_val is None else ("y_val", "X_val")
        raise ValueError("{} was given without {}: pass both, or neither.".format(*names))
    if network._validation_given and given.X_val is None and "val_loss" in network.history_:
        raise ValueError(
            "The network was trained with X_val and y_val, which a diagnosis needs, too: pass "
            "them as they were."
        )


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
    X = network._prediction_input(X)
    targets, labels = _targets(network, y)
    if len(targets) != X.shape[0]:
        raise ValueError(
            f"{name_y} has {len(targets)} rows, but {name} has {X.shape[0]}: pass those that the "
            "network was trained on."
        )
    return X, targets, labels


def _dense_sample(inputs: CheckInputs) -> CheckInputs:
    """Make sparse rows dense; where they are many, as many of them as fit, drawn at random."""
    X = sparse.csr_matrix(inputs.X)
    n_features = X.shape[1]
    parts = [inputs.train] if inputs.validation is None else [inputs.train, inputs.validation]
    n_samples = sum(map(len, parts))
    if n_samples * n_features <= _MAX_DENSE_SIZE:
        return replace(inputs, X=X.toarray())
    n_drawn = _SAMPLED_SIZE // n_features
    if n_drawn < _MIN_SAMPLES:
        raise ValueError(
            f"A diagnosis looks at dense rows, and {_MIN_SAMPLES} rows of X, which has "
            f"{n_features:,} columns, are too large: fit and diagnose on fewer columns (a "
            "vectorizer's max_features)."
        )
    random = np.random.default_rng(0)
    sizes = [max(len(part) * n_drawn // n_samples, min(len(part), 2)) for part in parts]
    drawn = [
        np.sort(random.choice(part, size, replace=False))
        for part, size in zip(parts, sizes, strict=True)
    ]
    rows, places = np.concatenate(drawn), np.arange(sum(sizes))
    return replace(
        inputs,
        X=X[rows].toarray(),
        targets=inputs.targets[rows],
        train=places[: sizes[0]],
        validation=None if inputs.validation is None else places[sizes[0] :],
        n_given=n_samples,
    )


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

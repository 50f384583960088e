"""What the classifier and the regressor have in common: from parameters and data to a network."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.utils import check_random_state

from skdense.callbacks.fit_callbacks import (
    begin_task,
    check_callbacks,
    end_task,
    epoch_callbacks_of,
    log_fit,
)
from skdense.callbacks.scorers import LOSSES, ScorerCallback, monitor_name, scorer_metrics
from skdense.estimators.fitted import FittedNetwork
from skdense.estimators.html_view import NotebookView
from skdense.estimators.lr_schedule import with_schedule
from skdense.estimators.parameters import (
    SHARED_CONSTRAINTS,
    batch_norm_place,
    layer_sizes,
    per_layer_activations,
    per_layer_rates,
)
from skdense.estimators.refit import refit_on_all_rows
from skdense.estimators.training_warnings import report_not_finite, say_interrupted
from skdense.networks.architecture import Architecture
from skdense.networks.initialization import initial_weights
from skdense.preprocessing._compat import CallbackSupportMixin
from skdense.preprocessing.missing_values import columns_to_indicate, knock_out
from skdense.preprocessing.validation_split import FitArguments, HoldsOut
from skdense.preprocessing.weights import check_sample_weight

if TYPE_CHECKING:
    from skdense.engine.program_inputs import Rows
    from skdense.engine.settings import Settings
    from skdense.engine.training_result import TrainingResult


class Targets(NamedTuple):
    """What a network learns from.

    values : (n_samples, n_outputs), or (n_samples,) of class numbers; weight : float64
    (n_samples,);
    labels : class numbers (n_samples,) to stratify by, or None; start : where the output's bias
    starts, (n_outputs,), or None for zero.
    """

    values: np.ndarray
    weight: np.ndarray
    labels: np.ndarray | None
    start: np.ndarray | None


class DenseNetwork(CallbackSupportMixin, HoldsOut, FittedNetwork, NotebookView):
    """Base of the dense estimators; a subclass says how y becomes targets and back."""

    _parameter_constraints: dict = SHARED_CONSTRAINTS
    _known_losses: frozenset[str] = frozenset()

    def _targets(self, y, sample_weight, continuing, classes, part_only) -> Targets:
        """Find out how to encode y, unless training goes on, and encode it."""
        raise NotImplementedError

    def _validation_targets(self, y_val, y) -> tuple[np.ndarray, np.ndarray]:
        """Encode y_val as y was, and give each of its rows the weight of its class in y."""
        raise NotImplementedError

    def _loss(self) -> Any:
        """Name or object of the loss, ``"auto"`` resolved."""
        raise NotImplementedError

    def _loss_options(self) -> dict[str, float]:
        """Figures of a loss that is given by its name."""
        return {}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.sparse = self.missing == "error" and not self.input_noise
        tags.input_tags.allow_nan = self.missing != "error"
        return tags

    # Training ------------------------------------------------------------------------------------

    def _loss_is(self, name: str) -> bool:
        return isinstance(self.loss, str) and self.loss == name

    @property
    def _is_fitted(self) -> bool:
        return hasattr(self, "weights_")

    def _partial_fit(self, X, y, sample_weight, classes=None):
        """Train for one epoch on some of the rows."""
        if self.early_stopping or (self.validation_fraction, self.validation) != (None, None):
            raise ValueError(
                f"partial_fit holds out no rows, but early_stopping={self.early_stopping}, "
                f"validation_fraction={self.validation_fraction} and validation="
                f"{self.validation!r}: set them to False, None and None."
            )
        given = FitArguments(X, y, sample_weight)
        return self._fit(given, continuing=self._is_fitted, one_epoch=True, classes=classes)

    def _fit(self, given: FitArguments, *, continuing: bool, one_epoch=False, classes=None):
        """Train from fresh weights, or go on from the ones there are; all or nothing."""
        epochs = 1 if one_epoch else int(self.epochs)
        begin_task(self, given, epochs)  # first: what it sets has to stay, whatever happens
        before = dict(vars(self))
        try:
            check_callbacks(self.callbacks)
            scorer_metrics(self)  # unknown names are told first
            self._check_held_out(given, continuing)
            X, targets = self._check_data(given, continuing, classes, one_epoch)
            settings = self._settings(epochs)
            settings = with_schedule(settings, self, self.history_ if continuing else None)
            architecture = self._architecture(X.shape[1], settings.dropout)
            if continuing:
                architecture = replace(architecture, n_features=self.architecture_.n_features)
                self._check_same_weights(architecture)
            if not (one_epoch and continuing):
                seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
                self._seeds = (int(seed), 0)
            network = self._train(architecture, settings, X, targets, given, continuing)
            self._store(settings, *network, continuing)
            interrupted = self.stopped_by_ == "interrupted"
            if self.refit_best_epoch and not interrupted:
                interrupted = not refit_on_all_rows(self, X, targets)
        except BaseException:
            # A failed fit, and one that is interrupted in its first epoch, leaves what was there.
            self.__dict__.clear()
            self.__dict__.update(before)
            self.__dict__.pop("_fit_task", None)
            raise
        if interrupted:
            say_interrupted(self)
        end_task(self)
        log_fit(self)
        return self

    def _check_data(self, given: FitArguments, continuing, classes, part_only):
        options = {"dtype": self.dtype, "multi_output": True, "reset": not continuing}
        X, y = self._check_input(given.X, given.y, **options)
        sample_weight = check_sample_weight(given.sample_weight, X)
        return X, self._targets(y, sample_weight, continuing, classes, part_only)

    def _settings(self, epochs: int) -> Settings:
        from skdense.engine.losses import loss_config
        from skdense.engine.optimizers import optimizer_config
        from skdense.engine.settings import Settings

        n_hidden = len(layer_sizes(self.hidden_layer_sizes))
        optimizer, own_rate = optimizer_config(self.optimizer, self.learning_rate is not None)
        return Settings(
            optimizer=optimizer,
            loss=loss_config(self._loss(), self._known_losses, **self._loss_options()),
            learning_rate=own_rate if self.learning_rate is None else self.learning_rate,
            batch_size=int(self.batch_size),  # a search may draw NumPy's integers
            epochs=int(epochs),
            # Without hidden layers, the output's kernel is the one to penalize.
            l1=per_layer_rates("l1", self.l1, max(n_hidden, 1)),
            l2=per_layer_rates("l2", self.l2, max(n_hidden, 1)),
            dropout=per_layer_rates("dropout", self.dropout, n_hidden, below=1.0),
            early_stopping=self.early_stopping,
            patience=int(self.patience),
            min_delta=self.min_delta,
            restore_best_weights=self.restore_best_weights,
            monitor=monitor_name(self.monitor),
            greater_is_better=monitor_name(self.monitor) not in LOSSES,
            start_from_epoch=int(self.start_from_epoch),
            input_dropout=float(self.input_dropout),
            input_noise=float(self.input_noise),
        )

    def _architecture(self, n_features: int, dropout: tuple[float, ...]) -> Architecture:
        from skdense.engine.activations import activation_name

        sizes = layer_sizes(self.hidden_layer_sizes)
        activations = per_layer_activations(self.activation, len(sizes))
        return Architecture(
            n_features=n_features,
            hidden_layer_sizes=sizes,
            activation=tuple(activation_name(each, self.dtype) for each in activations),
            batch_norm=batch_norm_place(self.batch_norm) if sizes else None,
            dropout=tuple(rate > 0 for rate in dropout),
            n_outputs=self._encoding.n_outputs,
            out_activation=self._encoding.out_activation,
            dtype=self.dtype,
            input_dropout=self.input_dropout > 0,
            input_noise=self.input_noise > 0,
            residual=bool(self.residual) and len(sizes) > 1,  # one layer has nothing to skip
        )

    def _check_same_weights(self, architecture: Architecture) -> None:
        ours, asked_for = (
            (net.hidden_layer_sizes, net.batch_norm, net.residual)
            for net in (self.architecture_, architecture)
        )
        same_weights = list(architecture.weights()) == list(self.architecture_.weights())
        if not same_weights or ours[-1] != asked_for[-1]:
            raise ValueError(
                "Training cannot go on with other layers: the network has hidden_layer_sizes="
                f"{ours[0]}, batch_norm={ours[1]!r} and residual={ours[2]}, now asked for are "
                f"{asked_for[0]}, {asked_for[1]!r} and {asked_for[2]}. Set them back, or fit anew "
                "with warm_start=False."
            )

    def _train(
        self, architecture, settings, X, targets: Targets, given: FitArguments, continuing: bool
    ) -> tuple[Architecture, TrainingResult]:
        from skdense.engine.training import train

        first, split, masks, order, *gaps = self._generators(4 + (self.missing == "augment"))
        if not continuing:
            # Kept, so that training that goes on watches rows it has never learned from.
            self._split_seed = int(split.integers(2**31))
            self._watched_given = given.X_val is not None
        rows, validation, (train_rows, held_out) = self._split(X, targets, given)
        rows, validation = self._without_gaps(rows, validation, gaps, continuing)
        if hasattr(self, "missing_features_"):  # their indicators are inputs, too
            architecture = replace(architecture, n_features=rows.X.shape[1])
        weights = self.weights_ if continuing else initial_weights(architecture, first)
        if not continuing and targets.start is not None:
            weights[-1] = targets.start.astype(self.dtype)  # the output's bias
        n_samples = len(rows.y)
        slots = None
        if continuing and self._optimizer_state[0] == settings.optimizer.label:
            slots = self._optimizer_state[1]
        callbacks = epoch_callbacks_of(self, architecture, settings, n_samples, train_rows)
        if validation is not None and scorer_metrics(self):
            watched = given.rows_watched(held_out)
            callbacks.insert(0, ScorerCallback(self, architecture, watched))
        trained = train(
            architecture,
            settings,
            rows,
            validation,
            weights,
            slots,
            orders=(order.permutation(n_samples) for _ in count()),
            random_seeds=masks.integers(2**31, size=len(architecture.random_places)),
            callbacks=callbacks,
        )
        if not trained.finite:
            report_not_finite(trained)
        return architecture, trained

    def _generators(self, n: int) -> list[np.random.Generator]:
        """Give generators that no earlier training has used."""
        entropy, n_spawned = self._seeds  # plain numbers: skops loses a SeedSequence's state
        self._seeds = (entropy, n_spawned + n)
        seeds = np.random.SeedSequence(entropy, n_children_spawned=n_spawned)
        return [np.random.default_rng(seed) for seed in seeds.spawn(n)]

    def _without_gaps(self, rows: Rows, validation: Rows | None, gaps: list, continuing: bool):
        """Fill missing values as `missing` says; a training row may get a copy with more."""
        if not continuing:
            self.__dict__.pop("missing_features_", None)  # of an earlier fit
        if self.missing == "error" and not hasattr(self, "missing_features_"):
            return rows, validation
        if not continuing:
            self.missing_features_ = columns_to_indicate(rows.X, self.missing)
        if self.missing == "augment":
            X = np.concatenate([rows.X, knock_out(rows.X, *gaps)])
            rows = type(rows)(X, *(np.concatenate([each, each]) for each in rows[1:]))
        rows = rows._replace(X=self._fill_missing(rows.X))
        if validation is not None:
            validation = validation._replace(X=self._fill_missing(validation.X))
        return rows, validation

    def _store(self, settings, architecture, trained: TrainingResult, continuing: bool) -> None:
        if not continuing:
            self.__dict__.pop("early_stopping_history_", None)  # of an earlier fit
        earlier = self.history_ if continuing else {"loss": []}
        n_earlier = len(earlier["loss"])
        self.weights_ = trained.weights
        self.architecture_ = architecture
        self.history_ = _extend_history(earlier, trained.history)
        self.n_iter_ = n_earlier + len(trained.loss)
        self.best_epoch_ = n_earlier + trained.best_epoch
        watched = trained.val_loss or trained.loss
        self.best_loss_ = watched[trained.best_epoch - 1]
        self.stopped_by_ = trained.stopped_by
        self._optimizer_state = (settings.optimizer.label, trained.slots)


def _extend_history(earlier: dict[str, list], new: dict[str, list]) -> dict[str, list]:
    """Join two histories; NaN where a figure was not recorded."""
    n_earlier, n_new = len(earlier["loss"]), len(new["loss"])
    return {
        name: [*earlier.get(name, [np.nan] * n_earlier), *new.get(name, [np.nan] * n_new)]
        for name in {**earlier, **new}
    }

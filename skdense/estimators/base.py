"""What DenseClassifier and DenseRegressor have in common: from parameters and data to a network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from skdense.callbacks.fit_logging import log_fit
from skdense.callbacks.scorers import scorer_metrics
from skdense.callbacks.sklearn_callbacks import FitTask, begin_fit_task
from skdense.engine.fork import check_not_forked
from skdense.engine.inference import forward
from skdense.engine.keras_config import check_exclusions
from skdense.estimators.fit_callbacks import FitCallbacks, check_callbacks
from skdense.estimators.fitted_state import FittedState
from skdense.estimators.html_view import DocumentationLink, losses_svg
from skdense.estimators.keras_parameters import KerasParameters
from skdense.estimators.lr_schedule import with_rates, with_schedule
from skdense.estimators.parameters import (
    SHARED_CONSTRAINTS,
    make_architecture,
    make_settings,
    same_network,
)
from skdense.estimators.prepared_data import (
    CheckedData,
    LearnedTargets,
    PreparedData,
    SampleSet,
)
from skdense.estimators.scikeras_names import check_not_routed
from skdense.estimators.training_warnings import report_not_finite, warn_and_raise_interrupt
from skdense.networks.architecture import Architecture
from skdense.networks.initialization import initial_weights
from skdense.preprocessing._compat import CallbackSupportMixin
from skdense.preprocessing.class_encoding import ClassEncoding
from skdense.preprocessing.fit_arguments import FitArguments
from skdense.preprocessing.images import check_same_shape, flatten_images
from skdense.preprocessing.input_errors import errors_naming_columns
from skdense.preprocessing.missing_values import (
    columns_to_indicate,
    fill,
    knock_out,
    nan_for_none,
)
from skdense.preprocessing.target_scaling import TargetScale
from skdense.preprocessing.validation_split import (
    check_validation_parameters,
    errors_about_validation_data,
    split_indices,
)
from skdense.preprocessing.weights import check_sample_weight, weight_of_class

if TYPE_CHECKING:
    import keras

    from skdense.engine.program_inputs import Rows
    from skdense.engine.settings import Settings
    from skdense.engine.training_result import TrainingResult

Encoding = ClassEncoding | TargetScale
_FLOATS = [np.float64, np.float32]  # X in another dtype is converted to the first


class DenseEstimator(DocumentationLink, CallbackSupportMixin, KerasParameters):
    """Base of the dense estimators; a subclass says how y becomes targets and back.

    `fit` goes one way: check parameters, check and encode the data (`CheckedData`), split and fill
    them (`PreparedData`), train (`FittedState`), store. No step but the last sets an attribute.
    """

    _parameter_constraints: dict = SHARED_CONSTRAINTS
    _known_losses: frozenset[str] = frozenset()
    # Of a view that scorers are given: X, and the outputs for it, which need no second computation.
    _known_outputs: tuple[Any, np.ndarray] | None = None

    architecture_: Architecture
    best_epoch_: int
    best_score_: float
    history_: dict[str, list[float]]
    input_shape_: tuple[int, ...]
    weights_: list[np.ndarray]
    n_features_in_: int
    _encoding: Any
    _split_seed: int
    _validation_given: bool

    def __sklearn_clone__(self):
        check_exclusions(self.optimizer)  # the copy would look like one without any
        return super().__sklearn_clone__()

    # Hooks in which classifier and regressor differ ----------------------------------------------

    def _read_y(
        self, y, weight, earlier, classes, one_epoch
    ) -> tuple[Encoding, np.ndarray, np.ndarray]:
        """Find out of which kind y is, and give it as numbers, with weights by `class_weight`."""
        raise NotImplementedError

    def _read_y_val(self, y_val, weight, encoding) -> tuple[np.ndarray, np.ndarray]:
        """Give y_val as numbers as y was, with weights by `class_weight`."""
        raise NotImplementedError

    def _learn_targets(self, training: SampleSet, encoding, earlier) -> LearnedTargets:
        """Find out from the training set how to encode targets, unless training goes on."""
        raise NotImplementedError

    def _encode(self, y, learned: LearnedTargets) -> np.ndarray:
        """Give the targets that the loss compares the output with."""
        raise NotImplementedError

    def _resolved_loss(self, encoding) -> Any:
        """Name or object of the loss, ``"auto"`` resolved."""
        raise NotImplementedError

    def _loss_options(self) -> dict[str, float]:
        """Settings of a loss that is given by its name."""
        return {}

    def _label_smoothing_in_loss(self, encoding) -> float:
        """Label smoothing that the loss has to do, because the targets are class numbers."""
        del encoding
        return 0.0

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.sparse = self.missing == "error" and not self.input_noise
        tags.input_tags.allow_nan = self.missing != "error"
        return tags

    def set_params(self, **params):
        """Set parameters, those of a schedule in `lr_schedule` by ``lr_schedule__<name>``.

        Parameters
        ----------
        **params : dict

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If there is no such parameter; scikeras's names are told what to set instead.
        """
        check_not_routed(self, params)
        return super().set_params(**params)

    # Fitting -------------------------------------------------------------------------------------

    @property
    def _is_fitted(self) -> bool:
        return hasattr(self, "weights_")

    def _partial_fit(self, X, y, sample_weight, classes=None):
        """Train for one epoch on some of the samples."""
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
        check_not_forked()
        epochs = 1 if one_epoch else int(self.epochs)
        given = given.without_tensors()
        task = begin_fit_task(self, given, epochs)
        earlier = FittedState.of(self) if continuing else None
        with self._input_attributes_kept_on_failure():
            self._check_parameters(given, earlier)
            data = self._check_data(given, earlier, classes, one_epoch)
            settings = self._settings(epochs, data.encoding)
            settings = with_schedule(settings, self, None if earlier is None else earlier.history)
            architecture = make_architecture(self, data.X.shape[1], data.encoding, settings)
            if earlier is not None:
                architecture = same_network(earlier.architecture, architecture)
            seeds = earlier.seeds if earlier is not None and one_epoch else self._draw_seeds()
            state = self._train(data, given, settings, architecture, seeds, earlier, task)
            interrupted = state.stopped_by == "interrupted"
            if self.refit_best_epoch and not interrupted:
                refitted = self._refit(data, state, task)
                state, interrupted = refitted or state, refitted is None
        state.put_into(self)
        if interrupted:
            warn_and_raise_interrupt(self)
        if task is not None:
            task.end()
        log_fit(self)
        return self

    @contextmanager
    def _input_attributes_kept_on_failure(self) -> Iterator[None]:
        """Put back what scikit-learn notes of X while it checks it, if the fit then fails."""
        names = ("n_features_in_", "feature_names_in_")
        before = {name: self.__dict__[name] for name in names if name in self.__dict__}
        try:
            yield
        except BaseException:
            for name in names:
                self.__dict__.pop(name, None)
            self.__dict__.update(before)
            raise

    def _check_parameters(self, given: FitArguments, earlier: FittedState | None) -> None:
        check_callbacks(self.callbacks)
        scorer_metrics(self)  # unknown names are told first
        learned = earlier is not None and earlier.has_learned_all_rows
        check_validation_parameters(self, given, learned)

    def _check_data(self, given: FitArguments, earlier, classes, one_epoch: bool) -> CheckedData:
        shape = None if earlier is None else earlier.input_shape
        (X, y), shape = self._check_input(
            given.X, given.y, input_shape=shape, dtype=self.dtype, multi_output=True
        )
        weight = check_sample_weight(given.sample_weight, X)
        encoding, y, weight = self._read_y(y, weight, earlier, classes, one_epoch)
        if not weight.any():
            raise ValueError(
                "All rows of X have a weight of zero, from sample_weight times class_weight: give "
                "some of them a weight above zero."
            )
        return CheckedData(X, y, weight, encoding, shape, self._reads_in_place)

    @property
    def _reads_in_place(self) -> bool:
        return self.missing == "error" and not hasattr(self, "missing_features_")

    def _settings(self, epochs: int, encoding: Encoding) -> Settings:
        loss, options = self._resolved_loss(encoding), self._loss_options()
        settings = make_settings(self, epochs, loss, self._known_losses, options)
        return replace(settings, label_smoothing=self._label_smoothing_in_loss(encoding))

    def _draw_seeds(self) -> tuple[int, int]:
        # Entropy, and how many generators it has given: skops loses a SeedSequence's state.
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max)), 0

    def _train(
        self,
        data: CheckedData,
        given: FitArguments,
        settings: Settings,
        architecture: Architecture,
        seeds: tuple[int, int],
        earlier: FittedState | None,
        task: FitTask | None,
        is_refit: bool = False,
    ) -> FittedState:
        """Prepare the data, and train on them."""
        from skdense.engine.training import train

        n_generators = 4 + (self.missing == "augment")  # the fifth knocks values out
        first, split, masks, order, *gaps = _generators(seeds, n_generators)
        split_seed = int(split.integers(2**31)) if earlier is None else earlier.split_seed
        prepared = self._prepare(data, given, split_seed, gaps, earlier, is_refit)
        if prepared.missing_features is not None:  # their indicators are inputs, too
            n_features = prepared.training.X.shape[1]
            architecture = replace(architecture, n_features=n_features)
        seeds = seeds[0], seeds[1] + n_generators
        begun = _begun(data.input_shape, architecture, settings, seeds, prepared, earlier)
        if earlier is None:
            weights = _first_weights(architecture, prepared.learned.start, first)
            begun = replace(begun, weights=weights, validation_given=given.X_val is not None)
        slots = None
        if earlier is not None and earlier.optimizer_state[0] == settings.optimizer.label:
            slots = earlier.optimizer_state[1]
        callbacks = FitCallbacks(self, settings, begun, task, is_refit)
        trained = train(
            architecture,
            settings,
            prepared.training,
            prepared.validation,
            begun.weights,
            slots,
            orders=(order.permutation(len(prepared.training.y)) for _ in count()),
            random_seeds=masks.integers(2**31, size=len(architecture.random_places)),
            callbacks=callbacks.for_training(prepared, given),
        )
        if not trained.finite:
            report_not_finite(trained)
        return replace(_finished(begun, settings, trained), callbacks=callbacks.keras_copies)

    def _refit(
        self, data: CheckedData, stopped: FittedState, task: FitTask | None
    ) -> FittedState | None:
        """Train anew on all samples, for as many epochs as early stopping has found best.

        The second training draws the same random numbers as the first one: fresh weights, and all
        that follows, are those of a plain fit with ``epochs=best_epoch_`` and the same random
        state. None where it was interrupted.
        """
        settings = replace(
            self._settings(stopped.best_epoch, data.encoding),
            early_stopping=False,
            monitor="val_loss",
            greater_is_better=False,
        )
        settings = with_schedule(settings, self, None)
        if settings.plateau is not None:  # the validation set that it went by is learned from now
            settings = with_rates(settings, stopped.history["learning_rate"])
        architecture = make_architecture(self, data.X.shape[1], data.encoding, settings)
        seeds = stopped.seeds[0], 0
        nothing = FitArguments(None, None)
        try:
            final = self._train(data, nothing, settings, architecture, seeds, None, task, True)
        except KeyboardInterrupt:
            return None
        if final.stopped_by == "interrupted":
            return None
        return replace(
            final,
            early_stopping_history=stopped.history,
            best_loss=stopped.best_loss,
            best_score=stopped.best_score,
            stopped_by=stopped.stopped_by,
        )

    # Preparing the data --------------------------------------------------------------------------

    def _prepare(
        self,
        data: CheckedData,
        given: FitArguments,
        split_seed: int,
        gaps: list[np.random.Generator],
        earlier: FittedState | None,
        is_refit: bool,
    ) -> PreparedData:
        """Split into training and validation set, encode targets and fill missing values.

        Samples of weight zero are left out first. All that is learned from data, the scale of
        targets and the columns with indicators, is learned from the training set.
        """
        if is_refit:
            training, validation, indices = data.part(data.used), None, (data.used, None)
        else:
            training, validation, indices = self._split(data, given, split_seed)
        learned = self._learn_targets(training, data.encoding, earlier)
        rows = self._rows(training, learned, "to train on")
        watched = None
        if validation is not None:
            which = "held out" if given.X_val is None else "of X_val"
            with errors_about_validation_data(given):
                watched = self._rows(validation, learned, which)
        columns = None if earlier is None else earlier.missing_features
        if earlier is None and self.missing != "error":
            columns = columns_to_indicate(rows.X, self.missing)
        if columns is None and self.missing == "error":
            return PreparedData(rows, watched, indices, learned, None, split_seed)
        if self.missing == "augment":
            X = np.concatenate([rows.X, knock_out(rows.X, *gaps)])
            rows = type(rows)(X, *(np.concatenate([each, each]) for each in rows[1:]))
        rows = rows._replace(X=_filled(rows.X, columns))
        if watched is not None:
            watched = watched._replace(X=_filled(watched.X, columns))
        return PreparedData(rows, watched, indices, learned, columns, split_seed)

    def _split(
        self, data: CheckedData, given: FitArguments, seed: int
    ) -> tuple[SampleSet, SampleSet | None, tuple[Any, Any]]:
        """Give both sets, and their indices among the samples that were given for them."""
        used = data.used
        if given.X_val is not None:
            validation = self._check_validation_data(given, data)
            index = validation.used
            return data.part(used), validation.part(index), (used, index)
        n_samples = len(data.weight) if used is None else len(used)
        labels = data.labels if used is None or data.labels is None else data.labels[used]
        split = split_indices(self, n_samples, labels, given.at(used), seed)
        if split is None:
            return data.part(used), None, (used, None)
        train, held_out = split if used is None else (used[part] for part in split)
        return data.part(train), data.part(held_out), (train, held_out)

    def _rows(self, samples: SampleSet, learned: LearnedTargets, which: str) -> Rows:
        """Samples as the engine takes them, their weights of mean 1."""
        from skdense.engine.program_inputs import Rows

        weight = samples.weight
        if learned.class_weight is not None:
            weight = weight * weight_of_class(learned.class_weight, samples.y)
        if not weight.any():
            raise ValueError(
                f"All rows {which} have a weight of zero, from sample_weight times class_weight: "
                "leave such rows out, or choose the rows to watch otherwise (validation_fraction="
                f"{self.validation_fraction}, validation={self.validation!r})."
            )
        weight = (weight / weight.mean()).astype(self.dtype)
        return Rows(samples.X, self._encode(samples.y, learned), weight)

    def _check_validation_data(self, given: FitArguments, data: CheckedData) -> CheckedData:
        """X_val, y_val and their weights, checked as X and y were."""
        options: dict[str, Any] = {"dtype": self.dtype, "multi_output": True}
        with errors_about_validation_data(given):
            (X_val, y_val), _ = self._check_input(
                given.X_val, given.y_val, input_shape=data.input_shape, **options
            )
            weight = check_sample_weight(given.sample_weight_val, X_val)
            y_val, weight = self._read_y_val(y_val, weight, data.encoding)
        if sparse.issparse(data.X) != sparse.issparse(X_val):  # a program takes one kind
            X_val = sparse.csr_matrix(X_val) if sparse.issparse(data.X) else X_val.toarray()
        return data._replace(X=X_val, y=y_val, weight=weight)

    def _check_input(self, X, *y, input_shape: tuple[int, ...] | None, **options) -> tuple:
        """X as samples of floats, and y if there is one; missing values are still in it.

        `input_shape` is that of one sample in training, None in a first fit; it comes back, too.
        """
        if sparse.issparse(X):
            self._check_takes_sparse()
        if y and sparse.issparse(y[0]) and not is_classifier(self):
            raise ValueError(
                f"y is sparse, {y[0].shape}, but {type(self).__name__} learns numbers from a dense "
                "array: pass y.toarray()."
            )
        X, shape = flatten_images(X)
        if input_shape is not None:
            check_same_shape(input_shape, shape)
        if self.missing != "error":
            X = nan_for_none(X)
            options["ensure_all_finite"] = "allow-nan"
        reset = input_shape is None
        with errors_naming_columns(X, takes_missing=True):
            checked = validate_data(self, X, *y, accept_sparse="csr", reset=reset, **options)
        return checked, input_shape or shape or (self.n_features_in_,)

    def _check_takes_sparse(self) -> None:
        for name, off in (("missing", "error"), ("input_noise", 0)):
            value = getattr(self, name)
            if value != off:
                raise ValueError(
                    f"{name}={value!r} cannot take sparse X, whose zeros it would have to fill: "
                    f"set {name}={off!r}, or pass X.toarray() where it fits into memory."
                )

    # The fitted network --------------------------------------------------------------------------

    @property
    def coefs_(self) -> list[np.ndarray]:
        """Kernels, one for each layer: (n_units before, n_units)."""
        return self._of_role("kernel")

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """Biases, one for each layer: (n_units,)."""
        return self._of_role("bias")

    @property
    def loss_curve_(self) -> list[float]:
        """Training loss of each epoch."""
        return self.history_["loss"]

    @property
    def n_layers_(self) -> int:
        """Number of layers, input and output included."""
        return self.architecture_.n_hidden + 2

    @property
    def n_outputs_(self) -> int:
        """Number of units in the output layer."""
        return self.architecture_.n_outputs

    @property
    def out_activation_(self) -> str:
        """Activation of the output layer."""
        return self.architecture_.out_activation

    def _of_role(self, role: str) -> list[np.ndarray]:
        pairs = zip(self.architecture_.weights(), self.weights_, strict=True)
        return [array for spec, array in pairs if spec.role == role]

    def _raw_outputs(self, X) -> np.ndarray:
        """The output layer before its activation, (n_samples, n_outputs)."""
        if self._known_outputs is not None and X is self._known_outputs[0]:
            return self._known_outputs[1].copy()
        check_is_fitted(self)
        return forward(self.architecture_, self.weights_, self._prediction_input(X))

    def _prediction_input(self, X) -> np.ndarray:
        """X as predictions are computed from it, (n_samples, n_features), in float64 or float32."""
        X, _ = self._check_input(X, input_shape=self.input_shape_, dtype=_FLOATS)
        columns = getattr(self, "missing_features_", None)
        if columns is None and self.missing == "error":
            return X
        return _filled(X, columns)

    def hidden_output(self, X, layer: int = -1) -> np.ndarray:
        """Compute what a hidden layer gives to the next one.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        layer : int, default=-1
            Which hidden layer: 0 is the first, -1 the last.

        Returns
        -------
        array of shape (n_samples, n_units)
            After activation and batch norm; dropout is off.

        Raises
        ------
        ValueError
            If there is no such hidden layer.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skdense import DenseClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> net = DenseClassifier((8, 2), epochs=2, random_state=0).fit(X, y)
        >>> net.hidden_output(X).shape
        (150, 2)
        """
        check_is_fitted(self)
        n_hidden = self.architecture_.n_hidden
        if not -n_hidden <= layer < n_hidden:
            raise ValueError(
                f"layer={layer!r} does not exist: the network has {n_hidden} hidden layers, "
                "counted from 0."
            )
        X = self._prediction_input(X)
        return forward(self.architecture_, self.weights_, X, n_layers=layer % n_hidden + 1)

    def to_keras(self) -> keras.Model:
        """Build the same network as a compiled ``keras.Model`` with the trained weights.

        It consists of Keras's standard layers, its regularizers and dropout rates included, of
        ``Flatten`` at the beginning where it was trained on images, and of ``Rescaling`` at the
        end where a regressor's target was standardized: it predicts in the target's own unit. It
        is a copy: training it leaves the estimator as it is.

        It takes numbers only: missing values as zeros, with their indicators in the columns after
        the features.

        The copy is compiled with the estimator's optimizer and loss. Behind ``Rescaling`` that loss
        is in the target's unit, too: compile it anew, with rates to match, before training it on.

        Returns
        -------
        keras.Model

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skdense import DenseClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> model = DenseClassifier(8, epochs=2, random_state=0).fit(X, y).to_keras()
        >>> model.predict(X, verbose=0).shape
        (150, 3)
        """
        check_is_fitted(self)
        check_not_forked()
        state = FittedState.of(self)
        return self._keras_model(state, self._settings(self.epochs, state.encoding))

    def _keras_model(self, state: FittedState, settings: Settings) -> keras.Model:
        from skdense.engine.model_building import fitted_model

        architecture, scale = state.architecture, state.encoding
        rescaling = None
        if isinstance(scale, TargetScale) and scale.is_active:
            dtype = np.float64 if scale.needs_float64 else architecture.dtype
            rescaling = scale.scale.astype(dtype), scale.mean.astype(dtype)
        # Indicators of missing values go beside the pixels: then there is no image any more.
        shape = state.input_shape if architecture.n_features == self.n_features_in_ else None
        return fitted_model(architecture, settings, state.weights, rescaling, shape)

    def summary(self) -> None:
        """Print Keras's table of the network: its layers, their shapes and numbers of weights.

        The optimizer's variables are not counted, and the names of the layers are the same each
        time.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skdense import DenseClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> DenseClassifier(8, epochs=2, random_state=0).fit(X, y).summary()  # doctest: +SKIP
        """
        from skdense.engine.model_building import print_summary

        print_summary(self.to_keras(), type(self).__name__)

    # In a notebook -------------------------------------------------------------------------------

    @property
    def _repr_html_(self) -> Any:
        scikit_learns = super()._repr_html_  # no such attribute under set_config(display="text")
        return lambda: scikit_learns() + self._losses_html()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        bundle = super()._repr_mimebundle_(**kwargs)
        if "text/html" in bundle:
            bundle["text/html"] += self._losses_html()
        return bundle

    def _losses_html(self) -> str:
        try:
            check_is_fitted(self)
        except NotFittedError:
            return ""
        best = self.best_epoch_ if "val_loss" in self.history_ else None
        return losses_svg(self.history_, best)


def _generators(seeds: tuple[int, int], n: int) -> list[np.random.Generator]:
    """Give generators that no earlier training has used."""
    entropy, n_spawned = seeds
    sequence = np.random.SeedSequence(entropy, n_children_spawned=n_spawned)
    return [np.random.default_rng(seed) for seed in sequence.spawn(n)]


def _filled(X: np.ndarray, columns: np.ndarray | None) -> np.ndarray:
    return fill(X, np.arange(0) if columns is None else columns)


def _first_weights(
    architecture: Architecture, start: np.ndarray | None, random: np.random.Generator
) -> list[np.ndarray]:
    weights = initial_weights(architecture, random)
    if start is not None:
        weights[-1] = start.astype(architecture.dtype)  # the output's bias
    return weights


def _begun(
    input_shape: tuple[int, ...],
    architecture: Architecture,
    settings: Settings,
    seeds: tuple[int, int],
    prepared: PreparedData,
    earlier: FittedState | None,
) -> FittedState:
    """Give the state before the first epoch, of a fresh network still without weights."""
    if earlier is None:
        earlier = FittedState(
            encoding=prepared.learned.encoding,
            architecture=architecture,
            weights=[],
            history={"loss": []},
            n_iter=0,
            best_epoch=0,
            best_loss=np.nan,
            stopped_by=None,
            input_shape=input_shape,
            missing_features=None,
            optimizer_state=("", []),
            seeds=seeds,
            split_seed=prepared.split_seed,
        )
    return replace(
        earlier,
        encoding=prepared.learned.encoding,
        architecture=architecture,
        seeds=seeds,
        missing_features=prepared.missing_features,
        optimizer_state=(settings.optimizer.label, []),
        callbacks=None,
    )


def _finished(begun: FittedState, settings: Settings, trained: TrainingResult) -> FittedState:
    """Give the state after training."""
    n_earlier = len(begun.history["loss"])
    losses = trained.val_loss or trained.loss
    monitored = trained.history.get(settings.monitor, losses)
    return replace(
        begun,
        weights=trained.weights,
        history=_extend_history(begun.history, trained.history),
        n_iter=n_earlier + len(trained.loss),
        best_epoch=n_earlier + trained.best_epoch,
        best_loss=losses[trained.best_epoch - 1],
        best_score=monitored[trained.best_epoch - 1],
        stopped_by=trained.stopped_by,
        optimizer_state=(settings.optimizer.label, trained.slots),
    )


def _extend_history(earlier: dict[str, list], new: dict[str, list]) -> dict[str, list]:
    """Join two histories; NaN where a metric was not recorded."""
    n_earlier, n_new = len(earlier["loss"]), len(new["loss"])
    return {
        name: [*earlier.get(name, [np.nan] * n_earlier), *new.get(name, [np.nan] * n_new)]
        for name in {**earlier, **new}
    }

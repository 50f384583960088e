"""What DenseClassifier and DenseRegressor have in common: from parameters and data to a network."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from skdense.callbacks.fit_logging import log_fit
from skdense.callbacks.scorers import scorer_metrics
from skdense.callbacks.sklearn_callbacks import FitTask, begin_fit_task, n_subtasks
from skdense.engine.fork import check_not_forked
from skdense.engine.inference import forward
from skdense.engine.keras_config import check_exclusions
from skdense.estimators import checkpoint
from skdense.estimators.automatic import (
    automatic_values,
    described,
    is_automatic,
    values_of_fit,
    what_is_given,
    with_values,
)
from skdense.estimators.ensemble import (
    average_outputs,
    averaged_keras_model,
    networks_of,
    not_of_an_ensemble,
)
from skdense.estimators.fit_callbacks import FitCallbacks, check_callbacks
from skdense.estimators.fitted_state import (
    FittedState,
    extended_history,
    input_attributes_kept_on_failure,
    take_fitted_attributes,
)
from skdense.estimators.keras_defaults import KERAS_DEFAULTS
from skdense.estimators.keras_parameters import KerasParameters
from skdense.estimators.losses_view import LossesView
from skdense.estimators.lr_schedule import with_rates, with_schedule
from skdense.estimators.members import check_same_number, fit_members
from skdense.estimators.memory_errors import check_memory, memory_errors_explained
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
from skdense.estimators.program_metrics import program_metrics
from skdense.estimators.scikeras_names import check_not_routed
from skdense.estimators.training_warnings import report_not_finite, warn_and_raise_interrupt
from skdense.networks.architecture import Architecture
from skdense.networks.initialization import initial_weights
from skdense.preprocessing._compat import CallbackSupportMixin
from skdense.preprocessing.class_encoding import ClassEncoding
from skdense.preprocessing.fit_arguments import FitArguments
from skdense.preprocessing.images import check_same_shape, flatten_images
from skdense.preprocessing.input_errors import errors_naming_columns
from skdense.preprocessing.input_transformation import (
    InputTransformation,
    check_same_transformation,
    check_transformation,
    learn_transformation,
)
from skdense.preprocessing.missing_values import knock_out, nan_for_none
from skdense.preprocessing.target_scaling import TargetScale
from skdense.preprocessing.validation_split import (
    check_validation_parameters,
    errors_about_validation_data,
    split_indices,
)
from skdense.preprocessing.weights import check_sample_weight, weight_of_class

if TYPE_CHECKING:
    import keras

    from skdense.engine.program_inputs import Rows, ValidationRows
    from skdense.engine.settings import Settings
    from skdense.engine.training_result import TrainingResult

Encoding = ClassEncoding | TargetScale
MatrixLike: TypeAlias = ArrayLike | sparse.sparray | sparse.spmatrix
_FLOATS = [np.float64, np.float32]  # X in another dtype is converted to the first
# Parameters that memory goes by.
_SIZES = ("hidden_layer_sizes", "n_members", "batch_size", "dtype")
_LESS_MEMORY = (
    "Use smaller hidden_layer_sizes, a smaller batch_size, fewer members, dtype='float32' or fewer "
    "samples."
)


class DenseEstimator(LossesView, CallbackSupportMixin, KerasParameters):
    """Base of the dense estimators; a subclass says how y becomes targets and back.

    `fit` goes one way: check parameters, check and encode the data (`CheckedData`), split and fill
    them (`PreparedData`), train (`FittedState`), store. No step but the last sets an attribute.
    With several members, each goes that way.
    """

    _parameter_constraints: dict = SHARED_CONSTRAINTS
    _known_losses: frozenset[str] = frozenset()
    _before_it_was_there = KERAS_DEFAULTS
    # Of a member of an ensemble: its number, that of the members, and the seed of their folds.
    _member: tuple[int, int, int] | None = None
    # Of a view that scorers are given: X, and the outputs for it, which need no second computation.
    _known_outputs: tuple[Any, np.ndarray] | None = None

    architecture_: Architecture
    best_epoch_: int
    best_score_: float
    history_: dict[str, list[float]]
    input_shape_: tuple[int, ...]
    weights_: list[np.ndarray]
    n_features_in_: int
    params_: dict[str, Any]
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
        keeps_zeros = not self.input_noise and self.n_bins in (None, "auto")
        tags.input_tags.sparse = self.missing == "error" and keeps_zeros
        tags.input_tags.allow_nan = self.missing != "error"
        return tags

    def set_params(self, **params: Any) -> Self:
        """Set parameters, those of a schedule in `lr_schedule` by ``lr_schedule__<name>``.

        Parameters
        ----------
        **params : dict
            Values by the names of the parameters.

        Returns
        -------
        self : object
            The estimator.

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
        return hasattr(self, "history_")

    def _partial_fit(self, X, y, sample_weight, classes=None):
        """Train for one epoch on some of the samples."""
        holds_out = self.early_stopping and not is_automatic(self.early_stopping)
        if holds_out or (self.validation_fraction, self.validation) != (None, None):
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
        given = given.without_tensors()
        earlier = self.params_ if continuing else {}
        if not one_epoch:
            checkpoint.check_checkpoint(self)
        values = automatic_values(self, what_is_given(self, given, one_epoch), earlier)
        off = {"checkpoint": None} if one_epoch and self.checkpoint is not None else {}
        trained = with_values(self, {**values, **off})
        epochs = 1 if one_epoch else int(trained.epochs)
        task = begin_fit_task(self, given, n_subtasks(trained, epochs))
        if continuing:
            check_same_number(trained)
        sizes = {name: getattr(trained, name) for name in _SIZES}
        with memory_errors_explained(self, given.X, sizes, _LESS_MEMORY):
            if trained.n_members == 1:
                interrupted = trained._fit_network(given, task, continuing, one_epoch, classes)
            else:
                interrupted = fit_members(trained, given, task, continuing, one_epoch, classes)
        take_fitted_attributes(self, trained)
        self.params_ = values
        if interrupted:
            warn_and_raise_interrupt(trained)
        if task is not None:
            task.end()
        log_fit(self)
        return self

    def _fit_network(
        self, given: FitArguments, task: FitTask | None, continuing: bool, one_epoch: bool, classes
    ) -> bool:
        """Train a network; tell whether that was interrupted, and what there was is kept."""
        epochs = 1 if one_epoch else int(self.epochs)
        earlier = FittedState.of(self) if continuing else None
        with input_attributes_kept_on_failure(self):
            self._check_parameters(given, earlier)
            data = self._check_data(given, earlier, classes, one_epoch)
            settings = self._settings(epochs, data.encoding)
            settings = with_schedule(settings, self, None if earlier is None else earlier.history)
            architecture = make_architecture(self, data.X.shape[1], data.encoding, settings)
            if earlier is not None:
                architecture = same_network(earlier.architecture, architecture)
            check_memory(self, architecture, settings)
            seeds = earlier.seeds if earlier is not None and one_epoch else self._draw_seeds()
            state = self._train(data, given, settings, architecture, seeds, earlier, task)
            interrupted = state.stopped_by == "interrupted"
            if self.refit_best_epoch and not interrupted:
                refitted = self._refit(data, state, task)
                state, interrupted = refitted or state, refitted is None
        state.put_into(self)
        return interrupted

    def _check_parameters(self, given: FitArguments, earlier: FittedState | None) -> None:
        check_callbacks(self.callbacks)
        scorer_metrics(self)  # unknown names are told first
        learned = earlier is not None and earlier.has_learned_all_rows
        check_validation_parameters(self, given, learned)

    def _check_data(self, given: FitArguments, earlier, classes, one_epoch: bool) -> CheckedData:
        shape = None if earlier is None else earlier.input_shape
        (X, y), shape = self._check_input(
            given.X, given.y, input_shape=shape, dtype=self._dtype_of_X, multi_output=True
        )
        weight = check_sample_weight(given.sample_weight, X)
        encoding, y, weight = self._read_y(y, weight, earlier, classes, one_epoch)
        if not weight.any():
            raise ValueError(
                "All rows of X have a weight of zero, from sample_weight times class_weight: give "
                "some of them a weight above zero."
            )
        if earlier is None:
            check_transformation(self, int(np.count_nonzero(weight)), shape, one_epoch)
        else:
            check_same_transformation(self, earlier.transformation)
        return CheckedData(X, y, weight, encoding, shape, self._reads_in_place)

    @property
    def _dtype_of_X(self) -> Any:
        """In training; scaling subtracts before it rounds to the network's precision."""
        return self.dtype if self.scale_features is None and self.n_bins is None else _FLOATS

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
        settings = replace(settings, metrics=prepared.metrics)
        # With indicators of missing values and bins, which are inputs, too.
        architecture = replace(architecture, n_features=prepared.training.X.shape[1])
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
            callbacks=callbacks.for_training(prepared, given, slots),
        )
        if not trained.finite:
            report_not_finite(trained)
        state = replace(_finished(begun, settings, trained), callbacks=callbacks.keras_copies)
        return self._calibrated(state, prepared)

    def _calibrated(self, state: FittedState, prepared: PreparedData) -> FittedState:
        """Change what training gave so that its predictions are calibrated; a classifier's can."""
        del prepared
        return state

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
            final.with_temperature(stopped.temperature),
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
        """Split into training and validation set, encode targets and make inputs of X.

        Samples of weight zero are left out first. All that is learned from data, the scale of
        targets and of features, the bins and the columns with indicators, is learned from the
        training set.
        """
        if is_refit:
            training, validation, indices = data.part(data.used), None, (data.used, None)
        else:
            training, validation, indices = self._split(data, given, split_seed)
        learned = self._learn_targets(training, data.encoding, earlier)
        rows = self._rows(training, learned, "to train on")
        if earlier is None:
            weight = _weight_in_loss(training, learned)
            transformation = learn_transformation(self, training.X, weight, data.input_shape)
        else:
            transformation = earlier.transformation
        used = transformation.for_missing(self.missing)
        held_out, metrics = None, None
        if validation is not None:
            held_out = self._validation_rows(validation, given, learned, used)
            of_user = given.validation_weight(indices[1])
            metrics, compared = program_metrics(self, learned.encoding, validation.y, of_user)
            held_out = held_out._replace(metric_data=compared)
        if self.missing == "augment":
            X = np.concatenate([rows.X, knock_out(rows.X, *gaps)])
            rows = type(rows)(X, *(np.concatenate([each, each]) for each in rows[1:]))
        rows = rows._replace(X=used.for_training(rows.X, self.dtype))
        y_val = None if validation is None else validation.y
        return PreparedData(
            rows, held_out, indices, learned, transformation, split_seed, metrics, y_val
        )

    def _split(
        self, data: CheckedData, given: FitArguments, seed: int
    ) -> tuple[SampleSet, SampleSet | None, tuple[Any, Any]]:
        """Give both sets, and their indices among the samples that were given for them."""
        if given.X_val is not None:
            validation = self._check_validation_data(given, data)
            index = validation.used
            return data.part(data.used), validation.part(index), (data.used, index)
        train, held_out = self._split_indices(data, given, seed)
        validation_set = None if held_out is None else data.part(held_out)
        return data.part(train), validation_set, (train, held_out)

    def _split_indices(
        self, data: CheckedData, given: FitArguments, seed: int
    ) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Give the samples to train on, None for all, and those to hold out, None for none."""
        used = data.used
        n_samples = len(data.weight) if used is None else len(used)
        labels = data.labels if used is None or data.labels is None else data.labels[used]
        split = split_indices(self, n_samples, labels, given.at(used), seed)
        if split is None:
            return used, None
        train, held_out = split if used is None else (used[part] for part in split)
        return train, held_out

    def _rows(self, samples: SampleSet, learned: LearnedTargets, which: str) -> Rows:
        """Samples as the engine takes them, their weights of mean 1."""
        from skdense.engine.program_inputs import Rows

        weight = _weight_in_loss(samples, learned)
        if not weight.any():
            raise ValueError(
                f"All rows {which} have a weight of zero, from sample_weight times class_weight: "
                "leave such rows out, or choose another validation set (validation_fraction="
                f"{self.validation_fraction}, validation={self.validation!r})."
            )
        weight = (weight / weight.mean()).astype(self.dtype)
        return Rows(samples.X, self._encode(samples.y, learned), weight)

    def _validation_rows(
        self,
        samples: SampleSet,
        given: FitArguments,
        learned: LearnedTargets,
        transformation: InputTransformation,
    ) -> ValidationRows:
        from skdense.engine.program_inputs import ValidationRows

        which = "held out" if given.X_val is None else "of X_val"
        with errors_about_validation_data(given):
            rows = self._rows(samples, learned, which)
        X = transformation.for_training(rows.X, self.dtype)
        return ValidationRows(X, rows.y, rows.weight)

    def _check_validation_data(self, given: FitArguments, data: CheckedData) -> CheckedData:
        """X_val, y_val and their weights, checked as X and y were."""
        options: dict[str, Any] = {"dtype": self._dtype_of_X, "multi_output": True}
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
                f"y is sparse, {y[0].shape}, but {type(self).__name__} takes a dense array of "
                "targets: pass y.toarray()."
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
        for name, off in (("missing", "error"), ("input_noise", 0), ("n_bins", None)):
            value = getattr(self, name)
            if value != off and not is_automatic(value):
                raise ValueError(
                    f"{name}={value!r} cannot take sparse X, whose zeros it would have to fill: "
                    f"set {name}={off!r}, or pass X.toarray() where it fits into memory."
                )

    # The fitted network --------------------------------------------------------------------------

    if not TYPE_CHECKING:  # which would take any name for an attribute

        def __getattr__(self, name):
            """Say of what a network has, and an ensemble has not, where it is."""
            raise not_of_an_ensemble(self, name)

    @property
    def coefs_(self) -> list[np.ndarray]:
        """Kernels, one for each layer, of shape (n_inputs, n_units)."""
        return self._of_role("kernel")

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """Biases, one for each layer, of shape (n_units,)."""
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
        X = self._checked_input(X)
        members = vars(self).get("members_")
        return self._network_outputs(X) if members is None else average_outputs(members, X)

    def _network_outputs(self, X, n_layers: int | None = None) -> np.ndarray:
        """Those of a network, or of its first hidden layers, for checked X."""
        return forward(self.architecture_, self.weights_, X, n_layers, self._transformation)

    def _prediction_input(self, X) -> np.ndarray:
        """X as the network sees it, (n_samples, n_inputs), in float64 or float32."""
        X = self._checked_input(X)
        return self._transformation.inputs(X, np.promote_types(X.dtype, self.architecture_.dtype))

    def _checked_input(self, X) -> np.ndarray:
        return self._check_input(X, input_shape=self.input_shape_, dtype=_FLOATS)[0]

    @property
    def _transformation(self) -> InputTransformation:
        names = ("feature_scaling_", "missing_features_", "feature_bins_")
        learned = InputTransformation(*(getattr(self, name, None) for name in names))
        return learned.for_missing(self.missing)

    def hidden_output(self, X: MatrixLike, layer: int = -1) -> np.ndarray:
        """Compute the output of a hidden layer.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, or images, as in `fit`.
        layer : int, default=-1
            Which hidden layer: 0 is the first, -1 the last.

        Returns
        -------
        output : ndarray of shape (n_samples, n_units)
            The layer's output after activation and batch norm; dropout is off.

        Raises
        ------
        AttributeError
            If there are several members: each has its own.
        ValueError
            If there is no such hidden layer.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skdense import DenseClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> net = DenseClassifier((8, 2), epochs=2, n_members=1, random_state=0).fit(X, y)
        >>> net.hidden_output(X).shape
        (150, 2)
        """
        check_is_fitted(self)
        if hasattr(self, "members_"):
            raise not_of_an_ensemble(self, "hidden_output")
        n_hidden = self.architecture_.n_hidden
        if not -n_hidden <= layer < n_hidden:
            raise ValueError(
                f"layer={layer!r} does not exist: the network has {n_hidden} hidden layers, "
                "counted from 0."
            )
        return self._network_outputs(self._checked_input(X), n_layers=layer % n_hidden + 1)

    def to_keras(self) -> keras.Model:
        """Build the same network as a compiled ``keras.Model`` with the trained weights.

        It has Keras's standard layers, with their regularizers and dropout rates; ``Flatten`` at
        the beginning where the estimator was trained on images; and ``Rescaling`` at the end where
        a regressor's target was standardized, so that it predicts in the unit of the target. It
        is a copy: training it leaves the estimator as it is.

        Of several members it has the layers of each, side by side, and ``Average`` of their outputs
        at the end.

        With `scale_features` or `n_bins` it begins with them and takes X as `predict` does.
        Otherwise it takes no missing values: replace them by zeros, and put their indicators into
        the columns after the features.

        The copy is compiled with the estimator's optimizer and loss. After ``Rescaling`` the loss
        is in the unit of the target, too: to train it further, compile it again with a suitable
        learning rate.

        Returns
        -------
        model : keras.Model
            The compiled copy.

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
        if hasattr(self, "members_"):
            return averaged_keras_model(values_of_fit(self))
        trained, state = values_of_fit(self), FittedState.of(self)
        return trained._keras_model(state, trained._settings(trained.epochs, state.encoding))

    def _keras_model(self, state: FittedState, settings: Settings, inputs=None) -> keras.Model:
        from skdense.engine.model_building import fitted_model

        architecture, scale = state.architecture, state.encoding
        rescaling = None
        if isinstance(scale, TargetScale) and scale.is_active:
            dtype = np.float64 if scale.needs_float64 else architecture.dtype
            rescaling = scale.scale.astype(dtype), scale.mean.astype(dtype)
        model = architecture, settings, state.weights, rescaling
        if state.transformation.is_scaled:
            steps = state.transformation.steps(self.n_features_in_)
            return fitted_model(*model, state.input_shape, steps, state.missing_features, inputs)
        # Indicators of missing values go beside the pixels: then there is no image any more.
        shape = state.input_shape if architecture.n_features == self.n_features_in_ else None
        return fitted_model(*model, shape, inputs=inputs)

    def summary(self) -> None:
        """Print Keras's table of the network: its layers, their shapes and numbers of weights.

        The optimizer's variables are not counted, and the names of the layers are always the same.
        Of several members it is the table of the first, and a line says how many there are. Where
        parameters are ``"auto"``, another line says what they came to.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skdense import DenseClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> DenseClassifier(8, epochs=2, random_state=0).fit(X, y).summary()  # doctest: +SKIP
        """
        from skdense.engine.model_building import print_summary

        members = networks_of(self)
        print_summary(members[0].to_keras(), type(self).__name__)
        if len(members) > 1:
            print(f"One of {len(members)} members, whose predictions are averaged.")
        if self.params_:
            print(described(self.params_))


def _generators(seeds: tuple[int, int], n: int) -> list[np.random.Generator]:
    """Give generators that no earlier training has used."""
    entropy, n_spawned = seeds
    sequence = np.random.SeedSequence(entropy, n_children_spawned=n_spawned)
    return [np.random.default_rng(seed) for seed in sequence.spawn(n)]


def _weight_in_loss(samples: SampleSet, learned: LearnedTargets) -> np.ndarray:
    if learned.class_weight is None:
        return samples.weight
    return samples.weight * weight_of_class(learned.class_weight, samples.y)


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
            missing_features=prepared.transformation.missing_features,
            optimizer_state=("", []),
            seeds=seeds,
            split_seed=prepared.split_seed,
        )
    return replace(
        earlier.with_temperature(None),
        encoding=prepared.learned.encoding,
        architecture=architecture,
        seeds=seeds,
        missing_features=prepared.transformation.missing_features,
        feature_scaling=prepared.transformation.scaling,
        feature_bins=prepared.transformation.bins,
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
        history=extended_history(begun.history, trained.history),
        n_iter=n_earlier + len(trained.loss),
        best_epoch=n_earlier + trained.best_epoch,
        best_loss=losses[trained.best_epoch - 1],
        best_score=monitored[trained.best_epoch - 1],
        stopped_by=trained.stopped_by,
        optimizer_state=(settings.optimizer.label, trained.slots),
    )

"""What NetworkClassifier and NetworkRegressor share: fitting a custom model, and predicting."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from copy import copy, deepcopy
from dataclasses import replace
from itertools import repeat
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skdense.callbacks.progress import Progress
from skdense.engine.custom_model import model as custom_model
from skdense.engine.custom_model.training import Job, train_custom_model
from skdense.engine.fork import check_not_forked
from skdense.estimators.fitted_model import FittedModel, build_model, draw_seed
from skdense.estimators.html_view import DocumentationLink
from skdense.estimators.keras_parameters import KerasParameters
from skdense.estimators.match_outputs import check_same_classes, match_outputs, output_columns
from skdense.estimators.memory_errors import memory_errors_explained
from skdense.estimators.network_data import (
    NetworkData,
    n_samples_of,
    read_data,
    read_inputs,
    select_rows,
)
from skdense.estimators.outputs import in_columns
from skdense.estimators.parameter_routing import check_routed, make_callbacks, routed
from skdense.estimators.scikeras_names import ROUTES
from skdense.preprocessing._compat import (
    Interval,
    Options,
    _fit_context,
    validate_parameter_constraints,
)
from skdense.preprocessing.random_split import hold_out
from skdense.preprocessing.weights import (
    balanced_table,
    class_weight_table,
    weight_of_class,
)

if TYPE_CHECKING:
    import keras

_BATCH_SIZE = [Interval(Integral, 1, None, closed="left"), Options(Integral, {-1}), None]
_OF_SKLEARN = ("n_features_in_", "feature_names_in_")


class NetworkBase(DocumentationLink, KerasParameters):
    """A custom model under scikit-learn's rules, its parameters routed by scikeras's."""

    _is_of_classes: bool  # whether an output is of classes unless something else is said
    _user_params: frozenset[str] = frozenset()  # names that no signature lists
    _fitted: FittedModel

    _parameter_constraints: dict = {
        "inputs": [dict, None],
        "outputs": [dict, None],
        "batch_size": _BATCH_SIZE,
        "validation_batch_size": _BATCH_SIZE,
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "validation_split": [Interval(Real, 0, 1, closed="left")],
        "shuffle": ["boolean"],
        "run_eagerly": ["boolean"],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        model: Callable[..., Any] | Any = None,
        *,
        inputs: dict[str, Any] | None = None,
        outputs: dict[str, Any] | None = None,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        batch_size: int | None = None,
        validation_batch_size: int | None = None,
        epochs: int = 1,
        validation_split: float = 0.0,
        shuffle: bool = True,
        callbacks: Any = None,
        run_eagerly: bool = False,
        warm_start: bool = False,
        verbose: int = 0,
        random_state: int | np.random.RandomState | None = None,
        **routed: Any,
    ) -> None:
        self.model = model
        self.inputs = inputs
        self.outputs = outputs
        self.optimizer = optimizer
        self.loss = loss
        self.loss_weights = loss_weights
        self.metrics = metrics
        self.batch_size = batch_size
        self.validation_batch_size = validation_batch_size
        self.epochs = epochs
        self.validation_split = validation_split
        self.shuffle = shuffle
        self.callbacks = callbacks
        self.run_eagerly = run_eagerly
        self.warm_start = warm_start
        self.verbose = verbose
        self.random_state = random_state
        self._set_user_params(routed)

    # Parameters ---------------------------------------------------------------------------------

    def _set_user_params(self, params: dict[str, Any]) -> None:
        """Keep parameters that no signature can list, since the user's function has them."""
        self.__dict__.update(params)
        if params:
            self._user_params = self._user_params | set(params)

    def _get_param_names(self):
        # Every name of every signature, a subclass's included, and what was routed.
        names = set(self._user_params)
        for cls in type(self).__mro__:
            if "__init__" in vars(cls) and issubclass(cls, NetworkBase):
                parameters = inspect.signature(cls.__init__).parameters.values()
                names |= {p.name for p in parameters if p.kind is not p.VAR_KEYWORD}
        return sorted(name for name in names if name in vars(self))

    def set_params(self, **params: Any) -> Self:
        """Set parameters, those for the build function, optimizer, loss or callbacks included.

        Parameters
        ----------
        **params : dict
            For example ``epochs=20``, ``model__units=64``, ``optimizer__learning_rate=0.01``.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If there is no such parameter.
        """
        known = self._get_param_names()
        for name, value in params.items():
            route, rest, _ = name.partition("__")
            if name not in known and not (rest and route in ROUTES):
                raise ValueError(
                    f"Invalid parameter {name!r} for estimator {self}. Valid parameters are: "
                    f"{known}, and names that begin with "
                    f"{', '.join(f'{route}__' for route in ROUTES)}."
                )
            if name in known:
                setattr(self, name, value)
            else:
                self._set_user_params({name: value})
        return self

    def _validate_params(self):
        super()._validate_params()
        routed = {
            name: vars(self)[name]
            for name in self._user_params
            if name.startswith(("fit__", "predict__")) and name.count("__") == 1
        }
        constraints = {
            name: self._parameter_constraints.get(name.partition("__")[2], "no_validation")
            for name in routed
        }
        validate_parameter_constraints(constraints, routed, type(self).__name__)

    def _setting(self, route: str, name: str) -> Any:
        """Give a parameter's value; ``fit__epochs`` goes before ``epochs``."""
        return getattr(self, f"{route}__{name}", getattr(self, name, None))

    def _check_parameters(self) -> None:
        for hook, instead in (("target_encoder", "outputs"), ("feature_encoder", "inputs")):
            if hasattr(type(self), hook):
                raise TypeError(
                    f"{type(self).__name__} overrides scikeras's {hook}, which is not used here: "
                    f"say with {instead}= which columns go where, and put other transformations "
                    "into a Pipeline or a TransformedTargetRegressor."
                )
        build = self._build_function(self.get_params(), {})
        check_routed(self.get_params(), self._user_params, build, type(self).__name__)

    def _build_function(self, params: dict[str, Any], meta: dict[str, Any]) -> Callable:
        """Give the function that builds the model."""
        model = params["model"]
        if model is not None and hasattr(self, "_keras_build_fn"):
            raise ValueError(
                f"model={model!r} was passed to {type(self).__name__}, which builds its model by "
                "_keras_build_fn: leave one of the two out."
            )
        if model is None:
            if not hasattr(self, "_keras_build_fn"):
                raise ValueError("model=None: pass a function that returns a keras.Model.")
            # scikeras's way to fix a model in a class: a method that finds parameters and `meta`
            # as attributes, so it belongs to an estimator that has them.
            estimator = copy(self)
            estimator._forget()
            estimator.__dict__.update({**params, **meta})
            return estimator._keras_build_fn
        if custom_model.is_model(model):
            return lambda: custom_model.copy_model(model)  # a fit must not change a parameter
        if not callable(model):
            raise TypeError(
                f"model={model!r} is neither a function that returns a keras.Model nor such "
                "a model itself."
            )
        return model

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.required = True
        return tags

    # Fitting ------------------------------------------------------------------------------------

    def initialize(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Build the model without training it.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, as in `fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets, as in `fit`.

        Returns
        -------
        self : object
            The estimator, which has a model.
        """
        return self._fit_network(X, y, None, epochs=0)

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Build the model and train it.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features; of shape (n_samples, ...) for a model that takes it.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets; labels where an output is of classes.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample; it is not modified.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        TypeError, ValueError
            If a parameter, the model or the data cannot be used, before any training; or if the
            loss did not stay finite. The estimator is then as it was before.
        MemoryError
            If memory does not suffice. The estimator is then as it was before.
        """
        epochs = int(self._setting("fit", "epochs"))
        continuing = self.warm_start and self.initialized_
        return self._fit_network(X, y, sample_weight, epochs=epochs, continuing=continuing)

    def _fit_part(self, X, y, sample_weight, classes=None):
        return self._fit_network(
            X, y, sample_weight, epochs=1, continuing=self.initialized_, classes=classes, part=True
        )

    def _fit_network(
        self, X, y, sample_weight, *, epochs, continuing=False, classes=None, part=False
    ):
        """Read the data, build a model unless training goes on, and train it; then keep it all."""
        check_not_forked()
        self._check_parameters()
        sizes = {"batch_size": self._setting("fit", "batch_size")}
        remedy = "Use a smaller batch_size, a smaller model or fewer samples."
        with memory_errors_explained(self, X, sizes, remedy), _features_restored(self):
            data = read_data(self, X, y, sample_weight, reset=not continuing)
            if continuing:
                self._check_same_outputs(data, classes)
                fitted, learned = self._with_model(), dict[str, Any]()
            else:
                fitted, learned = self._start(data, classes)
            if epochs:
                job, kept = self._job(fitted, data, epochs, part), custom_model.kept_on_failure
                with kept(fitted.model) if continuing else nullcontext():
                    history, best, engine = train_custom_model(job)
                earlier = getattr(self, "history_", {}) if continuing else {}
                n_earlier = len(earlier.get("loss", []))
                history = _joined(earlier, history)
                learned |= {"history_": history, "n_iter_": len(history["loss"]), "engine_": engine}
                learned["best_epoch_"] = n_earlier + best
                fitted = replace(fitted, n_trainings=fitted.n_trainings + 1)
        if not continuing:
            self._forget()
        self.__dict__.update(learned, _fitted=fitted)
        return self

    def _forget(self) -> None:
        """Drop what an earlier fit has found out."""
        for name in list(vars(self)):
            if name.endswith("_") or name == "_fitted":
                delattr(self, name)

    def _check_same_outputs(self, data: NetworkData, classes: Any) -> None:
        if data.y.ndim != self.y_ndim_ or data.table.shape[1] != self.n_outputs_:
            raise ValueError(
                f"y has shape {data.y.shape}, but training goes on with a model for y of "
                f"{self.n_outputs_} column(s): fit anew with warm_start=False."
            )
        if classes is not None:
            check_same_classes(classes, self._fitted.class_outputs, self.n_outputs_)

    def _start(self, data: NetworkData, classes: Any) -> tuple[FittedModel, dict[str, Any]]:
        """Build and compile a model; give it, and what has been found out."""
        columns = output_columns(data.y, data.y_names, self.outputs, self._is_of_classes, classes)
        of_sklearn = {name: vars(self)[name] for name in _OF_SKLEARN if name in vars(self)}
        learned = {**of_sklearn, **data.meta(), "n_outputs_expected_": len(columns)}
        if self._is_of_classes:
            learned |= _of_classes([each.classes for each in columns])
            if data.y.ndim == 1 and learned["n_classes_"] > 2:  # y alone need not show it
                learned["target_type_"] = "multiclass"
        params, row = self.get_params(), select_rows(data.X, slice(0, 1))
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        model, outputs = build_model(
            self._build_function(params, learned),
            params,
            self._user_params,
            dict(learned),
            row,
            draw_seed(seed, 0),
        )
        fitted = FittedModel(
            model,
            match_outputs(columns, outputs, data.table, self._is_of_classes),
            [output.name for output in outputs],
            {n: v for n, v in self.get_params(deep=False).items() if not n.startswith("callbacks")},
            {name: np.zeros_like(array) for name, array in row.items()}
            if isinstance(row, dict)
            else np.zeros_like(row),
            seed,
        )
        if self._is_of_classes:
            learned |= _of_classes([output.encoding.classes for output in fitted.class_outputs])
        return fitted, learned

    # Training -----------------------------------------------------------------------------------

    def _job(self, fitted: FittedModel, data: NetworkData, epochs: int, part: bool) -> Job:
        """Put together what trains the model."""
        weight = self._with_class_weight(fitted, data.table, data.weight, part)
        used = np.flatnonzero(weight)  # rows of weight 0 would count in batch normalization
        if not len(used):
            raise ValueError(
                "All rows have a weight of zero, from sample_weight times class_weight: leave "
                "some of them more."
            )
        train, validation = used, None
        fraction = 0 if part else self._setting("fit", "validation_split")
        if fraction:
            labels = self._stratification(fitted, data.table[used], fraction)
            places = hold_out(len(used), fraction, labels, fitted.split_seed, "validation_split")
            train, validation = (used[each] for each in places)
        weight = self._with_class_weight(fitted, data.table, weight, part, train)
        options, extra = self._fit_options(len(train), len(used) - len(train))
        inputs, targets, weights = fitted.arrange(data, weight, train)
        return Job(
            fitted.model,
            inputs,
            targets,
            weights,
            validation=None if validation is None else fitted.arrange(data, weight, validation),
            epochs=epochs,
            seeds=fitted.training_seeds,
            options=options,
            extra=extra,
            callbacks=self._new_callbacks(),
            epoch_callbacks=[Progress(int(options["verbose"]), epochs)]
            if options["verbose"]
            else [],
        )

    def _with_class_weight(
        self, fitted: FittedModel, y: np.ndarray, weight: np.ndarray, part: bool, train: Any = None
    ) -> np.ndarray:
        """Multiply weights by those of the classes; balanced ones once `train` is known."""
        given = getattr(self, "class_weight", None)
        is_balanced = isinstance(given, str)
        if given is None or (train is not None and not is_balanced):
            return weight
        if len(fitted.outputs) > 1:
            raise ValueError(
                f"class_weight={given!r} is for one output, but the model has "
                f"{len(fitted.outputs)}: weigh rows with sample_weight, outputs with loss_weights."
            )
        output = fitted.class_outputs[0]
        encoding, numbers = output.encoding, output.encoding.numbers(output.labels(y))
        table = class_weight_table(given, encoding, part)
        if train is not None:
            table = balanced_table(numbers[train], weight[train], encoding)
        return weight * weight_of_class(table, numbers)

    def _stratification(
        self, fitted: FittedModel, y: np.ndarray, fraction: float
    ) -> np.ndarray | None:
        """Give the classes to keep in proportion in the validation split, where they can be."""
        if not self._is_of_classes or len(fitted.outputs) > 1:
            return None
        output = fitted.class_outputs[0]
        if output.encoding.kind == "multilabel":
            return None
        numbers = output.encoding.numbers(output.labels(y))
        counts = np.unique(numbers, return_counts=True)[1]
        n_held_out = int(np.ceil(fraction * len(y)))
        n_smaller = min(n_held_out, len(y) - n_held_out)
        return numbers if n_smaller >= len(counts) and counts.min() > 1 else None

    def _fit_options(
        self, n_samples: int, n_validation: int
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give what `Model.fit` and the compiled epochs both know, and what only Keras does."""
        options = {name: self._setting("fit", name) for name in ("shuffle", "verbose")}
        options["batch_size"] = _batch_size(self._setting("fit", "batch_size") or 32, n_samples)
        known = {*options, "epochs", "validation_split", "validation_batch_size", "callbacks"}
        params = self.get_params(deep=False)
        extra = {k: v for k, v in routed(params, "fit").items() if k not in known}
        size = self._setting("fit", "validation_batch_size")
        if size is not None:
            extra["validation_batch_size"] = _batch_size(size, max(n_validation, 1))
        return options, extra

    def _new_callbacks(self) -> list:
        params = self.get_params()
        callbacks = make_callbacks(params, "callbacks") + make_callbacks(params, "fit__callbacks")
        # A callback keeps the model that it has seen: each fit gets copies of its own.
        return deepcopy(callbacks)

    # The fitted model ---------------------------------------------------------------------------

    def __sklearn_is_fitted__(self) -> bool:
        return "_fitted" in vars(self)

    @property
    def initialized_(self) -> bool:
        """Whether there is a model."""
        return self.__sklearn_is_fitted__()

    @property
    def model_(self) -> keras.Model:
        """The trained Keras model; after unpickling, your function builds it again."""
        check_is_fitted(self)
        check_not_forked()
        return self._with_model().model

    def _with_model(self) -> FittedModel:
        """Give what `_fitted` is, with a model; after unpickling it has arrays instead."""
        fitted = self._fitted
        if fitted.model is None:
            params = {**self.get_params(), **fitted.params}
            meta = {k: v for k, v in vars(self).items() if k.endswith("_") and k[0] != "_"}
            build = self._build_function(params, meta)
            model, _ = build_model(build, params, self._user_params, meta, fitted.example, 0)
            custom_model.restore_state(model, *fitted.state)
            self._fitted = replace(fitted, model=model, state=None)
        return self._fitted

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Predict the labels or the target of each sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, as in `fit`.

        Returns
        -------
        y_pred : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions, in the columns of y.
        """
        raw = self._raw_outputs(X)
        outputs = self._fitted.outputs
        parts = [output.predictions(each) for output, each in zip(outputs, raw, strict=True)]
        table = in_columns(outputs, parts, self.n_outputs_)
        if table.dtype == np.float32:  # scikit-learn wants numbers in float64
            table = table.astype(np.float64)
        return table[:, 0] if self.y_ndim_ == 1 else table

    def predict_outputs(self, X: ArrayLike) -> dict[str, np.ndarray]:
        """Compute each output of the model: probabilities where it is of classes, else targets.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, as in `fit`.

        Returns
        -------
        outputs : dict of str to ndarray of shape (n_samples, ...)
            Probabilities or targets, by the names of the outputs.
        """
        scores = self._scores(X)
        return dict(zip(self._fitted.output_names, scores, strict=True))

    def _raw_outputs(self, X) -> list[np.ndarray]:
        """Compute the model's outputs, one array for each."""
        check_is_fitted(self)
        X, _, _ = read_inputs(self, X)
        model, n_samples = self.model_, n_samples_of(X)
        data = custom_model.arrange_inputs(model, X)
        custom_model.check_input_shapes(model, data)
        params = self.get_params()
        arguments = routed(params, "predict", nested=False)
        if arguments.get("batch_size") is not None:
            arguments["batch_size"] = _batch_size(arguments["batch_size"], n_samples)
        if "callbacks" in arguments:
            arguments["callbacks"] = make_callbacks(params, "predict__callbacks")
        return custom_model.model_outputs(model, data, **arguments)

    def _scores(self, X) -> list[np.ndarray]:
        """Compute the predictions of each output: probabilities, or regression targets."""
        raw = self._raw_outputs(X)
        return [output.scores(r) for output, r in zip(self._fitted.outputs, raw, strict=True)]


def _batch_size(given: int, n_samples: int) -> int:
    """Give a number of samples, of which -1 is all."""
    return n_samples if given == -1 else int(given)


@contextmanager
def _features_restored(estimator: NetworkBase) -> Iterator[None]:
    """Give an estimator back what scikit-learn's check of X sets on it, where a fit fails."""
    before = {name: vars(estimator)[name] for name in _OF_SKLEARN if name in vars(estimator)}
    try:
        yield
    except BaseException:
        for name in _OF_SKLEARN:
            estimator.__dict__.pop(name, None)
        estimator.__dict__.update(before)
        raise


def _of_classes(classes: list) -> dict[str, Any]:
    """Give the classes of one output, or lists with those of each."""
    sizes = [len(each) for each in classes]
    alone = len(classes) == 1
    return {
        "classes_": classes[0] if alone else classes,
        "n_classes_": sizes[0] if alone else sizes,
    }


def _joined(earlier: dict[str, list], history: dict[str, list]) -> dict[str, list[float]]:
    """Put a history after an earlier one, NaN where that one lacks a metric."""
    n_earlier = len(earlier.get("loss", []))
    return {
        name: [*earlier.get(name, repeat(np.nan, n_earlier)), *history.get(name, [])]
        for name in {**earlier, **history}
    }

"""NetworkClassifier and NetworkRegressor: your own Keras model, through scikeras.

The one file that imports scikeras. Each thing it repairs is named beside the line that does.
"""

from __future__ import annotations

import inspect
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import r2_score

from skdense.engine import _compat as patches
from skdense.engine.custom_model import model as custom_model
from skdense.estimators.html_view import DocumentationLink
from skdense.estimators.network_base import NetworkBase
from skdense.estimators.parameter_routing import ROUTES, check_routed
from skdense.preprocessing._compat import Interval, Options, StrOptions, _fit_context

# Repairs: scikeras patches pickling and copying of Keras's classes for the whole process.
with patches.undone():
    try:
        from scikeras.wrappers import BaseWrapper
    except ImportError as error:
        raise ImportError(
            "NetworkClassifier and NetworkRegressor build models by scikeras, which is missing: "
            'pip install "skdense[networks]".'
        ) from error

_TINY = np.finfo(np.float32).tiny


# Repairs: scikeras declares tags in the way before scikit-learn 1.6: no tool knew its classifiers
# as such, and folds were not stratified. One such method among the base classes is too many, so
# these inherit from a copy of scikeras's class without it; scikeras's own is left as it is.
_Wrapper: Any = type(
    BaseWrapper.__name__,
    BaseWrapper.__bases__,
    {
        name: part
        for name, part in vars(BaseWrapper).items()
        if name not in ("_more_tags", "_tags", "__dict__", "__weakref__")
    },
)


class _Network(NetworkBase, DocumentationLink, _Wrapper):
    """scikeras's routing of parameters to a build function, under scikit-learn's rules."""

    _parameter_constraints: dict = {
        "inputs": [dict, None],
        "outputs": [dict, None],
        "batch_size": [Interval(Integral, 1, None, closed="left"), Options(Integral, {-1}), None],
        "validation_batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "validation_split": [Interval(Real, 0, 1, closed="left")],
        "shuffle": ["boolean"],
        "run_eagerly": ["boolean"],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }
    _random_state = None  # seeding is ours: scikeras's makes all of TensorFlow deterministic

    def __init__(
        self,
        model=None,
        *,
        inputs=None,
        outputs=None,
        optimizer="rmsprop",
        loss=None,
        loss_weights=None,
        metrics=None,
        batch_size=None,
        validation_batch_size=None,
        epochs=1,
        validation_split=0.0,
        shuffle=True,
        callbacks=None,
        run_eagerly=False,
        warm_start=False,
        verbose=0,
        random_state=None,
        **routed,
    ):
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
        self._route(routed)

    # Parameters ---------------------------------------------------------------------------------

    def _route(self, routed: dict[str, Any]) -> None:
        """Keep parameters that no signature can list, since the user's function has them."""
        self.__dict__.update(routed)
        if routed:
            self._user_params = {*getattr(self, "_user_params", ()), *routed}

    def _get_param_names(self):
        # Repairs `clone`: every name of every signature, a subclass's included, and what was
        # routed; scikeras lists whatever attribute an object happens to have.
        names = set(getattr(self, "_user_params", ()))
        for cls in type(self).__mro__:
            if "__init__" in vars(cls) and issubclass(cls, _Network):
                parameters = inspect.signature(cls.__init__).parameters.values()
                names |= {p.name for p in parameters if p.kind is not p.VAR_KEYWORD}
        return sorted(name for name in names if name in vars(self))

    def set_params(self, **params):
        """Set parameters, those for the build function, optimizer, loss or callbacks included.

        Parameters
        ----------
        **params : dict
            For example ``epochs=20``, ``model__units=64``, ``optimizer__learning_rate=0.01``.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If there is no such parameter.
        """
        known = self._get_param_names()
        for name, value in params.items():
            route, routed, _ = name.partition("__")
            if name not in known and not (routed and route in ROUTES):
                raise ValueError(
                    f"Invalid parameter {name!r} for estimator {self}. Valid parameters are: "
                    f"{known}, and names that begin with "
                    f"{', '.join(f'{route}__' for route in ROUTES)}."
                )
            if name in known:
                setattr(self, name, value)
            else:
                self._route({name: value})
        return self

    def _setting(self, route: str, name: str) -> Any:
        """Give a parameter's value; ``fit__epochs`` goes before ``epochs``."""
        return getattr(self, f"{route}__{name}", getattr(self, name, None))

    def _check_parameters(self) -> None:
        for hook, instead in (("target_encoder", "outputs"), ("feature_encoder", "inputs")):
            if getattr(type(self), hook) is not getattr(_Wrapper, hook):
                raise TypeError(
                    f"{type(self).__name__} overrides scikeras's {hook}, which is not used here: "
                    f"say with {instead}= which columns go where, and put other transformations "
                    "into a Pipeline or a TransformedTargetRegressor."
                )
        check_routed(self, self._check_model_param())

    def _check_model_param(self):
        """Give the function that builds the model."""
        if self.model is None:
            if hasattr(self, "_keras_build_fn"):
                return self._keras_build_fn
            raise ValueError("model=None: pass a function that returns a keras.Model.")
        if custom_model.is_model(self.model):
            # Repairs: a ready-made model is copied, since a fit must not change a parameter.
            return lambda: custom_model.copy_model(self.model)
        if not callable(self.model):
            raise TypeError(
                f"model={self.model!r} is neither a function that returns a keras.Model nor such "
                "a model itself."
            )
        return self.model

    def _get_compile_kwargs(self):
        # Repairs: an optimizer object would be tied to the first model it trains.
        return custom_model.copy_keras_objects(super()._get_compile_kwargs())

    # Repairs: scikit-learn's own way to print.
    __repr__ = BaseEstimator.__repr__

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.required = True
        return tags

    @property
    def initialized_(self) -> bool:
        """Whether there is a model."""
        return self.__sklearn_is_fitted__()

    # Fitting ------------------------------------------------------------------------------------

    def initialize(self, X, y):
        """Build the model without training it.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)

        Returns
        -------
        self
        """
        return self._fit_network(X, y, None, continuing=False, epochs=0)

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Build the model and train it.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), or (n_samples, ...) for a model that takes
        it
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, never written to.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter, the model or the data cannot be used, before any training; or if the
            loss did not stay finite. The estimator is then as it was before.
        """
        epochs = int(self._setting("fit", "epochs"))
        continuing = self.warm_start and self.initialized_
        return self._fit_network(X, y, sample_weight, continuing=continuing, epochs=epochs)

    def _fit_part(self, X, y, sample_weight, classes=None):
        return self._fit_network(
            X, y, sample_weight, continuing=self.initialized_, epochs=1, classes=classes, part=True
        )

    def predict(self, X):
        """Predict the labels or numbers of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples,) or (n_samples, n_outputs)
            In the columns of y.
        """
        return self._predicted(X)

    def predict_outputs(self, X):
        """Compute each output of the model: probabilities where it tells classes, else numbers.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        dict of str to array of shape (n_samples, ...)
            By the outputs' names.
        """
        scored = self._scored(X)
        return dict(zip(self._output_names, scored, strict=True))


class NetworkClassifier(ClassifierMixin, _Network):
    """Your own Keras model as a scikit-learn classifier.

    For scikeras's ``KerasClassifier``, with the same parameters.

    Parameters
    ----------
    model : callable or keras.Model, default=None
        Function that returns a Keras model: Sequential, functional with one or several inputs and
        outputs, or of your own class. It is called with `meta`, a dict of what `fit` has found
        out (``n_features_in_``, ``n_outputs_``, ``target_type_``, ``n_classes_``, ...), with
        `compile_kwargs` and with `params` where its signature has them, and with all ``model__``
        parameters. If it does not compile the model, `optimizer`, `loss`, `metrics` and
        `loss_weights` do. A ready-made model is copied with its weights and never changed.
    inputs : dict, default=None
        Which columns of X go to which input of the model: the input's name -> column names or
        positions, a slice, or a callable such as scikit-learn's ``make_column_selector``. Columns
        that are not named stay out. None is all of X into the only input.
    outputs : dict, default=None
        Which columns of y which output of the model learns: the output layer's name -> column
        names or positions. None is all of y for a single output, or one column for each output
        in order.
        Every output tells classes here; for outputs of both kinds see NetworkRegressor.
    optimizer : str, keras.optimizers.Optimizer or such a class, default="rmsprop"
        A class or name takes parameters as ``optimizer__learning_rate=0.01``. An object is used
        as a recipe and never changed.
    loss : str, callable, keras.losses.Loss, or list or dict of these, default=None
        A dict has one loss for each output, by name. None where `model` compiles.
    loss_weights : list or dict, default=None
        Weight of each output's loss in the sum.
    metrics : list or dict, default=None
        Figures that Keras records for each epoch.
    batch_size : int, default=None
        Rows of one training step: None is 32, -1 all of them.
    validation_batch_size : int, default=None
        Rows of one step over the held-out rows.
    epochs : int, default=1
        Passes over the training rows.
    validation_split : float, default=0.0
        OutputColumns of the rows to hold out for ``"val_loss"``, for ``EarlyStopping`` to watch.
        They are drawn at random and in proportion of the classes; Keras would take the last ones.
    shuffle : bool, default=True
        Whether each epoch visits the rows in an order of its own.
    callbacks : list, dict or keras.callbacks.Callback, default=None
        Objects (each fit uses copies of its own), or classes with parameters such as
        ``callbacks__patience=5``.
    run_eagerly : bool, default=False
        Whether Keras runs without graphs, to look into a model of your own.
    class_weight : dict, list of dicts or "balanced", default=None
        Weight of each class, ``{label: weight}``, multiplied with `sample_weight`.
    warm_start : bool, default=False
        Whether `fit` goes on from model, optimizer state and history of the fit before.
    verbose : int, default=0
        1 shows one line that is written over, 2 a line for each epoch.
    random_state : int, RandomState instance or None, default=None
        Seeds the initial weights, held-out rows, the order of the rows and dropout masks.
    **routed : dict
        ``model__units=64`` goes to your function, ``optimizer__``, ``loss__``, ``metrics__``,
        ``callbacks__``, ``compile__``, ``fit__`` and ``predict__`` to where they say. This one
        estimator needs such names: no signature can list the parameters of your function.

    Attributes
    ----------
    classes_ : array of shape (n_classes,), or list of such arrays
        Labels, sorted; column numbers where y is a 0/1 matrix; a list for several outputs.
    n_classes_ : int or list of int
        How many.
    model_ : keras.Model
        The trained model.
    history_ : dict of lists
        ``"loss"``, with held-out rows ``"val_loss"``, and the metrics of each epoch.
    n_iter_ : int
        Epochs run.
    engine_ : str
        ``"compiled epochs"``, or ``"keras: "`` and the reason why ``Model.fit`` trained.
    n_features_in_ : int
        Number of features seen by `fit`.
    feature_names_in_ : array of shape (`n_features_in_`,)
        Names of the features, where X has names that are all strings.
    n_outputs_ : int
        Number of columns of y.
    input_columns_ : dict of lists
        With `inputs`, the position of each input's columns.

    See Also
    --------
    NetworkRegressor : The same for numbers.
    DenseClassifier : Dense networks without a function of your own.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdense import NetworkClassifier
    >>> def build(meta, units=8):
    ...     import keras
    ...     return keras.Sequential([
    ...         keras.Input((meta["n_features_in_"],)),
    ...         keras.layers.Dense(units, activation="relu"),
    ...         keras.layers.Dense(meta["n_classes_"], activation="softmax"),
    ...     ])
    >>> X, y = load_iris(return_X_y=True)
    >>> net = NetworkClassifier(
    ...     build, loss="sparse_categorical_crossentropy", model__units=16, epochs=2,
    ...     random_state=0,
    ... )
    >>> net.fit(X, y).predict_proba(X[:1]).shape
    (1, 3)
    """

    _parameter_constraints: dict = {
        **_Network._parameter_constraints,
        "class_weight": [StrOptions({"balanced"}), dict, list, None],
    }
    _is_of_classes = True

    def __init__(
        self,
        model=None,
        *,
        inputs=None,
        outputs=None,
        optimizer="rmsprop",
        loss=None,
        loss_weights=None,
        metrics=None,
        batch_size=None,
        validation_batch_size=None,
        epochs=1,
        validation_split=0.0,
        shuffle=True,
        callbacks=None,
        run_eagerly=False,
        class_weight=None,
        warm_start=False,
        verbose=0,
        random_state=None,
        **routed,
    ):
        super().__init__(
            model,
            inputs=inputs,
            outputs=outputs,
            optimizer=optimizer,
            loss=loss,
            loss_weights=loss_weights,
            metrics=metrics,
            batch_size=batch_size,
            validation_batch_size=validation_batch_size,
            epochs=epochs,
            validation_split=validation_split,
            shuffle=shuffle,
            callbacks=callbacks,
            run_eagerly=run_eagerly,
            warm_start=warm_start,
            verbose=verbose,
            random_state=random_state,
            **routed,
        )
        self.class_weight = class_weight

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train for one epoch on some rows; the model, its optimizer and the history go on.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        classes : array-like of shape (n_classes,), default=None
            All the labels that will ever come, where the first y does not have them all.
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self
        """
        return self._fit_part(X, y, sample_weight, classes)

    def predict_proba(self, X):
        """Predict the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples, n_classes) or (n_samples, n_labels), or list of such arrays
            Columns in the order of `classes_`; a list where the model has several outputs.
        """
        # Repairs: a single row stays a row; scikeras squeezes it flat.
        scored = self._scored(X)
        return scored[0] if len(scored) == 1 else scored

    def predict_log_proba(self, X):
        """Predict the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples, n_classes) or (n_samples, n_labels), or list of such arrays
        """
        logarithms = [np.log(np.maximum(each, _TINY)) for each in self._scored(X)]
        return logarithms[0] if len(logarithms) == 1 else logarithms

    def score(self, X, y, sample_weight=None):
        """Accuracy; where the model has several outputs, the mean over the columns of y.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
        """
        if self.__sklearn_is_fitted__() and len(self._outputs) > 1:
            right = np.asarray(y) == self.predict(X)
            return float(np.average(right.mean(axis=1), weights=sample_weight))
        return super().score(X, y, sample_weight)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.classifier_tags.poor_score = True  # how well it scores is up to the user's function
        return tags


class NetworkRegressor(RegressorMixin, _Network):
    """Your own Keras model as a scikit-learn regressor.

    For scikeras's ``KerasRegressor``, with the same parameters. With `outputs`, some outputs may
    tell classes beside those that give numbers.

    Parameters
    ----------
    model : callable or keras.Model, default=None
        Function that returns a Keras model: Sequential, functional with one or several inputs and
        outputs, or of your own class. It is called with `meta`, a dict of what `fit` has found
        out (``n_features_in_``, ``n_outputs_``, ``target_type_``, ...), with
        `compile_kwargs` and with `params` where its signature has them, and with all ``model__``
        parameters. If it does not compile the model, `optimizer`, `loss`, `metrics` and
        `loss_weights` do. A ready-made model is copied with its weights and never changed.
    inputs : dict, default=None
        Which columns of X go to which input of the model: the input's name -> column names or
        positions, a slice, or a callable such as scikit-learn's ``make_column_selector``. Columns
        that are not named stay out. None is all of X into the only input.
    outputs : dict, default=None
        Which columns of y which output of the model learns: the output layer's name -> column
        names or positions. None is all of y for a single output, or one column for each output
        in order.
        An output named here whose loss is a cross-entropy and whose column holds labels tells
        classes.
    optimizer : str, keras.optimizers.Optimizer or such a class, default="rmsprop"
        A class or name takes parameters as ``optimizer__learning_rate=0.01``. An object is used
        as a recipe and never changed.
    loss : str, callable, keras.losses.Loss, or list or dict of these, default=None
        A dict has one loss for each output, by name. None where `model` compiles.
    loss_weights : list or dict, default=None
        Weight of each output's loss in the sum.
    metrics : list or dict, default=None
        Figures that Keras records for each epoch.
    batch_size : int, default=None
        Rows of one training step: None is 32, -1 all of them.
    validation_batch_size : int, default=None
        Rows of one step over the held-out rows.
    epochs : int, default=1
        Passes over the training rows.
    validation_split : float, default=0.0
        OutputColumns of the rows to hold out for ``"val_loss"``, for ``EarlyStopping`` to watch.
        They are drawn at random; Keras would take the last ones.
    shuffle : bool, default=True
        Whether each epoch visits the rows in an order of its own.
    callbacks : list, dict or keras.callbacks.Callback, default=None
        Objects (each fit uses copies of its own), or classes with parameters such as
        ``callbacks__patience=5``.
    run_eagerly : bool, default=False
        Whether Keras runs without graphs, to look into a model of your own.
    warm_start : bool, default=False
        Whether `fit` goes on from model, optimizer state and history of the fit before.
    verbose : int, default=0
        1 shows one line that is written over, 2 a line for each epoch.
    random_state : int, RandomState instance or None, default=None
        Seeds the initial weights, held-out rows, the order of the rows and dropout masks.
    **routed : dict
        ``model__units=64`` goes to your function, ``optimizer__``, ``loss__``, ``metrics__``,
        ``callbacks__``, ``compile__``, ``fit__`` and ``predict__`` to where they say. This one
        estimator needs such names: no signature can list the parameters of your function.

    Attributes
    ----------
    model_ : keras.Model
        The trained model.
    history_ : dict of lists
        ``"loss"``, with held-out rows ``"val_loss"``, and the metrics of each epoch.
    n_iter_ : int
        Epochs run.
    engine_ : str
        ``"compiled epochs"``, or ``"keras: "`` and the reason why ``Model.fit`` trained.
    n_features_in_ : int
        Number of features seen by `fit`.
    feature_names_in_ : array of shape (`n_features_in_`,)
        Names of the features, where X has names that are all strings.
    n_outputs_ : int
        Number of columns of y.
    input_columns_ : dict of lists
        With `inputs`, the position of each input's columns.

    See Also
    --------
    NetworkClassifier : The same for classes.
    DenseRegressor : Dense networks without a function of your own.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skdense import NetworkRegressor
    >>> def build(meta, units=8):
    ...     import keras
    ...     inputs = keras.Input((meta["n_features_in_"],))
    ...     hidden = keras.layers.Dense(units, activation="relu")(inputs)
    ...     return keras.Model(inputs, keras.layers.Dense(1)(hidden))
    >>> X, y = load_diabetes(return_X_y=True)
    >>> net = NetworkRegressor(build, loss="mse", epochs=2, random_state=0).fit(X, y)
    >>> net.predict(X[:3]).shape
    (3,)
    """

    _is_of_classes = False

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # how well it scores is up to the user's function
        return tags

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None):
        """Train for one epoch on some rows; the model, its optimizer and the history go on.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self
        """
        return self._fit_part(X, y, sample_weight)

    def score(self, X, y, sample_weight=None):
        """R², the mean over the columns of numbers; columns of labels are left out.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
        """
        numbers = self._number_columns() if self.__sklearn_is_fitted__() else None
        if numbers is None:
            return super().score(X, y, sample_weight)
        true, predicted = (
            np.asarray(each)[:, numbers].astype(float) for each in (y, self.predict(X))
        )
        return r2_score(true, predicted, sample_weight=sample_weight)

"""NetworkRegressor: a custom Keras model as a scikit-learn regressor."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from skdense.estimators.network_base import NetworkBase
from skdense.estimators.outputs import RegressionOutput
from skdense.preprocessing._compat import _fit_context


class NetworkRegressor(RegressorMixin, NetworkBase):
    """A custom Keras model as a scikit-learn regressor.

    A function that you write builds the model. Parameters are those of scikeras's
    ``KerasRegressor``, which it replaces. With `outputs`, some outputs may be of classes and others
    of regression.

    .. versionadded:: 0.1

    Parameters
    ----------
    model : callable or keras.Model, default=None
        Function that returns a Keras model: Sequential, functional with one or several inputs and
        outputs, or of your own class. It is called with `meta`, a dict of what `fit` knows about
        the data (``n_features_in_``, ``n_outputs_``, ``target_type_``, ...), with
        `compile_kwargs` and with `params` where its signature has them, and with all ``model__``
        parameters. If it does not compile the model, `optimizer`, `loss`, `metrics` and
        `loss_weights` do. A ready-made model is copied with its weights and never changed.
    inputs : dict, default=None
        Which columns of X go to which input of the model. Keys are names of inputs; values are
        column names or positions, a slice, or a callable such as scikit-learn's
        ``make_column_selector``. Other columns are not used. None passes all of X to the only
        input.
    outputs : dict, default=None
        Which columns of y each output of the model learns. Keys are names of output layers; values
        are column names or positions. None is all of y for a single output, or one column for each
        output in order.
        An output named here whose loss is a cross-entropy and whose column holds labels is of
        classes.
    optimizer : str, keras.optimizers.Optimizer or such a class, default="rmsprop"
        A class or name takes parameters as ``optimizer__learning_rate=0.01``. An object is used
        as a configuration and never changed.
    loss : str, callable, keras.losses.Loss, or list or dict of these, default=None
        A dict has one loss for each output, by name. None where `model` compiles the model.
    loss_weights : list or dict, default=None
        Weight of each output's loss in the sum.
    metrics : list or dict, default=None
        Metrics that Keras records for each epoch, besides the loss.
    batch_size : int, default=None
        Samples of one training step: None is 32, -1 all of them.
    validation_batch_size : int, default=None
        Samples of one step over the validation set; -1 all of them.
    epochs : int, default=1
        Passes over the training set.
    validation_split : float, default=0.0
        Share of the samples to hold out as the validation set, for ``"val_loss"``.
        They are drawn at random; Keras would take the last ones.
    shuffle : bool, default=True
        Whether each epoch visits the samples in an order of its own.
    callbacks : list, dict or keras.callbacks.Callback, default=None
        Objects (each fit uses copies of its own), or classes with parameters such as
        ``callbacks__patience=5``.
    run_eagerly : bool, default=False
        Whether Keras runs without graphs, to debug a custom model.
    warm_start : bool, default=False
        Whether `fit` continues from the model, optimizer state and history of the previous fit.
    verbose : int, default=0
        1 shows one line that is updated in place, 2 a line for each epoch.
    random_state : int, RandomState instance or None, default=None
        Seeds the initial weights, the validation split, the order of the samples and dropout masks.
    **routed : dict
        Parameters that are passed on: ``model__units=64`` to your function, and those that begin
        with ``optimizer__``, ``loss__``, ``metrics__``, ``callbacks__``, ``compile__``, ``fit__``
        and ``predict__`` to what they name.

    Attributes
    ----------
    model_ : keras.Model
        The trained model.
    history_ : dict of str to list of float
        ``"loss"``, with a validation set ``"val_loss"``, and the metrics of each epoch.
    n_iter_ : int
        Epochs run, those before a warm start included.
    best_epoch_ : int
        The epoch whose weights are kept, from 1: the last, unless ``keras.callbacks.EarlyStopping``
        has restored those of an earlier one.
    engine_ : str
        ``"compiled epochs"``, or ``"keras: "`` and the reason why ``Model.fit`` trained.
    n_features_in_ : int
        Number of features seen by `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where X has names that are all strings.
    n_outputs_ : int
        Number of columns of y.
    input_columns_ : dict of str to list of int
        With `inputs`, the positions of each input's columns.

    See Also
    --------
    NetworkClassifier : The same for classification.
    DenseRegressor : Dense networks, without a function that builds them.

    Examples
    --------
    In a pipeline, after a scaler:

    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skdense import NetworkRegressor
    >>> def build(meta, units=8):
    ...     import keras
    ...     inputs = keras.Input((meta["n_features_in_"],))
    ...     hidden = keras.layers.Dense(units, activation="relu")(inputs)
    ...     return keras.Model(inputs, keras.layers.Dense(1)(hidden))
    >>> X, y = load_diabetes(return_X_y=True)
    >>> net = NetworkRegressor(build, loss="mse", epochs=2, random_state=0)
    >>> model = make_pipeline(StandardScaler(), net).fit(X, y)
    >>> model.predict(X[:3]).shape
    (3,)

    A search over a parameter of the optimizer; those of the function are searched in the same way:

    >>> from sklearn.model_selection import GridSearchCV
    >>> grid = {"networkregressor__optimizer__learning_rate": [0.001, 0.01]}
    >>> GridSearchCV(model, grid, cv=2).fit(X, y).best_params_
    {'networkregressor__optimizer__learning_rate': ...}

    Early stopping, by a callback of Keras and a validation set of a fifth of the samples:

    >>> import keras
    >>> net = net.set_params(
    ...     callbacks=keras.callbacks.EarlyStopping, callbacks__restore_best_weights=True,
    ...     validation_split=0.2, epochs=4,
    ... )
    >>> net.fit(X, y).best_epoch_ <= net.n_iter_ == len(net.history_["val_loss"])
    True
    """

    _is_of_classes = False

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # how well it scores is up to the user's function
        return tags

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Train for one epoch on a part of the data, from the current weights.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, as in `fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets, as in `fit`.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        return self._fit_part(X, y, sample_weight)

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Compute R², the mean over the regression targets; columns of labels are left out.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, as in `fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample.

        Returns
        -------
        score : float
            R² of `predict`.
        """
        if not self.__sklearn_is_fitted__() or not self._fitted.class_outputs:
            return super().score(X, y, sample_weight)
        outputs = [each for each in self._fitted.outputs if isinstance(each, RegressionOutput)]
        numbers = [column for output in outputs for column in output.columns]
        true, predicted = (
            np.asarray(each)[:, numbers].astype(float) for each in (y, self.predict(X))
        )
        return r2_score(true, predicted, sample_weight=sample_weight)

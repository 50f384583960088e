"""NetworkRegressor: a custom Keras model as a scikit-learn regressor."""

from __future__ import annotations

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from skdense.estimators.network_base import NetworkBase
from skdense.estimators.outputs import RegressionOutput
from skdense.preprocessing._compat import _fit_context


class NetworkRegressor(RegressorMixin, NetworkBase):
    """A custom Keras model as a scikit-learn regressor.

    For scikeras's ``KerasRegressor``, with the same parameters. With `outputs`, some outputs may
    be of classes beside those of regression.

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
        An output named here whose loss is a cross-entropy and whose column holds labels is of
        classes.
    optimizer : str, keras.optimizers.Optimizer or such a class, default="rmsprop"
        A class or name takes parameters as ``optimizer__learning_rate=0.01``. An object is used
        as a configuration and never changed.
    loss : str, callable, keras.losses.Loss, or list or dict of these, default=None
        A dict has one loss for each output, by name. None where `model` compiles.
    loss_weights : list or dict, default=None
        Weight of each output's loss in the sum.
    metrics : list or dict, default=None
        What Keras records for each epoch besides the loss.
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
        Whether Keras runs without graphs, to look into a custom model.
    warm_start : bool, default=False
        Whether `fit` goes on from model, optimizer state and history of the fit before.
    verbose : int, default=0
        1 shows one line that is written over, 2 a line for each epoch.
    random_state : int, RandomState instance or None, default=None
        Seeds the initial weights, the validation split, the order of the samples and dropout masks.
    **routed : dict
        ``model__units=64`` goes to your function, ``optimizer__``, ``loss__``, ``metrics__``,
        ``callbacks__``, ``compile__``, ``fit__`` and ``predict__`` to where they say. Such
        names are needed here: no signature can list the parameters of your function.

    Attributes
    ----------
    model_ : keras.Model
        The trained model.
    history_ : dict of lists
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
    feature_names_in_ : array of shape (`n_features_in_`,)
        Names of the features, where X has names that are all strings.
    n_outputs_ : int
        Number of columns of y.
    input_columns_ : dict of lists
        With `inputs`, the position of each input's columns.

    See Also
    --------
    NetworkClassifier : The same for classes.
    DenseRegressor : Dense networks, without a function to build them.

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
        """Train for one epoch on some samples; the model, its optimizer and the history go on.

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
        """R², the mean over the regression targets; columns of labels are left out.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
        """
        if not self.__sklearn_is_fitted__() or not self._fitted.class_outputs:
            return super().score(X, y, sample_weight)
        outputs = [each for each in self._fitted.outputs if isinstance(each, RegressionOutput)]
        numbers = [column for output in outputs for column in output.columns]
        true, predicted = (
            np.asarray(each)[:, numbers].astype(float) for each in (y, self.predict(X))
        )
        return r2_score(true, predicted, sample_weight=sample_weight)

"""NetworkClassifier: a custom Keras model as a scikit-learn classifier."""

from __future__ import annotations

import numpy as np
from sklearn.base import ClassifierMixin

from skdense.estimators.network_base import NetworkBase
from skdense.preprocessing._compat import StrOptions, _fit_context

_TINY = np.finfo(np.float32).tiny


class NetworkClassifier(ClassifierMixin, NetworkBase):
    """A custom Keras model as a scikit-learn classifier.

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
        Every output is of classes here; for outputs of both kinds see NetworkRegressor.
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
        They are drawn at random and, where there are enough, in proportion of the classes; Keras
        would take the last ones.
    shuffle : bool, default=True
        Whether each epoch visits the samples in an order of its own.
    callbacks : list, dict or keras.callbacks.Callback, default=None
        Objects (each fit uses copies of its own), or classes with parameters such as
        ``callbacks__patience=5``.
    run_eagerly : bool, default=False
        Whether Keras runs without graphs, to look into a custom model.
    class_weight : dict, list of dicts or "balanced", default=None
        Weight of each class, ``{label: weight}``, multiplied with `sample_weight`.
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
    classes_ : array of shape (n_classes,), or list of such arrays
        Labels, sorted; column numbers where y is a 0/1 matrix; a list for several outputs.
    n_classes_ : int or list of int
        How many.
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
    NetworkRegressor : The same for regression.
    DenseClassifier : Dense networks, without a function to build them.

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
        **NetworkBase._parameter_constraints,
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
        """Train for one epoch on some samples; the model, its optimizer and the history go on.

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
        scored = self._scores(X)
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
        logarithms = [np.log(np.maximum(each, _TINY)) for each in self._scores(X)]
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
        if self.__sklearn_is_fitted__() and len(self._fitted.outputs) > 1:
            right = np.asarray(y) == self.predict(X)
            return float(np.average(right.mean(axis=1), weights=sample_weight))
        return super().score(X, y, sample_weight)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.classifier_tags.poor_score = True  # how well it scores is up to the user's function
        return tags

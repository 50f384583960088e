"""DenseRegressor."""

from __future__ import annotations

from numbers import Real

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import column_or_1d

from skdense.estimators.base import DenseEstimator
from skdense.estimators.parameters import SHARED_CONSTRAINTS
from skdense.estimators.prepared_data import LearnedTargets
from skdense.networks.losses import REGRESSOR_LOSSES
from skdense.preprocessing._compat import Interval, _fit_context
from skdense.preprocessing.fit_arguments import FitArguments
from skdense.preprocessing.target_scaling import (
    best_constant,
    check_first_chunk,
    finite_numbers,
    scale_numbers,
)


class DenseRegressor(RegressorMixin, DenseEstimator):
    """Dense neural network for one or more numbers a row.

    A Keras multilayer perceptron, trained by whole compiled epochs, as a scikit-learn regressor.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(128, 64, 32)
        Units of each hidden layer. ``()`` is no hidden layer: linear regression.
    activation : str, callable or sequence of these, default="relu"
        A Keras activation name (``"gelu"``, ``"silu"``, ``"tanh"``, ``"selu"``, ``"elu"``,
        ``"leaky_relu"``, ``"mish"``, ...) or a function such as ``keras.activations.silu``; one
        for all hidden layers, or one for each.
    batch_norm : bool or {"before", "after"}, default=False
        Batch normalization in each hidden layer. True and ``"before"``: dense, norm, activation,
        dropout. ``"after"``: dense, activation, norm, dropout.
    residual : bool, default=False
        Residual blocks with pre-activation: from the second hidden layer on, what a layer computes
        ahead of its activation is added to that of the layer before; through a linear projection
        without bias where the two widths differ. It lets deep networks train.
    dropout : float or sequence of float, default=0.0
        Share of each hidden layer's units that is left out at random in training, in [0, 1);
        usually 0.2 to 0.5. One for all hidden layers, or one for each.
    input_dropout : float, default=0.0
        Share of the inputs that is set to zero at random in training, in [0, 1), the others
        divided by one minus it; usually 0.1 to 0.2.
    input_noise : float, default=0.0
        Standard deviation of Gaussian noise on the inputs: added in training, anew in each step.
        Usually 0.05 to 0.3, for standardized features.
    l1 : float or sequence of float, default=0.0
        Weight of the sum of absolute values of each hidden layer's kernel in the loss; usually
        0.0001 to 0.1. It drives weights to zero. Together with `l2` it is the elastic net.
        Without hidden layers it applies to the output's kernel.
    l2 : float or sequence of float, default=0.0
        Weight of the sum of squares of each hidden layer's kernel in the loss; usually 0.001 to
        0.4. It keeps weights small. Without hidden layers it applies to the output's kernel.
    optimizer : str or keras.optimizers.Optimizer, default="adam"
        A Keras name, or an instance such as ``keras.optimizers.SGD(momentum=0.9)``, which is used
        as a recipe and never changed. Momentum, clipping and weight decay come that way.
    learning_rate : float, default=None
        The optimizer's learning rate; None is the optimizer's own.
    lr_schedule : str, callable, schedule or None, default=None
        How the learning rate changes in training, starting from `learning_rate`:
        ``"exponential"``, ``"cosine"`` or ``"reduce_on_plateau"`` with their usual figures, or an
        object of `skdense.schedules` to set these. Or what gives the rate itself: a function
        of the epoch (from 0), or of the epoch and the rate before; or a Keras
        ``LearningRateSchedule``. None and ``"constant"`` leave it as it is.
    loss : str or keras.losses.Loss, default="auto"
        A Keras name (``"mse"``, ``"mae"``, ``"huber"``, ``"log_cosh"``, ``"poisson"``, ...),
        ``"quantile"`` or a ``keras.losses.Loss``. ``"auto"`` is the mean squared error. Under
        ``"poisson"`` the output has a log link. Figures inside a loss, such as Huber's delta, are
        in standard deviations of y under `scale_target`.
    quantile : float, default=0.5
        Which quantile of y ``loss="quantile"`` is to learn, between 0 and 1: 0.9 is the number
        that nine rows of ten stay below. Other losses make no use of it.
    batch_size : int, default=32
        Rows of one training step. A batch larger than the data becomes the data.
    epochs : int, default=100
        Passes over the training rows; the most of them under early stopping.
    early_stopping : bool, default=False
        Watch rows that are not trained on, and stop when `monitor` no longer gets better.
    validation_fraction : float, default=None
        Part of the rows to hold out, shuffled and seeded. None holds out nothing or,
        under early stopping, 0.2. A number records the validation loss without early stopping, too.
    validation : splitter, "last" or None, default=None
        How to choose the held-out rows instead: by the first split of a scikit-learn splitter such
        as ``GroupKFold()``, seeded by `random_state` unless it has a random state of its own; or
        ``"last"``, where rows stand in the order of time: the last `validation_fraction` of them,
        or 0.2. None shuffles. Rows to watch may also be given to `fit`, as `X_val` and `y_val`.
    monitor : str or callable, default="val_loss"
        What early stopping watches: ``"val_loss"``; ``"loss"`` of the training rows, for which
        nothing has to be held out; or, on the rows watched, a scikit-learn scorer, by name
        (``"roc_auc"``, ``"balanced_accuracy"``, ``"r2"``, ...; ``"val_roc_auc"`` is the same) or as
        a function of (estimator, X, y). Of scorers greater is better.
    metrics : list of str or callable, default=None
        More scorers, computed on the rows watched after each epoch and kept in `history_`. Those
        that take a sample weight get the rows' own, without `class_weight`.
    patience : int, default=10
        Epochs without improvement after which early stopping ends the training.
    min_delta : float, default=0.0
        By how much the figure watched has to get better to count as an improvement.
    restore_best_weights : bool, default=True
        Under early stopping, give back the weights of the best epoch instead of the last.
    start_from_epoch : int, default=0
        Epochs before the first that early stopping judges.
    refit_best_epoch : bool, default=False
        After early stopping, train anew for `best_epoch_` epochs on all the rows, held-out ones
        included (`X_val` is not), from the same fresh weights.
    time_limit : float, default=None
        Seconds after which training ends with the epoch that is running, compilation included;
        one epoch is always run. None has no limit, and the second training of `refit_best_epoch`
        has none either.
    scale_target : bool, default=True
        Standardize y inside and undo it in `predict`, so that house prices in dollars train as
        well as in thousands. `partial_fit` and `warm_start` keep the first call's mean and
        standard deviation. Poisson and relative losses leave y as it is; their output bias
        starts at the constant that fits y best.
    missing : {"error", "indicator", "augment"}, default="error"
        What to do with missing values (NaN, None, NA) in X. ``"indicator"`` puts zero, the mean of
        a standardized feature; and it gives the network one more input for each feature that had
        missing values in training: 1 where the value is missing. ``"augment"`` besides trains on
        a copy of each training row with values knocked out at random: in each feature the share
        that is missing anyway, and at least a tenth; every feature gets an indicator. A feature
        first missing in `predict` is zero under ``"indicator"``.
    dtype : {"float32", "float64"}, default="float32"
        Precision of weights and of the arithmetic in training. Predictions are computed, and given,
        in the wider of this and X's own: float64 for float64 X, so that a row's prediction is the
        same to 1e-12 whichever rows stand beside it; to 1e-5 for float32 X, which is quicker.
        A classifier's probabilities are float64 for any X: float32 would round many to 1.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights, optimizer state and history of the fit before, for
        `epochs` more. Another optimizer starts with a fresh state.
    callbacks : list of keras.callbacks.Callback, default=None
        Keras callbacks; each fit works on copies, which are `callbacks_` afterwards. They see the
        network as a ``keras.Model``, may end the training, change the learning rate and set
        weights. Batch hooks are never called: a callback that needs one is refused.
    verbose : int, default=0
        1 shows one line that is written over: epoch, figures, learning rate where it changes, time
        left. 2 prints a line for each epoch. The logger ``"skdense"`` is told either way.
    random_state : int, RandomState instance or None, default=None
        Seeds initial weights, held-out rows, order of the rows, dropout masks, noise and values
        knocked out. An int gives the same network to the last bit on the same machine.

    Attributes
    ----------
    n_features_in_ : int
        Number of features seen by `fit`.
    feature_names_in_ : array of shape (`n_features_in_`,)
        Names of the features, where X has names that are all strings.
    input_shape_ : tuple of int
        ``(n_features_in_,)`` or, where X held images, (height, width[, channels]) of one of them.
        X has to have that shape in every other method, too.
    missing_features_ : int array
        Features with an indicator, unless `missing` is ``"error"``. The network's own input,
        ``architecture_.n_features``, is wider than `n_features_in_` by their number.
    coefs_ : list of arrays of shape (n_units before, n_units)
        Kernel of each layer.
    intercepts_ : list of arrays of shape (n_units,)
        Bias of each layer.
    weights_ : list of arrays
        All weights, in the order of ``keras.Model.get_weights``.
    history_ : dict of lists
        ``"loss"`` and, where rows are watched, ``"val_loss"`` of each epoch, penalties
        included, in units of the standardized target under `scale_target`; ``"val_<name>"`` of
        each scorer in `monitor` and `metrics`, in the target's own; ``"learning_rate"`` at the
        epoch's end, where that changed.
    loss_curve_ : list of float
        ``history_["loss"]``.
    n_iter_ : int
        Epochs run.
    best_epoch_ : int
        Epoch that is the best by `monitor`, from 1: by default, that with the lowest validation
        loss. The last one where that figure is not recorded.
    best_loss_ : float
        Validation loss of that epoch; training loss where no rows are watched.
    best_score_ : float
        What `monitor` came to in that epoch: for a scorer its score, else the loss; `best_loss_`
        where it is not recorded.
    stopped_by_ : str
        Why training ended: ``"epochs"`` where all have been run, ``"early_stopping"``,
        ``"time_limit"``, ``"not_finite"``, ``"callback"`` or ``"interrupted"``.
    early_stopping_history_ : dict of lists
        Under `refit_best_epoch`, the `history_` of the training with early stopping, which
        `best_loss_`, `best_score_` and `stopped_by_` are about, too; `history_` is that of the
        second one.
    callbacks_ : list of keras.callbacks.Callback
        The copies of `callbacks` that watched this fit, without the model; only where there were
        any.
    n_layers_ : int
        Number of layers, input and output included.
    n_outputs_ : int
        Number of output units.
    out_activation_ : str
        Activation of the output.
    architecture_ : Architecture
        Description of the network.

    See Also
    --------
    DenseClassifier : The same network for classes.
    sklearn.neural_network.MLPRegressor : scikit-learn's own.

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, chapters 6 to 8.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skdense import DenseRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> net = make_pipeline(StandardScaler(), DenseRegressor(16, epochs=20, random_state=0))
    >>> net.fit(X_train, y_train).score(X_test, y_test) > 0.2
    True
    """

    _parameter_constraints: dict = {
        **SHARED_CONSTRAINTS,
        "quantile": [Interval(Real, 0, 1, closed="neither")],
        "scale_target": ["boolean"],
    }

    _known_losses = REGRESSOR_LOSSES

    def __init__(
        self,
        hidden_layer_sizes=(128, 64, 32),
        activation="relu",
        *,
        batch_norm=False,
        residual=False,
        dropout=0.0,
        input_dropout=0.0,
        input_noise=0.0,
        l1=0.0,
        l2=0.0,
        optimizer="adam",
        learning_rate=None,
        lr_schedule=None,
        loss="auto",
        quantile=0.5,
        batch_size=32,
        epochs=100,
        early_stopping=False,
        validation_fraction=None,
        validation=None,
        monitor="val_loss",
        metrics=None,
        patience=10,
        min_delta=0.0,
        restore_best_weights=True,
        start_from_epoch=0,
        refit_best_epoch=False,
        time_limit=None,
        scale_target=True,
        missing="error",
        dtype="float32",
        warm_start=False,
        callbacks=None,
        verbose=0,
        random_state=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.batch_norm = batch_norm
        self.residual = residual
        self.dropout = dropout
        self.input_dropout = input_dropout
        self.input_noise = input_noise
        self.l1 = l1
        self.l2 = l2
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.lr_schedule = lr_schedule
        self.loss = loss
        self.quantile = quantile
        self.batch_size = batch_size
        self.epochs = epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.validation = validation
        self.monitor = monitor
        self.metrics = metrics
        self.patience = patience
        self.min_delta = min_delta
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.refit_best_epoch = refit_best_epoch
        self.time_limit = time_limit
        self.scale_target = scale_target
        self.missing = missing
        self.dtype = dtype
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.verbose = verbose
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
        groups=None,
    ):
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width[, channels])
            Features, best standardized; or images, best scaled to [0, 1], which are flattened.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            One or more numbers a row.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row: a weight of 2 counts like the row twice, and one of 0 like none.
        X_val : array-like of shape (n_samples_val, n_features), default=None
            Rows to watch instead of held-out ones: not trained on, and prepared as X is.
        y_val : array-like of shape (n_samples_val,) or (n_samples_val, n_outputs), default=None
            Targets of these rows.
        sample_weight_val : array-like of shape (n_samples_val,), default=None
            Weight of each of these rows.
        groups : array-like of shape (n_samples,), default=None
            Group of each row of X, where `validation` is a group splitter.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter or the data cannot be used, before any training; or if no epoch ended
            with a finite loss. The estimator is then as it was before.
        KeyboardInterrupt
            If Ctrl-C was pressed. Once an epoch has ended, the estimator is fitted by then: it has
            the weights that ending there would have given, and `stopped_by_` is
            ``"interrupted"``.
        """
        given = FitArguments(X, y, sample_weight, X_val, y_val, sample_weight_val, groups)
        return self._fit(given, continuing=self.warm_start and self._is_fitted)

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None):
        """Train for one epoch on some rows; weights, optimizer state and history go on.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The first call's mean and standard deviation serve all, under `scale_target`: it needs
            at least 10 rows with different targets.
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If rows would have to be held out (`early_stopping`, `validation_fraction`,
            `validation`), or a
            parameter or the data cannot be used.
        """
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X):
        """Predict the number, or numbers, of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples,) or (n_samples, n_outputs)
            In y's own unit.
        """
        outputs = self._raw_outputs(X)
        return self._encoding.numbers(outputs)

    # How targets are learned ---------------------------------------------------------------------

    def _resolved_loss(self, encoding):
        del encoding
        return "mse" if self._loss_is("auto") else self.loss

    def _loss_options(self):
        return {"quantile": float(self.quantile)} if self._loss_is("quantile") else {}

    def _loss_is(self, name: str) -> bool:
        return isinstance(self.loss, str) and self.loss == name

    def _read_y(self, y, weight, earlier, classes, one_epoch):
        del classes
        y = _numbers(y)
        # Refuses what the loss cannot take.
        encoding = scale_numbers(y[weight > 0], weight, self.loss, scale=False)
        if earlier is not None:
            encoding = earlier.encoding
            encoding.check_continues(y[weight > 0], self.loss)
        elif one_epoch and self.scale_target:
            check_first_chunk(y, weight, self.loss)
        return encoding, y, weight

    def _learn_targets(self, training, encoding, earlier):
        if earlier is not None:
            return LearnedTargets(encoding, None, None)
        y, weight = training.y, training.weight
        encoding = scale_numbers(y, weight, self.loss, self.scale_target)
        return LearnedTargets(encoding, best_constant(y, weight, self.loss), None)

    def _encode(self, y, learned):
        return learned.encoding.targets(y, self.dtype)

    def _read_y_val(self, y_val, weight, encoding):
        y_val = _numbers(y_val)
        # Refuses what the loss cannot take.
        scale_numbers(y_val[weight > 0], weight, self.loss, scale=False)
        return y_val, weight


def _numbers(y) -> np.ndarray:
    y = finite_numbers(y)
    return column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y

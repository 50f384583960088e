"""DenseClassifier."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import column_or_1d

from skdense.callbacks.scorers import CALIBRATED_LOG_LOSS, monitor_name
from skdense.estimators.base import DenseEstimator, MatrixLike
from skdense.estimators.parameters import SHARED_CONSTRAINTS
from skdense.estimators.prepared_data import LearnedTargets
from skdense.networks.losses import CLASSIFIER_LOSSES, check_smoothing
from skdense.preprocessing._compat import Interval, StrOptions, _fit_context
from skdense.preprocessing.class_encoding import (
    ClassEncoding,
    check_classes_of_matrix,
    encode_classes,
)
from skdense.preprocessing.fit_arguments import FitArguments
from skdense.preprocessing.temperature import fit_temperature
from skdense.preprocessing.weights import (
    balanced_table,
    class_weight_table,
    weight_of_class,
)

if TYPE_CHECKING:
    import keras

    from skdense.schedules import Schedule


class DenseClassifier(ClassifierMixin, DenseEstimator):
    """Dense neural network for two or more classes, or multilabel targets.

    A Keras multilayer perceptron, trained by whole compiled epochs, as a scikit-learn classifier.
    By default, features are scaled inside and four networks averaged, by a recipe for tables that
    takes many times as long as one plain network: that is ``DenseClassifier(**KERAS_DEFAULTS)``.

    .. versionadded:: 0.1

    Parameters
    ----------
    hidden_layer_sizes : int, sequence of int or "auto", default="auto"
        Units of each hidden layer. ``()`` is no hidden layer: logistic or softmax regression.
        ``"auto"`` is (256, 256, 256), or (64, 64, 64) if `fit` has fewer than 100 samples.
    activation : str, callable or sequence of these, default="auto"
        A Keras activation name (``"gelu"``, ``"silu"``, ``"tanh"``, ``"selu"``, ``"elu"``,
        ``"leaky_relu"``, ``"mish"``, ...) or a function such as ``keras.activations.silu``; one for
        all hidden layers, or one for each. ``"auto"`` is ``"selu"`` in a classifier and ``"mish"``
        in a regressor.
    batch_norm : bool or {"before", "after"}, default=False
        Batch normalization in each hidden layer. True and ``"before"``: dense, norm, activation,
        dropout. ``"after"``: dense, activation, norm, dropout.
    residual : bool, default=False
        Residual blocks with pre-activation: from the second hidden layer on, what a layer computes
        ahead of its activation is added to that of the layer before; through a linear projection
        without bias where the two widths differ. It lets deep networks train.
    dropout : float, sequence of float or "auto", default="auto"
        Share of each hidden layer's units that is left out at random in training, in [0, 1);
        usually 0.2 to 0.5. One for all hidden layers, or one for each. ``"auto"`` is 0.15.
    input_dropout : float, default=0.0
        Share of the inputs that is set to zero at random in training, in [0, 1), the others
        divided by one minus it; usually 0.1 to 0.2. It comes after `scale_features` and `n_bins`.
    input_noise : float, default=0.0
        Standard deviation of Gaussian noise on the inputs in training, drawn in each step.
        Usually 0.05 to 0.3, for standardized features. It comes after `scale_features` and
        `n_bins`.
    l1 : float or sequence of float, default=0.0
        Weight of the sum of absolute values of each hidden layer's kernel in the loss; usually
        0.0001 to 0.1. It drives weights to zero. Together with `l2` it is the elastic net.
        Without hidden layers it applies to the output's kernel.
    l2 : float or sequence of float, default=0.0
        Weight of the sum of squares of each hidden layer's kernel in the loss; usually 0.001 to
        0.4. It keeps weights small. Without hidden layers it applies to the output's kernel.
    optimizer : str, dict or keras.optimizers.Optimizer, default="auto"
        A Keras name, or an instance such as ``keras.optimizers.SGD(momentum=0.9)``, whose
        configuration is used; the instance itself is never changed. Momentum, clipping and weight
        decay are set that way. Or a dict that ``keras.optimizers.deserialize`` takes. ``"auto"`` is
        Adam with a `beta_2` of 0.95; above 100,000 samples AdamW, with a weight decay of 0.02, too.
    learning_rate : float, "auto" or None, default="auto"
        The optimizer's learning rate; None is the optimizer's default, or that of the instance.
        ``"auto"`` is 0.004 (in `partial_fit` 0.001) where `optimizer` is ``"auto"``, else None.
    lr_schedule : str, callable, schedule or None, default="auto"
        How the learning rate changes in training, starting from `learning_rate`: ``"exponential"``,
        ``"cosine"`` or ``"reduce_on_plateau"`` with their default settings, or an object of
        `skdense.schedules` with settings of your own. Or what gives the rate itself: a function of
        the epoch (from 0), or of the epoch and the rate before; or a Keras
        ``LearningRateSchedule``. None and ``"constant"`` leave it as it is. ``"auto"`` is
        ``"cosine"``, but none for an optimizer that is an object, and in `partial_fit`.
    loss : str or keras.losses.Loss, default="auto"
        A Keras name (``"binary_focal_crossentropy"``, ``"categorical_crossentropy"``, ...) or a
        ``keras.losses.Loss``. ``"auto"`` is the cross-entropy that fits y. A 0/1 matrix y is
        multilabel, unless the loss is a categorical cross-entropy: then its rows are one-hot.
    label_smoothing : float, default=0.0
        Part of each label that is spread evenly over the classes, in [0, 1); usually 0.1. For
        cross-entropies, focal or not. It applies to the validation loss, too, as in Keras.
    batch_size : int or "auto", default="auto"
        Samples of one training step; at most all of the training set. ``"auto"`` is a sixteenth of
        the samples as a power of two, from 32 to 256.
    epochs : int or "auto", default="auto"
        Passes over the training set; with early stopping, the maximum. ``"auto"`` is 128; above
        20,000 samples the number falls with their square root, down to 16.
    early_stopping : bool or "auto", default="auto"
        Whether to hold out a validation set and end the training when `monitor` stops improving.
        ``"auto"`` is True from 100 samples on or where a validation set is asked for, and lets the
        training go on to its end: the weights of the best epoch are kept. `partial_fit` has none.
    validation_fraction : float, default=None
        Share of the rows to hold out as validation set, shuffled and stratified. None holds out
        nothing or, with early stopping, 0.2. A number records the validation loss without early
        stopping, too. Where `early_stopping` is ``"auto"``, None is a fold for each member, or 0.15
        for a single one.
    validation : splitter, "last" or None, default=None
        How to choose the validation set: by the first split of a scikit-learn splitter such as
        ``GroupKFold()``, seeded by `random_state` unless it has a random state of its own; or, for
        rows in the order of time, ``"last"``: the last `validation_fraction` of them, or 0.2. None
        shuffles. Validation data may also be given to `fit`, as `X_val` and `y_val`.
    monitor : str or callable, default="auto"
        The metric that early stopping monitors: ``"neg_calibrated_log_loss"``, the log-loss after
        temperature scaling, which is done at the end of training, too; ``"val_loss"``;
        ``"loss"``, the training loss, for which no validation set is needed; or a scikit-learn
        scorer, computed on the validation set, by name (``"roc_auc"``, ``"balanced_accuracy"``,
        ...; ``"val_roc_auc"`` is the same) or as a function of (estimator, X, y). Of scorers
        greater is better. ``"auto"`` is the first for a cross-entropy, else the second.
    metrics : list of str or callable, default=None
        More scorers, computed on the validation set after each epoch and kept in `history_`. Those
        that take a sample weight get that of the validation set, without `class_weight`.
    patience : int or "auto", default="auto"
        Epochs without improvement after which early stopping ends the training. ``"auto"`` is 10
        or, where `early_stopping` is ``"auto"``, all of `epochs`.
    min_delta : float, default=0.0
        An improvement of `monitor` counts if it is larger than this.
    restore_best_weights : bool, default=True
        With early stopping, whether to keep the weights of the best epoch, not of the last.
    start_from_epoch : int, default=0
        Number of epochs at the start that early stopping leaves out.
    refit_best_epoch : bool, default=False
        After early stopping, train again from the same initial weights for `best_epoch_` epochs, on
        training and validation rows together (without `X_val`).
    n_members : int or "auto", default="auto"
        Networks to train; predictions are the mean of theirs. Each has initial weights and an order
        of the rows of its own and, where rows are held out, another part of them: the folds of a
        shuffled, stratified split, or the successive splits of `validation`. So every row is
        learned by most of them, and `validation_fraction` above ``1 / n_members`` is that.
        ``"auto"`` is 4; and 1 above 100,000 samples, with `warm_start` or `callbacks`, and in
        `partial_fit`.
    time_limit : float, default=None
        Seconds, compilation included, after which training ends with the current epoch; one epoch
        is always run. None is no limit. The second training of `refit_best_epoch` has none either.
        Of several members, each gets an equal part of what is left.
    class_weight : dict, list of dicts or "balanced", default=None
        Weight of each class, ``{label: weight}``; ``"balanced"`` weighs classes inversely to how
        often they occur among the training rows, `sample_weight` included. Where y is a 0/1
        matrix, a list of ``{0: weight, 1: weight}``, one for each column. Multiplied with each
        other and with `sample_weight`.
    scale_features : {"robust", "standard"} or None, default="robust"
        How the network scales features by itself, from the training set, `sample_weight` included.
        ``"robust"``: the median becomes 0, the interquartile range 1 (where that is zero, the whole
        range 2), and a smooth clip, ``z / sqrt(1 + (z / 3)**2)``, brings outliers to 3 at most; of
        two different values one becomes 0, the other 1 before the clip. ``"standard"``: mean 0 and
        standard deviation 1. A feature that is constant in training is always 0. It is computed in
        float64: times in seconds do not collapse. Sparse X is scaled, not centred. Of images the
        range of all pixels becomes [0, 1] either way, without a clip. None takes X as it is.
    n_bins : int, "auto" or None, default="auto"
        Piecewise linear encoding: beside each feature with more than 8 different values in
        training, so many further inputs, one for each bin between its quantiles: 0 below the bin, 1
        above, rising in between. It helps with targets that jump or bend; usually 8. Dense X only,
        no images. None makes none. ``"auto"`` is 8 in a regressor, and None in a classifier and
        where X is sparse or holds images.
    missing : {"error", "indicator", "augment"}, default="error"
        What to do with missing values (NaN, None, NA) in X. ``"indicator"`` replaces them by zero,
        the mean of a standardized feature (the middle of one that `scale_features` has scaled), and
        gives the network one more input for each feature that had missing values in training: 1
        where the value is missing. ``"augment"`` also trains
        on a copy of each training row with values removed at random: in each feature as large a
        share as is missing already, and at least a tenth; every feature gets an indicator. With
        ``"indicator"``, a feature that is first missing in `predict` is zero.
    dtype : {"float32", "float64"}, default="float32"
        Precision of weights and of the arithmetic in training. Predictions are computed, and given,
        in the wider of this and X's own: float64 for float64 X, so that a row's prediction is the
        same to 1e-12 whichever rows stand beside it; to 1e-5 for float32 X, which is quicker.
        A classifier's probabilities are float64 for any X: float32 would round many to 1.
    warm_start : bool, default=False
        Whether `fit` continues from the weights, optimizer state and history of the previous fit,
        for `epochs` more. Another optimizer starts with a fresh state.
    callbacks : list of keras.callbacks.Callback, default=None
        Keras callbacks; each fit works on copies, which are `callbacks_` afterwards. They see the
        network as a ``keras.Model``, may end the training, change the learning rate and set
        weights. Batch hooks are never called: a callback that needs one is refused.
    checkpoint : str or path-like, default=None
        A folder, made where there is none, in which `fit` writes how far each network has come, and
        what it has come to. The same fit of the same data takes up what is there, also in another
        process, search or ensemble, and gives the same network as an undisturbed one. It needs an
        int as `random_state`; `callbacks` and `time_limit` keep it from being used, with a warning.
        `partial_fit` does not use it, and `save` does not write it.
    verbose : int, default=0
        1 shows one line that is updated in place: epoch, losses and metrics, learning rate where it
        changes, time left. 2 prints a line for each epoch. The logger ``"skdense"`` gets its
        records either way.
    random_state : int, RandomState instance or None, default=None
        Seeds the initial weights, the validation set, the order of the rows, dropout masks, noise
        and the values that ``missing="augment"`` removes. An int gives the same network to the last
        bit on the same machine.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted; column numbers where y is a 0/1 matrix.
    n_features_in_ : int
        Number of features seen by `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where X has names that are all strings.
    params_ : dict
        What the parameters that are ``"auto"`` came to, by their names; empty where none is.
    input_shape_ : tuple of int
        ``(n_features_in_,)`` or, where X held images, (height, width[, channels]) of one of them.
        X must have that shape in every other method, too.
    missing_features_ : ndarray of int
        Features with an indicator, unless `missing` is ``"error"``. The network's own input,
        ``architecture_.n_features``, is wider than `n_features_in_` by their number.
    feature_scaling_ : FeatureScaling
        With `scale_features`: `center`, `scale` and `clip` of the features; its `transform` gives
        them scaled. `partial_fit` and `warm_start` keep those of the first call.
    feature_bins_ : FeatureBins
        With `n_bins`: `columns` that have bins, and their `edges`. Bins are inputs, after those of
        the features and of the indicators: ``architecture_.n_features`` counts them, too.
    coefs_ : list of ndarray of shape (n_inputs, n_units)
        Kernel of each layer; its inputs are the features or the units of the layer before.
    intercepts_ : list of ndarray of shape (n_units,)
        Bias of each layer.
    weights_ : list of ndarray
        All weights, in the order of ``keras.Model.get_weights``.
    history_ : dict of str to list of float
        ``"loss"`` and, if there is a validation set, ``"val_loss"`` of each epoch, penalties
        included; ``"val_<name>"`` of each scorer in `monitor` and `metrics`; ``"learning_rate"``
        at the epoch's end, where that changed.
    loss_curve_ : list of float
        ``history_["loss"]``.
    n_iter_ : int
        Epochs run.
    best_epoch_ : int
        Epoch that is the best by `monitor`, from 1: by default, that with the lowest validation
        loss. The last one where `monitor` is not recorded.
    best_loss_ : float
        Validation loss of that epoch; training loss if there is no validation set.
    best_score_ : float
        Value of `monitor` in that epoch: for a scorer its score, else the loss; `best_loss_` where
        it is not recorded.
    temperature_ : float
        Where `monitor` is ``"neg_calibrated_log_loss"``: what the output layer, its kernel and
        bias, has been divided by after training, so that the probabilities of the validation set
        fit best. `history_`, `best_loss_` and `best_score_` are of the network before.
    stopped_by_ : str
        Why training ended: ``"epochs"`` where all have been run, ``"early_stopping"``,
        ``"time_limit"``, ``"not_finite"``, ``"callback"`` or ``"interrupted"``.
    early_stopping_history_ : dict of str to list of float
        With `refit_best_epoch`, the history of the training with early stopping, to which
        `best_loss_`, `best_score_` and `stopped_by_` belong, too; `history_` is that of the second
        training.
    callbacks_ : list of keras.callbacks.Callback
        The copies of `callbacks` that this fit used, without the model; only if there were any.
    n_layers_ : int
        Number of layers, input and output included.
    n_outputs_ : int
        Number of output units.
    out_activation_ : str
        Activation of the output.
    architecture_ : Architecture
        Description of the network.
    members_ : list of estimators
        Only with ``n_members > 1``: the networks, each an estimator of this class. The other
        attributes are then means or what members share; `weights_`, `coefs_`, `intercepts_` and
        `callbacks_` are the members'.
    oof_decision_function_ : array of shape (n_samples, n_classes) or (n_samples, n_labels)
        With several members that held out rows of X: probabilities of each row by those members
        that had left it out, NaN where none had.

    See Also
    --------
    DenseRegressor : The same network for regression.
    NetworkClassifier : Keras models that you build yourself.
    sklearn.neural_network.MLPClassifier : The multilayer perceptron of scikit-learn.

    References
    ----------
    - Goodfellow, Bengio and Courville, "Deep Learning", MIT Press 2016, chapters 6 to 8.
    - `batch_norm`: Ioffe and Szegedy, "Batch normalization", ICML 2015.
    - `residual`: He et al., "Identity mappings in deep residual networks", ECCV 2016.
    - `dropout`: Srivastava et al., "Dropout: a simple way to prevent neural networks from
      overfitting", JMLR 15, 2014.
    - `input_noise`: Bishop, "Training with noise is equivalent to Tikhonov regularization",
      Neural Computation 7, 1995.
    - `early_stopping`: Prechelt, "Early stopping - but when?", Springer 1998.
    - `label_smoothing`: Szegedy et al., "Rethinking the inception architecture for computer
      vision", CVPR 2016.
    - `monitor`, `temperature_`: Berta, Holzmüller, Jordan and Bach, "Rethinking early
      stopping: refine, then calibrate", arXiv:2501.19195, 2025; Guo, Pleiss, Sun and Weinberger,
      "On calibration of modern neural networks", ICML 2017.
    - `scale_features`: Holzmüller, Grinsztajn and Steinwart, "Better by default: strong pre-tuned
      MLPs and boosted trees on tabular data", NeurIPS 2024.
    - `n_bins`: Gorishniy, Rubachev and Babenko, "On embeddings for numerical features in tabular
      deep learning", NeurIPS 2022.

    Examples
    --------
    The defaults, but for fewer epochs, so that the example is quick:

    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.model_selection import train_test_split
    >>> from skdense import DenseClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    >>> net = DenseClassifier(epochs=5, random_state=0).fit(X_train, y_train)
    >>> net.score(X_test, y_test) > 0.9
    True

    The plain Keras network, after a scaler:

    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skdense import KERAS_DEFAULTS
    >>> small = KERAS_DEFAULTS | {"hidden_layer_sizes": 16, "epochs": 20, "random_state": 0}
    >>> net = make_pipeline(StandardScaler(), DenseClassifier(**small))
    >>> net.fit(X_train, y_train).score(X_test, y_test) > 0.9
    True

    A search over two of its parameters; all of these fits share one compiled program:

    >>> from sklearn.model_selection import GridSearchCV
    >>> grid = {
    ...     "denseclassifier__l2": [0.0, 0.01],
    ...     "denseclassifier__learning_rate": [0.001, 0.01],
    ... }
    >>> search = GridSearchCV(net, grid, cv=2).fit(X_train, y_train)
    >>> search.score(X_test, y_test) > 0.9
    True

    Early stopping, by the loss on a fifth of the training samples:

    >>> net = DenseClassifier(**small).set_params(early_stopping=True, patience=3)
    >>> net = net.fit(StandardScaler().fit_transform(X_train), y_train)
    >>> net.best_epoch_ <= net.n_iter_ == len(net.history_["val_loss"])
    True
    """

    _parameter_constraints: dict = {
        **SHARED_CONSTRAINTS,
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "class_weight": [StrOptions({"balanced"}), dict, list, None],
    }

    _known_losses = CLASSIFIER_LOSSES

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] | Literal["auto"] = "auto",
        activation: str | Callable[..., Any] | Sequence[str | Callable[..., Any]] = "auto",
        *,
        batch_norm: bool | Literal["before", "after"] = False,
        residual: bool = False,
        dropout: float | Sequence[float] | Literal["auto"] = "auto",
        input_dropout: float = 0.0,
        input_noise: float = 0.0,
        l1: float | Sequence[float] = 0.0,
        l2: float | Sequence[float] = 0.0,
        optimizer: str | dict[str, Any] | keras.optimizers.Optimizer = "auto",
        learning_rate: float | Literal["auto"] | None = "auto",
        lr_schedule: str | Schedule | Callable[..., Any] | None = "auto",
        loss: str | keras.losses.Loss = "auto",
        label_smoothing: float = 0.0,
        batch_size: int | Literal["auto"] = "auto",
        epochs: int | Literal["auto"] = "auto",
        early_stopping: bool | Literal["auto"] = "auto",
        validation_fraction: float | None = None,
        validation: Any = None,
        monitor: str | Callable[..., Any] = "auto",
        metrics: Sequence[str | Callable[..., Any]] | None = None,
        patience: int | Literal["auto"] = "auto",
        min_delta: float = 0.0,
        restore_best_weights: bool = True,
        start_from_epoch: int = 0,
        refit_best_epoch: bool = False,
        n_members: int | Literal["auto"] = "auto",
        time_limit: float | None = None,
        class_weight: Mapping[Any, float]
        | Sequence[Mapping[Any, float]]
        | Literal["balanced"]
        | None = None,
        scale_features: Literal["robust", "standard"] | None = "robust",
        n_bins: int | Literal["auto"] | None = "auto",
        missing: Literal["error", "indicator", "augment"] = "error",
        dtype: Literal["float32", "float64"] = "float32",
        warm_start: bool = False,
        callbacks: Sequence[keras.callbacks.Callback] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        verbose: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
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
        self.label_smoothing = label_smoothing
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
        self.n_members = n_members
        self.time_limit = time_limit
        self.class_weight = class_weight
        self.scale_features = scale_features
        self.n_bins = n_bins
        self.missing = missing
        self.dtype = dtype
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.checkpoint = checkpoint
        self.verbose = verbose
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: MatrixLike,
        y: MatrixLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: MatrixLike | None = None,
        y_val: MatrixLike | None = None,
        sample_weight_val: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features. Or images, an array of shape (n_samples, height, width) or (n_samples, height,
            width, channels); they are flattened.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels of any kind, or a 0/1 matrix.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample: a sample of weight 2 counts like two, one of weight 0 not at all.
        X_val : {array-like, sparse matrix} of shape (n_samples_val, n_features), default=None
            Validation data, in place of rows held out from X; prepared as X is.
        y_val : array-like of shape (n_samples_val,) or (n_samples_val, n_labels), default=None
            Labels of the validation data; each must occur in y.
        sample_weight_val : array-like of shape (n_samples_val,), default=None
            Weight of each sample of the validation data.
        groups : array-like of shape (n_samples,), default=None
            Group of each sample of X, where `validation` is a group splitter.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data are not valid, before any training; or if no epoch ended
            with a finite loss. The estimator is then as it was before.
        MemoryError
            If memory does not suffice, before any training where weights and optimizer alone need
            more than is free. The estimator is then as it was before.
        KeyboardInterrupt
            If Ctrl-C was pressed. If an epoch has ended by then, the estimator is fitted: it has
            the weights of a training that ended there, and `stopped_by_` is ``"interrupted"``.
        """
        given = FitArguments(X, y, sample_weight, X_val, y_val, sample_weight_val, groups)
        return self._fit(given, continuing=self.warm_start and self._is_fitted)

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: MatrixLike,
        y: MatrixLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train for one epoch on a part of the data, from the current weights.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, or images, as in `fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels of any kind, or a 0/1 matrix.
        classes : array-like of shape (n_classes,), default=None
            All the classes that can occur in any call; required in the first call.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If `classes` is missing in the first call; if `early_stopping`, `validation_fraction`
            or `validation` ask for a validation set; or if a parameter or the data are not valid.
        """
        if not self._is_fitted and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        return self._partial_fit(X, y, sample_weight, classes)

    def predict(self, X: MatrixLike) -> np.ndarray:
        """Predict the most probable label, or labels, of each sample.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, or images, as in `fit`.

        Returns
        -------
        y_pred : ndarray of shape (n_samples,) or (n_samples, n_labels)
            Predicted labels.
        """
        outputs = self._raw_outputs(X)
        return self._encoding.labels(outputs)

    def predict_proba(self, X: MatrixLike) -> np.ndarray:
        """Predict the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, or images, as in `fit`.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes) or (n_samples, n_labels)
            Columns in the order of `classes_`; rows sum to one, unless y was multilabel.
        """
        outputs = self._raw_outputs(X)
        return self._encoding.probabilities(outputs)

    def predict_log_proba(self, X: MatrixLike) -> np.ndarray:
        """Predict the logarithm of the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, or images, as in `fit`.

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes) or (n_samples, n_labels)
            Columns in the order of `classes_`.
        """
        outputs = self._raw_outputs(X)
        return self._encoding.log_probabilities(outputs)

    def decision_function(self, X: MatrixLike) -> np.ndarray:
        """Compute the output layer before its activation: log-odds, or softmax scores.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features, or images, as in `fit`.

        Returns
        -------
        decision : ndarray of shape (n_samples,), (n_samples, n_classes) or (n_samples, n_labels)
            One column for each class where there are more than two, or for each label.
        """
        outputs = self._raw_outputs(X)
        return self._encoding.decisions(outputs)

    # How labels are learned ----------------------------------------------------------------------

    def _resolved_loss(self, encoding):
        is_auto = isinstance(self.loss, str) and self.loss == "auto"
        return encoding.loss if is_auto else self.loss

    def _label_smoothing_in_loss(self, encoding):
        by_loss = encoding.loss == "sparse_categorical_crossentropy"
        return float(self.label_smoothing) if by_loss else 0.0

    def _read_y(self, y, weight, earlier, classes, one_epoch):
        y = _labels(y)
        encoding = self._class_encoding(y, earlier, classes)
        if self.label_smoothing:
            check_smoothing(self.label_smoothing, self._resolved_loss(encoding))
        numbers = encoding.numbers(y)
        table = class_weight_table(self.class_weight, encoding, one_epoch)
        return encoding, numbers, weight * weight_of_class(table, numbers)

    def _calibrated(self, state, prepared):
        is_asked_for = monitor_name(self.monitor) == monitor_name(CALIBRATED_LOG_LOSS)
        if prepared.validation is None or not is_asked_for:
            return state
        logits, weight = state.outputs(prepared.validation.X), prepared.validation.weight
        fit = fit_temperature(logits, prepared.validation_y, weight, state.encoding)
        return state.with_temperature(fit.temperature)

    def _learn_targets(self, training, encoding, earlier):
        del earlier
        is_balanced = isinstance(self.class_weight, str)
        table = balanced_table(training.y, training.weight, encoding) if is_balanced else None
        return LearnedTargets(encoding, None, table)

    def _encode(self, y, learned):
        encoding = learned.encoding
        return encoding.smooth(encoding.targets(y, self.dtype), self.label_smoothing)

    def _class_encoding(self, y, earlier, classes) -> ClassEncoding:
        if earlier is None:
            encoding = encode_classes(y, self.loss, classes)
            check_classes_of_matrix(classes, encoding.classes)
            return encoding
        known = earlier.classes
        if classes is not None and not np.array_equal(np.unique(classes), known):
            raise ValueError(
                f"classes={classes!r} is not the same as on the last call to partial_fit, which "
                f"was {known.tolist()}."
            )
        return earlier.encoding.followed_by(encode_classes(y, self.loss, known))

    def _read_y_val(self, y_val, weight, encoding):
        y_val = _labels(y_val)
        several = encoding.kind in ("multilabel", "one-hot")
        known = encoding.classes
        if not several and len(unseen := np.setdiff1d(y_val, known)):
            raise ValueError(
                f"y_val has the classes {unseen.tolist()}, which y has not: known are "
                f"{known.tolist()}. Leave such rows out of the validation data, or put "
                "some among the rows to train on."
            )
        kind = encode_classes(y_val, self.loss, None if several else known).kind
        if kind != encoding.kind:
            raise ValueError(f"y_val is {kind}, but y is {encoding.kind}.")
        numbers = encoding.numbers(y_val)
        table = class_weight_table(self.class_weight, encoding, False)
        return numbers, weight * weight_of_class(table, numbers)


def _labels(y) -> np.ndarray:
    y = y.toarray() if hasattr(y, "toarray") else y
    return column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y

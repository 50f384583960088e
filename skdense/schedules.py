"""Learning-rate schedules: objects for the parameter `lr_schedule`, named as Keras names them.

Keras's count steps; these count epochs, and fractions of an epoch.
"""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator

from skdense.preprocessing._compat import Interval


class Schedule(BaseEstimator):
    """Base class of learning-rate schedules.

    A schedule of your own is a subclass with a constructor that stores its parameters, and a method
    `rates`.

    .. versionadded:: 0.1

    See Also
    --------
    ExponentialDecay : The rate falls exponentially.
    CosineDecay : The rate falls along a cosine.
    ReduceOnPlateau : The rate falls when a metric stops improving.

    Examples
    --------
    >>> import numpy as np
    >>> from skdense import DenseRegressor
    >>> from skdense.schedules import Schedule
    >>> class InverseTime(Schedule):
    ...     def __init__(self, slowness=10):
    ...         self.slowness = slowness
    ...     def rates(self, epochs, learning_rate, n_epochs):
    ...         return learning_rate / (1 + np.asarray(epochs) / self.slowness)
    >>> net = DenseRegressor(lr_schedule=InverseTime(5))
    >>> net.get_params()["lr_schedule__slowness"]
    5
    """

    _parameter_constraints: dict = {}

    def rates(self, epochs: ArrayLike, learning_rate: float, n_epochs: int) -> np.ndarray:
        """Compute the learning rates at some points of a training.

        Parameters
        ----------
        epochs : array-like of float
            Number of epochs that have passed, from 0; 2.5 is the middle of the third epoch.
        learning_rate : float
            The rate that the schedule starts from.
        n_epochs : int
            Number of epochs of the whole training.

        Returns
        -------
        rates : ndarray of the shape of `epochs`
            The learning rates.
        """
        raise NotImplementedError


class ExponentialDecay(Schedule):
    """Exponential decay: the rate is multiplied by `decay_rate` every `decay_epochs`.

    It is Keras's schedule of that name, counted in epochs instead of steps. The rate changes in
    each step.

    .. versionadded:: 0.1

    Parameters
    ----------
    decay_rate : float, default=0.96
        Factor of the rate, in (0, 1].
    decay_epochs : float, default=1
        Number of epochs after which the rate has changed by this factor.
    staircase : bool, default=False
        Whether the rate falls at the end of every `decay_epochs` instead of in each step.

    See Also
    --------
    CosineDecay : The rate falls along a cosine.
    keras.optimizers.schedules.ExponentialDecay : The same, counted in steps.

    Examples
    --------
    >>> from skdense.schedules import ExponentialDecay
    >>> ExponentialDecay(0.5).rates([0, 1, 2], learning_rate=0.8, n_epochs=3).tolist()
    [0.8, 0.4, 0.2]
    """

    _parameter_constraints: dict = {
        "decay_rate": [Interval(Real, 0, 1, closed="right")],
        "decay_epochs": [Interval(Real, 0, None, closed="neither")],
        "staircase": ["boolean"],
    }

    def __init__(
        self, decay_rate: float = 0.96, decay_epochs: float = 1, staircase: bool = False
    ) -> None:
        self.decay_rate = decay_rate
        self.decay_epochs = decay_epochs
        self.staircase = staircase

    def rates(self, epochs: ArrayLike, learning_rate: float, n_epochs: int) -> np.ndarray:
        """Compute the learning rates at some points of a training.

        Parameters
        ----------
        epochs : array-like of float
            Number of epochs that have passed, from 0; 2.5 is the middle of the third epoch.
        learning_rate : float
            The rate that the schedule starts from.
        n_epochs : int
            Number of epochs of the whole training.

        Returns
        -------
        rates : ndarray of the shape of `epochs`
            The learning rates.
        """
        del n_epochs
        periods = np.asarray(epochs, np.float64) / self.decay_epochs
        return learning_rate * self.decay_rate ** (np.floor(periods) if self.staircase else periods)


class CosineDecay(Schedule):
    """Cosine decay: the rate falls along half a cosine, after an optional linear warm-up.

    It is Keras's schedule of that name, counted in epochs instead of steps. The rate changes in
    each step.

    .. versionadded:: 0.1

    Parameters
    ----------
    decay_epochs : float, default=None
        Epochs from the highest rate to the lowest; None is all that follow the warm-up.
    alpha : float, default=0.0
        Lowest rate, as a fraction of the highest, in [0, 1].
    warmup_epochs : float, default=0
        Epochs in which the rate rises to its highest value.
    warmup_start : float, default=0.01
        Rate at the start of the warm-up, as a fraction of the highest, in [0, 1].

    See Also
    --------
    ExponentialDecay : The rate falls exponentially.
    keras.optimizers.schedules.CosineDecay : The same, counted in steps.

    References
    ----------
    Loshchilov and Hutter, "SGDR: Stochastic gradient descent with warm restarts", ICLR 2017.

    Examples
    --------
    >>> from skdense.schedules import CosineDecay
    >>> cosine = CosineDecay(warmup_epochs=2, warmup_start=0.5)
    >>> cosine.rates([0, 1, 2, 4], learning_rate=1.0, n_epochs=6).round(3).tolist()
    [0.5, 0.75, 1.0, 0.5]
    """

    _parameter_constraints: dict = {
        "decay_epochs": [Interval(Real, 0, None, closed="neither"), None],
        "alpha": [Interval(Real, 0, 1, closed="both")],
        "warmup_epochs": [Interval(Real, 0, None, closed="left")],
        "warmup_start": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(
        self,
        decay_epochs: float | None = None,
        alpha: float = 0.0,
        warmup_epochs: float = 0,
        warmup_start: float = 0.01,
    ) -> None:
        self.decay_epochs = decay_epochs
        self.alpha = alpha
        self.warmup_epochs = warmup_epochs
        self.warmup_start = warmup_start

    def rates(self, epochs: ArrayLike, learning_rate: float, n_epochs: int) -> np.ndarray:
        """Compute the learning rates at some points of a training.

        Parameters
        ----------
        epochs : array-like of float
            Number of epochs that have passed, from 0; 2.5 is the middle of the third epoch.
        learning_rate : float
            The rate that the schedule starts from.
        n_epochs : int
            Number of epochs of the whole training.

        Returns
        -------
        rates : ndarray of the shape of `epochs`
            The learning rates.

        Raises
        ------
        ValueError
            If the warm-up leaves no epochs for the rate to fall in.
        """
        epochs, rise = np.asarray(epochs, np.float64), self.warmup_epochs
        length = n_epochs - rise if self.decay_epochs is None else self.decay_epochs
        if length <= 0:
            raise ValueError(
                f"warmup_epochs={rise!r} leaves nothing of {n_epochs} epochs for the rate to fall "
                "in: warm up for fewer, or set decay_epochs."
            )
        passed = np.clip((epochs - rise) / length, 0, 1)
        fall = self.alpha + (1 - self.alpha) * (1 + np.cos(np.pi * passed)) / 2
        warm = self.warmup_start + (1 - self.warmup_start) * epochs / (rise or 1)
        return learning_rate * np.where(epochs < rise, warm, fall)


class ReduceOnPlateau(Schedule):
    """The rate is multiplied by `factor` whenever the monitored metric stops improving.

    It is the metric that early stopping monitors: the validation loss or, without a validation set,
    the training loss, unless the estimator's `monitor` says otherwise. Training is then a little
    slower, as it stops after each epoch to look at the metric.

    .. versionadded:: 0.1

    Parameters
    ----------
    factor : float, default=0.5
        Factor of the rate at each reduction, in (0, 1).
    patience : int, default=5
        Epochs without improvement after which the rate is reduced; fewer than the estimator's own
        `patience`, or early stopping comes first.
    min_delta : float, default=0.0001
        Least change of the metric that counts as an improvement.
    cooldown : int, default=0
        Epochs after a reduction that do not count towards the next one.
    min_learning_rate : float, default=0.0
        Lower bound of the rate.

    See Also
    --------
    keras.callbacks.ReduceLROnPlateau : The same as a callback.

    Examples
    --------
    >>> from skdense import DenseRegressor
    >>> from skdense.schedules import ReduceOnPlateau
    >>> net = DenseRegressor(lr_schedule=ReduceOnPlateau(factor=0.2))
    >>> net.get_params()["lr_schedule__factor"]
    0.2
    """

    _parameter_constraints: dict = {
        "factor": [Interval(Real, 0, 1, closed="neither")],
        "patience": [Interval(Integral, 0, None, closed="left")],
        "min_delta": [Interval(Real, 0, None, closed="left")],
        "cooldown": [Interval(Integral, 0, None, closed="left")],
        "min_learning_rate": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        factor: float = 0.5,
        patience: int = 5,
        min_delta: float = 0.0001,
        cooldown: int = 0,
        min_learning_rate: float = 0.0,
    ) -> None:
        self.factor = factor
        self.patience = patience
        self.min_delta = min_delta
        self.cooldown = cooldown
        self.min_learning_rate = min_learning_rate

    def rates(self, epochs: ArrayLike, learning_rate: float, n_epochs: int) -> np.ndarray:
        """Raise an error, because these rates depend on the course of training.

        Parameters
        ----------
        epochs : array-like of float
            Not used.
        learning_rate : float
            Not used.
        n_epochs : int
            Not used.

        Raises
        ------
        TypeError
            Always.
        """
        raise TypeError("The rates of ReduceOnPlateau depend on the course of training.")


NAMED: dict[str, Any] = {
    "cosine": CosineDecay,
    "exponential": ExponentialDecay,
    "reduce_on_plateau": ReduceOnPlateau,
}

"""The user's Keras callbacks, at the moments of a training that compiled epochs have."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Sequence
from itertools import count
from numbers import Real
from typing import Any

import numpy as np

from skdense.engine import _compat
from skdense.engine._tensorflow import keras
from skdense.engine.epoch import Epoch
from skdense.engine.program_inputs import State
from skdense.engine.user_warnings import warn

_BATCH_HOOKS = tuple(
    f"on_{kind}batch_{end}" for kind in ("", "train_", "test_") for end in ("begin", "end")
)
# Where a callback of Keras's own writes, and what a second fit does to it.
_PATHS = {
    "ModelCheckpoint": ("filepath", "overwrites it"),
    "CSVLogger": ("filename", "overwrites it"),
    "TensorBoard": ("log_dir", "adds its curves to it"),
}
_written: set[tuple[str, str]] = set()
_fits = count(1)


def check_callbacks(callbacks: Sequence[Any]) -> None:
    """Refuse what is no callback, and callbacks that need every batch, by a ValueError."""
    for place, callback in enumerate(callbacks):
        name = f"callbacks[{place}]={callback!r}"
        if isinstance(callback, type) and issubclass(callback, keras.callbacks.Callback):
            raise ValueError(f"{name} is a class: pass an object, {callback.__name__}(...).")
        if not isinstance(callback, keras.callbacks.Callback):
            hint = " Callbacks of scikit-learn are set by set_callbacks(...)."
            hint = hint if hasattr(callback, "on_fit_task_end") else ""
            raise ValueError(f"{name} is no keras.callbacks.Callback.{hint}")
        if isinstance(callback, keras.callbacks.SwapEMAWeights):
            raise ValueError(
                f"{name} is not needed: with an optimizer that has use_ema=True, the averaged "
                "weights are the ones that are kept. Leave it out."
            )
        for hook in _BATCH_HOOKS:
            if not _is_idle(callback, hook):
                raise ValueError(
                    f"{name} overrides {hook}, but training runs whole epochs at a time and never "
                    f"stops at a batch.{_remedy(callback)}"
                )


def _is_idle(callback: Any, hook: str) -> bool:
    """Whether a hook does nothing, or nothing that is needed here."""
    if hook in vars(callback):  # as LambdaCallback keeps its functions
        return False
    method, known = getattr(type(callback), hook), keras.callbacks
    if method is getattr(known.Callback, hook):
        return True
    if method is getattr(known.ModelCheckpoint, hook):
        return callback.save_freq == "epoch"
    if method is getattr(known.TensorBoard, hook):
        batches = _compat.profiles_batches(callback) or callback.write_steps_per_second
        return callback.update_freq == "epoch" and not batches
    # The engine looks after losses that are not finite by itself.
    is_nan_check = method is getattr(known.TerminateOnNaN, hook)
    return is_nan_check and not getattr(callback, "raise_error", False)


def _remedy(callback: Any) -> str:
    known = keras.callbacks
    remedies: dict[type, str] = {
        known.ModelCheckpoint: 'Set save_freq="epoch".',
        known.TensorBoard: 'Set update_freq="epoch", profile_batch=0 and '
        "write_steps_per_second=False.",
        known.TerminateOnNaN: "Set raise_error=False: training ends by itself with a "
        "ConvergenceWarning, which warnings.simplefilter can turn into an error.",
        known.ProgbarLogger: "Set verbose=1 on the estimator.",
        known.BackupAndRestore: "Use ModelCheckpoint, or warm_start.",
    }
    found = [text for kind, text in remedies.items() if isinstance(callback, kind)]
    return f" {found[0] if found else 'Use the hooks of epochs, such as on_epoch_end.'}"


def copies_for_fit(callbacks: Sequence[Any], is_new: bool) -> list[Any]:
    """Copy callbacks for one fit, with ``{fit}`` in their paths replaced by a name of this fit.

    A fit that goes on (not `is_new`) may go on with its files, too; else it warns where an earlier
    fit of this process wrote to the same place. Raises ValueError where one cannot be copied.
    """
    copies = [_copy(place, callback) for place, callback in enumerate(callbacks)]
    this_fit = f"{os.getpid()}-{next(_fits)}"  # workers of a search share a folder
    for place, callback in enumerate(copies):
        for kind, (attribute, consequence) in _PATHS.items():
            if isinstance(callback, getattr(keras.callbacks, kind)):
                path = getattr(callback, attribute).replace("{fit}", this_fit)
                setattr(callback, attribute, path)
                appends = getattr(callback, "append", False)
                mark = (kind, os.path.abspath(path))
                if mark in _written and is_new and not appends:
                    _warn_of_path(place, kind, attribute, path, consequence)
                _written.add(mark)
    return copies


def _copy(place: int, callback: Any) -> Any:
    # A model that it was used with before is no part of it.
    model = _compat.model_of(callback)
    try:
        return copy.deepcopy(callback, {} if model is None else {id(model): None})
    except Exception as error:
        raise ValueError(
            f"callbacks[{place}]={callback!r} cannot be copied, but each fit works on copies, so "
            "that folds and candidates do not share one object. Let it open files, locks and "
            f"connections in on_train_begin. copy.deepcopy said: {error}"
        ) from error


def _warn_of_path(place: int, kind: str, attribute: str, path: str, consequence: str) -> None:
    warn(
        f"callbacks[{place}], a {kind}, writes to {attribute}={path!r}, as an earlier fit of this "
        f"process did, and {consequence}. Put {{fit}} into the path, such as "
        f"'{{fit}}-{os.path.basename(path)}', to give each fit its own; callbacks_ says which.",
        UserWarning,
    )


class KerasCallbacks:
    """Calls Keras callbacks for a training, and takes over what they change.

    `make_model` builds the compiled model that they see from weights; its weights, learning rate
    and count of steps are those of the moment, other variables of its optimizer are not. Epochs
    count on from `first_epoch`, the number of those of earlier trainings.
    """

    def __init__(
        self,
        callbacks: list[Any],
        make_model: Callable[[list[np.ndarray]], keras.Model],
        *,
        first_epoch: int,
        epochs: int,
        steps: int,
        verbose: int,
    ):
        self._callbacks = callbacks
        self._params = {"verbose": verbose, "epochs": first_epoch + epochs, "steps": steps}
        self._make_model = make_model
        self._first_epoch = first_epoch
        self._logs: dict[str, Any] = {}
        self._state: State | None = None

    def on_fit_begin(self, epoch: Epoch) -> None:
        """Build the model and call ``on_train_begin``."""
        self._model = self._make_model(epoch.weights)
        self._model.stop_training = False
        for callback in self._callbacks:
            callback.set_model(self._model)
            callback.set_params(self._params)
        self._call("on_train_begin", epoch, {})

    def on_epoch_begin(self, epoch: Epoch) -> None:
        """Call ``on_epoch_begin``."""
        self._call("on_epoch_begin", epoch, self._index(epoch), {})

    def on_epoch_end(self, epoch: Epoch) -> None:
        """Call ``on_epoch_end``; metrics that a callback adds to the logs are kept."""
        self._logs = dict(epoch.logs)
        self._call("on_epoch_end", epoch, self._index(epoch), self._logs)
        for name, value in self._logs.items():
            if name not in epoch.logs and _is_number(value):
                epoch.logs[name] = float(value)
        if self._model.stop_training:
            epoch.stop = True

    def on_fit_end(self, epoch: Epoch) -> None:
        """Call ``on_train_end``."""
        self._call("on_train_end", epoch, self._logs)

    def close(self) -> None:
        """Take from the callbacks what cannot be kept: the model, and open files."""
        for callback in self._callbacks:
            _compat.forget_model(callback)
            if isinstance(callback, keras.callbacks.CSVLogger) and callback.csv_file is not None:
                callback.csv_file.close()
                callback.csv_file = callback.writer = None
            if isinstance(callback, keras.callbacks.TensorBoard):
                _compat.close_writers(callback)

    def _index(self, epoch: Epoch) -> int:
        return self._first_epoch + epoch.number - 1

    def _call(self, hook: str, epoch: Epoch, *arguments: Any) -> None:
        """Call a hook with the model as it is at this moment; take over what it has changed."""
        self._show(epoch)
        for callback in self._callbacks:
            getattr(callback, hook)(*arguments)
        found = self._model.get_weights()
        if not all(map(_same, found, epoch.weights)):
            if not all(np.isfinite(array).all() for array in found):
                raise ValueError(
                    f"A callback has set weights that are not finite in its {hook}; the callbacks "
                    f"are {self._callbacks}."
                )
            epoch.weights = found
            self._state = epoch.state
        if epoch.learning_rate is not None:
            rate = float(self._model.optimizer.learning_rate.numpy())
            if rate != np.float32(epoch.learning_rate):
                epoch.learning_rate = rate

    def _show(self, epoch: Epoch) -> None:
        optimizer = self._model.optimizer
        if epoch.state is not self._state:
            self._model.set_weights(epoch.weights)
            optimizer.iterations.assign(int(epoch.slots[0]))
            self._state = epoch.state
        if epoch.learning_rate is not None:
            optimizer.learning_rate = epoch.learning_rate


def _same(found: np.ndarray, shown: np.ndarray) -> bool:
    # A training of which nothing finite is left ends with weights that are NaN, by no callback.
    return np.array_equal(found, shown, equal_nan=True)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) or (np.ndim(value) == 0 and hasattr(value, "dtype"))

"""Clones, copies and pickles of estimators that hold Keras objects as parameters."""

from copy import copy
from typing import Any

from sklearn.base import BaseEstimator

from skdense.engine.keras_pickling import pack, unpack


class KerasParameters(BaseEstimator):
    """Base of estimators whose parameters are packed on their way into a copy or a pickle."""

    def __getstate__(self):
        return {**super().__getstate__(), **pack(self._own_parameters())}

    def __setstate__(self, state):
        super().__setstate__(state)
        self.__dict__.update(unpack(self._own_parameters()))

    def __copy__(self):
        copied = object.__new__(type(self))
        copied.__dict__.update(vars(self))
        return copied

    def __sklearn_clone__(self):
        packed = copy(self)
        packed.__dict__.update(pack(self._own_parameters()))
        cloned = super(KerasParameters, packed).__sklearn_clone__()
        cloned.__dict__.update(unpack(cloned._own_parameters()))
        return cloned

    def _own_parameters(self) -> dict[str, Any]:
        """Give the parameters as they are stored; an earlier version's pickle may lack some."""
        return {name: vars(self)[name] for name in self._get_param_names() if name in vars(self)}

"""Clones, copies and pickles of estimators that hold Keras objects as parameters."""

import inspect
from collections.abc import Mapping
from copy import copy
from typing import Any

from sklearn.base import BaseEstimator

from skdense.engine.keras_pickling import pack, unpack
from skdense.engine.versions import is_newer, own_version

_VERSION = "_skdense_version"  # as scikit-learn writes _sklearn_version for its own estimators


class KerasParameters(BaseEstimator):
    """Base of estimators whose parameters are packed on their way into a copy or a pickle."""

    # What a parameter is in an earlier version's pickle, where that is not its default.
    _before_it_was_there: Mapping[str, Any] = {}

    def __getstate__(self):
        packed = pack(self._own_parameters())
        return {**super().__getstate__(), **packed, _VERSION: own_version()}

    def __setstate__(self, state):
        state = dict(state)
        made_by = state.pop(_VERSION, own_version())
        if is_newer(made_by):
            raise ValueError(
                f"This {type(self).__name__} was pickled by skdense {made_by}, and skdense "
                f"{own_version()} cannot know all that it holds: install skdense {made_by} to load "
                "it, or pickle it with this version."
            )
        super().__setstate__({**self._earlier_parameters(), **state})
        self.__dict__.update(unpack(self._own_parameters()))

    def _earlier_parameters(self) -> dict[str, Any]:
        """Give the values of parameters that an earlier version's pickle does not know."""
        values: dict[str, Any] = {}
        for cls in reversed(type(self).__mro__):
            if "__init__" in vars(cls) and issubclass(cls, KerasParameters):
                parameters = inspect.signature(cls.__init__).parameters.values()
                values |= {p.name: p.default for p in parameters if p.default is not p.empty}
        return {name: self._before_it_was_there.get(name, values[name]) for name in values}

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

"""One Keras object as a hashable configuration."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from skdense.engine import _compat


@dataclass(frozen=True)
class KerasConfig:
    """How to build one Keras object, hashable and equal for equal settings."""

    kind: Any  # its class
    settings: str  # its configuration as JSON, keys sorted
    # what an object of the user's own class holds, which its configuration may leave out
    state: Any = None
    # the user's object itself, used where `settings` cannot rebuild it
    prototype: Any = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, thing: Any, config: dict[str, Any] | None = None) -> KerasConfig:
        """Describe an object by its complete configuration, or by `config` in place of that."""
        config = complete_config(thing) if config is None else config
        for name, value in config.items():
            try:
                json.dumps(value)
            except TypeError as error:
                raise ValueError(
                    f"{type(thing).__name__} has {name}={value!r}, which cannot be kept as a "
                    f"number, text, list or dict: pass one of these. ({error})"
                ) from error
        return cls(type(thing), json.dumps(config, sort_keys=True))

    @property
    def label(self) -> str:
        """Class and settings in words."""
        return f"{self.kind.__module__}.{self.kind.__qualname__} {self.settings}"

    def make(self, **changes: Any) -> Any:
        """Build a fresh object, with `changes` to its configuration."""
        return self.kind.from_config({**json.loads(self.settings), **changes})


def complete_config(thing: Any) -> dict[str, Any]:
    """Read the whole configuration of an optimizer, a loss or a schedule, without arrays."""
    config = thing.get_config()
    arguments = _compat.loss_arguments(thing)
    if arguments:
        taken = inspect.signature(type(thing)).parameters
        config.update({name: value for name, value in arguments.items() if name in taken})
    return _without_arrays(config)


def _without_arrays(value: Any) -> Any:
    """Give numbers and arrays of NumPy or TensorFlow, at any depth, as Python's."""
    if isinstance(value, dict):
        return {name: _without_arrays(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_arrays(each) for each in value]
    if isinstance(value, np.generic | np.ndarray) or hasattr(value, "numpy"):
        return np.asarray(value).tolist()
    return value


def check_exclusions(optimizer: Any) -> None:
    """Refuse an optimizer whose `exclude_from_weight_decay` was called: no copy of it knows."""
    if _compat.excludes_weights_from_decay(optimizer):
        raise ValueError(
            f"optimizer={optimizer!r}: its exclude_from_weight_decay(...) would be lost, for a "
            "copy of an optimizer does not keep it. In a dense estimator, set weight_decay=None "
            "and l2=, which penalizes kernels but not biases; with a model function of your own, "
            "make the optimizer and compile in that function."
        )


def unknown_name(parameter: str, value: str, known: list[str], other: str) -> ValueError:
    """Make the error for a name that Keras does not have."""
    return ValueError(
        f"{parameter}={value!r} is unknown. Known names: {', '.join(known)}. Or pass {other}."
    )

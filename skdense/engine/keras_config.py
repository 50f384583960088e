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
    """How to build one Keras object, hashable and equal for equal settings.

    Parameters
    ----------
    kind : type
        The object's class.
    settings : str
        Its configuration as JSON, keys sorted.
    state : bytes or int, default=None
        What an object of the user's own class holds, which its configuration may leave out.
    prototype : object, default=None
        The user's object itself, used where `settings` cannot rebuild it.
    """

    kind: Any
    settings: str
    state: Any = None
    prototype: Any = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, thing: Any, config: dict[str, Any] | None = None) -> KerasConfig:
        """Describe an object by its complete configuration, or by `config` in place of that."""
        config = complete_config(thing) if config is None else config
        return cls(type(thing), json.dumps(config, sort_keys=True, default=repr))

    @property
    def label(self) -> str:
        """Class and settings in words."""
        return f"{self.kind.__module__}.{self.kind.__qualname__} {self.settings}"

    def make(self, **changes: Any) -> Any:
        """Build a fresh object, with `changes` to its configuration."""
        return self.kind.from_config({**json.loads(self.settings), **changes})


def complete_config(thing: Any) -> dict[str, Any]:
    """Read the configuration of an optimizer, a loss or a schedule, complete.

    Parameters
    ----------
    thing : object with ``get_config``

    Returns
    -------
    dict
        What its class takes, NumPy's numbers as Python's.

    Examples
    --------
    >>> import keras
    >>> from skdense.engine.keras_config import complete_config
    >>> complete_config(keras.losses.Huber(delta=2.0))["delta"]
    2.0
    """
    config = thing.get_config()
    arguments = _compat.loss_arguments(thing)
    if arguments:
        taken = inspect.signature(type(thing)).parameters
        config.update({name: value for name, value in arguments.items() if name in taken})
    config.update({name: v.item() for name, v in config.items() if isinstance(v, np.generic)})
    return config


def unknown_name(parameter: str, value: str, known: list[str], other: str) -> ValueError:
    """Make the error for a name that Keras does not have."""
    return ValueError(
        f"{parameter}={value!r} is unknown. Known names: {', '.join(known)}. Or pass {other}."
    )

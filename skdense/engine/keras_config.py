"""One Keras object as a hashable configuration."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


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

    @property
    def label(self) -> str:
        """Class and settings in words."""
        return f"{self.kind.__module__}.{self.kind.__qualname__} {self.settings}"

    def make(self, **changes: Any) -> Any:
        """Build a fresh object, with `changes` to its configuration."""
        return self.kind.from_config({**json.loads(self.settings), **changes})


def settings_text(config: dict) -> str:
    """Write a configuration as JSON, so that equal ones are equal texts."""
    return json.dumps(config, sort_keys=True, default=repr)


def unknown_name(parameter: str, value: str, known: list[str], other: str) -> ValueError:
    """Make the error for a name that Keras does not have."""
    return ValueError(
        f"{parameter}={value!r} is unknown. Known names: {', '.join(known)}. Or pass {other}."
    )

"""One output of a custom model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Output:
    """One output of a model, and the loss it is trained with.

    Parameters
    ----------
    name : str
    shape : tuple of int
        Of one sample.
    loss : str or None
        Name of the loss, as Keras spells functions; None where the output has none.
    from_logits : bool
        Whether the loss takes the output as it is before a sigmoid or softmax.
    """

    name: str
    shape: tuple[int, ...]
    loss: str | None
    from_logits: bool

    def __str__(self) -> str:
        return f"{self.name} (None, {', '.join(map(str, self.shape))})"

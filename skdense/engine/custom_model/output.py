"""One output of a custom model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Output:
    """One output of a model, and the loss it is trained with."""

    name: str
    shape: tuple[int, ...]  # of one sample
    loss: str | None  # as Keras spells functions; None where the output has none
    from_logits: bool  # whether the loss takes the output as it is before a sigmoid or softmax

    def __str__(self) -> str:
        return f"{self.name} (None, {', '.join(map(str, self.shape))})"

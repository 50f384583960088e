"""The history of a training as JSON and arrays, and back, checked."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdense.engine.archive import expect
from skdense.persistence.deserialization import Reader
from skdense.persistence.serialization import Writer


def write_history(history: dict[str, list[float]] | None, writer: Writer) -> dict | None:
    """Turn a history into what JSON can hold; the writer takes the values."""
    if history is None:
        return None
    return {name: writer.array(np.asarray(each, np.float64)) for name, each in history.items()}


def read_history(written: dict, reader: Reader) -> dict[str, list[float]]:
    """Give the history that `write_history` wrote; raise Damaged where training leaves another."""
    expect("loss" in written, "history", list(written))
    metrics = {name: reader.array(reference) for name, reference in written.items()}
    shape = metrics["loss"].shape
    for array in metrics.values():
        plain = array.dtype == np.float64 and array.ndim == 1 and array.shape == shape
        expect(plain and len(array) > 0, "history", array)
    return {name: array.tolist() for name, array in metrics.items()}


def read_stopping(state: dict, reader: Reader) -> dict[str, Any]:
    """Give the fields that say how the validation set was chosen and how training ended.

    The first files hold nothing of that. Raises Damaged where training leaves something else.
    """
    given, reason = state.get("watched_given", False), state.get("stopped_by")
    expect(type(given) is bool, "note on validation data", given)
    expect(reason is None or type(reason) is str, "reason why training ended", reason)
    earlier = state.get("early_stopping_history")
    best_score = reader.parameter("best_score_", state.get("best_score"))
    expect(best_score is None or type(best_score) is float, "best score", best_score)
    temperature = reader.parameter("temperature_", state.get("temperature"))
    is_above_zero = type(temperature) is float and 0 < temperature < np.inf
    expect(temperature is None or is_above_zero, "temperature", temperature)
    return {
        "temperature": temperature,
        "validation_given": given,
        "stopped_by": reason,
        "best_score": best_score,
        "early_stopping_history": None if earlier is None else read_history(earlier, reader),
    }

"""What X is and how it becomes a network's inputs, as JSON and arrays, and back, checked."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from skdense.engine.archive import expect, expect_one_of, is_count
from skdense.estimators.fitted_state import FittedState
from skdense.networks.architecture import Architecture
from skdense.persistence.deserialization import Reader
from skdense.persistence.serialization import Writer
from skdense.preprocessing.feature_bins import FeatureBins
from skdense.preprocessing.feature_scaling import FeatureScaling


def write_inputs(state: FittedState, writer: Writer) -> dict:
    """Turn what X is and how it becomes inputs into what JSON can hold; the writer takes arrays."""
    gaps = state.missing_features
    return {
        "input_shape": list(map(int, state.input_shape)),
        "missing_features": None if gaps is None else writer.array(gaps),
        "feature_scaling": _write_scaling(state.feature_scaling, writer),
        "feature_bins": _write_bins(state.feature_bins, writer),
    }


def read_inputs(
    state: dict, reader: Reader, architecture: Architecture
) -> tuple[int, dict[str, Any]]:
    """Give n_features, and the fields of `FittedState` on what X is and how it becomes inputs.

    The first files know tables without missing values only. Raises Damaged where training leaves
    something else.
    """
    written = state.get("missing_features")
    gaps = np.arange(0) if written is None else reader.array(written)
    bins = _read_bins(state.get("feature_bins"), reader)
    n_features = architecture.n_features - gaps.size - (0 if bins is None else bins.n_inputs)
    expect(n_features > 0, "number of features", n_features)
    _expect_columns(gaps, n_features, "list of features with gaps")
    if bins is not None:
        _expect_columns(bins.columns, n_features, "list of features with bins")
    shape = tuple(state.get("input_shape", (n_features,)))
    fits = 1 <= len(shape) <= 3 and all(map(is_count, shape))
    expect(fits and math.prod(shape) == n_features, "input shape", shape)
    expect(bins is None or len(shape) == 1, "input shape of a network with bins", shape)
    return n_features, {
        "input_shape": shape,
        "missing_features": None if written is None else gaps,
        "feature_scaling": _read_scaling(state.get("feature_scaling"), reader, n_features),
        "feature_bins": bins,
    }


def _write_scaling(scaling: FeatureScaling | None, writer: Writer) -> dict | None:
    if scaling is None:
        return None
    return {
        "kind": scaling.kind,
        "center": writer.array(scaling.center),
        "scale": writer.array(scaling.scale),
        "clip": scaling.clip,
    }


def _write_bins(bins: FeatureBins | None, writer: Writer) -> dict | None:
    if bins is None:
        return None
    return {"columns": writer.array(bins.columns), "edges": writer.array(bins.edges)}


def _read_scaling(written: dict | None, reader: Reader, n_features: int) -> FeatureScaling | None:
    if written is None:
        return None
    expect_one_of("kind of scaling", written["kind"], ("robust", "standard"))
    clip = written["clip"]
    expect(clip is None or (type(clip) is float and clip > 0), "clip of features", clip)
    center, scale = reader.array(written["center"]), reader.array(written["scale"])
    for numbers in (center, scale):
        fits = numbers.dtype == np.float64 and numbers.shape == (n_features,)
        expect(fits and np.isfinite(numbers).all(), "scale of features", numbers)
    expect((scale >= 0).all(), "scale of features", scale)
    return FeatureScaling(written["kind"], center, scale, clip)


def _read_bins(written: dict | None, reader: Reader) -> FeatureBins | None:
    if written is None:
        return None
    columns, edges = reader.array(written["columns"]), reader.array(written["edges"])
    fits = edges.dtype == np.float64 and edges.ndim == 2 and len(edges) == len(columns)
    expect(fits and edges.shape[1] > 2 and np.isfinite(edges).all(), "edges of bins", edges)
    expect((np.diff(edges, axis=1) >= 0).all(), "edges of bins", edges)
    return FeatureBins(columns, edges)


def _expect_columns(columns: np.ndarray, n_features: int, what: str) -> None:
    """Refuse what is no ascending list of columns."""
    expect(columns.dtype.kind == "i" and columns.ndim == 1, what, columns)
    ordered = bool((np.diff(columns) > 0).all())
    expect(ordered and not ((columns < 0) | (columns >= n_features)).any(), what, columns)

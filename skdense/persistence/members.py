"""An ensemble's members as JSON and arrays, and back, checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from skdense.engine.archive import Damaged, expect
from skdense.estimators.ensemble import ensemble_attributes
from skdense.persistence.deserialization import Reader
from skdense.persistence.fitted_state import check_attributes, read_state, write_state
from skdense.persistence.serialization import Writer

# The parameters in which members differ from the whole.
_OWN_PARAMETERS = ("n_members", "random_state", "time_limit")
_OUT_OF_FOLD = ("oof_decision_function_", "oof_prediction_")
_SHARED = ("n_features_in_", "input_shape_", "classes_", "feature_names_in_")


def write_members(estimator: Any, writer: Writer) -> dict:
    """Turn what training left in an ensemble into what JSON can hold; arrays go to the writer."""
    check_attributes(estimator)
    members = []
    for member in estimator.members_:
        own = {name: getattr(member, name) for name in _OWN_PARAMETERS}
        parameters = {name: writer.parameter(name, value) for name, value in own.items()}
        members.append({"parameters": parameters, "fitted": write_state(member, writer)})
    out_of_fold = {
        name: writer.array(getattr(estimator, name))
        for name in _OUT_OF_FOLD
        if hasattr(estimator, name)
    }
    return {"members": members, "out_of_fold": out_of_fold, "stopped_by": estimator.stopped_by_}


def read_members(
    written: dict, reader: Reader, for_classes: bool, make: Callable[[dict[str, Any]], Any]
) -> dict[str, Any]:
    """Give the attributes that `write_members` wrote; raise Damaged where training leaves others.

    `make` makes a member, given those of its parameters that are not the ensemble's.
    """
    members = []
    for position, each in enumerate(written["members"]):
        own = {name: reader.parameter(name, each["parameters"][name]) for name in _OWN_PARAMETERS}
        member = make(own)
        vars(member).update(read_state(each["fitted"], reader, for_classes))
        is_next = member._member is not None and member._member[0] == position
        expect(is_next, "number of a member", member._member)
        members.append(member)
    expect(members, "number of members", 0)
    for member in members[1:]:
        _check_alike(members[0], member)
    stopped_by = written["stopped_by"]
    expect(type(stopped_by) is str, "reason why training ended", stopped_by)
    attributes = {**ensemble_attributes(members), "stopped_by_": stopped_by}
    for name, reference in written["out_of_fold"].items():
        expect(name == _OUT_OF_FOLD[not for_classes], "prediction", name)
        attributes[name] = _read_out_of_fold(reader.array(reference), attributes["_encoding"])
    return attributes


def _check_alike(first: Any, member: Any) -> None:
    """Refuse members that are not those of one fit."""
    encodings = first._encoding, member._encoding
    pairs = [(getattr(first, name, ()), getattr(member, name, ())) for name in _SHARED]
    pairs.append((first._member[1:], member._member[1:]))
    for name in ("kind", "loss", "n_outputs", "one_dimensional"):
        one, other = (getattr(encoding, name, ()) for encoding in encodings)
        pairs.append((one, other))
    if not all(np.array_equal(*pair) for pair in pairs):
        raise Damaged("has members that do not belong together.")


def _read_out_of_fold(array: np.ndarray, encoding: Any) -> np.ndarray:
    n_columns = len(getattr(encoding, "classes", range(encoding.n_outputs)))
    columns: tuple[int, ...] = () if getattr(encoding, "one_dimensional", False) else (n_columns,)
    fits = array.dtype == np.float64 and array.shape == (len(array), *columns)
    expect(fits, "array of out-of-fold predictions", array.shape)
    return array

"""One file of JSON and arrays: a zip archive, uncompressed, written whole or not at all."""

from __future__ import annotations

import errno
import io
import json
import os
import reprlib
import secrets
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import metadata
from math import prod
from typing import Any, BinaryIO, NoReturn

import numpy as np

HEADER = "skdense.json"
_LARGEST_ITEM = 8  # bytes; longer floating-point numbers differ from machine to machine
_FOREIGN = {
    b"\x89HDF": "an HDF5 file: keras.saving.load_model reads models",
    b"\x80": "a pickle: joblib.load reads it, which may run any code that is in it",
    b"\x78": "a compressed joblib pickle: joblib.load reads it, which may run any code that is "
    "in it",
}
_FOREIGN_MEMBERS = {
    "config.json": "a Keras archive: keras.saving.load_model reads it",
    "schema.json": "made by skops: skops.io.load(path, trusted=skdense.TRUSTED_TYPES) reads it",
}


class Damaged(ValueError):
    """What is wrong with a file; the text goes on from "it"."""


def write_file(
    path: str | os.PathLike, header: dict, arrays: list[np.ndarray], sync_folder: bool = True
) -> None:
    """Write a header and arrays, whole or not at all.

    Parameters
    ----------
    path : str or path-like
        A file that is there is replaced once the new one is complete.
    header : dict
        What JSON can hold, finite numbers only.
    arrays : list of arrays
        Array number 0 becomes the member ``0.npy``, and so on.
    sync_folder : bool, default=True
        Whether a power cut right afterwards may not bring back the file that was there before.
    """
    with (
        atomic_write(path, sync_folder) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,
    ):
        text = json.dumps(header, allow_nan=False, indent=1)
        # A fixed date: equal estimators give equal files.
        archive.writestr(zipfile.ZipInfo(HEADER), text)
        for number, array in enumerate(arrays):
            member = zipfile.ZipInfo(f"{number}.npy")
            with archive.open(member, "w", force_zip64=array.nbytes > 2**30) as out:
                np.lib.format.write_array(
                    out, np.asarray(array, order="C"), version=(1, 0), allow_pickle=False
                )


@contextmanager
def atomic_write(path: str | os.PathLike, sync_folder: bool = True) -> Iterator[BinaryIO]:
    """Open a file for writing that takes its place when it is complete and on the disk.

    Parameters
    ----------
    path : str or path-like
    sync_folder : bool, default=True
        As in `write_file`.

    Yields
    ------
    file object
        A temporary file in the same folder; where anything is raised, it goes and what was at
        `path` stays.
    """
    target = os.path.realpath(path)  # a link stays a link
    folder, name = os.path.split(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(errno.ENOENT, "There is no such folder", folder)
    if os.path.isdir(target):
        raise IsADirectoryError(errno.EISDIR, "This is a folder", target)
    temporary = os.path.join(folder, f".{name}.{secrets.token_hex(8)}.part")
    try:
        with open(temporary, "xb") as file:  # "x": never somebody else's file
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)  # Windows refuses while another process reads the target
    except BaseException:
        if os.path.exists(temporary):
            os.remove(temporary)
        raise
    if sync_folder:
        _sync_folder(folder)


def _sync_folder(folder: str) -> None:
    if os.name == "posix":  # elsewhere folders cannot be opened
        descriptor = os.open(folder, os.O_RDONLY)
        with suppress(OSError):  # some network folders cannot, and the file is in place
            os.fsync(descriptor)
        os.close(descriptor)


@contextmanager
def damage_named(path: str | os.PathLike) -> Iterator[None]:
    """Turn whatever reading a file raises into one ValueError that names the file.

    Parameters
    ----------
    path : str or path-like

    Yields
    ------
    None
    """
    try:
        yield
    except ImportError:  # Keras is missing, not something in the file
        raise
    except Damaged as error:
        raise ValueError(f"{os.fspath(path)!r} cannot be loaded: it {error}") from error
    except Exception as error:  # JSON and zip readers raise many kinds; none is the caller's
        raise ValueError(
            f"{os.fspath(path)!r} cannot be loaded: it is damaged "
            f"({type(error).__name__}: {error}). Save it anew."
        ) from error


def read_file(file: BinaryIO, with_arrays: bool = True) -> tuple[dict, list[np.ndarray]]:
    """Read what `write_file` wrote; memory is taken for what is there, not for what is claimed.

    Parameters
    ----------
    file : file object, open for reading in binary mode
    with_arrays : bool, default=True
        Whether to read more than the header.

    Returns
    -------
    header : dict
    arrays : list of arrays

    Raises
    ------
    Damaged
        If the file is of another kind or damaged.
    """
    start = file.read(4)
    if start != b"PK\x03\x04":
        _refuse_foreign(start)
    try:
        archive = zipfile.ZipFile(file)
        members = {member.filename: member for member in archive.infolist()}
    except (zipfile.BadZipFile, OSError) as error:
        raise Damaged(f"is damaged or cut short ({error}). Save it anew.") from error
    if HEADER not in members:
        known = [text for name, text in _FOREIGN_MEMBERS.items() if name in members]
        raise Damaged(f"is {known[0] if known else 'a zip archive that skdense did not make'}.")
    n_arrays = len(members) - 1
    names = {HEADER, *(f"{number}.npy" for number in range(n_arrays))}
    if set(members) != names or len(archive.infolist()) != len(members):
        raise Damaged("has members that skdense did not write.")
    _check_sizes(members, file.seek(0, os.SEEK_END))
    try:
        header = _parse(archive.read(HEADER))
        numbers = range(n_arrays if with_arrays else 0)
        return header, [_read_array(archive.read(f"{n}.npy")) for n in numbers]
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise Damaged(f"is damaged ({error}). Save it anew.") from error


def _refuse_foreign(start: bytes) -> NoReturn:
    for mark, text in _FOREIGN.items():
        if start.startswith(mark):
            raise Damaged(f"is {text}.")
    if not start:
        raise Damaged("is empty.")
    raise Damaged("is no file of skdense.save, or its beginning is damaged.")


def _check_sizes(members: dict[str, zipfile.ZipInfo], n_bytes: int) -> None:
    """Refuse archives that unpack to more than they are."""
    for member in members.values():
        stored = member.compress_type == zipfile.ZIP_STORED
        if not stored or member.file_size != member.compress_size:
            raise Damaged(f"holds {member.filename!r} compressed, which skdense never does.")
    if sum(member.file_size for member in members.values()) > n_bytes:
        raise Damaged("claims to hold more than it does.")


def _parse(text: bytes) -> dict:
    try:
        header = json.loads(text.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"has a header that is no JSON ({error}).") from error
    if not isinstance(header, dict):
        raise Damaged("has a header that is no JSON object.")
    return header


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not allowed")


def _read_array(data: bytes) -> np.ndarray:
    stream = io.BytesIO(data)
    try:
        if np.lib.format.read_magic(stream) != (1, 0):
            raise ValueError("another version")
        shape, by_columns, dtype = np.lib.format.read_array_header_1_0(stream)
    except Exception as error:  # NumPy evaluates a literal, which fails in many ways
        raise Damaged(f"has an array with a damaged header ({error}).") from error
    if not can_hold(dtype):
        raise Damaged(f"has an array of {dtype}, which is not allowed.")
    values = data[stream.tell() :]
    if by_columns or min(shape, default=0) < 0 or prod(shape) * dtype.itemsize != len(values):
        raise Damaged(
            f"has an array that claims the shape {shape} of {dtype}, but holds {len(values)} bytes."
        )
    # A copy: what is read from bytes cannot be written to.
    array = np.frombuffer(values, dtype).reshape(shape).astype(dtype.newbyteorder("="))
    if dtype.kind == "U":
        array.tolist()  # raises where a number stands for no character
    elif dtype.kind == "b" and array.size and array.view(np.uint8).max() > 1:
        raise Damaged("has truth values that are neither true nor false.")
    return array


def can_hold(dtype: np.dtype) -> bool:
    """Whether a file can hold arrays of a dtype: numbers, truth values and text.

    Parameters
    ----------
    dtype : numpy.dtype

    Returns
    -------
    bool
    """
    if dtype.kind == "U":
        return dtype.itemsize > 0
    return dtype.kind in "biuf" and dtype.itemsize <= _LARGEST_ITEM


def check_header(header: Any, kind: str, version: int, hint: str) -> None:
    """Make sure that a header is of a kind and a version that can be read.

    Parameters
    ----------
    header : dict
    kind : str
    version : int
        The newest that can be read.
    hint : str
        What to do where it is of another kind.

    Raises
    ------
    Damaged
        If it is not.
    """
    if header.get("kind") != kind:
        raise Damaged(f"holds {reprlib.repr(header.get('kind'))}, not {kind!r}: {hint}.")
    found = header.get("version")
    if type(found) is not int or found < 1:
        raise Damaged(f"has no version number of the format, but {reprlib.repr(found)}.")
    if found > version:
        made_with = header.get("made_with")
        newer = made_with.get("skdense") if isinstance(made_with, dict) else None
        raise Damaged(
            f"has version {reprlib.repr(found)} of the format; this skdense reads up to {version}. "
            f"It was made by skdense {reprlib.repr(newer)}: install that."
        )


def version_of(package: str) -> str | None:
    """Give the version of a package; None where it cannot be found, as in frozen programs."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def is_count(number: Any) -> bool:
    """Tell whether a number read from a file is a whole one, 0 or more."""
    return type(number) is int and number >= 0


def expect_one_of(what: str, found: Any, allowed: tuple) -> None:
    """Refuse a file that holds something else than one of a few values."""
    expect(found in allowed, what, found)


def expect(condition: Any, what: str, found: Any) -> None:
    """Refuse a file that holds something impossible."""
    if not condition:
        raise Damaged(f"has an impossible {what}: {reprlib.repr(found)}.")

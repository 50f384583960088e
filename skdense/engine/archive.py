"""One file of JSON and arrays: a zip archive, uncompressed, written whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import re
import reprlib
import secrets
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import prod
from typing import Any, BinaryIO, NoReturn

import numpy as np

from skdense.engine.versions import own_version

HEADER = "skdense.json"
_LARGEST_ITEM = 8  # bytes; longer floating-point numbers differ from machine to machine
_LONGEST_HEADER = 2**26  # bytes; its lists take some 25 times of that when it is read
_DEEPEST_HEADER = 50  # lists and objects in each other
# What NumPy's format 1.0 begins with, but for the padding; NumPy would have Python parse it.
_ARRAY_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00(..)\{'descr': '([<>|]?[A-Za-z]\d{0,9})', "
    rb"'fortran_order': False, 'shape': \((-?\d{1,19}(?:, -?\d{1,19})*,?)?\), \} *\n",
    flags=re.DOTALL,
)
_LARGEST_CODES = (
    ("U", np.uint32, 0x10FFFF, "text with numbers that stand for no character"),
    ("b", np.uint8, 1, "truth values that are neither true nor false"),
)
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
    """Write a header, finite numbers only, and arrays: number 0 is the member ``0.npy``, and so on.

    A file that is there is replaced once the new one is complete. Without `sync_folder`, a power
    cut right afterwards may bring back the one that was there before.
    """
    with (
        atomic_write(path, sync_folder) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,
    ):
        text = json.dumps(header, allow_nan=False, indent=1)
        if len(text) > _LONGEST_HEADER:
            raise ValueError(
                f"{os.fspath(path)!r} would hold {len(text):,} bytes of labels, names and "
                f"parameters, more than the {_LONGEST_HEADER:,} that a file can: use joblib.dump."
            )
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

    It is a temporary one in the same folder; where anything is raised, it goes and what was at
    `path` stays. `sync_folder` as in `write_file`.
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
    """Turn whatever reading a file raises into one ValueError that names the file."""
    try:
        yield
    except (ImportError, MemoryError):  # Keras is missing, or memory, not something in the file
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

    Raises Damaged if the file is of another kind or damaged.
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
        if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
            raise Damaged(f"holds {member.filename!r} as a link or device, not as a file.")
    if members[HEADER].file_size > _LONGEST_HEADER:
        raise Damaged(f"has a header of {members[HEADER].file_size:,} bytes, which is too long.")
    if sum(member.file_size for member in members.values()) > n_bytes:
        raise Damaged("claims to hold more than it does.")


def _parse(text: bytes) -> dict:
    try:
        header = json.loads(
            text.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_object
        )
        _check_depth(header, _DEEPEST_HEADER)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"has a header that is no JSON ({error}).") from error
    if not isinstance(header, dict):
        raise Damaged("has a header that is no JSON object.")
    return header


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not allowed")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _check_depth(value: Any, n_levels: int) -> None:
    if isinstance(value, dict | list):
        if not n_levels:
            raise ValueError("it is too deep")
        for each in value.values() if isinstance(value, dict) else value:
            _check_depth(each, n_levels - 1)


def _read_array(data: bytes) -> np.ndarray:
    start = _ARRAY_HEADER.match(data)
    if start is None or int.from_bytes(start[1], "little") + 10 != start.end():
        raise Damaged("has an array with a damaged header.")
    try:
        dtype = np.dtype(start[2].decode())
    except TypeError as error:
        raise Damaged(f"has an array with a damaged header ({error}).") from error
    if not can_hold(dtype):
        raise Damaged(f"has an array of {dtype}, which is not allowed.")
    shape = tuple(map(int, re.findall(rb"-?\d+", start[3] or b"")))
    values = memoryview(data)[start.end() :]
    if min(shape, default=0) < 0 or prod(shape) * dtype.itemsize != len(values):
        raise Damaged(
            f"has an array that claims the shape {shape} of {dtype}, but holds {len(values)} bytes."
        )
    # A copy: what is read from bytes cannot be written to.
    array = np.frombuffer(values, dtype).reshape(shape).astype(dtype.newbyteorder("="))
    for kind, plain, most, what in _LARGEST_CODES:
        if dtype.kind == kind and array.size and array.reshape(-1).view(plain).max() > most:
            raise Damaged(f"has {what}.")
    return array


def can_hold(dtype: np.dtype) -> bool:
    """Whether a file can hold arrays of a dtype: numbers, truth values and text."""
    if dtype.kind == "U":
        return dtype.itemsize > 0
    return dtype.kind in "biuf" and dtype.itemsize <= _LARGEST_ITEM


def check_header(header: Any, kind: str, version: int, hint: str) -> None:
    """Raise Damaged where a header is of another kind, or a newer version than can be read."""
    if header.get("kind") != kind:
        raise Damaged(f"holds {reprlib.repr(header.get('kind'))}, not {kind!r}: {hint}.")
    found = header.get("version")
    if type(found) is not int or found < 1:
        raise Damaged(f"has no version number of the format, but {reprlib.repr(found)}.")
    if found > version:
        raise from_newer(
            header,
            f"has version {reprlib.repr(found)} of the format, and skdense {own_version()} reads "
            f"up to {version}",
        )


def from_newer(header: dict, reason: str) -> Damaged:
    """Make the error for what only a newer skdense can have written."""
    made_with = header.get("made_with")
    theirs = made_with.get("skdense") if isinstance(made_with, dict) else None
    return Damaged(f"{reason}. It was made by skdense {reprlib.repr(theirs)}: install that.")


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

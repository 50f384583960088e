"""Mutations of saved files, and what loading them may do; run in a process of its own."""

import contextlib
import copy
import io
import json
import os
import re
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np

import skdense


def members_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members, **options):
    """Make an archive anew, so that checksums and lengths are right again."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **options) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def with_header(data, change):
    members = members_of(data)
    header = json.loads(members["skdense.json"])
    changed = change(header)
    members["skdense.json"] = json.dumps(header if changed is None else changed).encode()
    return zipped(members)


def npy_header(shape, descr="<f4"):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": descr, "fortran_order": False, "shape": shape}
    )
    return file.getvalue()


def flip(data, rng):
    data = bytearray(data)
    for place in rng.integers(len(data), size=rng.integers(1, 8)):
        data[place] ^= 1 << rng.integers(8)
    return bytes(data)


def cut(data, rng):
    return data[: rng.integers(len(data))]


def remove(data, rng):
    start, length = rng.integers(len(data)), rng.integers(1, 200)
    return data[:start] + data[start + length :]


def insert(data, rng):
    start = rng.integers(len(data))
    return data[:start] + rng.bytes(rng.integers(1, 50)) + data[start:]


def swap_members(data, rng):
    members = members_of(data)
    one, other = rng.choice(list(members), 2)
    members[one], members[other] = members[other], members[one]
    return zipped(members)


def lose_or_add_a_member(data, rng):
    members = members_of(data)
    if rng.integers(2):
        del members[rng.choice(list(members))]
    else:
        members[rng.choice(["../evil.npy", "99.npy", "0.npy ", "skdense.json/"])] = b"x"
    return zipped(members)


def mutate_a_member(data, rng):
    members = members_of(data)
    name = rng.choice(list(members))
    members[name] = (flip, cut, remove, insert)[rng.integers(4)](members[name], rng)
    return zipped(members)


REPLACEMENTS = (
    *(
        None,
        True,
        False,
        -1,
        0,
        1,
        3,
        2**40,
        2**80,
        10**400,
        0.5,
        -2.0,
        1e308,
        "",
        "x",
        "os.system",
    ),
    *([], {}, [[]], [1, 2], {"array": 0}, {"array": 10**9}, {"array": -1}, {"array": "0"}),
    *({"tuple": [1]}, {"dict": [[[], 1]]}, {"scalar": {"array": 0}}, {"objects": [None]}),
    *({"custom": "os.system"}, {"keras": {"class": "os.system", "config": {}}}, {"keras": 1}),
    {"keras": {"class": "SGD", "config": {"learning_rate": {"module": "os", "class_name": "x"}}}},
    {"keras": {"function": "deserialize"}},
    {"keras": {"class": "Lambda", "config": {"function": "exec('1')"}}},
    {"random_state": {"key": {"array": 0}, "position": 10**6, "has_gauss": 0, "gauss": 0}},
)


def places(value, path=()):
    yield path
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in items:
            yield from places(each, (*path, key))


def mutate_the_header(data, rng):
    def change(header):
        for _ in range(rng.integers(1, 4)):
            found = list(places(header))
            *path, last = found[rng.integers(1, len(found))]
            parent = header
            for key in path:
                parent = parent[key]
            if rng.integers(5) == 0:
                del parent[last]
            else:
                parent[last] = copy.deepcopy(REPLACEMENTS[rng.integers(len(REPLACEMENTS))])

    return with_header(data, change)


LIES = (
    *(("file_size", 0), ("file_size", 2**31), ("compress_size", 2**31), ("CRC", 0)),
    *(("compress_type", zipfile.ZIP_DEFLATED), ("flag_bits", 1), ("extra", bytes(9))),
    *(("header_offset", 0), ("header_offset", 2**31), ("external_attr", 0o120777 << 16)),
    *(("filename", "0.npy"), ("filename", "../0.npy"), ("filename", "/0.npy")),
    *(("both sizes", 2**31), ("both sizes", 2**60), ("both sizes", 9)),
)


def lie_about_a_member(data, rng):
    """Write something false into the archive's directory."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members_of(data).items():
            archive.writestr(name, content)
        field, value = LIES[rng.integers(len(LIES))]
        member = archive.filelist[rng.integers(len(archive.filelist))]
        for name in ("file_size", "compress_size") if field == "both sizes" else (field,):
            setattr(member, name, value)
    return file.getvalue()


SHAPES = ((-1,), (-4, -4), (2**40,), (2**31, 2**33), (2**63,), (0, 2**62), (0, 2**70), (), (0,))
DTYPES = ("<f4", "<f8", ">f8", "<f2", "<i8", "|b1", "|O", "<U1", "<U99999999", "|V8", "<M8", "<c8")


def change_a_shape(data, rng):
    """Let an array claim another shape and type than it has."""
    members = members_of(data)
    name = rng.choice([name for name in members if name.endswith(".npy")])
    header = npy_header(SHAPES[rng.integers(len(SHAPES))], rng.choice(DTYPES))
    members[name] = header + members[name].partition(b"\n")[2]
    return zipped(members)


PIECES = (
    *(b"[" * 100_000, b'{"a": ' * 3000, b"[" * 60 + b"]" * 60 + b", ", b"[]," * 100_000),
    *(b'"kind": 1, ', b'"version": 2, ', b"NaN, ", b"1e999, ", b"9" * 5000, b"\xff", b"\\ud800"),
)


def spoil_the_json(data, rng):
    members = members_of(data)
    text = members["skdense.json"]
    starts = [match.end() for match in re.finditer(rb"[{\[]\s*", text)]
    start = rng.choice(starts)
    members["skdense.json"] = text[:start] + rng.choice(PIECES) + text[start:]
    return zipped(members)


MUTATIONS = (
    *(flip, cut, remove, insert, swap_members, lose_or_add_a_member, mutate_a_member),
    *(lie_about_a_member, change_a_shape, spoil_the_json),
    *[mutate_the_header] * 7,
)


class Watch:
    """An audit hook (PEP 578): in a load, its file may be read, and nothing else may happen."""

    def __init__(self):
        self.path = None
        self.events = []

    @contextlib.contextmanager
    def load(self, path):
        with limited_memory(2 * os.path.getsize(path) + 50 * 2**20):
            self.path = path
            try:
                yield
            finally:
                self.path = None

    def __call__(self, event, arguments):
        path, self.path = self.path, None  # what happens in here is no event of interest
        if path is None:
            return
        reads = event == "open" and os.fspath(arguments[0]) == path and arguments[1] == "r"
        if not reads and event not in HARMLESS:
            self.events.append(f"{event} {arguments}"[:200])
            raise RuntimeError(f"This happened while a file was loaded: {self.events[-1]}")
        self.path = path


HARMLESS = ("builtins.id", "object.__getattr__", "sys._getframe")


@contextlib.contextmanager
def limited_memory(n_bytes):
    """Let this process take no more than that on top of what it has."""
    if not sys.platform.startswith("linux"):
        yield
        return
    import resource

    lines = Path("/proc/self/status").read_text().splitlines()
    used = next(int(line.split()[1]) for line in lines if line.startswith("VmData")) * 1024
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (used + n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def attack(folder, n_mutations):
    """Load mutated files: each comes to an estimator that predicts, or to the one error."""
    files = [path.read_bytes() for path in sorted(Path(folder).iterdir())]
    path = os.path.join(folder, "mutated")
    for data in files:  # all imports come now, an encoding for the names in archives among them
        assert why_not(path, data, contextlib.nullcontext) is None
    watch, n_loaded, reasons = Watch(), 0, set()
    sys.addaudithook(watch)
    for number in range(n_mutations):
        rng = np.random.default_rng(number)
        mutate = MUTATIONS[number % len(MUTATIONS)]
        try:
            reason = why_not(path, mutate(files[rng.integers(len(files))], rng), watch.load)
        except BaseException as error:
            error.add_note(f"This was mutation {number}.")
            raise
        n_loaded += reason is None
        reasons.add(reason and reason[:20])
    print(json.dumps({"n_loaded": n_loaded, "n_reasons": len(reasons), "events": watch.events[:9]}))


def why_not(path, data, watching):
    """Load a file, and predict; give the reason where it cannot be loaded."""
    Path(path).write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as an overflow from absurd weights
        try:
            with watching(path):
                net = skdense.load(path)
        except ValueError as error:
            start, _, reason = str(error).partition(" cannot be loaded: it ")
            assert start == repr(path)
            return reason
        assert len(net.predict(np.zeros((3, net.n_features_in_)))) == 3
        return None

"""Files that are cut short, mutated, hostile or something else: an error that names them."""

import builtins
import codecs
import contextlib
import copy
import importlib
import io
import json
import os
import pickle
import subprocess
import tracemalloc
import warnings
import zipfile

import joblib
import keras
import numpy as np
import pytest
import skops.io

import skdense
from skdense import DenseClassifier, DenseRegressor
from tests.helpers import plain

N_MUTATIONS = 1000


@pytest.fixture(scope="module")
def files(iris, diabetes, tmp_path_factory):
    """The bytes of three saved estimators, with something of every kind in them."""
    folder = tmp_path_factory.mktemp("files")
    X, y = iris
    nets = [
        plain(
            DenseClassifier,
            4,
            keras.activations.silu,
            optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.1, 9)),
            loss=keras.losses.CategoricalCrossentropy(),
            random_state=np.random.RandomState(0),
            epochs=2,
        ).fit(X, np.array(["a", "b", "c"], dtype=object)[y]),
        plain(DenseClassifier, (4, 3), batch_norm=True, dropout=(0.0, 0.5), epochs=1).fit(X, y),
        plain(
            DenseRegressor,
            [4],
            class_names(),
            l2=np.float64(0.1),
            early_stopping=True,
            epochs=2,
            scale_features="robust",
            n_bins=2,
        ).fit(*diabetes),
    ]
    found = []
    for net in nets:
        skdense.save(net, folder / "net")
        found.append((folder / "net").read_bytes())
    return found


def class_names():
    return ("gelu",)


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


# Mutations ---------------------------------------------------------------------------------------


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


MUTATIONS = (
    *(flip, cut, remove, insert, swap_members, lose_or_add_a_member, mutate_a_member),
    *[mutate_the_header] * 7,
)


def net_or_reason(path):
    try:
        return skdense.load(path), None
    except ValueError as error:
        start, _, reason = str(error).partition(" cannot be loaded: it ")
    assert start == repr(str(path))
    return None, reason


def test_mutated_files_load_or_raise_one_error(files, tmp_path, monkeypatch):
    def ran(*arguments, **_):
        pytest.exit(f"code was run from a file: {arguments}")

    codecs.lookup("cp437")  # for names in archives; Python imports it when first needed
    for place, name in [
        *((os, "system"), (subprocess, "Popen"), (pickle, "loads"), (pickle, "load")),
        *((pickle, "Unpickler"), (builtins, "exec"), (importlib, "import_module")),
    ]:
        monkeypatch.setattr(place, name, ran)
    path, rng, n_loaded = tmp_path / "mutated.skdense", np.random.default_rng(0), 0
    reasons = set()
    for number in range(N_MUTATIONS):
        mutate = MUTATIONS[number % len(MUTATIONS)]
        path.write_bytes(mutate(files[rng.integers(len(files))], rng))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as an overflow from absurd weights
            net, reason = net_or_reason(path)
            if net is not None:
                assert len(net.predict(np.zeros((3, net.n_features_in_)))) == 3
                n_loaded += 1
            else:
                reasons.add(reason[:20])
    # Some mutations change a figure and no more; most are found, for many different reasons.
    assert 0.02 * N_MUTATIONS < n_loaded < 0.5 * N_MUTATIONS
    assert len(reasons) > 25


# Chosen ones -------------------------------------------------------------------------------------


class Evil:
    def __reduce__(self):
        return os.system, ("exit 1",)


def foreign_files(folder):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.save(folder / "a.keras")
    np.savez(folder / "a.npz", weights=np.ones(3))
    skops.io.dump({"a": 1}, folder / "a.skops")
    joblib.dump(Evil(), folder / "a.joblib")
    joblib.dump([np.ones(3)], folder / "a.joblib.z", compress=3)
    (folder / "a.pickle").write_bytes(pickle.dumps(Evil()))
    (folder / "a.txt").write_text("weights: 1, 2, 3")
    (folder / "a.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    (folder / "empty").touch()
    (folder / "no.zip").write_bytes(b"PK\x05\x06" + bytes(18))


def test_foreign_files_are_named(tmp_path):
    foreign_files(tmp_path)
    expected = {
        "a.keras": "a Keras archive: keras.saving.load_model",
        "a.npz": "a zip archive that skdense did not make",
        "a.skops": "made by skops: skops.io.load",
        "a.joblib": "a pickle: joblib.load reads it, which may run any code",
        "a.joblib.z": "a compressed joblib pickle",
        "a.pickle": "a pickle",
        "a.txt": "no file of skdense.save",
        "a.h5": "an HDF5 file",
        "empty": "is empty",
        "no.zip": "no file of skdense.save",
    }
    assert {path.name for path in tmp_path.iterdir()} == set(expected)
    for name, words in expected.items():
        with pytest.raises(ValueError, match=words.replace(".", r"\.")) as raised:
            skdense.load(tmp_path / name)
        assert repr(str(tmp_path / name)) in str(raised.value)


def first_weights(header):
    return header["fitted"]["weights"][0]["array"]


CHANGES = {
    "newer": (lambda h: h.update(version=3), "has version 3 of the format.*up to 2.*by skdense '0"),
    "no version": (lambda h: h.update(version="1"), "no version number"),
    "another estimator": (lambda h: h.update(estimator="os.system"), "not ours, 'os.system'"),
    "a class": (lambda h: h.update(estimator="DenseRegressor"), "damaged|impossible"),
    "wide": (
        lambda h: h["fitted"]["architecture"].update(hidden_layer_sizes=[10**12]),
        r"kernel of shape \(4, 4\).*has one of shape \(4, 1000000000000\)",
    ),
    "deep": (
        lambda h: h["fitted"]["architecture"].update(
            hidden_layer_sizes=[4] * 9999, activation=["relu"] * 9999, dropout=[False] * 9999
        ),
        "shape|number of weight arrays",
    ),
    "a parameter": (lambda h: h["parameters"].update(epochs=-3), "'epochs' parameter.*-3"),
    "unknown": (lambda h: h["parameters"].update(cells=1), "cells"),
    "a list": (lambda h: [h], "no JSON object"),
}


def of_scaling(**changes):
    return lambda h: h["fitted"]["feature_scaling"].update(changes)


SCALING_CHANGES = {
    "kind": (of_scaling(kind="minmax"), "kind of scaling"),
    "clip": (of_scaling(clip=0.0), "clip of features"),
    "center": (lambda h: of_scaling(center=h["fitted"]["weights"][1])(h), "scale of features"),
    "negative": (
        lambda h: of_scaling(scale=h["fitted"]["feature_scaling"]["center"])(h),
        "scale of features",
    ),
    "edges": (
        lambda h: h["fitted"]["feature_bins"].update(edges=h["fitted"]["weights"][0]),
        "edges of bins",
    ),
    "columns": (
        lambda h: h["fitted"]["feature_bins"].update(columns=h["fitted"]["weights"][1]),
        "bins|damaged",
    ),
    "images": (lambda h: h["fitted"].update(input_shape=[2, 5]), "input shape of a network with"),
    "none": (lambda h: h["fitted"].update(feature_bins=None), "input shape|scale of features"),
}


@pytest.mark.parametrize("change", SCALING_CHANGES)
def test_changed_scales_and_bins_are_refused(files, tmp_path, change):
    function, words = SCALING_CHANGES[change]
    path = tmp_path / "changed.skdense"
    path.write_bytes(with_header(files[2], function))
    with pytest.raises(ValueError, match=r"changed\.skdense.* cannot be loaded: it .*" + words):
        skdense.load(path)


@pytest.mark.parametrize("change", CHANGES)
def test_changed_headers_are_refused(files, tmp_path, change):
    function, words = CHANGES[change]
    path = tmp_path / "changed.skdense"
    path.write_bytes(with_header(files[0], function))
    with pytest.raises(ValueError, match=r"changed\.skdense.* cannot be loaded: it .*" + words):
        skdense.load(path)


def npy_header(shape, descr="<f4"):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": descr, "fortran_order": False, "shape": shape}
    )
    return file.getvalue()


HOSTILE = {
    "a shape of terabytes": (npy_header((2**20, 2**20)), "claims the shape"),
    "a negative shape": (npy_header((-1, -8)) + bytes(32), "claims the shape"),
    "objects": (npy_header((1,), "|O") + pickle.dumps(Evil()), "array of object"),
    "a long literal": (
        b"\x93NUMPY\x01\x00\x10\x27" + b"(" * 10_000,
        "array with a damaged header",
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_arrays_take_no_memory_and_run_nothing(files, tmp_path, kind):
    content, words = HOSTILE[kind]
    path = tmp_path / "net"
    path.write_bytes(zipped({**members_of(files[0]), "0.npy": content}))
    assert_refused_in_little_memory(path, words)


def test_bombs_are_refused_unopened(files, tmp_path):
    path = tmp_path / "net"
    members = {**members_of(files[0]), "0.npy": npy_header((2**22,)) + bytes(2**24)}
    path.write_bytes(zipped(members, compression=zipfile.ZIP_DEFLATED))
    assert path.stat().st_size < 2**17
    assert_refused_in_little_memory(path, "compressed, which skdense never does")


def test_members_that_share_their_bytes_are_refused(files, tmp_path):
    # As in D. Fifield, "A better zip bomb", WOOT 2019: many names for one piece of the file.
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("skdense.json", members_of(files[0])["skdense.json"])
        archive.writestr("0.npy", bytes(2**16))
        for number in range(1, 200):
            twin = zipfile.ZipInfo.from_file(__file__, f"{number}.npy")
            vars_of = archive.getinfo("0.npy")
            twin.header_offset, twin.CRC = vars_of.header_offset, vars_of.CRC
            twin.file_size = twin.compress_size = vars_of.file_size
            archive.filelist.append(twin)
    path = tmp_path / "net"
    path.write_bytes(file.getvalue())
    assert_refused_in_little_memory(path, "claims to hold more than it does|damaged")


def assert_refused_in_little_memory(path, words):
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=words):
            skdense.load(path)
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


def test_damaged_weights_leave_the_estimator_alone(iris, tmp_path):
    net = plain(DenseClassifier, 4, epochs=1).fit(*iris)
    before = pickle.dumps(net.weights_)
    skdense.save_weights(net, tmp_path / "weights")
    data = (tmp_path / "weights").read_bytes()
    rng = np.random.default_rng(0)
    for number in range(60):
        (tmp_path / "mutated").write_bytes(MUTATIONS[number % 7](data, rng))
        with contextlib.suppress(ValueError):
            skdense.load_weights(net, tmp_path / "mutated")
            before = pickle.dumps(net.weights_)
        assert pickle.dumps(net.weights_) == before

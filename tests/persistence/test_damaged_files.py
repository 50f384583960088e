"""Files that are cut short, mutated, hostile or something else: an error that names them."""

import contextlib
import io
import os
import pickle
import tracemalloc
import zipfile

import joblib
import keras
import numpy as np
import pytest
import skops.io

import skdense
from skdense import DenseClassifier
from skdense.engine import archive
from tests.helpers import plain
from tests.persistence.mutations import MUTATIONS, members_of, npy_header, with_header, zipped


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
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("skdense.json", members_of(files[0])["skdense.json"])
        made.writestr("0.npy", bytes(2**16))
        for number in range(1, 200):
            twin = zipfile.ZipInfo.from_file(__file__, f"{number}.npy")
            vars_of = made.getinfo("0.npy")
            twin.header_offset, twin.CRC = vars_of.header_offset, vars_of.CRC
            twin.file_size = twin.compress_size = vars_of.file_size
            made.filelist.append(twin)
    path = tmp_path / "net"
    path.write_bytes(file.getvalue())
    assert_refused_in_little_memory(path, "claims to hold more than it does|damaged")


def test_links_are_refused(files, tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in members_of(files[0]).items():
            made.writestr(name, content)
        made.getinfo("3.npy").external_attr = 0o120777 << 16  # as `zip --symlinks` writes it
    (tmp_path / "net").write_bytes(file.getvalue())
    assert_refused_in_little_memory(tmp_path / "net", "holds '3.npy' as a link")


def test_deep_and_ambiguous_headers_are_refused(files, tmp_path):
    deep = []
    for _ in range(50):
        deep = [deep]
    path = tmp_path / "net"
    path.write_bytes(with_header(files[0], lambda header: header.update(comment=deep)))
    assert_refused_in_little_memory(path, "too deep")
    members = members_of(files[0])
    members["skdense.json"] = members["skdense.json"].replace(b"{", b'{"version": 2, ', 1)
    path.write_bytes(zipped(members))
    assert_refused_in_little_memory(path, "a name stands twice")


def test_long_headers_are_neither_read_nor_written(files, iris, tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "_LONGEST_HEADER", 1000)
    path = tmp_path / "net"
    path.write_bytes(files[0])
    assert_refused_in_little_memory(path, r"a header of [\d,]+ bytes, which is too long")
    with pytest.raises(ValueError, match=r"'.*net' would hold [\d,]+ bytes .*the 1,000 that"):
        skdense.save(plain(DenseClassifier, 4, epochs=1).fit(*iris), path)
    assert path.read_bytes() == files[0]


def test_reading_takes_twice_the_size_of_the_file(tmp_path):
    path = tmp_path / "arrays"
    archive.write_file(path, {}, [np.ones(2**21), np.full(2**20, "é"), np.ones((0, 3), bool)])
    tracemalloc.start()
    with open(path, "rb") as file:
        _, (ones, text, empty) = archive.read_file(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (ones.sum(), set(text), empty.shape) == (2**21, {"é"}, (0, 3))
    assert peak < 2 * path.stat().st_size + 2**20


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

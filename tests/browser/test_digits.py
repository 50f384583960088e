"""The page "In the browser", in a headless Chromium: `make test-docs`, after `make docs`.

Pictures of it are in docs/_build/pictures afterwards.
"""

import json
import os
import shutil
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from sklearn.datasets import load_digits

BUILD = Path(__file__).parents[2] / "docs" / "_build"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
# As one writes them, on paper of 280 by 280: x,y of the corners of each line.
DRAWN = (
    "140,40 90,70 75,140 90,215 140,240 190,215 205,140 190,70 140,40",
    "110,80 150,40 150,240",
    "85,90 105,50 150,40 190,65 190,110 140,170 80,235 205,235",
    "85,55 140,40 190,70 185,115 130,135 | 130,135 190,160 195,210 145,240 80,225",
    "120,40 75,150 205,150 | 165,95 165,240",
    "195,45 95,45 90,125 150,115 200,155 190,215 140,240 80,225",
    "170,40 110,85 80,160 90,220 140,240 190,215 190,165 145,140 85,180",
    "80,45 200,45 160,130 130,240 | 100,140 190,140",
    "180,60 135,40 95,70 110,115 170,160 190,205 140,240 90,210 105,160 170,115 185,75 180,60",
    "190,75 140,40 90,65 90,115 140,135 190,105 190,75 190,140 165,240",
)
STROKES = [
    [[tuple(map(int, point.split(","))) for point in line.split()] for line in drawn.split("|")]
    for drawn in DRAWN
]


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def visit(folder, strokes, scratch):
    """Serve a folder of pages, and let a browser draw there."""
    pictures = BUILD / "pictures"
    pictures.mkdir(exist_ok=True)
    handler = partial(_QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        task = {
            "url": f"http://127.0.0.1:{server.server_port}/integrations/browser.html",
            "executable": CHROMIUM,
            "arguments": ["--no-sandbox"] if os.geteuid() == 0 else [],  # as root it has none
            "strokes": strokes,
            "folder": str(pictures),
        }
        (scratch / "task.json").write_text(json.dumps(task), encoding="utf-8")
        # Where its packages are.
        script = shutil.copy(Path(__file__).with_name("draw.mjs"), BUILD / "npm")
        command = ["node", script, scratch / "task.json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        server.shutdown()
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return visit(BUILD / "html", STROKES, tmp_path_factory.mktemp("browser"))


def test_nothing_is_wrong_or_wider_than_the_screen(found):
    assert found["errors"] == []
    assert found["widths"] == {"desk": 1280, "phone": 390}


def test_the_page_predicts_as_python_does(found):
    images = np.array([drawn["pixels"] for drawn in found["drawn"]], np.float32)
    shown = np.array([drawn["probabilities"] for drawn in found["drawn"]])
    file = BUILD / "html" / "_static" / "browser" / "digits.onnx"
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    label, probabilities = session.run(None, {"X": images})
    assert np.allclose(shown, probabilities, rtol=0, atol=1e-5)
    for drawn, digit in zip(found["drawn"], label, strict=True):
        assert drawn["answer"].startswith(f"This is a {digit} (")
    assert sum(label == np.arange(10)) >= 9


def test_drawings_become_what_the_data_set_has(found):
    """Eight rows high, no more than six columns wide, and three tenths black."""
    images = [load_digits().images, *([drawn["pixels"]] for drawn in found["drawn"])]
    for image in images:
        image = np.reshape(image, (-1, 8, 8))
        assert image.max() <= 16
        assert (image == image.round()).all()
        assert image.any(axis=(0, 2)).all()
        assert image[:, :, [0, 7]].mean() < 0.2
        assert 0.28 < image.mean() / 16 < 0.34


def test_without_the_runtime_the_page_says_so(tmp_path):
    pages = tmp_path / "html"
    shutil.copytree(BUILD / "html", pages, ignore=shutil.ignore_patterns("runtime", "auto_gallery"))
    assert "was not fetched" in visit(pages, None, tmp_path)["answer"]

"""The pages of docs/integrations: `make test-integrations` runs their code, without a network.

The variables that a page leaves are then held against what its text says.
"""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
import warnings
from contextlib import closing
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from sklearn.metrics import log_loss

from tests.helpers import BLOCK, run_page

PAGES = Path(__file__).parents[2] / "docs" / "integrations"
BLOCKED = "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None\n"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a page in an empty folder; what leaves this machine is an error."""
    connect = socket.socket.connect

    def connect_here(self, address):
        assert self.family == socket.AF_UNIX or address[0] in ("127.0.0.1", "::1"), address
        return connect(self, address)

    def run(name):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(socket.socket, "connect", connect_here)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # other packages' news are not ours to tell
            warnings.filterwarnings("error", module="skdense")
            return run_page(PAGES / f"{name}.md")

    return run


def test_every_page_is_tested():
    text = Path(__file__).read_text(encoding="utf-8")
    names = {path.stem for path in PAGES.glob("*.md")} - {"index"}
    assert names == set(re.findall(r'run\("([\w-]+)"\)', text))


def test_skrub(run):
    page = run("skrub")
    assert "SquashingScaler" in str(page["tabular_pipeline"](page["net"]))
    assert min(*page["scores"], *page["own_scores"]) > 0.7


def test_imbalanced_learn(run):
    page = run("imbalanced-learn")
    found, precision, log_likelihood = np.array(list(page["results"].values())).T
    assert next(iter(page["results"])) == "as it is"
    assert abs(found[1] - found[2]) < 0.03, "weights and over-sampling do much the same"
    assert (found[1:] > found[0]).all(), "more of the rare class is found"
    assert (log_likelihood[1:] < log_likelihood[0]).all(), "the log loss gets worse"
    assert precision.min() > 0.5
    honest = page["stopped"]
    assert page["too_low"] < min(honest.history_["val_loss"])
    assert page["stopped_late"] > honest.best_epoch_
    expected = log_loss(page["y_val"], honest.predict_proba(page["X_val"]))
    assert np.isclose(min(honest.history_["val_loss"]), expected, rtol=1e-3)


def test_optuna(run):
    page = run("optuna")
    study, best = page["study"], page["best"]
    assert len(study.trials) == 15
    assert study.best_value > 0.95
    for name, value in study.best_params.items():
        assert best.get_params()[name] == value
    kinds = page["skdense"].cache_info()
    assert kinds.misses <= 3, "trials share programs"


def test_mlflow(run, run_python, tmp_path):
    page = run("mlflow")
    history = page["fitted"].history_
    assert [each.value for each in page["losses"]] == history["val_loss"]
    assert [each.step for each in page["losses"]] == list(range(1, 11))
    net = page["again"][-1]
    assert type(net) is type(page["net"])
    table = page["runs"].dropna(subset=["params.denseclassifier__l2"])
    tried = sorted(table["params.denseclassifier__l2"].astype(float))
    assert tried == [0.0, 0.01, 0.1]
    scores = dict(
        zip(
            page["grid"]["denseclassifier__l2"],
            page["search"].cv_results_["mean_test_score"],
            strict=True,
        )
    )
    for _, row in table.iterrows():
        assert np.isclose(
            row["metrics.mean_test_score"], scores[float(row["params.denseclassifier__l2"])]
        )
    np.save(tmp_path / "X.npy", page["X_test"])
    np.save(tmp_path / "expected.npy", page["pipeline"].predict(page["X_test"]))
    code = f"""
import mlflow
import numpy as np
mlflow.set_tracking_uri("sqlite:///mlflow.db")
for load in (mlflow.sklearn.load_model, mlflow.pyfunc.load_model):
    model = load({page["logged"].model_uri!r})
    assert (model.predict(np.load("X.npy")) == np.load("expected.npy")).all()
"""
    run_python(BLOCKED + code, folder=tmp_path)


def test_shap(run):
    page = run("shap")
    assert np.allclose(page["found"], page["expected"], rtol=0, atol=1e-9)
    assert page["explanation"].values.shape == (1000, 64, 10)
    assert page["seconds"] < 60
    total = page["total"]
    assert np.allclose(total, page["net"].predict_proba(page["X"][797:]), rtol=0, atol=1e-6)


def test_skl2onnx(run):
    page = run("skl2onnx")
    assert set(page["differences"]) == {"pipeline", "columns", "calibrated", "stack"}
    assert max(page["differences"].values()) < 1e-5


def test_browser(run):
    """Its network; tests/browser has the rest."""
    page = run("browser")
    assert page["net"].score(page["X_test"], page["y_test"]) > 0.96
    assert os.path.getsize("digits.onnx") < 50_000


def test_service(run, tmp_path):
    """The service runs with what its container has, and answers within a millisecond."""
    page = run("service")
    code = service_blocks("python")
    assert len(code.splitlines()) < 45
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = MISSING.format(missing_in_the_container())
    program += code.replace('("", 8000)', f'("127.0.0.1", {port})')
    (tmp_path / "service.py").write_text(program, encoding="utf-8")
    process = subprocess.Popen([sys.executable, "service.py"], cwd=tmp_path)
    try:
        with closing(connect(port)) as connection:
            check_answers(connection, page)
    finally:
        process.terminate()
        process.wait()


MISSING = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
"""


def missing_in_the_container():
    """Top-level names that this environment has beside the packages that the container names."""
    lines = service_blocks("dockerfile")
    (line,) = re.findall(r"^RUN pip install --no-cache-dir (\w.*)", lines, flags=re.MULTILINE)
    installed, waiting = {"skdense"}, line.split()
    while waiting:
        installed.add(name := waiting.pop())
        needed = [each for each in requires(name) or [] if "extra ==" not in each]
        waiting += {re.match(r"[\w-]+", each)[0] for each in needed} - installed
    owners = packages_distributions()
    missing = sorted(name for name in owners if not installed & set(owners[name]))
    assert {"keras", "tensorflow", "pandas"} <= set(missing)
    return missing


def connect(port):
    """Wait for the service, at most a minute."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for _ in range(600):
        try:
            connection.connect()
            return connection
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise AssertionError("the service does not start")


def check_answers(connection, page):
    def ask(body):
        connection.request("POST", "/", body)
        response = connection.getresponse()
        return response.status, json.loads(response.read())

    X, net = page["X"], page["net"]
    status, answer = ask(json.dumps(X[:5].tolist()))
    assert (status, answer["classes"]) == (200, [0, 1])
    assert answer["probabilities"] == net.predict_proba(X[:5]).tolist()
    for wrong, words in {"[[1, 2]]": "30 features", "[[": "Expecting", "{}": "float"}.items():
        status, answer = ask(wrong)
        assert status == 400
        assert words in answer["error"]
    one = json.dumps(X[:1].tolist())
    seconds = []
    for _ in range(500):
        start = time.perf_counter()
        ask(one)
        seconds.append(time.perf_counter() - start)
    print(
        f"\nan answer takes {1000 * median(seconds):.2f} ms, at best {1000 * min(seconds):.2f} ms"
    )
    assert min(seconds) < 0.001  # on a machine with other work the median is that of the queue


def service_blocks(language):
    text = (PAGES / "service.md").read_text(encoding="utf-8")
    if language == "python":
        (code,) = [block for block in BLOCK.findall(text) if block.startswith("# service.py\n")]
    else:
        (code,) = re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    return code

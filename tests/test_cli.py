import os
import runpy
import subprocess
import sys
from importlib import metadata

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from skdense import DenseClassifier, cli
from skdense.cli import main
from skdense.model_selection import baselines
from tests.helpers import plain


class Classifier(LogisticRegression):
    def fit(self, X, y):
        super().fit(X, y)
        self.history_ = {"loss": [0.7, 0.5], "val_loss": [0.8, 0.6]}
        return self


class Regressor(Ridge):
    def fit(self, X, y):
        super().fit(X, y)
        self.history_ = {"loss": [0.7, 0.5]}
        return self


@pytest.fixture(autouse=True)
def quick_network(monkeypatch):
    monkeypatch.setattr(
        baselines,
        "network",
        lambda task, random_state: Classifier() if task == "classification" else Regressor(),
    )
    monkeypatch.setattr(baselines, "find_spec", lambda name: None)  # no LightGBM, no CatBoost


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    size = rng.normal(size=40)
    return pd.DataFrame(
        {
            "size": size,
            "colour": rng.choice(["red", "blue"], 40),
            "price": size * 3 + rng.normal(size=40),
            "sold": np.where(size > 0, "yes", "no"),
        }
    )


@pytest.fixture
def path(table, tmp_path):
    table.to_csv(tmp_path / "houses.csv", index=False)
    return str(tmp_path / "houses.csv")


def test_table_words_and_progress(path, capsys):
    assert main(["compare", path, "--cv", "2"]) == 0
    out, err = capsys.readouterr()
    assert "40 rows, 3 columns; target 'sold' (the last column;" in out
    assert "Task: classification, as the target holds 2 different texts\n" in out
    assert "roc auc over 2 folds (higher is better)" in out
    assert "The network beats the dummy" in out
    warning, *_, estimate = err.splitlines()[:-5]
    models = err.splitlines()[-5:]
    assert warning == ("Column 'size': alone predicts the target: would it be known beforehand?")
    assert estimate.startswith("This takes about ")
    assert [line.split(":")[0] for line in models] == [
        "[1/5] dummy, fold 1 2",
        "[2/5] logistic regression, fold 1 2",
        "[3/5] random forest, fold 1 2",
        "[4/5] gradient boosting, fold 1 2",
        "[5/5] network, fold 1 2",
    ]
    assert max(map(len, out.splitlines()[4:])) <= 88


def test_out_holds_table_and_report(path, tmp_path, capsys):
    folder = tmp_path / "new" / "folder"
    options = ["--target", "price", "--test-size", "0.25", "--out", str(folder)]
    options += ["--scoring", "neg_mean_absolute_error"]
    assert main(["compare", path, "--cv", "2", *options]) == 0
    assert "report.html, comparison.csv" in capsys.readouterr().out
    saved = pd.read_csv(folder / "comparison.csv")
    assert set(saved["model"]) == {
        "dummy",
        "ridge",
        "random forest",
        "gradient boosting",
        "network",
    }
    assert set(saved["metric"]) == {"mean absolute error"}
    assert {"mean", "spread", "test", "fold_1", "fold_2"} <= set(saved.columns)
    assert {path.name for path in folder.iterdir()} == {"comparison.csv", "report.html"}
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert "<h1>Which model predicts price?</h1>" in report
    assert report.count("<svg") == 2
    assert f"skdense compare {path} --cv 2 --target price" in report
    assert "a column for each" in report


def test_columns_and_rows_can_be_left_out(table, tmp_path, capsys):
    path = str(tmp_path / "a.csv")
    table.drop(columns="price").to_csv(path, sep="|", encoding="utf-16")  # with its row numbers
    options = ["--sep", "|", "--encoding", "utf-16", "--cv", "2", "--rows", "30"]
    assert main(["compare", path, *options]) == 0
    out, err = capsys.readouterr()
    assert "40 rows, 3 columns" in out
    assert "Used: a random sample of 30 rows\n" in out
    assert "Column 'Unnamed: 0': all different: an identifier" in err
    assert main(["compare", path, *options, "--drop", "Unnamed: 0", "--drop", "size"]) == 0
    out, err = capsys.readouterr()
    assert "40 rows, 1 columns" in out
    assert "Unnamed" not in err


def test_text_labels_suit_scorers_that_look_for_one(path, capsys):
    assert main(["compare", path, "--cv", "2", "--scoring", "average_precision"]) == 0
    assert "average precision for yes over 2 folds" in capsys.readouterr().out


def test_rows_without_target_are_left_out_and_said(table, tmp_path, capsys):
    table.loc[:3, "sold"] = None
    table.to_csv(tmp_path / "a.csv", index=False)
    assert main(["compare", str(tmp_path / "a.csv"), "--cv", "2"]) == 0
    out = capsys.readouterr().out
    assert "Left out: 4 rows without a target" in out
    assert "36 rows" in out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "classification, as the target holds 3 different whole numbers (if that is wrong: "),
        (["--task", "regression"], "regression, as told; the target holds 3 different whole"),
    ],
)
def test_task_is_stated(options, said, table, tmp_path, capsys):
    table["rooms"] = np.arange(40) % 3
    table.to_csv(tmp_path / "a.csv", index=False)
    assert main(["compare", str(tmp_path / "a.csv"), "--cv", "2", *options]) == 0
    assert f"Task: {said}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (None, [], "there is no such file"),
        ("", [], "the file is empty"),
        ("a,b\n", [], "no rows below its header"),
        ("a\n1\n2\n", [], "nothing to predict it from"),
        ("a,b\n1,x\n2,y\n", ["--target", "c"], "target='c' is not a column"),
        ("a,b\n1,x\n2,x\n", [], "one class only, 'x'"),
        ("a,b\n1,x\n2,y\n", [], "too few rows: cv=5"),
        ("a,b\n" + "1,x\n2,y\n3,y\n" * 4, [], "class 'x' of y has 4 rows to fold"),
        ("a,b\n" + "1,x\n2,y\n" * 9, ["--scoring", "acuracy"], "scoring='acuracy' is not"),
        ("a,b\n" + "1,x\n2,y\n" * 9, ["--cv", "1"], "cv=1 must be at least 2"),
        ("a,b\n" + "1,x\n2,y\n" * 9, ["--test-size", "1.5"], "test_size=1.5 must be"),
        ("a,b\n" + "1,x\n2,y\n" * 9, ["--task", "regression"], "which are not numbers"),
        ("a,b\n" + "1,x\n2,y\n" * 9, ["--rows", "1"], "--rows 1 must be at least 2"),
        ("a,b\n" + "1,x\n2,y\n" * 9, ["--drop", "c"], "drop='c' is not a column"),
        ("a,b\n" + "1,x\n2,y\n" * 9, ["--encoding", "x"], "unknown encoding: x"),
        ("a,b\n" + "1,x\n2,y\n" * 9, ["--out", "."], None),
    ],
)
def test_bad_input_is_one_line_and_code_2(content, options, message, tmp_path, capsys):
    path = tmp_path / "a.csv"
    if content is not None:
        path.write_text(content)
    if message is None:
        options, message = ["--out", str(path)], "exists"  # each system says it in its own words
    assert main(["compare", str(path), *options]) == 2
    err = capsys.readouterr().err
    assert err.startswith("skdense: ")
    assert message in err
    assert len(err.splitlines()) == 1


def test_failing_model_is_one_line_and_code_1(path, table, capsys):
    table["sold"] = np.arange(40) % 3
    table.to_csv(path, index=False)
    assert main(["compare", path, "--cv", "2", "--scoring", "roc_auc"]) == 1
    err = capsys.readouterr().err
    assert "This takes about" in err
    assert err.splitlines()[-1].startswith(
        "skdense: the model 'dummy' could not be scored in fold 1 of 2"
    )


def test_letters_that_the_output_lacks_are_escaped(tmp_path):
    (tmp_path / "a.csv").write_text("größe,y\n1,a\n2,b\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "skdense",
        "compare",
        "a.csv",
        "--target",
        "größe",
        "--cv",
        "1",
    ]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        text=True,
    )
    assert r"target 'gr\xf6\xdfe'" in done.stdout
    assert done.returncode == 2
    assert "cv=1 must be at least 2" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["compare"],
        ["compare", "iris", "--cv", "x"],
        ["compare", "iris", "--test-size", "x"],
        ["fit"],
    ],
)
def test_wrong_usage_is_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: skdense" in capsys.readouterr().err


def test_version_is_the_installed_one(monkeypatch, capsys):
    monkeypatch.setattr(metadata, "version", lambda name: {"skdense": "1.2.3"}[name])
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == "skdense 1.2.3\n"


def test_python_m_is_the_same(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["skdense", "--version"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("skdense", run_name="__main__")
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"skdense {metadata.version('skdense')}\n"


def test_help_imports_nothing_heavy():
    # scikit-learn itself imports pandas where there is one, so pandas is not among them.
    program = (
        "import sys\n"
        "from skdense.cli import main\n"
        "try:\n    main(['compare', '--help'])\n"
        "except SystemExit as stop:\n    assert stop.code == 0\n"
        "print(sorted({'tensorflow', 'keras', 'matplotlib', 'skrub'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "--target COLUMN" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_unknown_errors_keep_their_traceback(path, monkeypatch):
    from skdense.model_selection import compare

    for error in (ValueError("of ours"), OSError("of ours"), np.linalg.LinAlgError("of ours")):

        def fail(*given, error=error):
            raise error

        monkeypatch.setattr(compare, "default_models", fail)
        with pytest.raises(type(error), match="of ours"):
            main(["compare", path, "--cv", "2"])


def test_lists_in_a_parquet_file_are_bad_input(table, tmp_path, capsys):
    path = tmp_path / "a.parquet"
    table.assign(size=[[1, 2]] * 40).to_parquet(path)
    assert main(["compare", str(path)]) == 2
    assert "in column 'size'" in capsys.readouterr().err
    assert main(["compare", str(path), "--target", "size"]) == 2


class Interrupted(LogisticRegression):
    def fit(self, X, y):
        raise KeyboardInterrupt


def test_ctrl_c_shows_what_is_finished(path, monkeypatch, capsys):
    monkeypatch.setattr(baselines, "network", lambda task, random_state: Interrupted())
    assert main(["compare", path, "--cv", "2"]) == 130
    out, err = capsys.readouterr()
    lines = out[out.index("roc auc over 2 folds") :].splitlines()
    assert sorted(line.split("  ")[0] for line in lines[2:]) == [
        "dummy",
        "gradient boosting",
        "logistic regression",
        "model",
        "random forest",
    ]
    assert err.splitlines()[-1] == "skdense: interrupted"
    monkeypatch.setattr(cli, "_compare", _raise)
    assert main(["compare", path]) == 130
    assert capsys.readouterr().out == ""


def _raise(args):
    raise KeyboardInterrupt


@pytest.mark.skipif(sys.platform == "win32", reason="another signal")
def test_a_real_ctrl_c_leaves_no_traceback(path):
    program = (
        "import signal, os, sys\n"
        "from skdense.model_selection import compare\n"
        "from skdense.cli import main\n"
        "report = compare._report\n"
        "def interrupt(*given):\n"
        "    report(*given)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "compare._report = interrupt\n"
        f"sys.exit(main(['compare', {path!r}, '--cv', '2']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 130
    assert "Traceback" not in done.stderr
    assert "dummy   0.5000" in done.stdout


def test_checkpoints_are_listed_and_deleted(iris, tmp_path, capsys):
    net = plain(DenseClassifier, 8, epochs=2, n_members=2, random_state=0, checkpoint=tmp_path)
    net.fit(*iris)
    (tmp_path / "x.checkpoint").write_text("something else")
    assert main(["checkpoints", str(tmp_path)]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    told = "DenseClassifier 4-8-3, 150 samples, member {}/2: ended after 2 epochs"
    assert sorted(line.split("  ", 2)[2] for line in lines) == [
        *(told.format(number) for number in (1, 2)),
        "damaged, or of another version",
    ]
    assert last.startswith("3 checkpoints, 0.0 MB")
    assert main(["checkpoints", str(tmp_path), "--clear"]) == 0
    assert capsys.readouterr().out == "Deleted: 3 checkpoints\n"
    assert not list(tmp_path.iterdir())
    assert main(["checkpoints", str(tmp_path / "none")]) == 2
    assert "there is no such folder" in capsys.readouterr().err

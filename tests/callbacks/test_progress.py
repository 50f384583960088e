"""What a fit says while it runs: `verbose` and the log."""

import io
import logging
import os
import re
import sys
import types

import numpy as np
import pytest

from skdense import DenseClassifier, NetworkClassifier
from skdense.callbacks import progress as printing
from tests.helpers import plain
from tests.network_models import classifier


def net(epochs=4, **parameters):
    return plain(DenseClassifier, 8, epochs=epochs, random_state=0, **parameters)


def test_silent_by_default(iris, capfd):
    net().fit(*iris)
    assert capfd.readouterr() == ("", "")


def test_a_line_for_each_epoch(iris, capsys):
    fitted = net(validation_fraction=0.2, verbose=2).fit(*iris)
    lines = capsys.readouterr().out.splitlines()
    pattern = r"Epoch (\d)/4 - loss: ([\d.]+) - val_loss: ([\d.]+)"
    found = np.array([re.fullmatch(pattern, line).groups() for line in lines], float)
    assert found[:, 0].tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(found[:, 1], fitted.history_["loss"], rtol=1e-5)
    np.testing.assert_allclose(found[:, 2], fitted.history_["val_loss"], rtol=1e-5)
    fitted.set_params(warm_start=True, epochs=1).fit(*iris)
    assert capsys.readouterr().out.startswith("Epoch 5/5 - loss: ")


def test_figures_watched_and_rates_are_shown(iris, capsys):
    fitted = net(
        epochs=2,
        validation_fraction=0.2,
        metrics=["accuracy"],
        lr_schedule="exponential",
        verbose=2,
    ).fit(*iris)
    last = capsys.readouterr().out.splitlines()[-1]
    assert f"val_accuracy: {fitted.history_['val_accuracy'][-1]:.6g}" in last
    assert last.endswith(f"learning_rate: {fitted.history_['learning_rate'][-1]:.6g}")


def test_a_few_lines_where_nothing_can_be_written_over(iris, capsys):
    net(epochs=200, verbose=1).fit(*iris)
    shown = capsys.readouterr().out
    numbers = [int(number) for number in re.findall(r"^Epoch (\d+)/200 - loss", shown, re.M)]
    assert numbers == [1, *range(20, 201, 20)]
    assert "\r" not in shown


def test_the_last_epoch_is_told_of_wherever_training_ends(iris, capsys):
    fitted = net(epochs=500, early_stopping=True, patience=1, min_delta=0.1, verbose=1).fit(*iris)
    assert 1 < fitted.n_iter_ < 500
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith(f"Epoch {fitted.n_iter_}/500 - ")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """A second passes with each look at it."""
    seconds = iter(range(10_000))
    fake = types.SimpleNamespace(monotonic=lambda: float(next(seconds)))
    monkeypatch.setattr(printing, "time", fake)


def test_one_line_is_written_over_in_a_terminal(iris, monkeypatch, clock):
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    fitted = net(epochs=3, verbose=1).fit(*iris)
    shown = terminal.getvalue()
    assert shown.count("\n") == 1
    assert shown.endswith("\n")
    first, *between, last = shown.rstrip("\n").split("\r")[1:]
    assert re.fullmatch(r"Epoch 1/3 - loss: [\d.]+ - \d+ s left", first)
    assert len(between) == 2
    # Wide enough to cover what stood there.
    assert len(last) >= max(map(len, between))
    assert last.rstrip() == f"Epoch 3/3 - loss: {fitted.loss_curve_[-1]:.6g}"


def on_a_screen(shown, columns):
    """What a terminal of that width shows in the end, line by line."""
    lines, row, column = [""], 0, 0
    for character in shown:
        if character == "\r":
            column = 0
            continue
        if character == "\n" or column == columns:
            row, column = row + 1, 0
            lines += [""] * (row == len(lines))
        if character != "\n":
            lines[row] = lines[row][:column].ljust(column) + character + lines[row][column + 1 :]
            column += 1
    return [line.rstrip() for line in lines]


@pytest.mark.parametrize("columns", [20, 40, 200])
@pytest.mark.parametrize("build", ["dense", "network"])
def test_a_long_line_is_cut_to_the_terminal(iris, monkeypatch, clock, columns, build):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    if build == "dense":
        metrics = ["accuracy", "balanced_accuracy", "neg_log_loss"]
        net(epochs=3, validation_fraction=0.2, metrics=metrics, verbose=1).fit(*iris)
    else:
        loss = "sparse_categorical_crossentropy"
        NetworkClassifier(classifier, loss=loss, epochs=3, verbose=1).fit(*iris)
    screen = on_a_screen(terminal.getvalue(), columns)
    assert "".join(screen).replace(" ", "").count("Epoch") == 1  # nothing left of earlier epochs
    *over, last = terminal.getvalue().rstrip("\n").split("\r")[1:]
    assert max(map(len, over)) < columns
    assert last.startswith("Epoch 3/3 - loss: ")


def test_the_line_is_not_written_more_often_than_one_can_read(iris, monkeypatch):
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    monkeypatch.setattr(printing, "time", types.SimpleNamespace(monotonic=lambda: 5.0))
    net(epochs=3, verbose=1).fit(*iris)
    assert terminal.getvalue().count("\r") == 2  # the first epoch, and the last


def test_a_terminal_line_ends_even_if_training_fails(iris, monkeypatch, clock):
    import keras

    def fail(epoch, logs):
        if epoch == 1:
            raise RuntimeError("as asked for")

    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    with pytest.raises(RuntimeError, match="as asked for"):
        net(callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=fail)], verbose=1).fit(*iris)
    assert terminal.getvalue().endswith("\n")


def test_one_display_is_updated_in_a_notebook(iris, monkeypatch, capsys, clock):
    shown = []

    class Handle:
        def update(self, data, raw):
            shown.append(data["text/plain"])

    def display(data, raw, display_id):
        assert raw
        assert display_id
        shown.append(data["text/plain"])
        return Handle()

    shell = types.SimpleNamespace(kernel=object())
    ipython = types.ModuleType("IPython")
    ipython.get_ipython = lambda: shell
    ipython.display = types.ModuleType("IPython.display")
    ipython.display.display = display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", ipython.display)
    net(epochs=2, verbose=1).fit(*iris)
    assert [line[:9] for line in shown] == ["Epoch 1/2", "Epoch 2/2", "Epoch 2/2"]
    assert "left" in shown[0]
    assert "left" not in shown[-1]
    assert capsys.readouterr().out == ""
    del shell.kernel  # IPython in a terminal
    net(epochs=2, verbose=1).fit(*iris)
    assert capsys.readouterr().out.startswith("Epoch 1/2")


@pytest.mark.parametrize("verbose", [1, 2])
def test_the_networks_speak_the_same_way(iris, capsys, verbose):
    X, y = iris
    own = NetworkClassifier(
        classifier, loss="sparse_categorical_crossentropy", epochs=3, verbose=verbose
    )
    own.fit(X, y)
    assert own.engine_ == "compiled epochs"
    lines = capsys.readouterr().out.splitlines()
    assert [line[:12] for line in lines] == ["Epoch 1/3 - ", "Epoch 2/3 - ", "Epoch 3/3 - "]


def test_the_log(iris, caplog):
    with caplog.at_level(logging.DEBUG, logger="skdense"):
        fitted = net(epochs=2).fit(*iris)
    *of_epochs, of_fit = caplog.records
    assert [record.levelname for record in caplog.records] == ["DEBUG", "DEBUG", "INFO"]
    assert {record.name for record in caplog.records} == {"skdense"}
    assert of_epochs[1].skdense == {
        "event": "epoch",
        "estimator": "DenseClassifier",
        "epoch": 2,
        "loss": fitted.loss_curve_[1],
    }
    assert of_fit.skdense["event"] == "fit"
    assert of_fit.skdense["n_iter"] == 2
    assert of_fit.skdense["stopped_by"] == "epochs"
    assert "best_epoch=2" in of_fit.getMessage()


def test_a_log_of_fits_alone_does_not_slow_training_down(iris, caplog, monkeypatch):
    from skdense.engine import training

    calls = []
    record = training._record_epochs
    monkeypatch.setattr(
        training, "_record_epochs", lambda *given: calls.append(1) or record(*given)
    )
    with caplog.at_level(logging.INFO, logger="skdense"):
        net(epochs=20).fit(*iris)
    assert len(caplog.records) == 1
    assert len(calls) == 1  # all epochs in one call of the program


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals on this system")
def test_a_real_terminal(tmp_path):
    import subprocess

    code = (
        "from sklearn.datasets import load_iris\n"
        "from skdense import KERAS_DEFAULTS, DenseClassifier\n"
        "small = {'hidden_layer_sizes': 8, 'epochs': 3, 'random_state': 0, 'verbose': 1}\n"
        "DenseClassifier(**KERAS_DEFAULTS | small).fit(*load_iris(return_X_y=True))"
    )
    ours, theirs = os.openpty()
    with open(os.devnull, "w") as nothing:
        subprocess.run([sys.executable, "-c", code], stdout=theirs, stderr=nothing, check=True)
    shown = os.read(ours, 10_000).decode()  # first: some systems drop it when the other end closes
    os.close(theirs)
    os.close(ours)
    assert shown.startswith("\rEpoch 1/3 - loss: ")
    assert shown.endswith("\r\n")
    assert shown.count("\n") == 1

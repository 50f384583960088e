import pytest

from skdense.model_selection.progress import Progress


def test_a_line_grows_with_the_results(capsys):
    progress = Progress(True)
    written = []
    for result in progress.follow("ridge, fold", [0.5, 0.7]):
        written.append((result, capsys.readouterr().err))
    progress.line(": done")
    assert written == [(0.5, "ridge, fold 1"), (0.7, " 2")]
    assert capsys.readouterr() == ("", ": done\n")


def fails():
    yield 1
    raise ArithmeticError


def test_an_error_begins_a_line(capsys):
    with pytest.raises(ArithmeticError):
        list(Progress(True).follow("ridge", fails()))
    assert capsys.readouterr().err == "ridge 1\n"


def test_silence(capsys):
    progress = Progress(False)
    progress.line("nothing")
    assert list(progress.follow("ridge", iter("ab"))) == ["a", "b"]
    assert capsys.readouterr() == ("", "")

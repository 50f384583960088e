"""The command line: `skdense compare DATA`.

What takes long to import is imported where it is needed, so that `--help` is quick.
"""

import argparse
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skdense.model_selection.input_error import InputError

if TYPE_CHECKING:
    from skdense.model_selection.comparison import Comparison

BAD_INPUT = 2
MODEL_FAILED = 1
INTERRUPTED = 130  # as shells have it: 128 and the number of the signal
WIDTH = 88


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, default=None
        Arguments after the program's name; None takes those of the process.

    Returns
    -------
    code : int
        0 for success, 1 if a model failed, 2 if the input is at fault, 130 after Ctrl-C, which
        shows what is finished. Other errors are bugs, and keep their traceback.

    Raises
    ------
    SystemExit
        With code 2 for wrong usage, 0 after `--help` and `--version`: argparse's own exits.

    Examples
    --------
    >>> from skdense.cli import main
    >>> main(["compare", "no_such_file.csv"])
    2
    """
    args = _parser().parse_args(argv)
    if isinstance(sys.stdout, TextIOWrapper):  # Windows pipes lack letters that columns may have
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return _compare(args)
    except InputError as error:
        return _complain(error, BAD_INPUT)
    except KeyboardInterrupt as interrupt:
        for finished in interrupt.args:
            print("", finished, sep="\n", flush=True)
        return _complain("interrupted", INTERRUPTED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="skdense", description="Keras dense networks as scikit-learn estimators."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    compare = commands.add_parser(
        "compare",
        help="compare a dense network with a dummy, a linear model, a forest and boosting",
        description="Compare a dense network with a dummy, a linear model, a random forest and "
        "gradient boosting: the same folds, one table, a verdict.",
    )
    add = compare.add_argument
    add(
        "data",
        metavar="DATA",
        help="iris, wine, breast_cancer, digits, diabetes, or a CSV or Parquet file",
    )
    add("--target", metavar="COLUMN", help="column to predict (default: the last one)")
    add(
        "--task",
        choices=["classification", "regression"],
        help="default: classification where the target is text, true or false, or at most 20 "
        "different whole numbers; else regression",
    )
    add(
        "--scoring",
        metavar="NAME",
        help="a scikit-learn scorer (default: roc_auc for two classes, accuracy for more, r2 for "
        "regression)",
    )
    add("--cv", metavar="N", type=int, default=5, help="number of folds (default: 5)")
    add(
        "--test-size",
        metavar="F",
        type=_size,
        help="fraction or number of rows of a test set, used once, at the end",
    )
    add("--out", metavar="FOLDER", type=Path, help="where to write the table and the pictures")
    add("--random-state", metavar="SEED", type=int, default=0, help="default: 0")
    add("--n-jobs", metavar="N", type=int, help="folds to run at the same time (default: 1)")
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        print(f"skdense {version('skdense')}")
        parser.exit()


def _size(text: str) -> float | int:
    try:
        return int(text) if text.isdecimal() else float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from error


def _compare(args: argparse.Namespace) -> int:
    X, y = _read(args)
    sys.stdout.flush()
    if args.out is not None:
        if find_spec("matplotlib") is None:
            raise InputError(
                "--out draws pictures and needs matplotlib: pip install 'skdense[plot]'"
            )
        with _errors_of(args.out):
            args.out.mkdir(parents=True, exist_ok=True)

    from skdense.model_selection.compare import compare
    from skdense.model_selection.fit_and_score import ModelError

    try:
        comparison = compare(
            X,
            y,
            cv=args.cv,
            scoring=args.scoring,
            test_size=args.test_size,
            random_state=args.random_state,
            n_jobs=args.n_jobs,
            task=args.task,
            verbose=True,
        )
    except ModelError as error:
        return _complain(error, MODEL_FAILED)
    words = [textwrap.fill(line, WIDTH) for line in comparison.summary().splitlines()]
    print("", comparison, "", *words, sep="\n")
    if args.out is not None:
        with _errors_of(args.out):
            _write(comparison, args.out)
    return 0


def _read(args: argparse.Namespace) -> tuple[Any, Any]:
    """Read the table, and say what was taken from it and for what."""
    from skdense.model_selection.column_types import column_types
    from skdense.model_selection.read_table import read_table, split_target
    from skdense.model_selection.task import infer_task

    X, y, n_dropped = split_target(read_table(args.data), args.target)
    types = column_types(X)
    print(
        f"{args.data}: {len(X)} rows; {len(types.numeric)} numeric and {len(types.categorical)} "
        f"text columns; target {y.name!r}"
        f"{' (the last column; --target names another)' * (args.target is None)}"
    )
    if n_dropped:
        print(f"Left out: {n_dropped} rows without a target")
    inferred, reason = infer_task(y)
    if args.task is not None:
        print(f"Task: {args.task}, as told; the target holds {reason}")
    else:
        print(f"Task: {inferred}, as the target holds {reason}{_override(inferred, reason)}")
    return X, y


def _override(inferred: str, reason: str) -> str:
    """Say how to choose the other task, where the target could be of both."""
    if not reason.endswith("whole numbers"):
        return ""
    other = "regression" if inferred == "classification" else "classification"
    return f" (if that is wrong: --task {other})"


def _write(comparison: "Comparison", folder: Path) -> None:
    from matplotlib.figure import Figure

    table = comparison.to_frame()
    table.insert(0, "metric", comparison.metric)
    table.to_csv(folder / "comparison.csv")
    # Not through pyplot, which would choose a window system where there may be none.
    scores = Figure(figsize=(7.0, 1.5 + 0.5 * len(table)), layout="constrained")
    comparison.plot(scores.add_subplot())
    scores.savefig(folder / "scores.png", dpi=150)
    losses = Figure(figsize=(7.0, 4.0), layout="constrained")
    comparison.plot_losses(losses.add_subplot())
    losses.savefig(folder / "loss_curves.png", dpi=150)
    print(f"\nWritten to {folder}: comparison.csv, scores.png, loss_curves.png")


@contextmanager
def _errors_of(folder: Path) -> Iterator[None]:
    """Turn the errors of writing to a folder into bad input."""
    try:
        yield
    except OSError as error:
        raise InputError(f"--out {folder}: {error}") from error


def _complain(error: Exception | str, code: int) -> int:
    print(f"skdense: {' '.join(str(error).split())}", file=sys.stderr)
    return code

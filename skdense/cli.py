"""The command line: `skdense compare DATA`, `skdense checkpoints FOLDER`.

What takes long to import is imported where it is needed, so that `--help` is quick.
"""

import argparse
import shlex
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
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
    argv = sys.argv[1:] if argv is None else argv
    args = _parser().parse_args(argv)
    args.command = shlex.join(["skdense", *argv])
    if isinstance(sys.stdout, TextIOWrapper):  # Windows pipes lack letters that columns may have
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        run: Callable[[argparse.Namespace], int] = args.run
        return run(args)
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
        "gradient boosting (LightGBM and CatBoost, too, if installed): the same folds, one report.",
    )
    add = compare.add_argument
    add(
        "data",
        metavar="DATA",
        help="iris, wine, breast_cancer, digits, diabetes, or a CSV or Parquet file",
    )
    add("--sep", metavar="TEXT", help="between the fields of a CSV file (default: as its header)")
    add("--encoding", metavar="NAME", help="of a CSV file, such as latin-1 (default: UTF-8)")
    add("--target", metavar="COLUMN", help="column to predict (default: the last one)")
    add(
        "--drop",
        metavar="COLUMN",
        action="append",
        default=[],
        help="column to leave out; may be repeated",
    )
    add("--rows", metavar="N", type=int, help="use a random sample of N rows")
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
    add("--out", metavar="FOLDER", type=Path, help="where to write report.html and comparison.csv")
    add("--random-state", metavar="SEED", type=int, default=0, help="default: 0")
    add("--n-jobs", metavar="N", type=int, help="folds to run at the same time (default: 1)")
    compare.set_defaults(run=_compare)
    checkpoints = commands.add_parser(
        "checkpoints",
        help="list the checkpoints in a folder, or delete them",
        description="List the files that networks with checkpoint=FOLDER have left: what was "
        "trained, how far, and when the file was last used.",
    )
    checkpoints.add_argument("folder", metavar="FOLDER", type=Path)
    checkpoints.add_argument("--clear", action="store_true", help="delete them")
    checkpoints.set_defaults(run=_checkpoints)
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
            _write(comparison, args, f"Which model predicts {y.name}?")
    return 0


def _checkpoints(args: argparse.Namespace) -> int:
    from skdense.engine.checkpoint import checkpoints, clear_checkpoints

    if not args.folder.is_dir():
        raise InputError(f"{args.folder}: there is no such folder")
    if args.clear:
        with _errors_of(args.folder, "FOLDER"):
            print(f"Deleted: {clear_checkpoints(args.folder)} checkpoints")
        return 0
    n_files, n_bytes = 0, 0
    for path, status, header in checkpoints(args.folder):
        n_files, n_bytes = n_files + 1, n_bytes + status.st_size
        used = datetime.fromtimestamp(status.st_mtime).isoformat(" ", "minutes")
        print(f"{path.name[:12]}  {used}  {_in_words(header)}")
    print(f"{n_files} checkpoints, {n_bytes / 1e6:.1f} MB")
    return 0


def _in_words(header: dict[str, Any] | None) -> str:
    """Say what a checkpoint is of."""
    try:
        assert header is not None
        of, n_epochs = header["about"], header["n_epochs"]
        ended = f"ended after {n_epochs}" if header["finished"] else f"{n_epochs} of {of['epochs']}"
        member = f", member {of['member']}" if of["member"] else ""
        return f"{of['estimator']} {of['layers']}, {of['samples']} samples{member}: {ended} epochs"
    except (AssertionError, KeyError, TypeError):
        return "damaged, or of another version"


def _read(args: argparse.Namespace) -> tuple[Any, Any]:
    """Read the table, and say what was taken from it and for what."""
    from skdense.model_selection.read_table import read_table, split_target
    from skdense.model_selection.task import infer_task

    if args.rows is not None and args.rows < 2:
        raise InputError(f"--rows {args.rows} must be at least 2")
    table = read_table(args.data, sep=args.sep, encoding=args.encoding)
    X, y, n_dropped = split_target(table, args.target, args.drop)
    print(
        f"{args.data}: {len(X)} rows, {X.shape[1]} columns; target {y.name!r}"
        f"{' (the last column; --target names another)' * (args.target is None)}"
    )
    if n_dropped:
        print(f"Left out: {n_dropped} rows without a target")
    if args.rows is not None and args.rows < len(X):
        y = y.sample(args.rows, random_state=args.random_state).sort_index()
        X = X.iloc[y.index]
        print(f"Used: a random sample of {args.rows} rows")
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


def _write(comparison: "Comparison", args: argparse.Namespace, title: str) -> None:
    table = comparison.to_frame()
    table.insert(0, "metric", comparison.metric)
    table.to_csv(args.out / "comparison.csv")
    report = comparison.to_html(title, args.command)
    (args.out / "report.html").write_text(report, encoding="utf-8")
    print(f"\nWritten to {args.out}: report.html, comparison.csv")


@contextmanager
def _errors_of(folder: Path, option: str = "--out") -> Iterator[None]:
    """Turn the errors of writing to a folder into bad input."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{option} {folder}: {error}") from error


def _complain(error: Exception | str, code: int) -> int:
    print(f"skdense: {' '.join(str(error).split())}", file=sys.stderr)
    return code

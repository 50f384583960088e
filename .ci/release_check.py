"""Builds the release twice, checks it, installs it into an empty environment and tries it there.

What passed lies in dist/ afterwards. Needs a package index, as any installation does.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MOST_BYTES = 300_000


def main() -> None:
    """Run all steps; the first that fails ends the program."""
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder, "first"), Path(folder, "second")
        say("Building: source archive, and the wheel from it; then both from the checkout")
        run(sys.executable, "-m", "build", "--quiet", "--outdir", first, ROOT)
        run(sys.executable, "-m", "build", "--quiet", "--sdist", "--wheel", "-o", second, ROOT)
        same_digests(first, second)
        run(sys.executable, "-m", "twine", "check", "--strict", *sorted(first.iterdir()))
        (wheel,) = first.glob("*.whl")
        check_wheel(wheel)
        try_out(wheel, Path(folder))
        shutil.rmtree(ROOT / "dist", ignore_errors=True)
        shutil.copytree(first, ROOT / "dist")
    say("The release passed; it is in dist/")


def say(text: str) -> None:
    """Print at once, ahead of what the next program prints."""
    print(text, flush=True)


def run(*command: str | Path, folder: Path = ROOT, **options) -> subprocess.CompletedProcess:
    """Run a program that has to succeed, without this checkout on its path."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(command, cwd=folder, env=environment, check=True, text=True, **options)


def same_digests(first: Path, second: Path) -> None:
    """Compare what two builds made, bit by bit."""
    digests = [
        {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        for folder in (first, second)
    ]
    for name, digest in sorted(digests[0].items()):
        say(f"{digest}  {name}  {(first / name).stat().st_size:,} bytes")
    if digests[0] != digests[1]:
        sys.exit(f"two builds differ: {digests}")


def check_wheel(wheel: Path) -> None:
    """Check a wheel's size and members."""
    if wheel.stat().st_size >= MOST_BYTES:
        sys.exit(f"{wheel.name} has {MOST_BYTES:,} bytes or more")
    names = set(zipfile.ZipFile(wheel).namelist())
    (info,) = {name.partition("/")[0] for name in names} - {"skdense"}
    missing = {"skdense/py.typed", f"{info}/licenses/LICENSE"} - names
    if missing or not info.endswith(".dist-info"):
        sys.exit(f"{wheel.name} lacks {missing}, or holds more than the package: {info}")


def try_out(wheel: Path, folder: Path) -> None:
    """Install a wheel into an empty environment and use it there, first without any extra."""
    venv.create(folder / "environment", with_pip=True)
    programs = folder / "environment" / ("Scripts" if os.name == "nt" else "bin")
    python, skdense = programs / "python", programs / "skdense"
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    for name in ("smoke_train.py", "smoke_load.py"):
        shutil.copy(ROOT / ".ci" / name, elsewhere)
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")

    say("Installing into an empty environment")
    run(*pip, wheel, folder=elsewhere)
    run(python, "-m", "pip", "check", folder=elsewhere)
    for name in ("smoke_train.py", "smoke_load.py"):
        run(python, name, folder=elsewhere)
    run(skdense, "--version", folder=elsewhere)

    say("The same with the extra compare")
    run(*pip, f"{wheel}[compare]", folder=elsewhere)
    run(skdense, "compare", "iris", "--cv", "2", "--out", "comparison", folder=elsewhere)
    made = {path.name for path in (elsewhere / "comparison").iterdir()}
    if made != {"comparison.csv", "report.html"}:
        sys.exit(f"skdense compare --out wrote {made}")


if __name__ == "__main__":
    main()

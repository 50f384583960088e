"""Run the examples of the course on real data, and write their results into its page.

    python -m benchmarks.course --data FOLDER                           # all, half an hour
    python -m benchmarks.course --data FOLDER --only spam_plain bike_poisson
    python -m benchmarks.course --data FOLDER --write docs/course.md    # into the page

FOLDER holds tables as `NAME.csv.gz` (with a header; the last column is `target`), `fashion/` with
the four original files of Fashion-MNIST, and the texts `imdb.npz` and `reuters.npz`. The page shows
how each is read. Plots go to `images/` beside the page.
"""

import argparse
import os
import shutil
import sys
import tempfile
import traceback
from functools import lru_cache
from pathlib import Path
from time import perf_counter

import skdense
from benchmarks._machine import describe
from benchmarks.course.entries import ENTRIES, reached
from benchmarks.course.page import fill


@lru_cache(maxsize=1)  # entries that share data follow each other; two sets at once are large
def read(load, folder: Path) -> tuple:
    return load(folder)


def measure(name: str, folder: Path) -> str:
    """Run an entry, and print its time, compilation included."""
    entry = ENTRIES[name]
    data = read(entry.load, folder)
    skdense.clear_cache()
    start = perf_counter()
    results = entry.function(*data)
    print(f"{perf_counter() - start:.0f} s", flush=True)
    return reached(results)


def measure_all(names: list[str], folder: Path, page: Path | None) -> list[str]:
    """Run entries, write each into the page when it is done; give the names that failed."""
    failed = []
    for number, name in enumerate(names, 1):
        print(f"\n{number}/{len(names)} {name}", flush=True)
        try:
            results = measure(name, folder)
        except Exception:
            traceback.print_exc()
            failed.append(name)
            continue
        print(results, flush=True)
        if page:
            fill(page, {name: results})
            for picture in Path().glob("*.png"):
                shutil.move(picture, page.parent / "images" / picture.name)
    return failed


def main() -> None:
    parser = argparse.ArgumentParser(
        "python -m benchmarks.course", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--only", nargs="+", choices=list(ENTRIES), metavar="NAME")
    parser.add_argument("--write", type=Path, help="the page: docs/course.md", metavar="PAGE")
    options = parser.parse_args()
    folder, page = options.data.resolve(), options.write and options.write.resolve()
    start, machine = perf_counter(), describe()
    print(machine, flush=True)
    if page:  # before the work, so that a page that cannot be written is known at once
        fill(page, {})
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)  # the examples write files
        failed = measure_all(options.only or list(ENTRIES), folder, page)
        os.chdir(folder)
    print(f"\n{(perf_counter() - start) / 60:.0f} minutes")
    if failed:
        sys.exit(f"Failed, and not written: {', '.join(failed)}.")
    if page and not options.only:
        fill(page, {}, machine)


if __name__ == "__main__":
    main()

"""What the page integrations/browser.md needs beside it: its network, and onnxruntime-web.

python docs/browser.py HTML PACKAGES: HTML is the folder of the built pages, PACKAGES where npm has
installed onnxruntime-web, or where nothing is.
"""

import os
import re
import shutil
import sys
from pathlib import Path

PAGE = Path(__file__).parent / "integrations" / "browser.md"
RUNTIME = ("ort.wasm.min.js", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")


def main(html: Path, packages: Path) -> None:
    """Copy the runtime, where it is; train the network by the code on the page."""
    folder = html / "_static" / "browser"
    source = packages / "node_modules" / "onnxruntime-web" / "dist"
    if source.exists():
        (folder / "runtime").mkdir(exist_ok=True)
        for name in RUNTIME:
            shutil.copy(source / name, folder / "runtime")
    os.chdir(folder)
    code = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)[1]
    exec(compile(code, str(PAGE), "exec"), {})


if __name__ == "__main__":
    main(*(Path(argument).resolve() for argument in sys.argv[1:]))

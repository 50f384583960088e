"""What the results were measured on: a line of versions and a line about the machine."""

import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

PEERS = ("scikeras", "skorch", "torch")
PACKAGES = ("skdense", "scikit-learn", "keras", "tensorflow", *PEERS, "numpy")


def describe() -> str:
    """Give versions, system, processor and number of cores, in two lines."""
    versions = ", ".join(filter(None, map(_version, PACKAGES)))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{versions}, Python {platform.python_version()}\n"
        f"{platform.system()} {platform.machine()}, {_processor()}, {cores} cores, on the CPU"
    )


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    if sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":")[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or "unknown processor"

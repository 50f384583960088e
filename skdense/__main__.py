"""``python -m skdense`` is the same as ``skdense``."""

import sys

from skdense.cli import main

if __name__ == "__main__":
    sys.exit(main())

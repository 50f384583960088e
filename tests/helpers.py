"""What several test files need: the plain network, comparisons of networks, code of pages."""

import re
from importlib.util import find_spec

import numpy as np

from skdense import KERAS_DEFAULTS

BLOCK = re.compile(r"^```python\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)


def plain(kind, *layers, **parameters):
    """Make the plain Keras network, but for what is typed: in the order of the estimators."""
    typed = dict(zip(("hidden_layer_sizes", "activation"), layers, strict=False))
    return kind(**KERAS_DEFAULTS | typed | parameters)


def same_weights(one, other, **tolerance):
    """Tell whether two networks have the same weights, within a tolerance of `numpy.allclose`."""
    pairs = zip(one.weights_, other.weights_, strict=True)
    return all(np.allclose(a, b, **tolerance) for a, b in pairs)


def equal_bits(one, other):
    """Tell whether two networks have the same weights to the last bit."""
    pairs = zip(one.weights_, other.weights_, strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def run_page(page):
    """Run the Python blocks of a page, one after the other, and give the variables they leave."""
    text = page.read_text(encoding="utf-8")
    namespace = {"__name__": "__main__"}
    for match in BLOCK.finditer(text):
        if "sklearn.callback" in match[1] and find_spec("sklearn.callback") is None:
            continue  # scikit-learn before 1.9
        if match[1].startswith("# service.py\n"):
            continue  # a program of its own
        # Empty lines ahead, so that an error names the line of the page.
        code = "\n" * (text[: match.start()].count("\n") + 1) + match[1]
        exec(compile(code, str(page), "exec"), namespace)
    return namespace

"""What Sphinx needs to know; `make docs` builds the pages, the gallery and the reference."""

import os
from inspect import unwrap

# Ahead of TensorFlow's import: its remarks on the processor are no part of a story.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import skdense

project = "skdense"
author = "the skdense developers"
release = version = skdense.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx_codeautolink",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
# The stories' sources become pages in `auto_gallery`.
exclude_patterns = ["_build", "gallery"]

html_theme = "pydata_sphinx_theme"
html_sidebars = {"*": []}  # only the gallery and other tools have pages below their own
html_title = f"skdense {version}"
html_theme_options = {"show_prev_next": False, "header_links_before_dropdown": 3}
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["narrow.css"]

# The list of versions, where the pages will have an address: see RELEASING.md.
if address := os.environ.get("SKDENSE_DOCS_ADDRESS", "").rstrip("/"):
    html_baseurl = f"{address}/stable/"
    short = ".".join(version.split(".")[:2])
    html_theme_options |= {
        "switcher": {"json_url": f"{address}/versions.json", "version_match": short},
        "check_switcher": False,
        "navbar_end": ["version-switcher", "theme-switcher", "navbar-icon-links"],
    }

# Code gets links to the reference. Not matched are examples with a "doctest: +SKIP", which Sphinx
# takes out of the page, and names in the gallery that sphinx-gallery has given a link before.
suppress_warnings = ["codeautolink.match_block", "codeautolink.match_name"]

# Links to other projects' pages need their inventories, and so a network: CI alone has them.
if os.environ.get("SKDENSE_DOCS_ONLINE"):
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_mapping = {
        "matplotlib": ("https://matplotlib.org/stable", None),
        "numpy": ("https://numpy.org/doc/stable", None),
        "pandas": ("https://pandas.pydata.org/docs", None),
        "python": ("https://docs.python.org/3", None),
        "sklearn": ("https://scikit-learn.org/stable", None),
    }

# The copy button leaves prompts and results behind.
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True

# Links such as engine.md#the-cache lead to headings, as they do on a code host.
myst_heading_anchors = 3

# As the docstrings mean single backticks.
default_role = "literal"
autodoc_default_options = {"members": True, "inherited-members": True}
# autodoc lists the members, and leaves out what `is_foreign` says.
numpydoc_show_class_members = False
# The docstrings have the types, in words.
autodoc_typehints = "none"

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "show_memory": False,
    "show_signature": False,
    # Times are the benchmarks' business.
    "min_reported_time": float("inf"),
    "write_computation_times": False,
}


def is_foreign(app, what, name, member, skip, options):
    """Leave out what the estimators inherit from scikit-learn."""
    function = unwrap(getattr(member, "fget", None) or getattr(member, "__func__", member))
    return skip or not str(getattr(function, "__module__", "")).startswith("skdense")


def link_the_gallery(app, page, source):
    """Lead links to the stories' folder, as a code host shows it, to the page made of it."""
    source[0] = source[0].replace("](gallery)", "](auto_gallery/index.rst)")


def setup(app):
    """Connect the two functions above."""
    app.connect("source-read", link_the_gallery)
    app.connect("autodoc-skip-member", is_foreign)

"""What estimators add to their HTML view: the losses as a small SVG picture, and the "?" link."""

import html
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata

import numpy as np

_WIDTH, _HEIGHT, _MARGIN = 480, 150, 8
_LEFT, _BOTTOM, _RIGHT = 48, 22, 340  # room for the axes' labels, and for the legend
# Colours that stand out on light and dark pages alike; dashes say the same in grey.
_CURVES = (
    ("loss", "training set", "#0072B2", ""),
    ("val_loss", "validation set", "#D55E00", "5 3"),
)


def losses_svg(history: Mapping[str, Sequence[float]], best: int | None = None) -> str:
    """Draw losses by epoch as an SVG picture, without matplotlib.

    `history` has `loss` and perhaps `val_loss`, one value for each epoch; `best`, from 1, is the
    epoch to mark on the validation loss, ignored where that has none. Empty where fewer than two
    epochs have a finite loss.
    """
    curves = [curve for curve in _CURVES if curve[0] in history]
    losses = np.array([history[key] for key, *_ in curves], dtype=float)
    losses[~np.isfinite(losses)] = np.nan
    if np.isfinite(losses[0]).sum() < 2:
        return ""
    low, high = float(np.nanmin(losses)), float(np.nanmax(losses))
    parts = [_frame(low, high, losses.shape[1])]
    for (_, label, colour, dashes), values in zip(curves, losses, strict=True):
        points = _points(values, low, high)
        parts.append(
            f'<polyline fill="none" stroke="{colour}" stroke-width="1.6" '
            f'stroke-dasharray="{dashes}" points="{points}"><title>{html.escape(label)}</title>'
            "</polyline>"
        )
    if best is not None and not (len(losses) > 1 and np.isfinite(losses[1][best - 1])):
        best = None  # no validation loss was recorded in that epoch
    if best is not None:
        x, y = _points(losses[1], low, high, only=best).split(",")
        parts.append(f'<circle cx="{x}" cy="{y}" r="4" fill="{_CURVES[1][2]}"/>')
    parts.append(_legend([(label, *style) for _, label, *style in curves], best))
    return "".join([*parts, "</svg>"])


class DocumentationLink:
    """Mixin: the "?" of scikit-learn's HTML view leads to the estimator's API documentation.

    The address is the project's "Documentation" in the metadata of the installed package. Where
    there is none, scikit-learn shows no "?".
    """

    _doc_link_module = "skdense"
    _doc_link_template = "{address}"

    def _doc_link_url_param_generator(self) -> dict[str, str]:
        root = documentation_address()
        page = f"{root}/reference.html#skdense.{type(self).__name__}"
        return {"address": page if root else ""}


@cache
def documentation_address() -> str:
    """Read the address of the documentation from the package's metadata; "" where it has none."""
    try:
        entries = metadata("skdense").get_all("Project-URL") or []
    except PackageNotFoundError:  # used from a folder, never installed
        entries = []
    addresses = dict(entry.split(", ", 1) for entry in entries)
    return addresses.get("Documentation", "").rstrip("/")


def _points(losses: Sequence[float], low: float, high: float, only: int | None = None) -> str:
    """Give the curve's points, or the one of one epoch; epochs without a loss are left out."""
    n_epochs = len(losses)
    width, height = _RIGHT - _LEFT, _HEIGHT - _BOTTOM - _MARGIN
    points = []
    for epoch, loss in enumerate(losses, start=1):
        if not np.isnan(loss) and only in (None, epoch):
            x = _LEFT + width * (epoch - 1) / max(n_epochs - 1, 1)
            y = _MARGIN + height * (high - loss) / ((high - low) or 1)
            points.append(f"{x:.1f},{y:.1f}")
    return " ".join(points)


def _frame(low: float, high: float, n_epochs: int) -> str:
    floor = _HEIGHT - _BOTTOM
    axes = f"M{_LEFT},{_MARGIN} V{floor} H{_RIGHT}"
    labels = (
        (_LEFT - 5, _MARGIN + 5, "end", f"{high:.3g}"),
        (_LEFT - 5, floor, "end", f"{low:.3g}"),
        (_LEFT, floor + 15, "middle", "1"),
        (_RIGHT, floor + 15, "end", f"epoch {n_epochs}"),
        (_LEFT - 5, (_MARGIN + floor) // 2, "end", "loss"),
    )
    texts = "".join(
        f'<text x="{x}" y="{y}" text-anchor="{anchor}">{html.escape(text)}</text>'
        for x, y, anchor, text in labels
    )
    # currentColor is the page's own ink, in dark notebooks too.
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="losses by epoch" '
        'font-family="sans-serif" font-size="11" fill="currentColor">'
        f'<path d="{axes}" fill="none" stroke="currentColor" stroke-opacity="0.4"/>{texts}'
    )


def _legend(curves: Sequence[tuple[str, ...]], best: int | None) -> str:
    """Write beside the plot what the curves are."""
    parts = []
    for row, (label, colour, dashes) in enumerate(curves):
        y = _MARGIN + 6 + 15 * row
        parts.append(
            f'<path d="M{_RIGHT + 14},{y} h24" stroke="{colour}" stroke-width="1.6" '
            f'stroke-dasharray="{dashes}"/>'
            f'<text x="{_RIGHT + 44}" y="{y + 4}">{html.escape(label)}</text>'
        )
    if best is not None:
        y = _MARGIN + 6 + 15 * len(curves)
        parts.append(
            f'<circle cx="{_RIGHT + 26}" cy="{y}" r="4" fill="{_CURVES[1][2]}"/>'
            f'<text x="{_RIGHT + 44}" y="{y + 4}">best epoch: {best}</text>'
        )
    return "".join(parts)

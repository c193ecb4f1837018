"""Charts of the results as SVG 1.1, without scripts, in the reader's own font: bars of how near each target is, and
curves over the number of subjects on two logarithmic axes.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

from benchmarks.results import cells, number
from benchmarks.rows import Row

_WIDTH: Final = 1240
_LABEL, _NUMBERS = 430, 420
_PITCH, _BAR = 26, 15
_MOST = 2.0  # twice as good as asked for; longer bars are cut, with an arrow
_GREEN, _RED, _INK, _PALE = "#2e7d32", "#c62828", "#222", "#777"
_FONT = "font-family=\"'Segoe UI','Noto Sans',Arial,sans-serif\""


class Curve(NamedTuple):
    """A figure at each number of subjects. `limit` is drawn as a broken line."""

    title: str
    unit: str
    points: tuple[tuple[float, float], ...]
    limit: float | None = None


def attainment(row: Row) -> float | None:
    """How good a row is against its target: 1 is just met, 2 twice as good; None without a target."""
    target = row.target
    value = row.ours if target is not None and target.is_own else row.ratio
    if target is None or value is None:
        return None
    if target.bound == 0:
        return 1.0 if target.is_met(value) else 0.0
    return value / target.bound if target.sign == ">=" else target.bound / max(value, target.bound / 1000)


def bars(title: str, subtitle: str, rows: Sequence[Row]) -> str:
    """One bar for each row with a target."""
    drawn = [(row, score) for row in rows if (score := attainment(row)) is not None]
    top, left, right = 104, _LABEL, _WIDTH - _NUMBERS
    bottom = top + len(drawn) * _PITCH

    def x_of(score: float) -> float:
        return left + (right - left) * min(score, _MOST) / _MOST

    parts = [_text(24, 34, title, size=20, bold=True), _text(24, 56, subtitle, colour=_PALE)]
    met = x_of(1.0)
    parts.append(_line(met, top - 14, met, bottom, _INK, dashed=True))
    parts.append(_text(met, top - 18, "target", anchor="middle", size=12))
    for place, (row, score) in enumerate(drawn):
        y = top + place * _PITCH
        colour = _GREEN if row.is_met else _RED
        what, _ours, _beside, ratio, target, _met = cells(row)
        parts.append(_text(left - 10, y + _BAR - 2, what, anchor="end"))
        parts.append(
            f'<rect x="{left}" y="{y}" width="{max(x_of(score) - left, 1):.1f}" height="{_BAR}" fill="{colour}"/>'
        )
        figures = number(row.ours) if row.floor is None else f"{number(row.ours)} : {number(row.floor)}"
        told = [f"{figures} {row.unit}", f"ratio {ratio}" if ratio else "", f"target {target}"]
        told.append("met" if row.is_met else "missed")
        arrow = "» " if score > _MOST else ""
        parts.append(_text(right + 10, y + _BAR - 2, arrow + ", ".join(filter(None, told)), size=12))
    return _document(bottom + 24, title, parts)


def curves(title: str, subtitle: str, drawn: Sequence[Curve]) -> str:
    """Small charts, two in a row, all over the same subjects."""
    cell_w, cell_h = (_WIDTH - 48) // 2, 250
    parts = [_text(24, 34, title, size=20, bold=True), _text(24, 56, subtitle, colour=_PALE)]
    for place, curve in enumerate(drawn):
        parts += _curve(curve, 24 + place % 2 * cell_w, 80 + place // 2 * cell_h, cell_w, cell_h)
    return _document(80 + -(-len(drawn) // 2) * cell_h + 10, title, parts)


def _curve(curve: Curve, x0: int, y0: int, width: int, height: int) -> list[str]:
    left, right, top, bottom = x0 + 70, x0 + width - 40, y0 + 34, y0 + height - 36
    values = [y for _, y in curve.points] + ([curve.limit] if curve.limit else [])
    low_x, high_x = _decades([x for x, _ in curve.points])
    low_y, high_y = _decades(values)

    def x_of(x: float) -> float:
        return left + (right - left) * (math.log10(x) - low_x) / (high_x - low_x)

    def y_of(y: float) -> float:
        return bottom - (bottom - top) * (math.log10(y) - low_y) / (high_y - low_y)

    parts = [_text(x0 + 4, y0 + 16, f"{curve.title} [{curve.unit}]", bold=True)]
    for power in range(low_y, high_y + 1):
        y = y_of(10**power)
        parts += [
            _line(left, y, right, y, "#ddd"),
            _text(left - 8, y + 4, f"{10.0**power:,g}", anchor="end", size=11, colour=_PALE),
        ]
    for power in range(low_x, high_x + 1):
        x = x_of(10**power)
        parts += [
            _line(x, top, x, bottom, "#ddd"),
            _text(x, bottom + 16, f"{10**power:,}", anchor="middle", size=11, colour=_PALE),
        ]
    if curve.limit:
        y = y_of(curve.limit)
        parts += [
            _line(left, y, right, y, _RED, dashed=True),
            _text(right, y - 5, f"target {curve.limit:,g}", anchor="end", size=11, colour=_RED),
        ]
    places = [(x_of(x), y_of(y), y) for x, y in curve.points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in places)
    parts.append(f'<polyline points="{line}" fill="none" stroke="#1565c0" stroke-width="2"/>')
    for place, (x, y, value) in enumerate(places):
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="#1565c0"/>')
        anchor = "middle" if place else "start"  # clear of the numbers on the axis
        parts.append(_text(x, y - 8, number(value), anchor=anchor, size=11))
    return parts


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """Whole powers of ten around the values, at least one apart."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _text(
    x: float, y: float, text: str, *, size: int = 13, anchor: str = "start", bold: bool = False, colour: str = _INK
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"{weight}>'
        f"{escape(text)}</text>"
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{dash}/>'


def _document(height: int, title: str, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" role="img" {_FONT}>'
    )
    body = (f"<title>{escape(title)}</title>", f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>', *parts)
    return "\n".join((head, *body, "</svg>\n"))

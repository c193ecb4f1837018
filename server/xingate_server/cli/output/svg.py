"""A bar chart as SVG 1.1: horizontal bars in segments, with a legend, for a printed report or a web page.

Titles stand in Chinese and English. Needs no font but the reader's own and no script. At most `BARS_AT_MOST` bars are
drawn; the rest is added up in one. Excluded: what is drawn.
"""

import math
import unicodedata
from collections.abc import Sequence
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

BARS_AT_MOST: Final = 40

_WIDTH, _MARGIN = 960, 24
_PITCH, _BAR = 28, 18
_FONT = "font-family=\"'Noto Sans CJK SC','Microsoft YaHei','PingFang SC',sans-serif\""
_LABEL_MOST, _NUMBER = 300, 72
_CHARACTER_PX = 7  # half a full-width character at 13 px, with some air
_GRID_LINES = 5


class Series(NamedTuple):
    """One kind of segment: its name and its colour."""

    name: str
    colour: str


class Bar(NamedTuple):
    """One bar: a value for each series."""

    label: str
    values: tuple[int, ...]


class Panel(NamedTuple):
    """One chart. `rest` names the bar that stands for all that are not drawn."""

    title_zh: str
    title_en: str
    series: tuple[Series, ...]
    bars: tuple[Bar, ...]
    rest: str = "其他 / others"


def draw(panels: Sequence[Panel]) -> str:
    """The document, one panel above the other."""
    parts: list[str] = []
    top = _MARGIN
    for panel in panels:
        drawn, height = _panel(panel, top)
        parts += drawn
        top += height + _MARGIN
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{top}" '
        f'viewBox="0 0 {_WIDTH} {top}" role="img" {_FONT} font-size="13" fill="#222">'
    )
    title = _clean("; ".join(f"{panel.title_zh} {panel.title_en}" for panel in panels))
    return "\n".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            head,
            f"<title>{title}</title>",
            f'<rect width="{_WIDTH}" height="{top}" fill="#fff"/>',
            *parts,
            "</svg>\n",
        )
    )


def _panel(panel: Panel, top: int) -> tuple[list[str], int]:
    bars = _shown(panel)
    label_px = min(max((_width(bar.label) for bar in bars), default=0) + 12, _LABEL_MOST)
    left, right = _MARGIN + label_px, _WIDTH - _MARGIN - _NUMBER
    most = _round_up(max((sum(bar.values) for bar in bars), default=0))
    out = [
        f'<text x="{_MARGIN}" y="{top + 18}" font-size="18" font-weight="bold">{_clean(panel.title_zh)}</text>',
        f'<text x="{_MARGIN}" y="{top + 38}" fill="#555">{_clean(panel.title_en)}</text>',
        *_legend(panel.series, top + 60),
    ]
    first = top + 84
    bottom = first + max(len(bars), 1) * _PITCH
    out += _grid(most, (left, right), (first, bottom))
    for place, bar in enumerate(bars):
        out += _bar(panel.series, bar, (left, right), first + place * _PITCH, most)
    if not bars:
        out.append(f'<text x="{left}" y="{first + 18}" fill="#555">无记录 / nothing recorded</text>')
    return out, bottom + 20 - top


def _shown(panel: Panel) -> list[Bar]:
    if len(panel.bars) <= BARS_AT_MOST:
        return list(panel.bars)
    kept, rest = panel.bars[: BARS_AT_MOST - 1], panel.bars[BARS_AT_MOST - 1 :]
    sums = tuple(sum(values) for values in zip(*(bar.values for bar in rest), strict=True))
    return [*kept, Bar(f"{panel.rest} ({len(rest)})", sums)]


def _legend(series: Sequence[Series], y: int) -> list[str]:
    out, x = [], _MARGIN
    for one in series:
        out.append(f'<rect x="{x}" y="{y - 10}" width="12" height="12" fill="{one.colour}"/>')
        out.append(f'<text x="{x + 17}" y="{y}">{_clean(one.name)}</text>')
        x += 17 + _width(one.name) + 18
    return out


def _grid(most: int, across: tuple[int, int], down: tuple[int, int]) -> list[str]:
    left, right = across
    first, bottom = down
    out = []
    for line in range(_GRID_LINES + 1):
        x = left + (right - left) * line / _GRID_LINES
        out.append(f'<line x1="{x:.1f}" y1="{first - 4}" x2="{x:.1f}" y2="{bottom}" stroke="#ddd"/>')
        number = f"{most * line // _GRID_LINES:,}"
        out.append(
            f'<text x="{x:.1f}" y="{bottom + 15}" font-size="11" fill="#555" text-anchor="middle">{number}</text>'
        )
    return out


def _bar(series: Sequence[Series], bar: Bar, across: tuple[int, int], y: int, most: int) -> list[str]:
    left, right = across
    label, middle = _clean(bar.label), y + _BAR - 4
    out = [
        f'<text x="{left - 8}" y="{middle}" text-anchor="end">{_clean(_cut(bar.label))}<title>{label}</title></text>'
    ]
    x = float(left)
    for one, value in zip(series, bar.values, strict=True):
        if value:
            width = (right - left) * value / most
            said = f"{label}: {_clean(one.name)} {value:,}"
            out.append(
                f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}" fill="{one.colour}">'
                f"<title>{said}</title></rect>"
            )
            x += width
    out.append(f'<text x="{x + 6:.1f}" y="{middle}">{sum(bar.values):,}</text>')
    return out


def _round_up(most: int) -> int:
    """The end of the scale: a multiple of the number of grid lines with one leading digit, or 1.5, or 2.5."""
    if most <= _GRID_LINES:
        return _GRID_LINES
    power: int = 10 ** int(math.log10(most))
    steps = (power * factor // 10 for factor in (10, 15, 20, 25, 30, 40, 50, 60, 80, 100))
    return next((step for step in steps if step >= most and step % _GRID_LINES == 0), power * 10)


def _width(text: str) -> int:
    return _CHARACTER_PX * sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _cut(text: str) -> str:
    while _width(text) > _LABEL_MOST - 12:
        text = f"{text.removesuffix('…')[:-1]}…"
    return text


def _clean(text: str) -> str:
    """Text that XML 1.0 can hold."""
    return escape("".join(c if c.isprintable() else " " for c in text))

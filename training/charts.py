"""Charts as SVG that stands in a page: no script, no file besides, colours by the page's own style sheet.

A line has the class `line s0`, `line s1`...: the page says what colour each is, by day and by night. Sizes are those of
a narrow telephone, so that the text can be read there; a page shows a chart as wide as it likes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from markupsafe import Markup

WIDTH: Final = 340
HEIGHT: Final = 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 12, 10, 36  # margins: room for the numbers of the axes
_BAR: Final = 22  # height of a bar with its gap
_COLOURS: Final = 6  # that the page's style sheet knows


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis: its title, its ends, and where a number stands."""

    title: str
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class Line:
    """Points joined by a line. `errors` are half-lengths of bars, `marked` the points that a ring is drawn around."""

    name: str
    points: Sequence[tuple[float, float]]
    errors: Sequence[float] = ()
    marked: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from zero to `value`, both in 0..1, and a text behind it."""

    name: str
    value: float
    text: str
    ours: bool


def line_chart(label: str, x: Axis, y: Axis, lines: Sequence[Line], reference: Line | None = None) -> Markup:
    """Lines over two axes, with a legend under them; `reference` is what the lines are held against."""
    across = _scale(x, _LEFT, WIDTH - _RIGHT)
    up = _scale(y, HEIGHT - _BOTTOM, _TOP)
    parts = [*_grid(x, y, across, up)]
    if reference:
        parts.append(_path(reference, across, up, "reference"))
    for number, line in enumerate(lines):
        parts += _drawn(line, f"s{number % _COLOURS}", across, up)
    legend, height = _legend([line.name for line in lines])
    return _svg(label, HEIGHT + height, [*parts, *legend])


def bar_chart(label: str, bars: Sequence[Bar]) -> Markup:
    """Bars one under another, each with its name over it."""
    full = WIDTH - 90.0
    parts = []
    for place, bar in enumerate(bars):
        y = place * (_BAR + 14) + 12
        style = "bar ours" if bar.ours else "bar"
        parts += [
            Markup('<text x="0" y="{}">{}</text>').format(y, bar.name),
            Markup('<rect class="{}" x="0" y="{}" width="{:.1f}" height="14"/>').format(style, y + 5, full * bar.value),
            Markup('<text x="{:.1f}" y="{}">{}</text>').format(full * bar.value + 6, y + 16, bar.text),
        ]
    return _svg(label, len(bars) * (_BAR + 14) + 6, parts)


def _svg(label: str, height: float, parts: Sequence[Markup]) -> Markup:
    head = Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">').format(WIDTH, height, label)
    return Markup("").join([head, *parts, Markup("</svg>")])


def _scale(axis: Axis, start: float, stop: float) -> Callable[[float], float]:
    width = axis.high - axis.low
    return lambda value: start + (stop - start) * (min(max(value, axis.low), axis.high) - axis.low) / width


def _grid(x: Axis, y: Axis, across: Callable[[float], float], up: Callable[[float], float]) -> list[Markup]:
    bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
    parts = [
        Markup('<text class="title" x="{}" y="{}" text-anchor="middle">{}</text>').format(
            (_LEFT + right) / 2, HEIGHT - 4, x.title
        )
    ]
    for value, text in y.ticks:
        parts.append(_rule(_LEFT, up(value), right, up(value)))
        parts.append(_number(_LEFT - 5, up(value) + 4, "end", text))
    for value, text in x.ticks:
        parts.append(_rule(across(value), bottom, across(value), bottom + 4))
        parts.append(_number(across(value), bottom + 16, "middle", text))
    return parts


def _rule(x1: float, y1: float, x2: float, y2: float) -> Markup:
    return Markup('<line class="grid" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(x1, y1, x2, y2)


def _number(x: float, y: float, anchor: str, text: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(x, y, anchor, text)


def _path(line: Line, across: Callable[[float], float], up: Callable[[float], float], style: str) -> Markup:
    places = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in line.points)
    return Markup('<polyline class="line {}" points="{}"><title>{}</title></polyline>').format(style, places, line.name)


def _drawn(line: Line, style: str, across: Callable[[float], float], up: Callable[[float], float]) -> list[Markup]:
    parts = [_path(line, across, up, style)]
    bar = Markup('<line class="line error {}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>')
    for (x, y), error in zip(line.points, line.errors, strict=False):
        parts.append(bar.format(style, across(x), up(y - error), across(x), up(y + error)))
    for number in sorted(line.marked):
        x, y = line.points[number]
        parts.append(Markup('<circle class="jump" cx="{:.1f}" cy="{:.1f}" r="6"/>').format(across(x), up(y)))
    return parts


def _legend(names: Sequence[str]) -> tuple[list[Markup], float]:
    """A line for each name, two beside each other, and their height."""
    parts = []
    for number, name in enumerate(names):
        x, y = (number % 2) * (WIDTH / 2), HEIGHT + 14 + (number // 2) * 16
        swatch = Markup('<line class="line s{}" x1="{:.0f}" y1="{}" x2="{:.0f}" y2="{}"/>')
        parts.append(swatch.format(number % _COLOURS, x, y - 4, x + 14, y - 4))
        parts.append(Markup('<text x="{:.0f}" y="{}">{}</text>').format(x + 18, y, name))
    return parts, 16.0 * ((len(names) + 1) // 2) + 4

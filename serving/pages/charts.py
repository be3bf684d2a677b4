"""Charts as SVG drawn here: geometry and classes only, colours are the style sheet's. Each has a text beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from serving.pages.writing import Writing

if TYPE_CHECKING:
    from models.detail import PlatformMonth, PostPoint, PresenceForecast

_WIDTH: Final = 720
_HEIGHT: Final = 240
_LEFT: Final = 78
_BOTTOM: Final = 26
_TOP: Final = 10
_BAND: Final = 90  # width of the forecast's band, right of the posts
_MOST_NAMED: Final = 4
_LEAST_SPAN: Final = 1.0  # decades; a narrower scale would make small differences look large


@dataclass(frozen=True, slots=True)
class Scale:
    """A logarithmic scale from `low` to `high` (powers of ten), over `width` from `start`."""

    low: float
    high: float
    start: float
    width: float

    @classmethod
    def over(cls, values: Iterable[float], start: float, width: float) -> Scale:
        """The scale of all the values: whole decades around them."""
        known = [max(value, 1.0) for value in values] or [1.0]
        low = math.floor(math.log10(min(known)))
        high = max(math.ceil(math.log10(max(known))), low + _LEAST_SPAN)
        return cls(low, high, start, width)

    def at(self, value: float) -> float:
        """Where a value stands; what is below the scale stands at its start."""
        share = (math.log10(max(value, 1.0)) - self.low) / (self.high - self.low)
        return round(self.start + self.width * min(max(share, 0.0), 1.0), 1)

    @property
    def ticks(self) -> list[float]:
        """The powers of ten on it."""
        return [10.0**power for power in range(int(self.low), int(self.high) + 1)]


def viewers_scale(entries: Sequence[Mapping[str, Any]]) -> Scale:
    """One scale for the young viewers of a whole list, in per cent of the width."""
    points = [entry["reach"]["viewers"] for entry in entries if entry["reach"]]
    return Scale.over((value for one in points for value in (one["p10"], one["p90"])), 0.0, 100.0)


def interval(points: Mapping[str, float], scale: Scale, said: str) -> Markup:
    """A bar from the 10 % to the 90 % point with the middle marked; `said` is the same in words."""
    low, middle, high = (scale.at(points[name]) for name in ("p10", "p50", "p90"))
    lines = Markup("").join(
        Markup('<line class="axis" x1="{0}%" x2="{0}%" y1="0" y2="28"/>').format(scale.at(tick)) for tick in scale.ticks
    )
    bar = Markup('<rect class="range" x="{}%" y="8" width="{}%" height="12" rx="2"/>').format(low, round(high - low, 1))
    dot = Markup('<circle class="middle" cx="{}%" cy="14" r="6"/>').format(middle)
    return Markup('<svg class="interval" role="img" aria-label="{}">{}{}{}</svg>').format(said, lines, bar, dot)


def axis(scale: Scale, writing: Writing) -> Markup:
    """The scale that all intervals of a list stand on."""
    marks = Markup("")
    every = 1 if len(scale.ticks) <= _MOST_NAMED else 2  # more names than that run into each other on a telephone
    for number, tick in enumerate(scale.ticks):
        if (len(scale.ticks) - 1 - number) % every:
            continue
        anchor = "start" if number == 0 else "end" if tick == scale.ticks[-1] else "middle"
        marks += Markup('<text x="{}%" y="18" text-anchor="{}">{}</text>').format(
            scale.at(tick), anchor, writing.count(tick)
        )
    return Markup('<svg class="interval" aria-hidden="true">{}</svg>').format(marks)


def history(posts: Sequence[PostPoint], forecast: PresenceForecast | None, writing: Writing, said: str) -> Markup:
    """Views of posts in time, and the band in which the next one is expected; `said` is the same in words."""
    seen = [post for post in posts if post.views is not None]
    ahead = [forecast.views.p10, forecast.views.p90] if forecast else []
    scale = Scale.over([*(float(post.views or 0) for post in seen), *ahead], 0.0, _HEIGHT - _TOP - _BOTTOM)
    right = _WIDTH - _BAND
    parts = [_levels(scale, writing), _dots(seen, scale, right)]
    if seen:
        parts.append(_ends(seen[0].published_at, seen[-1].published_at, right, writing))
    if forecast:
        parts.append(_ahead(forecast, scale, right))
    return _chart(parts, said)


def months(found: Sequence[PlatformMonth], writing: Writing, said: str) -> Markup:
    """How everybody's views moved on one platform: a line with its 80 % bounds, sudden changes marked."""
    values = [value for month in found for value in (month.low, month.high)]
    low, high = min(0.5, *values), max(2.0, *values)
    span = math.log(high / low)

    def y(value: float) -> float:
        return round(_TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - math.log(value / low) / span), 1)

    step = (_WIDTH - _LEFT - 20) / max(len(found) - 1, 1)
    xs = [round(_LEFT + step * place, 1) for place in range(len(found))]
    levels = _joined_levels([0.5, 1.0, 2.0], y, writing)
    bounds = Markup("").join(
        Markup('<line class="base" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>').format(x, y(month.low), y(month.high))
        for x, month in zip(xs, found, strict=True)
    )
    points = " ".join(f"{x},{y(month.factor)}" for x, month in zip(xs, found, strict=True))
    dots = Markup("").join(
        Markup('<circle class="{}" cx="{}" cy="{}" r="{}"/>').format(
            "jump" if month.jump else "middle", x, y(month.factor), 6 if month.jump else 3
        )
        for x, month in zip(xs, found, strict=True)
    )
    names = _month_names(found, xs, writing)
    line = Markup('<polyline class="line" points="{}"/>').format(points)
    return _chart([levels, bounds, line, dots, names], said)


def per_month(counts: Sequence[tuple[str, int]], writing: Writing, said: str) -> Markup:
    """Posts a month as columns."""
    most = max((count for _, count in counts), default=1)
    step = (_WIDTH - _LEFT) / max(len(counts), 1)
    height = _HEIGHT / 2 - _BOTTOM
    columns = Markup("").join(
        Markup('<rect class="column" x="{}" y="{}" width="{}" height="{}"/>').format(
            round(_LEFT + step * place + step * 0.15, 1),
            round(_TOP + height * (1 - count / most), 1),
            round(step * 0.7, 1),
            round(height * count / most, 1),
        )
        for place, (_, count) in enumerate(counts)
    )
    base = _TOP + height
    label = Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(_LEFT - 6, _TOP + 10, writing.count(most))
    line = Markup('<line class="base" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(_LEFT, _WIDTH, base, base)
    names = Markup("")
    if counts:
        for place, anchor, month in ((_LEFT, "start", counts[0][0]), (_WIDTH, "end", counts[-1][0])):
            names += Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(
                place, base + 18, anchor, writing.month(month)
            )
    return _chart([label, line, columns, names], said, height=round(base + _BOTTOM))


def _chart(parts: Iterable[Markup], said: str, height: int = _HEIGHT) -> Markup:
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        _WIDTH, height, said, Markup("").join(parts)
    )


def _up(scale: Scale, value: float) -> float:
    return round(_HEIGHT - _BOTTOM - scale.at(value), 1)


def _levels(scale: Scale, writing: Writing) -> Markup:
    return _joined_levels(scale.ticks, lambda tick: _up(scale, tick), writing)


def _joined_levels(ticks: Sequence[float], y: Any, writing: Writing) -> Markup:  # noqa: ANN401  # value -> height
    return Markup("").join(
        Markup(
            '<line class="axis" x1="{}" x2="{}" y1="{}" y2="{}"/><text x="{}" y="{}" text-anchor="end">{}</text>'
        ).format(_LEFT, _WIDTH, y(tick), y(tick), _LEFT - 6, y(tick) + 4, _tick(tick, writing))
        for tick in ticks
    )


def _tick(tick: float, writing: Writing) -> str:
    return writing.count(tick) if tick >= 10 or tick == int(tick) else writing.decimal(tick, 1)


def _dots(seen: Sequence[PostPoint], scale: Scale, right: float) -> Markup:
    if not seen:
        return Markup("")
    first, last = seen[0].published_at, seen[-1].published_at
    whole = max((last - first).total_seconds(), 1.0)
    width = right - _LEFT - 20
    return Markup("").join(
        Markup('<circle class="dot" cx="{}" cy="{}" r="4"/>').format(
            round(_LEFT + 10 + width * (post.published_at - first).total_seconds() / whole, 1),
            _up(scale, float(post.views or 0)),
        )
        for post in seen
    )


def _ends(first: datetime, last: datetime, right: float, writing: Writing) -> Markup:
    y = _HEIGHT - 8
    return Markup('<text x="{}" y="{}">{}</text><text x="{}" y="{}" text-anchor="end">{}</text>').format(
        _LEFT, y, writing.day(first), right, y, writing.day(last)
    )


def _ahead(forecast: PresenceForecast, scale: Scale, right: float) -> Markup:
    top, bottom = _up(scale, forecast.views.p90), _up(scale, forecast.views.p10)
    middle = _up(scale, forecast.views.p50)
    return Markup(
        '<rect class="range" x="{}" y="{}" width="{}" height="{}"/><line class="line" x1="{}" x2="{}" y1="{}" y2="{}"/>'
    ).format(right + 15, top, _BAND - 30, round(bottom - top, 1), right + 15, _WIDTH - 15, middle, middle)


def _month_names(found: Sequence[PlatformMonth], xs: Sequence[float], writing: Writing) -> Markup:
    places = dict.fromkeys((0, len(found) // 2, len(found) - 1))
    anchors = {0: "start", len(found) - 1: "end"}
    return Markup("").join(
        Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(
            xs[place], _HEIGHT - 8, anchors.get(place, "middle"), writing.month(found[place].month)
        )
        for place in places
    )

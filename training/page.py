"""The evaluation report as one HTML file: Vietnamese first, English second, nothing loaded from anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from features.views import GROWTH_DAYS
from models.audience import AUDIENCE_SOURCES, SOURCES
from models.shortlist import ORDERS
from training.assessment import Assessment
from training.backtest import OWN_POSTS, WITH_TOPIC, WITHOUT_TOPIC
from training.capture import FOLLOWERS, MEDIAN_VIEWS
from training.charts import Axis, Bar, Line, bar_chart, line_chart
from training.figures import CaptureFigures, ForecastFigures
from training.measures import Interval
from training.outcomes import TARGET_VIEWERS, VIEWS

TEMPLATE: Final = "evaluation.html"
_IMPACT, _EXPECTED, _FIT = ORDERS
# What a reader is told: (Vietnamese, English).
NAMES: Final[Mapping[str, tuple[str, str]]] = {
    WITH_TOPIC: ("dự báo của kolmatch", "kolmatch's forecast"),
    WITHOUT_TOPIC: ("không xét chủ đề", "without the topic"),
    OWN_POSTS: ("20 bài gần nhất", "own last 20 posts"),
    _IMPACT: ("tác động, mức thấp (mặc định)", "impact, lower end (the default)"),
    _EXPECTED: ("tác động, trung bình", "impact, mean"),
    _FIT: ("chỉ độ phù hợp", "fit alone"),
    FOLLOWERS: ("số người theo dõi", "followers"),
    VIEWS: ("lượt xem của bài", "views of the post"),
    TARGET_VIEWERS: ("người xem thuộc đối tượng", "viewers of the target"),
    MEDIAN_VIEWS: ("trung vị lượt xem trước đó", "past median views"),
}
_PERCENT: Final = tuple((share, f"{share:.0%}") for share in (0.0, 0.25, 0.5, 0.75, 1.0))
_MOST_MONTHS: Final = 4  # named under a chart as wide as a telephone
_LEAST_EDGE: Final = 0.3  # log effect that a chart of months reaches up to: small ones shall look small


def template(name: str, *filters: Callable[..., str]) -> Template:
    """One of this package's pages, every text in it escaped, with filters by their functions' names."""
    loader = PackageLoader("training")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters |= {said.__name__: said for said in filters}
    return environment.get_template(name)


def page(found: Assessment) -> str:
    """The whole page."""
    return template(TEMPLATE, both, interval, ratio, percent, multiple).render(
        found=found,
        names=NAMES,
        reference=OWN_POSTS,
        charts=_charts(found),
        months=_months(found.months) if found.months else {},
        sources=[(name, AUDIENCE_SOURCES[name]) for name in SOURCES],
        held_out=sorted(found.held_out.items()),
        growth_days=GROWTH_DAYS,
    )


def both(words: Sequence[str]) -> Markup:
    """A Vietnamese and an English text, the second marked as such."""
    return Markup('{} <span class="en" lang="en">{}</span>').format(*words)


def interval(difference: Interval) -> Markup:
    """A mean difference, and under it its interval."""
    return Markup("{:+.3f}<br>[{:+.3f}, {:+.3f}]").format(difference.mean, difference.low, difference.high)


def ratio(value: Interval) -> Markup:
    """A ratio of means, and under it its interval."""
    return Markup("{:.3f}<br>[{:.3f}, {:.3f}]").format(value.mean, value.low, value.high)


def percent(share: float) -> str:
    """A share as a percentage."""
    return f"{100 * share:.1f} %"


def multiple(log: float) -> str:
    """A log effect as a multiplier."""
    return f"×{np.exp(log):.2f}"


def _charts(found: Assessment) -> dict[str, Markup]:
    charts: dict[str, Markup] = {}
    if found.rolling:
        charts["calibration"] = _calibration(found.rolling)
    if found.growth:
        charts["growth"] = _growth(found.growth)
    captured = {"later_hashtags": found.later_hashtags, "world_briefs": found.world_briefs}
    return charts | {name: _captured(figures) for name, figures in captured.items() if figures}


def _calibration(forecasts: ForecastFigures) -> Markup:
    axes = [Axis(title, 0.0, 1.0, _PERCENT) for title in ("điểm dự báo / nominal", "thực tế / actual")]
    lines = [
        Line(NAMES[method.name][0], list(zip(forecasts.nominal, method.calibration, strict=True)))
        for method in forecasts.methods
    ]
    return line_chart("Hiệu chỉnh / Calibration", axes[0], axes[1], lines, Line("=", [(0.0, 0.0), (1.0, 1.0)]))


def _months(rows: Sequence[Mapping[str, Any]]) -> dict[str, Markup]:
    """A chart for each format of each platform, all over the same months and the same effects."""
    names = sorted({row["month"] for row in rows})
    place = {name: float(number) for number, name in enumerate(names)}
    step = max(1, -(-len(names) // _MOST_MONTHS))
    x = Axis("tháng / month", 0.0, max(len(names) - 1.0, 1.0), [(place[n], n) for n in names[::step]])
    edge = max(_LEAST_EDGE, *(abs(row["log_shift"]) for row in rows))
    y = Axis("", -edge, edge, [(value, multiple(value)) for value in (-edge, -edge / 2, 0.0, edge / 2, edge)])
    own: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        own.setdefault(f"{row['platform']} · {row['format'] or '?'}", []).append(row)
    return {name: line_chart(name, x, y, [_effects(name, found, place)]) for name, found in own.items()}


def _effects(name: str, rows: Sequence[Mapping[str, Any]], place: Mapping[str, float]) -> Line:
    points = [(place[row["month"]], row["log_shift"]) for row in rows]
    jumps = frozenset(number for number, row in enumerate(rows) if row["change"] is not None)
    return Line(name, points, [row["error"] for row in rows], jumps)


def _growth(growth: Mapping[str, Sequence[float]]) -> Markup:
    logs = np.log(GROWTH_DAYS).tolist()
    shown = [(logs[number], f"{GROWTH_DAYS[number]:g}") for number in (0, 1, 3, 5, 7, 8)]
    x = Axis("ngày sau khi đăng / days after posting", logs[0], logs[-1], shown)
    lines = [Line(platform, list(zip(logs, parts, strict=True))) for platform, parts in growth.items()]
    return line_chart("Lượt xem tăng dần / Growth of views", x, Axis("", 0.0, 1.0, _PERCENT), lines)


def _captured(figures: CaptureFigures) -> Markup:
    bars = [
        Bar(NAMES[order.name][0], order.mean, f"{order.mean:.0%}", order.name == _IMPACT) for order in figures.orders
    ]
    return bar_chart(f"Phần tiếp cận của {figures.top} người đầu / Reach captured by the top {figures.top}", bars)

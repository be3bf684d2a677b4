"""The difference report of a month: what the gate found, who rose and fell, what drifted; as JSON and one HTML page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from markupsafe import Markup

from kolmatch.files import replacing
from training.charts import Axis, Line, line_chart
from training.monthly.drift import Drift
from training.monthly.gate import Check, Measured, Verdict
from training.monthly.movers import Moved, Mover
from training.monthly.words import VERDICTS, name_words
from training.page import both, percent, template

PAGE_FILE: Final = "difference.html"
FIGURES_FILE: Final = "difference.json"
TEMPLATE: Final = "difference.html"
_GROUPS: Final = {  # a check's name begins so -> heading
    "relevance": ("Độ phù hợp: bài đăng mà cả hai chưa thấy", "Relevance, on posts that neither has seen"),
    "forecast": ("Dự báo lượt xem", "Forecast of views"),
    "golden": ("Yêu cầu mẫu chuẩn", "Golden briefs"),
    "exposure": ("Cơ hội xuất hiện: ai được thêm, ai mất bớt", "Exposure: who gained, who lost"),
    "speed": ("Tốc độ và dung lượng", "Speed and size"),
    "size": ("Tốc độ và dung lượng", "Speed and size"),
    "input": ("Dữ liệu nhận vào", "What came in"),
}
_PARTS: Final = {  # a part of the score -> (Vietnamese, English)
    "views": ("lượt xem dự báo", "views forecast"),
    "topic_lift": ("chủ đề thu hút", "the topic's lift"),
    "audience": ("tỷ lệ khán giả trẻ", "share of young viewers"),
    "fit": ("độ phù hợp", "fit"),
    "caution": ("độ chắc chắn", "certainty"),
}


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the page shows; `champion` and `challenger` are bundle ids, `parted` the day in ISO form."""

    month: str
    synthetic: bool
    champion: str | None
    challenger: str
    parted: str | None
    note_vi: str
    note_en: str
    verdict: Verdict
    measured: Measured
    moved: tuple[Moved, ...]
    drift: Drift
    unfinished: tuple[str, ...]
    unknown_files: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As JSON values; what is not known is null."""
        told = asdict(self)
        told["measured"]["guarded"] = sorted(self.measured.guarded)
        return told


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write page and figures into a folder, each whole or not at all."""
    figures = json.dumps(report.to_json(), ensure_ascii=False, indent=1, allow_nan=False)
    files = []
    for name, text in ((PAGE_FILE, page(report)), (FIGURES_FILE, figures + "\n")):
        with replacing(folder / name) as fresh:
            fresh.write_text(text, encoding="utf-8")
        files.append(folder / name)
    return files


def page(report: Report) -> str:
    """The whole page."""
    return template(TEMPLATE, both, percent, why).render(
        report=report,
        groups=grouped(report.verdict.checks),
        verdicts=VERDICTS,
        volume=_chart("Số bài mỗi tháng / Posts a month", report.drift.volume, "posts"),
        views=_chart("Trung vị lượt xem / Median views", report.drift.views, "median"),
    )


def grouped(checks: Sequence[Check]) -> list[tuple[tuple[str, str], list[tuple[Check, tuple[str, str]]]]]:
    """Checks with their names for people under their headings, in the order of the first of each."""
    found: dict[tuple[str, str], list[tuple[Check, tuple[str, str]]]] = {}
    for check in checks:
        heading = _GROUPS[check.name.split(":")[0].split()[0]]
        found.setdefault(heading, []).append((check, name_words(check.name)))
    return list(found.items())


def why(mover: Mover) -> Markup:
    """The reasons of a move in both languages."""
    vi = [f"{_PARTS.get(c.part, (c.part, c.part))[0]} ×{c.factor:.2f}" for c in mover.changes]
    en = [f"{_PARTS.get(c.part, (c.part, c.part))[1]} ×{c.factor:.2f}" for c in mover.changes]
    if mover.before is None:
        vi, en = ["mới có trong mô hình", *vi], ["new to the model", *en]
    if mover.now is None:
        vi, en = ["không còn được liệt kê", *vi], ["not listed any more", *en]
    vi += [f"{mover.new_posts} bài mới"] if mover.new_posts else []
    en += [f"{mover.new_posts} new posts"] if mover.new_posts else []
    vi += [f"{mover.new_reports} báo cáo khán giả mới"] if mover.new_reports else []
    en += [f"{mover.new_reports} new audience reports"] if mover.new_reports else []
    nothing = ("những người khác thay đổi", "others changed")
    return both((", ".join(vi) or nothing[0], ", ".join(en) or nothing[1]))


def _chart(title: str, rows: Sequence[Mapping[str, Any]], figure: str) -> Markup | None:
    """A line for each platform over the months; at least two months make a line."""
    months = sorted({row["month"] for row in rows})
    if len(months) < 2:
        return None
    place = {month: float(number) for number, month in enumerate(months)}
    most = max(float(row[figure]) for row in rows) or 1.0
    step = 2 if len(months) > 4 else 1
    x = Axis("tháng / month", 0.0, len(months) - 1.0, [(place[m], m) for m in months[::step]])
    y = Axis("", 0.0, most, [(most * part, _short(most * part)) for part in (0.0, 0.5, 1.0)])
    lines = [
        Line(name, [(place[row["month"]], float(row[figure])) for row in rows if row["platform"] == name])
        for name in sorted({row["platform"] for row in rows})
    ]
    return line_chart(title, x, y, [Line(line.name, sorted(line.points)) for line in lines])


def _short(value: float) -> str:
    for size, sign in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{sign}"
    return f"{np.round(value):.0f}"

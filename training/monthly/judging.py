"""Everything measured of champion, candidate and challenger, the gate's verdict, and the report of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from data.catalogue import Catalogue
from kolmatch.settings import Settings
from training.monthly.calendar import ZONE
from training.monthly.comparing import HeldOut, Model, ask_both, forecast_both
from training.monthly.drift import drift
from training.monthly.gate import Intake, Measured, Pair, Paired, Verdict, decide
from training.monthly.golden import GoldenBriefs
from training.monthly.intake import intake
from training.monthly.lists import briefs_to_ask, exposure, golden_lines, groups_of, guarded, make_lists
from training.monthly.movers import News, moved
from training.monthly.report import Report, write_report

Progress = Callable[[str, int, int], None]

_QUESTIONS_DRAW: Final = 1  # which generator draws what; one step's draws never shift another's
_FORECAST_DRAW: Final = 2
_EXPOSURE_DRAW: Final = 3


@dataclass(frozen=True, slots=True)
class Judged:
    """What is judged: folders of bundles, and what the steps before found.

    Attributes:
        month: of the job.
        catalogue: up to the month's end.
        champion: None when none can answer; `candidate` None when nothing is held out.
        challenger: what would go live.
        moment: from which on posts are held out.
        golden: the golden briefs and the hash of their file.
        gone: creators whom no answer may name.
        taken: what the import found.
        note: why there is no champion, in both languages; empty when there is one.
    """

    month: str
    catalogue: Catalogue
    champion: Path | None
    candidate: Path | None
    challenger: Path
    moment: datetime | None
    golden: tuple[GoldenBriefs, str | None]
    gone: tuple[str, ...]
    taken: Mapping[str, Any]
    note: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """The verdict, and the figures by name as they stand beside a run's other metrics."""

    verdict: Verdict
    metrics: dict[str, float]


def judge(judged: Judged, settings: Settings, folder: Path, progress: Progress) -> Found:
    """Measure, decide, and write the report into a folder.

    Raises:
        BundleError: a bundle is damaged.
    """
    champion = _loaded(judged.champion, settings, judged.gone)
    challenger = Model.load(judged.challenger, settings.matcher, judged.gone)
    relevance, forecast, coverage = _held_out(judged, settings, champion, progress)
    golden = judged.golden[0]
    briefs = briefs_to_ask(judged.catalogue, golden)
    lists, seconds = make_lists(
        briefs, golden, champion.matcher if champion else None, challenger.matcher, _stage(progress, "lists")
    )
    exposed = exposure(lists, groups_of(judged.catalogue), _rng(settings, _EXPOSURE_DRAW))
    measured = Measured(
        relevance=relevance,
        forecast=forecast,
        coverage=coverage,
        golden=tuple(golden_lines(golden, lists, settings.gate.golden_top)),
        exposure=exposed,
        guarded=guarded(list(exposed)),
        seconds=seconds,
        megabytes=Pair(champion.megabytes() if champion else None, challenger.megabytes()),
        intake=_intake(judged, settings),
    )
    verdict = decide(measured, settings.gate, champion=champion is not None)
    progress("report", 0, 1)
    news = News.of(judged.catalogue, judged.month)
    told = moved(lists, champion.matcher, challenger.matcher, news) if champion else []
    vi, en = _notes(judged)
    report = Report(
        month=judged.month,
        synthetic=challenger.matcher.synthetic,
        champion=champion.folder.name if champion else None,
        challenger=challenger.folder.name,
        parted=judged.moment.astimezone(ZONE).date().isoformat() if judged.moment else None,
        note_vi=vi,
        note_en=en,
        verdict=verdict,
        measured=measured,
        moved=tuple(told),
        drift=drift(judged.catalogue, judged.month, champion.contents if champion else None, challenger.contents),
        unfinished=tuple(judged.taken["unfinished"]),
        unknown_files=tuple(judged.taken["unknown"]),
    )
    write_report(report, folder)
    progress("report", 1, 1)
    return Found(verdict, _metrics(measured))


def _loaded(bundle: Path | None, settings: Settings, gone: tuple[str, ...]) -> Model | None:
    return None if bundle is None else Model.load(bundle, settings.matcher, gone)


def _held_out(
    judged: Judged, settings: Settings, champion: Model | None, progress: Progress
) -> tuple[dict[str, Paired], Paired | None, Pair]:
    """Champion and candidate on what neither has seen; nothing without one of them."""
    if champion is None or judged.candidate is None or judged.moment is None:
        return {}, None, Pair(None, None)
    candidate = Model.load(judged.candidate, settings.matcher, judged.gone)
    held_out = HeldOut.of(judged.catalogue, judged.moment)
    if held_out.posts.is_empty():
        return {}, None, Pair(None, None)
    most, rng = settings.gate.max_questions, _rng(settings, _QUESTIONS_DRAW)
    relevance = ask_both(held_out, champion, candidate, most, rng, _stage(progress, "compare"))
    forecast, coverage = forecast_both(held_out, champion, candidate, settings.gate, _rng(settings, _FORECAST_DRAW))
    return relevance, forecast, coverage


def _intake(judged: Judged, settings: Settings) -> Intake:
    files = judged.taken["files"]
    rows, rejected = sum(file["read"] for file in files), sum(file["rejected"] for file in files)
    return intake(judged.catalogue, judged.month, rows, rejected, settings.gate.least_platform_share)


def _notes(judged: Judged) -> tuple[str, str]:
    if judged.champion is None:
        return f"Không có mô hình để so sánh. {judged.note[0]}", f"Nothing to compare with. {judged.note[1]}"
    if judged.moment is None or judged.candidate is None:
        return (
            "Không có bài nào mới hơn mô hình đang dùng để so sánh.",
            "No post is newer than what the champion knows, so nothing could be compared.",
        )
    day = judged.moment.astimezone(ZONE).date()
    return (
        f"Hai mô hình được hỏi về các bài đăng từ {day:%d/%m/%Y}, chưa mô hình nào thấy.",
        f"Both were asked about posts from {day} on, which neither had seen.",
    )


def _metrics(measured: Measured) -> dict[str, float]:
    pairs = {f"gate {name}": pair for name, pair in measured.relevance.items()}
    pairs |= {"gate pinball": measured.forecast} if measured.forecast else {}
    found: dict[str, float] = {}
    for name, pair in pairs.items():
        found |= {f"{name}: champion": pair.champion, f"{name}: candidate": pair.challenger}
    return found


def _rng(settings: Settings, draw: int) -> np.random.Generator:
    return np.random.default_rng([settings.training.seed, draw])


def _stage(progress: Progress, name: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(name, done, total)

"""Where an audience figure comes from, in words: who reported it, when, how many were asked, and what disagrees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from data.times import LOCAL_ZONE
from models.audience import CONFLICTING, PRIOR, SOURCES, AudiencePosterior
from models.audience import MODEL as MODEL_CODE


@dataclass(frozen=True, slots=True)
class SourceText:
    """One sentence, twice."""

    vi: str
    en: str


# Who says so, for reports; by name as in `models.audience.SOURCES`.
REPORTED_BY: Final = {
    "platform": SourceText("Nền tảng báo cáo", "Reported by the platform"),
    "creator": SourceText("Người sáng tạo cung cấp", "Reported by the creator"),
    "agency": SourceText("Công ty quản lý cung cấp", "Reported by the agency"),
    "several": SourceText("Nhiều nguồn báo cáo", "Reported by several sources"),
}
MODEL: Final = SourceText(
    "Ước tính từ {reported} tài khoản đã có báo cáo, dữ liệu đến ngày {day}",
    "Estimated from {reported} accounts that were reported, data up to {day}",
)
PRIOR_OF_A_DAY: Final = SourceText(
    "Chưa có báo cáo: số liệu chung của {platform} ngày {day}, chỉ đếm người từ 18 tuổi, nên khoảng rất rộng",
    "No report: figures of all of {platform} on {day}, adults only, hence a wide range",
)
PRIOR_GUESSED: Final = SourceText(
    "Chưa có báo cáo, không có số liệu công khai về tuổi người dùng {platform}: chỉ là phỏng đoán, khoảng rất rộng",
    "No report, and no public figures on the ages of {platform} users: a guess, with a wide range",
)
PLACE: Final = SourceText("nơi sống: {source}", "place: {source}")
PLACE_GUESSED: Final = SourceText("phỏng đoán theo nơi hoạt động", "a guess from the creator's home")
PLACE_MODELLED: Final = SourceText(
    "ước tính từ các tài khoản đã có báo cáo", "estimated from accounts that were reported"
)
UNKNOWN_SAMPLE: Final = SourceText("không ghi cỡ mẫu", "sample size not stated")
SAMPLE: Final = SourceText("mẫu {people} người", "{people} people asked")
CONFLICT: Final = SourceText(
    "các báo cáo lệch nhau {times} lần mức thường, nên khoảng được nới rộng ({reports})",
    "reports differ {times} times the usual, so the range is widened ({reports})",
)
ONE_REPORT: Final = SourceText(
    "{by} ngày {day}: {young} từ 16 đến 30 tuổi, {hcmc} ở Thành phố Hồ Chí Minh",
    "{by} on {day}: {young} aged 16 to 30, {hcmc} in Ho Chi Minh City",
)
NOT_SAID: Final = SourceText("không rõ", "not said")


def source_text(posterior: AudiencePosterior, row: int) -> SourceText:
    """Where the shares of one presence come from; a place from elsewhere than the ages is told too."""
    parts = [_ages(posterior, row)]
    if posterior.place_source[row] != posterior.source[row]:
        parts.append(_place(int(posterior.place_source[row])))
    if posterior.conflict[row] > CONFLICTING:
        parts.append(_conflict(posterior, row))
    return SourceText("; ".join(part.vi for part in parts), "; ".join(part.en for part in parts))


def _ages(posterior: AudiencePosterior, row: int) -> SourceText:
    code = int(posterior.source[row])
    if code == MODEL_CODE:
        at = datetime.fromisoformat(posterior.notes["at"]).astimezone(ZoneInfo(LOCAL_ZONE))
        return _filled(MODEL, at, reported=posterior.notes["reported"])
    as_of, platform = posterior.as_of[row], str(posterior.platforms[row])
    if code == PRIOR and np.isnat(as_of):
        return _filled(PRIOR_GUESSED, None, platform=platform)
    day = as_of.astype("datetime64[us]").item().replace(tzinfo=UTC)
    if code == PRIOR:
        return _filled(PRIOR_OF_A_DAY, day, platform=platform)
    day = day.astimezone(ZoneInfo(LOCAL_ZONE))
    by, sample = REPORTED_BY[SOURCES[code]], _sample(posterior.sample_size[row])
    return SourceText(f"{by.vi} ngày {day:%d/%m/%Y}, {sample.vi}", f"{by.en} on {day:%Y-%m-%d}, {sample.en}")


def _conflict(posterior: AudiencePosterior, row: int) -> SourceText:
    """By how much reports differ, and what each says."""
    times = f"{np.sqrt(posterior.conflict[row]):.1f}"
    reports = [_one_report(report) for report in posterior.told_of(row).iter_rows(named=True)]
    vi, en = ("; ".join(getattr(report, language) for report in reports) for language in ("vi", "en"))
    return SourceText(
        CONFLICT.vi.format(times=times.replace(".", ","), reports=vi), CONFLICT.en.format(times=times, reports=en)
    )


def _one_report(report: Mapping[str, Any]) -> SourceText:
    by = REPORTED_BY[report["source"]]
    day = report["as_of"].replace(tzinfo=UTC).astimezone(ZoneInfo(LOCAL_ZONE))
    young, hcmc = _percent(report["young"]), _percent(report["hcmc"])
    return SourceText(
        ONE_REPORT.vi.format(by=by.vi.lower(), day=f"{day:%d/%m/%Y}", young=young.vi, hcmc=hcmc.vi),
        ONE_REPORT.en.format(by=by.en.lower(), day=f"{day:%Y-%m-%d}", young=young.en, hcmc=hcmc.en),
    )


def _percent(share: float | None) -> SourceText:
    return NOT_SAID if share is None else SourceText(f"{share:.0%}", f"{share:.0%}")


def _sample(people: float) -> SourceText:
    if np.isnan(people):
        return UNKNOWN_SAMPLE
    written = f"{people:,.0f}"
    return SourceText(SAMPLE.vi.format(people=written.replace(",", ".")), SAMPLE.en.format(people=written))


def _place(code: int) -> SourceText:
    by = {PRIOR: PLACE_GUESSED, MODEL_CODE: PLACE_MODELLED}.get(code) or REPORTED_BY[SOURCES[code]]
    return SourceText(PLACE.vi.format(source=by.vi.lower()), PLACE.en.format(source=by.en.lower()))


def _filled(text: SourceText, day: datetime | None, **values: object) -> SourceText:
    vi, en = (f"{day:%d/%m/%Y}", f"{day:%Y-%m-%d}") if day else ("", "")
    return SourceText(text.vi.format(day=vi, **values), text.en.format(day=en, **values))

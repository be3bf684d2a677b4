"""By when a request must be answered and carried out: Decree 356/2025/NĐ-CP, Article 5, as the settings have it.

The day a request comes is not counted (Civil Code 2015, Article 147). Where the law leaves room, the earlier day is
taken: a period in days does not stretch over a weekend, and a holiday that the settings lack only brings a day forward.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from kolmatch.settings import RightsSettings

VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Due:
    """The last day for the answer, and for what was asked to be done."""

    answer: date
    complete: date


def due(kind: str, received_at: datetime, settings: RightsSettings) -> Due:
    """The last days of a request of a kind of `serving.store.tables.RIGHTS_KINDS`."""
    day = received_at.astimezone(VIETNAM).date()
    days = {
        "access": settings.access_days,
        "correction": settings.correction_days,
        "opt_out": settings.opt_out_days,
        "erasure": settings.erasure_days,
    }[kind]
    answer = working_days_after(day, settings.answer_working_days, settings.holidays)
    return Due(answer, day + timedelta(days=days))


def working_days_after(day: date, count: int, holidays: Collection[date]) -> date:
    """The day that is so many working days after another: Monday to Friday, no public holiday."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < _SATURDAY and day not in holidays
    return day

"""Numbers, money and days as a reader of either language writes them: 1.234,5 and 31/12/2026 in Vietnamese."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from serving.problems import Language
from serving.reports import wording

_SWAPPED = str.maketrans(",.", ".,")


@dataclass(frozen=True, slots=True)
class Writing:
    """Writes for one language."""

    language: Language

    def count(self, value: float) -> str:
        """A number that is known exactly."""
        return self._spelled(f"{value:,.0f}")

    def about(self, value: float) -> str:
        """A number that nobody knows to the unit: two digits that tell something."""
        said = wording.number(value)
        return said if self.language == "vi" else said.translate(_SWAPPED)

    def decimal(self, value: float, digits: int = 2) -> str:
        """A number with so many digits after the point."""
        return self._spelled(f"{value:,.{digits}f}")

    def percent(self, value: float) -> str:
        """A share, 0..1."""
        return f"{100 * value:.0f} %" if self.language == "vi" else f"{100 * value:.0f}%"

    def money(self, value: float) -> str:
        """Đồng."""
        return f"{self._spelled(f'{value:,.0f}')} đ"

    def sum(self, value: float) -> str:
        """Đồng that nobody knows to the unit."""
        return f"{self.about(value)} đ"

    def day(self, value: date | datetime | str | None) -> str:
        """A day in Vietnam; a dash when not known."""
        return wording.day(value) or "–"

    def moment(self, value: datetime | str) -> str:
        """A day and the minute, in Vietnam."""
        when = datetime.fromisoformat(value) if isinstance(value, str) else value
        return f"{when.astimezone(wording.VIETNAM):%H:%M %d/%m/%Y}"

    def month(self, value: str) -> str:
        """ "2026-11" as 11/2026."""
        return "/".join(reversed(value.split("-")))

    def _spelled(self, number: str) -> str:
        return number.translate(_SWAPPED) if self.language == "vi" else number

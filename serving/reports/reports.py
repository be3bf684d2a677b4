"""A kept shortlist as a paper in one of the four formats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from sqlalchemy.orm import Session

from kolmatch.settings import ReportSettings
from serving.reports.content import Kept, paper_of
from serving.reports.paper import Paper
from serving.store.tables import ShortlistRow

FormatName: TypeAlias = Literal["docx", "xlsx", "pdf", "html"]
_OFFICE: Final = "application/vnd.openxmlformats-officedocument"


@dataclass(frozen=True, slots=True)
class Report:
    """A paper as a file: its name, media type and bytes."""

    name: str
    media_type: str
    content: bytes


def report(session: Session, row: ShortlistRow, wanted: FormatName, settings: ReportSettings, now: datetime) -> Report:
    """The paper about a shortlist as it stands now; `now` is the day it is drawn."""
    media_type, draw = _FORMATS[wanted]
    paper = paper_of(Kept.read(session, row), settings, now)
    return Report(f"phieu-trinh-{row.shortlist_id}.{wanted}", media_type, draw(paper))


def _docx(paper: Paper) -> bytes:
    from serving.reports.word import docx_bytes

    return docx_bytes(paper)


def _xlsx(paper: Paper) -> bytes:
    from serving.reports.sheets import xlsx_bytes

    return xlsx_bytes(paper)


def _pdf(paper: Paper) -> bytes:
    from serving.reports.pdf import pdf_bytes

    return pdf_bytes(paper)


def _html(paper: Paper) -> bytes:
    from serving.reports.web import html_bytes

    return html_bytes(paper)


_FORMATS: Final[dict[FormatName, tuple[str, Callable[[Paper], bytes]]]] = {
    "docx": (f"{_OFFICE}.wordprocessingml.document", _docx),
    "xlsx": (f"{_OFFICE}.spreadsheetml.sheet", _xlsx),
    "pdf": ("application/pdf", _pdf),
    "html": ("text/html; charset=utf-8", _html),
}
MEDIA_TYPES: Final = tuple(media_type.partition(";")[0] for media_type, _ in _FORMATS.values())

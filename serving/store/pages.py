"""Long lists a page at a time, newest first; the cursor is opaque to callers and survives rows that come in between."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from kolmatch.errors import InputRefused
from serving.access.callers import Caller, Role
from serving.store.tables import BriefRow

Row = TypeVar("Row")
MAX_PAGE: Final = 100  # rows; what a person looks through before asking for more
DEFAULT_PAGE: Final = 20
CURSOR_PATTERN: Final = r"^[A-Za-z0-9_-]{1,40}$"
_CONTENT: Final = re.compile(r"before:(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows, and the cursor of those that follow; None at the end."""

    rows: Sequence[Row]
    next_cursor: str | None


def page_of(
    session: Session, wanted: Select[Row], seq: InstrumentedAttribute[int], cursor: str | None, limit: int
) -> Page[Row]:
    """The newest `limit` rows of a selection, from the cursor on.

    Raises:
        InputRefused: the cursor is none that was given out.
    """
    if cursor is not None:
        wanted = wanted.where(seq < _position(cursor))
    found: Sequence[Any] = session.execute(wanted.order_by(seq.desc()).limit(limit + 1)).scalars().all()
    rows = found[:limit]
    return Page(rows, _cursor(getattr(rows[-1], seq.key)) if len(found) > limit else None)


def of_departments(wanted: Select[Row], brief_id: InstrumentedAttribute[str], caller: Caller) -> Select[Row]:
    """Only the rows of briefs that the caller may see."""
    if caller.role is Role.ADMIN:
        return wanted
    own = select(BriefRow.brief_id).where(BriefRow.department == caller.department)
    return wanted.where(brief_id.in_(own))


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"before:{position}".encode()).decode().rstrip("=")


def _position(cursor: str) -> int:
    try:
        content = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except ValueError:
        content = ""
    match = _CONTENT.fullmatch(content)
    if match is None:
        raise InputRefused(
            f"The cursor {cursor!r} is none that was given out. Start again without one.",
            f"Con trỏ {cursor!r} không hợp lệ. Hãy bắt đầu lại không kèm con trỏ.",
        )
    return int(match[1])

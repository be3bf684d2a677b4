"""Rights requests in the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kolmatch.errors import Conflict, UnknownRecord
from kolmatch.settings import RightsSettings
from serving.rights.clocks import VIETNAM, due
from serving.rights.schemas import DueItem, DueList, RightsAnswer, RightsBody, RightsPage
from serving.shortlists.leaving_out import is_erased, is_gone
from serving.store.database import Writing
from serving.store.pages import page_of
from serving.store.tables import RightsRequestRow, TombstoneRow

_AT_ONCE = ("opt_out", "erasure")


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came: its id, what is asked, and when (it may have come by post days ago)."""

    request_id: str
    body: RightsBody
    at: datetime


def add_request(writing: Writing, received: Received, settings: RightsSettings) -> RightsAnswer:
    """Keep a request with its clocks; after an opt-out or erasure no answer names the creator from now on.

    Raises:
        Conflict: the creator was erased already.
    """
    session, body = writing.session, received.body
    if is_erased(session, body.creator_id):
        raise Conflict(
            "This creator was erased already; nothing of them is kept.",
            "Dữ liệu của người này đã được xóa; không còn lưu gì.",
        )
    days = due(body.kind, received.at, settings)
    row = RightsRequestRow(
        request_id=received.request_id,
        creator_id=body.creator_id,
        kind=body.kind,
        received_at=received.at,
        answer_due_on=days.answer,
        complete_due_on=days.complete,
        answered_at=None,
        completed_at=None,
        record=None,
        created_by=writing.actor,
    )
    session.add(row)
    session.flush()
    if body.kind in _AT_ONCE and not is_gone(session, body.creator_id):
        session.add(
            TombstoneRow(creator_id=body.creator_id, reason="opted_out", at=writing.now, request_id=received.request_id)
        )
    writing.note(f"rights.{body.kind}", received.request_id)
    return answer_of(row)


def find_request(session: Session, request_id: str) -> RightsRequestRow:
    """A request.

    Raises:
        UnknownRecord: there is none.
    """
    found = select(RightsRequestRow).where(RightsRequestRow.request_id == request_id)
    row = session.execute(found).scalar_one_or_none()
    if row is None:
        raise UnknownRecord(
            f"There is no rights request {request_id!r}. Check the id: `kolmatch rights due` lists what is open.",
            f"Không có yêu cầu {request_id!r}. Hãy kiểm tra mã: `kolmatch rights due` liệt kê các yêu cầu đang mở.",
        )
    return row


def answer_request(writing: Writing, row: RightsRequestRow) -> RightsAnswer:
    """The creator was told that their request came and what will be done; told again, the first time stays.

    Told twice changes nothing.
    """
    row.answered_at = row.answered_at or writing.now
    writing.note("rights.answer", row.request_id)
    return answer_of(row)


def complete_request(writing: Writing, row: RightsRequestRow) -> RightsAnswer:
    """What was asked for is done. An erasure is completed by `kolmatch erase` alone, which knows that it is.

    Raises:
        Conflict: it is an erasure.
    """
    if row.kind == "erasure":
        raise Conflict(
            "An erasure is carried out and completed by `kolmatch erase CREATOR_ID --request ID` on the server.",
            "Yêu cầu xóa được thực hiện và kết thúc bằng `kolmatch erase MÃ --request MÃ_YÊU_CẦU` trên máy chủ.",
        )
    return completed(writing, row)


def completed(writing: Writing, row: RightsRequestRow) -> RightsAnswer:
    """Note that a request is done; what is done was answered too."""
    row.answered_at = row.answered_at or writing.now
    row.completed_at = row.completed_at or writing.now
    writing.note("rights.complete", row.request_id)
    return answer_of(row)


def list_requests(session: Session, kind: str | None, cursor: str | None, limit: int) -> RightsPage:
    """A page of the requests."""
    wanted = select(RightsRequestRow)
    if kind is not None:
        wanted = wanted.where(RightsRequestRow.kind == kind)
    page = page_of(session, wanted, RightsRequestRow.seq, cursor, limit)
    return RightsPage(items=[answer_of(row) for row in page.rows], next_cursor=page.next_cursor)


def due_list(session: Session, now: datetime) -> DueList:
    """What every open request waits for, the most urgent first."""
    today = now.astimezone(VIETNAM).date()
    found = select(RightsRequestRow).where(RightsRequestRow.completed_at.is_(None))
    items = [_due_item(row, today) for row in session.execute(found).scalars()]
    return DueList(today=today, items=sorted(items, key=lambda item: (item.due_on, item.request_id)))


def answer_of(row: RightsRequestRow) -> RightsAnswer:
    """A request as it goes over the wire."""
    return RightsAnswer.model_validate(row, from_attributes=True)


def _due_item(row: RightsRequestRow, today: date) -> DueItem:
    answered = row.answered_at is not None
    due_on = row.complete_due_on if answered else row.answer_due_on
    return DueItem.model_validate(
        {
            "request_id": row.request_id,
            "kind": row.kind,
            "step": "complete" if answered else "answer",
            "due_on": due_on,
            "overdue": due_on < today,
            "days_left": (due_on - today).days,
        }
    )

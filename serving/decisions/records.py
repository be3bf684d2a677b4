"""Decisions in the store."""

from __future__ import annotations

from pydantic_core import from_json
from sqlalchemy import select
from sqlalchemy.orm import Session

from kolmatch.errors import Conflict
from serving.access.callers import Caller
from serving.briefs.records import find_brief
from serving.creators.gone import refuse_gone
from serving.decisions.schemas import DecisionAnswer, DecisionBody, DecisionPage
from serving.shortlists.leaving_out import blocked
from serving.shortlists.records import find_shortlist
from serving.store.database import Writing
from serving.store.pages import of_departments, page_of
from serving.store.tables import DecisionRow, ShortlistRow


def add_decision(writing: Writing, caller: Caller, decision_id: str, body: DecisionBody) -> DecisionAnswer:
    """Keep a decision.

    Raises:
        UnknownRecord: the caller's department has no such brief or shortlist.
        UnknownCreator: the creator has opted out, or was erased.
        Conflict: the shortlist is of another brief or does not name the creator, or an invitation goes to somebody
            who is blocked.
    """
    find_brief(writing.session, caller, body.brief_id)
    refuse_gone(writing.session, body.creator_id)
    if body.shortlist_id is not None:
        _check_on_list(find_shortlist(writing.session, caller, body.shortlist_id), body)
    if body.decision == "invited" and body.creator_id in blocked(writing.session, body.brief_id, writing.now.date()):
        raise Conflict(
            f"{body.creator_id!r} is blocked for this brief by a check. Settle the check otherwise first.",
            f"{body.creator_id!r} đang bị chặn trong chiến dịch này. Hãy kết luận lại mục thẩm tra trước.",
        )
    row = DecisionRow(decision_id=decision_id, decided_at=writing.now, created_by=writing.actor, **body.model_dump())
    writing.session.add(row)
    writing.note(f"decision.{body.decision}", decision_id, body.shortlist_id or body.brief_id)
    return DecisionAnswer.model_validate(row, from_attributes=True)


def list_decisions(
    session: Session,
    caller: Caller,
    *,
    brief_id: str | None,
    shortlist_id: str | None,
    creator_id: str | None,
    cursor: str | None,
    limit: int,
) -> DecisionPage:
    """A page of the decisions that the caller may see."""
    wanted = of_departments(select(DecisionRow), DecisionRow.brief_id, caller)
    for column, value in (
        (DecisionRow.brief_id, brief_id),
        (DecisionRow.shortlist_id, shortlist_id),
        (DecisionRow.creator_id, creator_id),
    ):
        wanted = wanted if value is None else wanted.where(column == value)
    page = page_of(session, wanted, DecisionRow.seq, cursor, limit)
    items = [DecisionAnswer.model_validate(row, from_attributes=True) for row in page.rows]
    return DecisionPage(items=items, next_cursor=page.next_cursor)


def _check_on_list(row: ShortlistRow, body: DecisionBody) -> None:
    if row.brief_id != body.brief_id:
        raise Conflict(
            f"The shortlist {body.shortlist_id} is of the brief {row.brief_id}, not of {body.brief_id}. Correct one.",
            f"Danh sách {body.shortlist_id} thuộc bản yêu cầu {row.brief_id}, không phải {body.brief_id}. Hãy sửa lại.",
        )
    if all(entry["creator_id"] != body.creator_id for entry in from_json(row.answer)["entries"]):
        raise Conflict(
            f"{body.creator_id!r} is not on the shortlist {body.shortlist_id}. Correct the id, or decide without "
            "a list.",
            f"{body.creator_id!r} không có trong danh sách {body.shortlist_id}. Hãy sửa mã, hoặc quyết định không kèm "
            "danh sách.",
        )

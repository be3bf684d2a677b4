"""Decisions in the store."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from kolmatch.errors import Conflict
from serving.access.callers import Caller
from serving.briefs.records import find_brief
from serving.creators.gone import refuse_gone
from serving.decisions.schemas import DecisionAnswer, DecisionBody, DecisionPage
from serving.shortlists.records import find_shortlist
from serving.store.database import Writing
from serving.store.pages import of_departments, page_of
from serving.store.tables import DecisionRow


def add_decision(writing: Writing, caller: Caller, decision_id: str, body: DecisionBody) -> DecisionAnswer:
    """Keep a decision.

    Raises:
        UnknownRecord: the caller's department has no such brief or shortlist.
        UnknownCreator: the creator has opted out, or was erased.
        Conflict: the shortlist is of another brief.
    """
    find_brief(writing.session, caller, body.brief_id)
    refuse_gone(writing.session, body.creator_id)
    if body.shortlist_id is not None:
        _check_same_brief(find_shortlist(writing.session, caller, body.shortlist_id).brief_id, body)
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


def _check_same_brief(brief_id: str, body: DecisionBody) -> None:
    if brief_id != body.brief_id:
        raise Conflict(
            f"The shortlist {body.shortlist_id} is of the brief {brief_id}, not of {body.brief_id}. Correct one.",
            f"Danh sách {body.shortlist_id} thuộc bản yêu cầu {brief_id}, không phải {body.brief_id}. Hãy sửa lại.",
        )

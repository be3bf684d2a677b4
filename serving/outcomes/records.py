"""Outcomes in the store."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from serving.access.callers import Caller
from serving.briefs.records import find_brief
from serving.creators.gone import refuse_gone
from serving.outcomes.schemas import OutcomeAnswer, OutcomeBody, OutcomePage
from serving.store.database import Writing
from serving.store.pages import of_departments, page_of
from serving.store.tables import OutcomeRow


def add_outcome(writing: Writing, caller: Caller, outcome_id: str, body: OutcomeBody) -> OutcomeAnswer:
    """Keep an outcome.

    Raises:
        UnknownRecord: the caller's department has no such brief.
        UnknownCreator: the creator has opted out, or was erased.
    """
    find_brief(writing.session, caller, body.brief_id)
    refuse_gone(writing.session, body.creator_id)
    row = OutcomeRow(outcome_id=outcome_id, created_at=writing.now, created_by=writing.actor, **body.model_dump())
    writing.session.add(row)
    writing.note("outcome.create", outcome_id, body.brief_id)
    return OutcomeAnswer.model_validate(row, from_attributes=True)


def list_outcomes(
    session: Session,
    caller: Caller,
    *,
    brief_id: str | None,
    creator_id: str | None,
    cursor: str | None,
    limit: int,
) -> OutcomePage:
    """A page of the outcomes that the caller may see."""
    wanted = of_departments(select(OutcomeRow), OutcomeRow.brief_id, caller)
    for column, value in ((OutcomeRow.brief_id, brief_id), (OutcomeRow.creator_id, creator_id)):
        wanted = wanted if value is None else wanted.where(column == value)
    page = page_of(session, wanted, OutcomeRow.seq, cursor, limit)
    items = [OutcomeAnswer.model_validate(row, from_attributes=True) for row in page.rows]
    return OutcomePage(items=items, next_cursor=page.next_cursor)

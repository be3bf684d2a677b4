"""Decisions over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from serving.access.callers import Role
from serving.access.guard import CallerIn, needs
from serving.creating import JSON_BODY, CreatingIn, created
from serving.decisions.records import add_decision, list_decisions
from serving.decisions.schemas import DecisionAnswer, DecisionBody, DecisionPage
from serving.openapi import reads, writes
from serving.schemas import CreatorId, CursorIn, LimitIn, RecordId
from serving.service import ServiceIn
from serving.store.database import Writing
from serving.store.idempotency import Answered
from serving.store.pages import DEFAULT_PAGE

router = APIRouter(prefix="/v1/decisions", tags=["decisions"])


@router.post(
    "",
    summary="Ghi quyết định · Keep a decision",
    dependencies=[needs(Role.STAFF), JSON_BODY],
    status_code=201,
    response_model=DecisionAnswer,
    responses=writes(404),
)
def create_decision(body: DecisionBody, service: ServiceIn, caller: CallerIn, creating: CreatingIn) -> Response:
    """Keep what an official decided about a creator, with name and reason."""

    def make(writing: Writing) -> Answered:
        answer = add_decision(writing, caller, service.new_id("decision"), body)
        return created(answer, f"/v1/decisions?brief_id={answer.brief_id}")

    return creating.once(body, make)


@router.get(
    "",
    summary="Các quyết định · Decisions",
    dependencies=[needs(Role.VIEWER)],
    responses=reads(),
)
def get_decisions(
    service: ServiceIn,
    caller: CallerIn,
    brief_id: Annotated[RecordId | None, Query()] = None,
    shortlist_id: Annotated[RecordId | None, Query()] = None,
    creator_id: Annotated[CreatorId | None, Query()] = None,
    cursor: CursorIn = None,
    limit: LimitIn = DEFAULT_PAGE,
) -> DecisionPage:
    """The department's decisions, newest first."""
    with service.store.reading() as session:
        return list_decisions(
            session,
            caller,
            brief_id=brief_id,
            shortlist_id=shortlist_id,
            creator_id=creator_id,
            cursor=cursor,
            limit=limit,
        )

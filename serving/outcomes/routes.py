"""Outcomes over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from serving.access.callers import Role
from serving.access.guard import CallerIn, needs
from serving.creating import JSON_BODY, CreatingIn, created
from serving.openapi import reads, writes
from serving.outcomes.records import add_outcome, list_outcomes
from serving.outcomes.schemas import OutcomeAnswer, OutcomeBody, OutcomePage
from serving.schemas import CreatorId, CursorIn, LimitIn, RecordId
from serving.service import ServiceIn
from serving.store.database import Writing
from serving.store.idempotency import Answered
from serving.store.pages import DEFAULT_PAGE

router = APIRouter(prefix="/v1/outcomes", tags=["outcomes"])


@router.post(
    "",
    summary="Ghi kết quả · Keep an outcome",
    dependencies=[needs(Role.STAFF), JSON_BODY],
    status_code=201,
    response_model=OutcomeAnswer,
    responses=writes(404),
)
def create_outcome(body: OutcomeBody, service: ServiceIn, caller: CallerIn, creating: CreatingIn) -> Response:
    """Keep what came of inviting a creator."""

    def make(writing: Writing) -> Answered:
        answer = add_outcome(writing, caller, service.new_id("outcome"), body)
        return created(answer, f"/v1/outcomes?brief_id={answer.brief_id}")

    return creating.once(body, make)


@router.get(
    "",
    summary="Các kết quả · Outcomes",
    dependencies=[needs(Role.VIEWER)],
    responses=reads(),
)
def get_outcomes(
    service: ServiceIn,
    caller: CallerIn,
    brief_id: Annotated[RecordId | None, Query()] = None,
    creator_id: Annotated[CreatorId | None, Query()] = None,
    cursor: CursorIn = None,
    limit: LimitIn = DEFAULT_PAGE,
) -> OutcomePage:
    """The department's outcomes, newest first."""
    with service.store.reading() as session:
        return list_outcomes(session, caller, brief_id=brief_id, creator_id=creator_id, cursor=cursor, limit=limit)

"""Briefs over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from serving.access.callers import Role
from serving.access.guard import CallerIn, needs
from serving.briefs.records import add_brief, find_brief, list_briefs, read_brief, revise_brief
from serving.briefs.schemas import BriefAnswer, BriefPage
from serving.creating import JSON_BODY, CreatingIn, IfMatchIn, check_match, created, etag
from serving.openapi import reads, writes
from serving.schemas import BriefBody, CursorIn, LimitIn, RecordPath
from serving.service import ServiceIn
from serving.store.database import Writing
from serving.store.idempotency import Answered
from serving.store.pages import DEFAULT_PAGE

router = APIRouter(prefix="/v1/briefs", tags=["briefs"])


@router.post(
    "",
    summary="Lưu bản yêu cầu · Keep a brief",
    dependencies=[needs(Role.STAFF), JSON_BODY],
    status_code=201,
    response_model=BriefAnswer,
    responses=writes(),
)
def create_brief(body: BriefBody, service: ServiceIn, caller: CallerIn, creating: CreatingIn) -> Response:
    """Keep a brief as its first revision, for the caller's department."""
    body.to_brief()

    def make(writing: Writing) -> Answered:
        answer = add_brief(writing, service.new_id("brief"), caller.department, body)
        return created(answer, f"/v1/briefs/{answer.brief_id}", ETag=etag(1))

    return creating.once(body, make)


@router.get(
    "",
    summary="Các bản yêu cầu · Briefs",
    dependencies=[needs(Role.VIEWER)],
    responses=reads(),
)
def get_briefs(
    service: ServiceIn, caller: CallerIn, cursor: CursorIn = None, limit: LimitIn = DEFAULT_PAGE
) -> BriefPage:
    """The department's briefs, newest first."""
    with service.store.reading() as session:
        return list_briefs(session, caller, cursor, limit)


@router.get(
    "/{brief_id}",
    summary="Một bản yêu cầu · A brief",
    dependencies=[needs(Role.VIEWER)],
    responses=reads(404),
)
def get_brief(
    brief_id: RecordPath,
    response: Response,
    service: ServiceIn,
    caller: CallerIn,
    revision: Annotated[int | None, Query(ge=1, le=10**9, description="Mặc định: mới nhất · Default: newest")] = None,
) -> BriefAnswer:
    """A brief as it reads now, or as it read in an earlier revision."""
    with service.store.reading() as session:
        row = find_brief(session, caller, brief_id)
        answer = read_brief(session, row, revision)
    response.headers["ETag"] = etag(answer.revision)
    return answer


@router.put(
    "/{brief_id}",
    summary="Sửa bản yêu cầu · Revise a brief",
    dependencies=[needs(Role.STAFF), JSON_BODY],
    responses=writes(404, 412, 428),
)
def put_brief(
    brief_id: RecordPath,
    body: BriefBody,
    response: Response,
    service: ServiceIn,
    caller: CallerIn,
    if_match: IfMatchIn = None,
) -> BriefAnswer:
    """Keep the next revision; `If-Match` says which one was read, so that nobody's change is lost."""
    body.to_brief()
    with service.store.writing(caller.actor, service.now()) as writing:
        row = find_brief(writing.session, caller, brief_id)
        check_match(if_match, row.revision)
        answer = revise_brief(writing, row, body)
    response.headers["ETag"] = etag(answer.revision)
    return answer

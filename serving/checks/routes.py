"""Checks over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from serving.access.callers import Role
from serving.access.guard import CallerIn, needs
from serving.checks.records import add_check, answer_of, find_check, list_checks, settle_check
from serving.checks.schemas import CheckAnswer, CheckBody, CheckKind, CheckPage, Disposition, DispositionBody
from serving.creating import JSON_BODY, CreatingIn, IfMatchIn, check_match, created, etag
from serving.creators.gone import Gone
from serving.openapi import reads, writes
from serving.schemas import CreatorId, CursorIn, LimitIn, RecordId, RecordPath
from serving.service import ServiceIn
from serving.store.database import Writing
from serving.store.idempotency import Answered
from serving.store.pages import DEFAULT_PAGE

router = APIRouter(prefix="/v1/checks", tags=["checks"])


@router.post(
    "",
    summary="Mở mục thẩm tra · Open a check",
    dependencies=[needs(Role.STAFF), JSON_BODY],
    status_code=201,
    response_model=CheckAnswer,
    responses=writes(404),
)
def create_check(body: CheckBody, service: ServiceIn, caller: CallerIn, creating: CreatingIn) -> Response:
    """Keep something to look into about a creator, for one brief."""

    def make(writing: Writing) -> Answered:
        answer = add_check(writing, caller, service.new_id("check"), body)
        return created(answer, f"/v1/checks/{answer.check_id}", ETag=etag(1))

    return creating.once(body, make)


@router.get(
    "",
    summary="Các mục thẩm tra · Checks",
    dependencies=[needs(Role.VIEWER)],
    responses=reads(),
)
def get_checks(
    service: ServiceIn,
    caller: CallerIn,
    brief_id: Annotated[RecordId | None, Query()] = None,
    creator_id: Annotated[CreatorId | None, Query()] = None,
    kind: Annotated[CheckKind | None, Query()] = None,
    disposition: Annotated[Disposition | None, Query()] = None,
    cursor: CursorIn = None,
    limit: LimitIn = DEFAULT_PAGE,
) -> CheckPage:
    """The department's checks, newest first."""
    wanted = {"brief_id": brief_id, "creator_id": creator_id, "kind": kind, "disposition": disposition}
    with service.store.reading() as session:
        return list_checks(session, caller, wanted, cursor, limit)


@router.get(
    "/{check_id}",
    summary="Một mục thẩm tra · A check",
    dependencies=[needs(Role.VIEWER)],
    responses=reads(404),
)
def get_check(check_id: RecordPath, response: Response, service: ServiceIn, caller: CallerIn) -> CheckAnswer:
    """A check as it stands."""
    with service.store.reading() as session:
        answer = answer_of(find_check(session, caller, check_id), Gone.read(session))
    response.headers["ETag"] = etag(answer.revision)
    return answer


@router.put(
    "/{check_id}/disposition",
    summary="Kết luận thẩm tra · Settle a check",
    dependencies=[needs(Role.STAFF), JSON_BODY],
    responses=writes(404, 412, 428),
)
def put_disposition(
    check_id: RecordPath,
    body: DispositionBody,
    response: Response,
    service: ServiceIn,
    caller: CallerIn,
    if_match: IfMatchIn = None,
) -> CheckAnswer:
    """Say what became of a check. A creator whose check is `blocked` is left out of this brief's lists until then."""
    with service.store.writing(caller.actor, service.now()) as writing:
        row = find_check(writing.session, caller, check_id)
        check_match(if_match, row.revision)
        answer = settle_check(writing, row, body)
    response.headers["ETag"] = etag(answer.revision)
    return answer

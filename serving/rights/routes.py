"""Rights requests over HTTP. What a person asked for concerns admins alone; erasure itself runs on the server."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from serving.access.callers import Role
from serving.access.guard import CallerIn, needs
from serving.creating import JSON_BODY, CreatingIn, created
from serving.openapi import reads, writes
from serving.rights.recognising import recognised
from serving.rights.records import (
    Received,
    add_request,
    answer_of,
    answer_request,
    complete_request,
    due_list,
    find_request,
    list_requests,
)
from serving.rights.schemas import DueList, RightsAnswer, RightsBody, RightsKind, RightsPage
from serving.schemas import CursorIn, LimitIn, RecordPath
from serving.service import ServiceIn
from serving.store.database import Writing
from serving.store.idempotency import Answered
from serving.store.pages import DEFAULT_PAGE

router = APIRouter(prefix="/v1/rights", tags=["rights"])


@router.post(
    "",
    summary="Nhận yêu cầu của nhà sáng tạo · Receive a creator's request",
    dependencies=[needs(Role.ADMIN), JSON_BODY],
    status_code=201,
    response_model=RightsAnswer,
    responses=writes(),
)
def create_rights_request(body: RightsBody, service: ServiceIn, creating: CreatingIn) -> Response:
    """Keep a request with its legal clocks. An opt-out or erasure takes the creator out of every answer at once.

    An id that the live model does not list is kept too, for they may be imported later; `known` says so.
    """

    def make(writing: Writing) -> Answered:
        received = Received(service.new_id("rights"), body, writing.now)
        answer = recognised(service, add_request(writing, received, service.settings.rights))
        return created(answer, f"/v1/rights/{answer.request_id}")

    return creating.once(body, make)


@router.get(
    "",
    summary="Các yêu cầu · Requests",
    dependencies=[needs(Role.ADMIN)],
    responses=reads(403),
)
def get_rights_requests(
    service: ServiceIn,
    kind: Annotated[RightsKind | None, Query()] = None,
    cursor: CursorIn = None,
    limit: LimitIn = DEFAULT_PAGE,
) -> RightsPage:
    """All requests, newest first."""
    with service.store.reading() as session:
        return list_requests(session, kind, cursor, limit)


@router.get(
    "/due",
    summary="Việc đến hạn · What is due",
    dependencies=[needs(Role.ADMIN)],
    responses=reads(403),
)
def get_due(service: ServiceIn) -> DueList:
    """What open requests wait for, the most urgent first."""
    with service.store.reading() as session:
        return due_list(session, service.now())


@router.get(
    "/{request_id}",
    summary="Một yêu cầu · A request",
    dependencies=[needs(Role.ADMIN)],
    responses=reads(403, 404),
)
def get_rights_request(request_id: RecordPath, service: ServiceIn) -> RightsAnswer:
    """A request as it stands, with the signed record once it was an erasure."""
    with service.store.reading() as session:
        return answer_of(find_request(session, request_id))


@router.post(
    "/{request_id}/answer",
    summary="Đã trả lời người yêu cầu · The creator was answered",
    dependencies=[needs(Role.ADMIN)],
    responses=reads(403, 404),
)
def create_rights_answer(request_id: RecordPath, service: ServiceIn, caller: CallerIn) -> RightsAnswer:
    """Note that the creator was told what will be done; said twice, the first time stays."""
    with service.store.writing(caller.actor, service.now()) as writing:
        return answer_request(writing, find_request(writing.session, request_id))


@router.post(
    "/{request_id}/completion",
    summary="Đã thực hiện · Carried out",
    dependencies=[needs(Role.ADMIN)],
    responses=reads(403, 404, 409),
)
def create_rights_completion(request_id: RecordPath, service: ServiceIn, caller: CallerIn) -> RightsAnswer:
    """Note that what was asked for is done; an erasure is completed by `kolmatch erase` alone."""
    with service.store.writing(caller.actor, service.now()) as writing:
        return complete_request(writing, find_request(writing.session, request_id))

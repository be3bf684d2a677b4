"""Shortlists over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Final, TypeAlias

from fastapi import APIRouter, Body, Query, Response

from serving import examples
from serving.access.callers import Role
from serving.access.guard import CallerIn, needs
from serving.creating import JSON, JSON_BODY, CreatingIn, etag, response_of
from serving.creators.gone import Gone
from serving.openapi import reads, writes
from serving.schemas import CursorIn, LimitIn, OfBriefRequest, RecordId, RecordPath, ShortlistRequest, bounded
from serving.service import RankingIn, ServiceIn
from serving.shortlist_answer import ShortlistAnswer, without_reasons
from serving.shortlists import status
from serving.shortlists.keeping import keep_once
from serving.shortlists.making import NewBrief, OfBrief, ranked
from serving.shortlists.records import find_shortlist, list_shortlists, sha256
from serving.shortlists.replay import asked_then, model_of, replay
from serving.shortlists.schemas import ReplayAnswer, ShortlistPage, Status, StatusAnswer, StepBody
from serving.shortlists.showing import shown_json
from serving.store.database import Writing
from serving.store.idempotency import Answered
from serving.store.pages import DEFAULT_PAGE
from serving.store.tables import ShortlistRow

_EXPLAIN: Final = Query(description="false: không kèm lý do · false: without the reasons")
Move: TypeAlias = Callable[[Writing, ShortlistRow, StepBody], None]

router = APIRouter(prefix="/v1/shortlists", tags=["shortlists"])


def add_makers(to: APIRouter, max_results: int) -> None:
    """The routes that rank. The bound of `top` is a setting, known only when the service starts."""
    new_body: Any = Annotated[bounded(ShortlistRequest, max_results), Body(openapi_examples=examples.REQUESTS)]
    of_brief_body: Any = bounded(OfBriefRequest, max_results)

    async def create_shortlist(
        body: ShortlistRequest, service: ServiceIn, ranking: RankingIn, caller: CallerIn, creating: CreatingIn
    ) -> Response:
        """Rank creators for a policy brief, with the reasons for each place.

        For staff the brief and the list are kept (201). A viewer, and anyone in the demo, gets the list alone (200).
        """
        if caller.role < Role.STAFF:
            return response_of(await ranking.run(partial(ranked, service, body)))
        return await keep_once(NewBrief(service, caller, body), body, creating, ranking.run)

    async def create_shortlist_of_brief(
        brief_id: RecordPath,
        body: OfBriefRequest,
        service: ServiceIn,
        ranking: RankingIn,
        caller: CallerIn,
        creating: CreatingIn,
    ) -> Response:
        """Rank creators for a kept brief as it reads now, and keep the list."""
        return await keep_once(OfBrief(service, caller, brief_id, body), body, creating, ranking.run)

    create_shortlist.__annotations__["body"] = new_body
    create_shortlist_of_brief.__annotations__["body"] = of_brief_body
    to.post(
        "/v1/shortlists",
        tags=["shortlists"],
        summary="Danh sách đề xuất · Shortlist",
        status_code=201,
        response_model=ShortlistAnswer,  # for the description; the response is made above
        dependencies=[needs(Role.VIEWER), JSON_BODY],
        responses=_made_here(writes()),
    )(create_shortlist)
    to.post(
        "/v1/briefs/{brief_id}/shortlists",
        tags=["shortlists"],
        summary="Danh sách đề xuất cho bản yêu cầu đã lưu · Shortlist of a kept brief",
        status_code=201,
        response_model=ShortlistAnswer,
        dependencies=[needs(Role.STAFF), JSON_BODY],
        responses=writes(404),
    )(create_shortlist_of_brief)


@router.get(
    "",
    summary="Các danh sách đã lưu · Kept shortlists",
    dependencies=[needs(Role.VIEWER)],
    responses=reads(),
)
def get_shortlists(
    service: ServiceIn,
    caller: CallerIn,
    brief_id: Annotated[RecordId | None, Query()] = None,
    status: Annotated[Status | None, Query()] = None,
    cursor: CursorIn = None,
    limit: LimitIn = DEFAULT_PAGE,
) -> ShortlistPage:
    """The department's shortlists, newest first, with the model and data that each was made from."""
    with service.store.reading() as session:
        return list_shortlists(session, caller, brief_id, status, cursor, limit)


@router.get(
    "/{shortlist_id}",
    summary="Danh sách như đã trả lời · A shortlist as it was answered",
    dependencies=[needs(Role.VIEWER)],
    response_model=ShortlistAnswer,
    responses=reads(404),
)
def get_shortlist(
    shortlist_id: RecordPath, service: ServiceIn, caller: CallerIn, explain: Annotated[bool, _EXPLAIN] = True
) -> Response:
    """The very bytes that were answered then, but for whoever has opted out or been erased since: of them the place
    and its figures. Its status is at `/status`."""
    with service.store.reading() as session:
        kept = find_shortlist(session, caller, shortlist_id).answer
        answer = shown_json(kept, Gone.read(session))
    body = answer if explain else without_reasons(answer)
    return Response(body, media_type=JSON, headers={"ETag": f'"{sha256(body)}"'})


@router.get(
    "/{shortlist_id}/status",
    summary="Ai đề xuất, ai duyệt, vì sao · Who proposed, who approved, why",
    dependencies=[needs(Role.VIEWER)],
    responses=reads(404),
)
def get_status(shortlist_id: RecordPath, response: Response, service: ServiceIn, caller: CallerIn) -> StatusAnswer:
    """How far a shortlist has come."""
    with service.store.reading() as session:
        answer = status.status_of(session, find_shortlist(session, caller, shortlist_id))
    response.headers["ETag"] = etag(len(answer.steps))
    return answer


@router.post(
    "/{shortlist_id}/replay",
    summary="Kiểm tra lại từng bit · Replay, bit for bit",
    dependencies=[needs(Role.STAFF)],
    responses=reads(403, 404, 409),
)
async def create_replay(
    shortlist_id: RecordPath, service: ServiceIn, ranking: RankingIn, caller: CallerIn
) -> ReplayAnswer:
    """Ask the model that answered then the same again; nothing is kept."""

    def work() -> ReplayAnswer:
        with service.store.reading() as session:
            row = find_shortlist(session, caller, shortlist_id)
        return replay(asked_then(service.store, row), model_of(service.live, row.bundle_id))

    return await ranking.run(work)


def _add_move(name: str, role: Role, move: Move, summary: str, says: str) -> None:
    def create_step(
        shortlist_id: RecordPath, body: StepBody, service: ServiceIn, caller: CallerIn, creating: CreatingIn
    ) -> Response:
        def make(writing: Writing) -> Answered:
            row = find_shortlist(writing.session, caller, shortlist_id)
            move(writing, row, body)
            answer = status.status_of(writing.session, row)
            return Answered(201, answer.model_dump_json().encode(), {"ETag": etag(len(answer.steps))})

        return creating.once(body, make)

    create_step.__doc__ = says
    router.post(
        f"/{{shortlist_id}}/{name}",
        name=f"create_{name}",
        summary=summary,
        status_code=201,
        response_model=StatusAnswer,
        dependencies=[needs(role), JSON_BODY],
        responses=writes(404),
    )(create_step)


_add_move(
    "proposal",
    Role.STAFF,
    status.propose,
    "Đề xuất · Propose",
    "A draft is proposed to whoever approves.",
)
_add_move(
    "approval",
    Role.APPROVER,
    status.approve,
    "Duyệt · Approve",
    "A proposed list is approved by another person than who proposed it.",
)
_add_move(
    "return",
    Role.APPROVER,
    status.send_back,
    "Trả lại · Send back",
    "A proposed list becomes a draft again, with the reason.",
)


def _made_here(responses: dict[int | str, dict[str, Any]]) -> dict[int | str, dict[str, Any]]:
    """201 kept, 200 not kept: the same shape."""
    content = {"application/json": {"example": examples.SHORTLIST, "schema": {"$ref": _ANSWER}}}
    said = "Không lưu (vai trò viewer, chạy thử) · Not kept (viewers, demo)"
    return {**responses, 200: {"description": said, "content": content}}


_ANSWER: Final = "#/components/schemas/ShortlistAnswer"

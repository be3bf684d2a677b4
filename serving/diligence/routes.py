"""Due diligence over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from serving.access.callers import Role
from serving.access.guard import CallerIn, needs
from serving.checks.schemas import CheckAnswer, CheckKind, Disposition
from serving.creators.gone import Gone
from serving.diligence.export import checks_csv
from serving.diligence.looking import looked
from serving.diligence.opening import Looked, open_checks
from serving.openapi import reads
from serving.schemas import CreatorId, RecordId, RecordPath
from serving.service import RankingIn, ServiceIn
from serving.shortlists.records import find_shortlist
from serving.store.pages import of_departments
from serving.store.tables import CheckRow

router = APIRouter(prefix="/v1", tags=["checks"])
_CSV: Final = "text/csv"
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "Tệp · The file", "content": {_CSV: {"schema": {"type": "string"}}}}
}


class CheckList(BaseModel):
    """The checks of all creators of a list, for its brief."""

    items: list[CheckAnswer]


@router.post(
    "/shortlists/{shortlist_id}/checks",
    summary="Thẩm tra mọi người trong danh sách · Look into everyone on a list",
    dependencies=[needs(Role.STAFF)],
    responses=reads(403, 404),
)
async def compute_checks(
    shortlist_id: RecordPath, service: ServiceIn, ranking: RankingIn, caller: CallerIn
) -> CheckList:
    """Open what should be looked into about every creator of a list, for its brief and no other.

    Called again it opens nothing twice; a check that somebody settled is opened again only by new evidence.
    """

    def look() -> tuple[str, list[Looked]]:
        with service.store.reading() as session:
            row = find_shortlist(session, caller, shortlist_id)
        return row.brief_id, looked(service, row)

    def keep(brief_id: str, found: list[Looked]) -> CheckList:
        with service.store.writing(caller.actor, service.now()) as writing:
            return CheckList(items=open_checks(writing, brief_id, found, lambda: service.new_id("check")))

    return await run_in_threadpool(keep, *await ranking.run(look))


@router.get(
    "/checks/export",
    summary="Xuất các mục thẩm tra · Export checks",
    dependencies=[needs(Role.VIEWER)],
    response_class=Response,
    responses={**reads(), **_FILE},
)
def export_checks(
    service: ServiceIn,
    caller: CallerIn,
    brief_id: Annotated[RecordId | None, Query()] = None,
    creator_id: Annotated[CreatorId | None, Query()] = None,
    kind: Annotated[CheckKind | None, Query()] = None,
    disposition: Annotated[Disposition | None, Query()] = None,
) -> Response:
    """The department's checks as CSV, oldest first."""
    wanted = {"brief_id": brief_id, "creator_id": creator_id, "kind": kind, "disposition": disposition}
    selected = of_departments(select(CheckRow), CheckRow.brief_id, caller).order_by(CheckRow.seq)
    for column, value in wanted.items():
        selected = selected if value is None else selected.where(getattr(CheckRow, column) == value)
    with service.store.reading() as session:
        content = checks_csv(session.execute(selected).scalars(), Gone.read(session))
    headers = {"Content-Disposition": 'attachment; filename="tham-tra.csv"'}
    return Response(content, media_type=_CSV, headers=headers)

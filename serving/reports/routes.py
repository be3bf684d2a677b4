"""The paper over HTTP, always as a file to keep."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from serving.access.callers import Role
from serving.access.guard import CallerIn, needs
from serving.openapi import reads
from serving.reports.reports import MEDIA_TYPES, FormatName, report
from serving.schemas import RecordPath
from serving.service import RankingIn, ServiceIn
from serving.shortlists.records import find_shortlist

router = APIRouter(prefix="/v1/shortlists", tags=["shortlists"])
_BINARY: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}
_FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "Tệp · The file", "content": dict.fromkeys(MEDIA_TYPES, _BINARY)}
}


@router.get(
    "/{shortlist_id}/report",
    summary="Phiếu trình · The paper to sign",
    dependencies=[needs(Role.VIEWER)],
    response_class=Response,
    responses={**reads(404), **_FILES},
)
async def get_report(
    shortlist_id: RecordPath,
    service: ServiceIn,
    ranking: RankingIn,
    caller: CallerIn,
    wanted: Annotated[FormatName, Query(alias="format", description="docx, xlsx, pdf hoặc html")] = "docx",
) -> Response:
    """The paper about a kept shortlist, with decisions, checks and steps as they stand now."""

    def work() -> Response:
        with service.store.reading() as session:
            row = find_shortlist(session, caller, shortlist_id)
            made = report(session, row, wanted, service.settings.report, service.now())
        headers = {"Content-Disposition": f'attachment; filename="{made.name}"'}
        return Response(made.content, media_type=made.media_type, headers=headers)

    return await ranking.run(work)

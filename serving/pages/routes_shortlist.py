"""Pages of a kept shortlist: the list itself, two to four side by side, and its paper in any format."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, cast, get_args

from fastapi import APIRouter, HTTPException, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from kolmatch.errors import InputRefused
from serving.access.callers import Role
from serving.access.guard import CallerIn
from serving.creators.gone import Gone
from serving.diligence.export import checks_csv
from serving.pages import charts
from serving.pages.entries import facets, fit_share
from serving.pages.rendering import page
from serving.pages.shortlist_page import kept_page, read_list
from serving.reports.reports import FormatName, report
from serving.schemas import RecordPath
from serving.service import RankingIn, ServiceIn
from serving.shortlists.records import find_shortlist
from serving.signin import page_needs
from serving.store.tables import CheckRow

_FEWEST: Final = 2
_MOST: Final = 4  # columns that stand side by side on a screen
router = APIRouter(prefix="/shortlists", include_in_schema=False)


@router.get("/{shortlist_id}", dependencies=[page_needs(Role.VIEWER)])
def get_shortlist(request: Request, shortlist_id: RecordPath, service: ServiceIn, caller: CallerIn) -> Response:
    """The list as it was answered, filtered and sorted as the address says."""
    return kept_page(request, read_list(service, caller, shortlist_id), caller)


@router.get("/{shortlist_id}/compare", dependencies=[page_needs(Role.VIEWER)])
def compare(request: Request, shortlist_id: RecordPath, service: ServiceIn, caller: CallerIn) -> Response:
    """Two to four of the list side by side."""
    kept = read_list(service, caller, shortlist_id)
    wanted = request.query_params.getlist("c")
    chosen = [entry for entry in kept.entries if entry["creator_id"] in wanted][:_MOST]
    if len(chosen) < _FEWEST:
        raise InputRefused(
            "Choose two to four creators of the list to compare: tick them, then press Compare.",
            "Hãy chọn từ hai đến bốn người trong danh sách để so sánh: đánh dấu rồi bấm So sánh.",
        )
    scale = charts.viewers_scale(chosen)
    return page(
        request,
        "compare.html.j2",
        kept=kept,
        chosen=chosen,
        facets=facets(chosen),
        fit={entry["creator_id"]: fit_share(entry, kept.entries) for entry in chosen},
        interval=lambda points, said: charts.interval(points, scale, said),
    )


@router.get("/{shortlist_id}/export/{wanted}", dependencies=[page_needs(Role.VIEWER)])
async def export(
    shortlist_id: RecordPath, wanted: str, service: ServiceIn, caller: CallerIn, ranking: RankingIn
) -> Response:
    """The paper to sign as a file, or the checks of its brief as CSV."""
    if wanted not in (*get_args(FormatName), "csv"):
        raise HTTPException(404)

    def work() -> Response:
        with service.store.reading() as session:
            row = find_shortlist(session, caller, shortlist_id)
            if wanted == "csv":
                content = checks_csv(_checks_of(session, row.brief_id), Gone.read(session))
                return _file(content, "text/csv", f"tham-tra-{shortlist_id}.csv")
            made = report(session, row, cast("FormatName", wanted), service.settings.report, service.now())
        return _file(made.content, made.media_type, made.name)

    return await ranking.run(work)


def _checks_of(session: Session, brief_id: str) -> Iterable[CheckRow]:
    return session.execute(select(CheckRow).where(CheckRow.brief_id == brief_id).order_by(CheckRow.seq)).scalars()


def _file(content: bytes, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})

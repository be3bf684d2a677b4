"""The page of models: what answers now, what is kept, figures, and months in which everybody's views changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi import Path as PathParameter
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from serving.access.callers import Role
from serving.access.guard import CallerIn
from serving.envelope import PAGE_HEADERS
from serving.models.routes import kept_models, reload
from serving.pages import charts
from serving.pages.language import language_of
from serving.pages.rendering import page
from serving.pages.wording import in_language
from serving.pages.writing import Writing
from serving.service import ServiceIn
from serving.signin import CheckedForm, page_needs

if TYPE_CHECKING:
    from models.detail import PlatformMonth

_SEE_OTHER: Final = 303
_REPORT_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
router = APIRouter(prefix="/models", include_in_schema=False)


@router.get("", dependencies=[page_needs(Role.VIEWER)])
def get_models(
    request: Request, service: ServiceIn, at: Annotated[str, Query(max_length=40, description="platform/format")] = ""
) -> Response:
    """Models with their figures; the months of one platform and format as a chart."""
    live = service.live.loaded()
    months = live.answers.details.months()
    places = _places(months)
    place = at if at in places else next(iter(places), "")
    t = in_language(language_of(request))
    own = places.get(place, [])
    return page(
        request,
        "models.html.j2",
        models=kept_models(service).items,
        reports=service.live.source.reports(),
        live=live.answers.manifest,
        version=live.version,
        until=live.answers.data_until,
        refused=service.live.refused,
        places=list(places),
        place=place,
        own=own,
        jumps=[month for month in months if month.jump],
        chart=charts.months(own, Writing(language_of(request)), t("months.chart", months=len(own))) if own else None,
    )


@router.get("/months/{month}", dependencies=[page_needs(Role.VIEWER)])
def get_month(service: ServiceIn, month: Annotated[str, PathParameter(pattern=r"^\d{4}-\d\d$")]) -> Response:
    """What a month's retraining changed: the report as the job wrote it, with its own style and nothing else."""
    for report in service.live.source.reports():
        if report.month == month:
            content = report.page.read_text(encoding="utf-8")
            return HTMLResponse(content, headers={**PAGE_HEADERS, "Content-Security-Policy": _REPORT_POLICY})
    raise HTTPException(404)


@router.post("/reload", dependencies=[page_needs(Role.ADMIN)])
async def reload_model(service: ServiceIn, caller: CallerIn, _form: CheckedForm) -> Response:
    """Load the champion, as the API does."""
    await run_in_threadpool(reload, service, caller.actor)
    return RedirectResponse("/models", _SEE_OTHER)


def _places(months: Sequence[PlatformMonth]) -> dict[str, list[PlatformMonth]]:
    """Months by "platform/format", where most posts are first."""
    found: dict[str, list[Any]] = {}
    for month in months:
        found.setdefault(f"{month.platform}/{month.format or ''}", []).append(month)
    return dict(sorted(found.items(), key=lambda item: -sum(month.posts for month in item[1])))

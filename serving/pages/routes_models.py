"""The page of models: what answers now, what is kept, figures, and months in which everybody's views changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from serving.access.callers import Role
from serving.access.guard import CallerIn
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

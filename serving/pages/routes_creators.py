"""Pages of creators: found by name; one with posts, forecasts, audience, checks and past campaigns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.brief import YOUTH_AGES
from serving.access.callers import Caller, Role
from serving.access.guard import CallerIn
from serving.checks.records import answer_of
from serving.creators.gone import Gone, check_there, gone
from serving.pages import campaigns, charts
from serving.pages.language import language_of
from serving.pages.rendering import page
from serving.pages.wording import in_language
from serving.pages.writing import Writing
from serving.reports.wording import VIETNAM
from serving.schemas import MAX_TITLE, CreatorPath
from serving.service import RankingIn, Service, ServiceIn
from serving.signin import page_needs
from serving.store.pages import of_departments
from serving.store.tables import CheckRow

if TYPE_CHECKING:
    from models.detail import PostPoint, PresenceForecast, Timeline

_FOUND: Final = 30
_TOPICS: Final = 10
_SIMILAR: Final = 5
_NEWEST: Final = 50  # posts in the table beside the chart

router = APIRouter(prefix="/creators", include_in_schema=False)


@router.get("", dependencies=[page_needs(Role.VIEWER)])
async def find_creators(
    request: Request, service: ServiceIn, ranking: RankingIn, q: Annotated[str, Query(max_length=MAX_TITLE)] = ""
) -> Response:
    """Creators by name, handle, field or id."""

    def work() -> list[Any]:
        left = gone(service.store)
        found = service.live().search.find(q, _FOUND + len(left)) if q.strip() else []
        return [hit for hit in found if hit.creator_id not in left][:_FOUND]

    return page(request, "creators.html.j2", q=q, hits=await ranking.run(work))


@router.get("/{creator_id}", dependencies=[page_needs(Role.VIEWER)])
async def get_creator(
    request: Request,
    creator_id: CreatorPath,
    service: ServiceIn,
    caller: CallerIn,
    ranking: RankingIn,
    at: Annotated[str, Query(max_length=40, description="platform/format")] = "",
) -> Response:
    """What the live model knows of one creator, and what the department did with them."""
    values = await ranking.run(lambda: _known(service, caller, creator_id))
    timeline: Timeline = values["timeline"]
    place = at if at in values["places"] else next(iter(values["places"]), "")
    return page(request, "creator.html.j2", place=place, **values, **_drawn(request, timeline, place))


def _known(service: Service, caller: Caller, creator_id: str) -> dict[str, Any]:
    check_there(service.store, creator_id)
    answers, left = service.live(), gone(service.store)
    profile = answers.creator(creator_id)
    target = (service.settings.matcher.target_province,)
    timeline = answers.details.timeline(creator_id, YOUTH_AGES, target)
    near = answers.search.similar(creator_id, _SIMILAR + len(left))
    with service.store.reading() as session:
        return {
            "creator": profile,
            "timeline": timeline,
            "places": _places(timeline),
            "topics": answers.search.topics(creator_id, _TOPICS),
            "similar": [other for other in near if other.creator_id not in left][:_SIMILAR],
            "past": campaigns.past(session, caller, creator_id),
            "checks": _checks(session, caller, creator_id),
        }


def _places(timeline: Timeline) -> dict[str, PresenceForecast]:
    """Forecasts by "platform/format", where most posts are first."""
    counts = Counter((post.platform, post.format) for post in timeline.posts)
    ordered = sorted(timeline.forecasts, key=lambda one: -counts[one.platform, one.format])
    return {f"{one.platform}/{one.format or ''}": one for one in ordered}


def _drawn(request: Request, timeline: Timeline, place: str) -> dict[str, Any]:
    """The charts, with the rows behind them."""
    writing, t = Writing(language_of(request)), in_language(language_of(request))
    forecast = _places(timeline).get(place)
    own = [post for post in timeline.posts if f"{post.platform}/{post.format or ''}" == place]
    seen = [post for post in own if post.views is not None]
    enough = forecast if forecast and forecast.state == "ok" else None
    months = _per_month(timeline.posts)
    said = t("creator.chart", posts=len(seen)) + (_ahead(enough, t, writing) if enough else "")
    return {
        "own": own[::-1][:_NEWEST],
        "months": months,
        "posts_chart": charts.per_month(months, writing, t("creator.posts_chart", posts=len(timeline.posts))),
        "views_chart": charts.history(own, enough, writing, said) if seen else None,
    }


def _ahead(forecast: PresenceForecast, t: Any, writing: Writing) -> str:  # noqa: ANN401  # what gives a text
    points: Mapping[str, str] = {
        name: writing.about(getattr(forecast.views, point))
        for name, point in (("low", "p10"), ("middle", "p50"), ("high", "p90"))
    }
    return " " + str(t("creator.ahead", **points))


def _per_month(posts: Sequence[PostPoint]) -> list[tuple[str, int]]:
    """(month, posts) of every month from the first post to the last, also those without one."""
    counts = Counter(f"{post.published_at.astimezone(VIETNAM):%Y-%m}" for post in posts)
    if not counts:
        return []
    year, month = map(int, min(counts).split("-"))
    found = []
    while (name := f"{year}-{month:02d}") <= max(counts):
        found.append((name, counts[name]))
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return found


def _checks(session: Session, caller: Caller, creator_id: str) -> list[Any]:
    wanted = of_departments(select(CheckRow), CheckRow.brief_id, caller).where(CheckRow.creator_id == creator_id)
    left = Gone.read(session)
    return [answer_of(row, left) for row in session.execute(wanted.order_by(CheckRow.seq.desc())).scalars()]

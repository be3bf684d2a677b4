"""Ranking and keeping as one step, for the API and for the pages: once, however often it is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from fastapi import Response
from starlette.concurrency import run_in_threadpool

from serving.creating import JSON, Creating
from serving.creators.gone import gone
from serving.schemas import OfBriefRequest, ShortlistRequest
from serving.shortlist_answer import without_reasons
from serving.shortlists.making import Wanted, keep, made
from serving.shortlists.showing import shown_json


async def keep_once(
    wanted: Wanted,
    body: ShortlistRequest | OfBriefRequest,
    creating: Creating,
    rank: Callable[[Callable[[], Any]], Awaitable[Any]],
) -> Response:
    """Rank beside the event loop, then keep; a repeated request is answered without ranking again."""
    before = await run_in_threadpool(_answered_before, wanted, body, creating)
    if before is not None:
        return before
    found = await rank(partial(made, wanted))
    return await run_in_threadpool(creating.once, body, partial(keep, wanted, found))


def _answered_before(wanted: Wanted, body: ShortlistRequest | OfBriefRequest, creating: Creating) -> Response | None:
    """What was answered to the same key, as it may be shown today: someone on it may have opted out since."""
    before = creating.kept(body)
    if before is None:
        return None
    answer = shown_json(bytes(before.body), gone(wanted.service.store))
    kept = {name: value for name, value in before.headers.items() if name not in ("content-length", "content-type")}
    return Response(answer if body.explain else without_reasons(answer), before.status_code, kept, JSON)

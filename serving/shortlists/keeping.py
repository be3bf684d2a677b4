"""Ranking and keeping as one step, for the API and for the pages: once, however often it is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from fastapi import Response
from starlette.concurrency import run_in_threadpool

from serving.creating import Creating
from serving.schemas import OfBriefRequest, ShortlistRequest
from serving.shortlists.making import Wanted, keep, made


async def keep_once(
    wanted: Wanted,
    body: ShortlistRequest | OfBriefRequest,
    creating: Creating,
    rank: Callable[[Callable[[], Any]], Awaitable[Any]],
) -> Response:
    """Rank beside the event loop, then keep; a repeated request is answered without ranking again."""
    before = await run_in_threadpool(creating.kept, body)
    if before is not None:
        return before
    found = await rank(partial(made, wanted))
    return await run_in_threadpool(creating.once, body, partial(keep, wanted, found))

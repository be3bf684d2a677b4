"""What every route has at hand: the live model, the store, who may ask, the clock, and threads to work in."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import anyio
import anyio.to_thread
from fastapi import Depends, Request

from kolmatch.errors import Overloaded
from kolmatch.settings import Settings
from serving.access.guard import Access
from serving.answers import LiveModel
from serving.siblings import Siblings
from serving.store.database import Store
from serving.uploads.bounded import Documents

if TYPE_CHECKING:
    from serving.signin.sessions import Sessions  # it stands on this module

_Made = TypeVar("_Made")
_ID_BYTES: Final = 10  # 80 bits: nobody guesses an id, and no two are alike


@dataclass(frozen=True, slots=True)
class Service:
    """Handed to `create_app`; routes reach it as `ServiceIn`. `siblings` are the other workers, if there are."""

    live: LiveModel
    store: Store
    access: Access
    sessions: Sessions
    settings: Settings
    now: Callable[[], datetime]
    siblings: Siblings | None = None

    def new_id(self, kind: str) -> str:
        """A fresh public id such as `brief_3f...`."""
        return f"{kind}_{secrets.token_hex(_ID_BYTES)}"


class Ranking:
    """A few threads for the arithmetic: beyond the cores they would only slow each other down, and on the event loop
    they would hold up the probes. Who would have to wait behind too many others is told so at once.
    """

    def __init__(self, max_waiting: int, workers: int = 1) -> None:
        self._slots = anyio.CapacityLimiter(max(1, (os.cpu_count() or 1) // workers))
        self._max_waiting = max_waiting

    @property
    def waiting(self) -> int:
        """How many wait for a thread."""
        return self._slots.statistics().tasks_waiting

    async def run(self, work: Callable[[], _Made]) -> _Made:
        """Run work beside the event loop and wait for it.

        Raises:
            Overloaded: too many are waiting already.
        """
        if self.waiting >= self._max_waiting:
            raise Overloaded(
                "More is asked at once than this service can answer. Try again in a few seconds.",
                "Quá nhiều yêu cầu cùng lúc. Hãy thử lại sau vài giây.",
            )
        return await anyio.to_thread.run_sync(work, limiter=self._slots)


# A plain function would be run in a thread of its own, which costs more than all it does.
async def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


async def _ranking(request: Request) -> Ranking:
    ranking: Ranking = request.app.state.ranking
    return ranking


async def _documents(request: Request) -> Documents:
    documents: Documents = request.app.state.documents
    return documents


ServiceIn = Annotated[Service, Depends(_service)]
RankingIn = Annotated[Ranking, Depends(_ranking)]
DocumentsIn = Annotated[Documents, Depends(_documents)]

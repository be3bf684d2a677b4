"""A service with its store as one office uses it, asked over HTTP."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from serving.store.database import Store
from serving.store.tables import AuditRow, TombstoneRow
from tests.api_world import NOW, SMALL, TinyAnswers, client_of, key_of, live_model

TITLE = "Dịch vụ công trực tuyến"
BRIEF = {"title": TITLE, "must": ["trực tuyến"], "budget_vnd": 50_000_000}


class Office:
    """A service with its store, asked by one member of staff and one approver."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.live = live_model(TinyAnswers)
        self.client = client_of(self.live, SMALL, store)
        self.staff = key_of(store, "staff")
        self.approver = key_of(store, "approver")

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self.client.post(path, json=body, headers={**self.staff, **headers})

    def put(self, path: str, body: Any, **headers: str) -> Any:
        return self.client.put(path, json=body, headers={**self.staff, **headers})

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(path, params=query, headers=self.staff)

    def approve(self, path: str, body: Any) -> Any:
        return self.client.post(path, json=body, headers=self.approver)

    def brief(self) -> str:
        return str(self.post("/v1/briefs", BRIEF).json()["brief_id"])

    def shortlist(self) -> str:
        return str(self.post("/v1/shortlists", BRIEF).json()["shortlist_id"])

    def trail(self) -> list[str]:
        with self.store.reading() as session:
            return list(session.execute(select(AuditRow.action).order_by(AuditRow.number)).scalars())


def opt_out(store: Store, creator_id: str) -> None:
    with store.writing("cli", NOW) as writing:
        writing.session.add(TombstoneRow(creator_id=creator_id, reason="opted_out", at=NOW, request_id=None))
        writing.note("rights.opt_out", creator_id)

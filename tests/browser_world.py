"""A small sample world with views and audiences, trained in seconds, and an office whose people visit the pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np
from fastapi import FastAPI

from data.catalogue import import_file
from data.contract import TABLES
from data.world import make_world, write_world
from kolmatch.settings import (
    AccessSettings,
    EncoderSettings,
    ServingSettings,
    Settings,
    SigninSettings,
    TrainingSettings,
)
from models.matcher import Matcher
from serving.access.callers import ROLES
from serving.access.keys import create_key
from serving.answers import LiveModel
from serving.app import create_app, service_of
from serving.store.database import Store
from tests.api_world import MadeModel, own_store
from tests.browser import serving
from tests.issuer import Issuer, access_settings, signin_settings
from training.pipeline import train

END: Final = datetime(2026, 11, 1, tzinfo=UTC)
NOW: Final = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
TITLE: Final = "Tuyên truyền dịch vụ công trực tuyến cho thanh niên"
TEXT: Final = "Vận động thanh niên Thành phố nộp hồ sơ qua Cổng dịch vụ công và dùng định danh điện tử VNeID."
UNBOUNDED: Final = {"requests_per_minute": 10**6, "refused_per_minute": 10**6}
QUICK: Final = Settings(
    encoder=EncoderSettings(dimension=32, epochs=1, batch_size=256, max_steps=40),
    training=TrainingSettings(max_fit_queries=100),
)


def trained(home: Path) -> Matcher:
    """The matcher of the sample world."""
    write_world(make_world(np.random.default_rng(7), creators=40, posts=1200, months=7, end=END), home / "world")
    for table in TABLES:
        for file in sorted((home / "world").glob(f"{table}.*")):
            import_file(home, table, file, now=NOW, synthetic=True)
    return Matcher.load(train(home, QUICK, month="2026-11", progress=lambda *_: None))


@dataclass
class Office:
    """A service with people of every role in one department; `moment` is what its clock says."""

    address: str
    store: Store
    keys: Mapping[str, str]
    clock: list[datetime]

    def api(self, role: str = "staff") -> httpx.Client:
        """A program with the key of a role."""
        return httpx.Client(base_url=self.address, headers={"Authorization": f"Bearer {self.keys[role]}"}, timeout=30)

    def shortlist(self, **body: Any) -> dict[str, Any]:
        """A kept list."""
        with self.api() as api:
            answer = api.post("/v1/shortlists", json={"title": TITLE, "text": TEXT, "provinces": ["hcmc"], **body})
            assert answer.status_code == 201, answer.text
            made: dict[str, Any] = answer.json()
        return made


@contextmanager
def office(
    matcher: Matcher, roles: Iterable[str] = tuple(ROLES), issuer: Issuer | None = None, **access: Any
) -> Iterator[Office]:
    """Open an office with a key for each role (without any it is a demo), whose people may also sign in at an issuer;
    `access` are settings of that name.
    """
    store, clock = own_store(), [NOW]
    live = LiveModel(MadeModel(lambda: matcher))
    live.load()

    def app_at(address: str) -> FastAPI:
        given = {**UNBOUNDED, **(access_settings(issuer) if issuer else {}), **access}
        settings = Settings(
            serving=ServingSettings(max_waiting=1000),
            access=AccessSettings.model_validate(given),
            signin=SigninSettings.model_validate(signin_settings(issuer, address) if issuer else {}),
        )
        return create_app(service_of(live, store, settings, lambda: clock[0]))

    with serving(app_at) as address:
        yield Office(address, store, {role: _key(store, role) for role in roles}, clock)
    store.close()


def _key(store: Store, role: str) -> str:
    with store.writing("cli", NOW) as writing:
        made = create_key(
            writing,
            name=role,
            role=role,
            department="so-tttt",
            expires_at=NOW + timedelta(days=90),
            requests_per_minute=None,
        )
    return made.secret

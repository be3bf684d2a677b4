"""A tiny model with a known answer for the tests of the service: its score is the number of shared words."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from kolmatch.errors import BriefRefused, BundleError, UnknownCreator
from kolmatch.settings import ServingSettings, Settings
from models.brief import Brief, SimilarBrief
from models.bundle_files import Champion, Manifest
from models.creator_search import CreatorHit, SimilarCreator, Topic
from models.dossier import Dossier, KeptPost
from models.filters import EVERYONE, Filters
from models.matcher import Why
from models.nomination import Compared, Nomination
from models.profile import AccountProfile, CreatorProfile
from models.shortlist import Entry, Evidence, Excluded, FacetCover, Part, Shortlist
from serving.access.keys import create_key
from serving.answers import Answers, KeptModel, LiveModel, MonthReport
from serving.app import create_app, service_of
from serving.envelope import SECURITY_HEADERS
from serving.signin.forms import token_of
from serving.store import schema
from serving.store.database import Store
from tests.tiny_details import TinyDetails

WHEN = datetime(2026, 10, 2, 5, 0, tzinfo=UTC)
REFUSED_TITLE = "từ chối"

MANIFEST = Manifest(
    format_version=1,
    bundle_id="0123456789ab",
    created_month="2026-11",
    kolmatch_version="0.1.0",
    synthetic=True,
    trained_on={"posts": "0" * 64},
    settings={},
    metrics={"next_post_mrr": 0.5},
    files={},
    lock_hash="",
    code_sha256="",
    seed=1,
)


def tiny_creator(creator_id: str, name: str) -> CreatorProfile:
    return CreatorProfile(
        creator_id=creator_id,
        name=name,
        kind="person",
        category=None,
        platforms=(AccountProfile("tiktok", None, None, None, None),),
        post_count=1,
        first_post_at=WHEN,
        last_post_at=WHEN,
        hashtags=("dichvucong",),
    )


# A creator and the one post of each.
CREATORS = {
    tiny_creator("syn-0001", "Bếp Nhà (tổng hợp)"): "nấu ăn mỗi ngày",
    tiny_creator("syn-0007", "Phường Mình (tổng hợp)"): "dịch vụ công trực tuyến tại nhà",
}


class TinySearch:
    """Finds by a part of the name; both creators are alike."""

    def find(self, text: str, k: int) -> list[CreatorHit]:
        return [
            CreatorHit(creator.creator_id, creator.name, creator.kind, "name")
            for creator in CREATORS
            if text.lower() in creator.name.lower()
        ][:k]

    def topics(self, creator_id: str, k: int) -> list[Topic]:
        TinyAnswers().creator(creator_id)
        return [Topic("dichvucong", 4, 2.5)][:k]

    def similar(self, creator_id: str, k: int) -> list[SimilarCreator]:
        TinyAnswers().creator(creator_id)
        others = [creator for creator in CREATORS if creator.creator_id != creator_id]
        return [SimilarCreator(other.creator_id, other.name, other.kind, 0.5) for other in others][:k]


class TinyFiles:
    """One creator has an advertisement that does not say so, on an account of which nothing is known."""

    def of(self, creator_id: str) -> Dossier:
        post = KeptPost(f"{creator_id}-post", "mã giảm giá trong giỏ hàng", (), None)
        return Dossier((("tiktok", None),), (post,) if creator_id == "syn-0007" else (), ())


@dataclass(frozen=True)
class TinyAnswers:
    """Two creators; the score of each is the number of words shared with the brief's title."""

    manifest: Manifest = MANIFEST

    @property
    def data_until(self) -> datetime | None:
        return WHEN

    @property
    def search(self) -> TinySearch:
        return TinySearch()

    @property
    def dossiers(self) -> TinyFiles:
        return TinyFiles()

    @property
    def details(self) -> TinyDetails:
        return TinyDetails()

    def similar_briefs(self, text: str, k: int) -> list[SimilarBrief]:
        return [SimilarBrief("b1", "Dịch vụ công ở phường", 0.5)][:k]

    def why(self, brief: Brief, creator_id: str, by: str = "fit", filters: Filters = EVERYONE) -> Why:
        self.creator(creator_id)
        entries = self.shortlist(brief, len(CREATORS), filters=filters).entries
        place = next((place for place, entry in enumerate(entries) if entry.creator_id == creator_id), None)
        if place is None:
            return Why(None, len(entries), None, None)
        return Why(place + 1, len(entries), entries[place], entries[place - 1] if place else None)

    def nominate(
        self, brief: Brief, name: str, captions: Sequence[str], k: int, filters: Filters = EVERYONE
    ) -> Nomination:
        rivals = self.shortlist(brief, k, filters=filters).entries
        own = sum(float(len(_shared(caption, brief.title))) for caption in captions) / len(captions)
        place = 1 + sum(entry.score > own for entry in rivals)
        others = tuple(Compared(entry.creator_id, entry.name, entry.score) for entry in rivals)
        return Nomination(place, len(rivals) + 1, own, (Part("lexical", own),), (), (), others)

    def shortlist(self, brief: Brief, k: int, by: str = "fit", filters: Filters = EVERYONE) -> Shortlist:
        if brief.title == REFUSED_TITLE:
            raise BriefRefused("No word of it is known.", "Không nhận ra từ nào.")
        entries = sorted(
            (
                _entry(creator, post, brief)
                for creator, post in CREATORS.items()
                if creator.creator_id not in (*filters.opted_out, *filters.blocked)
            ),
            key=lambda entry: -entry.score,
        )[:k]
        return Shortlist(
            brief=brief,
            entries=tuple(replace(entry, rank=rank) for rank, entry in enumerate(entries, 1)),
            uncovered=tuple(
                facet for facet in brief.must if not any(_shared(post, facet) for post in CREATORS.values())
            ),
            unknown_words=(),
            excluded=(Excluded("opted_out", 1),),
            bundle_id=self.manifest.bundle_id,
            synthetic=self.manifest.synthetic,
        )

    def creator(self, creator_id: str) -> CreatorProfile:
        for creator in CREATORS:
            if creator.creator_id == creator_id:
                return creator
        raise UnknownCreator(f"There is no creator {creator_id!r}.", f"Không có nhà sáng tạo {creator_id!r}.")


def _shared(post: str, text: str) -> tuple[str, ...]:
    return tuple(word for word in post.split() if word in text.lower().split())


def _entry(creator: CreatorProfile, text: str, brief: Brief) -> Entry:
    shared = _shared(text, brief.title)
    post = f"{creator.creator_id}-post"
    return Entry(
        rank=1,
        creator_id=creator.creator_id,
        name=creator.name,
        kind=creator.kind,
        score=float(len(shared)),
        parts=(Part("lexical", float(len(shared))),),
        hashtags=("dichvucong",) if shared else (),
        evidence=(Evidence(post, "tiktok", WHEN, text, None, shared, float(len(shared))),),
        facets=tuple(
            FacetCover("must", facet, 1.0, bool(_shared(text, facet)), post, _shared(text, facet))
            for facet in brief.must
        ),
        against=() if shared else ("no_topic_words",),
    )


SMALL = Settings(serving=ServingSettings(max_request_bytes=20_000, max_results=50))
NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


@dataclass(frozen=True)
class MadeModel:
    """A source of the one model that a test makes."""

    make: Callable[[], Answers]

    def newest(self) -> Champion:
        return Champion(self.make().manifest.bundle_id, 1, Path())

    def kept(self) -> list[KeptModel]:
        manifest = self.make().manifest
        return [KeptModel(manifest.bundle_id, manifest, None)]

    def reports(self) -> list[MonthReport]:
        return []

    def load(self, bundle_id: str) -> Answers:
        answers = self.make()
        assert answers.manifest.bundle_id == bundle_id
        return answers


def live_model(make: Callable[[], Answers]) -> LiveModel:
    """A live model, or one that was refused."""
    live = LiveModel(MadeModel(make))
    with suppress(BundleError):
        live.load()
    return live


def own_store() -> Store:
    """A store of its own, empty, gone when the tests end."""
    file = Path(tempfile.mkdtemp(dir=_STORES.name)) / "store.sqlite3"
    shutil.copy(_empty(), file)
    return Store.at(f"sqlite:///{file}", busy_timeout_s=5)


@cache
def _empty() -> Path:
    """A store's file with today's tables: copying it is faster than making them for each test."""
    file = Path(_STORES.name) / "empty.sqlite3"
    store = Store.at(f"sqlite:///{file}", busy_timeout_s=5)
    schema.upgrade(store)
    store.close()
    return file


_STORES = tempfile.TemporaryDirectory(prefix="kolmatch-stores-")


def app_of(live: LiveModel, settings: Settings = SMALL, store: Store | None = None) -> FastAPI:
    return create_app(service_of(live, store or own_store(), settings, lambda: NOW), new_id=lambda: "made-here")


def client_of(
    source: Callable[[], Answers] | LiveModel, settings: Settings = SMALL, store: Store | None = None
) -> TestClient:
    live = source if isinstance(source, LiveModel) else live_model(source)
    return TestClient(app_of(live, settings, store), raise_server_exceptions=False)


OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}  # what a browser says of a form on one of our own pages


def browser_of(
    source: Callable[[], Answers] | LiveModel, settings: Settings = SMALL, store: Store | None = None
) -> TestClient:
    """A client that keeps cookies, and sends forms as from our own pages."""
    live = source if isinstance(source, LiveModel) else live_model(source)
    app = app_of(live, settings, store)
    return TestClient(app, "http://127.0.0.1:8800", raise_server_exceptions=False, headers=OWN_PAGE)


def sign_in(browser: TestClient, store: Store, role: str, department: str = "so-tttt") -> str:
    """Sign in with a fresh key; the token that forms must carry from now on."""
    key = key_of(store, role, department)["Authorization"].removeprefix("Bearer ")
    answer = browser.post("/signin", data={"key": key}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return token_of(browser.cookies["kolmatch"])


def key_of(store: Store, role: str, department: str = "so-tttt", at: datetime = NOW) -> dict[str, str]:
    """The header of a fresh key, made then."""
    with store.writing("cli", at) as writing:
        key = create_key(
            writing,
            name=f"{role} of {department}",
            role=role,
            department=department,
            expires_at=at + timedelta(days=90),
            requests_per_minute=100_000,
        )
    return {"Authorization": f"Bearer {key.secret}"}


def assert_refused(response: Any, status: int, code: str) -> dict[str, Any]:
    """The problem in a response, after checking what every problem must be."""
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    problem: dict[str, Any] = response.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == f"urn:kolmatch:problem:{code}"
    assert problem["request_id"] == response.headers["x-request-id"]
    assert problem["instance"].endswith(problem["request_id"])
    assert problem["detail"] in (problem["detail_vi"], problem["detail_en"])
    assert all(response.headers[name] == value for name, value in SECURITY_HEADERS.items())
    return problem

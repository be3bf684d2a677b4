"""The service around the real matcher: what the command line says, the API says."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kolmatch.settings import Settings
from models.brief import Brief
from models.matcher import Matcher
from tests.api_world import client_of

TITLE = "Tuyên truyền dịch vụ công trực tuyến"


@pytest.fixture(scope="module")
def client(small_bundle: Path) -> TestClient:
    return client_of(lambda: Matcher.load(small_bundle), Settings())


def test_the_api_lists_whom_the_matcher_lists_with_the_same_scores(client: TestClient, matcher: Matcher) -> None:
    answer = client.post("/v1/shortlists", json={"title": TITLE, "must": ["nộp hồ sơ"], "top": 5}).json()
    own = matcher.shortlist(Brief(title=TITLE, must=("nộp hồ sơ",)), 5)
    assert [e["creator_id"] for e in answer["entries"]] == [e.creator_id for e in own.entries]
    assert [e["score"] for e in answer["entries"]] == pytest.approx([e.score for e in own.entries])


def test_every_score_is_the_sum_of_its_parts(client: TestClient) -> None:
    answer = client.post("/v1/shortlists", json={"title": TITLE, "must_not": ["rượu bia"]}).json()
    for entry in answer["entries"]:
        assert sum(part["value"] for part in entry["parts"]) == pytest.approx(entry["score"], abs=1e-4)


def test_a_listed_creator_has_a_profile(client: TestClient) -> None:
    first = client.post("/v1/shortlists", json={"title": TITLE, "top": 1}).json()["entries"][0]
    found = client.get(f"/v1/creators/{first['creator_id']}").json()
    assert found["name"] == first["name"]
    assert found["post_count"] > 0


def test_the_current_model_is_the_bundle_that_answers(client: TestClient, matcher: Matcher) -> None:
    assert client.get("/v1/models/current").json()["bundle_id"] == matcher.bundle_id

"""Who opted out is named by no answer from then on, and nothing more is written down about them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import partial

import pytest

from serving.shortlists.showing import WITHDRAWN_EN, WITHDRAWN_VI
from serving.store.database import Store
from tests.api_world import assert_refused
from tests.office import BRIEF, Office, opt_out


@pytest.fixture
def office(store: Store) -> Iterator[Office]:
    made = Office(store)
    with made.client:
        yield made


def test_who_opted_out_is_gone_from_answers_at_once(office: Office) -> None:
    assert office.get("/v1/creators/syn-0007").status_code == 200
    opt_out(office.store, "syn-0007")
    for made in (office.post("/v1/shortlists", BRIEF), office.post(f"/v1/briefs/{office.brief()}/shortlists", {})):
        assert [entry["creator_id"] for entry in made.json()["entries"]] == ["syn-0001"]
    assert_refused(office.get("/v1/creators/syn-0007"), 404, "unknown_creator")


def test_of_who_opted_out_nothing_more_is_written_down(office: Office) -> None:
    about = {"brief_id": office.brief(), "creator_id": "syn-0007"}
    sent = {
        "/v1/decisions": {**about, "decision": "invited", "decided_by": "Bà Lê Thị B", "reason": "hợp chủ đề"},
        "/v1/outcomes": {**about, "views": 10, "invited": True},
        "/v1/checks": {**about, "kind": "conflict"},
    }
    assert {path: office.post(path, body).status_code for path, body in sent.items()} == dict.fromkeys(sent, 201)
    opt_out(office.store, "syn-0007")
    for path, body in sent.items():
        assert_refused(office.post(path, body), 404, "unknown_creator")


def test_whoever_opted_out_since_keeps_a_place_on_a_kept_list_and_is_not_named(office: Office) -> None:
    made = office.post("/v1/shortlists", {**BRIEF, "must": ["dịch vụ"]})
    withdrawn = f"{WITHDRAWN_VI} {WITHDRAWN_EN}"
    address = made.headers["location"]
    opt_out(office.store, "syn-0007")
    read = office.get(address)
    for was, is_ in zip(made.json()["entries"], read.json()["entries"], strict=True):
        if was["creator_id"] != "syn-0007":
            assert is_ == was
            continue
        assert (is_["rank"], is_["score"], is_["name"]) == (was["rank"], was["score"], withdrawn)
        assert (is_["kind"], is_["evidence"], is_["hashtags"], is_["against"], is_["flags"]) == (None, [], [], [], [])
        assert [(cover["post_id"], cover["matched"]) for cover in is_["facets"]] == [(None, [])]
    assert read.headers["etag"] == f'"{hashlib.sha256(read.content).hexdigest()}"'
    assert office.get(address, explain=False).json()["entries"][0]["name"] == withdrawn
    assert office.post(f"{address}/replay", None).json()["identical"] is True


@pytest.mark.parametrize("explain", [True, False])
def test_whoever_opted_out_since_is_not_named_to_who_sends_a_request_again(office: Office, explain: bool) -> None:
    send = partial(office.post, "/v1/shortlists", {**BRIEF, "explain": explain}, **{"Idempotency-Key": "once"})
    made = send()
    opt_out(office.store, "syn-0007")
    again = send()
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert again.headers["location"] == made.headers["location"]
    assert again.json() == office.get(made.headers["location"], explain=explain).json()
    assert f"{WITHDRAWN_VI} {WITHDRAWN_EN}" in [entry["name"] for entry in again.json()["entries"]]


def test_what_a_check_of_them_rests_on_is_told_to_nobody(office: Office) -> None:
    about = {"brief_id": office.brief(), "creator_id": "syn-0007", "kind": "unsafe_words"}
    made = office.post("/v1/checks", {**about, "evidence": [{"post_id": "p-secret", "words": ["cá cược"]}]}).json()
    reads = (f"/v1/checks/{made['check_id']}", "/v1/checks", "/v1/checks/export")
    assert all("p-secret" in office.get(path).text for path in reads)
    opt_out(office.store, "syn-0007")
    for path in reads:
        assert made["check_id"] in office.get(path).text
        assert "p-secret" not in office.get(path).text

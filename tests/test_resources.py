"""Briefs, shortlists, decisions, outcomes and checks over HTTP, on SQLite and on PostgreSQL."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event, select, text

from kolmatch.errors import BundleMissing
from serving.answers import Answers
from serving.shortlists.leaving_out import left_out
from serving.store import audit
from serving.store.database import Store
from serving.store.tables import AuditRow
from tests.api_world import MANIFEST, NOW, SMALL, MadeModel, TinyAnswers, assert_refused, client_of, key_of, live_model
from tests.office import BRIEF, TITLE, Office, opt_out

STEP = {"by": "Bà Lê Thị B", "reason": "Đủ căn cứ"}


@pytest.fixture
def office(store: Store) -> Iterator[Office]:
    made = Office(store)
    with made.client:  # one event loop for all requests, as in a running service
        yield made


# Briefs


def test_a_brief_is_kept_and_read_again_as_it_was_sent(office: Office) -> None:
    made = office.post("/v1/briefs", BRIEF)
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    read = office.get(made.headers["location"])
    assert read.json() == made.json()
    assert (read.headers["etag"], read.json()["department"]) == ('"1"', "so-tttt")
    assert {name: read.json()["brief"][name] for name in BRIEF} == BRIEF
    assert read.json()["created_at"] == NOW.isoformat().replace("+00:00", "Z")


def test_a_revision_keeps_the_one_before(office: Office) -> None:
    address = f"/v1/briefs/{office.brief()}"
    revised = office.put(address, {"title": "Bản sửa"}, **{"If-Match": '"1"'})
    assert (revised.status_code, revised.headers["etag"], revised.json()["revision"]) == (200, '"2"', 2)
    assert office.get(address).json()["brief"]["title"] == "Bản sửa"
    assert office.get(address, revision=1).json()["brief"]["title"] == BRIEF["title"]
    assert_refused(office.get(address, revision=3), 404, "unknown_record")
    assert [item["title"] for item in office.get("/v1/briefs").json()["items"]] == ["Bản sửa"]


def test_nobody_overwrites_what_they_have_not_read(office: Office) -> None:
    address = f"/v1/briefs/{office.brief()}"
    assert_refused(office.put(address, BRIEF), 428, "precondition_required")
    assert office.put(address, BRIEF, **{"If-Match": '"1"'}).status_code == 200
    assert_refused(office.put(address, BRIEF, **{"If-Match": '"1"'}), 412, "outdated")
    assert office.get(address).json()["revision"] == 2


def test_of_two_who_revise_at_the_same_moment_one_is_told(office: Office) -> None:
    address = f"/v1/briefs/{office.brief()}"
    codes: list[int] = []

    def revise() -> None:
        codes.append(office.put(address, BRIEF, **{"If-Match": '"1"'}).status_code)

    both = [threading.Thread(target=revise) for _ in range(4)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(codes) == [200, 412, 412, 412]


def test_a_brief_that_cannot_be_answered_is_not_kept(office: Office) -> None:
    assert_refused(office.post("/v1/briefs", {**BRIEF, "age_min": 40}), 422, "brief_refused")
    assert office.get("/v1/briefs").json()["items"] == []


def test_pages_lead_through_all_briefs(office: Office) -> None:
    made = [office.brief() for _ in range(5)]
    seen, cursor = [], None
    while True:
        page = office.get("/v1/briefs", limit=2, **({"cursor": cursor} if cursor else {})).json()
        seen += [item["brief_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == made[::-1]
    assert_refused(office.get("/v1/briefs", cursor="abc"), 422, "input_refused")
    assert_refused(office.get("/v1/briefs", limit=101), 422, "validation")


# Creating once


def test_a_create_that_is_sent_twice_creates_once(office: Office) -> None:
    sent = [office.post("/v1/briefs", BRIEF, **{"Idempotency-Key": "mine-1"}) for _ in range(2)]
    assert sent[0].json() == sent[1].json()
    assert [answer.headers.get("idempotency-replayed") for answer in sent] == [None, "true"]
    assert sent[0].headers["etag"] == sent[1].headers["etag"]
    assert len(office.get("/v1/briefs").json()["items"]) == 1


def test_the_same_key_for_something_else_is_a_conflict(office: Office) -> None:
    office.post("/v1/briefs", BRIEF, **{"Idempotency-Key": "mine-1"})
    other = office.post("/v1/briefs", {"title": "Khác"}, **{"Idempotency-Key": "mine-1"})
    assert_refused(other, 409, "conflict")


def test_keys_of_two_callers_do_not_meet(office: Office) -> None:
    office.post("/v1/briefs", BRIEF, **{"Idempotency-Key": "same"})
    other = office.client.post("/v1/briefs", json=BRIEF, headers={**office.approver, "Idempotency-Key": "same"})
    assert other.status_code == 201
    assert len(office.get("/v1/briefs").json()["items"]) == 2


def test_many_at_once_with_one_key_create_one_and_all_get_it(office: Office) -> None:
    answers: list[Any] = []

    def create() -> None:
        answers.append(office.post("/v1/shortlists", BRIEF, **{"Idempotency-Key": "race"}))

    threads = [threading.Thread(target=create) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(office.get("/v1/shortlists").json()["items"]) == 1


# Shortlists


def test_a_shortlist_stays_for_ever_as_it_was_answered(office: Office) -> None:
    made = office.post("/v1/shortlists", BRIEF)
    assert made.status_code == 201
    office.live.source = MadeModel(partial(TinyAnswers, replace(MANIFEST, bundle_id="ffffffffffff")))
    office.live.load()
    read = office.get(made.headers["location"])
    assert read.content == made.content
    assert read.headers["etag"] == f'"{hashlib.sha256(made.content).hexdigest()}"'
    assert office.post("/v1/shortlists", BRIEF).json()["model"]["bundle_id"] == "ffffffffffff"


def test_a_shortlist_says_what_it_was_made_from(office: Office) -> None:
    made = office.post("/v1/shortlists", BRIEF).json()
    (item,) = office.get("/v1/shortlists").json()["items"]
    assert (item["shortlist_id"], item["brief_id"]) == (made["shortlist_id"], made["brief_id"])
    assert (item["bundle_id"], item["model_version"], item["model_month"]) == ("0123456789ab", 1, "2026-11")
    assert (len(item["bundle_sha256"]), item["catalogue_until"]) == (64, "2026-10-02T05:00:00Z")
    assert (item["title"], item["status"], item["brief_revision"]) == (BRIEF["title"], "draft", 1)


def test_a_list_of_lists_reads_no_answer(office: Office) -> None:
    office.shortlist()
    asked: list[str] = []
    event.listen(office.store.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    assert len(office.get("/v1/shortlists").json()["items"]) == 1
    (wanted,) = [statement for statement in asked if "FROM shortlists" in statement]
    assert "shortlists.answer_sha256" in wanted
    assert not re.search(r"shortlists\.(answer|request)\b", wanted)


def test_reasons_can_be_left_out_when_asking_and_when_reading(office: Office) -> None:
    made = office.post("/v1/shortlists", {**BRIEF, "explain": False}).json()
    assert made["entries"][0]["evidence"] is None
    address = f"/v1/shortlists/{made['shortlist_id']}"
    assert office.get(address).json()["entries"][0]["evidence"]
    assert office.get(address, explain=False).json() == made


def test_a_list_of_a_kept_brief_asks_what_the_brief_says_now(office: Office) -> None:
    brief_id = office.brief()
    office.put(f"/v1/briefs/{brief_id}", {"title": "nấu ăn"}, **{"If-Match": '"1"'})
    made = office.post(f"/v1/briefs/{brief_id}/shortlists", {"top": 1})
    assert (made.status_code, made.json()["brief_id"]) == (201, brief_id)
    assert [entry["creator_id"] for entry in made.json()["entries"]] == ["syn-0001"]
    (item,) = office.get("/v1/shortlists", brief_id=brief_id).json()["items"]
    assert item["brief_revision"] == 2


def test_filters_reach_the_matcher(office: Office) -> None:
    seen: list[Any] = []

    class Listening(TinyAnswers):
        def shortlist(self, brief: Any, k: int, by: str = "fit", filters: Any = None) -> Any:
            seen.append(filters)
            return super().shortlist(brief, k, by, filters)

    body = {"kinds": ["person"], "home_provinces": ["hcmc"], "max_rate_vnd": 5, "tiers": ["nano"], "verified": True}
    client = client_of(Listening, SMALL, office.store)
    assert client.post("/v1/shortlists", json={**BRIEF, "filters": body}, headers=office.staff).status_code == 201
    (filters,) = seen
    assert (filters.kinds, filters.home_provinces, filters.max_rate_vnd) == (("person",), ("hcmc",), 5)
    assert (filters.tiers, filters.verified, filters.blocked, filters.opted_out) == (("nano",), True, (), ())


# A person decides


def test_a_list_is_proposed_by_one_and_approved_by_another(office: Office) -> None:
    address = f"/v1/shortlists/{office.shortlist()}"
    proposed = office.post(f"{address}/proposal", {"by": "Ông A", "reason": "hợp chủ đề"})
    assert (proposed.status_code, proposed.json()["status"]) == (201, "proposed")
    assert office.approve(f"{address}/approval", STEP).json()["status"] == "approved"
    status = office.get(f"{address}/status").json()
    assert [(step["status"], step["by"], step["reason"]) for step in status["steps"]] == [
        ("proposed", "Ông A", "hợp chủ đề"),
        ("approved", "Bà Lê Thị B", "Đủ căn cứ"),
    ]
    assert [item["status"] for item in office.get("/v1/shortlists", status="approved").json()["items"]] == ["approved"]


def test_nobody_approves_what_they_proposed_not_with_another_key_either(office: Office) -> None:
    address = f"/v1/shortlists/{office.shortlist()}"
    office.approve(f"{address}/proposal", {"by": "Ông A", "reason": "hợp"})
    assert_refused(office.approve(f"{address}/approval", STEP), 409, "conflict")
    second = key_of(office.store, "approver")
    same_name = office.client.post(f"{address}/approval", json={**STEP, "by": " ông  a"}, headers=second)
    assert_refused(same_name, 409, "conflict")
    assert office.client.post(f"{address}/approval", json=STEP, headers=second).status_code == 201


def test_steps_out_of_order_are_refused(office: Office) -> None:
    address = f"/v1/shortlists/{office.shortlist()}"
    for name in ("approval", "return"):
        assert_refused(office.approve(f"{address}/{name}", STEP), 409, "conflict")
    office.post(f"{address}/proposal", STEP)
    assert_refused(office.post(f"{address}/proposal", STEP), 409, "conflict")


def test_a_list_that_was_sent_back_can_be_proposed_again(office: Office) -> None:
    address = f"/v1/shortlists/{office.shortlist()}"
    for _ in range(2):
        assert office.post(f"{address}/proposal", {"by": "Ông A", "reason": "hợp"}).status_code == 201
        assert office.approve(f"{address}/return", STEP).json()["status"] == "draft"


@pytest.mark.parametrize("body", [{}, {"by": "A"}, {"by": " ", "reason": "b"}, {"by": "A", "reason": "…"}])
def test_no_step_without_a_name_and_a_reason(office: Office, body: dict[str, str]) -> None:
    assert_refused(office.post(f"/v1/shortlists/{office.shortlist()}/proposal", body), 422, "validation")


# Decisions and outcomes


def test_a_decision_is_kept_with_name_and_reason(office: Office) -> None:
    shortlist_id = office.shortlist()
    brief_id = office.get(f"/v1/shortlists/{shortlist_id}").json()["brief_id"]
    sent = {
        "brief_id": brief_id,
        "shortlist_id": shortlist_id,
        "creator_id": "syn-0007",
        "decision": "invited",
        "reason": "Nội dung phù hợp",
        "decided_by": "Trần Thị Mẫu",
    }
    made = office.post("/v1/decisions", sent)
    assert made.status_code == 201
    assert {name: made.json()[name] for name in sent} == sent
    for query in ({"brief_id": brief_id}, {"shortlist_id": shortlist_id}, {"creator_id": "syn-0007"}, {}):
        assert office.get("/v1/decisions", **query).json()["items"] == [made.json()]
    assert office.get("/v1/decisions", creator_id="syn-0001").json()["items"] == []


def test_a_decision_about_a_list_of_another_brief_is_a_conflict(office: Office) -> None:
    sent = {"creator_id": "a", "decision": "rejected", "reason": "b", "decided_by": "c"}
    body = {**sent, "brief_id": office.brief(), "shortlist_id": office.shortlist()}
    assert_refused(office.post("/v1/decisions", body), 409, "conflict")


def test_what_is_not_known_of_an_outcome_is_null_never_zero(office: Office) -> None:
    made = office.post("/v1/outcomes", {"brief_id": office.brief(), "creator_id": "a", "views": 0, "invited": True})
    assert (made.json()["views"], made.json()["target_viewers"], made.json()["accepted"]) == (0, None, None)
    assert office.get("/v1/outcomes", creator_id="a").json()["items"] == [made.json()]


# Checks


def test_a_block_leaves_a_creator_out_of_this_brief_until_it_ends_and_out_of_no_other(office: Office) -> None:
    brief_id = office.brief()
    sent = {"brief_id": brief_id, "creator_id": "syn-0007", "kind": "unsafe_words"}
    check = office.post("/v1/checks", {**sent, "evidence": [{"post_id": "p1", "words": ["cá cược"]}]})
    address = f"/v1/checks/{check.json()['check_id']}"
    block = {"disposition": "blocked", "by": "Ông A", "reason": "có bài cá cược", "until": "2026-11-23"}
    settled = office.put(f"{address}/disposition", block, **{"If-Match": check.headers["etag"]})
    assert (settled.status_code, settled.json()["disposition"], settled.json()["until"]) == (
        200,
        "blocked",
        "2026-11-23",
    )
    listed = office.post(f"/v1/briefs/{brief_id}/shortlists", {}).json()
    assert [entry["creator_id"] for entry in listed["entries"]] == ["syn-0001"]
    other = office.post("/v1/shortlists", BRIEF).json()
    assert "syn-0007" in [entry["creator_id"] for entry in other["entries"]]
    assert [left_out(office.store, brief_id, NOW.date() + timedelta(days=n)).blocked for n in (0, 1)] == [
        ("syn-0007",),
        (),
    ]
    over = office.put(f"{address}/disposition", {**block, "until": "2026-11-22"}, **{"If-Match": '"2"'})
    assert_refused(over, 422, "input_refused")
    office.put(f"{address}/disposition", {**block, "disposition": "cleared"}, **{"If-Match": '"2"'})
    again = office.post(f"/v1/briefs/{brief_id}/shortlists", {}).json()
    assert "syn-0007" in [entry["creator_id"] for entry in again["entries"]]


def test_nobody_is_invited_who_is_blocked_or_not_on_the_list_that_is_named(office: Office) -> None:
    made = office.post("/v1/shortlists", BRIEF).json()
    about = {"brief_id": made["brief_id"], "creator_id": "syn-0007"}
    decided = {
        **about,
        "shortlist_id": made["shortlist_id"],
        "decision": "invited",
        "reason": "hợp",
        "decided_by": "An",
    }
    stranger = office.post("/v1/decisions", {**decided, "creator_id": "khong_co_that"})
    assert_refused(stranger, 409, "conflict")
    check = office.post("/v1/checks", {**about, "kind": "conflict"})
    block = {"disposition": "blocked", "by": "Ông A", "reason": "trái yêu cầu"}
    address = f"/v1/checks/{check.json()['check_id']}/disposition"
    office.put(address, block, **{"If-Match": check.headers["etag"]})
    assert_refused(office.post("/v1/decisions", decided), 409, "conflict")
    assert office.post("/v1/decisions", {**decided, "decision": "rejected"}).status_code == 201


@pytest.mark.parametrize("name", ["Nguyễn Văn A", "nguyễn  văn a"])
def test_a_name_is_the_same_however_its_letters_were_typed(office: Office, name: str) -> None:
    address = f"/v1/shortlists/{office.shortlist()}"
    assert office.post(f"{address}/proposal", {"by": "Nguyễn Văn A", "reason": "đủ"}).status_code == 201
    itself = {"by": unicodedata.normalize("NFD", name), "reason": "tốt"}
    assert_refused(office.approve(f"{address}/approval", itself), 409, "conflict")
    assert office.approve(f"{address}/approval", {"by": "Bà B", "reason": "tốt"}).status_code == 201


def test_two_representations_of_a_list_have_two_tags(office: Office) -> None:
    address = f"/v1/shortlists/{office.shortlist()}"
    whole, short = office.get(address), office.get(address, explain=False)
    for answer in (whole, short):
        assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    assert whole.headers["etag"] != short.headers["etag"]


def test_who_opted_out_is_told_of_by_no_repeated_request(office: Office) -> None:
    about = {"brief_id": office.brief(), "creator_id": "syn-0007", "kind": "unsafe_words"}
    sent = {**about, "evidence": [{"post_id": "p-secret", "words": ["cá cược"]}]}
    send = partial(office.post, "/v1/checks", sent, **{"Idempotency-Key": "once"})
    assert "p-secret" in send().text
    assert "p-secret" in send().text
    opt_out(office.store, "syn-0007")
    assert_refused(send(), 404, "unknown_creator")


def test_checks_are_found_by_what_they_are(office: Office) -> None:
    brief_id = office.brief()
    for kind in ("conflict", "ad_disclosure"):
        office.post("/v1/checks", {"brief_id": brief_id, "creator_id": "a", "kind": kind})
    found = office.get("/v1/checks", kind="conflict", disposition="open", brief_id=brief_id).json()["items"]
    assert [check["kind"] for check in found] == ["conflict"]
    assert office.get("/v1/checks", disposition="cleared").json()["items"] == []


def test_a_disposition_needs_to_know_the_one_before(office: Office) -> None:
    check = office.post("/v1/checks", {"brief_id": office.brief(), "creator_id": "a", "kind": "conflict"}).json()
    address = f"/v1/checks/{check['check_id']}/disposition"
    body = {"disposition": "cleared", "by": "Ông A", "reason": "không có gì"}
    assert_refused(office.put(address, body), 428, "precondition_required")
    assert_refused(office.put(address, body, **{"If-Match": '"7"'}), 412, "outdated")
    assert_refused(office.put(address, {**body, "until": "20261231"}, **{"If-Match": '"1"'}), 422, "validation")
    assert office.put(address, body, **{"If-Match": '"1"'}).json()["revision"] == 2


# Replay


def test_a_replay_of_the_same_model_is_identical_bit_for_bit(office: Office) -> None:
    found = office.client.post(f"/v1/shortlists/{office.shortlist()}/replay", headers=office.staff).json()
    assert (found["identical"], found["kept_sha256"]) == (True, found["replayed_sha256"])


def test_a_replay_leaves_out_whom_the_list_left_out_and_no_one_since(office: Office) -> None:
    shortlist_id = office.shortlist()
    opt_out(office.store, "syn-0007")
    later = office.shortlist()
    for kept in (shortlist_id, later):
        replayed = office.client.post(f"/v1/shortlists/{kept}/replay", headers=office.staff).json()
        assert replayed["identical"] is True


def test_a_list_that_was_changed_in_the_store_is_found_by_its_replay(office: Office) -> None:
    shortlist_id = office.shortlist()
    with office.store.changing_schema() as connection:
        connection.execute(text("UPDATE shortlists SET answer = :other"), {"other": b"{}"})
    found = office.client.post(f"/v1/shortlists/{shortlist_id}/replay", headers=office.staff).json()
    assert found["identical"] is False


def test_a_model_that_is_gone_is_said_so(office: Office) -> None:
    shortlist_id = office.shortlist()

    class Gone:
        def newest(self) -> Any:
            return office.live.loaded()

        def kept(self) -> Any:
            return []

        def reports(self) -> Any:
            return []

        def load(self, bundle_id: str) -> Answers:
            raise BundleMissing("gone", "mất")

    other = live_model(partial(TinyAnswers, replace(MANIFEST, bundle_id="ffffffffffff")))
    other.source = Gone()
    client = client_of(other, SMALL, office.store)
    response = client.post(f"/v1/shortlists/{shortlist_id}/replay", headers=office.staff)
    assert "kolmatch replay" in assert_refused(response, 409, "conflict")["detail_en"]


# The trail


def test_every_write_is_in_the_trail_once_by_reference_and_in_order(office: Office) -> None:
    before = len(office.trail())
    address = f"/v1/shortlists/{office.shortlist()}"
    office.post(f"{address}/proposal", {"by": "Nguyễn Văn A", "reason": "bí mật"})
    office.approve(f"{address}/approval", STEP)
    brief_id = office.get(address).json()["brief_id"]
    decision = {"creator_id": "a", "decision": "rejected", "reason": "bí mật", "decided_by": "Nguyễn Văn A"}
    office.post("/v1/decisions", {**decision, "brief_id": brief_id}, **{"Idempotency-Key": "k"})
    office.post("/v1/decisions", {**decision, "brief_id": brief_id}, **{"Idempotency-Key": "k"})
    assert office.trail()[before:] == [
        "brief.create",
        "shortlist.create",
        "shortlist.proposed",
        "shortlist.approved",
        "decision.rejected",
    ]
    with office.store.reading() as session:
        audit.verify(session)
        rows = session.execute(select(AuditRow)).scalars().all()
    told = json.dumps([[row.actor, row.action, row.subject, row.version] for row in rows], ensure_ascii=False)
    assert not any(word in told for word in ("Nguyễn", "bí mật", TITLE))


def test_what_is_refused_leaves_no_entry(office: Office) -> None:
    before = office.trail()
    office.post("/v1/decisions", {"brief_id": "nobody", "creator_id": "a"})
    office.post("/v1/shortlists", {"title": "từ chối"})
    assert office.trail() == before

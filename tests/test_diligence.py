"""What is looked into before a creator is invited: found by rules, kept per brief, settled by people alone."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.disclosure import disclosed, selling
from features.unsafe import unsafe_words
from models.dossier import Dossier, Dossiers, KeptPost
from models.matcher import Matcher
from serving.diligence.findings import findings
from serving.store.database import Store
from tests.api_world import TinyAnswers, assert_refused, client_of, key_of, own_store

FLAG = {
    "platform": "tiktok",
    "signal": "few_likes",
    "value": 0.001,
    "group": "tiktok/2",
    "group_median": 0.03,
    "group_size": 40,
    "deviation": 4.2,
    "posts": 25,
}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Đồ ngu, im đi", ["đồ ngu", "ngu"]),
        ("do ngu im di", ["do ngu"]),
        ("ĐỒ NGUUUU", ["đồ ngu", "ngu"]),
        ("chơi tài xỉu ở nhà cái", ["tài xỉu", "nhà cái"]),
        ("vcl luôn", ["vcl"]),
    ],
)
def test_unsafe_words_are_found_with_and_without_diacritics(text: str, words: list[str]) -> None:
    assert [found.words for found in unsafe_words(text)] == words


@pytest.mark.parametrize(
    "text",
    [
        "mua một lon nước",
        "ngủ ngon nhé",
        "ngu ngon nhe",
        "cac ban oi",
        "con chó nhà em",
        "du lịch",
        "",
        None,
        "căn nhà cao",
    ],
)
def test_words_that_only_look_alike_are_not(text: str | None) -> None:
    assert unsafe_words(text) == ()


@given(st.lists(st.sampled_from(["đồ", "ngu", "do", "tài", "xỉu", "xiu", "mẹ", "vcl", "nhé", "bạn"]), max_size=8))
def test_what_is_found_stands_in_the_text_as_it_was_typed(words: list[str]) -> None:
    text = " ".join(words)
    for found in unsafe_words(text):
        assert f" {found.words} " in f" {text} "
    assert unsafe_words(text.upper()) == unsafe_words(text)


def test_advertising_says_so_in_words_or_hashtags() -> None:
    assert disclosed("Video được tài trợ bởi nhãn hàng", []) == ("duoc tai tro", "tai tro boi")
    assert disclosed("Video vui", ["AD", "xuhuong"]) == ("#AD",)
    assert disclosed("hợp tác quốc tế về môi trường", ["adidas"]) == ()
    assert selling("Nhập mã lấy voucher") == ("nhap ma", "voucher")


def found_of(dossier: Dossier, **entry: Any) -> dict[str, tuple[dict[str, Any], ...]]:
    return {one.kind: one.evidence for one in findings(dossier, entry)}


CLEAN = Dossier((("tiktok", True),), (KeptPost("p1", "nấu canh chua", (), False),), ())


def test_nothing_is_found_about_a_verified_account_with_clean_posts() -> None:
    assert found_of(CLEAN, facets=[]) == {}


def test_each_kind_of_finding_names_its_evidence() -> None:
    posts = (
        KeptPost("p1", "mua đi", (), True),
        KeptPost("p2", "#ad cùng nhãn hàng", ("ad",), True),
        KeptPost("p3", "đồ ngu", (), None),
        KeptPost("p4", "voucher đây", (), None),
    )
    facet = {"kind": "must_not", "facet": "rượu bia", "covered": True, "post_id": "p9", "matched": ["bia"]}
    found = found_of(Dossier((("tiktok", False), ("youtube", None), ("zalo", True)), posts, (FLAG,)), facets=[facet])
    assert [one["note"] for one in found["verified_account"]] == [
        "tiktok: chưa xác thực",
        "youtube: chưa rõ đã xác thực hay chưa",
    ]
    counts, silent, open_ = found["ad_disclosure"]
    assert counts["note"].startswith("1 bài ghi rõ")
    assert "1 bài có dấu hiệu" in counts["note"]
    assert (silent["post_id"], open_["post_id"], open_["words"]) == ("p1", "p2", ["#ad"])
    assert [(one["post_id"], one["words"]) for one in found["unsafe_words"]] == [("p3", ["đồ ngu", "ngu"])]
    assert found["conflict"] == ({"post_id": "p9", "words": ["bia"], "note": "rượu bia"},)
    assert "lượt thích ít bất thường" in found["bought_attention"][0]["note"]


def test_a_facet_that_is_not_touched_is_no_conflict() -> None:
    facets = [
        {"kind": "must_not", "facet": "rượu", "covered": False, "post_id": None, "matched": []},
        {"kind": "must", "facet": "vneid", "covered": True, "post_id": "p1", "matched": ["vneid"]},
    ]
    assert "conflict" not in found_of(CLEAN, facets=facets)


def test_a_dossier_is_of_one_creator(matcher: Matcher) -> None:
    assert isinstance(matcher.dossiers, Dossiers)
    found = matcher.dossiers.of("dvc")
    assert found.accounts == (("tiktok", None),)
    assert {post.post_id.split("-")[0] for post in found.posts} == {"dvc"}
    assert matcher.dossiers.of("nobody") == Dossier((), (), ())


class Office:
    """A department with a list."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.client = client_of(TinyAnswers, store=store)
        self.staff = key_of(store, "staff")

    def shortlist(self, title: str = "dịch vụ công") -> dict[str, Any]:
        made: dict[str, Any] = self.client.post("/v1/shortlists", json={"title": title}, headers=self.staff).json()
        return made

    def compute(self, shortlist_id: str) -> list[dict[str, Any]]:
        answer = self.client.post(f"/v1/shortlists/{shortlist_id}/checks", headers=self.staff)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def settle(self, check: dict[str, Any], disposition: str, until: str | None = None) -> None:
        body = {"disposition": disposition, "by": "Bà Mẫu", "reason": "đã xem", "until": until}
        headers = self.staff | {"If-Match": f'"{check["revision"]}"'}
        answer = self.client.put(f"/v1/checks/{check['check_id']}/disposition", json=body, headers=headers)
        assert answer.status_code == 200, answer.text


@pytest.fixture
def office() -> Office:
    return Office(own_store())


def test_checks_are_opened_once_for_everyone_on_a_list(office: Office) -> None:
    made = office.shortlist()
    first = office.compute(made["shortlist_id"])
    assert {(one["creator_id"], one["kind"], one["disposition"]) for one in first} == {
        ("syn-0001", "verified_account", "open"),
        ("syn-0007", "verified_account", "open"),
        ("syn-0007", "ad_disclosure", "open"),
    }
    assert office.compute(made["shortlist_id"]) == first


def test_what_was_settled_stays_settled_until_there_is_new_evidence(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = office.shortlist()
    (check,) = [one for one in office.compute(made["shortlist_id"]) if one["kind"] == "ad_disclosure"]
    office.settle(check, "accepted")
    assert "accepted" in {one["disposition"] for one in office.compute(made["shortlist_id"])}
    more = KeptPost("new", "voucher trong giỏ hàng", (), None)
    monkeypatch.setattr("tests.api_world.TinyFiles.of", lambda _, who: Dossier((("tiktok", True),), (more,), ()))
    again = {one["creator_id"]: one for one in office.compute(made["shortlist_id"])}["syn-0007"]
    assert (again["disposition"], again["by"], again["revision"]) == ("open", None, 3)


def test_a_disposition_is_not_carried_to_another_campaign(office: Office) -> None:
    first, second = office.shortlist(), office.shortlist("dịch vụ công khác")
    for check in office.compute(first["shortlist_id"]):
        office.settle(check, "cleared")
    assert {one["disposition"] for one in office.compute(second["shortlist_id"])} == {"open"}


def test_a_blocked_creator_is_left_out_of_this_campaign_alone_and_said_to_be(office: Office) -> None:
    made = office.shortlist()
    (check,) = [one for one in office.compute(made["shortlist_id"]) if one["kind"] == "ad_disclosure"]
    office.settle(check, "blocked", "2999-12-31")
    address = f"/v1/briefs/{made['brief_id']}/shortlists"
    again = office.client.post(address, json={}, headers=office.staff).json()
    assert [one["creator_id"] for one in again["entries"]] == ["syn-0001"]
    assert len(office.shortlist()["entries"]) == 2
    (blocked,) = office.client.get("/v1/checks?disposition=blocked", headers=office.staff).json()["items"]
    assert (blocked["by"], blocked["reason"], blocked["until"]) == ("Bà Mẫu", "đã xem", "2999-12-31")


def test_the_export_is_filtered_and_no_cell_of_it_runs(office: Office) -> None:
    made = office.shortlist()
    check = office.compute(made["shortlist_id"])[0]
    body = {"disposition": "cleared", "by": "=1+1", "reason": "@SUM(A1)"}
    headers = office.staff | {"If-Match": '"1"'}
    office.client.put(f"/v1/checks/{check['check_id']}/disposition", json=body, headers=headers)
    answer = office.client.get("/v1/checks/export?disposition=cleared", headers=office.staff)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.startswith("\ufeff")
    (line,) = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert (line["check_id"], line["người kết luận"], line["lý do"]) == (check["check_id"], "'=1+1", "'@SUM(A1)")
    other = office.client.get("/v1/checks/export", headers=key_of(office.store, "viewer", "so-khac"))
    assert len(other.text.splitlines()) == 1


def test_another_department_s_list_is_not_looked_into(office: Office) -> None:
    made = office.shortlist()
    other = key_of(office.store, "staff", "so-khac")
    answer = office.client.post(f"/v1/shortlists/{made['shortlist_id']}/checks", headers=other)
    assert_refused(answer, 404, "unknown_record")

"""Pages of lists and briefs that were kept a while ago: their conditions, and who was erased since."""

from __future__ import annotations

import re

from sqlalchemy import select

from data.tombstones import mark
from serving.rights.erasing import Person, erase_from_store
from serving.store.database import Store
from serving.store.tables import RightsRequestRow, ShortlistRow
from tests.api_world import NOW
from tests.test_pages import BRIEF, Desk, brief_of, desk, shared, words

__all__ = ["desk", "shared"]  # fixtures


def test_another_list_keeps_the_conditions_of_the_newest_and_says_so(desk: Desk, shared: Store) -> None:
    asked = {
        "verified": "yes",
        "max_rate_vnd": "5.000.000",
        "home_provinces": "Cần Thơ",
        "kinds": "press",
        "tiers": "mid",
    }
    said = (
        "Loại nhà sáng tạo: cơ quan báo chí; Theo số người theo dõi: 100.000 – 500.000; Nơi ở của nhà sáng tạo: "
        "Cần Thơ; Giá một bài nhiều nhất (đồng): 5.000.000 đ; Chỉ tài khoản đã được nền tảng xác thực."
    )
    assert f"Điều kiện đã đặt: {said}" in words(desk.get(desk.post("/briefs", 303, **BRIEF, **asked)))
    address = brief_of(desk)  # of another brief, made last
    assert "Điều kiện" not in words(desk.get(address))
    (address,) = set(re.findall(r'href="(/briefs/brief_\w+)"', desk.get("/briefs"))) - {address}
    assert f"Giữ điều kiện của danh sách gần nhất: {said}" in words(desk.get(address))
    desk.post(f"{address}/shortlists", 303, by="fit", top="1", once="b")
    with shared.reading() as session:
        rows = session.execute(select(ShortlistRow).order_by(ShortlistRow.seq)).scalars().all()
    assert rows[-1].request["filters"] == rows[0].request["filters"] != rows[1].request["filters"]


def test_what_a_brief_does_not_keep_is_not_asked_when_it_is_revised(desk: Desk) -> None:
    page = desk.get(f"{brief_of(desk)}/edit")
    assert 'name="must_not"' in page
    for name in ("verified", "max_rate_vnd", "kinds", "tiers", "home_provinces", "by", "top"):
        assert f'name="{name}"' not in page


def test_a_list_of_someone_who_was_erased_since_is_shown_and_decided_on(desk: Desk, shared: Store) -> None:
    address = desk.shortlist()
    Desk(shared, "admin").post("/rights", 303, creator_id="syn-0007", kind="erasure")
    with shared.reading() as session:
        request = session.execute(select(RightsRequestRow.request_id)).scalar_one()
    with shared.writing("cli", NOW) as writing:
        erase_from_store(writing, Person("syn-0007", mark("syn-0007", "salt"), request))
    for query in ("", "?sort=fit", "?sort=viewers", "?facet=VNeID"):
        page = desk.get(f"{address}{query}")
        assert "Phường Mình" not in page
        assert "syn-0007" not in page
    erased = mark("syn-0007", "salt")
    desk.get(f"{address}/compare?c=syn-0001&c={erased}")
    desk.post(f"{address}/decide", 303, creator_id="syn-0001", decision="invited", reason="hợp", decided_by="An")
    desk.post(f"{address}/propose", 303, by="An", reason="đủ", once="p")

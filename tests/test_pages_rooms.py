"""Pages of creators, campaigns, models, rights and the audit trail."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.detail import PlatformMonth, PostPoint
from serving.answers import MonthReport
from serving.pages import campaigns, charts
from serving.pages.routes_creators import _per_month
from serving.pages.writing import Writing
from serving.rights.erasing import Person, erase_from_store
from serving.store.database import Store
from serving.store.tables import OutcomeRow, RightsRequestRow, TombstoneRow
from tests.api_world import NOW, MadeModel, own_store
from tests.test_pages import BRIEF, BROWSER, Desk, brief_of, words


@pytest.fixture
def shared() -> Iterator[Store]:
    store = own_store()
    yield store
    store.close()


@pytest.fixture
def desk(shared: Store) -> Desk:
    return Desk(shared)


@pytest.fixture
def admin(shared: Store) -> Desk:
    return Desk(shared, "admin")


# Creators


def test_a_creator_is_found_by_a_part_of_the_name(desk: Desk) -> None:
    assert 'href="/creators/syn-0001"' in desk.get("/creators?q=bếp")
    assert "Không tìm thấy “xyz”" in words(desk.get("/creators?q=xyz"))


def test_a_creators_page_has_posts_forecast_audience_and_where_they_come_from(desk: Desk) -> None:
    page = desk.get("/creators/syn-0007")
    said = words(page)
    assert "Bài tới, sau 90 ngày, khoảng 2.000 ( 800 – 9.000 )" in said.replace("(800", "( 800").replace(
        "000)", "000 )"
    )
    assert "Nền tảng báo cáo ngày 01/10/2026" in said
    assert "30 % 20 % – 40 %" in said
    assert "#dichvucong" in said
    assert page.count('class="dot"') == 2  # a post whose views are not known is no dot, least of all one at zero
    assert "bài hai chưa rõ" in said
    assert "<script>bài ba" not in page


def test_a_creator_who_opted_out_is_not_there(desk: Desk, admin: Desk) -> None:
    admin.post("/rights", 303, creator_id="syn-0007", kind="opt_out")
    assert desk.browser.get("/creators/syn-0007", headers=BROWSER).status_code == 404
    assert "syn-0007" not in desk.get("/creators?q=phường")


def test_months_without_a_post_count_none() -> None:
    def post(year: int, month: int) -> PostPoint:
        return PostPoint("p", "tiktok", None, datetime(year, month, 5, tzinfo=UTC), "", None)

    assert _per_month([post(2025, 11), post(2026, 2), post(2026, 2)]) == [
        ("2025-11", 1),
        ("2025-12", 0),
        ("2026-01", 0),
        ("2026-02", 2),
    ]
    assert _per_month([]) == []


# Charts


def test_an_interval_stands_where_its_numbers_are() -> None:
    scale = charts.Scale.over([10.0, 1000.0], 0.0, 100.0)
    assert [scale.at(value) for value in (10, 100, 1000)] == [0.0, 50.0, 100.0]
    drawn = charts.interval({"p10": 10.0, "p50": 100.0, "p90": 1000.0}, scale, 'x" onload="')
    assert 'x="0.0%"' in drawn
    assert 'width="100.0%"' in drawn
    assert 'cx="50.0%"' in drawn
    assert "x&#34; onload=&#34;" in drawn


@pytest.mark.parametrize("values", [[], [0.0], [5.0, 5.0], [1.0, 10.0**9]])
def test_a_scale_holds_whatever_it_is_made_of(values: list[float]) -> None:
    scale = charts.Scale.over(values, 0.0, 100.0)
    assert all(0.0 <= scale.at(value) <= 100.0 for value in [*values, 0.0, 10.0**12])
    assert len(scale.ticks) >= 2


def test_a_single_month_is_a_chart_too() -> None:
    month = PlatformMonth("tiktok", None, "2026-10", 3, 1.0, 0.9, 1.1, True)
    drawn = charts.months([month], Writing("vi"), "x")
    assert drawn.count('class="jump"') == 1


# Campaigns


def test_a_campaign_says_whether_the_forecast_held(desk: Desk, shared: Store) -> None:
    brief = brief_of(desk).rpartition("/")[2]
    assert "Chưa mời ai" in words(desk.get("/campaigns"))
    address = re.findall(r'href="(/shortlists/\w+)"', desk.get(f"/briefs/{brief}"))[0]
    desk.post(f"{address}/decide", 303, creator_id="syn-0007", decision="invited", reason="hợp", decided_by="An")
    desk.post(f"/campaigns/{brief}/outcomes", 303, creator_id="syn-0007", views="12.000", published="yes")
    with shared.reading() as session:
        row = session.execute(select(OutcomeRow)).scalar_one()
    assert (row.views, row.published, row.accepted, row.target_viewers, row.cost_vnd) == (12000, True, None, None, None)
    said = words(desk.get(f"/campaigns/{brief}"))
    assert "12.000" in said
    assert "chưa rõ" in said
    assert "Phường Mình" in words(desk.get(f"/campaigns/{brief}"))
    assert "Dịch vụ công trực tuyến" in words(desk.get("/creators/syn-0007"))


def test_the_lists_of_a_campaign_are_read_once_for_all_its_creators(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    brief = brief_of(desk).rpartition("/")[2]
    address = re.findall(r'href="(/shortlists/\w+)"', desk.get(f"/briefs/{brief}"))[0]
    for creator in ("syn-0001", "syn-0007"):
        desk.post(f"{address}/decide", 303, creator_id=creator, decision="invited", reason="hợp", decided_by="An")
    read: list[str] = []
    real = campaigns._entries

    def counted(session: Session, brief_id: str) -> Iterable[dict[str, Any]]:
        read.append(brief_id)
        return real(session, brief_id)

    monkeypatch.setattr(campaigns, "_entries", counted)
    said = words(desk.get(f"/campaigns/{brief}"))
    assert all(name in said for name in ("Phường Mình", "Bếp Nhà"))
    assert read == [brief]


def test_an_outcome_that_does_not_fit_is_told_at_its_field(desk: Desk) -> None:
    brief = brief_of(desk).rpartition("/")[2]
    address = re.findall(r'href="(/shortlists/\w+)"', desk.get(f"/briefs/{brief}"))[0]
    desk.post(f"{address}/decide", 303, creator_id="syn-0007", decision="invited", reason="hợp", decided_by="An")
    page = desk.post(f"/campaigns/{brief}/outcomes", 422, creator_id="syn-0007", views="rất nhiều", cost_vnd="5")
    assert 'id="views-fault"' in page
    assert 'value="rất nhiều"' in page
    assert re.search(r'name="cost_vnd" value="5"', page)


# Models


def test_models_show_what_answers_and_when_everybodys_views_changed(desk: Desk) -> None:
    page = desk.get("/models")
    said = words(page)
    assert "mô hình tháng 11/2026" in said
    assert "đang trả lời" in said
    assert "mẫu, không có thật" in said
    assert "10/2026 ×1,60 ×1,40 – ×1,80 50 có" in said
    assert page.count('class="jump"') == 1


def test_what_each_month_changed_is_a_click_away(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Chưa có lần huấn luyện lại hằng tháng nào" in words(desk.get("/models"))
    (tmp_path / "difference.html").write_text("<h1>Khác gì</h1>", encoding="utf-8")
    told = MonthReport("2026-11", "Giữ nguyên: hòa.", "Kept: a tie.", tmp_path / "difference.html")
    monkeypatch.setattr(MadeModel, "reports", lambda _: [told])
    page = desk.get("/models")
    assert 'href="/models/months/2026-11"' in page
    assert "11/2026 : Giữ nguyên: hòa." in words(page)
    assert "Khác gì" in desk.get("/models/months/2026-11")
    assert desk.browser.get("/models/months/2026-10", headers=BROWSER).status_code == 404


def test_only_an_administrator_loads_a_model(desk: Desk, admin: Desk) -> None:
    desk.post("/models/reload", 403)
    assert admin.post("/models/reload", 303) == "/models"


# Rights and the audit trail


def test_a_request_is_kept_with_its_clocks_and_carried_out(admin: Desk, shared: Store) -> None:
    admin.post("/rights", 303, creator_id="syn-0001", kind="access", once="r")
    said = words(admin.get("/rights"))
    assert "25/11/2026 còn 2 ngày trả lời người yêu cầu" in said
    with shared.reading() as session:
        request = session.execute(select(RightsRequestRow)).scalar_one().request_id
        assert session.execute(select(TombstoneRow)).first() is None
    admin.post(f"/rights/{request}/answer", 303)
    assert "thực hiện xem dữ liệu" in words(admin.get("/rights"))
    admin.post(f"/rights/{request}/completion", 303)
    assert "Không có việc nào đang chờ" in words(admin.get("/rights"))


def test_a_request_of_no_kind_is_told_at_its_field(admin: Desk) -> None:
    page = admin.post("/rights", 422, creator_id="syn-0001", kind="")
    assert 'id="kind-fault"' in page
    assert 'value="syn-0001"' in page


def test_the_audit_trail_is_shown_and_checked(admin: Desk, shared: Store) -> None:
    admin.post("/rights", 303, creator_id="syn-0001", kind="access")
    assert "rights.access" in words(admin.get("/audit"))
    assert "Chuỗi nguyên vẹn" in words(admin.get("/audit?check=true"))
    with shared.changing_schema() as connection:
        connection.execute(text("DROP TRIGGER IF EXISTS audit_no_update"))
        connection.execute(text("UPDATE audit_head SET hash = 'x'"))
    assert "bị đứt" in words(admin.get("/audit?check=true"))


def test_a_request_of_an_id_that_nobody_has_is_kept_and_the_page_says_so(shared: Store) -> None:
    page = words(Desk(shared, "admin").post("/rights", 200, creator_id="@Bếp", kind="opt_out", once="r"))
    assert "không có ai mang mã @Bếp" in page
    assert "Mã gần giống: syn-0001" in page


@pytest.mark.parametrize("address", ["/rights", "/audit"])
def test_only_administrators_see_them(desk: Desk, address: str) -> None:
    answer = desk.browser.get(address, headers=BROWSER)
    assert answer.status_code == 403
    assert "cần vai trò admin" in words(answer.text)
    assert f'href="{address}"' not in desk.get("/briefs")


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_room_is_in_both_languages(admin: Desk, lang: str) -> None:
    admin.get(f"/briefs?lang={lang}")
    heads = {"vi": ["Chiến dịch", "Nhà sáng tạo", "Mô hình", "Yêu cầu về dữ liệu", "Nhật ký"]}
    heads["en"] = ["Campaigns", "Creators", "Models", "What creators asked for", "Audit"]
    for address, head in zip(("/campaigns", "/creators", "/models", "/rights", "/audit"), heads[lang], strict=True):
        page = admin.get(address)
        assert f'<html lang="{lang}">' in page
        assert re.search(rf"<h1>{head}", page), address


def test_numbers_and_days_are_written_as_the_reader_writes_them() -> None:
    vi, en = Writing("vi"), Writing("en")
    assert (vi.count(1234567), en.count(1234567)) == ("1.234.567", "1,234,567")
    assert (vi.decimal(1234.5, 1), en.decimal(1234.5, 1)) == ("1.234,5", "1,234.5")
    assert (vi.about(12345), en.about(12345)) == ("12.000", "12,000")
    assert (vi.about(3.25), en.about(3.25)) == ("3,2", "3.2")
    assert vi.day(datetime(2026, 12, 31, 18, tzinfo=UTC)) == "01/01/2027"  # it is next year in Vietnam already
    assert vi.month("2026-11") == "11/2026"


def test_a_list_with_someone_who_was_erased_is_still_shown_and_compared(desk: Desk, admin: Desk, shared: Store) -> None:
    address = desk.shortlist()
    admin.post("/rights", 303, creator_id="syn-0007", kind="erasure", once="r1")
    with shared.writing("cli", NOW) as writing:
        (request_id,) = writing.session.execute(select(RightsRequestRow.request_id)).scalars()
        erase_from_store(writing, Person("syn-0007", "erased:a:b", request_id))
    for wish in ("", "?sort=fit", "/compare?c=erased:a:b&c=syn-0001"):
        assert "đã yêu cầu không tham gia" in words(desk.get(address + wish))


def test_other_provinces_must_be_named(desk: Desk) -> None:
    said = words(desk.post("/briefs", 422, **BRIEF | {"area": "other", "provinces": ""}))
    assert "Hãy ghi tên tỉnh, thành phố" in said


def test_a_list_of_nobody_is_refused(desk: Desk) -> None:
    desk.post(f"{brief_of(desk)}/shortlists", 422, by="fit", top="0")


def test_a_kept_brief_offers_only_what_it_keeps(desk: Desk) -> None:
    address = f"{brief_of(desk)}/edit"
    page = desk.get(address)
    assert 'name="verified"' not in page
    fields = {name: value for name, value in BRIEF.items() if name not in ("by", "top", "do", "once")}
    desk.post(address, 303, revision="1", **fields)

"""What a brief's text says without stating it apart: facets, and what not to advertise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.brief import Brief
from models.clauses import MOST_FOUND, as_meant, clauses, found_facets

TEXT = (
    "Thực hiện kế hoạch của Thành phố, các đơn vị phối hợp tuyên truyền trên địa bàn.\n"
    "Hướng dẫn nộp hồ sơ trực tuyến; cung cấp thông tin về phân loại rác tại nguồn. "
    "Ưu tiên người trẻ có nhiều người theo dõi."
)
RARE = {"rác": 5.0, "phân": 4.0, "nguồn": 4.0, "nộp": 3.0, "hồ": 3.0, "sơ": 3.0, "trực": 3.0, "tuyến": 3.0}


def rarity(word: str) -> float:
    return RARE.get(word, 0.5)


def test_preamble_and_orders_to_the_communicators_are_no_facets() -> None:
    assert clauses(TEXT) == ["nộp hồ sơ trực tuyến", "phân loại rác tại nguồn"]


def test_facets_are_found_in_the_order_of_the_text() -> None:
    assert found_facets(TEXT, rarity) == ("nộp hồ sơ trực tuyến", "phân loại rác tại nguồn")


def test_a_clause_that_says_the_same_again_is_no_second_facet() -> None:
    said_twice = "nộp hồ sơ trực tuyến; hồ sơ trực tuyến đã nộp; phân loại rác tại nguồn"
    assert found_facets(said_twice, rarity) == ("nộp hồ sơ trực tuyến", "phân loại rác tại nguồn")


def test_a_clause_of_words_that_no_post_has_is_not_asked() -> None:
    assert found_facets("một hai ba bốn", lambda word: 0.0) == ()


@given(st.text(alphabet="aăơ ,.;\nđ và về không", max_size=200))
def test_whatever_the_text_there_are_few_facets_and_each_is_of_it(text: str) -> None:
    found = found_facets(text, lambda word: 1.0)
    assert len(found) <= MOST_FOUND
    assert all(facet in text for facet in found)


@pytest.mark.parametrize(
    ("title", "rest", "avoided"),
    [
        ("ẩm thực, không quảng cáo rượu bia", "ẩm thực", "không quảng cáo rượu bia"),
        ("am thuc, khong quang cao ruou bia", "am thuc", "khong quang cao ruou bia"),
        ("Ẩm thực (tránh quảng bá thuốc lá) đường phố", "Ẩm thực  đường phố", "tránh quảng bá thuốc lá"),
    ],
)
def test_what_is_forbidden_to_advertise_is_avoided_and_not_asked(title: str, rest: str, avoided: str) -> None:
    assert as_meant(Brief(title=title)) == Brief(title=rest, must_not=(avoided,))


def test_what_the_body_forbids_is_avoided_after_what_is_stated() -> None:
    brief = Brief(title="an toàn", text="Ăn chín. Không được cổ xúy rượu. Uống sôi.", must_not=("cá cược",))
    assert as_meant(brief) == Brief(
        title="an toàn", text="Ăn chín. Uống sôi.", must_not=("cá cược", "Không được cổ xúy rượu")
    )


@pytest.mark.parametrize("title", ["không lái xe khi đã uống rượu bia", "không quảng cáo rượu bia", "không khí sạch"])
def test_a_prohibition_that_is_the_topic_stays(title: str) -> None:
    assert as_meant(Brief(title=title)) == Brief(title=title)

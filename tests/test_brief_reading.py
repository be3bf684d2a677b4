"""What a brief's text says of its terms, in the ways in which offices write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.diacritics import strip_diacritics
from models.brief_reading import Terms, read_terms

NOTHING = Terms(None, (), (), (), None, None)
WHOLE = (
    "Đối tượng: thanh niên từ 16 đến 30 tuổi tại Đà Nẵng và TP.HCM. Đăng trên TikTok, Fanpage; video ngắn, bài viết, "
    "livestream. Tổng kinh phí dự kiến 350 triệu đồng. Mời khoảng 5 KOL."
)


def test_every_term_of_a_text_is_found() -> None:
    assert read_terms(WHOLE) == Terms(
        (16, 30), ("da_nang", "hcmc"), ("tiktok", "facebook"), ("video", "live", "text"), 350_000_000, 5
    )


def test_what_is_typed_without_diacritics_says_the_same() -> None:
    assert read_terms(strip_diacritics(WHOLE)) == read_terms(WHOLE)


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("Kinh phí: 1,2 tỷ đồng", 1_200_000_000),
        ("Kinh phí 1.5 tỷ", 1_500_000_000),
        ("kinh phí 1,5 tỉ", 1_500_000_000),
        ("kinh phí 1,250 tỷ đồng", 1_250_000_000),
        ("kinh phí 0,5 tỷ đồng", 500_000_000),
        ("kinh phí 2 tỷ 500 triệu đồng", 2_500_000_000),
        ("kinh phí 02 tỷ đồng", 2_000_000_000),
        ("kinh phí 05 triệu đồng", 5_000_000),
        ("kinh phí 1 200 000 000 đồng", 1_200_000_000),
        ("kinh phí hỏi số 028 382 970 đồng chí Nam", None),
        ("ngân sách 2.5 triệu", 2_500_000),
        ("ngân sách 1.200 triệu đồng", 1_200_000_000),
        ("Dự toán 1,200,000 đồng", 1_200_000),
        ("Dự toán 1.200.000đ", 1_200_000),
        ("Dự toán 1.200.000,50 đồng", 1_200_000),
        ("Dự toán 120000000 VNĐ", 120_000_000),
        ("ngân sách 50tr", 50_000_000),
        ("ngân sách: 50 trđ.", 50_000_000),
        ("ngân sách 50 triệu", 50_000_000),
        ("ngân sách 300-350 triệu đồng", 350_000_000),
        ("kinh phí 350.000.000 đồng chi trả bao gồm thuế", 350_000_000),
        ("ngân sách 350.000.000 đồng", 350_000_000),
        ("Dự toán 80 triệu", 80_000_000),
        ("kinh phí 500 nghìn đồng mỗi bài", 500_000),
        ("Kinh phí theo Quyết định số 123 năm 2026", None),  # no sum: no unit
        ("tặng 350 triệu đồng tiền mặt", None),  # no word for a budget
        ("Kinh phí duyệt ngày 01.12.2026, đồng loạt từ 1.5 đồng thời ở các quận", None),  # days
        ("Kinh phí năm 2026 ngân sách thành phố, năm 2027 đồng thời", None),
        ("Kinh phí: liên hệ 0901.234.567 đ/c Lan hoặc 0901234567 đồng chí Mai", None),  # phone numbers
        ("Kinh phí theo mục 1.5 Luật Ngân sách, điểm 1.5 tỷ lệ giải ngân", None),  # of a law
        ("Kinh phí mua 5 ti vi, hướng tới 2 triệu lượt xem và 1,5 triệu người", None),  # no money
    ],
)
def test_a_budget_is_a_sum_after_a_word_for_one(text: str, budget: int | None) -> None:
    assert read_terms(text).budget_vnd == budget


@pytest.mark.parametrize(
    ("text", "ages"),
    [
        ("từ 18 đến dưới 25 tuổi", (18, 25)),
        ("độ tuổi 16-30 tuổi", (16, 30)),
        ("30 đến 16 tuổi", None),
        ("từ đủ 14 tuổi trở lên", None),
        ("từ 2020 đến 2026", None),
    ],
)
def test_ages_are_a_range_that_is_one(text: str, ages: tuple[int, int] | None) -> None:
    assert read_terms(text).ages == ages


@pytest.mark.parametrize(
    ("text", "provinces"),
    [
        ("trên cả nước, trong đó có Hà Nội", ("vietnam",)),
        ("đóng thuế đúng hạn", ()),  # "thuế" is not Huế
        ("tại Huế", ("hue",)),
        ("Sài Gòn và Cần Thơ", ("hcmc", "can_tho")),
    ],
)
def test_places_are_names_of_their_own(text: str, provinces: tuple[str, ...]) -> None:
    assert read_terms(text).provinces == provinces


def test_a_text_without_terms_has_none() -> None:
    assert read_terms("") == NOTHING
    assert read_terms("Nâng cao ý thức bảo vệ môi trường") == NOTHING


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    found = read_terms(text)
    assert found.ages is None or 0 <= found.ages[0] <= found.ages[1] <= 120
    assert found.budget_vnd is None or found.budget_vnd >= 0

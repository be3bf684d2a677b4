"""How well a creator covers a required, welcome or unwanted topic: by words, weighted by rarity, or by meaning."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.facets import COVERED, Coverage, cover, cover_among, telling
from tests.tiny_index import MAX_TERMS, Post, WordEncoder, index_of

FULL, ONCE, HALF, NONE = 0, 1, 2, 3
POSTS: list[Post] = [
    (FULL, "an toàn thực phẩm đường phố", 0.0),
    (FULL, "kiểm tra an toàn thực phẩm ở chợ", 5.0),
    (ONCE, "an toàn thực phẩm", 0.0),
    (HALF, "thực phẩm sạch mỗi ngày", 0.0),
    (HALF, "chọn thực phẩm tươi", 0.0),
    (NONE, "leo hạng game bắn súng", 0.0),
]


def coverage(facet: str, posts: list[Post] = POSTS, n: int = 4) -> Coverage:
    index = index_of(posts, n)
    query = index.query(facet, WordEncoder(), MAX_TERMS)
    return cover(index, "must", facet, query, index.near([query])[0])


def strengths(facet: str, posts: list[Post] = POSTS, n: int = 4) -> list[float]:
    values: list[float] = coverage(facet, posts, n).pooled.values.tolist()
    return values


def test_two_posts_with_all_words_are_full_coverage() -> None:
    assert strengths("an toàn thực phẩm")[FULL] == pytest.approx(1.0)


def test_one_post_alone_counts_half_and_nothing_counts_zero() -> None:
    values = strengths("an toàn thực phẩm")
    assert values[ONCE] == pytest.approx(0.5)
    assert values[NONE] == 0.0


def test_part_of_the_words_is_less_than_all() -> None:
    values = strengths("an toàn thực phẩm")
    assert values[FULL] > values[HALF] > 0


def test_a_facet_typed_without_diacritics_is_covered_as_well() -> None:
    written, plain = strengths("an toàn thực phẩm")[FULL], strengths("an toan thuc pham")[FULL]
    assert COVERED < plain <= written


def test_words_that_match_only_without_their_diacritics_do_not_cover() -> None:
    posts: list[Post] = [(0, "trú ngụ", 0.0), (0, "trú ngụ nơi này", 0.0), (1, "vũ trụ", 0.0)]
    assert 0 < strengths("trụ ngũ", posts, 2)[0] <= COVERED


def test_one_post_alone_does_not_cover() -> None:
    posts: list[Post] = [(0, "an toàn thực phẩm", 0.0), (0, "xin chào", 0.0), (1, "nấu canh", 0.0)]
    assert strengths("an toàn thực phẩm", posts, 2)[0] <= COVERED


def test_one_syllable_in_common_is_no_coverage_when_typed_without_diacritics() -> None:
    police: list[Post] = [(0, "công an phường mình", 0.0), (0, "công an giao thông", 0.0), (1, "nấu canh", 0.0)]
    assert strengths("an toan thuc pham", police, 2)[0] < COVERED


@pytest.mark.parametrize(
    ("facet", "text"),
    [
        ("phòng cháy chữa cháy", "cơm cháy kẹp, bánh mì chảo ở Hải Phòng"),
        ("bảo hiểm xã hội", "cơm gà Hội An, xã lộ, bao gồm cả bảo với hiểm"),
        ("trang điểm", "trang web so sánh điểm"),
    ],
)
def test_syllables_that_do_not_stand_together_are_another_topic(facet: str, text: str) -> None:
    others: list[Post] = [(1, facet, 0.0), (1, f"{facet} hôm nay", 0.0), (2, "nấu canh", 0.0)]
    both: list[Post] = [(0, text, 0.0), (0, f"{text} nữa", 0.0), *others]
    values = strengths(facet, both, 3)
    assert values[0] <= COVERED < values[1]


def test_a_hashtag_run_together_covers_what_it_says() -> None:
    posts: list[Post] = [
        (0, "cẩn thận nhé #antoanthucpham", 0.0),
        (0, "nhớ nha #antoanthucpham", 0.0),
        (1, "an toàn thực phẩm", 0.0),
        (1, "nấu canh", 0.0),
    ]
    assert strengths("an toàn thực phẩm", posts, 2)[0] > COVERED


def test_a_score_leans_to_who_is_near_a_facet_that_nobody_covers() -> None:
    posts: list[Post] = [(0, "tàu điện mới", 0.0), (0, "điện mới, tàu cũ", 0.0), (1, "nấu canh", 0.0)]
    found = coverage("điện tàu ngầm", posts, 2)
    assert found.pooled.values[0] <= COVERED
    assert found.leaning[0] > found.pooled.values[0] > found.leaning[1] == 0.0


def test_words_no_post_has_weigh_against_coverage() -> None:
    assert strengths("thực phẩm zzqx vvkw")[HALF] < strengths("thực phẩm")[HALF]


def test_the_posts_that_cover_are_named() -> None:
    pooled = coverage("an toàn thực phẩm").pooled
    assert pooled.posts[pooled.owners == FULL].tolist() == [0, 1]


words = st.sampled_from(["an", "toàn", "thực", "phẩm", "game", "súng", "toan"])


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.lists(words, min_size=1, max_size=5).map(" ".join)), min_size=1),
    st.lists(words, max_size=4).map(" ".join),
)
def test_strength_is_a_share(posts: list[tuple[int, str]], facet: str) -> None:
    values = np.array(strengths(facet, [(owner, text, 0.0) for owner, text in posts]))
    assert ((values >= 0) & (values <= 1 + 1e-6)).all()


@pytest.mark.parametrize(
    ("facet", "thing"),
    [
        ("quảng cáo rượu bia", "rượu bia"),
        ("không được quảng cáo rượu bia", "rượu bia"),
        ("quang cao ruou bia", "ruou bia"),
        ("quảng cáo", "quảng cáo"),
        ("cá cược", "cá cược"),
        ("không khí sạch", "không khí sạch"),
    ],
)
def test_words_for_acts_do_not_hide_the_thing(facet: str, thing: str) -> None:
    assert telling(facet) == thing


@given(
    st.sampled_from(["an toàn thực phẩm", "an toan thuc pham", "thực phẩm sạch zzqx", "trụ ngũ"]),
    st.sets(st.integers(0, 3)),
)
def test_among_the_posts_of_those_shown_a_facet_is_covered_as_among_all(facet: str, shown: set[int]) -> None:
    index = index_of(POSTS, 4)
    query = index.worded(facet, MAX_TERMS)
    everyone = cover(index, "found", facet, query, (np.empty(0, np.int64), np.empty(0, np.float32)))
    rows = sorted(shown)
    found = cover_among(index, "found", facet, query, np.flatnonzero(np.isin(index.owners, rows)))
    assert found.pooled.values[rows].tolist() == everyone.pooled.values[rows].tolist()
    own = np.isin(everyone.pooled.owners, rows)
    assert found.pooled.posts.tolist() == everyone.pooled.posts[own].tolist()

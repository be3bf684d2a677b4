"""Glued hashtags: cut where it is safe, left whole where it is not."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from features.hashtags import MAX_TAG, HashtagSplitter
from features.text import Tokeniser


@pytest.fixture(scope="module")
def built_in() -> HashtagSplitter:
    """A splitter that has read nothing."""
    return HashtagSplitter.default()


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("dichvucongtructuyen", "dich vu cong truc tuyen"),
        ("DichVuCong", "dich vu cong"),
        ("dịchvụcông", "dịch vụ công"),
        ("ReviewAnNgon", "review an ngon"),
        ("reviewanngon", "review an ngon"),
        ("ănvặt", "ăn vặt"),
        ("anngonsaigon", "an ngon sai gon"),
        ("xuhuong", "xu huong"),
        ("learnontiktok", "learn on tiktok"),
        ("LearnOnTikTok", "learn on tiktok"),
        ("30thang4", "30 thang 4"),
        ("covid19", "covid 19"),
        ("BoYTe", "bo y te"),
        ("phanloairactainguon", "phan loai rac tai nguon"),
        ("nghiavuquansu", "nghia vu quan su"),
        ("UBNDPhuong", "ubnd phuong"),
    ],
)
def test_a_tag_is_cut_where_it_is_safe(built_in: HashtagSplitter, tag: str, words: str) -> None:
    assert " ".join(built_in.split(tag)) == words


@pytest.mark.parametrize(
    "tag", ["fyp", "a50", "mukbang", "game", "viral", "same", "lemon", "vtvcab", "iPhone", "2024", "中文字幕"]
)
def test_a_tag_is_kept_whole_where_it_is_not(built_in: HashtagSplitter, tag: str) -> None:
    assert built_in.split(tag) == (tag.lower(),)


def test_words_seen_side_by_side_make_a_cut_safe() -> None:
    tag = "thanhthoiluottet"
    captions = ["Thảnh thơi lướt Tết cùng nhà mình #tet"] * 4
    assert Tokeniser().words(f"#{tag}") == [tag]
    assert Tokeniser.fit(captions).words(f"#{tag}") == ["thanh", "thoi", "luot", "tet"]


def test_hashtags_teach_no_words() -> None:
    captions = ["#goodcoffeehouse #goodcoffeehouse ngon"] * 20
    assert "goodcoffeehouse" not in Tokeniser.fit(captions).splitter.counts


def test_a_name_written_glued_in_captions_stays_whole() -> None:
    captions = ["mua hàng ở tintuc nhé"] * 50
    assert Tokeniser().words("#tintuc") != ["tintuc"]
    assert Tokeniser.fit(captions).words("#tintuc") == ["tintuc"]


def test_the_words_of_a_tag_are_written_out() -> None:
    assert Tokeniser().words("#dulichvn") == ["du", "lich", "việt", "nam"]


def test_fitting_on_nothing_is_the_built_in_splitter(built_in: HashtagSplitter) -> None:
    assert Tokeniser.fit([None, "", "#xuhuong"]).splitter == built_in


@settings(deadline=None)
@given(st.text(alphabet="abcdghinotuyx19ABTăđếộ", max_size=MAX_TAG + 4))
@example("a" * MAX_TAG)
@example("anan" * 16)
def test_a_cut_loses_and_adds_no_letter(tag: str) -> None:
    words = HashtagSplitter.default().split(tag)
    assert "".join(words) == tag.lower()
    assert all(words) or not tag


@settings(deadline=None)
@given(st.text(max_size=MAX_TAG))
def test_any_text_is_a_tag(tag: str) -> None:
    assert "".join(HashtagSplitter.default().split(tag)) == tag.lower()


def test_a_long_tag_is_kept_whole(built_in: HashtagSplitter) -> None:
    tag = "xuhuong" * 20
    assert built_in.split(tag) == (tag,)

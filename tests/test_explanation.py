"""What is said about a place on the list: the words that tell something, and the reasons against."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from models.brief import Brief
from models.explanation import Explainer
from models.matcher import Matcher
from models.shortlist import Entry, FacetCover, Part
from tests.small_world import TITLE
from tests.tiny_index import MAX_TERMS, Post, index_of


def entry(matcher: Matcher, brief: Brief, creator: str) -> Entry:
    (found,) = [e for e in matcher.shortlist(brief, 100).entries if e.creator_id == creator]
    return found


def facet(matcher: Matcher, brief: Brief, creator: str, kind: str) -> FacetCover:
    (found,) = [f for f in entry(matcher, brief, creator).facets if f.kind == kind]
    return found


def test_the_topic_is_the_briefs_title_and_is_shown_but_not_scored(matcher: Matcher) -> None:
    topic = facet(matcher, Brief(TITLE), "dvc", "topic")
    assert topic.facet == TITLE
    assert topic.covered
    assert "topic" not in {part.name for part in entry(matcher, Brief(TITLE), "dvc").parts}


def test_matched_words_come_in_the_order_of_the_brief(matcher: Matcher) -> None:
    matched = entry(matcher, Brief("xe máy thay nhớt"), "xe").evidence[0].matched
    assert list(matched) == [word for word in ("xe", "máy", "thay", "nhớt") if word in matched]
    assert {"thay", "nhớt"} <= set(matched)


def test_a_word_typed_without_diacritics_is_shown_as_typed(matcher: Matcher) -> None:
    assert {"thay", "nhot"} <= set(entry(matcher, Brief("thay nhot xe may"), "xe").evidence[0].matched)


POSTS: list[Post] = [
    (0, "bảo hiểm y tế cho sinh viên", 0.0),
    (0, "bánh bao trong chợ", 0.0),
    (0, "mua bao hiem y te o phuong", 0.0),
    (0, "học trong sách", 0.0),
    *[(0, f"bánh bao, nói trong lúc {word}", 0.0) for word in ("đi", "đứng", "nằm", "ngồi", "ăn", "uống")],
]


@pytest.mark.parametrize(
    ("asked", "matched"),
    [
        ("bảo hiểm y tế trong trường", [("bảo", "hiểm", "y", "tế"), (), ("bảo", "hiểm", "y", "tế")]),
        ("bao hiem y te trong truong", [("bao", "hiem", "y", "te"), (), ("bao", "hiem", "y", "te")]),
        ("bao", [("bao",), ("bao",), ("bao",)]),
    ],
)
def test_a_word_is_shown_where_it_is_that_word(asked: str, matched: list[tuple[str, ...]]) -> None:
    index = index_of(POSTS, 1)
    accounts = pl.DataFrame(schema=dict.fromkeys(("creator_id", "platform", "url"), pl.String))
    explainer = Explainer(SimpleNamespace(index=index, accounts=accounts), 3)  # type: ignore[arg-type]
    found = explainer.matched(index.worded(asked, MAX_TERMS), np.arange(3))
    assert [found[post] for post in range(3)] == matched


def test_an_unwanted_topic_names_the_post_that_shows_it(matcher: Matcher) -> None:
    avoided = facet(matcher, Brief(TITLE, must_not=("cá cược bóng đá",)), "lua", "must_not")
    assert avoided.covered
    assert (avoided.post_id or "").startswith("lua-")
    assert {"cược", "bóng"} <= set(avoided.matched)


@pytest.mark.parametrize(
    ("creator", "codes"), [("dvc", set()), ("vang", {"no_topic_words", "topic_uncovered", "must_uncovered"})]
)
def test_what_speaks_against_a_creator(matcher: Matcher, creator: str, codes: set[str]) -> None:
    asked = Brief(TITLE, must=("nộp hồ sơ trực tuyến",))
    assert set(entry(matcher, asked, creator).against) == codes


def test_a_multiplier_is_the_exponential_of_its_part() -> None:
    assert Part("words", 0.0).multiplier == 1.0
    assert Part("must_not", -4.0).multiplier == pytest.approx(1 / 54.6, rel=1e-3)

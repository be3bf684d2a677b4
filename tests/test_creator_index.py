"""Posts and creators held against a text: what each signal says in small worlds with a known answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.creator_index import BEST_POSTS, POST_SIGNALS, SIGNALS, CreatorIndex
from tests.tiny_index import MAX_TERMS, WordEncoder, index_of, signals_of, totals

COOK, CLERK, SILENT = 0, 1, 2
POSTS = [
    (COOK, "nấu canh chua cá lóc #anngon", 0.0),
    (COOK, "kho thịt với trứng", 10.0),
    (CLERK, "nộp hồ sơ trực tuyến #dichvucong", 0.0),
    (CLERK, "dịch vụ công trực tuyến tại nhà", 200.0),
]
NEIGHBOURS = [(SILENT, f"hướng dẫn người dân lần{n} #dichvucong", 0.0) for n in range(2)]
WORDS = ("nộp", "hồ", "sơ", "trực", "tuyến", "nấu", "canh", "chua", "thịt", "cá", "vui", "đẹp")
captions = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
tiny_worlds = st.lists(st.tuples(st.integers(0, 2), captions, st.floats(0.0, 400.0)), min_size=1, max_size=12)


@pytest.fixture(scope="module")
def index() -> CreatorIndex:
    return index_of(POSTS, n_creators=3)


def signal(index: CreatorIndex, name: str, text: str) -> list[float]:
    column: list[float] = signals_of(index, text).values[:, SIGNALS.index(name)].tolist()
    return column


@pytest.mark.parametrize("name", [name for name in SIGNALS if name not in ("recent_activity", "hashtags_creator")])
def test_every_text_signal_points_at_the_creator_with_the_words(index: CreatorIndex, name: str) -> None:
    values = signal(index, name, "hồ sơ trực tuyến")
    assert values[CLERK] > max(values[COOK], values[SILENT]) >= 0


@pytest.mark.parametrize("name", ["words_posts", "wording_posts", "wording_creator", "pieces_creator"])
def test_a_text_without_diacritics_finds_the_accented_posts(index: CreatorIndex, name: str) -> None:
    assert np.argmax(signal(index, name, "ho so truc tuyen")) == CLERK


def test_a_creator_is_found_by_the_hashtags_that_such_a_text_would_carry() -> None:
    index = index_of([*POSTS, *NEIGHBOURS], n_creators=3)
    signals = signals_of(index, "nộp hồ sơ trực tuyến")
    values = signals.values[:, SIGNALS.index("hashtags_creator")]
    assert values[SILENT] > 0 == values[COOK]
    used = index.hashtags.used(signals.hashtags, np.array([SILENT, COOK]), 5)
    assert used == {SILENT: ("dichvucong",), COOK: ()}


def test_activity_counts_recent_posts(index: CreatorIndex) -> None:
    assert signal(index, "recent_activity", "gì đó") == pytest.approx(np.log1p([2, 1, 0]))


def test_a_creator_without_posts_has_no_signal_at_all(index: CreatorIndex) -> None:
    assert signals_of(index, "nộp hồ sơ trực tuyến, nấu canh").values[SILENT].tolist() == [0.0] * len(SIGNALS)


def test_an_older_post_counts_less() -> None:
    aged = index_of([(0, "hồ sơ trực tuyến", 0.0), (1, "hồ sơ trực tuyến", 300.0)], 2)
    for name in POST_SIGNALS:
        young, old = signal(aged, name, "hồ sơ trực tuyến")
        assert young > old > 0


def test_a_query_says_what_it_was_read_as(index: CreatorIndex) -> None:
    query = index.query("Nộp HỒ SƠ zzqx nop", WordEncoder(), MAX_TERMS)
    assert query.words == ("nộp", "hồ", "sơ", "zzqx", "nop")
    assert query.unknown == ("zzqx",)
    assert not query.plain
    assert index.query("nop ho so", WordEncoder(), MAX_TERMS).plain


def test_a_long_query_is_told_by_its_rarest_terms(index: CreatorIndex) -> None:
    query = index.query("nấu canh nộp hồ sơ trực tuyến", WordEncoder(), max_terms=2)
    rarest = index.query("nấu canh nộp hồ sơ", WordEncoder(), MAX_TERMS).terms.rows["words"]
    assert set(query.terms.rows["words"]) <= set(rarest)
    assert len(query.terms.rows["words"]) == 2


def test_at_most_five_posts_make_a_signal() -> None:
    busy = index_of([(0, f"hồ sơ {n}", 0.0) for n in range(30)], 1)
    assert all(len(pooled.posts) == BEST_POSTS for pooled in signals_of(busy, "hồ sơ").pooled.values())


@pytest.mark.parametrize("text", ["", "   ", "🎉🎉", "zzqx"])
def test_a_text_that_says_nothing_known_gives_no_words(index: CreatorIndex, text: str) -> None:
    signals = signals_of(index, text)
    assert np.isfinite(signals.values).all()
    assert not signals.pooled["words_posts"].posts.size


@settings(deadline=None, max_examples=60)
@given(tiny_worlds, captions)
def test_signals_are_finite_and_of_known_shape(posts: list[tuple[int, str, float]], text: str) -> None:
    signals = signals_of(index_of(posts, 3), text)
    assert signals.values.shape == (3, len(SIGNALS))
    assert np.isfinite(signals.values).all()


@settings(deadline=None, max_examples=60)
@given(tiny_worlds, captions, st.randoms(use_true_random=False))
def test_the_order_of_posts_changes_nothing(posts: list[tuple[int, str, float]], text: str, chance: object) -> None:
    turned = posts[::-1]
    before, after = totals(index_of(posts, 3), text), totals(index_of(turned, 3), text)
    assert after == pytest.approx(before, rel=1e-4, abs=1e-4)

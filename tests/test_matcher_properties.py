"""What holds of every brief and every catalogue, however odd."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kolmatch.errors import BriefRefused
from kolmatch.settings import MatcherSettings
from models.brief import Brief, _plain
from models.matcher import Matcher
from tests.small_world import LISTED, TITLE
from tests.tiny_index import index_of, totals

WORDS = ("nộp", "hồ", "sơ", "trực", "tuyến", "nấu", "canh", "chua", "thịt", "cá", "vui", "đẹp")
captions = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
tiny_worlds = st.lists(st.tuples(st.integers(0, 2), captions, st.floats(0.0, 400.0)), min_size=1, max_size=12)
any_text = st.text(max_size=200)
any_facets = st.lists(st.text(max_size=30), max_size=3).map(tuple)
patient = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@patient
@given(tiny_worlds, captions, st.integers(0, 2))
def test_a_post_in_the_briefs_own_words_never_lowers_its_creator(
    posts: list[tuple[int, str, float]], brief: str, creator: int
) -> None:
    before, after = totals(index_of(posts, 3), brief), totals(index_of([*posts, (creator, brief, 0.0)], 3), brief)
    assert after[creator] >= before[creator] - 1e-4


@patient
@given(tiny_worlds, captions)
def test_removing_the_best_post_lowers_its_creator(posts: list[tuple[int, str, float]], brief: str) -> None:
    best = (0, brief, 0.0)
    with_it, without = index_of([*posts, best], 3), index_of(posts, 3)
    assert totals(with_it, brief)[0] > totals(without, brief)[0] - 1e-4


@patient
@given(tiny_worlds, captions)
def test_a_creator_with_five_posts_in_the_words_beats_one_with_a_stray_one(
    noise: list[tuple[int, str, float]], brief: str
) -> None:
    stray, steady = 3, 4
    many = [(steady, f"{brief} lần{n}", 0.0) for n in range(5)]
    scores = totals(index_of([*noise, (stray, brief, 0.0), *many], 5), brief)
    assert scores[steady] > scores[stray]


@patient
@given(st.one_of(captions, st.sampled_from([TITLE, "cá cược bóng đá", "thay nhớt xe máy", "an toàn thực phẩm"])))
def test_without_its_best_evidence_a_creator_scores_less(matcher: Matcher, title: str) -> None:
    """The index stays as it is but for one post, which has faded to nothing."""
    contents = matcher._contents
    post_ids = contents.posts["post_id"].to_list()
    for entry in matcher.shortlist(Brief(title), 5).entries:
        if not entry.evidence:
            continue
        fade = contents.index.post_fade.copy()
        fade[post_ids.index(entry.evidence[0].post_id)] = 0.0
        poorer = replace(contents, index=replace(contents.index, post_fade=fade))
        without = dict(Matcher(matcher.manifest, poorer, MatcherSettings()).rank([Brief(title)], 100, by="fit")[0])
        assert without[entry.creator_id] < entry.score


@patient
@given(any_text, any_text, any_facets, any_facets, any_facets)
def test_any_text_is_answered_or_refused(
    matcher: Matcher, title: str, text: str, must: tuple[str, ...], nice: tuple[str, ...], must_not: tuple[str, ...]
) -> None:
    brief = Brief(title, text, must=must, nice=nice, must_not=must_not)
    both = {_plain(said) for said in must_not} & {_plain(said) for said in (*must, *nice)}
    if not any(letter.isalnum() for letter in title + text) or both - {""}:
        with pytest.raises(BriefRefused):
            matcher.shortlist(brief, 5)
        return
    found = matcher.shortlist(brief, 100)
    assert {entry.creator_id for entry in found.entries} == set(LISTED)
    for entry in found.entries:
        assert math.isfinite(entry.score)
        assert sum(part.value for part in entry.parts) == pytest.approx(entry.score, abs=1e-3)
        assert all(0.0 <= facet.strength <= 1.0 + 1e-5 for facet in entry.facets)


@patient
@given(st.lists(captions.filter(bool), min_size=1, max_size=4), st.integers(0, 20))
def test_many_at_once_are_each_alone(matcher: Matcher, titles: list[str], k: int) -> None:
    briefs = [Brief(title) for title in titles]
    alone = [[(entry.creator_id, entry.score) for entry in matcher.shortlist(brief, k).entries] for brief in briefs]
    assert matcher.rank(briefs, k, by="fit") == alone


@patient
@given(captions, captions)
def test_avoiding_something_never_lifts_anyone(matcher: Matcher, title: str, avoided: str) -> None:
    free = dict(matcher.rank([Brief(title)], 100, by="fit")[0])
    careful = dict(matcher.rank([Brief(title, must_not=(avoided,))], 100, by="fit")[0])
    assert all(careful[creator] <= score + 1e-5 for creator, score in free.items())


@patient
@given(captions)
def test_order_within_equal_scores_is_that_of_ids(matcher: Matcher, title: str) -> None:
    (ranking,) = matcher.rank([Brief(title)], 100, by="fit")
    assert ranking == sorted(ranking, key=lambda place: (-place[1], place[0]))
    assert np.isfinite([score for _, score in ranking]).all()

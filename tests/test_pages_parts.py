"""Parts of the pages: marked words, entries picked and sorted, what a form's values become, what a person looks up."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from kolmatch.errors import BriefRefused, UnknownCreator
from models.brief import YOUTH_AGES
from models.filters import Filters
from models.matcher import Matcher
from serving.pages.entries import BY_PLACE, SORTS, Wish, fit_share, grouped, too_little
from serving.pages.forms import iso_day, lines_of, names_of, whole
from serving.pages.marks import marked
from tests import small_world

# Marked words


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        ("Nộp hồ sơ", ("nộp",), "<mark>Nộp</mark> hồ sơ"),
        ("nop ho so", ("nộp",), "<mark>nop</mark> ho so"),
        ("nộp hồ sơ", ("nop",), "<mark>nộp</mark> hồ sơ"),
        ("tuyên và tuyến", ("tuyến",), "tuyên và <mark>tuyến</mark>"),
        ("<b>nộp</b>", ("nộp", "b"), "&lt;<mark>b</mark>&gt;<mark>nộp</mark>&lt;/<mark>b</mark>&gt;"),
        ("không có gì", (), "không có gì"),
    ],
)
def test_words_are_marked_as_they_were_matched(text: str, words: tuple[str, ...], shown: str) -> None:
    assert marked(text, words) == Markup(shown)


@given(st.text(max_size=200), st.lists(st.text(min_size=1, max_size=8), max_size=4))
def test_marking_changes_no_letter(text: str, words: list[str]) -> None:
    assert marked(text, words).replace(Markup("<mark>"), "").replace(Markup("</mark>"), "") == escape(text)


# Entries


def entry(rank: int, *, viewers: float | None, cost: float | None = None, tie: int | None = 1, **more: Any) -> Any:
    reach = None
    if viewers is not None:
        points = {"p10": viewers / 2, "p50": viewers, "p90": viewers * 3}
        reach = {"platform": "tiktok", "format": "video", "viewers": points, "cost_per_thousand_vnd": cost}
    facets = [{"kind": "must", "facet": "a", "covered": rank == 1}]
    base = {"rank": rank, "creator_id": f"c{rank}", "kind": "person", "score": -float(rank), "flags": [], "tie": tie}
    return {**base, "reach": reach, "facets": facets, **more}


ENTRIES = [
    entry(1, viewers=100.0, cost=9.0),
    entry(2, viewers=900.0, flags=[{"signal": "few_likes"}]),
    entry(3, viewers=300.0, cost=3.0, tie=2, kind="press"),
    entry(4, viewers=None, tie=None),
]


@pytest.mark.parametrize(
    ("sort", "ranks"),
    [
        (BY_PLACE, [1, 2, 3, 4]),
        ("viewers", [2, 3, 1, 4]),
        ("careful", [2, 3, 1, 4]),
        ("fit", [1, 2, 3, 4]),
        ("cost", [3, 1, 2, 4]),
    ],
)
def test_whoever_lacks_what_is_sorted_by_comes_last(sort: str, ranks: list[int]) -> None:
    assert [e["rank"] for e in Wish(sort=sort).pick(ENTRIES, {})] == ranks


@pytest.mark.parametrize(
    ("wish", "ranks"),
    [
        (Wish(kind="press"), [3]),
        (Wish(platform="tiktok"), [1, 2, 3]),
        (Wish(platform="zalo"), []),
        (Wish(format="video"), [1, 2, 3]),
        (Wish(facet="a"), [1]),
        (Wish(clean=True), [1, 3, 4]),
        (Wish(decision="invited"), [2]),
        (Wish(decision="none"), [1, 3, 4]),
    ],
)
def test_only_the_wanted_entries_are_picked(wish: Wish, ranks: list[int]) -> None:
    assert [e["rank"] for e in wish.pick(ENTRIES, {"c2": "invited"})] == ranks


def test_entries_stand_in_their_tie_groups_in_the_lists_own_order_alone() -> None:
    groups = grouped(ENTRIES, Wish())
    assert [(group.tie, [e["rank"] for e in group.entries]) for group in groups] == [(1, [1, 2]), (2, [3])]
    assert [group.tie for group in grouped(ENTRIES, Wish(sort="cost"))] == [None]
    assert [e["rank"] for e in too_little(ENTRIES)] == [4]


def test_fit_is_told_against_the_best_of_the_list() -> None:
    assert fit_share(ENTRIES[0], ENTRIES) == 1.0
    assert fit_share(ENTRIES[1], ENTRIES) == pytest.approx(0.3679, abs=1e-4)


def test_an_unknown_order_is_the_lists_own() -> None:
    from starlette.datastructures import QueryParams

    assert Wish.of(QueryParams("sort=drop table")).sort == BY_PLACE
    assert set(SORTS) >= {BY_PLACE}


# Values of forms


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("300.000.000", 300_000_000),
        ("300 000", 300_000),
        ("7", 7),
        ("", None),
        ("nhiều", "nhiều"),
        ("-1", "-1"),
        ("300\xa0000", 300_000),
        ("1,234,567", 1_234_567),
        ("0", 0),
        ("1.5", "1.5"),
        ("12,7", "12,7"),
        ("1500000.50", "1500000.50"),
        ("1.234,567", "1.234,567"),
        ("9" * 5000, "9" * 5000),
        ("1234.567", "1234.567"),
        ("٣", "٣"),
    ],
)
def test_whole_numbers_are_read_as_people_write_them(typed: str, value: object) -> None:
    assert whole(typed) == value


@pytest.mark.parametrize(
    ("typed", "value"), [("31/12/2026", "2026-12-31"), ("1-2-2026", "2026-02-01"), ("", None), ("mai", "mai")]
)
def test_days_are_read_as_people_write_them(typed: str, value: str | None) -> None:
    assert iso_day(typed) == value


def test_lists_are_lines_or_commas() -> None:
    assert lines_of(" một \n\n hai, ba\n") == ["một", "hai, ba"]
    assert names_of("Huế, Đà Nẵng;\nCần Thơ,") == ["Huế", "Đà Nẵng", "Cần Thơ"]


# What a person looks up in a real model


def test_a_timeline_holds_the_creators_own_posts_oldest_first(matcher: Matcher) -> None:
    posts = matcher.details.timeline("dvc", YOUTH_AGES, ("hcmc",)).posts
    assert len(posts) == 10
    assert list(posts) == sorted(posts, key=lambda post: post.published_at)
    assert all(post.views is None for post in posts)  # that world has none, which is not zero


def test_a_timeline_has_views_forecasts_and_who_watches_where_they_are_known(sample_matcher: Matcher) -> None:
    best = sample_matcher.shortlist(small_world.BRIEF, 1).entries[0]
    found = sample_matcher.details.timeline(best.creator_id, YOUTH_AGES, ("hcmc",))
    assert best.reach
    own = [post for post in found.posts if post.platform == best.reach.platform and post.views is not None]
    assert len(own) >= 5
    (forecast,) = [f for f in found.forecasts if (f.platform, f.format) == (best.reach.platform, best.reach.format)]
    assert (forecast.state, forecast.posts) == ("ok", best.reach.posts)
    assert forecast.views.p10 < forecast.views.p50 < forecast.views.p90
    (audience,) = [a for a in found.audiences if a.platform == best.reach.platform]
    assert astuple(audience.share) == pytest.approx(astuple(best.reach.share))
    assert audience.source.vi


def test_the_sample_worlds_sudden_changes_are_told(sample_matcher: Matcher) -> None:
    months = sample_matcher.details.months()
    shifts = {
        (shift.platform, shift.format, shift.month) for shift in sample_matcher.shortlist(small_world.BRIEF, 1).shifts
    }
    assert {(month.platform, month.format, month.month) for month in months if month.jump} == shifts
    assert shifts
    assert all(month.low < month.factor < month.high for month in months)


@pytest.mark.parametrize("creator_id", ["nobody", *small_world.LEFT_OUT])
def test_nobody_who_may_not_be_listed_is_looked_up(matcher: Matcher, creator_id: str) -> None:
    with pytest.raises(UnknownCreator):
        matcher.details.timeline(creator_id, YOUTH_AGES, ("hcmc",))


def test_a_place_that_is_none_is_refused(matcher: Matcher) -> None:
    with pytest.raises(BriefRefused):
        matcher.details.timeline("dvc", YOUTH_AGES, ("Atlantis",))


def test_a_text_is_nearest_to_itself_and_then_to_its_like(matcher: Matcher) -> None:
    near = matcher.details.likeness(small_world.TITLE, [small_world.TITLE, "dịch vụ công trực tuyến", "kho thịt trứng"])
    assert near[0] == pytest.approx(1.0, abs=1e-5)
    assert near[0] > near[1] > near[2]


def test_facets_of_a_text_are_its_telling_clauses(matcher: Matcher) -> None:
    facets = matcher.details.facets_of("Căn cứ kế hoạch; nộp hồ sơ trực tuyến; thay nhớt xe máy.")
    assert "nộp hồ sơ trực tuyến" in facets
    assert not any("kế hoạch" in facet for facet in facets)


def test_who_is_outside_the_filters_has_no_place(matcher: Matcher) -> None:
    assert matcher.why(small_world.BRIEF, "dvc").rank == 1
    found = matcher.why(small_world.BRIEF, "dvc", filters=Filters(blocked=("dvc",)))
    assert (found.rank, found.entry) == (None, None)

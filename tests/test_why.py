"""Why here, why not higher: the place is that of the list, and the smallest change does what it says."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from kolmatch.cli.why_table import why_lines
from kolmatch.errors import UnknownCreator
from models.brief import Brief
from models.export import why_json
from models.matcher import Matcher
from models.shortlist import ORDERS, STATES, Entry, Part
from models.swap import swap
from tests.forecast_by_hand import row_of, with_forecasts
from tests.small_world import BRIEF, LEFT_OUT, LISTED, ON_YOUTUBE, TITLE
from tests.test_impact import ALL, UNKNOWN, refuse, rows_of

PARTS = ("views", "topic_lift", "audience", "fit", "caution")


@pytest.fixture(scope="module")
def viewed(matcher: Matcher) -> Matcher:
    return with_forecasts(matcher, rows_of(matcher))


def entry(name: str, impact: dict[str, float], **given: Any) -> Entry:
    parts = tuple(Part(part, value) for part, value in impact.items())
    blank = Entry(1, name, name, None, 0.0, (Part("words", 0.0),), (), (), ())
    return replace(blank, impact=parts, **given)


# --- the same place as on the list


@pytest.mark.parametrize("by", ORDERS)
def test_the_place_is_that_of_the_list_for_everybody(viewed: Matcher, by: str) -> None:
    whole = viewed.shortlist(BRIEF, ALL, by).entries
    for place, expected in enumerate(whole):
        found = viewed.why(BRIEF, expected.creator_id, by)
        assert (found.rank, found.of) == (expected.rank, ALL)
        assert found.entry == replace(expected, tie=None)
        assert found.above == (replace(whole[place - 1], tie=None) if place else None)


def test_who_may_not_be_listed_and_who_is_unknown_are_answered_alike(viewed: Matcher) -> None:
    said = []
    for name in (*LEFT_OUT, "nobody"):
        with pytest.raises(UnknownCreator) as refused:
            viewed.why(BRIEF, name)
        said.append((refused.value.en.replace(name, "?"), refused.value.vi.replace(name, "?")))
    assert len(set(said)) == 1


def test_who_posts_elsewhere_has_no_place(viewed: Matcher) -> None:
    found = viewed.why(Brief(TITLE, platforms=("youtube",)), "dvc")
    assert (found.rank, found.entry, found.above) == (None, None, None)
    assert found.of == len(ON_YOUTUBE)


@pytest.mark.parametrize("state", ["no_views", "few_posts"])
def test_too_little_data_has_a_place_and_its_reason(viewed: Matcher, state: str) -> None:
    for name in UNKNOWN[state]:
        found = viewed.why(BRIEF, name)
        assert found.rank is not None
        assert found.rank > ALL - 4
        assert found.entry is not None
        assert found.entry.state == state


# --- the smallest change


def test_the_smallest_change_makes_the_two_level(viewed: Matcher, matcher: Matcher) -> None:
    """Each creator's part, grown by the factor told, brings them to the value of the one above; a little more, over."""
    told = 0
    for name in LISTED:
        found = viewed.why(BRIEF, name)
        if found.entry is None or found.above is None or not (found.entry.impact and found.above.impact):
            continue
        change = swap(found.entry, found.above)
        assert change.part is not None
        grown = sum(p.value + (math.log(change.factor) if p.name == change.part else 0.0) for p in found.entry.impact)
        assert grown == pytest.approx(found.above.value, abs=1e-9)
        if change.part == "views":
            told += 1
            rows = [
                row | {n: row[n] + change.gap + 1e-6 for n in ("p10", "p50", "p90")}
                if row["creator"] == row_of(matcher, name)
                else row
                for row in rows_of(matcher)
            ]
            swapped = with_forecasts(matcher, rows).why(BRIEF, name)
            assert swapped.rank == (found.rank or 0) - 1
    assert told > 0


def test_by_fit_the_parts_of_fit_are_compared(viewed: Matcher) -> None:
    whole = viewed.shortlist(BRIEF, ALL, "fit").entries
    for above, own in pairwise(whole):
        change = swap(own, above)
        assert {d.name for d in change.differences} == {part.name for part in own.parts}
        assert change.gap == pytest.approx(above.score - own.score, abs=1e-4)


def test_no_part_makes_up_for_missing_views() -> None:
    known, unknown = entry("a", {"views": 9.0, "fit": -1.0}), entry("b", {}, state="no_views")
    change = swap(unknown, known)
    assert (change.differences, change.part) == ((), None)


def test_an_audience_cannot_grow_beyond_all_of_it() -> None:
    """The one above leads most in audience, but only more views could make up for what is missing."""
    own = entry("a", {"views": 8.0, "audience": math.log(0.5)})
    above = entry("b", {"views": 8.5, "audience": math.log(0.95)})
    assert swap(own, above).part == "views"
    near = entry("c", {"views": 8.6, "audience": math.log(0.5)})
    assert swap(near, above).part == "audience"


values = st.fixed_dictionaries({part: st.floats(-10, 10) for part in PARTS})


@given(values, values)
def test_differences_add_up_to_the_gap_the_largest_first(own: dict[str, float], above: dict[str, float]) -> None:
    below, over = sorted((entry("a", own), entry("b", above)), key=lambda one: one.value)
    change = swap(below, over)
    leads = [d.above - d.own for d in change.differences]
    assert leads == sorted(leads, reverse=True)
    assert sum(leads) == pytest.approx(over.value - below.value, abs=1e-9)
    assert change.factor >= 1.0
    if change.part is not None:
        (lead,) = (d for d in change.differences if d.name == change.part)
        assert lead.above > lead.own


# --- as data and in words


def test_the_answer_as_json_is_plain_and_complete(viewed: Matcher) -> None:
    for name in LISTED:
        answer = json.loads(json.dumps(why_json(viewed.why(BRIEF, name))), parse_constant=refuse)
        assert answer["rank"] >= 1
        assert answer["entry"]["creator_id"] == name
        if answer["smallest_change"] is not None:
            assert answer["smallest_change"]["factor"] >= 1.0
            assert answer["smallest_change"]["part"] in {d["name"] for d in answer["differences"]}
    outside = why_json(viewed.why(Brief(TITLE, platforms=("youtube",)), "dvc"))
    assert outside["rank"] is outside["entry"] is outside["above"] is outside["smallest_change"] is None


def printed(matcher: Matcher, name: str, brief: Brief = BRIEF) -> str:
    console = Console(width=400, emoji=False)
    with console.capture() as shown:
        for line in why_lines(matcher.why(brief, name), matcher.creator(name).name):
            console.print(line)
    return shown.get()


def test_words_say_place_state_and_what_would_swap_them(viewed: Matcher) -> None:
    first = viewed.shortlist(BRIEF, 2).entries
    above, own = (entry.creator_id for entry in first)
    said = printed(viewed, own)
    assert f"hạng 2 / {ALL} (rank 2 of {ALL})" in said
    assert f"Kênh {above}" in said
    assert "Thay đổi nhỏ nhất" in said
    assert "Smallest change" in said
    assert "right above" not in printed(viewed, above)
    for state, creators in UNKNOWN.items():
        said = printed(viewed, creators[0])
        assert all(words in said for words in STATES[state])
    best_unknown = viewed.shortlist(BRIEF, ALL).entries[ALL - 4].creator_id
    assert "right above" in printed(viewed, best_unknown)
    assert "Smallest change" not in printed(viewed, best_unknown)
    outside = printed(viewed, "dvc", Brief(TITLE, platforms=("youtube",)))
    assert "Không xét" in outside
    assert "Not considered" in outside

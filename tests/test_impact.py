"""What a list is ordered by: summands that add up, ties, too little data said, and nothing hidden in a place."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any, Final

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kolmatch.errors import BriefRefused, UsageError
from kolmatch.settings import MatcherSettings
from models.brief import Brief
from models.export import shortlist_json
from models.lift import TopicLift
from models.matcher import Matcher
from models.reach import Target
from models.shortlist import AGAINST, ORDERS, STATES, Entry, Shortlist
from tests.forecast_by_hand import forecast_of, row, row_of, with_forecasts
from tests.small_world import BRIEF, LISTED, ON_YOUTUBE, TITLE
from training.view_effects import MONTH_SCHEMA

ALL: Final = len(LISTED)
ON_TIKTOK: Final = tuple(name for name in LISTED if name not in (*ON_YOUTUBE, "trong"))
UNKNOWN: Final = {"few_posts": ("xe", "hoc"), "no_views": ("trong", "game")}
patient = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def rows_of(matcher: Matcher, **levels: float) -> list[dict[str, Any]]:
    """Everybody has views but those of `UNKNOWN`; `levels` are log views of creators, else about 9."""
    rows = []
    for number, name in enumerate(LISTED):
        if name in UNKNOWN["no_views"]:
            continue
        platform = "youtube" if name in ON_YOUTUBE else "tiktok"
        posts = 3 if name in UNKNOWN["few_posts"] else 20
        level = levels.get(name, 9.0 + 0.1 * number)
        rows.append(row(row_of(matcher, name), level, platform=platform, posts=posts))
    return rows


@pytest.fixture(scope="module")
def viewed(matcher: Matcher) -> Matcher:
    return with_forecasts(matcher, rows_of(matcher))


def names(found: Shortlist) -> list[str]:
    return [entry.creator_id for entry in found.entries]


def entry_of(found: Shortlist, name: str) -> Entry:
    return next(entry for entry in found.entries if entry.creator_id == name)


def places(matcher: Matcher, by: str = "impact", brief: Brief = BRIEF) -> dict[str, int]:
    return {entry.creator_id: entry.rank for entry in matcher.shortlist(brief, ALL, by).entries}


def with_levels(matcher: Matcher, **levels: float) -> Matcher:
    return with_forecasts(matcher, rows_of(matcher, **levels))


# --- the order and its parts


@pytest.mark.parametrize("by", ["impact", "expected"])
def test_parts_add_up_to_the_value_and_the_value_orders(viewed: Matcher, by: str) -> None:
    known = [entry for entry in viewed.shortlist(BRIEF, ALL, by).entries if entry.reach is not None]
    assert len(known) == ALL - 4
    values = [entry.value for entry in known]
    assert values == sorted(values, reverse=True)
    ranked = dict(viewed.rank([BRIEF], ALL, by)[0])
    for entry in known:
        assert sum(part.value for part in entry.impact) == pytest.approx(ranked[entry.creator_id], abs=1e-6)
        assert math.prod(part.multiplier for part in entry.impact) == pytest.approx(math.exp(entry.value))


@pytest.mark.parametrize(("by", "end"), [("impact", "p10"), ("expected", "mean")])
def test_multipliers_give_the_viewers_that_are_shown_times_fit(viewed: Matcher, by: str, end: str) -> None:
    for entry in viewed.shortlist(BRIEF, ALL, by).entries:
        if entry.reach is None:
            continue
        parts = {part.name: part.multiplier for part in entry.impact}
        shown = entry.reach.viewers.p10 if end == "p10" else entry.reach.expected
        assert math.prod(parts.values()) / parts["fit"] == pytest.approx(shown, rel=1e-6)
        assert parts["views"] * parts["topic_lift"] == pytest.approx(entry.reach.views.p50 + 1, rel=1e-6)
        assert parts["audience"] == pytest.approx(entry.reach.share.p50)


def test_by_fit_the_order_is_that_of_the_score_and_views_are_still_told(viewed: Matcher, matcher: Matcher) -> None:
    found = viewed.shortlist(BRIEF, ALL, "fit")
    scores = [entry.score for entry in found.entries]
    assert scores == sorted(scores, reverse=True)
    assert names(found) == names(matcher.shortlist(BRIEF, ALL, "fit"))
    assert {entry.tie for entry in found.entries} == {None}
    assert {entry.impact for entry in found.entries} == {()}
    assert entry_of(found, "dvc").reach is not None


@pytest.mark.parametrize("by", ORDERS)
def test_ranking_and_shortlist_say_the_same(viewed: Matcher, by: str) -> None:
    (ranked,) = viewed.rank([BRIEF], ALL, by)
    found = viewed.shortlist(BRIEF, ALL, by)
    assert [creator for creator, _ in ranked] == names(found)
    assert found.by == by
    for (_, value), entry in zip(ranked, found.entries, strict=True):
        assert math.isnan(value) if entry.reach is None and by != "fit" else value == pytest.approx(entry.value)


def test_an_order_that_is_none_is_refused_in_both_languages(viewed: Matcher) -> None:
    with pytest.raises(UsageError) as refused:
        viewed.shortlist(BRIEF, 3, "luck")
    assert "luck" in refused.value.en
    assert "luck" in refused.value.vi


@patient
@given(st.sampled_from(ON_TIKTOK), st.floats(0.0, 4.0), st.sampled_from(("impact", "expected")))
def test_more_views_never_lower_a_place(matcher: Matcher, name: str, more: float, by: str) -> None:
    before, after = with_levels(matcher, **{name: 8.0}), with_levels(matcher, **{name: 8.0 + more})
    assert places(after, by)[name] <= places(before, by)[name]


@patient
@given(st.integers(10, 40), st.integers(0, 40), st.sampled_from(("hcmc", "vietnam", "dong_nai", "Hà Nội")))
def test_any_target_is_answered_with_shares_in_order(viewed: Matcher, low: int, span: int, province: str) -> None:
    brief = Brief(TITLE, age_min=low, age_max=low + span, provinces=(province,))
    for entry in viewed.shortlist(brief, ALL).entries:
        if entry.reach is not None:
            assert 0.0 < entry.reach.share.p10 <= entry.reach.share.p50 <= entry.reach.share.p90 < 1.0
            assert entry.reach.viewers.p10 <= entry.reach.viewers.p50 <= entry.reach.viewers.p90


def test_fit_decides_between_equal_views_and_views_between_equal_fit(matcher: Matcher) -> None:
    equal = with_levels(matcher, **dict.fromkeys(ON_TIKTOK, 9.0))
    assert places(equal)["dvc"] < places(equal)["bep"]
    seen = with_levels(matcher, bep=25.0)
    assert places(seen)["bep"] == 1


def test_without_weight_fit_does_not_count(matcher: Matcher) -> None:
    blind = Matcher(matcher.manifest, with_levels(matcher)._contents, MatcherSettings(fit_weight=0.0))
    found = [entry for entry in blind.shortlist(BRIEF, ALL).entries if entry.reach is not None]
    assert all(part.value == 0.0 for entry in found for part in entry.impact if part.name == "fit")


def test_the_topics_lift_is_a_part_of_its_own_and_shown_with_its_interval(matcher: Matcher) -> None:
    """The creator's own posts had twice their usual views; whose posts are not like the brief has a lift of one."""
    contents = with_levels(matcher)._contents
    away = np.full(contents.posts.height, np.float32(np.log(2.0)))
    lift = TopicLift(np.empty(0, np.int64), np.empty(0, np.float32), away, 1.0, 0.5, 0.3, used=True)
    lifted = Matcher(
        matcher.manifest, replace(contents, forecast=forecast_of(rows_of(matcher), lift)), MatcherSettings()
    )
    for by in ("impact", "expected"):
        ranked = dict(lifted.rank([BRIEF], ALL, by)[0])
        for entry in lifted.shortlist(BRIEF, ALL, by).entries:
            if entry.reach is None:
                continue
            parts = {part.name: part for part in entry.impact}
            assert sum(part.value for part in entry.impact) == pytest.approx(ranked[entry.creator_id], abs=1e-6)
            assert parts["topic_lift"].multiplier == pytest.approx(entry.reach.lift.p50)
            assert entry.reach.lift.p10 < entry.reach.lift.p50 < entry.reach.lift.p90
    found = lifted.shortlist(BRIEF, ALL)
    assert 1.2 < entry_of(found, "dvc").impact[1].multiplier <= 2.0


# --- too little data


def test_too_little_data_is_said_with_its_cure_and_stands_below_everybody_else(matcher: Matcher) -> None:
    huge = with_levels(matcher, xe=40.0)
    for by in ("impact", "expected"):
        found = huge.shortlist(BRIEF, ALL, by)
        assert set(names(found)[-4:]) == {*UNKNOWN["few_posts"], *UNKNOWN["no_views"]}
        for state, creators in UNKNOWN.items():
            for name in creators:
                entry = entry_of(found, name)
                assert (entry.state, entry.reach, entry.impact, entry.tie) == (state, None, (), None)
        last = [entry.score for entry in found.entries[-4:]]
        assert last == sorted(last, reverse=True)  # among themselves by fit


def test_each_state_has_a_reason_and_a_cure_in_both_languages() -> None:
    assert set(STATES) == {"ok", "no_views", "few_posts"}
    for state in ("no_views", "few_posts"):
        vi, en = STATES[state]
        assert "chưa đủ dữ liệu" in vi
        assert "hãy nhập" in vi
        assert "too little data" in en
        assert "import" in en
    assert {"audience_guessed", "audience_conflict", "odd_attention"} <= set(AGAINST)
    assert all(vi and en and vi != en for vi, en in AGAINST.values())


def test_without_any_views_the_list_is_by_fit_and_says_why(matcher: Matcher) -> None:
    found = matcher.shortlist(BRIEF, ALL)
    assert {entry.state for entry in found.entries} == {"no_views"}
    assert names(found) == names(matcher.shortlist(BRIEF, ALL, "fit"))


def test_a_platform_or_format_without_views_is_a_state_not_a_zero(viewed: Matcher) -> None:
    found = viewed.shortlist(Brief(TITLE, platforms=("youtube",)), ALL)
    assert {entry.creator_id for entry in found.entries} == set(ON_YOUTUBE)
    assert {entry.reach.platform for entry in found.entries if entry.reach} == {"youtube"}
    lonely = with_forecasts(viewed, [row(row_of(viewed, "dvc"), 9.0, format="live")])
    entry = entry_of(lonely.shortlist(Brief(TITLE, formats=("video",)), ALL), "dvc")
    assert (entry.state, entry.reach) == ("no_views", None)


# --- ties


def test_twins_share_a_group_and_far_ones_do_not(matcher: Matcher) -> None:
    levels = {name: 9.0 - 2.0 * n for n, name in enumerate(ON_TIKTOK)} | {"bep": 9.0, "dvc": 9.0}
    contents = with_levels(matcher, **levels)._contents
    twins = Matcher(matcher.manifest, contents, MatcherSettings(fit_weight=0.0)).shortlist(BRIEF, ALL)
    assert entry_of(twins, "bep").tie == entry_of(twins, "dvc").tie == 1
    assert entry_of(twins, "chay").tie != 1
    groups = [entry.tie for entry in twins.entries if entry.tie is not None]
    assert groups == sorted(groups)
    assert set(np.diff(groups).tolist()) == {0, 1}


def test_who_is_far_behind_is_never_tied(viewed: Matcher, matcher: Matcher) -> None:
    far = with_levels(matcher, dvc=14.0, bep=2.0).shortlist(BRIEF, ALL)
    assert entry_of(far, "dvc").tie == 1
    assert (entry_of(far, "bep").tie or 0) > 1


# --- nothing hidden


def test_a_flag_is_told_and_changes_no_place(matcher: Matcher, viewed: Matcher) -> None:
    odd = {"creator": row_of(matcher, "dvc"), "platform": "tiktok", "signal": "few_likes", "value": 0.001}
    numbers = {"posts": 20, "group": "tiktok/2", "group_median": 0.05, "group_size": 30, "deviation": 9.0}
    attention = pl.DataFrame([odd | numbers], schema=matcher._contents.attention.schema)
    flagged = with_forecasts(matcher, rows_of(matcher), attention=attention)
    for by in ORDERS:
        assert places(flagged, by) == places(viewed, by)
    entry = entry_of(flagged.shortlist(BRIEF, ALL), "dvc")
    assert entry.flags[0].signal == "few_likes"
    assert "odd_attention" in entry.against
    assert entry.value == entry_of(viewed.shortlist(BRIEF, ALL), "dvc").value


def test_a_cost_is_told_only_with_a_rate(matcher: Matcher) -> None:
    creators = matcher._contents.creators.with_columns(
        rate_vnd_per_post=pl.when(pl.col("creator_id") == "dvc")
        .then(2_000_000)
        .when(pl.col("creator_id") == "bep")
        .then(0)
    )
    found = with_forecasts(matcher, rows_of(matcher), creators=creators).shortlist(BRIEF, ALL)
    for entry in found.entries:
        if entry.reach is None:
            continue
        cost = entry.reach.cost_per_thousand_vnd
        if entry.creator_id == "dvc":
            assert cost == pytest.approx(2_000_000 / entry.reach.expected * 1000)
        else:
            assert cost == (0.0 if entry.creator_id == "bep" else None)


def test_where_the_audience_is_guessed_or_contradicted_it_is_said(viewed: Matcher, matcher: Matcher) -> None:
    audience = matcher._contents.audience
    at = row_of(matcher, "dvc")
    mine = audience.creators == at
    told = replace(
        audience,
        source=np.where(mine, np.int8(0), audience.source),
        conflict=np.where(mine, 9.0, audience.conflict),
        sample_size=np.where(mine, 1234.0, audience.sample_size),
    )
    entry = entry_of(with_forecasts(matcher, rows_of(matcher), audience=told).shortlist(BRIEF, ALL), "dvc")
    assert entry.reach is not None
    assert (entry.reach.source, entry.reach.sample_size, entry.reach.conflict) == ("platform", 1234, 9.0)
    assert "audience_conflict" in entry.against
    assert "audience_guessed" not in entry.against
    guessed = entry_of(viewed.shortlist(BRIEF, ALL), "dvc")
    assert "audience_guessed" in guessed.against
    assert guessed.reach is not None
    assert guessed.reach.sample_size is guessed.reach.conflict is None


def test_a_jump_of_views_is_told_with_the_list(matcher: Matcher) -> None:
    rows = [("tiktok", "video", "2026-06", 90, 0.1, 0.02, None), ("tiktok", "video", "2026-07", 90, 0.8, 0.02, 0.7)]
    months = pl.DataFrame(rows, schema=MONTH_SCHEMA, orient="row")
    contents = replace(with_levels(matcher)._contents, forecast=forecast_of(rows_of(matcher), months=months))
    (shift,) = Matcher(matcher.manifest, contents, MatcherSettings()).shortlist(BRIEF, 1).shifts
    assert (shift.platform, shift.format, shift.month) == ("tiktok", "video", "2026-07")
    assert shift.factor == pytest.approx(math.exp(0.7))


# --- the answer as data


def refuse(constant: str) -> float:
    raise AssertionError(f"{constant} in JSON")


@pytest.mark.parametrize("by", ORDERS)
@pytest.mark.parametrize("level", [0.0, 9.0, 43.6])
def test_json_has_no_nan_and_no_infinity(matcher: Matcher, by: str, level: float) -> None:
    odd = with_levels(matcher, **dict.fromkeys(LISTED, level))
    for brief in (BRIEF, Brief(TITLE, age_min=0, age_max=5), Brief(TITLE, age_min=90, age_max=120)):
        said = json.dumps(shortlist_json(odd.shortlist(brief, ALL, by)), ensure_ascii=False)
        answer = json.loads(said, parse_constant=refuse)
        assert len(answer["entries"]) == ALL


@pytest.mark.parametrize(
    "brief",
    [
        Brief(TITLE, age_min=30, age_max=16),
        Brief(TITLE, provinces=("atlantis",)),
        Brief(TITLE, provinces=("hcmc", "?")),
    ],
)
def test_a_target_that_is_none_is_refused_in_both_languages(viewed: Matcher, brief: Brief) -> None:
    with pytest.raises(BriefRefused) as refused:
        viewed.shortlist(brief, 3)
    assert refused.value.vi
    assert refused.value.en


def test_provinces_may_be_mixed_and_named_in_any_way(viewed: Matcher) -> None:
    one = viewed.shortlist(Brief(TITLE, provinces=("hcmc", "Đồng Nai")), ALL)
    other = viewed.shortlist(Brief(TITLE, provinces=("dong_nai", "hcmc", "hcmc")), ALL)
    assert [(e.creator_id, e.value) for e in one.entries] == [(e.creator_id, e.value) for e in other.entries]


def test_forecasts_of_everybody_are_a_table(viewed: Matcher) -> None:
    table = viewed.forecast(Target((16, 30), ("hcmc",)))
    assert table.height == ALL - 2
    assert set(table.columns) == {
        "creator_id",
        "platform",
        "format",
        "posts",
        "state",
        "source",
        "views",
        "share",
        "reach",
    }
    assert table.filter(pl.col("state") == "few_posts")["creator_id"].sort().to_list() == ["hoc", "xe"]
    for name in ("views", "share", "reach"):
        points = np.array(table[name].to_list())
        assert (np.diff(points) >= 0).all()
        assert np.isfinite(points).all()

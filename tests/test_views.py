"""Views as they can be compared: grown to the end, by presence, against the posts before; missing is missing."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from features.views import (
    GROWTH_DAYS,
    PRIOR_POSTS,
    RECENT,
    SETTLED_DAYS,
    WINDOW,
    Growth,
    history,
    row_fading,
    row_means,
    row_quantiles,
    row_spreads,
)
from tests.viewed_world import START, Doubles, frame, post, simulated, start, viewings
from training.view_effects import DEFAULT_GROWTH
from training.viewing import last_seen, viewings_of

CURVE = Growth((0.3, 0.3, 0.4, 0.2, 0.1, 0.1, 0.2, 0.1))
gains = st.lists(st.floats(0.0, 2.0), min_size=len(GROWTH_DAYS) - 1, max_size=len(GROWTH_DAYS) - 1).map(tuple)
some_nan = arrays(np.float64, (4, 7), elements=st.one_of(st.floats(-30, 30), st.just(np.nan)))


# --- growth


def test_views_of_a_day_are_what_the_curve_leaves_to_come() -> None:
    assert_allclose(CURVE.log_part(np.array([64.0, 32.0, 1.0])), [-0.1, -0.3, -1.4])
    assert CURVE.log_part(np.array([SETTLED_DAYS, 4000.0, np.nan])).tolist() == [0.0, 0.0, 0.0]


@given(gains, st.lists(st.floats(-10.0, 1000.0), min_size=2, max_size=2).map(sorted))
def test_an_older_reading_never_has_more_to_come(gains: tuple[float, ...], days: list[float]) -> None:
    younger, older = Growth(gains).log_part(np.array(days)).tolist()
    assert -sum(gains) - 1e-9 <= younger <= older <= 0.0


def test_the_same_post_settles_to_the_same_views_whenever_it_was_read() -> None:
    parts = np.exp(CURVE.log_part(np.array([2.0, 30.0, 90.0])))
    rows = [
        post(f"c{n}", 0, int(100_000 * part), observed_at=START + timedelta(days=days))
        for n, (part, days) in enumerate(zip(parts, (2.0, 30.0, 90.0), strict=True))
    ]
    assert_allclose(viewings(rows).settled({"tiktok": CURVE}), np.log(100_000), atol=1e-4)


def test_a_platform_without_a_curve_is_taken_as_it_is() -> None:
    seen = viewings([post("a", 0, 999, observed_at=START + timedelta(days=2))])
    assert_allclose(seen.settled({"youtube": CURVE}), np.log(1000))


# --- which posts, in which order


def test_a_post_without_views_is_left_out_and_zero_views_are_zero() -> None:
    seen = viewings([post("a", 0, None), post("a", 1, 0), post("b", 0, None)])
    assert seen.post_ids.tolist() == ["a-tiktok-0001"]
    assert seen.log_views.tolist() == [0.0]
    assert seen.presences["creator"].to_list() == [0]


def test_a_later_reading_without_views_does_not_undo_an_earlier_one() -> None:
    posts = frame([post("a", 0, None, likes=9), post("a", 1, 70), post("a", 2, None)])
    read = [
        {"post_id": "a-tiktok-0000", "observed_at": start(20), "views": 400, "likes": 4, "shares": None},
        {"post_id": "a-tiktok-0000", "observed_at": start(40), "views": 500, "likes": 5, "shares": None},
        {"post_id": "a-tiktok-0000", "observed_at": start(120), "views": None, "likes": 9, "shares": None},
        {"post_id": "a-tiktok-0001", "observed_at": start(5), "views": 60, "likes": None, "shares": None},
    ]
    schema = {name: frame([]).schema[name] for name in ("post_id", "observed_at", "views", "likes", "shares")}
    found = last_seen(posts, pl.DataFrame(read, schema=schema))
    assert found.columns == posts.columns
    assert found["views"].to_list() == [500, 70, None]
    assert found["likes"].to_list() == [5, None, None]
    assert found["observed_at"].to_list()[:2] == [start(40), posts["observed_at"][1]]


def test_who_may_not_be_listed_is_not_looked_at() -> None:
    posts = frame([post("a", 0, 5), post("b", 0, 5)])
    creators = pl.DataFrame({"creator_id": ["a", "b"], "excluded": [None, "minor"]})
    nobody = pl.DataFrame(schema={"creator_id": pl.String(), "platform": pl.String(), "followers": pl.Int64()})
    kinds = pl.DataFrame({"creator_id": ["a"], "kind": ["press"]})
    seen = viewings_of(posts, nobody, kinds, creators)
    assert seen.presences.rows() == [(0, "tiktok", None, "press")]


def test_rows_may_come_in_any_order() -> None:
    rows = simulated(np.random.default_rng(1), creators=5, posts=6)
    rows += [row | {"platform": "youtube", "post_id": row["post_id"] + "y"} for row in rows[:9]]
    mixed = random.Random(3).sample(rows, len(rows))
    one, other = viewings(rows), viewings(mixed)
    assert one.presences.equals(other.presences)
    for name in ("post_ids", "presence", "formats", "days", "months", "seen_after", "log_views"):
        assert_array_equal(getattr(one, name), getattr(other, name))
    assert (np.diff(one.presence) >= 0).all()
    assert all((np.diff(one.days[one.presence == p]) >= 0).all() for p in range(one.n_presences))


def test_a_month_is_that_of_ho_chi_minh_city() -> None:
    late = datetime(2026, 1, 31, 17, 30, tzinfo=UTC)  # 00:30 of the first of February there
    assert viewings([post("a", 0, 5, published_at=late)]).months.tolist() == [2026 * 12 + 1]


def test_what_is_not_known_is_nan_never_zero() -> None:
    seen = viewings([post("a", 0, 99, observed_at=None, likes=None, shares=9)])
    assert np.isnan(seen.seen_after[0])
    assert np.isnan(seen.likes[0])
    assert seen.shares[0] == pytest.approx(np.log(10 / 100))


@pytest.mark.parametrize("form", [None, "hologram"])
def test_a_format_that_nobody_knows_is_its_own_code(form: str | None) -> None:
    seen = viewings([post("a", 0, 5, format=form), post("a", 1, 5, format="video")])
    assert seen.formats[0] == seen.formats.max() > seen.formats[1]


# --- history


def test_the_level_is_the_mean_of_the_last_posts_and_of_peers_as_two_posts() -> None:
    seen = viewings([post("a", n, 10) for n in range(30)] + [post("b", n, 10) for n in range(3)])
    values = np.arange(33.0)
    asked = np.array([29, 31, 30])  # the last of the first creator; the second and the first post of the other
    before = history(values, seen, np.array([0, 1, 1]), asked, seen.days[asked], np.full(3, 100.0))
    mean = values[29 - RECENT : 29].mean()
    assert before.level[0] == pytest.approx((RECENT * mean + PRIOR_POSTS * 100) / (RECENT + PRIOR_POSTS))
    assert before.level[1] == pytest.approx((30 + PRIOR_POSTS * 100) / (1 + PRIOR_POSTS))
    assert before.level[2] == 100.0
    assert before.counts.tolist() == [29, 1, 0]
    assert before.gaps[0, -1] == pytest.approx(1.0)
    assert before.posts.shape == (3, WINDOW)


def test_a_post_that_does_not_count_is_as_if_it_were_not_there() -> None:
    rows = [post("a", n, 10 + n) for n in range(6)]
    with_it, without = viewings(rows), viewings(rows[:2] + rows[3:])
    values = with_it.log_views.copy()
    values[2] = np.nan
    one = history(values, with_it, np.array([0]), np.array([6]), np.array([1e5]), np.array([3.0]))
    other = history(without.log_views, without, np.array([0]), np.array([5]), np.array([1e5]), np.array([3.0]))
    assert_array_equal(one.features(), other.features())


def test_nothing_known_of_anybody_leaves_the_peers() -> None:
    seen = viewings([post("a", n, 10) for n in range(3)])
    before = history(np.full(3, np.nan), seen, np.array([0]), np.array([3]), np.array([1e5]), np.array([7.0]))
    assert before.level.tolist() == [7.0]
    assert before.counts.tolist() == [0]


def test_what_comes_after_the_moment_changes_nothing() -> None:
    seen = viewings([post("a", n, 10 + n) for n in range(8)])
    values, later = seen.log_views.copy(), seen.log_views.copy()
    later[5:] += 9.0
    told = [history(v, seen, np.array([0]), np.array([5]), np.array([1e5]), np.array([7.0])) for v in (values, later)]
    assert_array_equal(told[0].features(), told[1].features())


@given(some_nan)
def test_rows_are_summed_up_over_what_is_known(values: Doubles) -> None:
    means, spreads, points = row_means(values), row_spreads(values), row_quantiles(values, (0.0, 0.3, 1.0))
    for row, own in enumerate(values):
        known = own[np.isfinite(own)]
        if not len(known):
            assert np.isnan([means[row], spreads[row], *points[row]]).all()
            continue
        assert means[row] == pytest.approx(known.mean())
        assert_allclose(points[row], np.quantile(known, (0.0, 0.3, 1.0)), atol=1e-9)
        expected = known.std(ddof=1) if len(known) > 1 else np.nan
        assert spreads[row] == pytest.approx(expected, abs=1e-6, nan_ok=True)


@given(some_nan)
def test_a_fading_mean_is_drawn_to_zero_and_none_is_zero(values: Doubles) -> None:
    faded = row_fading(values, np.tile(np.arange(7.0), (4, 1)), 3.0)
    known = np.isfinite(values)
    highest = np.abs(np.where(known, values, 0.0)).max(axis=1)
    assert (np.abs(faded) <= highest + 1e-9).all()
    assert (faded[~known.any(axis=1)] == 0.0).all()


def test_the_default_curve_never_falls() -> None:
    assert len(DEFAULT_GROWTH.gains) == len(GROWTH_DAYS) - 1
    assert min(DEFAULT_GROWTH.gains) >= 0.0

"""What moves everybody's views is found where it was planted and nowhere else, and taken out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose
from scipy.stats import kendalltau

from features.views import FORMAT_CODES, GROWTH_DAYS, Growth
from tests.viewed_world import OBSERVATIONS, START, Moved, nothing_read_again, post, simulated, viewings
from training.view_effects import DEFAULT_GROWTH, Effects, fit_effects, fit_growth, peer_levels
from training.views_fit import comparable

CURVE = Growth((0.1, 0.1, 0.1, 0.1, 0.1, 0.6, 0.6, 0.3))  # slow at first, unlike the default
JULY = datetime(2026, 7, 1, tzinfo=UTC)
Rows = Sequence[Mapping[str, Any]]


def doubled_from_july(at: datetime) -> float:
    return float(np.log(2.0)) if at >= JULY else 0.0


def effects_of(rows: Rows) -> Effects:
    seen = viewings(rows)
    return fit_effects(seen, seen.log_views)


def jumps(effects: Effects) -> list[tuple[str, str]]:
    return effects.table().drop_nulls("change").select("platform", "month").rows()


def levels(rows: Rows) -> list[float]:
    """Mean comparable log views by presence."""
    seen = viewings(rows)
    values = comparable(seen, nothing_read_again()).values
    return [float(np.nanmean(values[seen.presence == row])) for row in range(seen.n_presences)]


# --- growth


def read_at(rows: Rows, days: Sequence[float]) -> list[dict[str, Any]]:
    """The same posts, read at one of the ages in turn, their views grown along `CURVE` until then."""
    read = []
    for number, row in enumerate(rows):
        age = days[number % len(days)]
        part = float(np.exp(CURVE.log_part(np.array([age]))[0]))
        read.append(dict(row) | {"views": int(row["views"] * part), "observed_at": row["published_at"] + age * DAY})
    return read


DAY = timedelta(days=1)


def test_growth_is_read_off_posts_that_were_read_twice() -> None:
    rows = simulated(np.random.default_rng(0), creators=20, posts=20)
    first, last = read_at(rows, (1.5, 5.0, 12.0, 20.0)), read_at(rows, (10.0, 30.0, 40.0, 100.0))
    again = pl.DataFrame([{n: row[n] for n in OBSERVATIONS} for row in (*first, *last)], schema=OBSERVATIONS)
    found = fit_growth(viewings(last), again)["tiktok"]
    days = np.array([2.0, 10.0, 20.0, 40.0])
    assert_allclose(found.log_part(days), CURVE.log_part(days), atol=0.1)
    assert np.abs(DEFAULT_GROWTH.log_part(days) - CURVE.log_part(days)).max() > 0.4


def test_growth_is_else_read_off_young_posts_against_old_ones_of_the_same_creator() -> None:
    rows = read_at(
        simulated(np.random.default_rng(0), creators=60, posts=30, noise=0.5), (2.0, 10.0, 30.0, 90.0, 200.0)
    )
    found = fit_growth(viewings(rows), nothing_read_again())["tiktok"]
    days = np.array([2.0, 10.0, 30.0])
    assert_allclose(found.log_part(days), CURVE.log_part(days), atol=0.15)


def test_growth_is_the_usual_one_where_nothing_shows_it() -> None:
    rows = simulated(np.random.default_rng(0), creators=5, posts=5)
    assert fit_growth(viewings(rows), nothing_read_again()) == {"tiktok": DEFAULT_GROWTH}


def test_a_platform_has_its_own_growth() -> None:
    rows = read_at(simulated(np.random.default_rng(0), creators=40), (2.0, 10.0, 30.0, 90.0, 200.0))
    others = simulated(np.random.default_rng(1), creators=5, posts=5, platform="youtube")
    found = fit_growth(viewings([*rows, *others]), nothing_read_again())
    assert found["youtube"] == DEFAULT_GROWTH != found["tiktok"]


def test_readings_a_moment_apart_or_falling_tell_no_growth() -> None:
    rows = simulated(np.random.default_rng(0), creators=10, posts=20)
    apart = [
        row | {"observed_at": row["observed_at"] + timedelta(minutes=5), "views": row["views"] * 3} for row in rows
    ]
    fewer = [row | {"observed_at": row["observed_at"] + timedelta(days=9), "views": row["views"] // 3} for row in rows]
    for later in (apart, fewer):
        again = pl.DataFrame([{n: row[n] for n in OBSERVATIONS} for row in (*rows, *later)], schema=OBSERVATIONS)
        assert fit_growth(viewings(rows), again) == {"tiktok": DEFAULT_GROWTH}


def test_nobody_is_taken_for_weak_who_was_read_young() -> None:
    rows = simulated(np.random.default_rng(4), creators=60, posts=20)
    found = levels(read_at(rows, (3.0, 15.0, 40.0, 95.0)))
    young = [row for row in rows if row["creator_id"] < "c030"]
    old = [row for row in rows if row["creator_id"] >= "c030"]
    mixed = levels([*read_at(young, (3.0, 3.0, 15.0, 95.0)), *read_at(old, (95.0,))])
    raw = viewings([*read_at(young, (3.0, 3.0, 15.0, 95.0)), *read_at(old, (95.0,))]).log_views
    truth = np.array(levels(rows))
    assert np.mean(np.array(found) - truth) == pytest.approx(0.0, abs=0.15)
    assert np.mean((np.array(mixed) - truth)[:30]) == pytest.approx(0.0, abs=0.2)
    assert np.mean(raw[: 30 * 20]) < np.mean(viewings(rows).log_views[: 30 * 20]) - 0.5  # as they were read: weak


# --- sudden changes


def test_a_jump_is_found_in_its_month_with_its_size() -> None:
    found = effects_of(simulated(np.random.default_rng(0), moved=doubled_from_july))
    assert jumps(found) == [("tiktok", "2026-07")]
    assert not found.jumps()[0, :, -1].any()
    assert np.exp(-found.jumps()[0, FORMAT_CODES["video"], 0]) == pytest.approx(2.0, rel=0.2)


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_it_is_taken_out_so_that_creators_keep_their_order(factor: float) -> None:
    """Half of the creators stopped before the jump: by raw views the others would seem stronger, or weaker."""

    def world(size: float) -> list[dict[str, Any]]:
        rows = simulated(np.random.default_rng(2), creators=60, moved=lambda at: size if at >= JULY else 0.0)
        return [row for row in rows if row["creator_id"] >= "c030" or row["published_at"] < JULY]

    size = float(np.log(factor))
    with_jump, without = levels(world(size)), levels(world(0.0))
    assert kendalltau(with_jump, without).statistic >= 0.9
    seen = viewings(world(size))
    raw = [float(seen.log_views[seen.presence == row].mean()) for row in range(seen.n_presences)]
    assert kendalltau(raw, without).statistic < kendalltau(with_jump, without).statistic


def in_formats(rows: Rows, images: int, moved: str) -> list[dict[str, Any]]:
    """The same posts, one in `images` an image; from July on those in the format `moved` had twice the views."""
    told = []
    for number, row in enumerate(rows):
        form = "image" if number % images == 0 else "video"
        lift = 2 if row["published_at"] >= JULY and form == moved else 1
        told.append(dict(row) | {"format": form, "views": row["views"] * lift})
    return told


@pytest.mark.parametrize(("moved", "still"), [("video", "image"), ("image", "video")])
def test_a_format_can_move_alone(moved: str, still: str) -> None:
    rows = simulated(np.random.default_rng(0), creators=80, posts=60)
    found = effects_of(in_formats(rows, 2, moved))
    taken = np.exp(-found.jumps()[0, :, 0])
    assert taken[FORMAT_CODES[moved]] == pytest.approx(2.0, rel=0.2)
    assert taken[FORMAT_CODES[still]] == 1.0
    assert found.table().drop_nulls("change").select("format", "month").rows() == [(moved, "2026-07")]


def test_a_format_that_few_post_in_goes_with_its_platform() -> None:
    rows = in_formats(simulated(np.random.default_rng(0), creators=60), 200, "video")
    found = effects_of(rows)
    taken = np.exp(-found.jumps()[0, :, 0])
    assert taken[FORMAT_CODES["image"]] == taken[FORMAT_CODES["live"]] == pytest.approx(2.0, rel=0.2)


def test_other_people_from_july_on_are_no_jump() -> None:
    """Two crawls, the second of what was trending: a few were in both, and had more views in it."""
    rows = simulated(np.random.default_rng(0), creators=60, moved=lambda at: 4.0 * doubled_from_july(at))
    first, second = {f"c{number:03d}" for number in range(33)}, {f"c{number:03d}" for number in range(28, 60)}
    crawled = [row for row in rows if row["creator_id"] in (second if row["published_at"] >= JULY else first)]
    assert jumps(effects_of(crawled)) == []


def test_what_changed_while_nobody_looked_is_no_jump() -> None:
    rows = simulated(np.random.default_rng(0), moved=doubled_from_july)
    assert jumps(effects_of([row for row in rows if not JULY - 31 * DAY <= row["published_at"] < JULY])) == []


def test_a_slow_drift_is_no_jump() -> None:
    drifting = simulated(np.random.default_rng(0), creators=80, moved=lambda at: (at - START).days / 365 * np.log(3.0))
    assert jumps(effects_of(drifting)) == []


@pytest.mark.parametrize("seed", range(5))
def test_chance_is_no_jump(seed: int) -> None:
    assert jumps(effects_of(simulated(np.random.default_rng(seed), creators=20, noise=1.2))) == []


def test_platforms_do_not_disturb_each_other() -> None:
    rng = np.random.default_rng(0)
    moved: Mapping[str, Moved] = {"facebook": lambda at: 0.0, "tiktok": doubled_from_july, "youtube": lambda at: 0.0}
    rows = [row for platform, by in moved.items() for row in simulated(rng, platform=platform, moved=by)]
    together = effects_of(rows)
    assert jumps(together) == [("tiktok", "2026-07")]
    for code, platform in enumerate(together.platforms):
        alone = effects_of([row for row in rows if row["platform"] == platform])
        assert_allclose(together.platform_months.values[code], alone.platform_months.values[0], atol=0.05)


def test_a_platform_of_which_nothing_counts_leaves_the_others_as_they_are() -> None:
    rows = simulated(np.random.default_rng(0), moved=doubled_from_july)
    early = [post("zz", n, 50, platform="youtube", observed_at=START + timedelta(days=n, hours=2)) for n in range(8)]
    alone, seen = effects_of(rows), viewings([*rows, *early])
    beside = comparable(seen, nothing_read_again()).effects
    assert_allclose(beside.platform_months.values[0], alone.platform_months.values[0], atol=1e-9)
    assert beside.platform_months.posts[1].sum() == 0
    assert beside.table()["platform"].unique().to_list() == ["tiktok"]


def test_creators_of_a_single_post_hide_no_jump() -> None:
    """A post that is its creator's only one is its own level, and says nothing of a month."""
    rng = np.random.default_rng(0)
    rows = simulated(rng, moved=doubled_from_july)
    strangers = [
        post(f"s{n:04d}", 0, int(rng.lognormal(9, 1.5)), published_at=START + timedelta(days=float(rng.random() * 330)))
        for n in range(4000)
    ]
    found = effects_of([*rows, *strangers])
    assert jumps(found) == [("tiktok", "2026-07")]
    assert np.exp(-found.jumps()[0, FORMAT_CODES["video"], 0]) == pytest.approx(2.0, rel=0.2)


def test_one_post_seen_by_millions_moves_no_month() -> None:
    rows = simulated(np.random.default_rng(0))
    rows[5]["views"] = 10**12
    assert jumps(effects_of(rows)) == []


def test_a_format_that_is_seen_less_is_found_and_taken_out() -> None:
    rng = np.random.default_rng(0)
    rows = [
        row | {"format": form, "views": int(row["views"] * (0.4 if form == "image" else 1.0))}
        for row in simulated(rng)
        for form in [("image", "video")[int(rng.integers(2))]]
    ]
    found = effects_of(rows)
    image, video = (found.formats[0, FORMAT_CODES[name]] for name in ("image", "video"))
    assert image - video == pytest.approx(np.log(0.4), abs=0.15)
    seen = viewings(rows)
    left = seen.log_views - found.of(seen)
    of_image = seen.formats == FORMAT_CODES["image"]
    assert left[of_image].mean() - left[~of_image].mean() == pytest.approx(0.0, abs=0.2)


def test_without_a_post_there_are_no_effects() -> None:
    found = effects_of([])
    assert found.table().height == 0


# --- peers


def test_peers_of_a_size_suggest_a_level() -> None:
    rng = np.random.default_rng(0)
    followers = {f"c{n:03d}": int(10 ** rng.uniform(2, 6)) for n in range(60)}
    rows = [post(c, n, int(followers[c] * rng.lognormal(-1, 0.5))) for c in followers for n in range(8)]
    rows += [post("small", 0, 5), post("large", 0, 5)]
    seen = viewings(rows, followers | {"small": 200, "large": 800_000})
    values = seen.log_views.copy()
    values[seen.presence >= 60] = np.nan  # of these two nothing is known but their followers
    large, small = peer_levels(seen, values)[60:]
    assert small == pytest.approx(np.log(200) - 1, abs=0.5)
    assert large == pytest.approx(np.log(800_000) - 1, abs=0.5)


def test_followers_that_nobody_knows_are_neither_few_nor_many() -> None:
    rows = simulated(np.random.default_rng(0), creators=30, posts=6)
    told = {f"c{n:03d}": 10 ** (2 + n % 5) for n in range(29)}
    seen = viewings(rows, told)
    unknown, middle = peer_levels(seen, seen.log_views)[-1], seen.log_views.mean()
    assert unknown == pytest.approx(middle, abs=1.0)
    assert np.isfinite(peer_levels(viewings(rows), seen.log_views)).all()
    assert np.isfinite(peer_levels(viewings(rows, dict.fromkeys(told, 0)), seen.log_views)).all()


def test_the_curve_has_a_gain_for_each_stretch() -> None:
    assert len(CURVE.gains) == len(GROWTH_DAYS) - 1

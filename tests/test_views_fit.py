"""Forecasts of views: they hold what they promise, know what they do not know, and no odd catalogue breaks them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from threadpoolctl import threadpool_limits

import training.views_fit
from models.forecast import LEAST_POSTS, ROWS, ViewsForecast
from tests.viewed_world import no_progress, nothing_read_again, post, simulated, start, viewings, wordless
from training.view_effects import fit_growth
from training.views_fit import fit_views

Rows = Sequence[Mapping[str, Any]]
HUGE: Final = 9_000_000_000_000_000_000  # of 64 bits
FEW_TREES: Final = training.views_fit._TREES | {"max_iter": 20}


@pytest.fixture(autouse=True)
def few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same models, smaller: what is tested holds of any."""
    monkeypatch.setattr(training.views_fit, "_TREES", FEW_TREES)
    monkeypatch.setattr(training.views_fit, "_BAGS", 1)


def fitted(rows: Rows, followers: Mapping[str, int] | None = None) -> tuple[ViewsForecast, dict[str, float]]:
    seen, rng = viewings(rows, followers), np.random.default_rng(0)
    return fit_views(seen, nothing_read_again(), wordless(rows, seen), len(rows), rng, no_progress)


@cache
def _crowd() -> tuple[Mapping[str, Any], ...]:
    return tuple(simulated(np.random.default_rng(1), creators=20, posts=20))


def rows_of(rows: Rows, followers: Mapping[str, int] | None = None) -> pl.DataFrame:
    return fitted(rows, followers)[0].rows


def read_after(rows: Rows, **delay: float) -> list[dict[str, Any]]:
    return [dict(row) | {"observed_at": row["published_at"] + timedelta(**delay)} for row in rows]


def crowd(**given: Any) -> list[dict[str, Any]]:
    """Four hundred posts of twenty creators."""
    return [dict(row) | given for row in _crowd()]


# --- odd catalogues: each is fitted without a warning, to points that are finite and in order

ODD: Final[Mapping[str, Callable[[], Rows]]] = {
    "no views at all": lambda: [post("a", n, None) for n in range(5)],
    "three posts": lambda: [post("a", n, 100 * n) for n in range(3)],
    "all views zero": lambda: crowd(views=0),
    "views astronomically large": lambda: crowd(views=HUGE),
    "one creator": lambda: simulated(np.random.default_rng(1), creators=1, posts=300),
    "one post each": lambda: simulated(np.random.default_rng(1), creators=300, posts=1),
    "posts of one moment": lambda: crowd(published_at=start(0)),
    "half of the posts on the last day": lambda: [
        row | {"published_at": min(row["published_at"], start(30))} for row in crowd()
    ],
    "everything read within hours": lambda: read_after(crowd(), hours=3),
    "read before it was published": lambda: read_after(crowd(), days=-3),
    "one platform read within hours": lambda: [
        *crowd(),
        *read_after([post("zz", n, 100, platform="youtube") for n in range(8)], hours=3),
    ],
    "never said when read": lambda: crowd(observed_at=None),
    "no format known": lambda: crowd(format=None),
    "a format that is none": lambda: crowd(format="hologram"),
    "no likes, no shares": lambda: crowd(likes=None, shares=None),
    "more likes than views": lambda: crowd(likes=HUGE, shares=0),
    "from year 1 to year 8001": lambda: [
        row | {"observed_at": None, "published_at": start(n).replace(year=1 + 4000 * (n % 3))}
        for n, row in enumerate(crowd())
    ],
}


@pytest.mark.parametrize("world", ODD)
def test_an_odd_catalogue_is_forecast_or_not_but_breaks_nothing(world: str) -> None:
    forecast, metrics = fitted(ODD[world]())
    points = forecast.quantiles()
    assert forecast.rows.schema == pl.Schema(ROWS)
    assert np.isfinite(points).all()
    assert (np.diff(points, axis=1) >= 0).all()
    assert np.isfinite(forecast.rows["level_error"].to_numpy()).all()
    assert np.isfinite(list(metrics.values())).all()


@pytest.mark.parametrize("followers", [0, 10**15])
def test_followers_that_are_none_or_too_many_break_nothing(followers: int) -> None:
    found = rows_of(crowd(), {f"c{n:03d}": followers for n in range(20)})
    assert np.isfinite(found.select("p10", "p50", "p90").to_numpy()).all()


def test_without_a_post_there_is_no_forecast() -> None:
    forecast, metrics = fitted([])
    assert forecast.rows.height == forecast.months.height == 0
    assert metrics == {}


# --- what is promised


def test_four_of_five_unseen_posts_lie_in_their_interval_however_few_came_before() -> None:
    """Creators with 24 known posts and others with three; the next post of each is not shown."""
    inside: dict[bool, list[bool]] = {True: [], False: []}
    width: dict[bool, list[float]] = {True: [], False: []}
    for seed in range(3):
        rng = np.random.default_rng(seed)
        many, few = simulated(rng, creators=50, posts=25), simulated(rng, creators=150, posts=4)
        rows = [*many, *(row | {name: f"n{row[name]}" for name in ("creator_id", "post_id")} for row in few)]
        last = {row["creator_id"]: row for row in rows}
        found = rows_of([row for row in rows if row is not last[row["creator_id"]]])
        views = np.array([np.log1p(last[creator]["views"]) for creator in sorted(last)])
        for p10, p90, posts, seen in zip(*(found[n].to_list() for n in ("p10", "p90", "posts")), views, strict=True):
            inside[posts < LEAST_POSTS].append(p10 <= seen <= p90)
            width[posts < LEAST_POSTS].append(p90 - p10)
    assert 0.76 <= np.mean([*inside[True], *inside[False]]) <= 0.84
    assert 0.7 <= np.mean(inside[True]) <= 0.88
    assert 0.7 <= np.mean(inside[False]) <= 0.88
    assert np.mean(width[True]) > np.mean(width[False])


def test_the_middle_is_the_creators_own_level() -> None:
    rows = simulated(np.random.default_rng(3), creators=40, posts=25)
    found = rows_of(rows)["p50"].to_numpy()
    seen = viewings(rows)
    own = [seen.log_views[seen.presence == row].mean() for row in range(40)]
    assert np.corrcoef(found, own)[0, 1] > 0.95
    assert np.mean(found - own) == pytest.approx(0.0, abs=0.2)


def test_the_level_of_who_has_few_posts_is_less_certain() -> None:
    few = simulated(np.random.default_rng(5), creators=20, posts=2)
    found = rows_of([*crowd(), *(row | {name: f"n{row[name]}" for name in ("creator_id", "post_id")} for row in few)])
    by_size = found.group_by("posts").agg(pl.col("level_error").mean()).sort("posts")["level_error"]
    assert by_size[0] > 2.0 * by_size[1]


def test_five_posts_that_happen_to_agree_are_not_taken_for_certainty() -> None:
    found = rows_of([post("a", n, 100) for n in range(5)])
    assert found["p90"][0] - found["p10"][0] > 1.5


def test_a_post_without_views_changes_nothing() -> None:
    rows = crowd()
    missing = [post("c000", 900 + n, None) for n in range(30)]
    assert rows_of([*rows, *missing]).equals(rows_of(rows))


def test_posts_read_within_a_day_are_no_posts_to_go_by() -> None:
    found = rows_of([*crowd(), *read_after([post("zz", n, 100) for n in range(9)], hours=5)])
    assert found.filter(pl.col("creator") == 20)["posts"].to_list() == [0]


def test_a_post_read_young_is_not_taken_for_a_weak_one() -> None:
    """Two creators of one strength; of the second all posts were read after three days, at what they had by then."""
    rows = simulated(np.random.default_rng(7), creators=20, posts=20, noise=0.4)
    part = float(np.exp(fit_growth(viewings(rows), nothing_read_again())["tiktok"].log_part(np.array([3.0]))[0]))
    twin = [
        dict(row) | {"creator_id": "twin", "post_id": f"twin{n}", "views": int(row["views"] * part)}
        for n, row in enumerate(rows[:20])
    ]
    found = rows_of([*rows, *read_after(twin, days=3)])["p50"].to_list()
    assert part < 0.5
    assert found[20] == pytest.approx(found[0], abs=0.1)


def test_a_format_of_other_days_is_judged_by_the_level_of_those_days() -> None:
    """Half of the creators grew tenfold, half lost as much, each at their own time, and changed the format then."""
    rows, grew = [], np.arange(32) % 2 == 0
    for number, row in enumerate(simulated(np.random.default_rng(2), creators=32, posts=40, noise=0.4)):
        creator = number // 40
        late = number % 40 >= 5 + creator // 2
        form = "video" if late == (creator // 2 % 2 == 0) else "image"
        rows.append(row | {"views": int(row["views"] * (10.0 if grew[creator] == late else 1.0)), "format": form})
    found = rows_of(rows).pivot("format", index="creator", values="p50").sort("creator")
    later = (found["video"] - found["image"]).to_numpy() * np.where(np.arange(32) // 2 % 2 == 0, 1.0, -1.0)
    assert later[grew].mean() - later[~grew].mean() < 2 * np.log(3.0)


def test_a_creators_own_way_with_a_format_is_kept() -> None:
    rng = np.random.default_rng(2)
    rows = []
    for number, row in enumerate(simulated(rng, creators=30, posts=40, noise=0.4)):
        live, loved = number % 2 == 0, row["creator_id"] == "c007"
        rows.append(row | {"format": "live" if live else "video", "views": row["views"] * (8 if live and loved else 1)})
    found = (
        rows_of(rows).pivot("format", index="creator", values="p50").with_columns(gain=pl.col("live") - pl.col("video"))
    )
    gains = found["gain"].to_list()
    assert gains[7] == max(gains)
    assert gains[7] > np.log(4.0)
    assert np.median(gains) == pytest.approx(0.0, abs=0.15)


def test_the_last_post_tells_how_long_someone_has_been_silent() -> None:
    rows = [*crowd(), *[post("aa", n, 500) for n in range(6)]]
    silent = rows_of(rows).filter(pl.col("creator") == 0)["last_days"][0]
    last = max(row["published_at"] for row in rows)
    assert silent == pytest.approx((last - start(5)).total_seconds() / 86_400)


# --- the same every time


def test_the_forecast_comes_back_from_disk_as_it_was(tmp_path: Path) -> None:
    forecast = fitted(crowd())[0]
    forecast.save(tmp_path)
    loaded = ViewsForecast.load(tmp_path)
    assert loaded.rows.equals(forecast.rows)
    assert loaded.months.equals(forecast.months)
    assert loaded.growth == forecast.growth
    for name, array in forecast.lift.arrays().items():
        assert_array_equal(loaded.lift.arrays()[name], array)


def test_the_same_posts_in_any_order_give_the_same_forecast() -> None:
    rows = crowd()
    assert rows_of(rows).equals(rows_of(rows[::-1]))


def test_the_number_of_threads_changes_nothing() -> None:
    points = []
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            points.append(rows_of(crowd(text="một hai ba")))
    assert points[0].equals(points[1])

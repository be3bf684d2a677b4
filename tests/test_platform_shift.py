"""A platform that showed everything more for a month: noticed, named, and taken out. All on SYNTHETIC data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.stats import kendalltau

from data.world import World, make_world
from features.text import TokenBatch
from features.views import Viewings
from models.forecast import ViewsForecast
from training import views_fit
from training.lift_fit import Liftable
from training.view_effects import Effects, Monthly, fit_effects
from training.viewing import viewings_of
from training.views_fit import fit_views

FEW_TREES = 20
COUNTS = ("views", "likes", "comments", "shares", "saves")


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(np.random.default_rng(2026), creators=120, posts=7_200, months=12)


@pytest.fixture(scope="module")
def unshifted(world: World) -> pl.DataFrame:
    """The world's posts without the shift: same posts, same luck, what it lifted put back where it was."""
    shift = world.truth.facts["platform_shift"]
    month = pl.col("published_at").dt.strftime("%Y-%m")
    lifted = (pl.col("platform") == shift["platform"]) & (month == shift["month"])
    back = [(pl.col(name) * np.exp(-shift["log_lift"])).round().cast(pl.Int64).alias(name) for name in COUNTS]
    return world.posts.with_columns(
        pl.when(lifted).then(expression).otherwise(pl.col(name)).alias(name)
        for name, expression in zip(COUNTS, back, strict=True)
    )


def forecast(world: World, posts: pl.DataFrame) -> ViewsForecast:
    """Forecasts of all presences, by their views alone."""
    people = world.creators.select("creator_id").sort("creator_id").with_columns(excluded=pl.lit(None, dtype=pl.String))
    accounts = world.accounts.select("creator_id", "platform", "followers")
    viewings = viewings_of(posts, accounts, world.creators.select("creator_id", "kind"), people)
    observations = posts.select("post_id", "observed_at", "views")
    found, _ = fit_views(viewings, observations, _no_texts, 0, np.random.default_rng(0), lambda *_: None)
    return found


def _no_texts(_: np.ndarray) -> Liftable:
    rows = np.empty(0, dtype=np.int64)
    words = TokenBatch(rows.astype(np.int32), np.zeros(1, dtype=np.int64), [])
    return Liftable(words, np.empty((0, 4), dtype=np.float32), rows, np.empty(0), rows, rows)


def agreement(first: ViewsForecast, second: ViewsForecast, platform: str) -> float:
    """Kendall's tau of the medians of creators on a platform."""
    keys = ["creator", "platform", "format"]
    both = first.rows.join(second.rows, on=keys, nulls_equal=True).filter(pl.col("platform") == platform)
    assert both.height > 50
    return float(kendalltau(both["p50"], both["p50_right"]).statistic)


def _as_if_nobody_looked(viewings: Viewings, settled: np.ndarray) -> Effects:
    found = fit_effects(viewings, settled)
    return replace(found, platform_months=_calm(found.platform_months), format_months=_calm(found.format_months))


def _calm(months: Monthly) -> Monthly:
    return replace(months, values=np.zeros_like(months.values))


@pytest.fixture(scope="module")
def corrected(world: World, unshifted: pl.DataFrame) -> tuple[ViewsForecast, ViewsForecast]:
    """Forecasts with and without the shift, as the product makes them, of fewer trees: the correction comes before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(views_fit._TREES, "max_iter", FEW_TREES)
        return forecast(world, world.posts), forecast(world, unshifted)


@pytest.fixture(scope="module")
def uncorrected(world: World, unshifted: pl.DataFrame) -> tuple[ViewsForecast, ViewsForecast]:
    """The same if nobody looked at months."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(views_fit._TREES, "max_iter", FEW_TREES)
        patch.setattr(views_fit, "fit_effects", _as_if_nobody_looked)
        return forecast(world, world.posts), forecast(world, unshifted)


def test_who_is_stronger_survives_a_shift_and_would_not_as_well_without_the_correction(
    world: World,
    corrected: tuple[ViewsForecast, ViewsForecast],
    uncorrected: tuple[ViewsForecast, ViewsForecast],
) -> None:
    platform = world.truth.facts["platform_shift"]["platform"]
    assert agreement(*corrected, platform) >= 0.9
    assert agreement(*corrected, platform) > agreement(*uncorrected, platform)


def test_a_shift_is_a_warning_in_its_month_and_when_it_ends_and_nowhere_else(
    world: World, corrected: tuple[ViewsForecast, ViewsForecast]
) -> None:
    shift = world.truth.facts["platform_shift"]
    year, month = map(int, shift["month"].split("-"))
    ends = f"{year + month // 12}-{month % 12 + 1:02d}"
    shifted, calm = (found.months.drop_nulls("change") for found in corrected)
    named = {(shift["platform"], shift["month"]), (shift["platform"], ends)}
    assert set(shifted.select("platform", "month").rows()) == named
    assert calm.height == 0

"""The backtest: later posts change nothing that was learned, and what came is held against what was said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.catalogue import Catalogue, copy_until
from kolmatch.settings import EncoderSettings, Settings
from models.bundle import Contents, load_bundle
from tests.small_catalogue import NOW, creator, import_rows, posts
from training.backtest import OWN_POSTS, WITH_TOPIC, WITHOUT_TOPIC, Backtest, backtest
from training.figures import forecast_figures
from training.pipeline import train

N_CREATORS, POSTS_EACH = 8, 40
MOMENT = NOW - timedelta(hours=6 * 80)  # the last ten posts of each
SETTINGS = Settings(encoder=EncoderSettings(dimension=16, epochs=1, batch_size=64, min_count=2))
STEADY, RISING = 3, 0  # creators: always the same views; a hundred times as many after the moment


def quiet(*_: object) -> None:
    """Nobody watches."""


def is_later(row: dict[str, Any]) -> bool:
    return datetime.fromisoformat(row["published_at"]) >= MOMENT


def viewed(later_factor: float = 1.0) -> list[dict[str, Any]]:
    """Posts with views: each creator has a level, and all but one vary about it."""
    rng = np.random.default_rng(1)
    rows = []
    for row in posts(N_CREATORS, POSTS_EACH):
        number = int(row["creator_id"][-2:])
        luck = 1.0 if number == STEADY else float(np.exp(rng.normal(0.0, 0.3)))
        later = (100.0 if number == RISING else 1.0) * later_factor if is_later(row) else 1.0
        kept = {name: value for name, value in row.items() if name != "observed_at"}
        rows.append(kept | {"views": round(1_000 * (number + 1) * luck * later)})
    return rows


def catalogue(home: Path, rows: Sequence[dict[str, Any]]) -> Catalogue:
    import_rows(home, "posts", rows)
    import_rows(home, "accounts", [{"creator_id": creator(1), "platform": "tiktok", "followers": 50_000}])
    return Catalogue.open(home)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("whole"), viewed())


@pytest.fixture(scope="module")
def past(whole: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> tuple[Catalogue, Contents]:
    """The catalogue up to the moment, and what a bundle made from it holds."""
    home = tmp_path_factory.mktemp("past")
    earlier = copy_until(whole, MOMENT, home)
    _, contents = load_bundle(train(home, SETTINGS, month="2026-10", progress=quiet))
    return earlier, contents


def run(whole: Catalogue, past: tuple[Catalogue, Contents]) -> Backtest:
    found = backtest(whole, *past, MOMENT, np.random.default_rng(1), quiet)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def found(whole: Catalogue, past: tuple[Catalogue, Contents]) -> Backtest:
    return run(whole, past)


def test_the_past_holds_nothing_of_later_posts(whole: Catalogue, past: tuple[Catalogue, Contents]) -> None:
    earlier = past[0]
    last = earlier.table("posts")["published_at"].max()
    assert isinstance(last, datetime)
    assert last < MOMENT
    assert earlier.rows()["posts"] == N_CREATORS * (POSTS_EACH - 10)
    assert set(earlier.table("observations")["post_id"]) <= set(earlier.table("posts")["post_id"])
    assert earlier.is_synthetic()
    assert past[1].posts["post_id"].is_in(earlier.table("posts")["post_id"].implode()).all()


def test_every_later_post_is_forecast_by_every_method_both_ways(found: Backtest) -> None:
    for forecasts in (found.rolling, found.fixed):
        assert len(forecasts.actual) == N_CREATORS * 10
        assert list(forecasts.points) == [WITH_TOPIC, WITHOUT_TOPIC, OWN_POSTS]
        for points in forecasts.points.values():
            assert points.shape == (N_CREATORS * 10, 3)
            assert (np.diff(points, axis=1) >= 0).all()
    assert np.nansum(found.fixed.followers) == 10 * 50_000


def test_what_is_said_from_the_day_does_not_move_with_what_came(
    found: Backtest, past: tuple[Catalogue, Contents], tmp_path: Path
) -> None:
    other = run(catalogue(tmp_path, viewed(later_factor=7.0)), past)
    for name, points in found.fixed.points.items():
        np.testing.assert_array_equal(other.fixed.points[name], points)
    np.testing.assert_allclose(other.fixed.actual, found.fixed.actual + np.log10(7.0), atol=1e-3)


def test_the_next_post_is_forecast_from_the_ones_just_before_it(found: Backtest) -> None:
    rising = found.rolling.creators == RISING
    last = np.flatnonzero(rising)[-1]
    for name, point in ((WITHOUT_TOPIC, 1), (OWN_POSTS, 2)):
        assert found.rolling.points[name][last, point] > found.fixed.points[name][last, point] + 0.4
    first = np.flatnonzero(rising)[0]
    np.testing.assert_allclose(found.rolling.points[OWN_POSTS][first], found.fixed.points[OWN_POSTS][first], atol=1e-9)


def test_the_own_posts_of_who_is_always_seen_alike_are_known_exactly(found: Backtest) -> None:
    steady = found.rolling.creators == STEADY
    np.testing.assert_allclose(found.rolling.points[OWN_POSTS][steady], np.log10(4_001), atol=1e-9)
    np.testing.assert_allclose(found.rolling.actual[steady], np.log10(4_001), atol=1e-9)


def test_figures_count_posts_and_compare_with_the_own_posts(found: Backtest) -> None:
    figures = forecast_figures(found.rolling, np.random.default_rng(0))
    assert figures is not None
    assert (figures.posts, figures.creators) == (N_CREATORS * 10, N_CREATORS)
    own = figures.methods[-1]
    assert [(ratio.mean, ratio.low, ratio.high) for ratio in own.ratios] == [(1.0, 1.0, 1.0)] * 3
    assert {tier.name: tier.posts for tier in own.tiers} == {"<100k": 10, "?": 70}


def test_where_no_views_are_known_there_is_nothing_to_say(past: tuple[Catalogue, Contents], tmp_path: Path) -> None:
    blind = [row | {"views": None} if is_later(row) else row for row in viewed()]
    assert backtest(catalogue(tmp_path, blind), *past, MOMENT, np.random.default_rng(1), quiet) is None


def test_a_post_with_hardly_any_before_it_is_not_forecast(past: tuple[Catalogue, Contents], tmp_path: Path) -> None:
    rows = viewed()
    scarce = [row for row in rows if row["creator_id"] != creator(5) or is_later(row)]
    found = run(catalogue(tmp_path, scarce), past)
    assert (found.rolling.creators == 5).sum() == 10 - 3
    assert (found.fixed.creators == 5).sum() == 0

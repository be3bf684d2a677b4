"""Reach captured by the first of a list: which questions are asked, and what each order is worth on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from data.catalogue import Catalogue
from data.world import make_world
from models.brief import Brief
from models.matcher import Matcher
from models.shortlist import ORDERS
from tests.small_catalogue import NOW, import_rows
from tests.small_world import BRIEF, LEFT_OUT, LISTED
from training.capture import (
    FOLLOWERS,
    MEDIAN_VIEWS,
    Asked,
    briefs_of_world,
    by_every_order,
    capture,
    later_hashtags,
    usual_orders,
)
from training.figures import capture_figures
from training.measures import captured, measure

MOMENT = NOW - timedelta(days=10)


def quiet(*_: object) -> None:
    """Nobody watches."""


def test_twenty_are_worth_what_they_hold_of_the_best_twenty() -> None:
    worth = {f"c{number:02}": float(number) for number in range(1, 31)}
    best = sorted(worth, key=lambda creator: -worth[creator])
    assert captured(best, worth, 20) == 1.0
    assert captured(best[::-1], worth, 20) == pytest.approx(sum(range(1, 21)) / sum(range(11, 31)))
    assert captured(best[:20][::-1], worth, 20) == 1.0
    assert captured(["nobody"], worth, 20) == captured([], {}, 20) == 0.0
    assert measure("captured@2")(["c30", "c01"], worth) == pytest.approx(31 / 59)


# --- hashtags ----------------------------------------------------------------------------------------------------


def post(
    creator: int, number: int, *, later: bool, tags: Sequence[str] = (), views: int | None = 100
) -> dict[str, Any]:
    at = MOMENT + timedelta(days=1, minutes=number) if later else MOMENT - timedelta(days=1 + number)
    return {
        "post_id": f"{creator}-{number}-{later}",
        "creator_id": f"c{creator}",
        "platform": "tiktok",
        "published_at": at.isoformat(),
        "text": "một hai ba",
        "hashtags": list(tags),
        "views": views,
    }


def asked_of(
    home: Path, later: Sequence[dict[str, Any]], known: int = 6, most: int = 100
) -> dict[str, dict[str, float]]:
    early = [post(creator, number, later=False) for creator in range(known) for number in range(3)]
    import_rows(home, "posts", [*early, *later])
    found = later_hashtags(Catalogue.open(home), MOMENT, most, np.random.default_rng(0))
    return {question.brief.title: dict(question.worth) for question in found}


def test_a_hashtag_of_several_known_creators_is_worth_its_later_views(tmp_path: Path) -> None:
    later = [post(creator, 1, later=True, tags=["HCM"], views=creator + 1) for creator in range(3)]
    later += [post(0, 2, later=True, tags=["hcm"], views=9), post(1, 2, later=True, tags=["hcm"], views=None)]
    assert asked_of(tmp_path, later) == {"#hcm": {"c0": 10.0, "c1": 2.0, "c2": 3.0}}


def test_what_is_no_topic_of_several_is_not_asked(tmp_path: Path) -> None:
    later = [post(creator, 1, later=True, tags=["hai"]) for creator in range(2)]
    later += [post(creator, 2, later=True, tags=["moi"]) for creator in (0, 1, 77)]  # 77 was not known before
    later += [post(0, number, later=True, tags=["riêng"]) for number in range(3, 20)]
    later += [post(creator, 3, later=True, tags=["riêng"]) for creator in (1, 2)]
    later += [post(creator, 30, later=True, tags=["kín"], views=None) for creator in range(3)]
    assert asked_of(tmp_path, later) == {}


def test_no_more_hashtags_are_asked_than_wanted(tmp_path: Path) -> None:
    tags = [f"t{number}" for number in range(8)]
    later = [post(creator, 1, later=True, tags=tags) for creator in range(3)]
    assert len(asked_of(tmp_path, later, most=5)) == 5


def test_usual_orders_know_nothing_of_what_came(tmp_path: Path) -> None:
    rows = [post(0, number, later=False, views=10 * number) for number in range(3)]
    import_rows(tmp_path, "posts", [*rows, post(0, 9, later=True, views=10**6), post(1, 9, later=True)])
    accounts = [
        {"creator_id": "c0", "platform": platform, "followers": n} for platform, n in (("tiktok", 5), ("zalo", 8))
    ]
    import_rows(tmp_path, "accounts", accounts)
    assert usual_orders(Catalogue.open(tmp_path), MOMENT) == {FOLLOWERS: {"c0": 8}, MEDIAN_VIEWS: {"c0": 10.0}}


# --- orders ------------------------------------------------------------------------------------------------------


def test_the_right_creator_is_captured_by_fit_and_by_an_order_that_names_them(matcher: Matcher) -> None:
    others = {creator: 5.0 for creator in LISTED if creator != "dvc"}
    usual = {"for": {"dvc": 9.0}, "against": others}
    asked = [Asked(BRIEF, {"dvc": 7.0})] * 3
    found = capture(asked, by_every_order(matcher), usual, quiet)
    assert list(found.shares) == [*ORDERS, "for", "against"]
    assert found.shares["fit"].tolist() == found.shares["for"].tolist() == [1.0] * 3
    assert found.asked == 3


def test_only_who_may_be_listed_can_be_captured(matcher: Matcher) -> None:
    usual = {"hidden": dict.fromkeys(LEFT_OUT, 9.0)}
    found = capture([Asked(BRIEF, dict.fromkeys(LEFT_OUT, 1.0))], by_every_order(matcher), usual, quiet)
    assert all(shares.tolist() == [0.0] for shares in found.shares.values())


def test_a_brief_for_one_platform_lists_who_is_there_in_every_order(matcher: Matcher) -> None:
    there = Brief(title=BRIEF.title, platforms=("youtube",))
    found = capture([Asked(there, {"dvc": 1.0})], by_every_order(matcher), {"for": {"dvc": 9.0}}, quiet)
    assert all(shares.tolist() == [0.0] for shares in found.shares.values())


def test_orders_are_compared_with_the_default_on_the_same_questions(matcher: Matcher) -> None:
    figures = capture_figures(
        capture([Asked(BRIEF, {"dvc": 1.0})] * 4, by_every_order(matcher), {"for": {"dvc": 1.0}}, quiet),
        np.random.default_rng(0),
    )
    default = figures.orders[0]
    assert (default.name, default.behind.mean, default.behind.low, default.behind.high) == ("impact", 0.0, 0.0, 0.0)
    assert all(order.behind.mean == pytest.approx(default.mean - order.mean) for order in figures.orders)


def test_the_briefs_of_the_sample_world_are_worth_relevance_times_young_viewers() -> None:
    world = make_world(np.random.default_rng(1), creators=40, posts=200, months=3)
    asked = briefs_of_world(world.briefs, world.truth)
    truth = world.truth.relevance
    assert len(asked) == world.briefs.height
    for question in asked[:5]:
        own = truth.filter(pl.col("brief_id") == question.brief.brief_id)
        total = float((own["relevance"] * own["young_viewers"]).sum())
        assert sum(question.worth.values()) == pytest.approx(total)
        assert min(question.worth.values()) > 0

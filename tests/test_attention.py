"""Signs of bought attention: small worlds with one fake in them, and the fakes of the SYNTHETIC sample world."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.presence_world import tables_of, world_of
from features.attention import LEAST_PEERS, ODD, SIGNALS, odd_presences
from models.attention import NUMBERS, attention_text
from models.attention import SIGNALS as LABELS
from training.attention import bought_attention

FAKE = 0
POSTS = 20
Counts = dict[str, Sequence[int | None]]


def honest(rng: np.random.Generator, level: float = 20_000.0) -> Counts:
    """Twenty posts whose likes, comments and shares follow their views, now and then a spike that is shared."""
    views = level * rng.lognormal(0.0, 0.5, POSTS)
    views[:4] = level * rng.uniform(5, 8, 4)
    rates = {"likes": 0.05, "comments": 0.004, "shares": 0.002}
    warmth = rng.lognormal(0.0, 0.3)
    counts: Counts = {"views": views.astype(int).tolist()}
    return counts | {name: rng.poisson(views * rate * warmth).tolist() for name, rate in rates.items()}


def people(fake: Counts | None = None, n: int = 40) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Posts and followers of `n` honest creators on one platform; number 0 is changed to the fake."""
    rng = np.random.default_rng(3)
    rows = []
    for creator in range(n):
        counts = honest(rng) | (fake or {} if creator == FAKE else {})
        rows.append(pl.DataFrame(counts).with_columns(creator=pl.lit(creator, pl.Int64), platform=pl.lit("tiktok")))
    followers = {"creator": list(range(n)), "platform": ["tiktok"] * n}
    known = pl.DataFrame(followers | {"followers": (60_000 * rng.lognormal(0.0, 0.4, n)).astype(int).tolist()})
    return pl.concat(rows, how="diagonal_relaxed"), known


def signs(posts: pl.DataFrame, followers: pl.DataFrame) -> list[tuple[int, str]]:
    return sorted(odd_presences(posts, followers).select("creator", "signal").rows())


def bought_views(rng: np.random.Generator) -> Counts:
    """A third of the posts with twenty times the views, and nothing else."""
    counts = honest(rng)
    views = [v * 20 if i % 3 == 0 and v is not None else v for i, v in enumerate(counts["views"])]
    return counts | {"views": views}


# --- each sign


def test_honest_creators_have_no_sign() -> None:
    assert signs(*people()) == []


def test_bought_views_show_in_likes_comments_and_spikes() -> None:
    found = signs(*people(bought_views(np.random.default_rng(9))))
    assert found == [(FAKE, "few_comments"), (FAKE, "few_likes"), (FAKE, "unshared_spikes")]


def test_bought_views_show_in_comments_where_shares_and_likes_are_not_shown() -> None:
    posts, followers = people(bought_views(np.random.default_rng(9)))
    silent = posts.with_columns(likes=pl.lit(None, pl.Int64), shares=pl.lit(None, pl.Int64))
    assert signs(silent, followers) == [(FAKE, "few_comments"), (FAKE, "unshared_spikes")]


def test_bought_followers_do_not_watch() -> None:
    posts, followers = people()
    more = followers.with_columns(
        followers=pl.when(pl.col("creator") == FAKE).then(pl.col("followers") * 15).otherwise("followers")
    )
    assert signs(posts, more) == [(FAKE, "unseen_followers")]


def test_bought_comments_come_in_one_number() -> None:
    bought: Counts = {"comments": [100] * 15 + [70, 80, 90, 110, 120]}
    assert (FAKE, "repeated_comments") in signs(*people(bought))


def test_a_spike_that_is_shared_is_no_sign() -> None:
    rng = np.random.default_rng(5)
    counts = honest(rng)
    viral: Counts = {
        name: [v * 10 if i % 4 == 0 and v is not None else v for i, v in enumerate(c)] for name, c in counts.items()
    }
    assert signs(*people(viral)) == []


# --- what is behind a sign


def test_a_sign_has_its_numbers_and_its_peers() -> None:
    posts, followers = people(bought_views(np.random.default_rng(9)))
    found = odd_presences(posts, followers).filter(signal="few_likes").row(0, named=True)
    fake = posts.filter(creator=FAKE)
    rates = (fake["likes"] + 0.5) / fake["views"]
    assert found["value"] == pytest.approx(rates.quantile(0.2))
    assert (found["platform"], found["posts"], found["group_size"]) == ("tiktok", POSTS, 40)
    assert found["group"] == "tiktok/2"
    assert 0.03 < found["group_median"] < 0.06
    assert found["deviation"] >= ODD


def test_the_oddest_come_first_and_columns_are_as_promised() -> None:
    found = odd_presences(*people(bought_views(np.random.default_rng(9))))
    assert found["deviation"].is_sorted(descending=True)
    assert found.columns == [
        *("creator", "platform", "signal", "value", "posts"),
        *("group", "group_median", "group_size", "deviation"),
    ]
    assert odd_presences(*people()).schema == found.schema


# --- what says nothing


def test_counts_that_are_missing_are_not_zero() -> None:
    nothing: Counts = {"likes": [None] * POSTS, "comments": [None] * POSTS, "shares": [None] * POSTS}
    assert signs(*people(nothing)) == []
    assert (FAKE, "few_likes") in signs(*people({"likes": [0] * POSTS}))


def test_few_posts_say_nothing() -> None:
    posts, followers = people(bought_views(np.random.default_rng(9)))
    few = posts.with_columns(place=pl.int_range(pl.len()).over("creator")).filter(
        (pl.col("creator") != FAKE) | (pl.col("place") < 7)
    )
    assert signs(few, followers) == []


def test_few_peers_say_nothing() -> None:
    posts, followers = people(bought_views(np.random.default_rng(9)), n=LEAST_PEERS - 1)
    assert signs(posts, followers) == []


def test_who_is_alone_in_size_is_held_against_the_platform() -> None:
    large = bought_views(np.random.default_rng(9))
    counts: Counts = {name: [v * 100 if v is not None else None for v in values] for name, values in large.items()}
    found = odd_presences(*people(counts))
    assert set(found.filter(creator=FAKE, signal="few_likes")["group"]) == {"tiktok"}


def test_no_posts_and_no_followers_are_no_signs() -> None:
    posts, followers = people()
    assert odd_presences(posts.clear(), followers.clear()).is_empty()


def test_the_order_of_posts_changes_nothing() -> None:
    posts, followers = people(bought_views(np.random.default_rng(9)))
    shuffled = posts.sample(fraction=1.0, shuffle=True, seed=1), followers.sample(fraction=1.0, shuffle=True, seed=2)
    assert odd_presences(*shuffled).equals(odd_presences(posts, followers))


def test_a_platform_that_shows_everything_more_makes_no_signs() -> None:
    posts, followers = people(bought_views(np.random.default_rng(9)))
    counts = ("views", "likes", "comments", "shares")
    doubled = posts.with_columns([pl.col(name) * 2 for name in counts])
    assert {s for s in signs(doubled, followers) if s[1] != "unseen_followers"} == set(signs(posts, followers))


# --- on the sample world


def test_planted_fakes_are_found_and_few_others(tmp_path: Path) -> None:
    bought, flagged, right = 0, 0, 0
    for seed in (1, 2, 3):
        world = world_of(seed, posts=16_000)
        tables = tables_of(world, tmp_path / str(seed))
        found = set(tables.creators["creator_id"].gather(bought_attention(tables)["creator"].unique()))
        planted = set(world.truth.facts["bought_attention"])
        bought, flagged, right = bought + len(planted), flagged + len(found), right + len(found & planted)
    assert right / flagged >= 0.9
    assert right / bought >= 0.7


# --- in words


@pytest.mark.parametrize("signal", [signal.name for signal in SIGNALS])
def test_every_sign_has_its_words_and_numbers(signal: str) -> None:
    flag = {
        "signal": signal,
        "value": 0.0123,
        "posts": 1234,
        "group": "tiktok/2",
        "group_median": 0.456,
        "group_size": 1139,
        "deviation": 5.25,
    }
    vi, en = attention_text(flag)
    assert vi.startswith(LABELS[signal][0])
    assert en.startswith(LABELS[signal][1])
    assert "1.139" in vi
    assert "1,139" in en
    assert "5,2 " in vi
    assert "10.000 đến 100.000 lượt xem" in vi
    assert "{" not in vi + en


def test_words_and_signs_are_the_same() -> None:
    assert set(LABELS) == set(NUMBERS) == {signal.name for signal in SIGNALS}


def test_a_group_of_the_whole_platform_has_no_size() -> None:
    flag = {"signal": "few_likes", "value": 0.002, "posts": 9, "group": "zalo", "group_median": 0.04, "group_size": 25}
    vi, en = attention_text(flag | {"deviation": 6.0})
    assert "25 tài khoản zalo;" in vi
    assert "at most 2 likes per 1,000 views, the group's median is 40 " in en

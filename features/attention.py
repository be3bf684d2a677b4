"""Signs of attention that was bought: figures of a presence that do not fit each other, held against its peers.

A bought viewer likes nothing, answers nothing and passes nothing on; a bought follower does not even watch. Each
signal is one number of a presence (creator on platform), compared with presences of the same platform and size by
median and MAD, which a few fakes among them do not move. What was not counted is missing and says nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

PRESENCE: Final = ("creator", "platform")

ODD: Final = 4.0  # robust standard deviations from the peers: 1 in 30,000 by chance, if peers are near normal
LEAST_PEERS: Final = 20  # presences before their median and MAD mean anything
_SIZES: Final = (1_000, 10_000, 100_000)  # usual views that part small, middle, large and very large presences
_LEAST_POSTS: Final = 8  # posts of a presence before its lower fifth is more than one post
_LEAST_EXPECTED: Final = 20.0  # answers peers would have had: below, chance alone halves a count too often
_LOWER: Final = 0.2  # bought views fall on some posts only: the lower fifth of posts is looked at
_SPIKE: Final = 4.0  # times the usual views of the presence
_LEAST_SPIKES: Final = 3
_LEAST_COMMENTS: Final = 10  # smaller counts repeat by chance
_LEAST_SPREAD: Final = 0.2  # log; peers that agree better than that do so by chance
_MAD_TO_SD: Final = 1.4826  # of a normal distribution


@dataclass(frozen=True, slots=True)
class Signal:
    """One sign: `measure` gives creator, platform, posts, value (above 0) of presences; odd are `low` or high ones."""

    name: str
    low: bool
    measure: Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]


def odd_presences(posts: pl.DataFrame, followers: pl.DataFrame) -> pl.DataFrame:
    """Presences whose figures are odd among their peers, a row for each sign.

    Args:
        posts: creator, platform, views, likes, comments, shares; a row for every post, null where not counted.
        followers: creator, platform, followers.

    Returns:
        creator, platform, signal, value, posts (that it rests on), group, group_median, group_size, deviation (robust
        standard deviations of the logarithm, positive towards what is odd); the oddest first.
    """
    sizes = _sizes(posts)
    found = [_against_peers(signal, signal.measure(posts, followers).join(sizes, on=PRESENCE)) for signal in SIGNALS]
    return (
        pl.concat(found)
        .filter(pl.col("deviation") >= ODD)
        .sort("deviation", *PRESENCE, descending=[True, False, False])
    )


def _sizes(posts: pl.DataFrame) -> pl.DataFrame:
    """Each presence's size by its usual views, 0 to 3."""
    usual = posts.drop_nulls("views").group_by(PRESENCE).agg(pl.col("views").median().alias("usual"))
    size = pl.sum_horizontal([(pl.col("usual") >= bound).cast(pl.Int8) for bound in _SIZES])
    return usual.with_columns(size=size)


def _against_peers(signal: Signal, found: pl.DataFrame) -> pl.DataFrame:
    """Each value beside the peers' median: those of platform and size, or of the platform where they are too few."""
    logs = found.with_columns(log=pl.col("value").log())
    near, wide = _spread(logs, ["platform", "size"]), _spread(logs, ["platform"])
    beside = logs.join(near, on=["platform", "size"]).join(wide, on="platform", suffix="_wide")
    enough = pl.col("peers") >= LEAST_PEERS
    chosen = {name: pl.when(enough).then(pl.col(name)).otherwise(f"{name}_wide") for name in ("median", "mad", "peers")}
    group = pl.when(enough).then(pl.format("{}/{}", "platform", "size")).otherwise("platform")
    away = (pl.col("median") - pl.col("log")) if signal.low else (pl.col("log") - pl.col("median"))
    return (
        beside.with_columns(**chosen, group=group)
        .filter(pl.col("peers") >= LEAST_PEERS)
        .select(
            *PRESENCE,
            pl.lit(signal.name).alias("signal"),
            "value",
            pl.col("posts").cast(pl.Int64),
            "group",
            pl.col("median").exp().alias("group_median"),
            pl.col("peers").cast(pl.Int64).alias("group_size"),
            (away / pl.max_horizontal(pl.col("mad") * _MAD_TO_SD, _LEAST_SPREAD)).alias("deviation"),
        )
    )


def _spread(logs: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    distance = (pl.col("log") - pl.col("log").median()).abs().median()
    return logs.group_by(by).agg(pl.col("log").median().alias("median"), distance.alias("mad"), pl.len().alias("peers"))


def _lower_rate(answers: str) -> Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]:
    """Answers per view in the lower fifth of the posts from which enough answers were to be expected."""

    def measure(posts: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
        counted = posts.drop_nulls(["views", answers]).filter(pl.col("views") > 0)
        rate = (pl.col(answers) + 0.5) / pl.col("views")
        usual = rate.median().over("platform")
        telling = counted.with_columns(rate=rate, expected=pl.col("views") * usual).filter(
            pl.col("expected") >= _LEAST_EXPECTED
        )
        lower = telling.group_by(PRESENCE).agg(pl.col("rate").quantile(_LOWER).alias("value"), pl.len().alias("posts"))
        return lower.filter(pl.col("posts") >= _LEAST_POSTS).select(*PRESENCE, "posts", "value")

    return measure


def _unshared_spikes(posts: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
    """Shares (comments where shares are not shown) per view in a presence's view spikes, against its other posts."""
    counted = posts.with_columns(passed_on=pl.coalesce("shares", "comments")).drop_nulls(["views", "passed_on"])
    spike = pl.col("views") >= _SPIKE * pl.col("views").median().over(PRESENCE)
    apart = counted.filter(pl.col("views") > 0).with_columns(spike=spike)
    others = (
        apart.filter(~pl.col("spike"))
        .group_by(PRESENCE)
        .agg(pl.len().alias("others"), (pl.col("passed_on").sum() / pl.col("views").sum()).alias("usual"))
        .filter((pl.col("others") >= _LEAST_POSTS) & (pl.col("usual") > 0))
    )
    expected = pl.col("views") * pl.col("usual")
    return (
        apart.filter("spike")
        .join(others, on=PRESENCE)
        .filter(expected >= _LEAST_EXPECTED)
        .group_by(PRESENCE)
        .agg(((pl.col("passed_on") + 0.5) / expected).median().alias("value"), pl.len().alias("posts"))
        .filter(pl.col("posts") >= _LEAST_SPIKES)
        .select(*PRESENCE, "posts", "value")
    )


def _unseen_followers(posts: pl.DataFrame, followers: pl.DataFrame) -> pl.DataFrame:
    """Followers for each view of a usual post."""
    usual = (
        posts.drop_nulls("views")
        .group_by(PRESENCE)
        .agg(pl.col("views").median().alias("usual"), pl.len().alias("posts"))
    )
    known = followers.drop_nulls("followers").filter(pl.col("followers") > 0).join(usual, on=PRESENCE)
    enough = known.filter((pl.col("posts") >= _LEAST_POSTS) & (pl.col("usual") > 0))
    return enough.select(*PRESENCE, "posts", value=pl.col("followers") / pl.col("usual"))


def _repeated_comments(posts: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
    """Share of the posts with comments that have the one count that is the most frequent."""
    counted = posts.drop_nulls("comments").filter(pl.col("comments") >= _LEAST_COMMENTS)
    most = (
        counted.group_by(*PRESENCE, "comments")
        .len("same")
        .group_by(PRESENCE)
        .agg(pl.col("same").max(), pl.col("same").sum().alias("posts"))
    )
    return most.filter(pl.col("posts") >= _LEAST_POSTS).select(
        *PRESENCE, "posts", value=pl.col("same") / pl.col("posts")
    )


SIGNALS: Final = (
    Signal("few_likes", low=True, measure=_lower_rate("likes")),
    Signal("few_comments", low=True, measure=_lower_rate("comments")),
    Signal("unshared_spikes", low=True, measure=_unshared_spikes),
    Signal("unseen_followers", low=False, measure=_unseen_followers),
    Signal("repeated_comments", low=False, measure=_repeated_comments),
)

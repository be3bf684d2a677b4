"""How much each post is seen and answered: organic growth, one platform's jump, and attention that was bought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data.world.lexicon import Lexicon
from data.world.people import Creator
from data.world.schedule import Period, PlannedPost

Floats = NDArray[np.float64]
NOISE: Final = 0.75  # standard deviation of the log of a single post's views
FIT_LIFT: Final = 0.6  # log lift of a topic that is the creator's own, against one it never touches
FULL_FIT: Final = 0.3  # topic share from which the lift is whole
FORMAT_LIFT: Final = {"video": 0.0, "live": -0.5, "image": -0.3, "text": -0.6}
SHIFT_LIFT: Final = 0.6  # one platform shows everything more often for one month
# Views grow as 1 - exp(-(days / pace) ** 0.7); pace in days, by platform.
GROWTH_PACE: Final = {"tiktok": 4.0, "youtube": 12.0, "facebook": 2.0, "instagram": 3.0, "zalo": 1.5, "threads": 1.0}
GROWTH_SHAPE: Final = 0.7
BOUGHT_POSTS: Final = 0.35  # of the posts of a creator who buys
BOUGHT_FACTOR: Final = (8.0, 30.0)
# Chance that a crawl reads the post early, later, or at the end; days of the first two.
CRAWLS: Final = (0.2, 0.6)
CRAWL_DAYS: Final = ((2.0, 10.0), (20.0, 60.0))
ENGAGEMENT: Final = {"likes": -3.0, "comments": -6.0, "shares": -6.2, "saves": -5.6}  # log of the rate per view
HIDDEN: Final = {"shares": ("youtube", "zalo"), "saves": ("youtube", "zalo", "facebook", "threads")}
VIEWS_HIDDEN: Final = {"facebook": 0.3, "instagram": 0.5, "zalo": 0.2}  # of posts that are not videos
ALWAYS_HIDDEN: Final = 0.01


@dataclass(frozen=True, slots=True)
class Shift:
    """The month (0 is the first) in which one platform showed every post more, by `log_lift`."""

    platform: str
    month: int
    log_lift: float


@dataclass(frozen=True, slots=True)
class Attention:
    """`counts` of the posts as a crawl saw them, `organic` what views end at, `bought` where more were paid for."""

    observed_at: list[datetime]
    counts: pl.DataFrame
    organic: NDArray[np.int64]
    bought: NDArray[np.bool_]


def topic_lift(lexicon: Lexicon, mixture: Floats) -> Floats:
    """Log lift of a creator's posts by topic: the topic's own, and more where the creator is at home."""
    own = np.array([topic.lift for topic in lexicon.topics])
    return own + FIT_LIFT * np.minimum(1.0, mixture / FULL_FIT)


def pay_attention(
    rng: np.random.Generator,
    lexicon: Lexicon,
    creators: tuple[Creator, ...],
    posts: Sequence[PlannedPost],
    period: Period,
    shift: Shift,
) -> Attention:
    """Draw what every post is seen, liked, answered, shared and saved."""
    organic = np.exp(_log_views(lexicon, creators, posts, period, shift) + rng.normal(0.0, NOISE, len(posts)))
    observed_at = _observations(rng, posts, period)
    grown = organic * _growth(creators, posts, observed_at)
    buys = np.array([creators[post.creator].bought for post in posts])
    bought = buys & (rng.random(len(posts)) < BOUGHT_POSTS)
    views = np.where(bought, grown * rng.uniform(*BOUGHT_FACTOR, len(posts)), grown)
    counts = {"views": np.rint(views)} | _answers(rng, creators, posts, grown)
    return Attention(
        observed_at=observed_at,
        counts=_hidden(rng, creators, posts, counts),
        organic=np.rint(organic).astype(np.int64),
        bought=bought,
    )


def _log_views(
    lexicon: Lexicon, creators: tuple[Creator, ...], posts: Sequence[PlannedPost], period: Period, shift: Shift
) -> Floats:
    return np.array([_log_view(lexicon, creators[post.creator], post, period, shift) for post in posts])


def _log_view(lexicon: Lexicon, creator: Creator, post: PlannedPost, period: Period, shift: Shift) -> float:
    presence = creator.presences[post.presence]
    shifted = presence.platform == shift.platform and post.month == shift.month
    share = float(creator.mixture(period.elapsed(post.published_at))[post.topic])
    return (
        presence.log_views
        + lexicon.topics[post.topic].lift
        + FIT_LIFT * min(1.0, share / FULL_FIT)
        + FORMAT_LIFT[post.format]
        + (shift.log_lift if shifted else 0.0)
    )


def _observations(rng: np.random.Generator, posts: Sequence[PlannedPost], period: Period) -> list[datetime]:
    draws = rng.random(len(posts))
    early, later = (rng.uniform(*days, len(posts)) for days in CRAWL_DAYS)
    days = np.where(draws < CRAWLS[0], early, np.where(draws < sum(CRAWLS), later, np.inf))
    left = np.array([(period.end - post.published_at).total_seconds() for post in posts])
    seconds = np.minimum(days * 86_400, left)
    return [post.published_at + timedelta(seconds=int(after)) for post, after in zip(posts, seconds, strict=True)]


def _growth(creators: tuple[Creator, ...], posts: Sequence[PlannedPost], observed_at: list[datetime]) -> Floats:
    days = np.array([(seen - post.published_at).total_seconds() for post, seen in zip(posts, observed_at, strict=True)])
    pace = np.array([GROWTH_PACE[creators[post.creator].presences[post.presence].platform] for post in posts])
    grown: Floats = 1.0 - np.exp(-((days / 86_400 / pace) ** GROWTH_SHAPE))
    return grown


def _answers(
    rng: np.random.Generator, creators: tuple[Creator, ...], posts: Sequence[PlannedPost], views: Floats
) -> dict[str, Floats]:
    """Likes, comments, shares and saves follow the organic views: bought viewers answer nothing."""
    rows = np.array([post.creator for post in posts])
    warmth = rng.normal(0.0, 0.3, len(creators))[rows]
    return {
        name: np.minimum(np.floor(views), rng.poisson(views * np.exp(rate + warmth + rng.normal(0.0, 0.3, len(rows)))))
        for name, rate in ENGAGEMENT.items()
    }


def _hidden(
    rng: np.random.Generator, creators: tuple[Creator, ...], posts: Sequence[PlannedPost], counts: dict[str, Floats]
) -> pl.DataFrame:
    """Take out what the platform does not show; missing is null, never zero."""
    platforms = [creators[post.creator].presences[post.presence].platform for post in posts]
    chance = [
        0.0 if post.format == "video" else VIEWS_HIDDEN.get(p, 0.0) for p, post in zip(platforms, posts, strict=True)
    ]
    hidden = {"views": rng.random(len(posts)) < np.maximum(ALWAYS_HIDDEN, chance)}
    hidden |= {name: np.isin(platforms, silent) for name, silent in HIDDEN.items()}
    return pl.DataFrame(
        {
            name: pl.Series(values.astype(np.int64)).set(
                pl.Series(hidden.get(name, np.zeros(len(posts), dtype=bool))), None
            )
            for name, values in counts.items()
        }
    )

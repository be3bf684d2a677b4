"""Puts the sample world together: tables of the import contract, and the truth they were made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import polars as pl

from data.contract import POSTS
from data.world.attention import SHIFT_LIFT, Attention, Shift, pay_attention
from data.world.captions import Caption, Writer
from data.world.dice import Dice
from data.world.judging import briefs_table
from data.world.lexicon import Lexicon, load_lexicon
from data.world.people import MIN_CREATORS, Creator, cast_creators
from data.world.schedule import Period, PlannedPost, plan_campaigns, plan_posts, post_id
from data.world.staff import history
from data.world.tables import REPORTED_SHARE, accounts_table, audiences_table, creators_table
from data.world.truth import Truth, tell_truth
from kolmatch.errors import UsageError

END: Final = datetime(2026, 11, 1, tzinfo=UTC)
TRANSCRIBED_SHARE: Final = 0.3  # of videos
UNKNOWN_AD_SHARE: Final = 0.3  # of posts off TikTok and YouTube: nobody says whether they are paid
SHIFT_AT: Final = 0.6  # the part of the period after which the platform shift comes
DURATION_S: Final = {"video": (12, 180), "live": (900, 7200)}


@dataclass(frozen=True, slots=True)
class World:
    """A synthetic world: the seven tables of the import contract, and their truth."""

    creators: pl.DataFrame
    accounts: pl.DataFrame
    posts: pl.DataFrame
    audiences: pl.DataFrame
    briefs: pl.DataFrame
    outcomes: pl.DataFrame
    decisions: pl.DataFrame
    truth: Truth

    def tables(self) -> dict[str, pl.DataFrame]:
        """The importable tables by name."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "truth"}


def make_world(
    rng: np.random.Generator,
    *,
    creators: int = 320,
    posts: int = 16_000,
    months: int = 18,
    end: datetime = END,
    reporting: float = REPORTED_SHARE,
) -> World:
    """Make a labelled synthetic world; the same generator state and arguments give the same world.

    `reporting` is the share of accounts whose audience was reported; all other tables are the same whatever it is.

    Raises:
        UsageError: too few creators, posts or months to hold what a world must show.
    """
    _check_size(creators, posts, months)
    lexicon, period = load_lexicon(), Period(end.astimezone(UTC), months)
    cast = cast_creators(rng, lexicon, creators)
    campaigns = plan_campaigns(rng, lexicon, cast, months)
    planned = plan_posts(rng, cast, campaigns, period, posts)
    shift = Shift("tiktok", int(months * SHIFT_AT), SHIFT_LIFT)
    attention = pay_attention(rng, lexicon, cast, planned, period, shift)
    post_table = _posts_table(rng, lexicon, cast, planned, attention)
    briefs = briefs_table(rng, lexicon.briefs, period.end.date())
    truth = tell_truth(lexicon, cast, campaigns, planned, attention, shift, period)
    shares = truth.presences.select("creator_id", "platform", "target_share")
    outcomes, decisions = history(rng, briefs, truth.relevance, post_table, shares)
    return World(
        creators=creators_table(rng, lexicon, cast),
        accounts=accounts_table(rng, cast, period.end),
        posts=post_table,
        audiences=audiences_table(rng, cast, period.end, reporting),
        briefs=briefs,
        outcomes=outcomes,
        decisions=decisions,
        truth=truth,
    )


def _check_size(creators: int, posts: int, months: int) -> None:
    if creators < MIN_CREATORS or posts < creators or months < 1:
        given = f"creators={creators}, posts={posts}, months={months}"
        raise UsageError(
            f"A sample world of {given} is too small. Give at least {MIN_CREATORS} creators, one post each, one month.",
            f"Dữ liệu mẫu {given} quá nhỏ. Cần từ {MIN_CREATORS} người sáng tạo, mỗi người một bài, một tháng.",
        )


def _posts_table(
    rng: np.random.Generator,
    lexicon: Lexicon,
    creators: tuple[Creator, ...],
    planned: Sequence[PlannedPost],
    attention: Attention,
) -> pl.DataFrame:
    dice = Dice(rng)
    writer = Writer(lexicon, dice)
    rows = [
        _post(number, post, creators[post.creator], lexicon, writer, dice) | {"observed_at": seen}
        for number, (post, seen) in enumerate(zip(planned, attention.observed_at, strict=True))
    ]
    written = pl.DataFrame(rows, schema={name: kind for name, kind in POSTS.schema.items() if name in rows[0]})
    return pl.concat([written, attention.counts], how="horizontal").select(POSTS.names)


def _post(
    number: int, post: PlannedPost, creator: Creator, lexicon: Lexicon, writer: Writer, dice: Dice
) -> dict[str, Any]:
    topic = lexicon.topics[post.topic]
    platform = creator.presences[post.presence].platform
    caption: Caption = (writer.advertisement if post.is_ad else writer.caption)(creator, topic, post.campaign)
    silent = not post.is_ad and platform not in ("tiktok", "youtube") and dice.chance(UNKNOWN_AD_SHARE)
    return {
        "post_id": post_id(number),
        "creator_id": creator.creator_id,
        "platform": platform,
        "published_at": post.published_at,
        "text": caption.text,
        "hashtags": list(caption.hashtags),
        "transcript": _transcript(post, creator, lexicon, writer, dice),
        "format": post.format,
        "duration_s": float(dice.between(*DURATION_S[post.format])) if post.format in DURATION_S else None,
        "is_ad": None if silent else post.is_ad,
    }


def _transcript(post: PlannedPost, creator: Creator, lexicon: Lexicon, writer: Writer, dice: Dice) -> str | None:
    if post.format != "video" or not dice.chance(TRANSCRIBED_SHARE):
        return None
    other = lexicon.topics[int(creator.first.argmax())]
    return writer.transcript(creator, lexicon.topics[post.topic], other)

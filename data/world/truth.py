"""The truth that a sample world was made from: what tests and the demo measure an answer against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from data.contract import AGE_BUCKETS
from data.world.attention import FIT_LIFT, FULL_FIT, NOISE, Attention, Shift
from data.world.judging import AVOIDED_SHARE, GRADE_BOUNDS, RECENT_MONTHS, recent_mixture, relevance_table
from data.world.lexicon import Lexicon
from data.world.people import Creator
from data.world.schedule import Campaign, Period, PlannedPost, post_id


@dataclass(frozen=True, slots=True)
class Truth:
    """What the world was made from.

    `mixtures` (creator_id, topic, first, last, recent), `presences` (creator_id, platform, usual log views and
    the true audience), `posts` (post_id, topic, stray, campaign, organic_views, bought), `relevance` (brief_id,
    creator_id, relevance, grade 0..3, young_viewers), and `facts`: who and what was planted, and the formulas.
    """

    mixtures: pl.DataFrame
    presences: pl.DataFrame
    posts: pl.DataFrame
    relevance: pl.DataFrame
    facts: dict[str, Any]


def tell_truth(
    lexicon: Lexicon,
    creators: tuple[Creator, ...],
    campaigns: tuple[Campaign, ...],
    planned: Sequence[PlannedPost],
    attention: Attention,
    shift: Shift,
    period: Period,
) -> Truth:
    """Put down what the world was made from; the order of `planned` is the order of the post ids."""
    return Truth(
        mixtures=_mixtures(lexicon, creators, period),
        presences=_presences(creators),
        posts=_post_truth(lexicon, planned, attention),
        relevance=relevance_table(lexicon, lexicon.briefs, creators, period),
        facts=_facts(lexicon, creators, campaigns, planned, period, shift),
    )


def _mixtures(lexicon: Lexicon, creators: tuple[Creator, ...], period: Period) -> pl.DataFrame:
    keys = [topic.key for topic in lexicon.topics]
    frames = [
        pl.DataFrame(
            {
                "creator_id": [creator.creator_id] * len(keys),
                "topic": keys,
                "first": creator.first,
                "last": creator.last,
                "recent": recent_mixture(creator, period),
            }
        )
        for creator in creators
    ]
    return pl.concat(frames)


def _presences(creators: tuple[Creator, ...]) -> pl.DataFrame:
    rows = [
        {
            "creator_id": creator.creator_id,
            "platform": presence.platform,
            "usual_log_views": presence.log_views,
            "post_share": presence.weight,
            **dict(zip(AGE_BUCKETS, presence.crowd.ages.tolist(), strict=True)),
            "female": presence.crowd.female,
            "vietnam": presence.crowd.vietnam,
            "hcmc": presence.crowd.hcmc,
            "young_share": presence.crowd.young,
            "target_share": presence.crowd.target,
        }
        for creator in creators
        for presence in creator.presences
    ]
    return pl.DataFrame(rows)


def _post_truth(lexicon: Lexicon, planned: Sequence[PlannedPost], attention: Attention) -> pl.DataFrame:
    return pl.DataFrame({"post_id": [post_id(number) for number in range(len(planned))]}).with_columns(
        pl.Series("topic", [lexicon.topics[post.topic].key for post in planned]),
        pl.Series("stray", [post.stray for post in planned]),
        pl.Series("campaign", [post.campaign for post in planned], dtype=pl.String),
        pl.Series("organic_views", attention.organic),
        pl.Series("bought", attention.bought),
    )


def _facts(
    lexicon: Lexicon,
    creators: tuple[Creator, ...],
    campaigns: tuple[Campaign, ...],
    planned: Sequence[PlannedPost],
    period: Period,
    shift: Shift,
) -> dict[str, Any]:
    return {
        "synthetic": True,
        "period": {"start": period.start.isoformat(), "end": period.end.isoformat(), "months": period.months},
        "topics": {topic.key: {"name": topic.name, "policy": topic.policy} for topic in lexicon.topics},
        "briefs": [
            {"title": brief.title, "topics": brief.topics, "avoid": list(brief.avoid)} for brief in lexicon.briefs
        ],
        "campaigns": _campaign_facts(lexicon, creators, campaigns, planned, period),
        "platform_shift": {
            "platform": shift.platform,
            "month": period.month_start(shift.month).strftime("%Y-%m"),
            "log_lift": shift.log_lift,
        },
        "minors": [creator.creator_id for creator in creators if creator.is_minor],
        "opted_out": [creator.creator_id for creator in creators if creator.opted_out],
        "bought_attention": [creator.creator_id for creator in creators if creator.bought],
        "stopped_posting": [creator.creator_id for creator in creators if creator.leaves < 1.0],
        "drifting": [creator.creator_id for creator in creators if creator.drifts],
        "formulas": _formulas(),
    }


def _campaign_facts(
    lexicon: Lexicon,
    creators: tuple[Creator, ...],
    campaigns: tuple[Campaign, ...],
    planned: Sequence[PlannedPost],
    period: Period,
) -> list[dict[str, Any]]:
    joined: dict[tuple[int, str], set[str]] = {}
    for post in planned:
        if post.campaign:
            joined.setdefault((post.month, post.campaign), set()).add(creators[post.creator].creator_id)
    return [
        {
            "month": period.month_start(campaign.month).strftime("%Y-%m"),
            "hashtag": campaign.tag,
            "topic": lexicon.topics[campaign.topic].key,
            "joined": sorted(joined.get((campaign.month, campaign.tag), ())),
        }
        for campaign in campaigns
    ]


def _formulas() -> dict[str, str]:
    return {
        "recent": f"mean topic share over the last {RECENT_MONTHS} months",
        "relevance": f"sum of topic weight * min(1, recent / {FULL_FIT})",
        "grade": f"0..3, from relevance {GRADE_BOUNDS}; 0 for minors, opted out, stopped, "
        f"avoided topic >= {AVOIDED_SHARE}",
        "young_viewers": "max over wanted platforms of target_share * exp(usual_log_views "
        f"+ sum of topic weight * (topic lift + {FIT_LIFT} * min(1, recent / {FULL_FIT})) + {NOISE}**2 / 2)",
    }

"""When, where and about what each creator posts: the plan of all posts, before a word is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from data.world.dice import Dice
from data.world.lexicon import Lexicon
from data.world.people import Creator

HOME_ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
LEAST_POSTS: Final = 3  # of each creator, where the world is large enough
CAMPAIGNS_A_MONTH: Final = 2
SUITABLE: Final = 0.12  # topic share from which a creator may join a campaign on the topic
JOIN_CHANCE: Final = 0.6
MOST_JOINERS: Final = 25
CAMPAIGN_POST_CHANCE: Final = 0.5  # that a joiner's post in the month carries the hashtag
STRAY_SHARE: Final = 0.05
AD_SHARE: Final = 0.06  # of persons' posts
HOUR_WEIGHTS: Final = (1, 0, 0, 0, 0, 1, 3, 5, 5, 4, 4, 6, 7, 4, 3, 4, 5, 7, 8, 10, 11, 10, 6, 3)
FORMATS: Final = {
    "tiktok": (("video", 0.92), ("live", 0.03), ("image", 0.05)),
    "youtube": (("video", 0.93), ("live", 0.07)),
    "facebook": (("video", 0.4), ("image", 0.35), ("text", 0.2), ("live", 0.05)),
    "instagram": (("image", 0.55), ("video", 0.45)),
    "zalo": (("text", 0.5), ("image", 0.4), ("video", 0.1)),
    "threads": (("text", 0.7), ("image", 0.3)),
}


@dataclass(frozen=True, slots=True)
class Campaign:
    """A hashtag of one month that creators who know its topic join. `month` counts from 0."""

    month: int
    tag: str
    topic: int
    joiners: frozenset[int]


@dataclass(frozen=True, slots=True)
class PlannedPost:
    """One post to be written. `creator`, `presence` and `topic` are rows; `month` counts from 0."""

    creator: int
    presence: int
    published_at: datetime
    month: int
    topic: int
    format: str
    campaign: str | None
    stray: bool
    is_ad: bool


@dataclass(frozen=True, slots=True)
class Period:
    """The time that the world covers. `months` starts are calendar months back from `end`."""

    end: datetime
    months: int

    @property
    def start(self) -> datetime:
        """The first moment of the period."""
        return self.month_start(0)

    def month_start(self, month: int) -> datetime:
        """When month number `month` (0 is the first) begins; `month_start(months)` is the end."""
        back = self.months - month
        years, before = divmod(self.end.month - 1 - back, 12)
        return self.end.replace(year=self.end.year + years, month=before + 1, day=min(self.end.day, 28))

    def elapsed(self, moment: datetime) -> float:
        """The part of the period that is over, 0..1."""
        return (moment - self.start) / (self.end - self.start)


def post_id(number: int) -> str:
    """Id of the post at a place of the plan (from 0)."""
    return f"syn_p{number + 1:07d}"


def plan_campaigns(
    rng: np.random.Generator, lexicon: Lexicon, creators: tuple[Creator, ...], months: int
) -> tuple[Campaign, ...]:
    """Two hashtags each month, and the suitable creators who are to join."""
    pool = [(tag, row) for row, topic in enumerate(lexicon.topics) for tag in topic.campaigns]
    order = np.resize(rng.permutation(len(pool)), months * CAMPAIGNS_A_MONTH)
    return tuple(
        Campaign(number // CAMPAIGNS_A_MONTH, *pool[choice], _joiners(rng, creators, pool[choice][1], number, months))
        for number, choice in enumerate(order.tolist())
    )


def _joiners(
    rng: np.random.Generator, creators: tuple[Creator, ...], topic: int, number: int, months: int
) -> frozenset[int]:
    elapsed = (number // CAMPAIGNS_A_MONTH + 0.5) / months
    suitable = [row for row, creator in enumerate(creators) if creator.mixture(elapsed)[topic] >= SUITABLE]
    willing = [row for row in rng.permutation(suitable).tolist() if rng.random() < JOIN_CHANCE]
    return frozenset(willing[:MOST_JOINERS])


def plan_posts(
    rng: np.random.Generator,
    creators: tuple[Creator, ...],
    campaigns: tuple[Campaign, ...],
    period: Period,
    count: int,
) -> list[PlannedPost]:
    """Plan exactly `count` posts, in the order of their time."""
    dice = Dice(rng)
    planner = _Planner(creators, campaigns, period, dice)
    per_creator = _counts(rng, creators, count)
    planned = [planner.post(row) for row, number in enumerate(per_creator.tolist()) for _ in range(number)]
    return sorted(planned, key=lambda post: (post.published_at, post.creator))


def _counts(rng: np.random.Generator, creators: tuple[Creator, ...], count: int) -> NDArray[np.int64]:
    least = min(LEAST_POSTS, count // len(creators))
    weights = np.array([creator.activity * creator.leaves for creator in creators])
    return least + rng.multinomial(count - least * len(creators), weights / weights.sum())


class _Planner:
    """Draws single posts; holds the sums that every draw needs."""

    def __init__(
        self, creators: tuple[Creator, ...], campaigns: tuple[Campaign, ...], period: Period, dice: Dice
    ) -> None:
        self._creators = creators
        self._period = period
        self._dice = dice
        self._seconds = (period.end - period.start).total_seconds()
        self._starts = [period.month_start(month) for month in range(period.months)]
        self._campaigns: dict[tuple[int, int], list[Campaign]] = {}
        for campaign in campaigns:
            for row in sorted(campaign.joiners):
                self._campaigns.setdefault((campaign.month, row), []).append(campaign)
        self._mixtures = [(creator.first.cumsum(), creator.last.cumsum()) for creator in creators]

    def post(self, row: int) -> PlannedPost:
        creator = self._creators[row]
        published_at = self._moment(creator)
        month = sum(start <= published_at for start in self._starts) - 1
        presence = self._weighted([presence.weight for presence in creator.presences])
        form = FORMATS[creator.presences[presence].platform]
        campaign = self._campaign(month, row)
        stray = campaign is None and self._dice.chance(STRAY_SHARE)
        return PlannedPost(
            creator=row,
            presence=presence,
            published_at=published_at,
            month=month,
            topic=campaign.topic if campaign else self._topic(row, published_at, stray=stray),
            format=form[self._weighted([weight for _, weight in form])][0],
            campaign=campaign.tag if campaign else None,
            stray=stray,
            is_ad=creator.kind == "person" and campaign is None and self._dice.chance(AD_SHARE),
        )

    def _moment(self, creator: Creator) -> datetime:
        """A moment in the creator's active time, moved to an hour when people post."""
        moment = self._period.start + timedelta(seconds=self._dice.number() * self._seconds * creator.leaves)
        hour = self._weighted(HOUR_WEIGHTS)
        local = moment.astimezone(HOME_ZONE).replace(hour=hour, second=self._dice.between(0, 59), microsecond=0)
        latest = self._period.end - timedelta(hours=6)
        return min(max(local, self._period.start), latest).astimezone(self._period.end.tzinfo)

    def _campaign(self, month: int, row: int) -> Campaign | None:
        joined = self._campaigns.get((month, row))
        return self._dice.pick(joined) if joined and self._dice.chance(CAMPAIGN_POST_CHANCE) else None

    def _topic(self, row: int, moment: datetime, *, stray: bool) -> int:
        first, last = self._mixtures[row]
        if stray:
            return self._dice.between(0, len(first) - 1)
        elapsed = self._period.elapsed(moment)
        shares = (1.0 - elapsed) * first + elapsed * last
        return min(int(np.searchsorted(shares, self._dice.number(), side="right")), len(shares) - 1)

    def _weighted(self, weights: tuple[int, ...] | list[float]) -> int:
        draw = self._dice.number() * sum(weights)
        for row, weight in enumerate(weights):
            draw -= weight
            if draw < 0:
                return row
        return len(weights) - 1

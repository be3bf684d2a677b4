"""What a person looks up about one creator or one month beside a list: histories, forecasts, audiences, months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from models.audience_sources import SourceText, source_text
from models.bundle import Contents
from models.clauses import found_facets
from models.creator_search import unknown_creator
from models.reach import FEW_POSTS, OK, TENTH, ReachModel
from models.shortlist import Points

_LETTERS: Final = 160  # of a caption: enough to recognise a post by


@dataclass(frozen=True, slots=True)
class PostPoint:
    """A post in time; `views` as last read, None: not known."""

    post_id: str
    platform: str
    format: str | None
    published_at: datetime
    text: str
    views: int | None


@dataclass(frozen=True, slots=True)
class PresenceForecast:
    """Views of the next post of one platform and format, of no special topic, 90 days after it is published.

    `state` is `ok`, or `few_posts`: fewer than five posts with known views, and `views` is what peers suggest.
    """

    platform: str
    format: str | None
    views: Points
    posts: int
    state: str


@dataclass(frozen=True, slots=True)
class PresenceAudience:
    """Share of a platform's viewers who are of the target's age and area, 0..1, and where that is from."""

    platform: str
    share: Points
    source: SourceText


@dataclass(frozen=True, slots=True)
class Timeline:
    """A creator's posts with text, oldest first, forecasts and audiences by platform."""

    posts: tuple[PostPoint, ...]
    forecasts: tuple[PresenceForecast, ...]
    audiences: tuple[PresenceAudience, ...]


@dataclass(frozen=True, slots=True)
class PlatformMonth:
    """How views of everybody in a format on a platform in a month ("2026-05") stood to the usual there: a factor.

    `low` and `high` bound the factor (80 %); `jump`: it changed suddenly for everybody, and was corrected for.
    """

    platform: str
    format: str | None
    month: str
    posts: int
    factor: float
    low: float
    high: float
    jump: bool


class Details:
    """Looks things up in one bundle."""

    def __init__(self, contents: Contents, reach: ReachModel) -> None:
        self._contents = contents
        self._reach = reach

    def timeline(self, creator_id: str, ages: tuple[int, int], provinces: Sequence[str]) -> Timeline:
        """A creator's posts, forecasts, and who watches.

        Args:
            creator_id: who.
            ages: of the target, both included.
            provinces: of the target; none: anywhere.

        Raises:
            UnknownCreator: no such creator, or one who may not be listed.
            BriefRefused: there is no such province, or the ages are swapped.
        """
        creators = self._contents.creators
        row = creators["creator_id"].index_of(creator_id)
        if row is None or creators["excluded"][row] is not None:
            raise unknown_creator(creator_id)
        return Timeline(self._posts(creator_id), self._forecasts(row), self._audiences(row, ages, provinces))

    def months(self) -> tuple[PlatformMonth, ...]:
        """How views of everybody moved, by platform, format and month."""
        found = self._contents.forecast.months.sort("platform", "format", "month")
        spread = TENTH * pl.col("error")
        factors = found.with_columns(
            factor=pl.col("log_shift").exp(),
            low=(pl.col("log_shift") - spread).exp(),
            high=(pl.col("log_shift") + spread).exp(),
            jump=pl.col("change").is_not_null(),
        )
        names = ("platform", "format", "month", "posts", "factor", "low", "high", "jump")
        return tuple(PlatformMonth(**row) for row in factors.select(names).iter_rows(named=True))

    def facets_of(self, text: str) -> tuple[str, ...]:
        """At most three clauses of a brief's text that tell what it is about."""
        return found_facets(text, self._contents.index.rarity)

    def likeness(self, text: str, others: Sequence[str]) -> list[float]:
        """How near each of the others is to a text in meaning: 1 the same, 0 nothing in common."""
        encode = self._contents.encoder.encode_brief
        wanted = encode(text)
        return [float(np.dot(wanted, encode(other))) for other in others]

    def _posts(self, creator_id: str) -> tuple[PostPoint, ...]:
        posts = self._contents.posts.filter(pl.col("creator_id") == creator_id).sort("published_at", "post_id")
        names = ("post_id", "platform", "format", "published_at", "text", "views")
        return tuple(
            PostPoint(**{**row, "text": " ".join((row["text"] or "").split())[:_LETTERS]})
            for row in posts.select(names).iter_rows(named=True)
        )

    def _forecasts(self, creator: int) -> tuple[PresenceForecast, ...]:
        reach = self._reach
        return tuple(
            PresenceForecast(
                platform=str(reach.platforms[row]),
                format=str(reach.formats[row]) or None,
                views=Points(*np.expm1(reach.points[row]).tolist()),
                posts=int(reach.forecast.rows["posts"][row]),
                state=OK if reach.enough[row] else FEW_POSTS,
            )
            for row in np.flatnonzero(reach.creators == creator).tolist()
        )

    def _audiences(self, creator: int, ages: tuple[int, int], provinces: Sequence[str]) -> tuple[PresenceAudience, ...]:
        audience = self._reach.audience
        shares = audience.shares(ages, provinces)
        return tuple(
            PresenceAudience(
                platform=str(audience.platforms[row]),
                share=Points(float(shares.p10[row]), float(shares.p50[row]), float(shares.p90[row])),
                source=source_text(audience, row),
            )
            for row in np.flatnonzero(audience.creators == creator).tolist()
        )

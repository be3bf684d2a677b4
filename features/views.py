"""Views of posts as they can be compared: grown to the end, and held against the creator's own history.

A post is seen by more people from day to day, so views read early are brought to what they will be after
`SETTLED_DAYS`. What a post did is then held against the posts before it by the same creator on the same platform: a
window of the last ones, told in a dozen figures, is what a forecast is made from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from data.contract import FORMATS

Rows = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]

SETTLED_DAYS: Final = 90.0  # after which views hardly grow: 2 % in a fortnight on re-read TikTok posts
LEAST_SEEN_DAYS: Final = 1.0  # views read earlier say too little of where they end
GROWTH_DAYS: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, SETTLED_DAYS)
WINDOW: Final = 60  # posts of a presence's own history that are looked at
RECENT: Final = 20  # of these, what makes the usual level
PRIOR_POSTS: Final = 2.0  # what peers are worth beside own posts in the usual level
FORMAT_CODES: Final = {name: code for code, name in enumerate((*FORMATS, None))}  # the last: not known


@dataclass(frozen=True, slots=True)
class Growth:
    """How views of one platform grow: straight lines in the logarithms of days and views between `GROWTH_DAYS`.

    Attributes:
        gains: (len(GROWTH_DAYS) - 1,) log of what views are multiplied by from each day to the next; never below 0.
    """

    gains: tuple[float, ...]

    def log_part(self, days: Doubles) -> Doubles:
        """(n,) days after publication to the log of the part of the settled views; unknown days count as settled."""
        known = np.where(np.isfinite(days), np.maximum(days, GROWTH_DAYS[0]), SETTLED_DAYS)
        reached = np.concatenate(([0.0], np.cumsum(self.gains)))
        part: Doubles = np.interp(np.log(known), np.log(GROWTH_DAYS), reached - reached[-1])
        return part


@dataclass(frozen=True, slots=True)
class Viewings:
    """Posts whose views are known, by presence (a creator on a platform), oldest first in each.

    Attributes:
        presences: one row per presence: `creator` (row), `platform`, `followers`, `kind`.
        post_ids: (n_posts,) ids.
        presence: (n_posts,) rows of `presences`, ascending.
        formats: (n_posts,) codes of `FORMAT_CODES`.
        days: (n_posts,) when published, in days since 1970 (UTC).
        months: (n_posts,) calendar month in Ho Chi Minh City, counted from year 0.
        seen_after: (n_posts,) days from publication until the views were read, nan when not known.
        log_views: (n_posts,) natural log of views + 1, as read.
        likes: (n_posts,) log of (likes + 1) / (views + 1), nan when likes are not known.
        shares: (n_posts,) likewise.
    """

    presences: pl.DataFrame
    post_ids: npt.NDArray[np.object_]
    presence: Rows
    formats: Rows
    days: Doubles
    months: Rows
    seen_after: Doubles
    log_views: Doubles
    likes: Doubles
    shares: Doubles

    @property
    def n_presences(self) -> int:
        """Number of presences."""
        return self.presences.height

    @property
    def platforms(self) -> list[str]:
        """(n_presences,) platform of each presence."""
        return self.presences["platform"].to_list()

    def of_posts(self, rows: Rows) -> Viewings:
        """Some of the posts (ascending rows); all presences stay, also those without a post left."""
        names = ("post_ids", "presence", "formats", "days", "months", "seen_after", "log_views", "likes", "shares")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    def settled(self, growth: Mapping[str, Growth]) -> Doubles:
        """(n_posts,) log views brought to `SETTLED_DAYS`; a platform without a curve is taken as it is."""
        settled = self.log_views.copy()
        named = np.array(self.platforms, dtype=object)[self.presence]
        for platform, curve in growth.items():
            own = named == platform
            settled[own] -= curve.log_part(self.seen_after[own])
        return settled


@dataclass(frozen=True, slots=True)
class History:
    """For some moments of some presences, the posts before; nan where there are none.

    Attributes:
        level: (n,) usual log views: the mean of the last `RECENT` posts, peers counting as `PRIOR_POSTS` posts.
        posts: (n, WINDOW) log views of the posts before, the last one in the last column.
        gaps: (n, WINDOW) days from each of them to the moment.
        answers: (n, 2) mean log rate of likes and shares over the last `RECENT` posts.
        counts: (n,) posts before, all of them.
    """

    level: Doubles
    posts: Doubles
    gaps: Doubles
    answers: Doubles
    counts: Rows

    def of_rows(self, rows: Rows | npt.NDArray[np.bool_]) -> History:
        """Some of the moments."""
        return History(self.level[rows], self.posts[rows], self.gaps[rows], self.answers[rows], self.counts[rows])

    def features(self) -> Doubles:
        """(n, n_features) what a forecast of the next post's distance to the level is made from."""
        own = self.posts - self.level[:, None]
        last = own[:, -RECENT:]
        columns = [
            *(own[:, -k:] for k in (1, 3, 5, 10)),
            last,
            own,
        ]
        means = [row_means(part) for part in columns]
        spreads = [row_spreads(last), row_spreads(own)]
        edges = [row_quantiles(part, (0.1, 0.5, 0.9)) for part in (own[:, -10:], last, own)]
        extremes = [row_quantiles(last, (0.0, 1.0)), row_quantiles(own, (0.0, 1.0))]
        recent = [row_fading(own, np.arange(WINDOW)[::-1][None, :] + 0.0 * own, keep) for keep in (4.5, 20.0)]
        recent += [row_fading(own, self.gaps, days) for days in (14.0, 60.0)]
        pace = [np.log1p(self.gaps[:, -1]), np.log1p((self.gaps < 30.0).sum(axis=1)), np.log1p(self.counts)]
        single = [*means, *spreads, *recent, *pace, self.level]
        return np.column_stack([*single, *edges, *extremes, self.answers])


def history(
    log_views: Doubles, viewings: Viewings, presences: Rows, before: Rows, moments: Doubles, peers: Doubles
) -> History:
    """The posts of each presence before a moment.

    Args:
        log_views: (n_posts,) comparable log views, nan for a post that does not count.
        viewings: where each post belongs.
        presences: (n,) rows of presences.
        before: (n,) post rows; posts of the presence in rows below it count.
        moments: (n,) days since 1970.
        peers: (n,) level that peers suggest.
    """
    kept = np.flatnonzero(np.isfinite(log_views))
    first = np.searchsorted(viewings.presence[kept], presences)
    stop = np.searchsorted(kept, before)
    at = stop[:, None] - np.arange(WINDOW, 0, -1)[None, :]
    inside = at >= first[:, None]
    rows = kept[np.where(inside, at, 0)] if len(kept) else np.zeros(at.shape, dtype=np.int64)
    posts = np.where(inside, log_views[rows], np.nan) if len(log_views) else np.full(at.shape, np.nan)
    gaps = np.where(inside, moments[:, None] - viewings.days[rows], np.nan) if len(log_views) else posts
    recent = inside[:, -RECENT:].sum(axis=1)
    total = np.nansum(posts[:, -RECENT:], axis=1)
    answers = [
        row_means(np.where(inside, rate[rows], np.nan)[:, -RECENT:]) for rate in (viewings.likes, viewings.shares)
    ]
    return History(
        level=(total + PRIOR_POSTS * peers) / (recent + PRIOR_POSTS),
        posts=posts,
        gaps=gaps,
        answers=np.stack(answers, axis=1),
        counts=np.maximum(stop - first, 0),
    )


def row_means(values: Doubles) -> Doubles:
    """(n,) mean of what is known in each row, nan when nothing is."""
    known = np.isfinite(values)
    return _divided(np.where(known, values, 0.0).sum(axis=1), known.sum(axis=1))


def row_spreads(values: Doubles) -> Doubles:
    """(n,) standard deviation of what is known in each row, nan for fewer than two."""
    known = np.isfinite(values)
    count = known.sum(axis=1)
    away = np.where(known, values - row_means(values)[:, None], 0.0)
    return np.sqrt(_divided((away**2).sum(axis=1), np.maximum(count - 1, 0)))


def row_fading(values: Doubles, distance: Doubles, scale: float) -> Doubles:
    """(n,) mean of each row, a value at `scale` of distance counting 1/e, drawn to zero as by one value more."""
    known = np.isfinite(values)
    weights = np.where(known, np.exp(-np.where(known, distance, 0.0) / scale), 0.0)
    faded: Doubles = (weights * np.where(known, values, 0.0)).sum(axis=1) / (weights.sum(axis=1) + 1.0)
    return faded


def row_quantiles(values: Doubles, levels: tuple[float, ...]) -> Doubles:
    """(n, n_levels) quantiles of what is known in each row, by linear interpolation; nan when nothing is."""
    ordered = np.sort(values, axis=1)  # nan goes last
    count = np.isfinite(ordered).sum(axis=1)
    found = np.empty((len(values), len(levels)))
    rows = np.arange(len(values))
    for column, level in enumerate(levels):
        place = level * np.maximum(count - 1, 0)
        low = np.floor(place).astype(np.int64)
        high = np.minimum(low + 1, np.maximum(count - 1, 0))
        found[:, column] = ordered[rows, low] + (place - low) * (ordered[rows, high] - ordered[rows, low])
    return found


def _divided(total: Doubles, count: npt.NDArray[Any]) -> Doubles:
    quotient: Doubles = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return quotient

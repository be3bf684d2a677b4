"""Invented posts with views whose making is known: a level per creator, effects of months and formats, noise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from features.text import Tokeniser
from features.views import Viewings
from training.lift_fit import Liftable, liftable
from training.viewing import viewings_of

Doubles = npt.NDArray[np.float64]
Moved = Callable[[datetime], float]

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
SETTLED: Final = 120.0  # days after posting at which views are read unless a test says otherwise
POSTS: Final = {
    "post_id": pl.String(),
    "creator_id": pl.String(),
    "platform": pl.String(),
    "published_at": pl.Datetime("us", "UTC"),
    "observed_at": pl.Datetime("us", "UTC"),
    "format": pl.String(),
    "text": pl.String(),
    "views": pl.Int64(),
    "likes": pl.Int64(),
    "shares": pl.Int64(),
}
OBSERVATIONS: Final = {"post_id": pl.String(), "observed_at": pl.Datetime("us", "UTC"), "views": pl.Int64()}


def start(days: float) -> datetime:
    """So many days after the first."""
    return START + timedelta(days=days)


def still(_: datetime) -> float:
    """Nothing moves the views."""
    return 0.0


def post(creator: str, number: int, views: int | None, **given: Any) -> dict[str, Any]:
    """One post, a day after the one before, its views read when they had settled; `given` says what is otherwise."""
    at = given.get("published_at", START + timedelta(days=number))
    usual = {
        "post_id": f"{creator}-{given.get('platform', 'tiktok')}-{number:04d}",
        "creator_id": creator,
        "platform": "tiktok",
        "published_at": at,
        "observed_at": at + timedelta(days=SETTLED),
        "format": "video",
        "text": "",
        "views": views,
    }
    return usual | given


def simulated(
    rng: np.random.Generator,
    *,
    creators: int = 40,
    posts: int = 30,
    platform: str = "tiktok",
    noise: float = 0.7,
    days: float = 330.0,
    moved: Moved = still,
) -> list[dict[str, Any]]:
    """Posts of creators whose levels spread by a factor of three about 8,000 views, at even times over `days`."""
    rows = []
    for creator in range(creators):
        level = rng.normal(9.0, 1.1)
        for number in range(posts):
            at = START + timedelta(days=float((number + rng.random()) * days / posts))
            views = int(np.exp(level + moved(at) + rng.normal(0.0, noise)))
            rows.append(post(f"c{creator:03d}", number, views, platform=platform, published_at=at))
    return rows


def frame(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows as the catalogue holds them."""
    return pl.DataFrame(list(rows), schema=POSTS)


def viewings(rows: Sequence[Mapping[str, Any]], followers: Mapping[str, int] | None = None) -> Viewings:
    """Viewings of all the posts, as training reads them."""
    posts = frame(rows)
    ids = sorted(set(posts["creator_id"].to_list()))
    creators = pl.DataFrame(
        {"creator_id": ids, "excluded": [None] * len(ids)},
        schema=dict.fromkeys(("creator_id", "excluded"), pl.String()),
    )
    told = followers or {}
    accounts = (
        posts.select("creator_id", "platform")
        .unique(maintain_order=True)
        .with_columns(followers=pl.col("creator_id").replace_strict(told, default=None, return_dtype=pl.Int64))
    )
    kinds = creators.select("creator_id", kind=pl.lit("person"))
    return viewings_of(posts, accounts, kinds, creators)


def nothing_read_again() -> pl.DataFrame:
    """No post was read twice."""
    return pl.DataFrame(schema=OBSERVATIONS)


def words_of(
    rows: Sequence[Mapping[str, Any]], seen: Viewings, vectors: npt.NDArray[np.float32]
) -> Callable[[Doubles], Liftable]:
    """What `fit_views` asks for: the posts' texts and vectors, once it knows how far each was from its level."""
    tokeniser = Tokeniser()
    posts = frame(rows)
    words = tokeniser.batch(posts["text"].to_list())
    return lambda away: liftable(seen, away, posts.select("post_id"), words, vectors)


def wordless(rows: Sequence[Mapping[str, Any]], seen: Viewings) -> Callable[[Doubles], Liftable]:
    """The same of posts that say nothing."""
    return words_of(rows, seen, np.zeros((len(rows), 4), dtype=np.float32))


def no_progress(done: int, total: int) -> None:
    """Nobody watches a test."""

"""What a model knows of one creator."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from models.bundle import Contents

_TOP_TAGS: Final = 10  # hashtags shown of a creator


@dataclass(frozen=True, slots=True)
class AccountProfile:
    """A creator's account on one platform; None means not known, never zero."""

    platform: str
    handle: str | None
    url: str | None
    followers: int | None
    verified: bool | None


@dataclass(frozen=True, slots=True)
class CreatorProfile:
    """A creator: who, where, how much, and what about."""

    creator_id: str
    name: str
    kind: str | None
    category: str | None
    platforms: tuple[AccountProfile, ...]
    post_count: int
    first_post_at: datetime | None
    last_post_at: datetime | None
    hashtags: tuple[str, ...]


def profile(contents: Contents, row: int) -> CreatorProfile:
    """The profile of the creator at a row."""
    creator = contents.creators.row(row, named=True)
    accounts = contents.accounts.filter(pl.col("creator_id") == creator["creator_id"])
    posts = contents.posts.filter(pl.col("creator_id") == creator["creator_id"])
    tags = Counter(tag.lower() for tags in posts["hashtags"].drop_nulls().to_list() for tag in tags)
    shown = accounts.select("platform", "handle", "url", "followers", "verified").sort("platform")
    return CreatorProfile(
        creator_id=creator["creator_id"],
        name=creator["name"],
        kind=creator["kind"],
        category=creator["category"],
        platforms=tuple(AccountProfile(**account) for account in shown.iter_rows(named=True)),
        post_count=creator["n_posts"],
        first_post_at=creator["first_post_at"],
        last_post_at=creator["last_post_at"],
        hashtags=tuple(tag for tag, _ in sorted(tags.items(), key=lambda item: (-item[1], item[0]))[:_TOP_TAGS]),
    )

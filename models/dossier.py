"""What a model holds of one creator that a person should look into before inviting them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from models.bundle import Contents


@dataclass(frozen=True, slots=True)
class KeptPost:
    """A post; `is_ad`: its platform marked it as advertising, None: not told."""

    post_id: str
    text: str | None
    hashtags: tuple[str, ...]
    is_ad: bool | None


@dataclass(frozen=True, slots=True)
class Dossier:
    """A creator's accounts (platform, verified or not; None: not known) and posts, newest first.

    `flags` are signs of bought attention, rows of `training.attention.bought_attention`.
    """

    accounts: tuple[tuple[str, bool | None], ...]
    posts: tuple[KeptPost, ...]
    flags: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Dossiers:
    """Dossiers of one model's creators."""

    contents: Contents

    def of(self, creator_id: str) -> Dossier:
        """A creator's dossier; an empty one for somebody whom the model does not know."""
        own = pl.col("creator_id") == creator_id
        accounts = self.contents.accounts.filter(own).select("platform", "verified").sort("platform")
        posts = self.contents.posts.filter(own).sort("published_at", "post_id", descending=True)
        row = self.contents.creators["creator_id"].index_of(creator_id)
        flags = self.contents.attention.filter(pl.col("creator") == (-1 if row is None else row))
        return Dossier(
            tuple(accounts.iter_rows()),
            tuple(
                KeptPost(post_id, text, tuple(hashtags or ()), is_ad)
                for post_id, text, hashtags, is_ad in posts.select("post_id", "text", "hashtags", "is_ad").iter_rows()
            ),
            tuple(flags.to_dicts()),
        )

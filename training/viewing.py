"""Views of the catalogue's posts, as the forecast reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from data.catalogue import Catalogue
from data.times import LOCAL_ZONE
from features.views import FORMAT_CODES, Viewings
from training.tables import Tables

_DAY_S: Final = 86_400
_COUNTS: Final = ("views", "likes", "shares")  # of a post's counts, those that a forecast is made from


@dataclass(frozen=True, slots=True)
class Seen:
    """How often posts were seen: as they were read last, and every reading (`post_id`, `observed_at`, `views`)."""

    viewings: Viewings
    observations: pl.DataFrame

    @classmethod
    def read(cls, catalogue: Catalogue, tables: Tables) -> Seen:
        """What the catalogue says of creators who may be listed."""
        accounts = catalogue.table("accounts").select("creator_id", "platform", "followers")
        kinds = catalogue.table("creators").select("creator_id", "kind")
        observations = catalogue.table("observations").select("post_id", "observed_at", *_COUNTS)
        viewings = viewings_of(last_seen(catalogue.table("posts"), observations), accounts, kinds, tables.creators)
        return cls(viewings, observations.select("post_id", "observed_at", "views"))


def last_seen(posts: pl.DataFrame, observations: pl.DataFrame) -> pl.DataFrame:
    """Posts with the counts of the last reading that had views: a later one without them does not undo it."""
    counts = ["observed_at", *_COUNTS]
    read = observations.drop_nulls("views").sort("post_id", "observed_at").group_by("post_id").last()
    joined = posts.join(read, on="post_id", how="left", suffix="_read", maintain_order="left")
    unknown = pl.col("views").is_null()
    kept = [pl.when(unknown).then(f"{name}_read").otherwise(name).alias(name) for name in counts]
    return joined.with_columns(kept).select(posts.columns)


def viewings_of(posts: pl.DataFrame, accounts: pl.DataFrame, kinds: pl.DataFrame, creators: pl.DataFrame) -> Viewings:
    """Viewings from tables of the contract; posts whose views are not known are left out, not taken for zero."""
    rows = creators.with_row_index("creator").filter(pl.col("excluded").is_null()).select("creator", "creator_id")
    seen = (
        posts.filter(pl.col("views").is_not_null())
        .join(rows, on="creator_id", how="inner")
        .with_columns(pl.col("creator").cast(pl.Int64))
        .sort("creator", "platform", "published_at", "post_id")
    )
    presences = (
        seen.select("creator", "creator_id", "platform")
        .unique(maintain_order=True)
        .join(accounts, on=["creator_id", "platform"], how="left", maintain_order="left")
        .join(kinds, on="creator_id", how="left", maintain_order="left")
        .select("creator", "platform", "followers", "kind")
    )
    numbered = presences.select("creator", "platform").with_row_index("presence")
    return _arrays(presences, seen.join(numbered, on=["creator", "platform"], how="left", maintain_order="left"))


def _arrays(presences: pl.DataFrame, seen: pl.DataFrame) -> Viewings:
    local = pl.col("published_at").dt.convert_time_zone(LOCAL_ZONE)
    after = (pl.col("observed_at") - pl.col("published_at")).dt.total_seconds() / _DAY_S
    log_views = (pl.col("views") + 1.0).log()
    told = seen.select(
        presence=pl.col("presence").cast(pl.Int64),
        formats=pl.col("format").replace_strict(FORMAT_CODES, default=FORMAT_CODES[None], return_dtype=pl.Int64),
        days=pl.col("published_at").dt.epoch("s") / _DAY_S,
        months=local.dt.year().cast(pl.Int64) * 12 + local.dt.month().cast(pl.Int64) - 1,
        seen_after=after.cast(pl.Float64).fill_null(np.nan),
        log_views=log_views,
        likes=((pl.col("likes") + 1.0).log() - log_views).fill_null(np.nan),
        shares=((pl.col("shares") + 1.0).log() - log_views).fill_null(np.nan),
    )
    return Viewings(
        presences=presences,
        post_ids=np.array(seen["post_id"].to_list(), dtype=object),
        **{name: told[name].to_numpy() for name in told.columns},
    )

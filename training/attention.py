"""Whose attention looks bought, among all creators who may be listed."""

from __future__ import annotations

import polars as pl

from features.attention import odd_presences
from training.tables import Tables


def bought_attention(tables: Tables) -> pl.DataFrame:
    """Signs of bought attention, a row each: see `features.attention.odd_presences`; `creator` is a creator row."""
    rows = tables.creators.select("creator_id").with_row_index("creator").with_columns(pl.col("creator").cast(pl.Int64))
    posts, accounts = (table.join(rows, on="creator_id") for table in (tables.counts, tables.accounts))
    return odd_presences(posts, accounts)

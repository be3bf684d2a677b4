"""Who may be on a list at all, beside what a brief asks: filters that staff set, and people who were taken out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from data.tombstones import marked

Mask = npt.NDArray[np.bool_]

_LISTS_KEPT: Final = 64  # each takes a byte a creator
# Followers of the largest account, from (included) and below (excluded): the words agencies use.
TIERS: Final = {
    "nano": (0, 10_000),
    "micro": (10_000, 100_000),
    "mid": (100_000, 500_000),
    "macro": (500_000, 1_000_000),
    "mega": (1_000_000, None),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What a creator must be. An empty or None filter lets everyone pass; what is not known of a creator does not.

    Attributes:
        kinds: person, press, organisation, network.
        home_provinces: where they live.
        max_rate_vnd: the price of a post at most, in đồng.
        tiers: names of `TIERS`.
        verified: True: an account verified by its platform.
        opted_out: ids of creators who opted out since the model was trained, and marks of those who were erased.
        blocked: ids of creators whom a named person blocked for this campaign.
    """

    kinds: tuple[str, ...] = ()
    home_provinces: tuple[str, ...] = ()
    max_rate_vnd: int | None = None
    tiers: tuple[str, ...] = ()
    verified: bool | None = None
    opted_out: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()


EVERYONE: Final = Filters()


def named(creators: pl.DataFrame, ids: tuple[str, ...]) -> Mask:
    """(n_creators,) who is among the ids, or stands for one of the marks of erased creators among them."""
    if not ids:
        return np.zeros(creators.height, dtype=bool)
    erased = marked(ids, creators["creator_id"])
    return creators["creator_id"].is_in([*ids, *erased]).to_numpy()


def named_once(creators: pl.DataFrame) -> Callable[[tuple[str, ...]], Mask]:
    """`named`, found once for each list of ids: the same comes with every brief until someone else opts out."""
    return lru_cache(_LISTS_KEPT)(partial(named, creators))


def hiding(creators: pl.DataFrame, ids: tuple[str, ...]) -> pl.DataFrame:
    """The creators, those among the ids or marks excluded for having opted out."""
    hidden = pl.lit(pl.Series(named(creators, ids))) & pl.col("excluded").is_null()
    return creators.with_columns(excluded=pl.when(hidden).then(pl.lit("opted_out")).otherwise(pl.col("excluded")))


def passing(creators: pl.DataFrame, accounts: pl.DataFrame, filters: Filters) -> Mask:
    """(n_creators,) who is what the filters ask for; `accounts` are those of the creators."""
    asked = [
        *([pl.col("kind").is_in(list(filters.kinds))] if filters.kinds else []),
        *([pl.col("home_province").is_in(list(filters.home_provinces))] if filters.home_provinces else []),
        *([pl.col("rate_vnd_per_post") <= filters.max_rate_vnd] if filters.max_rate_vnd is not None else []),
        *([pl.any_horizontal(*map(_in_tier, filters.tiers))] if filters.tiers else []),
        *([pl.col("verified") == filters.verified] if filters.verified is not None else []),
    ]
    if not asked:
        return np.ones(creators.height, dtype=bool)
    largest = accounts.group_by("creator_id").agg(pl.col("followers").max(), pl.col("verified").any(ignore_nulls=False))
    known = creators.join(largest, on="creator_id", how="left", maintain_order="left")
    return known.select(pl.all_horizontal(*asked).fill_null(value=False).alias("passes"))["passes"].to_numpy()


def _in_tier(tier: str) -> pl.Expr:
    low, high = TIERS[tier]
    above = pl.col("followers") >= low
    return above if high is None else above & (pl.col("followers") < high)

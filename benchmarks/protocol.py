"""What every task is made of: a history of creators and posts, and queries whose right answers are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from models.brief import Brief

UTC_MICROSECONDS: Final = pl.Datetime("us", "UTC")
CREATOR_SCHEMA: Final[dict[str, Any]] = {"creator_id": pl.String, "name": pl.String, "kind": pl.String}
ACCOUNT_SCHEMA: Final[dict[str, Any]] = {"creator_id": pl.String, "platform": pl.String, "followers": pl.Int64}
POST_SCHEMA: Final[dict[str, Any]] = {
    "post_id": pl.String,
    "creator_id": pl.String,
    "platform": pl.String,
    "published_at": UTC_MICROSECONDS,
    "observed_at": UTC_MICROSECONDS,
    "text": pl.String,
    "hashtags": pl.List(pl.String),
    "transcript": pl.String,
    "format": pl.String,
    "duration_s": pl.Float64,
    "views": pl.Int64,
    "likes": pl.Int64,
    "comments": pl.Int64,
    "shares": pl.Int64,
    "saves": pl.Int64,
    "is_ad": pl.Boolean,
}


@dataclass(frozen=True, slots=True)
class Query:
    """One question with its right answers.

    `relevant` are creator ids; `gains` (creator id -> grade above 0) says how right each is where that is known,
    otherwise every relevant creator counts 1. `excluded` ids are taken out of a ranking before it is measured.
    `brief` is the whole brief where there is one; a system that knows no facets reads `text`.
    """

    query_id: str
    text: str
    relevant: frozenset[str]
    excluded: frozenset[str] = frozenset()
    gains: Mapping[str, float] = field(default_factory=dict)
    brief: Brief | None = None

    @property
    def grades(self) -> dict[str, float]:
        """Grade of every relevant creator."""
        return dict(self.gains) or dict.fromkeys(self.relevant, 1.0)


@dataclass(frozen=True, slots=True)
class Task:
    """A protocol made concrete: what a system may learn from (the history only) and what it is then asked.

    `creators`, `accounts` and `posts` have the columns of the import contract; `candidates` are the ids that may be
    ranked; `measures` are spelled as in `training.measures`; `synthetic` tasks are invented and always labelled so.
    """

    name: str
    creators: pl.DataFrame
    posts: pl.DataFrame
    queries: tuple[Query, ...]
    candidates: frozenset[str]
    measures: tuple[str, ...]
    note: str
    accounts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ACCOUNT_SCHEMA))
    warm_start: tuple[Path, ...] = ()
    synthetic: bool = False

    def asked(self, queries: Iterable[Query], name: str, note: str) -> Task:
        """The same history, asked other queries."""
        return replace(self, queries=tuple(queries), name=name, note=note)


def contract_frame(rows: pl.DataFrame, schema: Mapping[str, Any]) -> pl.DataFrame:
    """Give the contract's columns in its order and types; a column that is not there is null throughout."""
    lacking = [pl.lit(None).alias(name) for name in schema if name not in rows.columns]
    typed = [
        pl.col(name).str.to_datetime(time_unit="us", time_zone="UTC")
        if kind == UTC_MICROSECONDS and rows.schema.get(name) == pl.String
        else pl.col(name).cast(kind)
        for name, kind in schema.items()
    ]
    return rows.with_columns(lacking).select(typed)

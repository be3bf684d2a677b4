"""The catalogue as a model holds it: creators in rows, their posts in time, what may not be listed left out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from data.catalogue import Catalogue
from kolmatch.errors import TooLittleData

Rows = npt.NDArray[np.int64]

_RECENT_DAYS: Final = 90
_LEAST_CREATORS: Final = 2
_OF_THE_LISTED: Final = ("name", "category", "home_province", "rate_vnd_per_post")
_COUNTS: Final = ("views", "likes", "comments", "shares", "saves")
_COUNT_COLUMNS: Final = ("post_id", "creator_id", "platform", "format", "published_at", "observed_at", *_COUNTS)
_POST_COLUMNS: Final = (
    *("post_id", "creator_id", "platform", "published_at", "format", "text", "hashtags", "is_ad"),
    "views",  # as last read: what a person sees beside the forecast
)


@dataclass(frozen=True, slots=True)
class Tables:
    """What a model is made from.

    Attributes:
        creators: one row per creator, sorted by id; `excluded` names why someone may not be listed, `unnamed` says that
            only posts tell of them, so that nobody knows their age or whether they opted out.
        accounts: of creators who may be listed.
        audiences: raw reports of who watches creators who may be listed.
        posts: of creators who may be listed, with something to read, each text once per creator, in order of time.
        transcripts: (n_posts,) what is said in each post, or None.
        counts: what was counted of every post of creators who may be listed, also of those with nothing to read.
        briefs: earlier briefs.
        owners: (n_posts,) creator rows.
        ages: (n_posts,) days before the last post.
    """

    creators: pl.DataFrame
    accounts: pl.DataFrame
    audiences: pl.DataFrame
    posts: pl.DataFrame
    transcripts: list[str | None]
    counts: pl.DataFrame
    briefs: pl.DataFrame
    owners: Rows
    ages: npt.NDArray[np.float64]


def read_tables(catalogue: Catalogue, opted_out: Collection[str] = ()) -> Tables:
    """Read the catalogue; `opted_out` are ids of creators who opted out after they were imported.

    Raises:
        TooLittleData: fewer than two creators have posts with text.
    """
    people = _people(catalogue, opted_out)
    listed = people.filter(pl.col("excluded").is_null())
    posts = catalogue.table("posts").join(listed.select("creator_id"), on="creator_id", how="semi")
    readable = _readable(posts)
    if readable["creator_id"].n_unique() < _LEAST_CREATORS:
        raise TooLittleData(
            f"Only {readable['creator_id'].n_unique()} creators have posts with text. Import posts of at least "
            f"{_LEAST_CREATORS} creators: kolmatch import posts FILE.",
            f"Chỉ có {readable['creator_id'].n_unique()} nhà sáng tạo có bài viết có nội dung. "
            f"Hãy nhập bài của ít nhất {_LEAST_CREATORS} người: kolmatch import posts TỆP.",
        )
    creators = _with_counts(people, posts)
    accounts, audiences = (
        catalogue.table(name).join(listed.select("creator_id"), on="creator_id", how="semi")
        for name in ("accounts", "audiences")
    )
    counts = posts.select(_COUNT_COLUMNS).sort("creator_id", "published_at", "post_id")
    return _assembled(creators, accounts, audiences, readable, counts, catalogue.table("briefs"))


def _assembled(
    creators: pl.DataFrame,
    accounts: pl.DataFrame,
    audiences: pl.DataFrame,
    posts: pl.DataFrame,
    counts: pl.DataFrame,
    briefs: pl.DataFrame,
) -> Tables:
    rows = creators.select("creator_id").with_row_index("owner")
    posts = posts.join(rows, on="creator_id", how="left", maintain_order="left")
    last = posts["published_at"].max()
    assert isinstance(last, datetime)
    ages = ((last - pl.col("published_at")).dt.total_seconds() / 86400).alias("age")
    return Tables(
        creators=creators,
        accounts=accounts.sort("creator_id", "platform"),
        audiences=audiences.sort("creator_id", "platform", "as_of", "source"),
        posts=posts.select(_POST_COLUMNS),
        transcripts=posts["transcript"].to_list(),
        counts=counts,
        briefs=briefs,
        owners=posts["owner"].to_numpy().astype(np.int64),
        ages=posts.select(ages)["age"].to_numpy().astype(np.float64),
    )


def _people(catalogue: Catalogue, opted_out: Collection[str]) -> pl.DataFrame:
    """Every creator who is named or has posts, with why not to list them, if so."""
    named = catalogue.table("creators")
    posting = catalogue.table("posts").select(pl.col("creator_id").unique())
    unnamed = posting.join(named, on="creator_id", how="anti").with_columns(
        name=pl.col("creator_id"), unnamed=pl.lit(value=True)
    )
    people = pl.concat([named, unnamed], how="diagonal_relaxed").sort("creator_id")
    reason = (
        pl.when(pl.col("opted_out").fill_null(value=False) | pl.col("creator_id").is_in(list(opted_out)))
        .then(pl.lit("opted_out"))
        .when(pl.col("is_minor").fill_null(value=False))
        .then(pl.lit("minor"))
        .otherwise(None)
    )
    return people.select(
        *("creator_id", "name", "kind", "category", "home_province", "rate_vnd_per_post"),
        excluded=reason,
        unnamed=pl.col("unnamed").fill_null(value=False),
    )


def _readable(posts: pl.DataFrame) -> pl.DataFrame:
    """Posts with a caption, a hashtag or a transcript, each text once per creator (its newest post), by time."""
    caption = pl.col("text").fill_null("").str.strip_chars().str.to_lowercase()
    hashtags = pl.col("hashtags").list.join(" ").fill_null("")
    speech = pl.col("transcript").fill_null("").str.strip_chars()
    ordered = posts.filter((caption + hashtags + speech) != "").sort("published_at", "post_id")
    wordless = (caption + hashtags) == ""
    same = ["creator_id", caption, hashtags, pl.when(wordless).then(speech)]
    return ordered.filter(pl.struct(same).is_last_distinct())


def _with_counts(people: pl.DataFrame, posts: pl.DataFrame) -> pl.DataFrame:
    """Creators with how much, when, where and in which formats they post; the name of someone left out is not kept."""
    recent = pl.col("published_at") > posts["published_at"].max() - pl.duration(days=_RECENT_DAYS)
    counts = posts.group_by("creator_id").agg(
        n_posts=pl.len(),
        recent_posts=recent.sum(),
        first_post_at=pl.col("published_at").min(),
        last_post_at=pl.col("published_at").max(),
        platforms=pl.col("platform").unique().sort(),
        formats=pl.col("format").drop_nulls().unique().sort(),
    )
    zero = pl.col("n_posts", "recent_posts").fill_null(0)
    joined = people.join(counts, on="creator_id", how="left").sort("creator_id").with_columns(zero)
    shown = pl.col("excluded").is_null()
    hidden = [pl.when(shown).then(pl.col(name)).otherwise(None).alias(name) for name in _OF_THE_LISTED]
    return joined.with_columns(hidden)

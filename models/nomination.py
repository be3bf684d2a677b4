"""Someone who is not in the catalogue, held against those who are, by a few of their captions. Nothing is kept.

The nominee and each creator on the list for the brief are put into a small index of their own, every one with as many
captions, the newest, and no dates; the brief is then asked of it as of any other. So all stand on the same footing: no
one gains by having more posts, newer ones, or transcripts. The scores are of this comparison alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from features.surface import read_surfaces
from features.text import TokenBatch
from models.bundle import Contents
from models.creator_index import IndexedPosts, build_index
from models.shortlist import Evidence, FacetCover, Part

NOMINEE: Final = "nominee"


@dataclass(frozen=True, slots=True)
class Compared:
    """A creator the nominee was held against, and the score of each in this comparison."""

    creator_id: str
    name: str
    score: float


@dataclass(frozen=True, slots=True)
class Nomination:
    """The nominee's place (1 the best, of `of` with the nominee), its reasons, and the others, best first."""

    place: int
    of: int
    score: float
    parts: tuple[Part, ...]
    evidence: tuple[Evidence, ...]
    facets: tuple[FacetCover, ...]
    compared: tuple[Compared, ...]


def small_contents(contents: Contents, name: str, captions: Sequence[str], rivals: Sequence[str]) -> Contents:
    """A catalogue of the nominee and the rivals alone, each with at most as many captions as the nominee has."""
    posts = pl.concat(
        [_given(contents, captions), _newest(contents, rivals, len(captions))], how="diagonal_relaxed"
    ).with_columns(pl.col("hashtags").fill_null([]))
    people = contents.creators.filter(pl.col("creator_id").is_in(list(rivals)))
    nominee = pl.DataFrame({"creator_id": [NOMINEE], "name": [name], "n_posts": [len(captions)]})
    creators = pl.concat([nominee, people], how="diagonal_relaxed")
    counted = creators.select("creator_id").with_row_index("owner")
    owners = posts.join(counted, on="creator_id", how="left", maintain_order="left")["owner"].to_numpy()
    index = build_index(_indexed(contents, posts, owners.astype(np.int64)), creators.height, contents.index.tokeniser)
    index = replace(index, restorer=contents.index.restorer)  # a few captions tell nothing of the language
    # What hangs on rows of the whole catalogue is left out: of a nominee no views are known, so fit alone is compared.
    forecast = replace(contents.forecast, rows=contents.forecast.rows.clear())
    attention = contents.attention.clear()
    return replace(contents, creators=creators, posts=posts, index=index, forecast=forecast, attention=attention)


def _given(contents: Contents, captions: Sequence[str]) -> pl.DataFrame:
    """The captions as posts of the nominee; the newest day of the catalogue stands for a date that nobody knows."""
    newest = contents.posts["published_at"].max()
    rows = [
        {"post_id": f"{NOMINEE}-{number}", "creator_id": NOMINEE, "platform": "other", "text": text}
        for number, text in enumerate(captions, start=1)
    ]
    return pl.DataFrame(rows).with_columns(
        published_at=pl.lit(newest, dtype=contents.posts.schema["published_at"]), hashtags=_hashtags(captions)
    )


def _hashtags(captions: Sequence[str]) -> pl.Series:
    tags = [[word.strip("#.,!?").lower() for word in text.split() if word.startswith("#")] for text in captions]
    return pl.Series([[tag for tag in found if tag] for found in tags], dtype=pl.List(pl.String))


def _newest(contents: Contents, rivals: Sequence[str], most: int) -> pl.DataFrame:
    own = contents.posts.filter(pl.col("creator_id").is_in(list(rivals)))
    return (
        own.sort("published_at", descending=True, maintain_order=True)
        .group_by("creator_id", maintain_order=True)
        .head(most)
    )


def _indexed(
    contents: Contents, posts: pl.DataFrame, owners: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> IndexedPosts:
    texts = [_readable(row) for row in posts.select("text", "hashtags").iter_rows()]
    words: TokenBatch = contents.index.tokeniser.batch(texts)
    tags = posts.select(pl.col("hashtags").list.eval(pl.element().str.to_lowercase())).with_row_index("post")
    used = tags.explode("hashtags").drop_nulls()
    names = used["hashtags"].unique().sort().to_list()
    numbers = {name: number for number, name in enumerate(names)}
    return IndexedPosts(
        words=words,
        surfaces=read_surfaces(posts["text"].to_list()),
        vectors=contents.encoder.encode_posts(texts),
        owners=owners,
        ages=np.zeros(posts.height),
        hashtags=names,
        tags=np.array([numbers[name] for name in used["hashtags"]], dtype=np.int64),
        tagged=used["post"].to_numpy().astype(np.int64),
    )


def _readable(row: tuple[str | None, list[str]]) -> str:
    text, hashtags = row
    missing = [tag for tag in hashtags if f"#{tag}" not in (text or "")]
    return " ".join([text or "", *(f"#{tag}" for tag in missing)]).strip()

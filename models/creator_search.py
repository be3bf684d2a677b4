"""Finding creators without a brief: by name, by what they speak of, by likeness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from features.diacritics import strip_diacritics
from kolmatch.errors import UnknownCreator
from models.bundle import Contents

_LEAST_POSTS: Final = 2  # a hashtag used once tells nothing of a creator
_DOUBT: Final = 1.0  # posts by which a rare hashtag's share is drawn to everyone's, so that luck is no topic


@dataclass(frozen=True, slots=True)
class CreatorHit:
    """A creator found by a text; `matched` is the field in which it stands: name, handle, category or creator_id."""

    creator_id: str
    name: str
    kind: str | None
    matched: str


@dataclass(frozen=True, slots=True)
class Topic:
    """A hashtag that a creator uses more than others.

    `posts` is how many of the creator's posts carry it; `lift` how many times more often than the posts of all.
    """

    hashtag: str
    posts: int
    lift: float


@dataclass(frozen=True, slots=True)
class SimilarCreator:
    """A creator who speaks of the same things; `similarity` is the cosine of what their posts mean, 1 the same."""

    creator_id: str
    name: str
    kind: str | None
    similarity: float


@dataclass(frozen=True, slots=True)
class CreatorSearch:
    """What is looked through: creators who may be listed, and how often each hashtag is used.

    Attributes:
        creators: one row per creator who may be listed, with a column of plain text per field of `_FIELDS`.
        vectors: (n_creators_here, dimension) what each speaks of, unit vectors, rows as `creators`.
        uses: hashtag, creator_id, posts.
        hashtag_posts: hashtag -> posts that carry it.
        n_posts: posts in all.
    """

    creators: pl.DataFrame
    vectors: npt.NDArray[np.float32]
    uses: pl.DataFrame
    hashtag_posts: Mapping[str, int]
    n_posts: int

    @classmethod
    def of(cls, contents: Contents) -> CreatorSearch:
        """Make it from a loaded bundle; a second for hundreds of thousands of posts, so it is kept."""
        listed = contents.creators["excluded"].is_null()
        handles = contents.accounts.group_by("creator_id").agg(pl.col("handle").drop_nulls().str.join(" "))
        shown = contents.creators.filter(listed).select("creator_id", "name", "kind", "category", "n_posts")
        named = shown.join(handles, on="creator_id", how="left", maintain_order="left")
        plain = {f"plain_{field}": pl.Series([_plain(value) for value in named[field]]) for field in _FIELDS}
        tags = contents.posts.select("creator_id", pl.col("hashtags").list.unique()).explode("hashtags").drop_nulls()
        uses = tags.group_by(pl.col("hashtags").str.to_lowercase().alias("hashtag"), "creator_id").len("posts")
        total = uses.group_by("hashtag").agg(pl.col("posts").sum())
        return cls(
            creators=named.with_row_index("order").with_columns(**plain),
            vectors=contents.index.creator_vectors[listed.to_numpy()],
            uses=uses,
            hashtag_posts=dict(total.iter_rows()),
            n_posts=contents.posts.height,
        )

    def find(self, text: str, k: int) -> list[CreatorHit]:
        """At most `k` creators in whose name, handle, category or id the text stands, with or without diacritics.

        The id itself comes first, then names that begin with it, names, handles, categories; of equals who posts most.
        """
        ranks = pl.min_horizontal(*_ranks(_plain(text)))
        found = self.creators.with_columns(rank=ranks).filter(pl.col("rank") < _NONE)
        best = found.sort("rank", "n_posts", "order", descending=[False, True, False]).head(k)
        return [
            CreatorHit(row["creator_id"], row["name"], row["kind"], _MATCHED[row["rank"]])
            for row in best.iter_rows(named=True)
        ]

    def topics(self, creator_id: str, k: int) -> list[Topic]:
        """At most `k` hashtags that tell this creator from others, the most telling first.

        Raises:
            UnknownCreator: no such creator, or one who may not be listed.
        """
        posts = int(self.creators["n_posts"][self._row(creator_id)])
        own = self.uses.filter((pl.col("creator_id") == creator_id) & (pl.col("posts") >= _LEAST_POSTS))
        found = [Topic(tag, used, self._lift(tag, used, posts)) for tag, used in own["hashtag", "posts"].iter_rows()]
        telling = [topic for topic in found if topic.lift > 1.0]
        return sorted(telling, key=lambda t: (-t.posts * np.log(t.lift), t.hashtag))[:k]

    def similar(self, creator_id: str, k: int) -> list[SimilarCreator]:
        """At most `k` others nearest in what their posts mean.

        Raises:
            UnknownCreator: no such creator, or one who may not be listed.
        """
        row = self._row(creator_id)
        near = self.vectors @ self.vectors[row]
        order = [found for found in np.argsort(-near, kind="stable")[: k + 1].tolist() if found != row][:k]
        shown = self.creators.select("creator_id", "name", "kind")
        return [SimilarCreator(**shown.row(found, named=True), similarity=float(near[found])) for found in order]

    def _row(self, creator_id: str) -> int:
        found = self.creators["creator_id"].index_of(creator_id)
        if found is None:
            raise unknown_creator(creator_id)
        return found

    def _lift(self, hashtag: str, used: int, posts: int) -> float:
        everyone = self.hashtag_posts[hashtag] / self.n_posts
        return float((used + _DOUBT * everyone) / (posts + _DOUBT) / everyone)


def unknown_creator(creator_id: str) -> UnknownCreator:
    """What to say of a creator whom a model does not know, or may not name."""
    return UnknownCreator(
        f"There is no creator {creator_id!r} in this model. Check the id, or import the creator and train again.",
        f"Không có nhà sáng tạo {creator_id!r} trong mô hình này. "
        "Hãy kiểm tra mã, hoặc nhập dữ liệu rồi huấn luyện lại.",
    )


def _plain(text: str | None) -> str:
    return " ".join(strip_diacritics(text or "").casefold().split())


_FIELDS: Final = ("name", "handle", "category", "creator_id")
# Rank of a match -> the field it stands in.
_MATCHED: Final = ("creator_id", "name", "name", "handle", "category")
_NONE: Final = len(_MATCHED)


def _ranks(wanted: str) -> list[pl.Expr]:
    if not wanted:
        return [pl.lit(_NONE)]
    found = (
        pl.col("plain_creator_id") == wanted,
        pl.col("plain_name").str.starts_with(wanted),
        pl.col("plain_name").str.contains(wanted, literal=True),
        pl.col("plain_handle").str.contains(wanted, literal=True),
        pl.col("plain_category").str.contains(wanted, literal=True),
    )
    return [pl.when(holds).then(rank).otherwise(_NONE) for rank, holds in enumerate(found)]

"""Tasks on real Vietnamese creators: whose post is this, and who joined this hashtag later?

Time splits every task in two: a system may learn from what was published before, and is asked about what came after.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from benchmarks.protocol import ACCOUNT_SCHEMA, CREATOR_SCHEMA, POST_SCHEMA, Query, Task, contract_frame

FOLDER: Final = "tiktok_creators"
SEED: Final = 20261123
HISTORY_SHARE: Final = 0.8  # of all posts by time: the split of the next-post task
CAMPAIGN_SPLIT: Final = datetime(2024, 10, 1, tzinfo=UTC)
MIN_HISTORY_POSTS: Final = 10  # a creator with fewer is not known well enough to be asked about
MIN_QUERY_WORDS: Final = 6  # shorter captions say nothing about their author
NEXT_POST_QUERIES: Final = 2000
CAMPAIGN_CREATORS: Final = (3, 40)  # a tag of fewer is no campaign, one of more says nothing
OWN_NAME_SHARE: Final = 0.8  # a tag whose uses are mostly one creator's is that creator's own name or series
# Tags that ask the platform for reach and name no topic.
GENERIC_TAGS: Final = frozenset(
    (
        *("fyp", "fypシ", "fypage", "foryou", "foryoupage", "viral", "viralvideo", "trending", "trend", "tiktok"),
        *("xuhuong", "xuhuongtiktok", "xuhuong2024", "xh", "capcut", "video", "videoviral"),
    )
)

_WORD: Final = re.compile(r"[^\W_]+")
_TAG: Final = re.compile(r"#\S*")
_ADDRESS: Final = re.compile(r"https?://\S+|www\.\S+|@\S+")


@dataclass(frozen=True, slots=True)
class Split:
    """Creators known well enough, their posts before the split, and what they published from then on."""

    creators: pl.DataFrame
    accounts: pl.DataFrame
    history: pl.DataFrame
    later: pl.DataFrame

    def task(self, name: str, queries: tuple[Query, ...], measures: tuple[str, ...], note: str) -> Task:
        """The task that asks `queries` of this history."""
        candidates = frozenset(self.creators["creator_id"])
        return Task(name, self.creators, self.history, queries, candidates, measures, note, self.accounts)


def next_post(folder: Path, *, seed: int = SEED, limit: int = NEXT_POST_QUERIES) -> Task:
    """Whose post is this? History is the first 80 % by time; a query is a later caption without its hashtags."""
    posts = _posts(folder)
    split = _split(folder, posts, posts["published_at"][int(HISTORY_SHARE * posts.height)])
    asked = [
        Query(post_id, text, frozenset([creator]))
        for post_id, creator, text in _captions(split.later)
        if len(_WORD.findall(_ADDRESS.sub(" ", text))) >= MIN_QUERY_WORDS
    ]
    chosen = np.random.default_rng(seed).permutation(len(asked))[:limit]
    note = f"{len(split.creators)} creators, {len(chosen)} of {len(asked)} later captions; proxy: author of a post"
    return split.task("next_post", tuple(asked[i] for i in sorted(chosen)), ("MRR", "R@10"), note)


def campaign_a(folder: Path) -> Task:
    """Who will join this hashtag? A query is the tag as typed, the answers are the creators who used it later."""
    split = _campaign_split(folder)
    tags = _campaign_tags(split)
    queries = tuple(Query(tag, f"#{tag}", users) for tag, users in sorted(tags.items()))
    return split.task("campaign_a", queries, ("nDCG@10",), _campaign_note(split, queries))


def campaign_b(folder: Path, *, seed: int = SEED) -> Task:
    """The same, told by one later caption that bears the tag; its author is no answer and is taken out of rankings."""
    split = _campaign_split(folder)
    rng = np.random.default_rng(seed)
    queries = tuple(_caption_queries(split, _campaign_tags(split), rng))
    return split.task("campaign_b", queries, ("nDCG@10",), _campaign_note(split, queries))


def _campaign_note(split: Split, queries: tuple[Query, ...]) -> str:
    return f"{len(split.creators)} creators, {len(queries)} hashtags; proxy: who used a hashtag later"


def _posts(folder: Path) -> pl.DataFrame:
    rows = pl.read_ndjson(folder / FOLDER / "posts.jsonl.gz", infer_schema_length=None)
    return contract_frame(rows, POST_SCHEMA).sort("published_at", "post_id")


def _split(folder: Path, posts: pl.DataFrame, at: datetime) -> Split:
    known = (
        posts.filter(pl.col("published_at") < at)
        .group_by("creator_id")
        .len()
        .filter(pl.col("len") >= MIN_HISTORY_POSTS)
        .sort("creator_id")
        .select("creator_id")
    )
    mine = posts.join(known, on="creator_id", how="semi", maintain_order="left")
    creators = pl.read_ndjson(folder / FOLDER / "creators.jsonl.gz", infer_schema_length=None)
    accounts = pl.read_ndjson(folder / FOLDER / "accounts.jsonl.gz", infer_schema_length=None)
    return Split(
        contract_frame(known.join(creators, on="creator_id", how="left", maintain_order="left"), CREATOR_SCHEMA),
        contract_frame(accounts.join(known, on="creator_id", how="semi"), ACCOUNT_SCHEMA),
        mine.filter(pl.col("published_at") < at),
        mine.filter(pl.col("published_at") >= at),
    )


def _campaign_split(folder: Path) -> Split:
    return _split(folder, _posts(folder), CAMPAIGN_SPLIT)


def _campaign_tags(split: Split) -> dict[str, frozenset[str]]:
    """Later users of each tag that is a topic: not generic, nobody's own, used by 3 to 40 creators."""
    own = _own_name_tags(pl.concat([split.history, split.later]))
    users = (
        _uses(split.later)
        .filter(~pl.col("tag").is_in(list(GENERIC_TAGS | own)))
        .group_by("tag")
        .agg(pl.col("creator_id").unique())
        .filter(pl.col("creator_id").list.len().is_between(*CAMPAIGN_CREATORS))
    )
    return {tag: frozenset(ids) for tag, ids in users.iter_rows()}


def _own_name_tags(posts: pl.DataFrame) -> frozenset[str]:
    uses = _uses(posts).group_by("tag", "creator_id").len()
    share = uses.group_by("tag").agg(pl.col("len").max() / pl.col("len").sum())
    return frozenset(share.filter(pl.col("len") >= OWN_NAME_SHARE)["tag"])


def _uses(posts: pl.DataFrame) -> pl.DataFrame:
    """One row per post and distinct tag: `post_id`, `creator_id`, `tag` (lower case, NFC)."""
    tag = pl.col("hashtags").str.to_lowercase().str.normalize("NFC").str.strip_chars(" #").alias("tag")
    rows = posts.select("post_id", "creator_id", "hashtags").explode("hashtags")
    return rows.select("post_id", "creator_id", tag).filter(pl.col("tag").str.len_chars() > 0).unique()


def _caption_queries(split: Split, tags: dict[str, frozenset[str]], rng: np.random.Generator) -> Iterator[Query]:
    texts = {
        post_id: (author, text)
        for post_id, author, text in _captions(split.later)
        if len(_WORD.findall(_ADDRESS.sub(" ", text))) >= MIN_QUERY_WORDS
    }
    uses = _uses(split.later).filter(pl.col("tag").is_in(list(tags)) & pl.col("post_id").is_in(list(texts)))
    for tag, bearers in uses.sort("tag", "post_id").group_by("tag", maintain_order=True):
        name = str(tag[0])
        author, text = texts[bearers["post_id"][int(rng.integers(bearers.height))]]
        if answers := tags[name] - {author}:
            yield Query(name, text, answers, frozenset([author]))


def _captions(posts: pl.DataFrame) -> Iterator[tuple[str, str, str]]:
    """Post, author and caption without its hashtags."""
    for post_id, author, text in posts.select("post_id", "creator_id", "text").iter_rows():
        yield post_id, author, _TAG.sub(" ", unicodedata.normalize("NFC", text or "")).strip()

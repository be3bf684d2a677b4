"""A bigger catalogue from a real one: posts repeated with noise, creators in copies. For speed, never for quality."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

CREATORS: Final = 5_000
COPIES: Final = 10  # of each creator with a long history
LONG_HISTORY: Final = 50  # posts; creators with fewer stand once
NOISE: Final = 0.1  # share of words dropped, and as many taken from another post


def scaled(tables: dict[str, pl.DataFrame], posts: int, rng: np.random.Generator) -> dict[str, pl.DataFrame]:
    """Tables with exactly `posts` posts of 5,000 creators, or of as many as the copies give."""
    creators = _copied_creators(tables["posts"], rng)
    drawn = _drawn_posts(tables["posts"], creators, posts, rng)
    texts = noisy(drawn["text"].fill_null("").to_list(), rng)
    numbered = drawn.with_columns(
        post_id=pl.format("x{}", pl.int_range(posts)), creator_id=pl.col("copy"), text=pl.Series(texts)
    ).drop("copy")
    return {name: _copied(tables[name], creators) for name in ("creators", "accounts")} | {"posts": numbered}


def noisy(texts: Sequence[str], rng: np.random.Generator) -> list[str]:
    """Each text with a tenth of its words dropped and a tenth replaced by words of the text before it."""
    before: list[str] = []
    made = []
    for text in texts:
        words = text.split()
        chances = rng.random(len(words))
        made.append(" ".join(_noisy_word(word, chance, before) for word, chance in zip(words, chances, strict=True)))
        before = words
    return made


def _noisy_word(word: str, chance: float, others: Sequence[str]) -> str:
    if chance < NOISE:
        return ""
    if chance < 2 * NOISE and others:
        return others[int(chance * 1e6) % len(others)]
    return word


def _copied_creators(posts: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Pairs `creator_id`, `copy`: ten of each creator with a long history, then others once, 5,000 in all."""
    sizes = posts.group_by("creator_id").len().sort("creator_id")
    long = sizes.filter(pl.col("len") >= LONG_HISTORY)["creator_id"].to_list()
    short = sizes.filter(pl.col("len") < LONG_HISTORY)["creator_id"].to_list()
    pairs = [(creator, f"{creator}_{number}") for creator in long for number in range(COPIES)]
    others = [short[place] for place in rng.permutation(len(short))]
    pairs += [(creator, f"{creator}_0") for creator in others]
    return pl.DataFrame(pairs[:CREATORS], schema=["creator_id", "copy"], orient="row")


def _drawn_posts(posts: pl.DataFrame, creators: pl.DataFrame, count: int, rng: np.random.Generator) -> pl.DataFrame:
    """`count` posts drawn with repeats, each given to one of its creator's copies."""
    known = posts.join(creators.unique("creator_id").select("creator_id"), on="creator_id", how="semi")
    drawn = known[rng.integers(known.height, size=count)]
    copies = creators.group_by("creator_id", maintain_order=True).agg(pl.col("copy"))
    chance = pl.Series("chance", rng.random(count))
    return (
        drawn.with_columns(chance)
        .join(copies, on="creator_id", how="left", maintain_order="left")
        .with_columns(pl.col("copy").list.get((pl.col("chance") * pl.col("copy").list.len()).cast(pl.Int64)))
        .drop("chance")
    )


def _copied(table: pl.DataFrame, creators: pl.DataFrame) -> pl.DataFrame:
    joined = table.join(creators, on="creator_id", how="inner")
    return joined.with_columns(creator_id=pl.col("copy")).drop("copy")

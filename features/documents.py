"""How a post or a brief is turned into the text that is matched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import polars as pl

SPOKEN_LETTERS: Final = 600  # the first minute of speech says what a post is about
_INLINE_TAG: Final = r"[#＃][^\s#＃]+"
_BEHIND: Final = ".,;:!?…)]}\"'”’»"  # what a sentence puts behind a hashtag is not part of it


def caption_texts(posts: pl.DataFrame) -> list[str]:
    """(n_posts,) captions without hashtags: what was said, not what it was filed under; no caption is an empty text."""
    return posts["text"].fill_null("").str.replace_all(_INLINE_TAG, " ").to_list()


def tag_lists(posts: pl.DataFrame) -> list[list[str]]:
    """(n_posts,) the distinct hashtags of each post, lower case, from its own column and from its caption."""
    inline = posts["text"].fill_null("").str.extract_all(_INLINE_TAG).to_list()
    listed = posts["hashtags"].to_list()
    return [_distinct(tags or (), found) for tags, found in zip(listed, inline, strict=True)]


def tag_texts(posts: pl.DataFrame) -> list[str]:
    """(n_posts,) the hashtags of each post as `#a #b`, each once, as first typed."""
    inline = posts["text"].fill_null("").str.extract_all(_INLINE_TAG).to_list()
    listed = posts["hashtags"].to_list()
    return [" ".join(_tags(tags or (), found).values()) for tags, found in zip(listed, inline, strict=True)]


def _distinct(listed: Iterable[str], inline: Sequence[str]) -> list[str]:
    return [tag.removeprefix("#") for tag in _tags(listed, inline)]


def _tags(listed: Iterable[str], inline: Sequence[str]) -> dict[str, str]:
    """Hashtags by their lower-case form; those in the caption first, for they keep the case that tells words apart."""
    every = [f"#{tag.lstrip('#＃').rstrip(_BEHIND)}" for tag in (*inline, *listed)]
    found: dict[str, str] = {}
    for tag in every:
        if len(tag) > 1:
            found.setdefault(tag.lower(), tag)
    return found


def post_texts(posts: pl.DataFrame, transcripts: Sequence[str | None]) -> list[str]:
    """(n_posts,) caption and hashtags, each hashtag once: what a post is indexed by.

    A post with neither is indexed by the beginning of what is said in it.
    """
    written = zip(caption_texts(posts), tag_texts(posts), transcripts, strict=True)
    return [f"{caption} {tag}".strip() or (said or "")[:SPOKEN_LETTERS] for caption, tag, said in written]


def brief_text(title: str, text: str) -> str:
    """Title and body of a brief as one text; a body that repeats the title is not read twice."""
    return text if text.strip().startswith(title.strip()) else f"{title}\n{text}".strip()

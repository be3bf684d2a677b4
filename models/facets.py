"""How well creators cover one facet of a brief: something required, welcome, or to be avoided."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from models.brief import has_words
from models.creator_index import CreatorIndex, Worded
from models.lexical import LexicalIndex
from models.pooling import Pooled, mean_of_best

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

COVERED: Final = 0.5  # strength above which a facet counts as covered; one post alone never gets there
_POSTS: Final = 2  # posts that must speak of a facet: one alone may be a stray
_PLAIN_WORTH: Final = 0.4  # a word typed with diacritics that matches only without them is often another word
_LEAST: Final = 0.1  # a post with less shares only the words that all posts share
_NO_COSINE: Final = 0.5  # inner product up to which posts of one catalogue are merely alike in style
_FULL_COSINE: Final = 0.9  # inner product at which meaning alone counts as full coverage

# What a brief wants done with a thing, or not done: it says nothing of the thing, and posts do it without saying so.
_ACTS: Final = re.compile(
    r"\b(?:(?:không|khong|tránh|tranh|đừng|dung|cấm|cam) (?:được |duoc )?)?"
    r"(?:quảng cáo|quang cao|quảng bá|quang ba|tiếp thị|tiep thi|giới thiệu|gioi thieu|mời gọi|moi goi|cổ xúy|co xuy"
    r"|cổ súy|co suy|tuyên truyền|tuyen truyen|nội dung|noi dung|hình ảnh|hinh anh|hành vi|hanh vi|sử dụng|su dung)\b",
    re.IGNORECASE,
)


def telling(facet: str) -> str:
    """The facet without its words for acts, so that "quảng cáo rượu bia" is found where posts say "rượu bia".

    A facet of such words alone stays as it is.
    """
    thing = " ".join(_ACTS.sub(" ", unicodedata.normalize("NFC", facet)).split())
    return thing if has_words(thing) else facet


@dataclass(frozen=True, slots=True)
class Coverage:
    """How every creator covers a facet: `pooled.values` (n_creators,) from 0 to 1, and the posts that say so."""

    kind: str
    facet: str
    query: Worded
    pooled: Pooled


def cover_among(index: CreatorIndex, kind: str, facet: str, query: Worded, posts: Rows) -> Coverage:
    """As `cover`, by words alone and by some of the posts alone, ascending rows: all of those who are shown, say.

    Creators of other posts are not told of.
    """
    plain_worth = 1.0 if query.plain else _PLAIN_WORTH
    strength = np.maximum(
        _share_among(index, query, "words", posts), plain_worth * _share_among(index, query, "plain", posts)
    )
    posts, strength = posts[strength >= _LEAST], strength[strength >= _LEAST]
    pooled = mean_of_best(posts, strength, index.owners[posts], index.n_creators, _POSTS, floor=0.0)
    return Coverage(kind, facet, query, pooled)


def cover(index: CreatorIndex, kind: str, facet: str, query: Worded, near: tuple[Rows, Floats]) -> Coverage:
    """Mean strength of each creator's two best posts for the facet.

    A post's strength is the share of the facet's words that it has, weighted by rarity, or its nearness in meaning
    (as far as its words are known at all), whichever is more. `query` is what of the facet is looked for (`telling`);
    `near` are the posts nearest to it in meaning (`CreatorIndex.near`).
    """
    plain_worth = 1.0 if query.plain else _PLAIN_WORTH
    strength = np.maximum(_word_share(index, query, "words"), plain_worth * _word_share(index, query, "plain"))
    rows, cosines = near
    known = 1.0 - len(query.unknown) / max(len(set(query.words)), 1)
    strength[rows] = np.maximum(
        strength[rows], known * np.clip((cosines - _NO_COSINE) / (_FULL_COSINE - _NO_COSINE), 0.0, 1.0)
    )
    posts = np.flatnonzero(strength >= _LEAST)
    pooled = mean_of_best(posts, strength[posts], index.owners[posts], index.n_creators, _POSTS, floor=0.0)
    return Coverage(kind, facet, query, pooled)


def _word_share(index: CreatorIndex, query: Worded, channel: str) -> Floats:
    """(n_posts,) share, by rarity, of the facet's distinct words that each post has; one none has counts in full."""
    postings = index.posts
    hits = np.zeros(postings.n_documents, dtype=np.float32)
    rarities, total = _rarities(postings, query, channel)
    for term, rarity in rarities.items():
        hits[postings.documents[postings.starts[term] : postings.starts[term + 1]]] += rarity
    return hits / total


def _share_among(index: CreatorIndex, query: Worded, channel: str, posts: Rows) -> Floats:
    """(len(posts),) the same of some posts."""
    rarities, total = _rarities(index.posts, query, channel)
    places, found = index.posts.found_in(list(rarities), posts)
    hits = np.zeros(len(posts), dtype=np.float32)
    np.add.at(hits, np.searchsorted(posts, found), np.array(list(rarities.values()), dtype=np.float32)[places])
    return hits / total


def _rarities(postings: LexicalIndex, query: Worded, channel: str) -> tuple[dict[int, float], float]:
    """The rarity of each term of the facet, and that of all its words together."""
    rarities = {term: postings.idf(term) for term in query.terms.rows[channel]}
    missing = query.terms.missing[channel] * float(np.log1p(postings.n_documents))
    return rarities, max(missing + sum(rarities.values()), 1e-6)

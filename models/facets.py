"""How well creators cover one facet of a brief: something required, welcome, or to be avoided."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
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
Rows32 = npt.NDArray[np.int32]

SCORED: Final = ("must", "nice", "must_not")  # kinds of facets that enter the score
COVERED: Final = 0.5  # strength above which a facet counts as covered; one post alone never gets there
_POSTS: Final = 2  # posts that must speak of a facet: one alone may be a stray
_LOOSE: Final = 0.3  # a syllable counts so much away from its neighbours: "cháy" is not yet "phòng cháy chữa cháy"
_PLAIN_WORTH: Final = 0.4  # a word typed with diacritics that matches only without them is often another word
_BARE_WORTH: Final = 0.8  # less often in a post that writes it so, beside its neighbour: "#antoangiaothong"
_NEVER: Final = np.zeros(1, dtype=bool)
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
    """How every creator covers a facet.

    Attributes:
        kind: topic, found, must, nice or must_not.
        facet: as the brief says it.
        query: what of it is looked for.
        pooled: `values` (n_creators,) from 0 to 1 and the posts that say so, words counting where they stand together.
        leaning: (n_creators,) the same wherever the words stand, which is what a score takes: among creators of whom
            none covers a facet, those come first who are near it (docs/decisions/0008 has what both give).
    """

    kind: str
    facet: str
    query: Worded
    pooled: Pooled
    leaning: Floats


def cover_among(index: CreatorIndex, kind: str, facet: str, query: Worded, posts: Rows) -> Coverage:
    """As `cover`, by words alone and by some of the posts alone, ascending rows: all of those who are shown, say.

    Creators of other posts are not told of.
    """
    strength = _share_among(index, query, posts)
    posts, strength = posts[strength >= _LEAST], strength[strength >= _LEAST]
    pooled = mean_of_best(posts, strength, index.owners[posts], index.n_creators, _POSTS, floor=0.0)
    return Coverage(kind, facet, query, pooled, pooled.values)


def cover(index: CreatorIndex, kind: str, facet: str, query: Worded, near: tuple[Rows, Floats]) -> Coverage:
    """Mean strength of each creator's two best posts for the facet.

    A post's strength is the share of the facet's words that it has, weighted by rarity, or its nearness in meaning
    (as far as its words are known at all), whichever is more. `query` is what of the facet is looked for (`telling`);
    `near` are the posts nearest to it in meaning (`CreatorIndex.near`).
    """
    pooled = _pooled(index, query, near, together=True)
    scored = kind in SCORED
    return Coverage(
        kind, facet, query, pooled, _pooled(index, query, near, together=False).values if scored else pooled.values
    )


def _pooled(index: CreatorIndex, query: Worded, near: tuple[Rows, Floats], *, together: bool) -> Pooled:
    strength = _share(index, query, together=together)
    rows, cosines = near
    known = 1.0 - len(query.unknown) / max(len(query.pairs), 1)
    strength[rows] = np.maximum(
        strength[rows], known * np.clip((cosines - _NO_COSINE) / (_FULL_COSINE - _NO_COSINE), 0.0, 1.0)
    )
    posts = np.flatnonzero(strength >= _LEAST)
    return mean_of_best(posts, strength[posts], index.owners[posts], index.n_creators, _POSTS, floor=0.0)


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a facet in one channel.

    Attributes:
        row: the term.
        pairs: rows of the pairs that it makes with its neighbours in the facet, if any post has them.
        bare: row of the same word written without diacritics, where that says more; else None.
        loose, paired, typed_bare: what finding it adds, away from its neighbours, beside one, and there in a post that
            writes it without diacritics.
    """

    row: int
    pairs: tuple[int, ...]
    bare: int | None
    loose: float
    paired: float
    typed_bare: float

    def terms(self) -> tuple[int, ...]:
        """All rows that are looked for."""
        return (self.row, *self.pairs) if self.bare is None else (self.row, *self.pairs, self.bare)

    def worth(self, beside: npt.NDArray[np.bool_], bare: npt.NDArray[np.bool_]) -> Floats:
        """(n,) what it adds in posts that have it: whether beside a neighbour, whether written bare."""
        paired = np.where(bare, np.float32(self.typed_bare), np.float32(self.paired))
        worth: Floats = np.where(beside, paired, np.float32(self.loose))
        return worth


def _share(index: CreatorIndex, query: Worded, *, together: bool) -> Floats:
    """(n_posts,) share, by rarity, of the facet's distinct words that each post has; one none has counts in full.

    With `together` a word counts `_LOOSE` where none of its neighbours in the facet stands beside it.
    """
    postings = index.posts
    marked = np.zeros(postings.n_documents, dtype=bool)

    def among(having: Rows32, terms: Sequence[int]) -> npt.NDArray[np.bool_]:
        for term in terms:
            marked[postings.having(term)] = True
        found: npt.NDArray[np.bool_] = marked[having]
        for term in terms:
            marked[postings.having(term)] = False
        return found

    shares = []
    for words in _looked_for(index, query, together=together):
        hits = np.zeros(postings.n_documents, dtype=np.float32)
        for word in words:
            having = postings.having(word.row)
            if word.pairs:
                bare = among(having, (word.bare,)) if word.bare is not None else _NEVER
                hits[having] += word.worth(among(having, word.pairs), bare)
            else:
                hits[having] += np.float32(word.loose)
        shares.append(hits)
    return np.maximum(*shares)


def _share_among(index: CreatorIndex, query: Worded, posts: Rows) -> Floats:
    """(len(posts),) the same of some posts, ascending rows."""
    channels = _looked_for(index, query, together=True)
    terms = list(dict.fromkeys(term for words in channels for word in words for term in word.terms()))
    places, found = index.posts.found_in(terms, posts)
    has = np.zeros((len(terms) + 1, len(posts)), dtype=bool)  # the last row is of no term, for which nothing speaks
    has[places, np.searchsorted(posts, found)] = True
    place = {term: at for at, term in enumerate(terms)} | {None: len(terms)}
    shares = []
    for words in channels:
        hits = np.zeros(len(posts), dtype=np.float32)
        for word in words:
            beside: npt.NDArray[np.bool_] = np.logical_or.reduce(has[[place[pair] for pair in word.pairs]], axis=0)
            bare: npt.NDArray[np.bool_] = has[place[word.bare]]
            hits += has[place[word.row]] * word.worth(beside, bare)
        shares.append(hits)
    return np.maximum(*shares)


def _looked_for(index: CreatorIndex, query: Worded, *, together: bool) -> tuple[list[_Word], list[_Word]]:
    """The facet's words as written, and without diacritics; finding all as they stand there adds 1."""
    vocabulary = index.vocabulary
    pairs = query.pairs if together else dict.fromkeys(query.pairs, ())
    loose = _LOOSE if together and len(pairs) > 1 else 1.0
    written: dict[int, tuple[Sequence[int], int | None]] = {}
    plain: dict[int, tuple[Sequence[int], int | None]] = {}
    for word, own in pairs.items():
        bare = vocabulary.plain_form(word)
        if word in vocabulary.word_rows:
            written[vocabulary.word_rows[word]] = (own, None)
        if bare in vocabulary.plain_rows:
            known, _ = plain.get(vocabulary.first_plain + vocabulary.plain_rows[bare], ([], None))
            plain[vocabulary.first_plain + vocabulary.plain_rows[bare]] = (
                [*known, *own],
                None if query.plain else vocabulary.word_rows.get(bare),
            )
    worth = 1.0 if query.plain else _PLAIN_WORTH  # the bare form tells only of words that stand together
    return (
        _weighed(index.posts, query, "words", written, (loose, 1.0, 1.0)),
        _weighed(index.posts, query, "plain", plain, (loose * worth, worth, max(worth, _BARE_WORTH))),
    )


def _weighed(
    postings: LexicalIndex,
    query: Worded,
    channel: str,
    found: Mapping[int, tuple[Sequence[int], int | None]],
    worth: tuple[float, float, float],
) -> list[_Word]:
    """The words of a channel that are looked for; a rare one counts more, and so do those that no post has."""
    rarities = {row: postings.idf(row) for row in query.terms.rows[channel]}
    missing = query.terms.missing[channel] * float(np.log1p(postings.n_documents))
    total = max(missing + sum(rarities.values()), 1e-6)
    words = []
    for row, rarity in rarities.items():
        pairs, bare = found[row]
        words.append(_Word(row, tuple(pairs), bare, *(one * rarity / total for one in worth)))
    return words
